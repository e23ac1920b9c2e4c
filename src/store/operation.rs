//! A change to be committed, and what it does to the project in memory.

use std::ops::Range;

use super::memory::ProjectState;
use crate::document::{Edit, EditError, History, PictureId, Step};

/// A change to be committed.
pub(super) enum Operation<'a> {
    /// A step of the history. Of a process without the history it is one only if it affects the same
    /// rows as a step.
    Step(&'a str, &'a Edit, Option<u64>),
    /// A step of the history, whatever process makes it.
    AdoptedStep(&'a str, &'a Edit),
    /// A change outside the history, unless it affects the same rows as a step.
    Untracked(&'a str, &'a Edit),
    /// A change outside the history, as another project in memory has found.
    Outside(&'a str, &'a Edit),
    /// Undoing the last step.
    Undo,
    /// Undoing the last step without this label, while those with it that came afterwards stay done.
    UndoPast(&'a str),
    /// Redoing the next step.
    Redo,
}

/// A change that was applied in memory.
#[derive(Clone)]
pub(super) struct AppliedChange {
    pub label: String,
    pub picture: Option<PictureId>,
    pub edit: Edit,
    pub inverse: Edit,
    /// The range of steps that changed, if the history changed.
    pub steps: Option<Range<usize>>,
}

/// Applies a change in memory. `None` if it changes nothing.
pub(super) fn apply_in_memory(
    memory: &mut ProjectState,
    operation: &Operation<'_>,
) -> Result<Option<AppliedChange>, EditError> {
    match *operation {
        Operation::Step(_, edit, _)
        | Operation::AdoptedStep(_, edit)
        | Operation::Untracked(_, edit)
        | Operation::Outside(_, edit)
            if edit.is_empty() =>
        {
            Ok(None)
        }
        Operation::Step(label, edit, gesture) if memory.is_editor() => {
            make_step(memory, label, edit, gesture)
        }
        Operation::AdoptedStep(label, edit) if memory.is_editor() => {
            make_step(memory, label, edit, None)
        }
        Operation::Untracked(label, edit)
            if memory.is_editor() && memory.history_parts().overlaps(&edit.affected()) =>
        {
            make_step(memory, label, edit, None)
        }
        Operation::Step(label, edit, _)
        | Operation::AdoptedStep(label, edit)
        | Operation::Untracked(label, edit)
        | Operation::Outside(label, edit) => Ok(Some(AppliedChange {
            label: label.to_owned(),
            picture: None,
            inverse: memory.document.apply(edit.clone())?,
            edit: edit.clone(),
            steps: None,
        })),
        Operation::Undo => {
            let edit = memory.history.next_undo().map(|step| step.edit.clone());
            let step = memory.history.undo(&mut memory.document)?.cloned();
            let at = memory.history.position();
            Ok(edit
                .zip(step)
                .map(|(edit, step)| undone_or_redone(edit, step, at)))
        }
        Operation::UndoPast(label) => {
            let undone = memory.history.undo_past(&mut memory.document, label);
            let at = memory.history.position();
            Ok(undone
                .zip(memory.history.next_redo())
                .map(|((from, edit), step)| AppliedChange {
                    steps: Some(from..at + 1),
                    ..undone_or_redone(edit, step.clone(), at)
                }))
        }
        Operation::Redo => {
            let at = memory.history.position();
            let edit = memory.history.next_redo().map(|step| step.edit.clone());
            let step = memory.history.redo(&mut memory.document)?.cloned();
            Ok(edit
                .zip(step)
                .map(|(edit, step)| undone_or_redone(edit, step, at)))
        }
    }
}

fn make_step(
    memory: &mut ProjectState,
    label: &str,
    edit: &Edit,
    gesture: Option<u64>,
) -> Result<Option<AppliedChange>, EditError> {
    // A gesture merges its edits, so the inverse of this one could not be separated afterwards.
    let mut inverse = None;
    if gesture.is_some() {
        let undo = memory.document.apply(edit.clone())?;
        memory.document.apply(undo.clone())?;
        inverse = Some(undo);
    }
    let (document, history) = (&mut memory.document, &mut memory.history);
    let step = history.commit(document, label, edit.clone(), gesture)?;
    let Some((step_edit, picture)) = step.map(|step| (&step.edit, step.picture)) else {
        return Ok(None);
    };
    let inverse = inverse.unwrap_or_else(|| step_edit.clone());
    let last = history.steps().len();
    Ok(Some(AppliedChange {
        label: label.to_owned(),
        picture,
        edit: edit.clone(),
        inverse,
        steps: Some(last - 1..last),
    }))
}

fn undone_or_redone(edit: Edit, step: Step, at: usize) -> AppliedChange {
    AppliedChange {
        label: step.label,
        picture: step.picture,
        edit,
        inverse: step.edit,
        steps: Some(at..at + 1),
    }
}

/// The part of a history that a change may alter, to be restored if the change is taken back.
#[derive(Clone)]
pub(super) struct HistorySnapshot {
    position: usize,
    gesture: Option<u64>,
    from: usize,
    steps: Vec<Step>,
    /// Whether the steps after these do not change.
    has_rest: bool,
}

impl HistorySnapshot {
    pub(super) fn of(history: &History, operation: &Operation<'_>) -> Self {
        let position = history.position();
        let from = match operation {
            Operation::UndoPast(label) => {
                let done = &history.steps()[..position];
                done.iter().rposition(|step| step.label != *label)
            }
            _ => position.checked_sub(1),
        };
        let from = from.unwrap_or(0);
        let has_rest = matches!(
            operation,
            Operation::Undo | Operation::UndoPast(_) | Operation::Redo
        );
        let to = if has_rest {
            history.steps().len().min(position + 1)
        } else {
            history.steps().len()
        };
        Self {
            position,
            gesture: history.gesture(),
            from,
            steps: history.steps()[from..to].to_vec(),
            has_rest,
        }
    }

    pub(super) fn restore(self, history: &mut History) {
        let replaced = self.has_rest.then_some(self.steps.len());
        history.restore(self.from, replaced, self.steps, self.position, self.gesture);
    }
}
