//! The changes of other processes, and whether they affect the same rows as an edit here.

use std::collections::HashSet;

use crate::document::{AffectedRows, CategoryId, PictureId};

/// A change by another process that the document contains now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExternalChange {
    /// What the change does, as for a step of the history.
    pub label: String,
    /// The rows that changed. `None` if any may have changed, because the whole document was read
    /// again.
    pub affected: Option<AffectedRows>,
    /// Whether pictures were added, removed or renamed.
    pub is_listed: bool,
}

impl ExternalChange {
    /// The pictures that it changes, or whose boxes; `None` if any may have.
    pub fn pictures(&self) -> Option<impl Iterator<Item = PictureId>> {
        self.affected.as_ref().map(pictures)
    }
}

/// The parts of a document that edits affect.
///
/// A picture and its boxes are one part, because marking a picture as done judges its boxes.
#[derive(Default)]
pub(super) struct AffectedParts {
    pictures: HashSet<PictureId>,
    categories: HashSet<CategoryId>,
    category_order: bool,
    extra: bool,
    naming: bool,
    labels: bool,
}

impl AffectedParts {
    /// Adds what an edit affects.
    pub(super) fn add(&mut self, affected: &AffectedRows) {
        self.pictures.extend(pictures(affected));
        self.categories.extend(&affected.categories);
        self.category_order |= affected.category_order;
        self.extra |= affected.extra;
        self.naming |= affected.naming;
        self.labels |= affected.labels;
    }

    /// Whether an edit affects any of these parts.
    pub(super) fn overlaps(&self, affected: &AffectedRows) -> bool {
        pictures(affected).any(|id| self.pictures.contains(&id))
            || affected
                .categories
                .iter()
                .any(|id| self.categories.contains(id))
            || (self.category_order && affected.category_order)
            || (self.extra && affected.extra)
            || (self.naming && affected.naming)
            || (self.labels && affected.labels)
    }
}

pub(super) fn pictures(affected: &AffectedRows) -> impl Iterator<Item = PictureId> {
    let of_boxes = affected.annotations.iter().map(|(picture, _)| *picture);
    affected.pictures.iter().copied().chain(of_boxes)
}
