//! The history: steps that can be undone and redone without limit.
//!
//! It is a list of steps and a position in it. Each step contains a single edit: before the position
//! the edit that undoes the step, after it the edit that redoes it. Undoing or redoing a step swaps
//! its edit for the inverse, so nothing is stored twice, and an undo changes one row of a project
//! file.
//!
//! There are no branches: a new step drops the steps that had been undone.

use std::mem;

use serde::{Deserialize, Serialize};

use super::annotation::BoxState;
use super::content::Document;
use super::edit::Edit;
use super::error::EditError;
use super::ids::PictureId;
use super::ops;

/// One change as the person sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// What the step does, to follow 'Undo' or 'Redo' in a menu: 'move box'.
    pub label: String,
    /// The picture that the step changes, if it is exactly one. It is shown when the step is undone
    /// or redone, unless the step has removed it.
    pub picture: Option<PictureId>,
    /// The edit that undoes or redoes the step. Its [`affected`](Edit::affected) rows are the same
    /// in either direction.
    pub edit: Edit,
}

/// The steps that led to a document, and the steps that were undone.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct History {
    steps: Vec<Step>,
    /// The number of steps that are done. Those after them are undone.
    position: usize,
    /// The gesture of the last step, while the step can still grow. A gesture ends with the
    /// program, so it is not stored.
    #[serde(skip)]
    gesture: Option<u64>,
}

impl History {
    /// A history read from a file: its steps, oldest first; the first `position` of them are done.
    pub fn new(steps: Vec<Step>, position: usize) -> Self {
        Self {
            position: position.min(steps.len()),
            steps,
            gesture: None,
        }
    }

    /// All steps, oldest first.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The number of steps that are done.
    pub fn position(&self) -> usize {
        self.position
    }

    /// Applies an edit, records it as a step, and drops the steps that had been undone.
    ///
    /// With the same `gesture` as the previous commit, the edit becomes part of that step: holding a
    /// key down nudges a box in one step. Undo and redo end a gesture.
    ///
    /// Returns the step, or `None` if the edit is empty. An empty edit changes nothing here either.
    ///
    /// # Errors
    /// If the document refuses the edit. Document and history are then unchanged.
    pub fn commit(
        &mut self,
        document: &mut Document,
        label: impl Into<String>,
        edit: Edit,
        gesture: Option<u64>,
    ) -> Result<Option<&Step>, EditError> {
        if edit.is_empty() {
            return Ok(None);
        }
        let undo = document.apply(edit)?;
        self.steps.truncate(self.position);
        match self.steps.last_mut() {
            Some(last) if gesture.is_some() && gesture == self.gesture => {
                last.edit = undo.then(mem::take(&mut last.edit));
                last.picture = last.edit.affected().only_picture();
            }
            _ => self.steps.push(Step {
                label: label.into(),
                picture: undo.affected().only_picture(),
                edit: undo,
            }),
        }
        self.position = self.steps.len();
        self.gesture = gesture;
        Ok(self.steps.last())
    }

    /// The gesture that the last step can still grow by.
    pub fn gesture(&self) -> Option<u64> {
        self.gesture
    }

    /// Takes back a change of the history itself: `steps` are again at the place `from`, instead of
    /// `replaced` steps there, or of all to the end.
    pub fn restore(
        &mut self,
        from: usize,
        replaced: Option<usize>,
        steps: Vec<Step>,
        position: usize,
        gesture: Option<u64>,
    ) {
        let end = replaced.map_or(self.steps.len(), |replaced| from + replaced);
        let end = end.min(self.steps.len());
        self.steps.splice(from.min(end)..end, steps);
        self.position = position.min(self.steps.len());
        self.gesture = gesture;
    }

    /// Undoes the last step that is done and returns it, or `None` if there is none.
    ///
    /// # Errors
    /// If the document was changed outside this history, so that the step no longer fits. Document
    /// and history are then unchanged.
    pub fn undo(&mut self, document: &mut Document) -> Result<Option<&Step>, EditError> {
        let Some(at) = self.position.checked_sub(1) else {
            return Ok(None);
        };
        self.apply_step(document, at, at)
    }

    /// Redoes the first step that is undone and returns it, or `None` if there is none.
    ///
    /// # Errors
    /// As for [`undo`](Self::undo).
    pub fn redo(&mut self, document: &mut Document) -> Result<Option<&Step>, EditError> {
        let at = self.position;
        self.apply_step(document, at, at.saturating_add(1))
    }

    /// The step that [`undo`](Self::undo) would undo.
    pub fn next_undo(&self) -> Option<&Step> {
        self.steps.get(self.position.checked_sub(1)?)
    }

    /// The step that [`redo`](Self::redo) would redo.
    pub fn next_redo(&self) -> Option<&Step> {
        self.steps.get(self.position)
    }

    /// Undoes the last done step that does not have a label, while the steps with the label that came
    /// after it stay done. It becomes the next step to redo. Returns where it was among the steps, and
    /// the edit that was applied. `None`, and nothing changes, if there is no such step, nothing came
    /// after it, or a later step cannot stay: it needs this one, or has proposed an object whose judged
    /// box comes back.
    ///
    /// A picture that would be new again is proposed if it keeps proposals.
    pub fn undo_past(&mut self, document: &mut Document, label: &str) -> Option<(usize, Edit)> {
        let done = &self.steps[..self.position];
        let from = done.iter().rposition(|step| step.label != label)?;
        let later = &done[from + 1..];
        if later.is_empty()
            || !later
                .iter()
                .all(|step| can_stay(document, step, &done[from]))
        {
            return None;
        }
        let mut edit = done[from].edit.clone();
        edit.keep_proposed(document);
        // Refused if a later step uses a class that this one has added.
        let redo = document.apply(edit.clone()).ok()?;
        self.steps[from].edit = redo;
        self.steps[from..self.position].rotate_left(1);
        self.position -= 1;
        self.gesture = None;
        Some((from, edit))
    }

    fn apply_step(
        &mut self,
        document: &mut Document,
        at: usize,
        position: usize,
    ) -> Result<Option<&Step>, EditError> {
        let Some(step) = self.steps.get_mut(at) else {
            return Ok(None);
        };
        step.edit = document.apply(step.edit.clone())?;
        self.position = position;
        self.gesture = None;
        Ok(Some(step))
    }
}

/// Whether a step that a model made can stay done when an earlier one is undone.
fn can_stay(document: &Document, later: &Step, undone: &Step) -> bool {
    let (own, affected) = (undone.edit.affected(), later.edit.affected());
    // Proposals that were made after a change of names or of what is labelled follow from it.
    if own.naming || own.labels || own.overlaps(&affected) {
        return false;
    }
    let returning = undone.edit.boxes();
    let rows = affected.annotations.iter();
    let mut rows = rows.filter_map(|(_, id)| document.annotation(*id));
    !rows.any(|(picture, row)| {
        let mut boxes = returning.iter().filter(|(of, _)| *of == picture.id);
        row.state == BoxState::Proposed
            && boxes.any(|(_, judged)| ops::is_judged(document, judged, row))
    })
}
