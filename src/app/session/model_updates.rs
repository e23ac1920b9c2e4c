//! What the model changes in the document, and which pictures have changed for the learner.

use std::collections::HashSet;
use std::sync::Arc;

use super::core::Session;
use crate::document::ops::{self, Candidate};
use crate::document::{AffectedRows, Document, PictureId, Provenance};
use crate::naming::MappedClass;
use crate::store::StoreError;

/// The label of what the model does without being asked. Where it concerns pictures that a person
/// has worked on, the store makes it a step, which is undone together with the person's own.
pub(super) const UPDATE_PROPOSALS: &str = "update proposals";

impl Session {
    /// Replaces the untouched proposals of pictures by what the model found. It is a step of the
    /// history only if the person requested it for exactly this picture.
    ///
    /// # Errors
    /// As for [`commit`](Self::commit).
    pub fn replace_proposals(
        &mut self,
        model: &Arc<Provenance>,
        found: &[(PictureId, Vec<Candidate>)],
        is_step: bool,
    ) -> Result<(), StoreError> {
        let had_proposal = self.selection.iter().any(|id| self.is_proposal(*id));
        let make = |document: &Document| Ok(ops::replace_proposals(document, model, found));
        let affected = if is_step {
            self.project.commit_with("propose", None, make)?
        } else {
            self.project.commit_untracked_with(UPDATE_PROPOSALS, make)?
        };
        if affected != AffectedRows::default() {
            self.record_changes(&affected);
            self.after_edit(false);
            // The selected proposal has been replaced, or the first one has come.
            if self.selection.is_empty() && (had_proposal || self.awaits_proposals) {
                self.select_next_proposal();
            }
        }
        Ok(())
    }

    /// Adds proposals of one class to those that exist, as one step with earlier ones of the same
    /// gesture; returns how many boxes were added.
    ///
    /// # Errors
    /// As for [`commit`](Self::commit).
    pub fn add_proposals(
        &mut self,
        model: &Arc<Provenance>,
        found: &[(PictureId, Vec<Candidate>)],
        gesture: u64,
    ) -> Result<usize, StoreError> {
        let before = self.document().annotation_count();
        self.commit_in_gesture("more like this", Some(gesture), |document| {
            Ok(ops::add_proposals(document, model, found))
        })?;
        Ok(self.document().annotation_count().saturating_sub(before))
    }

    /// Adds the classes that the model's classes are mapped to. This is not part of the history: by
    /// the time the mapping is undone, other pictures have boxes of them.
    ///
    /// # Errors
    /// As for [`commit`](Self::commit).
    pub fn add_mapped_classes(
        &mut self,
        changes: &[(String, Option<MappedClass>)],
    ) -> Result<(), StoreError> {
        for name in changes
            .iter()
            .filter_map(|(_, target)| Some(target.as_ref()?.name()))
        {
            let affected = self
                .project
                .commit_untracked_with(UPDATE_PROPOSALS, |document| {
                    Ok(ops::ensure_category(document, name))
                })?;
            if affected != AffectedRows::default() {
                self.after_edit(false);
            }
        }
        Ok(())
    }

    /// Records which pictures have changed.
    pub(super) fn record_changes(&mut self, affected: &AffectedRows) {
        if let Some(pictures) = &mut self.changed_pictures {
            pictures.extend(&affected.pictures);
            pictures.extend(affected.annotations.iter().map(|(picture, _)| *picture));
        }
    }

    /// The pictures that have changed since the last call; none if any picture may have.
    pub fn take_changed_pictures(&mut self) -> Option<HashSet<PictureId>> {
        self.changed_pictures.replace(HashSet::new())
    }
}
