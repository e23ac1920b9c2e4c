//! Edits: every change of a document as a value, with an exact inverse.
//!
//! There are few kinds, each about one row: insert it, replace it whole, or remove it. Since an
//! inverse only has to put the former row back, it is exact by construction; everything richer
//! is a [`Batch`](Edit::Batch) of these. An edit holds what comes after and not what was before,
//! so undoing ten thousand new boxes takes ten thousand ids and no more.

use std::collections::HashSet;
use std::mem;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{
    Annotation, AnnotationId, Category, CategoryId, Document, Entry, Model, Origin, Picture,
    PictureId,
};
use crate::geometry::BBox;
use crate::naming::Naming;

/// A change of one row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change<Row, Id> {
    /// Adds a row, whose id must be free.
    Insert(Row),
    /// Puts another row in the place of the one with the same id.
    Update(Row),
    /// Takes a row away.
    Remove(Id),
}

/// A change of a document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Edit {
    /// Changes a picture. Only one without boxes can be removed.
    Picture(Change<Picture, PictureId>),
    /// Changes a box.
    Annotation {
        /// The picture that it lies on; a box never moves to another one.
        picture: PictureId,
        /// What happens to it.
        change: Change<Annotation, AnnotationId>,
    },
    /// Changes a category. A new one comes last; only one that is not in use can be removed.
    Category(Change<Category, CategoryId>),
    /// Puts the categories in this order, which names every one of them once.
    CategoryOrder(Vec<CategoryId>),
    /// Replaces the unknown fields of imported files that belong to the whole document.
    Extra(Option<Box<str>>),
    /// Replaces what models' classes are called here.
    Naming(Naming),
    /// Several edits, one after the other, wholly or not at all.
    Batch(Vec<Edit>),
}

impl Default for Edit {
    /// The edit that changes nothing.
    fn default() -> Self {
        Self::Batch(Vec::new())
    }
}

/// The rows that an edit changes, each named once, in ascending order. An edit and its inverse
/// touch the same rows; what has become of them is read from the document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Affected {
    /// Pictures whose own row changes.
    pub pictures: Vec<PictureId>,
    /// Boxes that change, with the picture that they lie on.
    pub annotations: Vec<(PictureId, AnnotationId)>,
    /// Categories whose own row changes.
    pub categories: Vec<CategoryId>,
    /// Whether the order of the categories may change.
    pub category_order: bool,
    /// Whether the unknown fields of the whole document change.
    pub extra: bool,
    /// Whether it changes what models' classes are called.
    pub naming: bool,
}

/// Why an edit cannot be made.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum EditError {
    /// No such picture.
    #[error("picture {0} is not in the project")]
    UnknownPicture(PictureId),
    /// No such box, or it lies on another picture.
    #[error("box {0} is not there")]
    UnknownAnnotation(AnnotationId),
    /// No such category.
    #[error("category {0} is not in the project")]
    UnknownCategory(CategoryId),
    /// An inserted row has the id of another one.
    #[error("the id {0} is in use already")]
    IdTaken(u32),
    /// Zero, or the end of the range.
    #[error("{0} cannot be an id")]
    BadId(u32),
    /// Empty, absolute, or able to lead out of the project's folder.
    #[error("{0:?} is not a relative path inside the project's folder")]
    BadPath(Box<str>),
    /// Two pictures with one path.
    #[error("{0:?} is in the project already")]
    PathTaken(Box<str>),
    /// A side of zero pixels.
    #[error("{path:?} has an impossible size of {width} x {height} pixels")]
    BadSize {
        /// Of the picture.
        path: Box<str>,
        /// In pixels.
        width: u32,
        /// In pixels.
        height: u32,
    },
    /// Tags out of order or repeated.
    #[error("the tags of picture {0} are out of order or repeated")]
    BadTags(PictureId),
    /// A picture cannot be removed before its boxes.
    #[error("picture {0} still has boxes")]
    PictureInUse(PictureId),
    /// A rectangle that is not finite, has no area or is not inside its picture.
    #[error(
        "the box from ({}, {}) to ({}, {}) has no area inside picture {picture}",
        rect.x0, rect.y0, rect.x1, rect.y1
    )]
    BadRect {
        /// The rectangle, in upright pixels.
        rect: BBox,
        /// The picture that it should lie on.
        picture: PictureId,
    },
    /// A score, threshold or former rectangle that is not a usable number.
    #[error("a number of box {0} is not finite or has no extent")]
    BadNumber(AnnotationId),
    /// State, origin and former proposal contradict each other.
    #[error("the state of box {0} does not fit its origin")]
    BadState(AnnotationId),
    /// An empty name, or one with space at either end.
    #[error("{0:?} cannot be the name of a category")]
    BadName(Box<str>),
    /// Two categories with one name.
    #[error("there is a category {0:?} already")]
    NameTaken(Box<str>),
    /// Two categories with one key.
    #[error("the key {0:?} belongs to another category")]
    HotkeyTaken(char),
    /// A category cannot be removed before its boxes and tags.
    #[error("category {0:?} is still in use")]
    CategoryInUse(Box<str>),
    /// An order that does not name every category once.
    #[error("the order does not name every category once")]
    BadOrder,
    /// A category cannot be merged into itself.
    #[error("category {0:?} cannot be merged into itself")]
    MergeIntoItself(Box<str>),
}

impl Edit {
    /// Several edits as one; a single one stays as it is.
    pub fn batch(mut edits: Vec<Self>) -> Self {
        match edits.pop() {
            Some(only) if edits.is_empty() => only,
            last => {
                edits.extend(last);
                Self::Batch(edits)
            }
        }
    }

    /// Whether the edit changes nothing at all.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Batch(edits) if edits.iter().all(Self::is_empty))
    }

    /// The rows that the edit changes.
    pub fn affected(&self) -> Affected {
        let mut affected = Affected::default();
        self.touch(&mut affected);
        affected.pictures.sort_unstable();
        affected.pictures.dedup();
        affected.annotations.sort_unstable();
        affected.annotations.dedup();
        affected.categories.sort_unstable();
        affected.categories.dedup();
        affected
    }

    fn touch(&self, affected: &mut Affected) {
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
            Self::Batch(edits) => edits.iter().for_each(|edit| edit.touch(affected)),
        }
    }

    /// This edit and then `later`, as one. Of consecutive updates of a box only the last is kept,
    /// so that a long gesture does not make a long edit.
    pub(super) fn then(self, later: Self) -> Self {
        let mut edits = Vec::new();
        self.flatten_into(&mut edits);
        later.flatten_into(&mut edits);
        // Any other edit is a barrier: what lies before it may be needed for it to succeed.
        let mut replaced_later = HashSet::new();
        let mut kept = Vec::with_capacity(edits.len());
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
            kept.push(edit);
        }
        kept.reverse();
        Self::batch(kept)
    }

    fn flatten_into(self, flat: &mut Vec<Self>) {
        match self {
            Self::Batch(edits) => edits.into_iter().for_each(|edit| edit.flatten_into(flat)),
            edit => flat.push(edit),
        }
    }
}

impl Affected {
    /// The picture that changes, or has a box that does, if there is exactly one.
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

impl Document {
    /// Makes an edit and gives back its exact inverse.
    ///
    /// # Errors
    /// If any part of the edit names a row that is not there, or would break a rule: a rectangle
    /// that is not inside its picture (it is not clipped here; [`ops`](super::ops) does that), a
    /// category, path or key twice, a path out of the folder, a state that does not fit its
    /// origin. The document is then as it was before.
    pub fn apply(&mut self, edit: Edit) -> Result<Edit, EditError> {
        let next_ids = self.next_ids;
        let inverse = self.apply_part(edit);
        if inverse.is_err() {
            self.next_ids = next_ids;
        }
        inverse
    }

    /// As [`apply`](Self::apply), but a part that fails may leave the counters raised.
    fn apply_part(&mut self, edit: Edit) -> Result<Edit, EditError> {
        Ok(match edit {
            Edit::Picture(change) => Edit::Picture(self.change_picture(change)?),
            Edit::Annotation { picture, change } => {
                let change = self.change_annotation(picture, change)?;
                Edit::Annotation { picture, change }
            }
            Edit::Category(change) => self.change_category(change)?,
            Edit::CategoryOrder(order) => Edit::CategoryOrder(self.reorder_categories(order)?),
            Edit::Extra(extra) => Edit::Extra(mem::replace(&mut self.extra, extra)),
            Edit::Naming(naming) => {
                if let Some(name) = naming.invalid_name() {
                    return Err(EditError::BadName(name.into()));
                }
                Edit::Naming(mem::replace(&mut self.naming, naming))
            }
            Edit::Batch(edits) => {
                let mut inverses = Vec::with_capacity(edits.len());
                for edit in edits {
                    match self.apply_part(edit) {
                        Ok(inverse) => inverses.push(inverse),
                        Err(error) => {
                            for inverse in inverses.into_iter().rev() {
                                // It leads back to a state that was valid, so it succeeds.
                                let undone = self.apply_part(inverse);
                                debug_assert!(undone.is_ok(), "{undone:?}");
                            }
                            return Err(error);
                        }
                    }
                }
                inverses.reverse();
                Edit::Batch(inverses)
            }
        })
    }

    fn change_picture(
        &mut self,
        change: Change<Picture, PictureId>,
    ) -> Result<Change<Picture, PictureId>, EditError> {
        match change {
            Change::Insert(picture) => {
                let id = picture.id;
                self.check_picture(&picture)?;
                if self.pictures.contains_key(&id) {
                    return Err(EditError::IdTaken(id.0));
                }
                self.by_path.insert(picture.path.clone(), id);
                let annotations = Vec::new();
                let entry = Entry {
                    picture,
                    annotations,
                };
                self.pictures.insert(id, entry);
                self.next_ids.picture = self.next_ids.picture.max(id.successor());
                Ok(Change::Remove(id))
            }
            Change::Update(picture) => {
                let id = picture.id;
                self.check_picture(&picture)?;
                let entry = self
                    .pictures
                    .get_mut(&id)
                    .ok_or(EditError::UnknownPicture(id))?;
                for annotation in &entry.annotations {
                    picture.check_contains(&annotation.rect)?;
                }
                if picture.path != entry.picture.path {
                    self.by_path.remove(&entry.picture.path);
                    self.by_path.insert(picture.path.clone(), id);
                }
                Ok(Change::Update(mem::replace(&mut entry.picture, picture)))
            }
            Change::Remove(id) => {
                if !self.annotations(id).is_empty() {
                    return Err(EditError::PictureInUse(id));
                }
                let entry = self
                    .pictures
                    .remove(&id)
                    .ok_or(EditError::UnknownPicture(id))?;
                self.by_path.remove(&entry.picture.path);
                Ok(Change::Insert(entry.picture))
            }
        }
    }

    fn check_picture(&self, picture: &Picture) -> Result<(), EditError> {
        picture.check()?;
        if let Some(tag) = picture
            .tags
            .iter()
            .find(|tag| !self.categories.contains_key(tag))
        {
            return Err(EditError::UnknownCategory(*tag));
        }
        match self.by_path.get(&picture.path) {
            Some(other) if *other != picture.id => Err(EditError::PathTaken(picture.path.clone())),
            _ => Ok(()),
        }
    }

    fn change_annotation(
        &mut self,
        picture: PictureId,
        change: Change<Annotation, AnnotationId>,
    ) -> Result<Change<Annotation, AnnotationId>, EditError> {
        let entry = self
            .pictures
            .get_mut(&picture)
            .ok_or(EditError::UnknownPicture(picture))?;
        if let Change::Insert(row) | Change::Update(row) = &change {
            row.check()?;
            entry.picture.check_contains(&row.rect)?;
            if !self.categories.contains_key(&row.category) {
                return Err(EditError::UnknownCategory(row.category));
            }
        }
        let find = |entry: &Entry, id| {
            let place = entry.find(id);
            place.map_err(|_| EditError::UnknownAnnotation(id))
        };
        match change {
            Change::Insert(mut row) => {
                let id = row.id;
                if self.picture_of.contains_key(&id) {
                    return Err(EditError::IdTaken(id.0));
                }
                share_model(&mut self.models, &mut row.origin);
                self.picture_of.insert(id, picture);
                let (Ok(at) | Err(at)) = entry.find(id);
                entry.annotations.insert(at, row);
                self.next_ids.annotation = self.next_ids.annotation.max(id.successor());
                Ok(Change::Remove(id))
            }
            Change::Update(mut row) => {
                let at = find(entry, row.id)?;
                share_model(&mut self.models, &mut row.origin);
                Ok(Change::Update(mem::replace(
                    &mut entry.annotations[at],
                    row,
                )))
            }
            Change::Remove(id) => {
                let at = find(entry, id)?;
                self.picture_of.remove(&id);
                Ok(Change::Insert(entry.annotations.remove(at)))
            }
        }
    }

    /// A category that is removed comes back at the end, so that inverse is a batch of two.
    fn change_category(&mut self, change: Change<Category, CategoryId>) -> Result<Edit, EditError> {
        if let Change::Insert(row) | Change::Update(row) = &change {
            row.check()?;
            for other in self.categories.values().filter(|other| other.id != row.id) {
                if other.name == row.name {
                    return Err(EditError::NameTaken(row.name.clone()));
                }
                if let Some(key) = row.hotkey.filter(|key| other.hotkey == Some(*key)) {
                    return Err(EditError::HotkeyTaken(key));
                }
            }
        }
        match change {
            Change::Insert(row) => {
                let id = row.id;
                if self.categories.contains_key(&id) {
                    return Err(EditError::IdTaken(id.0));
                }
                self.categories.insert(id, row);
                self.category_order.push(id);
                self.next_ids.category = self.next_ids.category.max(id.successor());
                Ok(Edit::Category(Change::Remove(id)))
            }
            Change::Update(row) => {
                let slot = self
                    .categories
                    .get_mut(&row.id)
                    .ok_or(EditError::UnknownCategory(row.id))?;
                Ok(Edit::Category(Change::Update(mem::replace(slot, row))))
            }
            Change::Remove(id) => {
                let row = self
                    .categories
                    .get(&id)
                    .ok_or(EditError::UnknownCategory(id))?;
                if self.pictures.values().any(|entry| entry.uses(id)) {
                    return Err(EditError::CategoryInUse(row.name.clone()));
                }
                let former_order = self.category_order.clone();
                self.category_order.retain(|other| *other != id);
                let row = self
                    .categories
                    .remove(&id)
                    .ok_or(EditError::UnknownCategory(id))?;
                Ok(Edit::Batch(vec![
                    Edit::Category(Change::Insert(row)),
                    Edit::CategoryOrder(former_order),
                ]))
            }
        }
    }

    fn reorder_categories(&mut self, order: Vec<CategoryId>) -> Result<Vec<CategoryId>, EditError> {
        let named: HashSet<_> = order.iter().collect();
        let is_complete = order.len() == self.categories.len()
            && named.len() == order.len()
            && self.categories.keys().all(|id| named.contains(id));
        if is_complete {
            Ok(mem::replace(&mut self.category_order, order))
        } else {
            Err(EditError::BadOrder)
        }
    }
}

impl Entry {
    /// Whether the picture or one of its boxes has this category. What a box was before it was
    /// edited does not count: that is a record, and a record may name what is gone.
    fn uses(&self, category: CategoryId) -> bool {
        self.picture.tags.contains(&category)
            || self.annotations.iter().any(|row| row.category == category)
    }
}

/// Makes boxes of the same model share one description of it.
fn share_model(models: &mut HashSet<Arc<Model>>, origin: &mut Origin) {
    if let Origin::Model(model) = origin {
        match models.get(model) {
            Some(shared) => *model = Arc::clone(shared),
            None => {
                models.insert(Arc::clone(model));
            }
        }
    }
}
