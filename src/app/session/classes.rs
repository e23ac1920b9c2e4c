//! The class of boxes and pictures: choosing one, and tagging pictures with it.

use super::core::Session;
use crate::document::{CategoryId, Edit, EditError, ops};
use crate::naming::ANY_OBJECT;
use crate::store::StoreError;

impl Session {
    /// The class of new boxes.
    pub fn chosen_class(&self) -> Option<CategoryId> {
        let exists = |id: &CategoryId| self.document().category(*id).is_some();
        let first = || self.document().categories().next().map(|row| row.id);
        self.state.class.filter(exists).or_else(first)
    }

    pub(super) fn class_for_new_boxes(&mut self) -> Result<CategoryId, StoreError> {
        match self.chosen_class() {
            Some(category) => Ok(category),
            None => self.ensure_class(ANY_OBJECT),
        }
    }

    /// The class with this name, which is added if it is new.
    ///
    /// # Errors
    /// As for [`commit`](Self::commit).
    pub fn ensure_class(&mut self, name: &str) -> Result<CategoryId, StoreError> {
        let name = name.trim();
        self.commit("add a class", |document| {
            Ok(ops::ensure_category(document, name))
        })?;
        let found = self.document().category_named(name).map(|row| row.id);
        found.ok_or_else(|| EditError::BadName(name.into()).into())
    }

    /// Assigns a class to the selected boxes and to boxes drawn from now on. Selected proposals are
    /// accepted with it, and the next proposal is selected, as by [`accept`](Self::accept).
    ///
    /// # Errors
    /// As for [`commit`](Self::commit).
    pub fn assign_class(&mut self, category: CategoryId) -> Result<(), StoreError> {
        self.state.class = Some(category);
        let ids = self.selection.clone();
        if ids.is_empty() {
            return Ok(());
        }
        let were_proposals = ids.iter().all(|id| self.is_proposal(*id));
        self.commit("change the class", |document| {
            ops::set_category(document, &ids, category)
        })?;
        if were_proposals {
            self.select_next_proposal();
        }
        Ok(())
    }

    /// As [`assign_class`](Self::assign_class), by name. A new class is added in the same step.
    ///
    /// # Errors
    /// As for [`commit`](Self::commit).
    pub fn assign_class_named(&mut self, name: &str) -> Result<(), StoreError> {
        let (name, ids) = (name.trim(), self.selection.clone());
        self.commit("change the class", |document| {
            let known = document.category_named(name).map(|row| row.id);
            let add = ops::ensure_category(document, name);
            let category = known.unwrap_or(document.next_ids().category);
            Ok(Edit::batch(vec![
                add,
                ops::set_category(document, &ids, category)?,
            ]))
        })?;
        let added = self.document().category_named(name).map(|row| row.id);
        self.state.class = added.or(self.state.class);
        Ok(())
    }

    /// Tags the [selected pictures](Self::selected_pictures) with a class, or removes the tag;
    /// returns their number.
    ///
    /// # Errors
    /// As for [`commit`](Self::commit).
    pub fn tag(&mut self, category: CategoryId, is_present: bool) -> Result<usize, StoreError> {
        let pictures = self.selected_pictures();
        let label = if is_present { "tag" } else { "remove a tag" };
        self.commit(label, |document| {
            ops::set_tag(document, &pictures, category, is_present)
        })?;
        Ok(pictures.len())
    }

    /// As [`tag`](Self::tag), by name. A new class is added in the same step.
    ///
    /// # Errors
    /// As for [`commit`](Self::commit).
    pub fn tag_named(&mut self, name: &str) -> Result<usize, StoreError> {
        let (name, pictures) = (name.trim(), self.selected_pictures());
        self.commit("tag", |document| {
            let known = document.category_named(name).map(|row| row.id);
            let add = ops::ensure_category(document, name);
            let category = known.unwrap_or(document.next_ids().category);
            let tag = ops::set_tag(document, &pictures, category, true)?;
            Ok(Edit::batch(vec![add, tag]))
        })?;
        Ok(pictures.len())
    }
}
