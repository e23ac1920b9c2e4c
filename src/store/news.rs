//! What other processes have changed, and whether that meets what is done here.

use std::collections::HashSet;

use crate::document::{CategoryId, PictureId, Touched};

/// A change by another process that is now in the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct News {
    /// What was done, as for a step of the history.
    pub label: String,
    /// The rows that changed; nothing if any may have, because the whole document was read anew.
    pub touched: Option<Touched>,
}

/// The parts of a document that edits concern.
///
/// A picture and its boxes are one part: to mark a picture as done is to judge its boxes, so
/// edits of one and the other do not go past each other.
#[derive(Default)]
pub(super) struct Reach {
    pictures: HashSet<PictureId>,
    categories: HashSet<CategoryId>,
    category_order: bool,
    extra: bool,
    naming: bool,
}

impl Reach {
    /// Adds what an edit concerns.
    pub(super) fn add(&mut self, touched: &Touched) {
        self.pictures.extend(pictures(touched));
        self.categories.extend(&touched.categories);
        self.category_order |= touched.category_order;
        self.extra |= touched.extra;
        self.naming |= touched.naming;
    }

    /// Whether an edit concerns any of it.
    pub(super) fn meets(&self, touched: &Touched) -> bool {
        pictures(touched).any(|id| self.pictures.contains(&id))
            || touched
                .categories
                .iter()
                .any(|id| self.categories.contains(id))
            || (self.category_order && touched.category_order)
            || (self.extra && touched.extra)
            || (self.naming && touched.naming)
    }
}

fn pictures(touched: &Touched) -> impl Iterator<Item = PictureId> {
    let of_boxes = touched.annotations.iter().map(|(picture, _)| *picture);
    touched.pictures.iter().copied().chain(of_boxes)
}
