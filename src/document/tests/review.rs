//! Tests of what a person does to boxes.

use super::*;

#[test]
fn only_boxes_that_a_person_confirmed_are_ground_truth() {
    let mut document = proposed(&[rect(1.0, 1.0, 20.0, 20.0), rect(40.0, 1.0, 20.0, 20.0)]);
    let truth = |document: &Document| {
        let rows = document.annotations(A).iter();
        rows.filter(|row| row.is_ground_truth()).count()
    };
    assert_eq!(review(&document, A), ReviewState::Proposed);
    assert_eq!(truth(&document), 0);
    assert!(document.is_unlabelled(A));

    let edit = ops::accept(&document, &[AnnotationId(1)]).expect("1 exists");
    make(&mut document, edit);
    assert_eq!(truth(&document), 1);
    assert_eq!(review(&document, A), ReviewState::InReview);
    assert!(!document.is_unlabelled(A));

    let edit = ops::set_done(&document, &[A], true).expect("A exists");
    make(&mut document, edit);
    let expected = [(1, BoxState::Accepted), (2, BoxState::Rejected)];
    assert_eq!(states(&document, A), expected);
    assert!(!document.is_verified_empty(A));
}

#[test]
fn a_done_picture_without_boxes_is_verified_empty() {
    let mut document = proposed(&[rect(1.0, 1.0, 20.0, 20.0)]);
    assert!(!document.is_verified_empty(B) && document.is_unlabelled(B));
    let edit = ops::set_done(&document, &[A, B], true).expect("both exist");
    make(&mut document, edit);
    for picture in [A, B] {
        assert!(document.is_verified_empty(picture) && !document.is_unlabelled(picture));
    }
    let summary = document.summary();
    assert_eq!(summary.pictures, [(ReviewState::Done, 2)].into());
    assert_eq!(summary.annotations, [(BoxState::Rejected, 1)].into());
    assert_eq!((summary.verified_empty, summary.unlabelled), (2, 0));

    let edit = ops::set_done(&document, &[B], false).expect("B exists");
    make(&mut document, edit);
    assert_eq!(review(&document, B), ReviewState::InReview);
    assert!(document.is_unlabelled(B));
}

#[test]
fn an_edited_box_records_the_original_proposal() {
    let first = rect(1.0, 1.0, 20.0, 20.0);
    let mut document = proposed(&[first]);
    let id = AnnotationId(1);
    for (x, accept) in [(2.0, true), (3.0, false)] {
        if accept {
            let edit = ops::accept(&document, &[id]).expect("1 exists");
            make(&mut document, edit);
        }
        let to = rect(x, 1.0, 20.0, 20.0);
        let edit = ops::reshape(&document, &[(id, to)]).expect("1 exists");
        make(&mut document, edit);
    }
    let edit = ops::set_category(&document, &[id], DOG).expect("1 exists");
    make(&mut document, edit);
    let (_, row) = document.annotation(id).expect("1 exists");
    assert_eq!(row.state, BoxState::Edited);
    assert_eq!(row.category, Some(DOG));
    assert_eq!(row.rect, rect(3.0, 1.0, 20.0, 20.0));
    let former = FormerProposal {
        rect: first,
        category: Some(CAT),
    };
    assert_eq!(row.former.as_deref(), Some(&former));
    assert_eq!(row.origin, Origin::Model(model("1")));
}

#[test]
fn accepting_reverts_a_rejection() {
    let boxes = [rect(1.0, 1.0, 20.0, 20.0), rect(40.0, 1.0, 20.0, 20.0)];
    let mut document = proposed(&boxes);
    let ids = [AnnotationId(1), AnnotationId(2)];
    let to = rect(41.0, 2.0, 20.0, 20.0);
    let edit = ops::reshape(&document, &[(ids[1], to)]).expect("2 exists");
    make(&mut document, edit);
    let edit = ops::reject(&document, &ids).expect("both exist");
    make(&mut document, edit);
    let expected = [(1, BoxState::Rejected), (2, BoxState::Rejected)];
    assert_eq!(states(&document, A), expected);
    let edit = ops::accept(&document, &ids).expect("both exist");
    make(&mut document, edit);
    let expected = [(1, BoxState::Accepted), (2, BoxState::Edited)];
    assert_eq!(states(&document, A), expected);
    let again = ops::accept(&document, &ids).expect("both exist");
    assert!(again.is_empty());
}

#[test]
fn setting_a_flag_accepts_a_proposal_and_changes_no_other_state() {
    let mut document = proposed(&[rect(1.0, 1.0, 20.0, 20.0), rect(40.0, 1.0, 20.0, 20.0)]);
    let edit = ops::reject(&document, &[AnnotationId(2)]).expect("2 exists");
    make(&mut document, edit);
    let ids = [AnnotationId(1), AnnotationId(2)];
    let same = ops::set_flags(&document, &ids, |flags| flags.crowd = false);
    assert!(same.expect("both exist").is_empty());
    let edit = ops::set_flags(&document, &ids, |flags| flags.crowd = true);
    make(&mut document, edit.expect("both exist"));
    let expected = [(1, BoxState::Accepted), (2, BoxState::Rejected)];
    assert_eq!(states(&document, A), expected);
    assert!(document.annotations(A).iter().all(|row| row.flags.crowd));
}

#[test]
fn pasted_boxes_are_drawn_by_the_person() {
    let mut document = proposed(&[rect(1.0, 1.0, 20.0, 20.0)]);
    let mut rows = document.annotations(A).to_vec();
    rows[0].flags.difficult = true;
    rows[0].extra = Some(r#"{"segmentation":[[1,1,2,1,2,2]]}"#.into());
    let edit = ops::paste(&document, B, &rows, [35.0, 0.0]).expect("B exists");
    make(&mut document, edit);
    let clipped = rect(36.0, 1.0, 14.0, 20.0);
    let mut expected = Annotation::drawn(AnnotationId(2), clipped, CAT);
    expected.flags.difficult = true;
    assert_eq!(document.annotations(B), [expected]);
    assert_eq!(review(&document, B), ReviewState::InReview);
    let edit = ops::paste(&document, B, &rows, [50.0, 0.0]).expect("B exists");
    assert!(edit.is_empty(), "all of it is outside");

    let edit = ops::duplicate(&document, &[AnnotationId(1)], [10.0, 10.0]).expect("1 exists");
    make(&mut document, edit);
    let expected = [(1, BoxState::Proposed), (3, BoxState::Drawn)];
    assert_eq!(states(&document, A), expected);
}

#[test]
fn a_drawn_box_stays_drawn_and_rejecting_it_deletes_it() {
    let mut document = sample();
    let edit = ops::draw(&document, A, rect(90.0, -5.0, 20.0, 20.0), CAT).expect("A exists");
    make(&mut document, edit);
    let id = AnnotationId(1);
    let (_, row) = document.annotation(id).expect("1 exists");
    assert_eq!(row.rect, rect(90.0, 0.0, 10.0, 15.0), "clipped");
    let edit = ops::reshape(&document, &[(id, rect(0.0, 0.0, 9.0, 9.0))]).expect("1 exists");
    make(&mut document, edit);
    let (_, row) = document.annotation(id).expect("1 exists");
    assert_eq!((row.state, &row.former), (BoxState::Drawn, &None));
    let edit = ops::reject(&document, &[id, id]).expect("1 exists");
    make(&mut document, edit);
    assert_eq!(states(&document, A), []);
}

#[test]
fn copying_boxes_from_another_picture_twice_copies_them_once() {
    let mut document = proposed(&[rect(1.0, 1.0, 20.0, 20.0), rect(60.0, 60.0, 20.0, 20.0)]);
    let edit = ops::draw(&document, A, rect(30.0, 30.0, 40.0, 10.0), DOG).expect("A exists");
    make(&mut document, edit);
    for _ in 0..2 {
        let edit = ops::copy_from(&document, A, B).expect("both exist");
        make(&mut document, edit);
        // A proposal is not copied, and the box is clipped to the smaller picture.
        let [row] = document.annotations(B) else {
            panic!("{:?}", document.annotations(B));
        };
        assert_eq!(row.rect, rect(30.0, 30.0, 20.0, 10.0));
    }
}
