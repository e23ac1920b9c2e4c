//! Which boxes are selected, and the order in which keys go through them.

use std::collections::HashSet;

use super::core::Session;
use crate::document::{AnnotationId, BoxState};

impl Session {
    /// The boxes that are selected.
    pub fn selection(&self) -> &[AnnotationId] {
        &self.selection
    }

    /// Selects these boxes of the picture that is shown.
    pub fn select(&mut self, ids: Vec<AnnotationId>) {
        self.selection = ids;
        self.normalize_selection();
    }

    /// Adds boxes to the selection.
    pub fn extend_selection(&mut self, ids: &[AnnotationId]) {
        self.selection.extend(ids);
        self.normalize_selection();
    }

    /// Removes those of the boxes from the selection that are in it, and adds the others.
    pub fn toggle_selected(&mut self, ids: &[AnnotationId]) {
        for id in ids {
            match self.selection.iter().position(|other| other == id) {
                Some(at) => drop(self.selection.remove(at)),
                None => self.selection.push(*id),
            }
        }
        self.normalize_selection();
    }

    /// Keeps the boxes that exist and can be seen, each once.
    pub(super) fn normalize_selection(&mut self) {
        let visible: HashSet<_> = self.visible().map(|row| row.id).collect();
        let mut unique = HashSet::new();
        self.selection
            .retain(|id| visible.contains(id) && unique.insert(*id));
    }

    /// Selects the box `step` further on in [`review_order`](Self::review_order), from the other
    /// end again after the last.
    pub fn select_next(&mut self, step: isize) {
        let order = self.review_order();
        let Some(last) = order.len().checked_sub(1) else {
            return;
        };
        let at = self
            .selection
            .last()
            .and_then(|id| order.iter().position(|other| other == id));
        let next = match (at, step > 0) {
            (Some(at), true) if at == last => 0,
            (Some(0), false) => last,
            (Some(at), _) => at.saturating_add_signed(step),
            (None, true) => 0,
            (None, false) => last,
        };
        self.selection = vec![order[next.min(last)]];
    }

    /// The proposals that accepting and rejecting apply to: the selected ones, or the one with the
    /// highest score.
    pub(super) fn proposals_to_review(&self) -> Vec<AnnotationId> {
        if !self.selection.is_empty() {
            let selected = self.selection.iter().copied();
            return selected.filter(|id| self.is_proposal(*id)).collect();
        }
        let mut order = self.review_order().into_iter();
        order.find(|id| self.is_proposal(*id)).into_iter().collect()
    }

    pub(super) fn is_proposal(&self, id: AnnotationId) -> bool {
        let row = self.document().annotation(id);
        row.is_some_and(|(_, row)| row.state == BoxState::Proposed)
    }

    pub(super) fn select_next_proposal(&mut self) {
        let mut order = self.review_order().into_iter();
        let next = order.find(|id| self.is_proposal(*id));
        self.selection = next.into_iter().collect();
    }
}
