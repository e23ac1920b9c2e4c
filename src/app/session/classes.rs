//! The class of boxes and pictures: which one new and accepted boxes get, choosing one, and tagging
//! pictures with it.

use super::core::Session;
use crate::document::{
    Annotation, AnnotationId, BoxState, Category, CategoryId, Document, Edit, EditError, Labels,
    ops,
};
use crate::naming::ANY_OBJECT;
use crate::store::StoreError;

/// The number of classes that are remembered as recently used.
const MAX_RECENT: usize = 9;

impl Session {
    /// The class of new boxes: the only one that is labelled, or else the sticky one, the last one that was
    /// chosen, or the first of the project.
    pub fn chosen_class(&self) -> Option<CategoryId> {
        let document = self.document();
        let only = document.labels().only();
        let only = only.and_then(|name| document.category_named(name));
        let exists = |id: &CategoryId| document.category(*id).is_some();
        let first = || document.categories().next().map(|row| row.id);
        only.map(|row| row.id)
            .or_else(|| self.sticky_class())
            .or_else(|| self.state.class.filter(exists).or_else(first))
    }

    /// The class that new boxes keep whatever class is given to other boxes, and that proposals get whose
    /// name is no class of the project.
    pub fn sticky_class(&self) -> Option<CategoryId> {
        let exists = |id: &CategoryId| self.document().category(*id).is_some();
        self.state.sticky_class.filter(exists)
    }

    /// Makes a class the sticky one, or none.
    pub fn set_sticky_class(&mut self, category: Option<CategoryId>) {
        self.state.sticky_class = category;
        self.state.class = category.or(self.state.class);
    }

    /// Makes the class of the selected box the sticky one, or that of new boxes if there is none; ends it if
    /// there is a sticky class.
    pub fn toggle_sticky_class(&mut self) {
        let of_selected = || {
            let (_, row) = self.document().annotation(*self.selection.last()?)?;
            Some(self.document().class_of(row)?.id)
        };
        let sticky = match self.sticky_class() {
            Some(_) => None,
            None => of_selected().or_else(|| self.chosen_class()),
        };
        self.set_sticky_class(sticky);
    }

    /// The classes that were given to boxes lately, the last one first.
    pub fn recent_classes(&self) -> impl Iterator<Item = CategoryId> {
        let recent = self.state.recent_classes.iter().copied();
        recent.filter(|id| self.document().category(*id).is_some())
    }

    /// The class that a box has, or gets when it is accepted. None if that class does not exist yet, or
    /// accepting cannot tell.
    pub fn class_on_accept(&self, row: &Annotation) -> Option<&Category> {
        let document = self.document();
        let sticky = || document.category(self.sticky_class()?);
        let is_proposal = row.state == BoxState::Proposed;
        document
            .class_of(row)
            .or_else(|| sticky().filter(|_| is_proposal))
    }

    /// Whether a proposal cannot be accepted before a person has chosen its class: only listed classes are
    /// labelled, and its name is none of theirs.
    pub fn needs_class(&self, row: &Annotation) -> bool {
        row.state == BoxState::Proposed
            && *self.document().labels() == Labels::Listed
            && self.class_on_accept(row).is_none()
    }

    /// The visible proposals of the picture that [need a class](Self::needs_class).
    pub fn proposals_without_class(&self) -> Vec<AnnotationId> {
        let rows = self.visible().filter(|row| self.needs_class(row));
        rows.map(|row| row.id).collect()
    }

    /// Selects those of the proposals that would be accepted next which [need a class](Self::needs_class).
    /// Returns whether there are any.
    pub fn select_proposals_without_class(&mut self) -> bool {
        let document = self.document();
        let row_of = |id: &AnnotationId| document.annotation(*id).map(|(_, row)| row);
        let needs_class = |id: &AnnotationId| row_of(id).is_some_and(|row| self.needs_class(row));
        let mut ids = self.boxes_to_accept();
        ids.retain(needs_class);
        let is_any = !ids.is_empty();
        if is_any {
            self.select(ids);
        }
        is_any
    }

    /// Accepts proposals, as one step. Those whose name is no class get the sticky class, if there is one.
    /// Those that [need a class](Self::needs_class) stay undecided.
    ///
    /// # Errors
    /// As for [`commit`](Self::commit).
    pub(super) fn take(
        &mut self,
        label: &str,
        ids: &[AnnotationId],
        make: impl Fn(&Document, &[AnnotationId]) -> Result<Edit, EditError>,
    ) -> Result<bool, StoreError> {
        let gesture = self.begin_gesture();
        let has_named = self.give_class(label, ids, self.sticky_class(), gesture)?;
        let document = self.document();
        let row_of = |id: &AnnotationId| document.annotation(*id).map(|(_, row)| row);
        let can_be_taken = |id: &AnnotationId| row_of(id).is_some_and(|row| !self.needs_class(row));
        let ids: Vec<AnnotationId> = ids.iter().copied().filter(can_be_taken).collect();
        let has_taken =
            self.commit_in_gesture(label, Some(gesture), |document| make(document, &ids))?;
        Ok(has_named || has_taken)
    }

    /// Gives proposals that are about to be changed, and so accepted, the sticky class if their name is no
    /// class, or the class of new boxes where a suggested name may not become one.
    ///
    /// # Errors
    /// As for [`commit`](Self::commit).
    pub(super) fn name_proposals(
        &mut self,
        label: &str,
        ids: &[AnnotationId],
        gesture: u64,
    ) -> Result<(), StoreError> {
        self.give_class(label, ids, self.class_of_unnamed(), gesture)?;
        Ok(())
    }

    /// The class of a copy of a proposal whose name is no class, as for
    /// [`name_proposals`](Self::name_proposals).
    pub(super) fn with_class(&self, mut row: Annotation) -> Annotation {
        if row.state == BoxState::Proposed && self.document().class_of(&row).is_none() {
            row.category = row.category.or_else(|| self.class_of_unnamed());
        }
        row
    }

    fn class_of_unnamed(&self) -> Option<CategoryId> {
        let is_listed = *self.document().labels() == Labels::Listed;
        let chosen = || self.chosen_class().filter(|_| is_listed);
        self.sticky_class().or_else(chosen)
    }

    /// Gives proposals whose name is no class this class, as a part of a gesture.
    fn give_class(
        &mut self,
        label: &str,
        ids: &[AnnotationId],
        category: Option<CategoryId>,
        gesture: u64,
    ) -> Result<bool, StoreError> {
        let document = self.document();
        let is_unnamed = |id: &AnnotationId| {
            let row = document.annotation(*id).map(|(_, row)| row);
            row.is_some_and(|row| {
                row.state == BoxState::Proposed && document.class_of(row).is_none()
            })
        };
        let ids: Vec<AnnotationId> = ids.iter().copied().filter(is_unnamed).collect();
        match category {
            Some(category) if !ids.is_empty() => {
                self.commit_in_gesture(label, Some(gesture), |document| {
                    ops::set_category(document, &ids, category)
                })
            }
            _ => Ok(false),
        }
    }

    /// The class of a box that is being made. Boxes of it are shown from now on.
    pub(super) fn class_for_new_boxes(&mut self) -> Result<CategoryId, StoreError> {
        let only = self.document().labels().only().map(str::to_owned);
        let category = match (self.chosen_class(), only) {
            (Some(category), None) => category,
            (_, Some(only)) => self.ensure_class(&only)?,
            (None, None) => self.ensure_class(ANY_OBJECT)?,
        };
        self.note_use(category);
        Ok(category)
    }

    /// Records that boxes get a class, and shows them: otherwise they would vanish when they are made.
    fn note_use(&mut self, category: CategoryId) {
        self.state.hidden_classes.remove(&category);
        let recent = &mut self.state.recent_classes;
        recent.retain(|other| *other != category);
        recent.insert(0, category);
        recent.truncate(MAX_RECENT);
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

    /// Gives a class to the selected boxes, and to boxes drawn from now on unless another class is sticky.
    /// Selected proposals are accepted with it, and the next proposal is selected, as by
    /// [`accept`](Self::accept). If nothing is selected, the class of new boxes is chosen, and is the sticky
    /// one if there was one.
    ///
    /// # Errors
    /// As for [`commit`](Self::commit).
    pub fn assign_class(&mut self, category: CategoryId) -> Result<(), StoreError> {
        self.assign(|_| (Edit::default(), category), None)
    }

    /// As [`assign_class`](Self::assign_class), by name. A new class is added in the same step.
    ///
    /// # Errors
    /// As for [`commit`](Self::commit).
    pub fn assign_class_named(&mut self, name: &str) -> Result<(), StoreError> {
        let name = name.trim();
        self.assign(
            |document| {
                let known = document.category_named(name).map(|row| row.id);
                let add = ops::ensure_category(document, name);
                (add, known.unwrap_or(document.next_ids().category))
            },
            Some(name),
        )
    }

    /// Gives the selected boxes a class, which an edit may have to add first under this name.
    fn assign(
        &mut self,
        class: impl Fn(&Document) -> (Edit, CategoryId),
        name: Option<&str>,
    ) -> Result<(), StoreError> {
        let (_, category) = class(self.document());
        let ids = self.selection.clone();
        let had_proposals = ids.iter().any(|id| self.is_proposal(*id));
        let followers = self.after_selection();
        // Before the boxes get it, so that they stay selected.
        self.state.hidden_classes.remove(&category);
        self.commit("change the class", |document| {
            let (add, category) = class(document);
            // A proposal of which it is the suggested name is confirmed, not corrected.
            let is_confirmed = |id: &AnnotationId| {
                let row = document.annotation(*id).map(|(_, row)| row);
                let row = row.filter(|row| row.state == BoxState::Proposed);
                !add.is_empty() && row.is_some_and(|row| document.name_of(row) == name)
            };
            let (confirmed, others): (Vec<_>, Vec<_>) = ids.iter().partition(|id| is_confirmed(id));
            let set = ops::set_category(document, &others, category)?;
            if confirmed.is_empty() {
                return Ok(Edit::batch(vec![add, set]));
            }
            // It adds the class, too.
            Ok(Edit::batch(vec![ops::accept(document, &confirmed)?, set]))
        })?;
        self.state.class = Some(category);
        if ids.is_empty() && self.state.sticky_class.is_some() {
            self.state.sticky_class = Some(category);
        } else if !ids.is_empty() {
            self.note_use(category);
        }
        if had_proposals {
            self.select_first_proposal(&followers);
        }
        Ok(())
    }

    /// Says what is labelled, and adds the classes of these names that do not exist yet.
    ///
    /// # Errors
    /// As for [`commit`](Self::commit).
    pub fn set_labels(&mut self, labels: &Labels, names: &[String]) -> Result<(), StoreError> {
        self.asks_labels = false;
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        self.commit("choose what is labelled", |document| {
            ops::set_labels(document, labels.clone(), &names)
        })?;
        Ok(())
    }

    /// Whether a person is to be asked what is labelled: the project is opened for the first time, and
    /// has no class or box of theirs.
    pub fn asks_labels(&self) -> bool {
        let document = self.document();
        let is_begun = || {
            let states = &self.summary().annotations;
            states.keys().any(|state| *state != BoxState::Proposed)
        };
        self.asks_labels
            && self.is_editable()
            && *document.labels() == Labels::Any
            && document.categories().next().is_none()
            && document.pictures().len() > 0
            && !is_begun()
    }

    /// Does not ask again what is labelled.
    pub fn dismiss_labels(&mut self) {
        self.asks_labels = false;
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
