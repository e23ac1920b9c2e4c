//! Another set of boxes of the project's pictures, which is only looked at.

use std::collections::HashMap;

use crate::document::{Annotation, BoxState, Document, PictureId, ReviewState};

/// A box of another set.
#[derive(Clone, Debug, PartialEq)]
pub struct OtherBox {
    /// The box. Its id and its category mean nothing in the project.
    pub row: Annotation,
    /// The name of its class, or of what it may show.
    pub class: Box<str>,
}

/// Boxes of pictures of the project that are not in the project: from a file, or made in another way.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OtherBoxes(HashMap<PictureId, Vec<OtherBox>>);

impl OtherBoxes {
    /// What a document has: its boxes on those pictures about which it says anything.
    pub fn of_document(document: &Document) -> Self {
        let known = document
            .pictures()
            .filter(|picture| picture.review != ReviewState::New);
        let boxes = known.map(|picture| {
            let rows = document.annotations(picture.id).iter();
            let rows = rows.filter(|row| row.state != BoxState::Rejected);
            let boxes = rows.map(|row| OtherBox {
                class: document.class_name(row).into(),
                row: row.clone(),
            });
            (picture.id, boxes.collect())
        });
        Self(boxes.collect())
    }

    /// Adds the boxes of a picture.
    pub fn insert(&mut self, picture: PictureId, boxes: Vec<OtherBox>) {
        self.0.insert(picture, boxes);
    }

    /// The boxes of a picture; none if this set says nothing about it.
    pub fn of(&self, picture: PictureId) -> Option<&[OtherBox]> {
        self.0.get(&picture).map(Vec::as_slice)
    }

    /// The number of pictures about which it says something.
    pub fn picture_count(&self) -> usize {
        self.0.len()
    }

    /// The number of boxes.
    pub fn box_count(&self) -> usize {
        self.0.values().map(Vec::len).sum()
    }
}
