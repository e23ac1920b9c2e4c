//! Tests of which class boxes get.

use super::core::Session;
use super::tests::{FIRST, propose, rect, session, states};
use crate::document::{BoxState, Labels};

/// What the boxes of the picture are called.
fn names(session: &Session) -> Vec<&str> {
    let document = session.document();
    let rows = session.boxes().iter();
    rows.map(|row| document.class_name(row)).collect()
}

fn class_names(session: &Session) -> Vec<&str> {
    let categories = session.document().categories();
    categories.map(|row| &*row.name).collect()
}

/// Selects the boxes at these places.
fn select(session: &mut Session, places: &[usize]) {
    let ids = places.iter().map(|at| session.boxes()[*at].id).collect();
    session.select(ids);
}

#[test]
fn with_one_class_accepting_is_all_that_a_box_takes() {
    let (_folder, mut session) = session();
    propose(&mut session, FIRST, "badger", 50.0);
    session
        .set_labels(&Labels::One("raccoon".into()), &[])
        .unwrap();
    assert_eq!(names(&session), ["raccoon"]);
    session.accept().unwrap();
    session.draw(FIRST, rect(10.0)).unwrap();
    assert_eq!(names(&session), ["raccoon"; 2]);
    assert_eq!(states(&session), [BoxState::Accepted, BoxState::Drawn]);
    assert_eq!(class_names(&session), ["raccoon"]);
    // Another class stays possible for a box, and is not that of new ones.
    select(&mut session, &[1]);
    session.assign_class_named("cat").unwrap();
    session.draw(FIRST, rect(30.0)).unwrap();
    assert_eq!(names(&session), ["raccoon", "cat", "raccoon"]);
}

#[test]
fn with_a_list_a_name_that_is_not_in_it_waits_for_a_class() {
    let (_folder, mut session) = session();
    propose(&mut session, FIRST, "toaster", 50.0);
    session
        .set_labels(&Labels::Listed, &["cat".to_owned(), "dog".to_owned()])
        .unwrap();
    assert_eq!(session.proposals_without_class().len(), 1);
    assert!(session.select_proposals_without_class());
    session.accept().unwrap();
    session.accept_all_and_finish().unwrap();
    assert_eq!(states(&session), [BoxState::Proposed]);
    assert!(!session.is_current_done());
    // Moving it is as drawing it: it gets the class of new boxes.
    let id = session.boxes()[0].id;
    session.reshape(&[(id, rect(55.0))]).unwrap();
    assert_eq!(names(&session), ["cat"]);
    assert_eq!(states(&session), [BoxState::Edited]);
    session.undo().unwrap();
    assert_eq!(names(&session), ["toaster"], "it was one step");
    session.assign_class_named("dog").unwrap();
    assert_eq!(class_names(&session), ["cat", "dog"]);
}

#[test]
fn the_sticky_class_is_that_of_new_boxes_and_of_proposals_without_a_class() {
    let (_folder, mut session) = session();
    let cat = session.ensure_class("cat").unwrap();
    let dog = session.ensure_class("dog").unwrap();
    session.set_sticky_class(Some(dog));
    session.draw(FIRST, rect(10.0)).unwrap();
    session.assign_class(cat).unwrap();
    assert_eq!(session.chosen_class(), Some(dog), "it sticks");
    session.draw(FIRST, rect(40.0)).unwrap();
    assert_eq!(names(&session), ["cat", "dog"]);
    propose(&mut session, FIRST, "toaster", 70.0);
    session.select(Vec::new());
    session.accept().unwrap();
    assert_eq!(names(&session), ["cat", "dog", "dog"]);
    assert_eq!(class_names(&session), ["cat", "dog"]);
    session.undo().unwrap();
    assert_eq!(names(&session), ["cat", "dog", "toaster"]);
    // Choosing a class for new boxes moves it, and without it the last class is used.
    session.select(Vec::new());
    session.assign_class(cat).unwrap();
    assert_eq!(session.sticky_class(), Some(cat));
    session.toggle_sticky_class();
    assert_eq!(session.sticky_class(), None);
    session.select(Vec::new());
    session.accept().unwrap();
    assert_eq!(class_names(&session), ["cat", "dog", "toaster"]);
}

#[test]
fn a_class_given_to_a_mixed_selection_decides_its_proposals() {
    let (_folder, mut session) = session();
    let dog = session.ensure_class("dog").unwrap();
    session.draw(FIRST, rect(1.0)).unwrap();
    propose(&mut session, FIRST, "cat", 50.0);
    let also = session.boxes().len();
    assert_eq!(also, 2);
    select(&mut session, &[0, 1]);
    session.assign_class(dog).unwrap();
    assert_eq!(states(&session), [BoxState::Drawn, BoxState::Edited]);
    assert_eq!(names(&session), ["dog", "dog"]);
}

#[test]
fn a_new_class_by_name_goes_on_as_accepting_does() {
    let (_folder, mut session) = session();
    let provenance = super::tests::provenance();
    let found = ["cat", "cow"].map(|name| {
        let x = if name == "cat" { 10.0 } else { 60.0 };
        crate::document::ops::Candidate::suggested(rect(x), name, 0.5)
    });
    session
        .replace_proposals(&provenance, &[(FIRST, found.to_vec())], false)
        .unwrap();
    select(&mut session, &[0]);
    session.assign_class_named(" lynx ").unwrap();
    assert_eq!(states(&session), [BoxState::Edited, BoxState::Proposed]);
    assert_eq!(session.selection(), [session.boxes()[1].id]);
    session.undo().unwrap();
    assert_eq!(class_names(&session), [""; 0], "one step");
    // To give a proposal the very name that is suggested accepts it unchanged.
    select(&mut session, &[0]);
    session.assign_class_named("cat").unwrap();
    assert_eq!(states(&session)[0], BoxState::Accepted);
}

#[test]
fn boxes_of_a_hidden_class_are_shown_when_one_is_made() {
    let (_folder, mut session) = session();
    let cat = session.ensure_class("cat").unwrap();
    session.toggle_hidden(cat);
    let (id, _) = session.draw(FIRST, rect(10.0)).unwrap();
    assert!(!session.is_hidden(cat));
    assert_eq!(session.selection(), [id]);
    session.toggle_hidden(cat);
    propose(&mut session, FIRST, "cow", 60.0);
    select(&mut session, &[1]);
    session.assign_class(cat).unwrap();
    assert_eq!(session.visible().count(), 2);
}

#[test]
fn the_classes_used_last_are_remembered() {
    let (_folder, mut session) = session();
    let [cat, dog, cow] = ["cat", "dog", "cow"].map(|name| session.ensure_class(name).unwrap());
    session.draw(FIRST, rect(10.0)).unwrap();
    for class in [cat, dog, cow, dog] {
        session.assign_class(class).unwrap();
    }
    let recent: Vec<_> = session.recent_classes().collect();
    assert_eq!(recent, [dog, cow, cat]);
}

#[test]
fn what_is_labelled_is_asked_once() {
    let (_folder, mut session) = session();
    session.count();
    assert!(session.asks_labels());
    session.ensure_class("cat").unwrap();
    assert!(!session.asks_labels());
    session.undo().unwrap();
    assert!(session.asks_labels());
    let path = session.project().path().to_owned();
    session.close().unwrap();
    let access = crate::store::Access::Edit;
    let (project, _) = crate::store::Project::open(&path, access).unwrap();
    assert!(!Session::new(project).asks_labels());
}
