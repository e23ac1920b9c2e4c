//! Tests of the names that models suggest, and of the names of models' classes.

use super::*;
use crate::naming::MappedClass;

/// The boxes of picture A: name, state and left edge.
fn contents_of_a(document: &Document) -> Vec<(String, BoxState, f32)> {
    let rows = document.annotations(A).iter();
    let name = |row| document.name_of(row).unwrap_or("-").to_owned();
    rows.map(|row| (name(row), row.state, row.rect.x0))
        .collect()
}

fn category_names(document: &Document) -> Vec<&str> {
    document.categories().map(|row| &*row.name).collect()
}

/// The sample with four proposals on picture A: a tabby, an Egyptian cat in about the same box, another
/// one at another position, and a toaster.
fn named_by_a_model() -> Document {
    let mut document = sample();
    let found = |class: &str, x, score| {
        Candidate::suggested(BBox::from_xywh(x, 10.0, 20.0, 20.0), class, score)
    };
    let boxes = vec![
        found("tabby", 1.0, 0.5),
        found("Egyptian cat", 3.0, 0.7),
        found("Egyptian cat", 30.0, 0.4),
        found("toaster", 60.0, 0.3),
    ];
    let edit = ops::replace_proposals(&document, &model("1"), &[(A, boxes)]);
    make(&mut document, edit);
    document
}

fn ids_of_a(document: &Document) -> Vec<AnnotationId> {
    document.annotations(A).iter().map(|row| row.id).collect()
}

fn to_cat() -> Vec<(String, Option<MappedClass>)> {
    let named = |class: &str| (class.to_owned(), Some(MappedClass::named("cat")));
    vec![named("tabby"), named("Egyptian cat")]
}

#[test]
fn a_suggested_name_becomes_a_class_when_a_person_takes_it() {
    let mut document = named_by_a_model();
    assert_eq!(category_names(&document), ["cat", "dog"]);
    let ids = ids_of_a(&document);
    // Two boxes of one new class, in one step that adds the class once.
    let edit = ops::accept(&document, &ids[1..]).expect("they exist");
    make(&mut document, edit);
    assert_eq!(
        category_names(&document),
        ["cat", "dog", "Egyptian cat", "toaster"]
    );
    let rows = document.annotations(A);
    let class = |row| document.class_of(row).map(|class| &*class.name);
    assert_eq!(
        rows.iter().map(class).collect::<Vec<_>>(),
        [
            None,
            Some("Egyptian cat"),
            Some("Egyptian cat"),
            Some("toaster")
        ]
    );
    assert!(rows[1..].iter().all(|row| row.category.is_some()));
    assert_eq!(rows[1].suggestion.as_deref(), Some("Egyptian cat"));
}

#[test]
fn each_way_to_take_a_proposal_gives_it_its_class() {
    let first = |document: &Document| ids_of_a(document)[0];
    let to = rect(2.0, 12.0, 20.0, 20.0);
    let takes: [Operation<'_>; 6] = [
        &|document| ops::accept_all(document, A),
        &|document| ops::accept_and_finish(document, A, &[first(document)]),
        &|document| ops::reshape(document, &[(first(document), to)]),
        &|document| ops::set_flags(document, &[first(document)], |flags| flags.occluded = true),
        &|document| ops::duplicate(document, &[first(document)], [5.0, 5.0]),
        &|document| ops::paste(document, B, document.annotations(A), [0.0, 0.0]),
    ];
    for take in takes {
        let mut document = named_by_a_model();
        let edit = take(&document).expect("it exists");
        make(&mut document, edit);
        let tabby = document.category_named("tabby").expect("it was taken").id;
        let taken = document
            .pictures()
            .flat_map(|row| document.annotations(row.id));
        let taken: Vec<_> = taken.filter(|row| row.is_ground_truth()).collect();
        assert!(taken.iter().any(|row| row.category == Some(tabby)));
        assert!(taken.iter().all(|row| row.category.is_some()));
    }
    // Another class overrides the suggestion, and rejecting makes none.
    let mut document = named_by_a_model();
    let ids = ids_of_a(&document);
    let edit = ops::set_category(&document, &ids[..1], DOG).expect("it exists");
    make(&mut document, edit);
    assert_eq!(document.annotations(A)[0].state, BoxState::Edited);
    let edit = ops::reject(&document, &ids[1..]).expect("they exist");
    make(&mut document, edit);
    assert_eq!(category_names(&document), ["cat", "dog"]);
}

#[test]
fn a_suggestion_that_is_a_class_is_that_class() {
    let mut document = named_by_a_model();
    let edit = ops::map_classes(&document, &to_cat()).expect("the names are good");
    make(&mut document, edit);
    let class = |document: &Document, at: usize| {
        let row = &document.annotations(A)[at];
        document.class_of(row).map(|class| class.id)
    };
    assert_eq!(class(&document, 0), Some(CAT));
    // To give it the class that it stands for accepts it, unchanged.
    let edit = ops::set_category(&document, &ids_of_a(&document)[..1], CAT).expect("it exists");
    make(&mut document, edit);
    let row = &document.annotations(A)[0];
    assert_eq!((row.state, row.category), (BoxState::Accepted, Some(CAT)));
    assert!(row.former.is_none());
    // A class that is added later is meant by suggestions of its name.
    let edit = ops::add_category(&document, "toaster");
    make(&mut document, edit);
    assert_eq!(class(&document, 2), Some(CategoryId(3)));
}

#[test]
fn a_box_without_a_name_is_an_object_when_it_is_taken() {
    let mut document = sample();
    let unnamed = Candidate {
        suggestion: None,
        ..Candidate::suggested(rect(1.0, 1.0, 20.0, 20.0), "any", 0.5)
    };
    let edit = ops::replace_proposals(&document, &model("1"), &[(A, vec![unnamed])]);
    make(&mut document, edit);
    let edit = ops::accept_all(&document, A).expect("A exists");
    make(&mut document, edit);
    assert_eq!(category_names(&document), ["cat", "dog", "object"]);
}

#[test]
fn proposals_follow_their_class_and_judged_boxes_do_not() {
    let mut document = named_by_a_model();
    let toaster = document.annotations(A)[3].id;
    let accept = ops::accept(&document, &[toaster]).expect("it exists");
    make(&mut document, accept);
    let mut changes = to_cat();
    changes.push(("toaster".to_owned(), Some(MappedClass::Object)));
    let edit = ops::map_classes(&document, &changes).expect("the names are good");
    make(&mut document, edit);
    assert_eq!(
        contents_of_a(&document),
        [
            ("cat".to_owned(), BoxState::Proposed, 3.0),
            ("cat".to_owned(), BoxState::Proposed, 30.0),
            ("toaster".to_owned(), BoxState::Accepted, 60.0),
        ],
        "of two boxes of the same cat the one with the higher score stays"
    );
    let again = ops::map_classes(&document, &changes).expect("the names are good");
    assert!(again.is_empty());
    let bad = [("tabby".to_owned(), Some(MappedClass::Category(" ".into())))];
    let refused = ops::map_classes(&document, &bad);
    assert_eq!(refused, Err(EditError::BadName(" ".into())));
}

#[test]
fn a_judged_object_is_not_proposed_again_under_another_name() {
    let mut document = named_by_a_model();
    let ids = ids_of_a(&document);
    for edit in [
        ops::accept(&document, &ids[1..2]),
        ops::reject(&document, &ids[2..3]),
    ] {
        make(&mut document, edit.expect("they exist"));
    }
    let propose = |document: &mut Document, class: &str| {
        let found = |x| Candidate::suggested(BBox::from_xywh(x, 10.0, 20.0, 20.0), class, 0.5);
        let boxes = vec![found(3.0), found(31.0), found(75.0)];
        let edit = ops::replace_proposals(document, &model("1"), &[(A, boxes)]);
        make(document, edit);
        let mut rows = contents_of_a(document);
        rows.retain(|(_, state, _)| *state == BoxState::Proposed);
        rows.iter().map(|(_, _, x)| *x).collect::<Vec<_>>()
    };
    // A box of another class is not judged yet, unless it was accepted with exactly this rectangle.
    assert_eq!(propose(&mut document, "cat"), [31.0, 75.0]);
    let edit = ops::map_classes(&document, &to_cat()).expect("the names are good");
    make(&mut document, edit);
    assert_eq!(propose(&mut document, "cat"), [75.0]);
}

#[test]
fn renaming_merging_and_deleting_hold_for_later_proposals() {
    let mut document = named_by_a_model();
    let edit = ops::map_classes(&document, &to_cat()).expect("the names are good");
    make(&mut document, edit);
    let later = |document: &Document, class: &str| {
        let mut document = document.clone();
        let new = Picture::new(PictureId(0), "large.jpg", 200, 200);
        let edit = ops::add_pictures(&document, vec![new]);
        make(&mut document, edit);
        let large = document.picture_at("large.jpg").expect("it was added").id;
        let candidate = Candidate::suggested(rect(75.0, 50.0, 20.0, 20.0), class, 0.5);
        let edit = ops::replace_proposals(&document, &model("2"), &[(large, vec![candidate])]);
        make(&mut document, edit);
        let row = &document.annotations(large)[0];
        document.name_of(row).unwrap_or("-").to_owned()
    };
    let edit = ops::rename_category(&document, CAT, " kitty ").expect("it exists");
    make(&mut document, edit);
    assert_eq!(later(&document, "tabby"), "kitty");
    assert_eq!(later(&document, "cat"), "kitty");
    let edit = ops::rename_category(&document, DOG, "hound").expect("it exists");
    make(&mut document, edit);
    assert_eq!(later(&document, "dog"), "hound");
    let edit = ops::merge_categories(&document, DOG, CAT).expect("they exist");
    make(&mut document, edit);
    for class in ["dog", "hound", "tabby", "kitty"] {
        assert_eq!(later(&document, class), "kitty");
    }
    let edit = ops::delete_category(&document, CAT).expect("it exists");
    make(&mut document, edit);
    assert_eq!(later(&document, "tabby"), "tabby");
    assert_eq!(category_names(&document), [""; 0]);
    // A class that is added by name stands for itself again.
    for name in ["cat", "kitty"] {
        let edit = ops::add_category(&document, name);
        make(&mut document, edit);
    }
    let cat = document.category_named("cat").expect("it exists").id;
    let edit = ops::rename_category(&document, cat, "puss").expect("it exists");
    make(&mut document, edit);
    assert_eq!(later(&document, "cat"), "puss");
    let edit = ops::add_category(&document, "cat");
    make(&mut document, edit);
    assert_eq!(later(&document, "cat"), "cat");
}

#[test]
fn deleting_a_class_puts_pictures_that_lose_boxes_back_in_review() {
    let mut document = sample();
    for edit in [
        ops::draw(&document, A, rect(1.0, 1.0, 9.0, 9.0), CAT),
        ops::set_tag(&document, &[B], CAT, true),
    ] {
        make(&mut document, edit.expect("they exist"));
    }
    let edit = ops::set_done(&document, &[A, B], true).expect("they exist");
    make(&mut document, edit);
    let edit = ops::delete_category(&document, CAT).expect("it exists");
    make(&mut document, edit);
    assert_eq!(review(&document, A), ReviewState::InReview);
    assert_eq!(review(&document, B), ReviewState::Done, "it lost no box");
}

#[test]
fn judgements_are_counted_by_the_suggested_name() {
    let mut document = named_by_a_model();
    let ids = ids_of_a(&document);
    let edit = ops::set_category(&document, &ids[..2], DOG).expect("they exist");
    make(&mut document, edit);
    let edit = ops::accept(&document, &ids[2..3]).expect("it exists");
    make(&mut document, edit);
    let edit = ops::draw(&document, A, rect(1.0, 50.0, 9.0, 9.0), DOG).expect("A exists");
    make(&mut document, edit);
    let egyptian = document.category_named("Egyptian cat").expect("it exists");
    let expected = [
        (("tabby", DOG), 1),
        (("Egyptian cat", DOG), 1),
        (("Egyptian cat", egyptian.id), 1),
    ];
    assert_eq!(document.judgements(), expected.into_iter().collect());
}

/// The class of a box that a foreign model calls `name`, as a namer chooses it for picture A.
fn chosen(document: &Document, name: Option<&str>) -> Option<CategoryId> {
    let namer = ops::ClassNamer::new(document, true);
    namer
        .candidate(A, rect(1.0, 1.0, 9.0, 9.0), 0.5, name)
        .category
}

#[test]
fn a_mapped_name_comes_before_the_tag_of_a_picture() {
    let mut document = sample();
    let edit = ops::set_tag(&document, &[A], DOG, true).expect("A exists");
    make(&mut document, edit);
    assert_eq!(chosen(&document, Some("cat")), Some(DOG));
    let edit = ops::map_classes(&document, &to_cat()).expect("the names are good");
    make(&mut document, edit);
    assert_eq!(chosen(&document, Some("tabby")), None, "the naming decides");
}
