//! Committing edits, and keeping list and selection in step with the document.

use super::core::Session;
use crate::document::{AffectedRows, Document, Edit, EditError};
use crate::store::StoreError;

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

    /// Applies what other processes or the window's own workers have written. Returns whether there was
    /// anything.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn poll(&mut self) -> Result<bool, StoreError> {
        let change = self.project.poll()?;
        if !change.is_empty() {
            self.after_any_change();
        }
        Ok(!change.is_empty())
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
