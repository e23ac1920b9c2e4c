//! What other processes have changed, and whether that meets what is done here.

use std::collections::HashSet;

use crate::document::{Affected, CategoryId, PictureId};

/// A change by another process that is now in the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExternalChange {
    /// What was done, as for a step of the history.
    pub label: String,
    /// The rows that changed; nothing if any may have, because the whole document was read anew.
    pub affected: Option<Affected>,
}

/// The parts of a document that edits concern.
///
/// A picture and its boxes are one part: to mark a picture as done is to judge its boxes, so
/// edits of one and the other do not go past each other.
#[derive(Default)]
pub(super) struct AffectedParts {
    pictures: HashSet<PictureId>,
    categories: HashSet<CategoryId>,
    category_order: bool,
    extra: bool,
    naming: bool,
}

impl AffectedParts {
    /// Adds what an edit concerns.
    pub(super) fn add(&mut self, affected: &Affected) {
        self.pictures.extend(pictures(affected));
        self.categories.extend(&affected.categories);
        self.category_order |= affected.category_order;
        self.extra |= affected.extra;
        self.naming |= affected.naming;
    }

    /// Whether an edit concerns any of it.
    pub(super) fn overlaps(&self, affected: &Affected) -> bool {
        pictures(affected).any(|id| self.pictures.contains(&id))
            || affected
                .categories
                .iter()
                .any(|id| self.categories.contains(id))
            || (self.category_order && affected.category_order)
            || (self.extra && affected.extra)
            || (self.naming && affected.naming)
    }
}

fn pictures(affected: &Affected) -> impl Iterator<Item = PictureId> {
    let of_boxes = affected.annotations.iter().map(|(picture, _)| *picture);
    affected.pictures.iter().copied().chain(of_boxes)
}
