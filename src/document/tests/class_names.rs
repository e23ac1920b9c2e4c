//! Tests of the names of models' classes.

use super::*;
use crate::naming::MappedClass;

/// The boxes of picture A: category, state and left edge.
fn contents_of_a(document: &Document) -> Vec<(String, BoxState, f32)> {
    let rows = document.annotations(A).iter();
    let name = |id| document.category(id).expect("it exists").name.to_string();
    rows.map(|row| (name(row.category), row.state, row.rect.x0))
        .collect()
}

/// The sample with four proposals on picture A: a tabby, an Egyptian cat in about the same box, another
/// one at another position, and a toaster.
fn named_by_a_model() -> Document {
    let mut document = sample();
    let found = |class: &str, x, score| ops::NamedCandidate {
        rect: BBox::from_xywh(x, 10.0, 20.0, 20.0),
        class: class.to_owned(),
        score,
    };
    let boxes = vec![
        found("tabby", 1.0, 0.5),
        found("Egyptian cat", 3.0, 0.7),
        found("Egyptian cat", 30.0, 0.4),
        found("toaster", 60.0, 0.3),
    ];
    let edit =
        ops::replace_proposals_named(&document, &model("1"), &[(A, boxes)]).expect("A exists");
    make(&mut document, edit);
    document
}

fn to_cat() -> Vec<(String, Option<MappedClass>)> {
    let named = |class: &str| (class.to_owned(), Some(MappedClass::named("cat")));
    vec![named("tabby"), named("Egyptian cat")]
}

#[test]
fn proposals_follow_their_class_and_judged_boxes_do_not() {
    let mut document = named_by_a_model();
    let toaster = document.annotations(A)[3].id;
    let accept = ops::accept(&document, &[toaster]).expect("it exists");
    make(&mut document, accept);
    let mut changes = to_cat();
    changes.push(("toaster".to_owned(), Some(MappedClass::Object)));
    let before = document.clone();
    let edit = ops::map_classes(&document, &changes, |_| true).expect("the names are good");
    let inverse = document.apply(edit).expect("the edit is valid");
    assert_eq!(
        contents_of_a(&document),
        [
            ("cat".to_owned(), BoxState::Proposed, 3.0),
            ("cat".to_owned(), BoxState::Proposed, 30.0),
            ("toaster".to_owned(), BoxState::Accepted, 60.0),
        ],
        "of two boxes of the same cat the one with the higher score stays"
    );
    // Of the former names only the one with a judged box remains.
    make(&mut document, Edit::default());
    let after = document.clone();
    let removal = ops::remove_unused_model_categories(&document);
    let inverse_of_removal = document.apply(removal).expect("nothing of them is in use");
    let names: Vec<&str> = document.categories().map(|row| &*row.name).collect();
    assert_eq!(names, ["cat", "dog", "toaster"]);
    document
        .apply(inverse_of_removal)
        .expect("it is the inverse");
    assert_eq!(document, after);
    document.apply(inverse).expect("it is the inverse");
    assert_eq!(document, before);
    // If the caller proposes again, only the naming changes. The same change again is empty.
    let edit = ops::map_classes(&document, &changes, |_| false).expect("the names are good");
    assert!(matches!(edit, Edit::Naming(_)), "{edit:?}");
    make(&mut document, edit);
    let again = ops::map_classes(&document, &changes, |_| true).expect("the names are good");
    assert!(again.is_empty());
    let bad = [("tabby".to_owned(), Some(MappedClass::Category(" ".into())))];
    let refused = ops::map_classes(&document, &bad, |_| true);
    assert_eq!(refused, Err(EditError::BadName(" ".into())));
}

#[test]
fn a_judged_object_is_not_proposed_again_under_another_name() {
    let mut document = named_by_a_model();
    let ids: Vec<AnnotationId> = document.annotations(A).iter().map(|row| row.id).collect();
    for edit in [
        ops::accept(&document, &ids[1..2]),
        ops::reject(&document, &ids[2..3]),
    ] {
        make(&mut document, edit.expect("they exist"));
    }
    let propose = |document: &mut Document, class: &str| {
        let found = |x| ops::NamedCandidate {
            rect: BBox::from_xywh(x, 10.0, 20.0, 20.0),
            class: class.to_owned(),
            score: 0.5,
        };
        let boxes = vec![found(3.0), found(31.0), found(75.0)];
        let edit = ops::replace_proposals_named(document, &model("1"), &[(A, boxes)]);
        make(document, edit.expect("A exists"));
        let mut rows = contents_of_a(document);
        rows.retain(|(_, state, _)| *state == BoxState::Proposed);
        rows.iter().map(|(_, _, x)| *x).collect::<Vec<_>>()
    };
    // A box of another class is not judged yet, unless it was accepted with exactly this rectangle.
    assert_eq!(propose(&mut document, "cat"), [31.0, 75.0]);
    let edit = ops::map_classes(&document, &to_cat(), |_| false).expect("the names are good");
    make(&mut document, edit);
    assert_eq!(propose(&mut document, "cat"), [75.0]);
}

#[test]
fn mapped_classes_follow_a_category_that_is_renamed_merged_or_deleted() {
    let mut document = named_by_a_model();
    let edit = ops::map_classes(&document, &to_cat(), |_| false).expect("the names are good");
    make(&mut document, edit);
    let id = |document: &Document, name| document.category_named(name).expect("it exists").id;
    let targets = |document: &Document| {
        let rows = document.naming().iter();
        rows.map(|(class, target)| format!("{class}>{}", target.name()))
            .collect::<Vec<_>>()
    };
    let edit = ops::rename_category(&document, CAT, " kitty ").expect("it exists");
    make(&mut document, edit);
    assert_eq!(targets(&document), ["Egyptian cat>kitty", "tabby>kitty"]);
    // A category that a model had named, and one that it had not.
    let toaster = id(&document, "toaster");
    let edit = ops::rename_category(&document, toaster, "appliance").expect("it exists");
    make(&mut document, edit);
    let edit = ops::rename_category(&document, DOG, "hound").expect("it exists");
    make(&mut document, edit);
    let expected = ["Egyptian cat>kitty", "tabby>kitty", "toaster>appliance"];
    assert_eq!(targets(&document), expected);
    let edit = ops::merge_categories(&document, toaster, CAT).expect("they exist");
    make(&mut document, edit);
    let expected = [
        "Egyptian cat>kitty",
        "appliance>kitty",
        "tabby>kitty",
        "toaster>kitty",
    ];
    assert_eq!(targets(&document), expected);
    let edit = ops::delete_category(&document, CAT).expect("it exists");
    make(&mut document, edit);
    assert_eq!(targets(&document), [""; 0]);
}

#[test]
fn judgements_are_counted_by_the_proposed_category() {
    let mut document = named_by_a_model();
    let ids: Vec<AnnotationId> = document.annotations(A).iter().map(|row| row.id).collect();
    for edit in [
        ops::set_category(&document, &ids[..2], DOG),
        ops::accept(&document, &ids[2..3]),
        ops::draw(&document, A, BBox::from_xywh(1.0, 50.0, 9.0, 9.0), DOG),
    ] {
        make(&mut document, edit.expect("they exist"));
    }
    let id = |name| document.category_named(name).expect("it exists").id;
    let [tabby, egyptian] = ["tabby", "Egyptian cat"].map(id);
    let expected = [
        ((tabby, DOG), 1),
        ((egyptian, DOG), 1),
        ((egyptian, egyptian), 1),
    ];
    assert_eq!(document.judgements(), expected.into_iter().collect());
}
