//! Which boxes are selected, and the order in which keys go through them.

use std::collections::HashSet;

use super::box_order::BoxOrder;
use super::core::Session;
use crate::document::{Annotation, AnnotationId, BoxState};

impl Session {
    /// The boxes that are selected.
    pub fn selection(&self) -> &[AnnotationId] {
        &self.selection
    }

    /// Selects these boxes of the picture that is shown.
    pub fn select(&mut self, ids: Vec<AnnotationId>) {
        self.selection = ids;
        self.awaits_proposals = false;
        self.normalize_selection();
    }

    /// Adds boxes to the selection.
    pub fn extend_selection(&mut self, ids: &[AnnotationId]) {
        self.selection.extend(ids);
        self.awaits_proposals = false;
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
        self.awaits_proposals = false;
        self.normalize_selection();
    }

    /// Keeps the boxes that are on the canvas, each once.
    pub(super) fn normalize_selection(&mut self) {
        let on_canvas: HashSet<_> = self.on_canvas().map(|row| row.id).collect();
        let mut unique = HashSet::new();
        self.selection
            .retain(|id| on_canvas.contains(id) && unique.insert(*id));
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

    /// The boxes that accepting applies to: those of the selected ones that nobody has accepted, or the
    /// proposal with the highest score if nothing is selected.
    pub(super) fn boxes_to_accept(&self) -> Vec<AnnotationId> {
        if self.selection.is_empty() {
            return self.first_proposal().into_iter().collect();
        }
        let is_open = |id: &AnnotationId| {
            let row = self.document().annotation(*id);
            row.is_some_and(|(_, row)| !row.is_ground_truth())
        };
        self.selection.iter().copied().filter(is_open).collect()
    }

    /// The first undecided proposal in the order of review.
    fn first_proposal(&self) -> Option<AnnotationId> {
        let mut order = self.review_order().into_iter();
        order.find(|id| self.is_proposal(*id))
    }

    /// The order of the boxes of a picture.
    pub fn box_order(&self) -> BoxOrder {
        self.state.box_order
    }

    /// Chooses the order of the boxes of a picture.
    pub fn set_box_order(&mut self, order: BoxOrder) {
        self.state.box_order = order;
    }

    /// The boxes on the canvas, in the chosen order: that of the list, and of the keys that go from
    /// box to box.
    pub fn review_order(&self) -> Vec<AnnotationId> {
        let mut rows: Vec<&Annotation> = self.on_canvas().collect();
        self.state.box_order.sort(&mut rows);
        rows.into_iter().map(|row| row.id).collect()
    }

    pub(super) fn is_proposal(&self, id: AnnotationId) -> bool {
        let row = self.document().annotation(id);
        row.is_some_and(|(_, row)| row.state == BoxState::Proposed)
    }

    /// Selects the first undecided proposal in the order of review, or nothing if there is none.
    pub(super) fn select_next_proposal(&mut self) {
        self.selection = self.first_proposal().into_iter().collect();
    }

    /// The boxes that follow the selection in the order of review.
    pub(super) fn after_selection(&self) -> Vec<AnnotationId> {
        let order = self.review_order();
        let last = order.iter().rposition(|id| self.selection.contains(id));
        order[last.map_or(0, |last| last + 1)..].to_vec()
    }

    /// Selects the first of these boxes that is an undecided proposal, or else the first one of all.
    pub(super) fn select_first_proposal(&mut self, among: &[AnnotationId]) {
        match among.iter().find(|id| self.is_proposal(**id)) {
            Some(next) => self.selection = vec![*next],
            None => self.select_next_proposal(),
        }
    }
}
