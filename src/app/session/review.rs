//! Reviewing proposals: accepting, rejecting, and marking a picture as done.

use super::core::Session;
use super::saved_state::UndecidedRule;
use crate::document::{Annotation, BoxState, ops};
use crate::store::StoreError;

impl Session {
    /// Accepts the selected proposals, or the one with the highest score if nothing is selected, and
    /// selects the next. Selected boxes that were rejected are taken back. From a box that is
    /// reviewed already it only moves to the next proposal. Returns false if no visible proposal was left.
    ///
    /// # Errors
    /// As for [`commit`](Self::commit).
    pub fn accept(&mut self) -> Result<bool, StoreError> {
        let (ids, followers) = (self.boxes_to_accept(), self.after_selection());
        if !ids.is_empty() {
            self.take("accept", &ids, ops::accept)?;
        }
        self.select_first_proposal(&followers);
        Ok(!ids.is_empty() || !self.selection.is_empty())
    }

    /// Rejects the selected boxes, or the proposal with the highest score, and selects the next
    /// proposal; returns the number of boxes.
    ///
    /// # Errors
    /// As for [`commit`](Self::commit).
    pub fn reject(&mut self) -> Result<usize, StoreError> {
        if self.selection.is_empty() {
            self.select_next_proposal();
        }
        let (ids, followers) = (self.selection.clone(), self.after_selection());
        if !ids.is_empty() {
            self.commit("reject", |document| ops::reject(document, &ids))?;
            self.select_first_proposal(&followers);
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

    /// Puts the picture in review and leaves its proposals undecided.
    ///
    /// # Errors
    /// As for [`commit`](Self::commit).
    pub fn leave_in_review(&mut self) -> Result<(), StoreError> {
        if let Some(picture) = self.current() {
            self.commit("review", |document| ops::begin_review(document, &[picture]))?;
        }
        Ok(())
    }

    /// Whether the picture that is shown has a box that a person has confirmed.
    pub fn has_ground_truth(&self) -> bool {
        self.boxes().iter().any(Annotation::is_ground_truth)
    }

    /// What marking a picture as done does with undecided proposals; none until a person has said so.
    pub fn undecided_rule(&self) -> Option<UndecidedRule> {
        self.state.undecided_rule
    }

    /// Sets what marking a picture as done does with undecided proposals.
    pub fn set_undecided_rule(&mut self, rule: UndecidedRule) {
        self.state.undecided_rule = Some(rule);
    }
}
