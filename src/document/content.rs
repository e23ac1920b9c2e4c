//! The document itself: rows and how they are looked up.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::annotation::{Annotation, BoxState};
use super::category::Category;
use super::ids::{AnnotationId, CategoryId, NextIds, PictureId};
use super::labels::Labels;
use super::picture::{Picture, ReviewState};
use super::provenance::Provenance;
use crate::naming::{ANY_OBJECT, Naming};

/// The content of a project: its pictures, categories and boxes.
#[derive(Clone, Debug, Default)]
pub struct Document {
    // Ordered maps rather than vectors, so that removing a row in the middle is cheap and iteration
    // is in the order of ids on every machine.
    pub(super) pictures: BTreeMap<PictureId, PictureEntry>,
    pub(super) categories: BTreeMap<CategoryId, Category>,
    pub(super) category_order: Vec<CategoryId>,
    pub(super) extra: Option<Box<str>>,
    pub(super) naming: Naming,
    pub(super) labels: Labels,
    pub(super) next_ids: NextIds,
    // The fields below are derived from those above, for quick look-up and shared memory.
    pub(super) by_path: HashMap<Box<str>, PictureId>,
    pub(super) by_name: HashMap<Box<str>, CategoryId>,
    pub(super) picture_of: HashMap<AnnotationId, PictureId>,
    pub(super) provenances: HashSet<Arc<Provenance>>,
}

/// A picture and its annotations, in ascending order of their ids.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct PictureEntry {
    pub(super) picture: Picture,
    pub(super) annotations: Vec<Annotation>,
}

impl PartialEq for Document {
    /// Whether the content is the same. The next ids do not count.
    fn eq(&self, other: &Self) -> bool {
        self.pictures == other.pictures
            && self.categories == other.categories
            && self.category_order == other.category_order
            && self.extra == other.extra
            && self.naming == other.naming
            && self.labels == other.labels
    }
}

impl Document {
    /// All pictures, in ascending order of their ids.
    pub fn pictures(&self) -> impl ExactSizeIterator<Item = &Picture> {
        self.pictures.values().map(|entry| &entry.picture)
    }

    /// As [`pictures`](Self::pictures), without those that are taken out of the project.
    pub fn included_pictures(&self) -> impl Iterator<Item = &Picture> {
        self.pictures().filter(|picture| !picture.is_excluded)
    }

    /// The picture with this id.
    pub fn picture(&self, id: PictureId) -> Option<&Picture> {
        self.pictures.get(&id).map(|entry| &entry.picture)
    }

    /// The picture with exactly this path.
    pub fn picture_at(&self, path: &str) -> Option<&Picture> {
        self.picture(*self.by_path.get(path)?)
    }

    /// The boxes of a picture in ascending order of their ids. Empty if there is no such picture.
    pub fn annotations(&self, picture: PictureId) -> &[Annotation] {
        self.pictures
            .get(&picture)
            .map_or(&[], |entry| &entry.annotations)
    }

    /// The box with this id and the picture that it is on.
    pub fn annotation(&self, id: AnnotationId) -> Option<(&Picture, &Annotation)> {
        let entry = self.pictures.get(self.picture_of.get(&id)?)?;
        let at = entry.find(id).ok()?;
        Some((&entry.picture, &entry.annotations[at]))
    }

    /// The number of boxes in any state.
    pub fn annotation_count(&self) -> usize {
        self.picture_of.len()
    }

    /// All categories in the order that the person chose.
    pub fn categories(&self) -> impl Iterator<Item = &Category> {
        self.category_order
            .iter()
            .filter_map(|id| self.categories.get(id))
    }

    /// The category with this id.
    pub fn category(&self, id: CategoryId) -> Option<&Category> {
        self.categories.get(&id)
    }

    /// The category with exactly this name.
    pub fn category_named(&self, name: &str) -> Option<&Category> {
        self.category(*self.by_name.get(name)?)
    }

    /// The class of a box: its category, or else the category that its suggestion stands for according to
    /// the [naming](Self::naming). None for a suggestion that is not a class of the project, and for
    /// a box of no particular class. Where [one class](Labels::One) is labelled, every box that is not
    /// ground truth is of it.
    pub fn class_of(&self, row: &Annotation) -> Option<&Category> {
        match self.labels.only().filter(|_| !row.is_ground_truth()) {
            Some(only) => self.category_named(only),
            None => self.class_for(row.category, row.suggestion.as_deref()),
        }
    }

    /// As [`class_of`](Self::class_of), for a box that is not in the document.
    pub fn class_for(
        &self,
        category: Option<CategoryId>,
        suggestion: Option<&str>,
    ) -> Option<&Category> {
        match (category, self.labels.only()) {
            (Some(id), _) => self.category(id),
            (None, Some(only)) => self.category_named(only),
            (None, None) => self.category_named(self.naming.name_of(suggestion?)),
        }
    }

    /// What a box is called: the name of its class, or else the name that is suggested for it, as the
    /// naming has it. None for a box of no particular class.
    pub fn name_of<'a>(&'a self, row: &'a Annotation) -> Option<&'a str> {
        match self.labels.only().filter(|_| !row.is_ground_truth()) {
            Some(only) => Some(only),
            None => self.name_for(row.category, row.suggestion.as_deref()),
        }
    }

    /// The name of the class that a box has, or gets when a person takes it: [`name_of`](Self::name_of), or
    /// [`ANY_OBJECT`].
    pub fn class_name<'a>(&'a self, row: &'a Annotation) -> &'a str {
        self.name_of(row).unwrap_or(ANY_OBJECT)
    }

    /// As [`name_of`](Self::name_of), for a box that is not in the document.
    pub fn name_for<'a>(
        &'a self,
        category: Option<CategoryId>,
        suggestion: Option<&'a str>,
    ) -> Option<&'a str> {
        match (category, self.labels.only()) {
            (Some(id), _) => self.category(id).map(|row| &*row.name),
            (None, Some(only)) => Some(only),
            (None, None) => Some(self.naming.name_of(suggestion?)),
        }
    }

    /// Unknown fields of imported files that concern the whole document, as JSON text, opaque here.
    pub fn extra(&self) -> Option<&str> {
        self.extra.as_deref()
    }

    /// What models' classes are called in this project.
    pub fn naming(&self) -> &Naming {
        &self.naming
    }

    /// What is labelled in this project.
    pub fn labels(&self) -> &Labels {
        &self.labels
    }

    /// The ids of the next new rows. A project file stores them.
    pub fn next_ids(&self) -> NextIds {
        self.next_ids
    }

    /// Raises the next ids to at least these, which a project file has recorded. Rows that are gone
    /// and other processes may have used the ids below them.
    pub fn raise_next_ids(&mut self, ids: NextIds) {
        let next = &mut self.next_ids;
        next.picture = next.picture.max(ids.picture);
        next.category = next.category.max(ids.category);
        next.annotation = next.annotation.max(ids.annotation);
    }

    /// Sets the next ids to what they were before edits that have been taken back, and that nobody else
    /// has seen. They must not be lower than the ids of any row.
    pub fn restore_next_ids(&mut self, ids: NextIds) {
        self.next_ids = ids;
    }

    /// Whether a person has confirmed that a picture shows no object: it is done, and none of its
    /// boxes is ground truth or a proposal.
    pub fn is_verified_empty(&self, picture: PictureId) -> bool {
        let entry = self.pictures.get(&picture);
        entry.is_some_and(PictureEntry::is_verified_empty)
    }

    /// Whether nobody has labelled a picture yet: it is not done, and none of its boxes is ground
    /// truth. Tags do not count.
    pub fn is_unlabelled(&self, picture: PictureId) -> bool {
        let entry = self.pictures.get(&picture);
        entry.is_some_and(PictureEntry::is_unlabelled)
    }
}

impl PictureEntry {
    /// The index of an annotation, or else the index at which to insert it.
    pub(super) fn find(&self, id: AnnotationId) -> Result<usize, usize> {
        self.annotations.binary_search_by_key(&id, |other| other.id)
    }

    pub(super) fn is_verified_empty(&self) -> bool {
        let mut rows = self.annotations.iter();
        self.picture.review == ReviewState::Done && rows.all(|row| row.state == BoxState::Rejected)
    }

    pub(super) fn is_unlabelled(&self) -> bool {
        self.picture.review != ReviewState::Done
            && !self.annotations.iter().any(Annotation::is_ground_truth)
    }
}
