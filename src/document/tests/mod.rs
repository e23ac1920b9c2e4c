//! Tests of the document.

mod across;
mod attributes;
mod categories;
mod class_names;
mod history;
mod labels;
mod pictures;
mod proposals;
mod random;
mod review;
mod rules;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::ops::{self, Candidate};
use super::*;
use crate::geometry::BBox;

/// An operation on a document.
type Operation<'a> = &'a dyn Fn(&Document) -> Result<Edit, EditError>;

const A: PictureId = PictureId(1);
const B: PictureId = PictureId(2);
const CAT: CategoryId = CategoryId(1);
const DOG: CategoryId = CategoryId(2);

fn rect(x: f32, y: f32, width: f32, height: f32) -> BBox {
    BBox::from_xywh(x, y, width, height)
}

fn model(version: &str) -> Arc<Provenance> {
    Arc::new(Provenance {
        name: "dinov2-vits14".into(),
        version: version.into(),
        method: "affinity".into(),
        threshold: 0.4,
    })
}

fn found(rect: BBox, category: CategoryId) -> Candidate {
    Candidate::of_class(rect, category, 0.5)
}

/// Applies an edit and checks that it can be undone and redone.
fn make(document: &mut Document, edit: Edit) {
    let before = document.clone();
    let affected = edit.affected();
    let inverse = document.apply(edit).expect("the edit is valid");
    assert_eq!(inverse.affected(), affected);
    let after = document.clone();
    let again = document.apply(inverse).expect("the inverse is valid");
    assert_eq!(*document, before);
    document.apply(again).expect("redo is valid");
    assert_eq!(*document, after);
}

/// Pictures A (100 x 80) and B (50 x 50), categories cat and dog.
fn sample() -> Document {
    let mut document = Document::default();
    for name in ["cat", "dog"] {
        let edit = ops::add_category(&document, name);
        make(&mut document, edit);
    }
    let new = |path: &str, width, height| Picture::new(PictureId(0), path, width, height);
    let pictures = vec![new("a.jpg", 100, 80), new("sub/b.jpg", 50, 50)];
    let edit = ops::add_pictures(&document, pictures);
    make(&mut document, edit);
    document
}

/// The sample with these boxes proposed on picture A.
fn proposed(boxes: &[BBox]) -> Document {
    let mut document = sample();
    propose(&mut document, boxes);
    document
}

fn propose(document: &mut Document, boxes: &[BBox]) {
    let candidates = boxes.iter().map(|rect| found(*rect, CAT)).collect();
    let edit = ops::replace_proposals(document, &model("1"), &[(A, candidates)]);
    make(document, edit);
}

fn states(document: &Document, picture: PictureId) -> Vec<(u32, BoxState)> {
    let rows = document.annotations(picture).iter();
    rows.map(|row| (row.id.0, row.state)).collect()
}

fn review(document: &Document, picture: PictureId) -> ReviewState {
    document.picture(picture).expect("it exists").review
}

/// Checks that the look-up tables agree with the rows and that every rule holds. Reading rows checks
/// the rules.
fn check_consistent(document: &Document) {
    let copy: Document = round_trip(document);
    assert_eq!(copy, *document);
    assert_eq!(copy.next_ids, document.next_ids);
    assert_eq!(copy.by_path, document.by_path);
    assert_eq!(copy.picture_of, document.picture_of);
    for picture in document.pictures() {
        let rows = document.annotations(picture.id);
        assert!(rows.is_sorted_by(|a, b| a.id < b.id));
        assert!(picture.id < document.next_ids.picture);
        assert!(rows.iter().all(|row| row.id < document.next_ids.annotation));
    }
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("it serialises")
}

fn round_trip<T: Serialize + for<'de> Deserialize<'de>>(value: &T) -> T {
    serde_json::from_str(&json(value)).expect("what was written can be read")
}
