//! Edits: every change of a document as a value.
//!
//! There are only a few kinds, each about one row: insert it, replace it whole, or remove it. An
//! inverse only has to put the former row back, so it is exact by construction. Anything larger
//! is a [`Batch`](Edit::Batch) of these. An edit contains the rows after it, not those before it, so
//! undoing ten thousand new boxes takes only ten thousand ids.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::annotation::{Annotation, BoxState};
use super::category::Category;
use super::content::Document;
use super::ids::{AnnotationId, CategoryId, PictureId};
use super::labels::Labels;
use super::picture::{Picture, ReviewState};
use crate::naming::Naming;

/// A change of one row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change<Row, Id> {
    /// Adds a row, whose id must be free.
    Insert(Row),
    /// Replaces the row with the same id.
    Update(Row),
    /// Removes a row.
    Remove(Id),
}

/// A change of a document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Edit {
    /// Changes a picture. Only a picture without boxes can be removed.
    Picture(Change<Picture, PictureId>),
    /// Changes a box.
    Annotation {
        /// The picture that the box is on. It never moves to another picture.
        picture: PictureId,
        /// The change of the box.
        change: Change<Annotation, AnnotationId>,
    },
    /// Changes a category. A new one comes last. Only a category that is not in use can be removed.
    Category(Change<Category, CategoryId>),
    /// Puts the categories in this order, which names each of them once.
    CategoryOrder(Vec<CategoryId>),
    /// Replaces the unknown fields of imported files that concern the whole document.
    Extra(Option<Box<str>>),
    /// Replaces the names of models' classes.
    Naming(Naming),
    /// Replaces what is labelled.
    Labels(Labels),
    /// Several edits in order, either all or none of them.
    Batch(Vec<Edit>),
}

impl Default for Edit {
    /// The edit that changes nothing.
    fn default() -> Self {
        Self::Batch(Vec::new())
    }
}

/// The rows that an edit affects, each once, in ascending order. An edit and its inverse affect the
/// same rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AffectedRows {
    /// Pictures whose own row changes.
    pub pictures: Vec<PictureId>,
    /// Boxes that change, with the picture that they are on.
    pub annotations: Vec<(PictureId, AnnotationId)>,
    /// Categories whose own row changes.
    pub categories: Vec<CategoryId>,
    /// Whether the order of the categories may change.
    pub category_order: bool,
    /// Whether the unknown fields of the whole document change.
    pub extra: bool,
    /// Whether the names of models' classes change.
    pub naming: bool,
    /// Whether what is labelled changes.
    pub labels: bool,
}

impl Edit {
    /// Several edits as one. A single edit is not wrapped.
    pub fn batch(mut edits: Vec<Self>) -> Self {
        match edits.pop() {
            Some(only) if edits.is_empty() => only,
            last => {
                edits.extend(last);
                Self::Batch(edits)
            }
        }
    }

    /// Whether the edit changes nothing.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Batch(edits) if edits.iter().all(Self::is_empty))
    }

    /// The rows that the edit affects.
    pub fn affected(&self) -> AffectedRows {
        let mut affected = AffectedRows::default();
        self.collect_affected(&mut affected);
        affected.pictures.sort_unstable();
        affected.pictures.dedup();
        affected.annotations.sort_unstable();
        affected.annotations.dedup();
        affected.categories.sort_unstable();
        affected.categories.dedup();
        affected
    }

    /// Whether the edit adds, removes or renames pictures of a document to which it has not been applied.
    pub fn lists_pictures(&self, document: &Document) -> bool {
        match self {
            Self::Picture(Change::Update(row)) => {
                let former = document.picture(row.id);
                former.is_none_or(|former| former.path != row.path)
            }
            Self::Picture(_) => true,
            Self::Batch(edits) => edits.iter().any(|edit| edit.lists_pictures(document)),
            _ => false,
        }
    }

    fn collect_affected(&self, affected: &mut AffectedRows) {
        match self {
            Self::Picture(change) => affected.pictures.push(change.id(|row| row.id)),
            Self::Annotation { picture, change } => {
                let id = change.id(|row| row.id);
                affected.annotations.push((*picture, id));
            }
            Self::Category(change) => {
                affected.categories.push(change.id(|row| row.id));
                affected.category_order |= !matches!(change, Change::Update(_));
            }
            Self::CategoryOrder(_) => affected.category_order = true,
            Self::Extra(_) => affected.extra = true,
            Self::Naming(_) => affected.naming = true,
            Self::Labels(_) => affected.labels = true,
            Self::Batch(edits) => edits
                .iter()
                .for_each(|edit| edit.collect_affected(affected)),
        }
    }

    /// Makes pictures that would become new proposed instead if they keep proposals.
    pub(super) fn keep_proposed(&mut self, document: &Document) {
        let affected = self.affected();
        self.each_picture(&mut |picture| {
            let mut rows = document.annotations(picture.id).iter();
            let is_kept = |row: &Annotation| {
                let at = affected.annotations.binary_search(&(picture.id, row.id));
                row.state == BoxState::Proposed && at.is_err()
            };
            if picture.review == ReviewState::New && rows.any(is_kept) {
                picture.review = ReviewState::Proposed;
            }
        });
    }

    /// The boxes that the edit inserts or updates, as they are afterwards.
    pub(super) fn boxes(&self) -> Vec<(PictureId, &Annotation)> {
        match self {
            Self::Annotation {
                picture,
                change: Change::Insert(row) | Change::Update(row),
            } => vec![(*picture, row)],
            Self::Batch(edits) => edits.iter().flat_map(Self::boxes).collect(),
            _ => Vec::new(),
        }
    }

    /// Calls `change` with each picture that is updated.
    fn each_picture(&mut self, change: &mut impl FnMut(&mut Picture)) {
        match self {
            Self::Picture(Change::Update(picture)) => change(picture),
            Self::Batch(edits) => edits.iter_mut().for_each(|edit| edit.each_picture(change)),
            _ => {}
        }
    }

    /// This edit followed by `later`, as one. Only the last of consecutive updates of a box remains,
    /// so that a long gesture does not make a long edit.
    pub(super) fn then(self, later: Self) -> Self {
        let mut edits = Vec::new();
        self.flatten_into(&mut edits);
        later.flatten_into(&mut edits);
        // Any other edit is a barrier, because it may need the updates before it to succeed.
        let mut replaced_later = HashSet::new();
        let mut remaining = Vec::with_capacity(edits.len());
        for edit in edits.into_iter().rev() {
            match &edit {
                Self::Annotation {
                    change: Change::Update(row),
                    ..
                } => {
                    if !replaced_later.insert(row.id) {
                        continue;
                    }
                }
                _ => replaced_later.clear(),
            }
            remaining.push(edit);
        }
        remaining.reverse();
        Self::batch(remaining)
    }

    fn flatten_into(self, flat: &mut Vec<Self>) {
        match self {
            Self::Batch(edits) => edits.into_iter().for_each(|edit| edit.flatten_into(flat)),
            edit => flat.push(edit),
        }
    }
}

impl AffectedRows {
    /// Whether two edits affect one row, or the same part of the whole document.
    pub fn overlaps(&self, other: &Self) -> bool {
        let has_picture = |id| other.pictures.binary_search(id).is_ok();
        let has_box = |of_box| other.annotations.binary_search(of_box).is_ok();
        let has_class = |id| other.categories.binary_search(id).is_ok();
        self.pictures.iter().any(has_picture)
            || self.annotations.iter().any(has_box)
            || self.categories.iter().any(has_class)
            || (self.category_order && other.category_order)
            || (self.extra && other.extra)
            || (self.naming && other.naming)
            || (self.labels && other.labels)
    }

    /// The picture that changes or has a box that does, if it is exactly one.
    pub fn only_picture(&self) -> Option<PictureId> {
        let of_boxes = self.annotations.iter().map(|(picture, _)| *picture);
        let mut pictures = self.pictures.iter().copied().chain(of_boxes);
        let first = pictures.next()?;
        pictures.all(|other| other == first).then_some(first)
    }
}

impl<Row, Id: Copy> Change<Row, Id> {
    fn id(&self, of_row: impl Fn(&Row) -> Id) -> Id {
        match self {
            Self::Insert(row) | Self::Update(row) => of_row(row),
            Self::Remove(id) => *id,
        }
    }
}
