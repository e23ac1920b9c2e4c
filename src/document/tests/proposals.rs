//! Tests of what a model proposes.

use super::*;

#[test]
fn proposing_again_replaces_only_proposals_without_a_judgement() {
    let at = |x: f32| rect(x, 10.0, 10.0, 10.0);
    let mut document = proposed(&[at(0.0), at(20.0), at(40.0), at(60.0)]);
    for edit in [
        ops::accept(&document, &[AnnotationId(1)]),
        ops::reshape(
            &document,
            &[(AnnotationId(2), rect(20.0, 40.0, 20.0, 20.0))],
        ),
        ops::reject(&document, &[AnnotationId(3)]),
        ops::draw(&document, A, at(80.0), CAT),
    ] {
        document
            .apply(edit.expect("it exists"))
            .expect("the edit is valid");
    }
    let judged = [
        (1, BoxState::Accepted),
        (2, BoxState::Edited),
        (3, BoxState::Rejected),
        (5, BoxState::Drawn),
    ];
    let kept: Vec<_> = document.annotations(A).to_vec();

    // The same boxes again: none is new, and the one without a judgement stays. The edited box is
    // recognised by its former rectangle as well as by its present one.
    let again = [
        at(0.0),
        at(20.0),
        at(40.4),
        at(60.0),
        at(80.0),
        rect(20.0, 40.0, 20.0, 20.0),
    ];
    propose(&mut document, &again);
    let mut expected = judged.to_vec();
    expected.insert(3, (4, BoxState::Proposed));
    assert_eq!(states(&document, A), expected);
    assert_eq!(document.annotations(A), kept);

    // At another position, or of another category, it is another box.
    let other = vec![
        found(at(47.0), CAT),
        found(at(40.0), DOG),
        found(at(200.0), CAT),
    ];
    let edit = ops::replace_proposals(&document, &model("2"), &[(A, other)]);
    make(&mut document, edit);
    expected = judged.to_vec();
    expected.extend([(6, BoxState::Proposed), (7, BoxState::Proposed)]);
    assert_eq!(states(&document, A), expected);
    assert_eq!(review(&document, A), ReviewState::InReview);
}

#[test]
fn a_judged_object_is_not_proposed_again_tighter_or_wider() {
    for (again, comes_back) in [
        (rect(3.3, 0.0, 10.0, 10.0), false),
        (rect(3.4, 0.0, 10.0, 10.0), true),
        (rect(2.0, 2.0, 5.0, 5.0), false),
        (rect(0.0, 0.0, 30.0, 30.0), false),
        (rect(9.0, 9.0, 5.0, 5.0), true),
    ] {
        let mut document = proposed(&[rect(0.0, 0.0, 10.0, 10.0)]);
        let edit = ops::reject(&document, &[AnnotationId(1)]).expect("1 exists");
        make(&mut document, edit);
        propose(&mut document, &[again]);
        assert_eq!(document.annotations(A).len() == 2, comes_back, "{again:?}");
    }
}

#[test]
fn added_proposals_do_not_replace_existing_ones() {
    let first = rect(0.0, 0.0, 20.0, 20.0);
    let mut document = proposed(&[first]);
    let judged = rect(60.0, 40.0, 20.0, 20.0);
    let edit = ops::draw(&document, A, judged, CAT).unwrap();
    make(&mut document, edit);
    let second = rect(30.0, 0.0, 20.0, 20.0);
    let near = rect(1.0, 0.0, 20.0, 20.0);
    let more = [near, second, judged].map(|rect| found(rect, CAT));
    let all = [(A, more.to_vec()), (B, vec![found(first, CAT)])];
    let edit = ops::add_proposals(&document, &model("2"), &all);
    make(&mut document, edit);
    let proposals = |document: &Document, picture| {
        let rows = document.annotations(picture).iter();
        let rows = rows.filter(|row| row.state == BoxState::Proposed);
        rows.map(|row| row.rect).collect::<Vec<_>>()
    };
    assert_eq!(proposals(&document, A), [first, second]);
    assert_eq!(proposals(&document, B), [first]);
    assert_eq!(document.picture(B).unwrap().review, ReviewState::Proposed);
    let done = ops::set_done(&document, &[B], true).unwrap();
    make(&mut document, done);
    let again = ops::add_proposals(&document, &model("3"), &all);
    assert!(
        again.is_empty(),
        "what is there, judged or done is left alone"
    );
}

#[test]
fn a_done_picture_gets_no_proposals() {
    let mut document = sample();
    let edit = ops::set_done(&document, &[A], true).expect("A exists");
    make(&mut document, edit);
    propose(&mut document, &[rect(1.0, 1.0, 20.0, 20.0)]);
    assert!(document.is_verified_empty(A));
}

#[test]
fn a_picture_in_which_a_model_finds_nothing_counts_as_proposed() {
    let document = proposed(&[]);
    assert_eq!(review(&document, A), ReviewState::Proposed);
    assert_eq!(review(&document, B), ReviewState::New);
}

#[test]
fn boxes_of_one_model_share_its_provenance() {
    let mut document = proposed(&[rect(1.0, 1.0, 9.0, 9.0), rect(30.0, 1.0, 9.0, 9.0)]);
    document = round_trip(&document);
    let rows = document.annotations(A);
    match (&rows[0].origin, &rows[1].origin) {
        (Origin::Model(one), Origin::Model(other)) => assert!(Arc::ptr_eq(one, other)),
        other => panic!("not of a model: {other:?}"),
    }
}
