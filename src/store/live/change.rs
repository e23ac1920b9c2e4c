//! A change on its way to the file.

use std::sync::Arc;

use crate::document::Edit;
use crate::store::operation::{AppliedChange, Operation};

/// A change to be committed, as [`Operation`] but with its own content.
#[derive(Clone, Debug)]
pub(super) enum QueuedOperation {
    /// A step of the history.
    Step {
        label: String,
        edit: Arc<Edit>,
        gesture: Option<u64>,
    },
    /// A change outside the history.
    Outside { label: String, edit: Arc<Edit> },
    /// Undoing the last step.
    Undo,
    /// Undoing the last step without this label.
    UndoPast(String),
    /// Redoing the next step.
    Redo,
}

impl QueuedOperation {
    /// What was done, so that it is done again whatever the history is then.
    pub(super) fn done(operation: &Operation<'_>, applied: &AppliedChange) -> Self {
        let is_step = applied.steps.is_some();
        let edit = || Arc::new(applied.edit.clone());
        match *operation {
            Operation::Undo => Self::Undo,
            Operation::UndoPast(label) => Self::UndoPast(label.to_owned()),
            Operation::Redo => Self::Redo,
            Operation::Step(label, _, gesture) if is_step => Self::Step {
                label: label.to_owned(),
                edit: edit(),
                gesture,
            },
            Operation::AdoptedStep(label, _) | Operation::Untracked(label, _) if is_step => {
                Self::Step {
                    label: label.to_owned(),
                    edit: edit(),
                    gesture: None,
                }
            }
            Operation::Step(label, ..)
            | Operation::AdoptedStep(label, _)
            | Operation::Untracked(label, _)
            | Operation::Outside(label, _) => Self::Outside {
                label: label.to_owned(),
                edit: edit(),
            },
        }
    }

    /// The operation for the project.
    pub(super) fn operation(&self) -> Operation<'_> {
        match self {
            Self::Step {
                label,
                edit,
                gesture,
            } => Operation::Step(label, edit, *gesture),
            Self::Outside { label, edit } => Operation::Outside(label, edit),
            Self::Undo => Operation::Undo,
            Self::UndoPast(label) => Operation::UndoPast(label),
            Self::Redo => Operation::Redo,
        }
    }
}

/// What mirror and file must have in common after a change. A difference means that they disagree, and
/// then the file is read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Digest {
    pub position: usize,
    pub steps: usize,
    pub pictures: usize,
    pub annotations: usize,
}

impl Digest {
    pub(super) fn of(memory: &crate::store::memory::ProjectState) -> Self {
        Self {
            position: memory.history.position(),
            steps: memory.history.steps().len(),
            pictures: memory.document.pictures().len(),
            annotations: memory.document.annotation_count(),
        }
    }
}
