//! Tests of operations on pictures.

use super::*;

#[test]
fn pictures_exchange_paths_and_keep_their_boxes() {
    let mut document = proposed(&[rect(1.0, 1.0, 20.0, 20.0)]);
    let paths = [(A, "sub/b.jpg".into()), (B, "a.jpg".into())];
    let edit = ops::rename_pictures(&document, &paths).expect("both exist");
    make(&mut document, edit);
    assert_eq!(document.picture_at("sub/b.jpg").map(|row| row.id), Some(A));
    assert_eq!(document.picture_at("a.jpg").map(|row| row.id), Some(B));
    assert_eq!(document.annotations(A).len(), 1);
    let edit = ops::rename_pictures(&document, &[(A, "a.jpg".into())]).expect("A exists");
    assert_eq!(
        document.apply(edit),
        Err(EditError::PathTaken("a.jpg".into()))
    );
}

#[test]
fn a_smaller_picture_keeps_the_boxes_that_fit() {
    let mut document = proposed(&[rect(0.0, 0.0, 60.0, 60.0), rect(70.0, 0.0, 20.0, 20.0)]);
    let picture = document.picture(A).expect("A exists").clone();
    let smaller = Picture {
        width: 50,
        ..picture
    };
    let refused = document.apply(Edit::Picture(Change::Update(smaller)));
    assert!(matches!(refused, Err(EditError::BadRect { .. })));
    let edit = ops::set_content(&document, A, [50, 80], None).expect("A exists");
    make(&mut document, edit);
    let [row] = document.annotations(A) else {
        panic!("{:?}", document.annotations(A));
    };
    assert_eq!(row.rect, rect(0.0, 0.0, 50.0, 60.0));
}

#[test]
fn a_picture_that_is_taken_out_keeps_everything_and_counts_apart() {
    let mut document = proposed(&[rect(1.0, 1.0, 20.0, 20.0)]);
    let edit = ops::set_tag(&document, &[A], DOG, true).expect("A exists");
    make(&mut document, edit);
    let edit = ops::set_done(&document, &[B], true).expect("B exists");
    make(&mut document, edit);
    let (before, counts) = (document.clone(), document.summary());
    assert_eq!((counts.total(), counts.done(), counts.excluded), (2, 1, 0));

    let edit = ops::set_excluded(&document, &[A], true).expect("A exists");
    make(&mut document, edit);
    let picture = document.picture(A).expect("A exists");
    assert!(picture.is_excluded && !picture.is_available());
    assert_eq!(
        (&picture.tags[..], picture.review),
        (&[DOG][..], ReviewState::Proposed)
    );
    assert_eq!(states(&document, A), [(1, BoxState::Proposed)]);
    let summary = document.summary();
    assert_eq!(
        (summary.total(), summary.done(), summary.excluded),
        (1, 1, 1)
    );
    assert!(summary.annotations.is_empty());
    assert_eq!(document.included_pictures().count(), 1);

    // Again, it changes nothing.
    let edit = ops::set_excluded(&document, &[A, A], true).expect("A exists");
    assert!(edit.is_empty());
    let edit = ops::set_excluded(&document, &[A, B], false).expect("both exist");
    assert_eq!(edit.affected().pictures, [A]);
    make(&mut document, edit);
    assert_eq!(document, before);
    let unknown = ops::set_excluded(&document, &[PictureId(99)], true);
    assert_eq!(unknown, Err(EditError::UnknownPicture(PictureId(99))));
}

#[test]
fn several_pictures_are_taken_out_by_one_step() {
    let mut document = sample();
    let mut history = History::default();
    let edit = ops::set_excluded(&document, &[A, B], true).expect("both exist");
    let step = history.commit(&mut document, "take out", edit, None);
    assert!(step.expect("it is valid").is_some());
    assert_eq!(document.summary().excluded, 2);
    history.undo(&mut document).expect("it can be undone");
    assert_eq!(document, sample());
}

#[test]
fn a_model_proposes_nothing_for_a_picture_that_is_taken_out() {
    let mut document = sample();
    let edit = ops::set_excluded(&document, &[A], true).expect("A exists");
    make(&mut document, edit);
    let candidates = vec![found(rect(1.0, 1.0, 20.0, 20.0), CAT)];
    let found = [(A, candidates)];
    assert!(ops::replace_proposals(&document, &model("1"), &found).is_empty());
    assert!(ops::add_proposals(&document, &model("1"), &found).is_empty());
}

#[test]
fn a_row_of_an_older_version_is_not_taken_out() {
    let document = sample();
    let text = json(&document.picture(A));
    assert!(!text.contains("excluded"), "{text}");
    let read: Picture = serde_json::from_str(&text).expect("it is a picture");
    assert!(!read.is_excluded);
}
