//! Undo and redo.

use super::core::Session;
use super::model_updates::UPDATE_PROPOSALS;
use crate::document::Step;
use crate::store::{StoreError, UndoneStep};

impl Session {
    /// Undoes the last step of a person and shows the picture that it was on; the step's label. What the
    /// model has done since stays, unless it needs the step: then it is undone, too.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn undo(&mut self) -> Result<Option<String>, StoreError> {
        if let Some(undone) = self.project.undo_past(UPDATE_PROPOSALS)? {
            return Ok(Some(self.show_step(undone)));
        }
        let mut undone = self.project.undo()?;
        while undone
            .as_ref()
            .is_some_and(|step| step.label == UPDATE_PROPOSALS)
        {
            let Some(before) = self.project.undo()? else {
                break;
            };
            undone = Some(before);
        }
        Ok(undone.map(|step| self.show_step(step)))
    }

    /// Redoes the step that was undone last, with what the model did after it, and shows the
    /// picture that it is on; the step's label.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn redo(&mut self) -> Result<Option<String>, StoreError> {
        let mut redone = self.project.redo()?;
        while redone
            .as_ref()
            .is_some_and(|step| step.label == UPDATE_PROPOSALS)
        {
            let Some(after) = self.project.redo()? else {
                break;
            };
            redone = Some(after);
        }
        let is_update = |step: &Step| step.label == UPDATE_PROPOSALS;
        while redone.is_some() && self.project.history().next_redo().is_some_and(is_update) {
            self.project.redo()?;
        }
        Ok(redone.map(|step| self.show_step(step)))
    }

    /// The labels of the steps that undo and redo would make.
    pub fn undo_redo_labels(&self) -> [Option<&str>; 2] {
        let history = self.project.history();
        let (done, undone) = history.steps().split_at(history.position());
        let is_own = |step: &&Step| step.label != UPDATE_PROPOSALS;
        let last = done.iter().rev().find(is_own);
        [last, undone.iter().find(is_own)].map(|step| step.map(|step| step.label.as_str()))
    }

    /// Shows the picture and the boxes of a step that was undone or redone.
    fn show_step(&mut self, step: UndoneStep) -> String {
        // Updates by the model may have been undone with it.
        self.changed_pictures = None;
        self.after_edit(false);
        self.follow_exclusion(&step.affected);
        if let Some(picture) = step
            .picture
            .filter(|picture| !self.is_out_of_sight(*picture))
        {
            self.show(picture);
            let boxes = step.affected.annotations.iter();
            self.select(boxes.map(|(_, id)| *id).collect());
        }
        step.label
    }
}
