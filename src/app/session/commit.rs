//! Committing edits, and keeping list and selection in step with the document.

use super::core::Session;
use crate::document::{AffectedRows, CategoryId, Document, Edit, EditError, IdShift};
use crate::store::{PollReport, StoreError};

impl Session {
    /// Makes an edit as a step that can be undone. Returns whether anything changed.
    ///
    /// # Errors
    /// If the document refuses the edit or the file cannot be written; nothing has changed then.
    pub fn commit(
        &mut self,
        label: &str,
        make: impl Fn(&Document) -> Result<Edit, EditError>,
    ) -> Result<bool, StoreError> {
        self.commit_in_gesture(label, None, make)
    }

    /// As [`commit`](Self::commit); successive edits of one gesture are one step.
    ///
    /// # Errors
    /// As for [`commit`](Self::commit).
    pub fn commit_in_gesture(
        &mut self,
        label: &str,
        gesture: Option<u64>,
        make: impl Fn(&Document) -> Result<Edit, EditError>,
    ) -> Result<bool, StoreError> {
        let affected = self.project.commit_with(label, gesture, make)?;
        let changed = affected != AffectedRows::default();
        if changed {
            self.record_changes(&affected);
            self.worked_on.record(&affected, self.state.picture);
            self.awaits_proposals = false;
            self.after_edit(!affected.pictures.is_empty() && self.state.query.is_filtered());
            self.follow_exclusion(&affected);
        }
        Ok(changed)
    }

    /// Takes in what other processes or the window's own workers have written, and what has become of
    /// the edits that were made; see [`LiveProject::poll`]. Only what concerns pictures that have changed
    /// is done again.
    ///
    /// [`LiveProject::poll`]: crate::store::LiveProject::poll
    pub fn poll(&mut self, can_catch_up: bool) -> PollReport {
        let found = self.project.poll(can_catch_up);
        for shift in &found.shifts {
            self.shift_ids(shift);
        }
        if found.changes.is_empty() {
            return found;
        }
        let is_known = found.changes.iter().all(|change| change.affected.is_some());
        if !is_known {
            self.after_any_change();
            return found;
        }
        let mut may_refresh = false;
        for affected in found
            .changes
            .iter()
            .filter_map(|change| change.affected.as_ref())
        {
            self.record_changes(affected);
            may_refresh |= !affected.pictures.is_empty() && self.state.query.is_filtered();
        }
        if found.changes.iter().any(|change| change.is_listed) {
            self.rebuild_list();
        }
        self.after_edit(may_refresh);
        for affected in found
            .changes
            .iter()
            .filter_map(|change| change.affected.as_ref())
        {
            self.follow_exclusion(affected);
        }
        found
    }

    /// Follows rows that were added here and got other ids.
    fn shift_ids(&mut self, shift: &IdShift) {
        let class = |id: CategoryId| shift.category(id);
        for id in &mut self.selection {
            *id = shift.annotation(*id);
        }
        for row in &mut self.clipboard {
            *row = shift.annotation_row(row.clone());
        }
        let state = &mut self.state;
        state.class = state.class.map(class);
        state.sticky_class = state.sticky_class.map(class);
        state.query.category = state.query.category.map(class);
        for id in &mut state.recent_classes {
            *id = class(*id);
        }
        state.hidden_classes = state.hidden_classes.drain().map(class).collect();
        let locked = state.locked_boxes.drain();
        state.locked_boxes = locked.map(|id| shift.annotation(id)).collect();
        if shift.moves_categories() {
            // The list may have been filtered by a class that is another one now.
            self.changed_pictures = None;
            self.refresh_list();
        }
        self.revision += 1;
    }

    /// The document has changed. A picture that the filters no longer match stays in the list until
    /// another one is shown, so that the rows do not move under the pointer.
    pub(super) fn after_edit(&mut self, may_refresh: bool) {
        self.revision += 1;
        if self.document().pictures().len() != self.list.picture_count() {
            self.rebuild_list();
        } else if may_refresh && self.list.rows().is_empty() {
            self.refresh_list();
        }
        self.ensure_current_exists();
        self.normalize_selection();
    }

    /// Anything in the document may have changed.
    fn after_any_change(&mut self) {
        self.changed_pictures = None;
        self.revision += 1;
        self.rebuild_list();
        self.leave_taken_out(true);
        self.normalize_selection();
    }
}
