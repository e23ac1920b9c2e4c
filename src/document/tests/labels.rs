//! Tests of what is labelled in a project.

use super::*;

fn one(name: &str) -> Labels {
    Labels::One(name.into())
}

fn set(document: &mut Document, labels: Labels, names: &[&str]) {
    let edit = ops::set_labels(document, labels, names).expect("the names are good");
    make(document, edit);
}

fn category_names(document: &Document) -> Vec<&str> {
    document.categories().map(|row| &*row.name).collect()
}

/// A document with three proposals on picture A: a tabby, a lynx in about the same box, and one that the
/// model has no name for.
fn suggested() -> Document {
    let mut document = Document::default();
    let picture = Picture::new(PictureId(0), "a.jpg", 100, 80);
    let edit = ops::add_pictures(&document, vec![picture]);
    make(&mut document, edit);
    propose_on_a(&mut document);
    document
}

fn propose_on_a(document: &mut Document) {
    let at = |x: f32| rect(x, 10.0, 20.0, 20.0);
    let unnamed = Candidate {
        suggestion: None,
        ..Candidate::suggested(at(60.0), "any", 0.3)
    };
    let boxes = vec![
        Candidate::suggested(at(1.0), "tabby", 0.7),
        Candidate::suggested(at(3.0), "lynx", 0.5),
        unnamed,
    ];
    let edit = ops::replace_proposals(document, &model("1"), &[(A, boxes)]);
    make(document, edit);
}

/// What the boxes of picture A are called, and whether that is a class.
fn names_on_a(document: &Document) -> Vec<(&str, bool)> {
    let rows = document.annotations(A).iter();
    rows.map(|row| (document.class_name(row), document.class_of(row).is_some()))
        .collect()
}

#[test]
fn with_one_class_every_proposal_is_of_it_and_is_found_once() {
    let mut document = suggested();
    assert_eq!(document.labels(), &Labels::Any);
    set(&mut document, one(" cat "), &[]);
    assert_eq!(category_names(&document), ["cat"]);
    // Of the two in about the same box, the better one stays.
    assert_eq!(names_on_a(&document), [("cat", true), ("cat", true)]);
    propose_on_a(&mut document);
    assert_eq!(names_on_a(&document), [("cat", true), ("cat", true)]);
    let edit = ops::accept_all(&document, A).expect("A exists");
    make(&mut document, edit);
    let cat = document.category_named("cat").map(|row| row.id);
    let rows = document.annotations(A);
    assert!(rows.iter().all(|row| row.category == cat));
    // The names that the model had given were not corrected, so they are accepted.
    assert!(rows.iter().all(|row| row.state == BoxState::Accepted));
    assert_eq!(category_names(&document), ["cat"]);
}

#[test]
fn suggestions_come_back_when_any_class_is_labelled_again() {
    let mut document = suggested();
    set(&mut document, one("cat"), &[]);
    set(&mut document, Labels::Any, &[]);
    assert_eq!(
        names_on_a(&document),
        [("tabby", false), ("object", false)],
        "as the model had called them"
    );
}

#[test]
fn a_box_that_a_person_gave_another_class_keeps_it() {
    let mut document = suggested();
    set(&mut document, one("cat"), &["dog"]);
    assert_eq!(category_names(&document), ["cat", "dog"]);
    let dog = document.category_named("dog").expect("it was added").id;
    let first = document.annotations(A)[0].id;
    let edit = ops::set_category(&document, &[first], dog).expect("it exists");
    make(&mut document, edit);
    assert_eq!(names_on_a(&document)[0], ("dog", true));
    assert_eq!(document.annotations(A)[0].state, BoxState::Edited);
}

#[test]
fn with_a_list_other_names_stay_suggestions() {
    let mut document = suggested();
    set(
        &mut document,
        Labels::Listed,
        &["lynx", " bear ", "", "bear"],
    );
    assert_eq!(category_names(&document), ["lynx", "bear"]);
    assert_eq!(
        names_on_a(&document),
        [("tabby", false), ("lynx", true), ("object", false)]
    );
}

#[test]
fn what_is_labelled_follows_its_class() {
    let mut document = suggested();
    set(&mut document, one("cat"), &["dog"]);
    let id = |document: &Document, name| document.category_named(name).expect("it exists").id;
    let edit = ops::rename_category(&document, id(&document, "cat"), "kitten");
    make(&mut document, edit.expect("it exists"));
    assert_eq!(document.labels(), &one("kitten"));
    let [from, into] = ["kitten", "dog"].map(|name| id(&document, name));
    let edit = ops::merge_categories(&document, from, into).expect("they exist");
    make(&mut document, edit);
    assert_eq!(document.labels(), &one("dog"));
    propose_on_a(&mut document);
    assert!(
        names_on_a(&document)
            .iter()
            .all(|name| *name == ("dog", true))
    );
    let edit = ops::delete_category(&document, into).expect("it exists");
    make(&mut document, edit);
    assert_eq!(document.labels(), &Labels::Any);
}

#[test]
fn several_classes_are_deleted_in_one_edit() {
    let mut document = sample();
    let edit = ops::draw(&document, A, rect(1.0, 1.0, 9.0, 9.0), CAT).expect("A exists");
    make(&mut document, edit);
    let edit = ops::draw(&document, A, rect(20.0, 1.0, 9.0, 9.0), DOG).expect("A exists");
    make(&mut document, edit);
    let edit = ops::set_done(&document, &[A], true).expect("A exists");
    make(&mut document, edit);
    let edit = ops::delete_categories(&document, &[DOG, CAT, DOG]).expect("they exist");
    make(&mut document, edit);
    assert_eq!(category_names(&document), [""; 0]);
    assert!(document.annotations(A).is_empty());
    assert_eq!(review(&document, A), ReviewState::InReview);
    assert_eq!(
        ops::delete_categories(&document, &[CAT]),
        Err(EditError::UnknownCategory(CAT))
    );
}

#[test]
fn an_older_project_is_about_its_only_class_unless_that_was_a_suggestion() {
    let mut document = sample();
    assert_eq!(implied_labels(&document), Labels::Any, "there are two");
    let edit = ops::delete_category(&document, DOG).expect("it exists");
    make(&mut document, edit);
    assert_eq!(implied_labels(&document), one("cat"));

    let mut document = suggested();
    let first = document.annotations(A)[0].id;
    let edit = ops::accept(&document, &[first]).expect("it exists");
    make(&mut document, edit);
    assert_eq!(category_names(&document), ["tabby"]);
    assert_eq!(implied_labels(&document), Labels::Any);
}

#[test]
fn the_names_in_a_file_do_not_change() {
    let stored = [Labels::Any, one("cat"), Labels::Listed].map(|labels| json(&labels));
    assert_eq!(stored, [r#""any""#, r#"{"one":"cat"}"#, r#""listed""#]);
    let edit = json(&Edit::Labels(one("cat")));
    assert_eq!(edit, r#"{"labels":{"one":"cat"}}"#);
}
