//! Tests of undo and redo.

use super::*;

#[test]
fn a_step_has_a_label_and_the_only_picture_that_it_changes() {
    let mut document = sample();
    let mut history = History::default();
    let edit = ops::draw(&document, B, rect(1.0, 1.0, 9.0, 9.0), CAT).expect("B exists");
    let commit = history.commit(&mut document, "draw box", edit, None);
    assert!(commit.expect("the edit is valid").is_some());
    let edit = ops::set_done(&document, &[A, B], true).expect("both exist");
    let commit = history.commit(&mut document, "mark done", edit, None);
    assert_eq!(
        commit
            .expect("the edit is valid")
            .and_then(|step| step.picture),
        None
    );
    // An edit that changes nothing is not a step and does not drop what can be redone.
    history.undo(&mut document).expect("undo is possible");
    let nothing = history.commit(&mut document, "nothing", Edit::default(), None);
    assert_eq!(nothing, Ok(None));

    assert_eq!(
        history.next_undo().map(|step| &*step.label),
        Some("draw box")
    );
    assert_eq!(
        history.next_redo().map(|step| &*step.label),
        Some("mark done")
    );
    let step = history.undo(&mut document).expect("undo is possible");
    assert_eq!(step.and_then(|step| step.picture), Some(B));
    assert_eq!(history.undo(&mut document), Ok(None));
    assert_eq!(document, sample());
}

#[test]
fn a_gesture_is_one_step_of_constant_size() {
    let mut document = proposed(&[rect(1.0, 1.0, 20.0, 20.0)]);
    let first = document.clone();
    let mut history = History::default();
    let nudge = |document: &mut Document, history: &mut History, x: f32, gesture: u64| {
        let to = [(AnnotationId(1), rect(x, 1.0, 20.0, 20.0))];
        let edit = ops::reshape(document, &to).expect("1 exists");
        let step = history.commit(document, "move box", edit, Some(gesture));
        step.expect("the edit is valid");
    };
    for x in 2..60 {
        nudge(&mut document, &mut history, x as f32, 7);
    }
    assert_eq!(history.steps().len(), 1);
    assert!(json(&history.steps()[0].edit).len() < 2000);
    nudge(&mut document, &mut history, 70.0, 8);
    assert_eq!(history.position(), 2);

    // An undo ends the gesture.
    history.undo(&mut document).expect("undo is possible");
    nudge(&mut document, &mut history, 71.0, 8);
    assert_eq!(history.position(), 2);
    while history
        .undo(&mut document)
        .expect("undo is possible")
        .is_some()
    {}
    assert_eq!(document, first);
}

#[test]
fn a_gesture_retains_the_updates_that_its_other_edits_need() {
    // When undoing, the picture can become smaller only after the box has left the removed part.
    let mut document = sample();
    let edit = ops::draw(&document, B, rect(0.0, 0.0, 40.0, 40.0), CAT).expect("B exists");
    make(&mut document, edit);
    let first = document.clone();
    let mut history = History::default();
    let id = AnnotationId(1);
    let steps: [Operation<'_>; 3] = [
        &|document| ops::set_category(document, &[id], DOG),
        &|document| ops::set_content(document, B, [100, 50], None),
        &|document| ops::reshape(document, &[(id, rect(60.0, 0.0, 30.0, 30.0))]),
    ];
    for step in steps {
        let edit = step(&document).expect("all rows exist");
        let commit = history.commit(&mut document, "change", edit, Some(1));
        assert!(commit.is_ok());
    }
    assert_eq!(history.position(), 1);
    history.undo(&mut document).expect("undo is possible");
    assert_eq!(document, first);
}

#[test]
fn a_step_that_an_outside_change_made_impossible_is_refused_and_remains() {
    let mut document = sample();
    let mut history = History::default();
    let edit = ops::draw(&document, A, rect(1.0, 1.0, 9.0, 9.0), CAT).expect("A exists");
    let commit = history.commit(&mut document, "draw box", edit, None);
    assert!(commit.is_ok());
    let edit = ops::delete(&document, &[AnnotationId(1)]).expect("1 exists");
    document.apply(edit).expect("the edit is valid");
    let before = (document.clone(), history.steps().to_vec());
    let error = EditError::UnknownAnnotation(AnnotationId(1));
    assert_eq!(history.undo(&mut document), Err(error));
    assert_eq!((document, history.steps().to_vec()), before);
    assert_eq!(history.position(), 1);
}

#[test]
fn ten_thousand_pictures_are_proposed_and_undone_in_one_step() {
    let mut document = sample();
    let path = |at: usize| format!("many/{at:05}.jpg");
    let new = |at| Picture::new(PictureId(0), path(at), 640, 480);
    let edit = ops::add_pictures(&document, (0..10_000).map(new).collect());
    document.apply(edit).expect("the edit is valid");
    let first = document.clone();
    let candidates = vec![found(rect(5.0, 5.0, 50.0, 50.0), CAT)];
    let pictures = document.pictures().map(|row| (row.id, candidates.clone()));
    let edit = ops::replace_proposals(&document, &model("1"), &pictures.collect::<Vec<_>>());
    let mut history = History::default();
    let step = history.commit(&mut document, "propose boxes", edit, None);
    assert_eq!(
        step.expect("the edit is valid")
            .and_then(|step| step.picture),
        None
    );
    assert_eq!(document.annotation_count(), 10_002);
    history.undo(&mut document).expect("undo is possible");
    assert_eq!(document, first);
    assert_ne!(
        document.next_ids(),
        first.next_ids(),
        "ids are not used again"
    );
}

/// A history of a drawn box on picture A, after which a model has proposed another one, of `category`.
fn drawn_then_proposed(document: &mut Document, class: &str, category: CategoryId) -> History {
    let mut history = History::default();
    let mut commit = |label: &str, document: &mut Document, edit: Edit| {
        let step = history.commit(document, label, edit, None);
        step.expect("the edit is valid");
    };
    let mut edits = vec![ops::ensure_category(document, class)];
    edits.push(ops::draw(document, A, rect(1.0, 1.0, 20.0, 20.0), CAT).expect("A exists"));
    commit("own", document, Edit::Batch(edits));
    let boxes = vec![found(rect(40.0, 1.0, 20.0, 20.0), category)];
    let edit = ops::replace_proposals(document, &model("1"), &[(A, boxes)]);
    commit("automatic", document, edit);
    history
}

#[test]
fn a_step_is_undone_past_an_automatic_one_and_redone() {
    let mut document = sample();
    let mut history = drawn_then_proposed(&mut document, "cat", CAT);
    let after = document.clone();
    let undone = history.undo_past(&mut document, "automatic");
    assert_eq!(undone.map(|(from, _)| from), Some(0));
    assert_eq!(states(&document, A), [(2, BoxState::Proposed)]);
    assert_eq!(review(&document, A), ReviewState::Proposed);
    assert!(history.undo_past(&mut document, "automatic").is_none());
    let redone = history.redo(&mut document).expect("it fits");
    assert_eq!(redone.map(|step| step.label.as_str()), Some("own"));
    assert_eq!(document, after);
}

#[test]
fn a_step_that_a_later_one_needs_is_not_undone_past_it_and_stays_exact() {
    let mut document = sample();
    let before = document.clone();
    // The model proposes a box of the class that the step adds.
    let mut history = drawn_then_proposed(&mut document, "bird", CategoryId(3));
    let after = document.clone();
    assert!(history.undo_past(&mut document, "automatic").is_none());
    assert_eq!(document, after);
    for _ in 0..2 {
        history.undo(&mut document).expect("it fits");
    }
    assert_eq!(document, before);
    for _ in 0..2 {
        history.redo(&mut document).expect("it fits");
    }
    assert_eq!(document, after);
}
