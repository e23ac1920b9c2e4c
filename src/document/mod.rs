//! The document: pictures, categories and boxes, changed by edits that can be undone.
//!
//! This module is the pure heart of the program. It does no IO and knows no window, no model, no
//! clock and no chance: the same edits give the same document. Everything is read through
//! [`Document`] and changed through [`Document::apply`], which takes an [`Edit`] and gives back
//! its exact inverse; [`ops`] turns what a person or a model wants into edits, and [`History`]
//! undoes and redoes them.
//!
//! Ids are never reused, not even for something that was undone: a file exported in between may
//! name it. So the counters of the next ids only grow, undo leaves them alone, and two documents
//! are equal when their content is, whatever their counters.

mod edit;
mod history;
pub mod ops;
mod rows;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::naming::Naming;

pub use edit::{Affected, Change, Edit, EditError};
pub use history::{History, Step};
pub use rows::{
    Annotation, AnnotationId, BoxState, Category, CategoryId, Flags, Model, Origin, Picture,
    PictureId, Proposal, ReviewState,
};

/// Everything that a project says about its pictures.
#[derive(Clone, Debug, Default)]
pub struct Document {
    // Ordered maps rather than vectors: a removal in the middle stays cheap, and whatever walks
    // the document does so in the order of ids, on every machine.
    pictures: BTreeMap<PictureId, Entry>,
    categories: BTreeMap<CategoryId, Category>,
    category_order: Vec<CategoryId>,
    extra: Option<Box<str>>,
    naming: Naming,
    next_ids: NextIds,
    // What follows is derived from the above, for quick look-up and shared memory.
    by_path: HashMap<Box<str>, PictureId>,
    picture_of: HashMap<AnnotationId, PictureId>,
    models: HashSet<Arc<Model>>,
}

/// A picture and its annotations, in ascending order of their ids.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Entry {
    picture: Picture,
    annotations: Vec<Annotation>,
}

/// The ids that the next new rows get. They only ever grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextIds {
    /// Of the next picture.
    pub picture: PictureId,
    /// Of the next category.
    pub category: CategoryId,
    /// Of the next annotation.
    pub annotation: AnnotationId,
}

impl Default for NextIds {
    fn default() -> Self {
        Self {
            picture: PictureId(1),
            category: CategoryId(1),
            annotation: AnnotationId(1),
        }
    }
}

impl PartialEq for Document {
    /// Equality of content: the counters of the next ids do not count.
    fn eq(&self, other: &Self) -> bool {
        self.pictures == other.pictures
            && self.categories == other.categories
            && self.category_order == other.category_order
            && self.extra == other.extra
            && self.naming == other.naming
    }
}

impl Document {
    /// All pictures, in ascending order of their ids.
    pub fn pictures(&self) -> impl ExactSizeIterator<Item = &Picture> {
        self.pictures.values().map(|entry| &entry.picture)
    }

    /// The picture with this id.
    pub fn picture(&self, id: PictureId) -> Option<&Picture> {
        self.pictures.get(&id).map(|entry| &entry.picture)
    }

    /// The picture with exactly this path.
    pub fn picture_at(&self, path: &str) -> Option<&Picture> {
        self.picture(*self.by_path.get(path)?)
    }

    /// The boxes of a picture in ascending order of their ids; none if there is no such picture.
    pub fn annotations(&self, picture: PictureId) -> &[Annotation] {
        self.pictures
            .get(&picture)
            .map_or(&[], |entry| &entry.annotations)
    }

    /// The box with this id, and the picture that it lies on.
    pub fn annotation(&self, id: AnnotationId) -> Option<(&Picture, &Annotation)> {
        let entry = self.pictures.get(self.picture_of.get(&id)?)?;
        let at = entry.find(id).ok()?;
        Some((&entry.picture, &entry.annotations[at]))
    }

    /// How many boxes there are, in any state.
    pub fn annotation_count(&self) -> usize {
        self.picture_of.len()
    }

    /// All categories, in the order that the person gave them.
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
        self.categories.values().find(|other| &*other.name == name)
    }

    /// Unknown fields of imported files that belong to the whole, as JSON text, opaque here.
    pub fn extra(&self) -> Option<&str> {
        self.extra.as_deref()
    }

    /// What models' classes are called here.
    pub fn naming(&self) -> &Naming {
        &self.naming
    }

    /// The ids that the next new rows get; a project file keeps them.
    pub fn next_ids(&self) -> NextIds {
        self.next_ids
    }

    /// Sees to it that no id below these is given to a new row: ids that a project file has seen
    /// used, by rows that are gone or by another process. It never lowers a counter.
    pub fn raise_next_ids(&mut self, ids: NextIds) {
        let next = &mut self.next_ids;
        next.picture = next.picture.max(ids.picture);
        next.category = next.category.max(ids.category);
        next.annotation = next.annotation.max(ids.annotation);
    }

    /// Whether a person has said that a picture shows no object: it is done, no box is ground
    /// truth and no proposal waits for a judgement.
    pub fn is_verified_empty(&self, picture: PictureId) -> bool {
        let entry = self.pictures.get(&picture);
        entry.is_some_and(Entry::is_verified_empty)
    }

    /// Whether nobody has labelled a picture yet: it is not done, and no box is ground truth.
    /// Tags do not count.
    pub fn is_unlabelled(&self, picture: PictureId) -> bool {
        let entry = self.pictures.get(&picture);
        entry.is_some_and(Entry::is_unlabelled)
    }

    /// How many boxes that a model had proposed as one category a person has taken as another, or
    /// as the same.
    pub fn judgements(&self) -> BTreeMap<(CategoryId, CategoryId), usize> {
        let mut judgements: BTreeMap<_, usize> = BTreeMap::new();
        for row in self.pictures.values().flat_map(|entry| &entry.annotations) {
            if row.is_ground_truth() && row.origin != Origin::Person {
                let was = row
                    .proposal
                    .as_ref()
                    .map_or(row.category, |was| was.category);
                *judgements.entry((was, row.category)).or_default() += 1;
            }
        }
        judgements
    }

    /// Counts the pictures and boxes in each state, in one pass over the whole document.
    pub fn summary(&self) -> Summary {
        let mut summary = Summary::default();
        for entry in self.pictures.values() {
            *summary.pictures.entry(entry.picture.review).or_default() += 1;
            summary.verified_empty += usize::from(entry.is_verified_empty());
            summary.unlabelled += usize::from(entry.is_unlabelled());
            summary.missing += usize::from(entry.picture.missing);
            for annotation in &entry.annotations {
                *summary.annotations.entry(annotation.state).or_default() += 1;
            }
        }
        summary
    }
}

impl Entry {
    /// Where an annotation is, or else where it would be inserted.
    fn find(&self, id: AnnotationId) -> Result<usize, usize> {
        self.annotations.binary_search_by_key(&id, |other| other.id)
    }

    fn is_verified_empty(&self) -> bool {
        let mut rows = self.annotations.iter();
        self.picture.review == ReviewState::Done && rows.all(|row| row.state == BoxState::Rejected)
    }

    fn is_unlabelled(&self) -> bool {
        self.picture.review != ReviewState::Done
            && !self.annotations.iter().any(Annotation::is_ground_truth)
    }
}

/// How many pictures and boxes are in each state; a state that nothing is in may be absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Pictures by review state.
    pub pictures: BTreeMap<ReviewState, usize>,
    /// Pictures that are [verified empty](Document::is_verified_empty).
    pub verified_empty: usize,
    /// Pictures that are [unlabelled](Document::is_unlabelled).
    pub unlabelled: usize,
    /// Pictures whose file is missing.
    pub missing: usize,
    /// Boxes by state.
    pub annotations: BTreeMap<BoxState, usize>,
}

impl Serialize for Document {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Rows<'a> {
            next_ids: NextIds,
            extra: &'a Option<Box<str>>,
            naming: &'a Naming,
            categories: Vec<&'a Category>,
            pictures: Vec<&'a Entry>,
        }
        Rows {
            next_ids: self.next_ids,
            extra: &self.extra,
            naming: &self.naming,
            categories: self.categories().collect(),
            pictures: self.pictures.values().collect(),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Document {
    /// Reads a document row by row, and refuses one that breaks a rule of [`Document::apply`].
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Rows {
            next_ids: NextIds,
            extra: Option<Box<str>>,
            #[serde(default)]
            naming: Naming,
            categories: Vec<Category>,
            pictures: Vec<Entry>,
        }
        let rows = Rows::deserialize(deserializer)?;
        let mut document = Self {
            extra: rows.extra,
            ..Self::default()
        };
        let mut insert = |edit| document.apply(edit).map_err(D::Error::custom);
        for category in rows.categories {
            insert(Edit::Category(Change::Insert(category)))?;
        }
        insert(Edit::Naming(rows.naming))?;
        for entry in rows.pictures {
            let picture = entry.picture.id;
            insert(Edit::Picture(Change::Insert(entry.picture)))?;
            for annotation in entry.annotations {
                let change = Change::Insert(annotation);
                insert(Edit::Annotation { picture, change })?;
            }
        }
        document.raise_next_ids(rows.next_ids);
        Ok(document)
    }
}
