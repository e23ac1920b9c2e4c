//! The project in memory, ahead of the file by the changes that are not written yet.

use std::collections::{HashSet, VecDeque};
use std::mem;

use super::change::{Digest, QueuedOperation};
use super::messages::TheirChange;
use crate::document::{
    Category, Change, Document, Edit, EditError, History, IdShift, NextIds, PictureId,
};
use crate::store::external::{ExternalChange, pictures};
use crate::store::memory::ProjectState;
use crate::store::operation::{AppliedChange, HistorySnapshot, Operation, apply_in_memory};

/// The project in memory.
pub(super) struct Mirror {
    pub memory: ProjectState,
    pending: VecDeque<PendingChange>,
}

/// A change that is in memory, and not known to be in the file.
struct PendingChange {
    /// Its number among the changes of this project.
    number: u64,
    /// Whether it becomes a step only if it affects the same rows as one.
    is_untracked: bool,
    operation: QueuedOperation,
    applied: AppliedChange,
    former: HistorySnapshot,
    /// The next ids before it.
    next_ids: NextIds,
    digest: Digest,
}

/// A change of ours that was taken back because another process has changed the same rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DroppedChange {
    pub(super) number: u64,
    /// What it did. Empty if nothing is lost, because another process has done the same.
    pub label: String,
    /// The pictures that it concerned.
    pub pictures: Vec<PictureId>,
    /// Whether a model had made it without being asked.
    pub is_untracked: bool,
}

/// What became of the mirror when it caught up with another process.
pub(super) struct Rebased {
    /// Their changes.
    pub changes: Vec<ExternalChange>,
    /// How the ids of our new rows have changed.
    pub shift: IdShift,
    pub dropped: Vec<DroppedChange>,
    /// Our changes, to be sent again.
    pub again: Vec<(u64, QueuedOperation)>,
    /// What was replaced. It may take long to free.
    pub discarded: Vec<(Document, History)>,
}

impl Mirror {
    pub(super) fn new(memory: ProjectState) -> Self {
        Self {
            memory,
            pending: VecDeque::new(),
        }
    }

    /// Makes a change in memory. `None` if it changes nothing.
    pub(super) fn apply(
        &mut self,
        number: u64,
        operation: &Operation<'_>,
    ) -> Result<Option<(QueuedOperation, AppliedChange)>, EditError> {
        let next_ids = self.memory.document.next_ids();
        let former = HistorySnapshot::of(&self.memory.history, operation);
        let Some(applied) = apply_in_memory(&mut self.memory, operation)? else {
            return Ok(None);
        };
        if applied.steps.is_some() {
            let affected = applied.edit.affected();
            self.memory.add_to_history_parts(&affected);
        }
        let queued = QueuedOperation::done(operation, &applied);
        self.pending.push_back(PendingChange {
            number,
            is_untracked: matches!(operation, Operation::Untracked(..) | Operation::Outside(..)),
            operation: queued.clone(),
            applied: applied.clone(),
            former,
            next_ids,
            digest: Digest::of(&self.memory),
        });
        Ok(Some((queued, applied)))
    }

    /// The change with this number is in the file, where this is what it has led to. `false` if that is
    /// something else than here, so that the file must be read again.
    pub(super) fn on_written(&mut self, number: u64, digest: Digest) -> bool {
        let Some(at) = self.pending.iter().position(|one| one.number == number) else {
            return true;
        };
        let written = self.pending.drain(..=at).next_back();
        at == 0 && written.is_some_and(|one| one.digest == digest)
    }

    /// The changes up to this number are in a file, though not in that of the project.
    pub(super) fn forget_up_to(&mut self, number: u64) {
        self.pending.retain(|one| one.number > number);
    }

    /// What is not known to be in the file.
    pub(super) fn pending(&self) -> impl ExactSizeIterator<Item = QueuedOperation> {
        self.pending.iter().map(|one| one.operation.clone())
    }

    /// Makes the changes of other processes, which come before what is not in the file yet.
    pub(super) fn rebase(&mut self, theirs: Vec<TheirChange>, next_ids: NextIds) -> Rebased {
        let ours = self.take_back();
        let base = self.memory.document.next_ids();
        let mut touched = Touched::default();
        let mut changes = Vec::new();
        let mut discarded = Vec::new();
        for change in theirs {
            changes.push(self.follow(change, &ours, &mut touched, &mut discarded));
        }
        self.memory.document.raise_next_ids(next_ids);
        self.memory.forget_history_parts();
        let mut shift = IdShift::between(base, self.memory.document.next_ids());
        let mut rebased = Rebased {
            changes,
            shift: shift.clone(),
            dropped: Vec::new(),
            again: Vec::new(),
            discarded,
        };
        for one in ours {
            merge_categories(&mut shift, &one.applied.edit, &self.memory.document);
            self.apply_again(&one, &shift, &touched, &mut rebased);
        }
        rebased.shift = shift;
        rebased
    }

    /// Takes back what is not in the file, and returns it, the oldest first.
    fn take_back(&mut self) -> VecDeque<PendingChange> {
        let memory = &mut self.memory;
        let mut ours = VecDeque::new();
        let mut first = None;
        while let Some(one) = self.pending.pop_back() {
            // The inverse leads back to the content before, so it is not refused.
            let taken_back = memory.document.apply(one.applied.inverse.clone());
            debug_assert!(taken_back.is_ok(), "{taken_back:?}");
            let PendingChange { former, .. } = &one;
            former.clone().restore(&mut memory.history);
            first = Some(one.next_ids);
            ours.push_front(one);
        }
        if let Some(next_ids) = first {
            memory.document.restore_next_ids(next_ids);
        }
        ours
    }

    /// Makes a change of another process.
    fn follow(
        &mut self,
        change: TheirChange,
        ours: &VecDeque<PendingChange>,
        touched: &mut Touched,
        discarded: &mut Vec<(Document, History)>,
    ) -> ExternalChange {
        let memory = &mut self.memory;
        match change {
            TheirChange::Edit {
                label,
                edit,
                is_step,
            } => {
                let affected = edit.affected();
                touched.pictures.extend(pictures(&affected));
                let document = &mut memory.document;
                let is_listed = edit.lists_pictures(document);
                let made = if is_step {
                    let made = memory.history.commit(document, &label, edit, None);
                    made.map(|_| ())
                } else {
                    document.apply(edit).map(|_| ())
                };
                // The thread has made it on the same document. If it fits nevertheless, the next digest
                // differs, and the file is read again.
                debug_assert!(made.is_ok(), "{made:?}");
                ExternalChange {
                    label,
                    affected: Some(affected),
                    is_listed,
                }
            }
            TheirChange::Everything { document, history } => {
                for one in ours {
                    for picture in pictures(&one.applied.edit.affected()) {
                        let (was, is) = (&memory.document, &*document);
                        if was.picture(picture) != is.picture(picture)
                            || was.annotations(picture) != is.annotations(picture)
                        {
                            touched.pictures.insert(picture);
                        }
                    }
                }
                discarded.push((
                    mem::replace(&mut memory.document, *document),
                    mem::replace(&mut memory.history, *history),
                ));
                ExternalChange {
                    label: String::new(),
                    affected: None,
                    is_listed: true,
                }
            }
        }
    }

    /// Makes a change of ours again, after those of another process.
    fn apply_again(
        &mut self,
        one: &PendingChange,
        shift: &IdShift,
        touched: &Touched,
        rebased: &mut Rebased,
    ) {
        let edit = shift.edit(one.applied.edit.clone());
        let affected = edit.affected();
        let (number, label) = (one.number, one.applied.label.clone());
        let merged = || {
            // What a model proposed is made again from the boxes that are there now.
            let is_touched = pictures(&affected).any(|id| touched.pictures.contains(&id));
            if one.is_untracked && is_touched {
                return None;
            }
            let inverse = shift.edit(one.applied.inverse.clone());
            edit.merged(&inverse, &self.memory.document)
        };
        let made = match &one.operation {
            QueuedOperation::Step { label, gesture, .. } if !one.is_untracked => {
                let merged = merged();
                merged.map(|edit| self.apply(number, &Operation::Step(label, &edit, *gesture)))
            }
            QueuedOperation::Step { label, .. } | QueuedOperation::Outside { label, .. } => {
                let merged = merged();
                merged.map(|edit| self.apply(number, &Operation::Untracked(label, &edit)))
            }
            history => {
                let made = self.apply(number, &history.operation());
                match &made {
                    Ok(Some((_, applied))) if applied.edit != edit => {
                        // It would undo or redo another step, or on other content.
                        self.take_back_last();
                        None
                    }
                    Ok(None) => None,
                    _ => Some(made),
                }
            }
        };
        match made {
            Some(Ok(Some((queued, _)))) => rebased.again.push((number, queued)),
            // Nothing is left to do: a class that was added is there already.
            Some(Ok(None)) => rebased.dropped.push(DroppedChange {
                number,
                label: String::new(),
                pictures: Vec::new(),
                is_untracked: true,
            }),
            None | Some(Err(_)) => {
                let mut pictures: Vec<_> = pictures(&affected).collect();
                pictures.sort_unstable();
                pictures.dedup();
                rebased.dropped.push(DroppedChange {
                    number,
                    label,
                    pictures,
                    is_untracked: one.is_untracked,
                });
            }
        }
    }

    fn take_back_last(&mut self) {
        if let Some(last) = self.pending.pop_back() {
            let taken_back = self.memory.document.apply(last.applied.inverse);
            debug_assert!(taken_back.is_ok(), "{taken_back:?}");
            last.former.restore(&mut self.memory.history);
            self.memory.forget_history_parts();
        }
    }
}

/// What other processes have changed.
#[derive(Default)]
struct Touched {
    pictures: HashSet<PictureId>,
}

/// Makes categories that an edit adds the same as those of other processes with their names.
fn merge_categories(shift: &mut IdShift, edit: &Edit, document: &Document) {
    match edit {
        Edit::Category(Change::Insert(Category { id, name, .. })) => {
            if let Some(existing) = document.category_named(name)
                && document.category(shift.category(*id)).is_none()
            {
                shift.merge(*id, existing.id);
            }
        }
        Edit::Batch(edits) => edits
            .iter()
            .for_each(|edit| merge_categories(shift, edit, document)),
        _ => {}
    }
}
