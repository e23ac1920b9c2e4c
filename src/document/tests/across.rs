//! Changes of boxes in many pictures at once.

use super::*;

/// The sample with a box on each picture that a person drew, one accepted and one proposed on A, and
/// both pictures done but for the proposal.
fn mixed() -> (Document, [AnnotationId; 4]) {
    let boxes = [rect(1.0, 1.0, 10.0, 10.0), rect(30.0, 1.0, 10.0, 10.0)];
    let mut document = proposed(&boxes);
    let ids: Vec<_> = document.annotations(A).iter().map(|row| row.id).collect();
    let edit = ops::accept(&document, &ids[..1]).expect("it exists");
    make(&mut document, edit);
    for picture in [A, B] {
        let edit = ops::draw(&document, picture, rect(5.0, 20.0, 9.0, 9.0), CAT);
        make(&mut document, edit.expect("it exists"));
    }
    let edit = ops::set_done(&document, &[B], true).expect("it exists");
    make(&mut document, edit);
    let drawn_on = |picture| document.annotations(picture).last().expect("drawn").id;
    let [first, second] = [drawn_on(A), drawn_on(B)];
    (document, [ids[0], ids[1], first, second])
}

fn states(document: &Document, ids: &[AnnotationId]) -> Vec<Option<BoxState>> {
    let row = |id: &AnnotationId| document.annotation(*id).map(|(_, row)| row.state);
    ids.iter().map(row).collect()
}

#[test]
fn another_class_for_many_boxes_judges_no_proposal() {
    let (mut document, ids) = mixed();
    let edit = ops::reclass(&document, &ids, DOG).expect("they exist");
    make(&mut document, edit);
    for id in ids {
        let (_, row) = document.annotation(id).expect("it exists");
        assert_eq!(row.category, Some(DOG));
    }
    let after = [
        BoxState::Edited,
        BoxState::Proposed,
        BoxState::Drawn,
        BoxState::Drawn,
    ];
    let after = after.map(Some);
    assert_eq!(states(&document, &ids), after);
    let review = document.picture(B).expect("it exists").review;
    assert_eq!(review, ReviewState::Done, "no box is missing");
    let again = ops::reclass(&document, &ids, DOG).expect("they exist");
    assert!(again.is_empty());
}

#[test]
fn pictures_that_lose_many_boxes_return_to_review() {
    let (mut document, ids) = mixed();
    let edit = ops::remove_and_reopen(&document, &ids).expect("they exist");
    make(&mut document, edit);
    let rejected = Some(BoxState::Rejected);
    assert_eq!(states(&document, &ids), [rejected, rejected, None, None]);
    for picture in [A, B] {
        let review = document.picture(picture).expect("it exists").review;
        assert_eq!(review, ReviewState::InReview);
    }
}
