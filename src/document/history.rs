//! The history: what was done, to be undone and redone without limit.
//!
//! A line of steps and a position in it. Each step holds the one edit that crosses it from the
//! side where the document is: behind the position the edit that undoes the step, ahead of it
//! the edit that redoes it. Crossing a step swaps its edit for the inverse, so nothing is held
//! twice and a project file changes one row for an undo.
//!
//! There are no branches: a new step forgets what had been undone.

use std::mem;

use serde::{Deserialize, Serialize};

use super::{Document, Edit, EditError, PictureId};

/// One thing that was done, as the person sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// What was done, to follow 'Undo' or 'Redo' in a menu: 'move box'.
    pub label: String,
    /// The picture that the step changes, if it is exactly one: crossing the step shows it. An
    /// undone or redone step may have removed it.
    pub picture: Option<PictureId>,
    /// The edit that crosses the step. Its [`affected`](Edit::touched) rows are those of the step
    /// in either direction.
    pub edit: Edit,
}

/// The steps that led to a document, and those that were undone.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct History {
    steps: Vec<Step>,
    /// How many steps are done; those after them are undone.
    position: usize,
    /// The gesture that the last step belongs to, while it can still grow. A gesture ends with
    /// the program, so it is not kept.
    #[serde(skip)]
    gesture: Option<u64>,
}

impl History {
    /// A history that was kept in a file: its steps, oldest first, of which `position` are done.
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

    /// How many of the steps are done.
    pub fn position(&self) -> usize {
        self.position
    }

    /// Makes an edit, remembers it as a step, and forgets the steps that had been undone.
    ///
    /// With the same `gesture` as the commit just before, the edit becomes part of its step, and
    /// the position stays: a key held down nudges a box in one step. Undo and redo end a gesture.
    ///
    /// Gives back the step, or nothing if the edit is empty, which changes nothing here either.
    ///
    /// # Errors
    /// If the document refuses the edit; document and history are then as before.
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

    /// Undoes the last step that is done, and gives it back; nothing if there is none.
    ///
    /// # Errors
    /// If the document was changed by another hand so that the step no longer fits; document and
    /// history are then as before.
    pub fn undo(&mut self, document: &mut Document) -> Result<Option<&Step>, EditError> {
        let Some(at) = self.position.checked_sub(1) else {
            return Ok(None);
        };
        self.cross(document, at, at)
    }

    /// Redoes the first step that is undone, and gives it back; nothing if there is none.
    ///
    /// # Errors
    /// As for [`undo`](Self::undo).
    pub fn redo(&mut self, document: &mut Document) -> Result<Option<&Step>, EditError> {
        let at = self.position;
        self.cross(document, at, at.saturating_add(1))
    }

    /// The step that [`undo`](Self::undo) would undo.
    pub fn next_undo(&self) -> Option<&Step> {
        self.steps.get(self.position.checked_sub(1)?)
    }

    /// The step that [`redo`](Self::redo) would redo.
    pub fn next_redo(&self) -> Option<&Step> {
        self.steps.get(self.position)
    }

    fn cross(
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
