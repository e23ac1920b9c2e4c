//! Applies edits to a document and returns their exact inverses.

use std::collections::HashSet;
use std::mem;
use std::sync::Arc;

use super::annotation::Annotation;
use super::category::Category;
use super::content::{Document, PictureEntry};
use super::edit::{Change, Edit};
use super::error::EditError;
use super::ids::{AnnotationId, CategoryId, PictureId};
use super::picture::Picture;
use super::provenance::{Origin, Provenance};

impl Document {
    /// Applies an edit and returns its exact inverse.
    ///
    /// # Errors
    /// If any part of the edit names a row that does not exist, or breaks a rule: a rectangle that
    /// is not inside its picture (clipping is done by [`ops`](super::ops)), a duplicate category,
    /// path or key, a path out of the folder, a state that does not fit the origin. The document is
    /// then unchanged.
    pub fn apply(&mut self, edit: Edit) -> Result<Edit, EditError> {
        let next_ids = self.next_ids;
        let inverse = self.apply_part(edit);
        if inverse.is_err() {
            self.next_ids = next_ids;
        }
        inverse
    }

    /// As [`apply`](Self::apply), but a part that fails may leave the next ids raised.
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
            Edit::Labels(labels) => {
                labels.check()?;
                Edit::Labels(mem::replace(&mut self.labels, labels))
            }
            Edit::Batch(edits) => {
                let mut inverses = Vec::with_capacity(edits.len());
                for edit in edits {
                    match self.apply_part(edit) {
                        Ok(inverse) => inverses.push(inverse),
                        Err(error) => {
                            for inverse in inverses.into_iter().rev() {
                                // It leads back to a valid state, so it succeeds.
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
                let entry = PictureEntry {
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
            if let Some(category) = row.category
                && !self.categories.contains_key(&category)
            {
                return Err(EditError::UnknownCategory(category));
            }
        }
        let find = |entry: &PictureEntry, id| {
            let index = entry.find(id);
            index.map_err(|_| EditError::UnknownAnnotation(id))
        };
        match change {
            Change::Insert(mut row) => {
                let id = row.id;
                if self.picture_of.contains_key(&id) {
                    return Err(EditError::IdTaken(id.0));
                }
                share_provenance(&mut self.provenances, &mut row.origin);
                self.picture_of.insert(id, picture);
                let (Ok(at) | Err(at)) = entry.find(id);
                entry.annotations.insert(at, row);
                self.next_ids.annotation = self.next_ids.annotation.max(id.successor());
                Ok(Change::Remove(id))
            }
            Change::Update(mut row) => {
                let at = find(entry, row.id)?;
                share_provenance(&mut self.provenances, &mut row.origin);
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

    /// Inserting a removed category again puts it last, so the inverse also restores the order.
    fn change_category(&mut self, change: Change<Category, CategoryId>) -> Result<Edit, EditError> {
        if let Change::Insert(row) | Change::Update(row) = &change {
            row.check()?;
            if self
                .by_name
                .get(&row.name)
                .is_some_and(|other| *other != row.id)
            {
                return Err(EditError::NameTaken(row.name.clone()));
            }
            for other in self.categories.values().filter(|other| other.id != row.id) {
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
                self.by_name.insert(row.name.clone(), id);
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
                if slot.name != row.name {
                    self.by_name.remove(&slot.name);
                    self.by_name.insert(row.name.clone(), row.id);
                }
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
                self.by_name.remove(&row.name);
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

impl PictureEntry {
    /// Whether the picture or one of its boxes has this category. Former proposals do not count:
    /// they are records, which may name a category that no longer exists.
    fn uses(&self, category: CategoryId) -> bool {
        self.picture.tags.contains(&category)
            || (self.annotations.iter()).any(|row| row.category == Some(category))
    }
}

/// Makes boxes of the same provenance share one value.
fn share_provenance(provenances: &mut HashSet<Arc<Provenance>>, origin: &mut Origin) {
    if let Origin::Model(provenance) = origin {
        match provenances.get(provenance) {
            Some(shared) => *provenance = Arc::clone(shared),
            None => {
                provenances.insert(Arc::clone(provenance));
            }
        }
    }
}
