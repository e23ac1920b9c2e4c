//! Reviewing proposals: accepting, rejecting, and marking a picture as done.

use super::core::Session;
use crate::document::{BoxState, ops};
use crate::store::StoreError;

impl Session {
    /// Accepts the selected proposals, or the one with the highest score if nothing is selected,
    /// and selects the next. From a box that is already reviewed it only moves to the next.
    /// Returns whether there was anything to do.
    ///
    /// # Errors
    /// As for [`commit`](Self::commit).
    pub fn accept(&mut self) -> Result<bool, StoreError> {
        let ids = self.proposals_to_review();
        if !ids.is_empty() {
            self.take("accept", &ids, ops::accept)?;
        }
        let was_on_reviewed = ids.is_empty() && !self.selection.is_empty();
        self.select_next_proposal();
        Ok(!ids.is_empty() || was_on_reviewed && !self.selection.is_empty())
    }

    /// Rejects the selected boxes, or the proposal with the highest score, and selects the next;
    /// returns the number of boxes.
    ///
    /// # Errors
    /// As for [`commit`](Self::commit).
    pub fn reject(&mut self) -> Result<usize, StoreError> {
        let ids = if self.selection.is_empty() {
            self.proposals_to_review()
        } else {
            self.selection.clone()
        };
        if !ids.is_empty() {
            self.commit("reject", |document| ops::reject(document, &ids))?;
            self.select_next_proposal();
        }
        Ok(ids.len())
    }

    /// Accepts every visible proposal of the picture and marks it as done, unless proposals are still open
    /// that are of hidden classes or need a class.
    ///
    /// # Errors
    /// As for [`commit`](Self::commit).
    pub fn accept_all_and_finish(&mut self) -> Result<(), StoreError> {
        let Some(picture) = self.current() else {
            return Ok(());
        };
        let proposals = self.visible().filter(|row| row.state == BoxState::Proposed);
        let ids: Vec<_> = proposals.map(|row| row.id).collect();
        let can_finish = self.hidden_proposals() == 0 && self.proposals_without_class().is_empty();
        self.take("accept all", &ids, |document, ids| {
            if can_finish {
                ops::accept_and_finish(document, picture, ids)
            } else {
                ops::accept(document, ids)
            }
        })?;
        Ok(())
    }

    /// Marks the picture as done, or reopens it.
    ///
    /// # Errors
    /// As for [`commit`](Self::commit).
    pub fn set_done(&mut self, is_done: bool) -> Result<(), StoreError> {
        if let Some(picture) = self.current() {
            let label = if is_done { "done" } else { "not done" };
            self.commit(label, |document| {
                ops::set_done(document, &[picture], is_done)
            })?;
        }
        Ok(())
    }
}
