//! Committing changes: to memory and to the file, both or neither.
//!
//! A change is one transaction. It begins by locking the file for writing, so that no other process
//! can write in between, and checks whether another process has written since the last check. If so,
//! memory catches up first, in a separate transaction, and the change begins again. So memory is
//! always what the file was at one moment, and a change is always made on the latest content.
//!
//! The history belongs to the window that holds the lock. The changes of other processes, and
//! [untracked](Project::commit_untracked) ones, are not steps of it, so a person undoes only their
//! own steps and not what a model does at the same time. There are two exceptions. An
//! [import](Project::commit_prepared) is a person's step whatever process makes it; the window adopts
//! it when it catches up, or when it opens. And a change that affects the same rows as a step becomes a
//! step itself, so that each step is undone on exactly the content that it was made on.

use std::mem;

use rusqlite::{Transaction, TransactionBehavior};

#[cfg(doc)]
use super::access::Access;
use super::backup;
use super::counters::Counters;
use super::error::{Fault, StoreError};
use super::external::{AffectedParts, ExternalChange};
use super::load::LoadedFile;
use super::log::{self, ChangeKind, LogEntry};
use super::memory::ProjectState;
use super::operation::{AppliedChange, HistorySnapshot, Operation, apply_in_memory};
use super::project::Project;
use super::write::Writer;
#[cfg(doc)]
use crate::document::History;
use crate::document::{AffectedRows, Document, Edit, EditError, PictureId};

/// How often a long edit is prepared while others may write.
const MAX_ATTEMPTS_WITHOUT_LOCK: usize = 2;

/// The result of trying to make a change.
pub(super) enum Attempt {
    /// Another process has changed the file, so memory must catch up first.
    Behind,
    /// The operation changes nothing.
    Unchanged,
    /// The change is in memory and in the file.
    Applied(Box<AppliedChange>),
}

/// Why a change was not made.
enum Failure {
    /// The document refuses it.
    Refused(EditError),
    /// The file could not be written.
    Unwritten {
        fault: Fault,
        /// Whether memory may differ from the file.
        is_lost: bool,
    },
}

/// A step that was undone or redone.
#[derive(Clone, Debug, PartialEq)]
pub struct UndoneStep {
    /// What the step does.
    pub label: String,
    /// The picture that it changes, if it is exactly one.
    pub picture: Option<PictureId>,
    /// The rows that changed.
    pub affected: AffectedRows,
}

impl From<AppliedChange> for UndoneStep {
    fn from(applied: AppliedChange) -> Self {
        Self {
            affected: applied.edit.affected(),
            label: applied.label,
            picture: applied.picture,
        }
    }
}

impl Project {
    /// Commits an edit as a step that can be undone, and returns the affected rows. The edit is on the
    /// disk when this returns. For `gesture` see [`History::commit`]. If the edit can be made from
    /// the document at any time, use [`commit_with`](Self::commit_with) instead.
    ///
    /// With [`Access::Add`] it becomes a step only if it affects the same rows as a step.
    ///
    /// # Errors
    /// If the document refuses the edit, the file cannot be written, or another process has just
    /// changed the same pictures or categories ([`StoreError::Conflict`]). Memory and file then
    /// agree and contain no part of the edit.
    pub fn commit(
        &mut self,
        label: &str,
        edit: &Edit,
        gesture: Option<u64>,
    ) -> Result<AffectedRows, StoreError> {
        self.commit_operation(edit, &Operation::Step(label, edit, gesture), label)
    }

    /// Commits an edit that is not a step of the history, such as an update after files on the disk
    /// have changed.
    ///
    /// # Errors
    /// As for [`commit`](Self::commit).
    pub fn commit_untracked(
        &mut self,
        label: &str,
        edit: &Edit,
    ) -> Result<AffectedRows, StoreError> {
        self.commit_operation(edit, &Operation::Untracked(label, edit), label)
    }

    /// As [`commit`](Self::commit), for an edit that is made from the latest document, so that it
    /// cannot conflict: `make` is called again if another process writes in between.
    ///
    /// # Errors
    /// As for [`commit`](Self::commit), without conflicts.
    pub fn commit_with(
        &mut self,
        label: &str,
        gesture: Option<u64>,
        make: impl Fn(&Document) -> Result<Edit, EditError>,
    ) -> Result<AffectedRows, StoreError> {
        loop {
            let edit = make(&self.memory.document)?;
            match self.attempt(&Operation::Step(label, &edit, gesture))? {
                Attempt::Behind => self.catch_up()?,
                Attempt::Unchanged | Attempt::Applied(_) => return Ok(edit.affected()),
            }
        }
    }

    /// As [`commit_untracked`](Self::commit_untracked), for an edit that is made from the latest
    /// document, as in [`commit_with`](Self::commit_with).
    ///
    /// # Errors
    /// As for [`commit_with`](Self::commit_with).
    pub fn commit_untracked_with(
        &mut self,
        label: &str,
        make: impl Fn(&Document) -> Result<Edit, EditError>,
    ) -> Result<AffectedRows, StoreError> {
        loop {
            let edit = make(&self.memory.document)?;
            match self.attempt(&Operation::Untracked(label, &edit))? {
                Attempt::Behind => self.catch_up()?,
                Attempt::Unchanged | Attempt::Applied(_) => return Ok(edit.affected()),
            }
        }
    }

    /// As [`commit_with`](Self::commit_with), for an import: its edit takes long to prepare, and it is a
    /// step that can be undone with [`Access::Add`] too, in the window that edits the project.
    ///
    /// `prepare` is called again if another process writes in between. The last time, nobody else can
    /// write until it is done, so that an import comes to an end whatever they do. What they try to write
    /// meanwhile waits for some seconds, and then fails with [`StoreError::Busy`]: nothing of it is in their
    /// memory or in the file, and they can try again. Returns what `prepare` returns with the edit.
    ///
    /// # Errors
    /// As for [`commit_with`](Self::commit_with), and those of `prepare`.
    pub fn commit_prepared<T, E: From<StoreError>>(
        &mut self,
        label: &str,
        mut prepare: impl FnMut(&Document) -> Result<(Edit, T), E>,
    ) -> Result<T, E> {
        for _ in 0..MAX_ATTEMPTS_WITHOUT_LOCK {
            let (edit, prepared) = prepare(&self.memory.document)?;
            match self.attempt(&Operation::AdoptedStep(label, &edit))? {
                Attempt::Behind => self.catch_up()?,
                Attempt::Unchanged | Attempt::Applied(_) => return Ok(prepared),
            }
        }
        self.catch_up()?;
        self.check_writable()?;
        let (path, memory) = (&self.path, &mut self.memory);
        let at = |fault: Fault| backup::error_at(path, fault);
        let begun = Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate);
        let transaction = begun.map_err(|error| at(error.into()))?;
        // What was written since then. Nothing more can be.
        let caught_up = memory.catch_up(&transaction);
        // Until the transaction is written, memory may differ from the file, whatever ends it before.
        memory.is_behind = true;
        caught_up.map_err(at)?;
        let (edit, prepared) = match prepare(&memory.document) {
            Ok(made) => made,
            Err(error) => {
                // Memory has caught up, so the file must as well.
                let caught_up = transaction.commit();
                caught_up.map_err(|error| at(error.into()))?;
                memory.is_behind = false;
                return Err(error);
            }
        };
        let operation = Operation::AdoptedStep(label, &edit);
        let changed = change(memory, transaction, self.writer, &operation);
        memory.is_behind = !matches!(changed, Ok(Attempt::Applied(_)));
        self.finish(changed)?;
        Ok(prepared)
    }

    /// Undoes the last step, if there is one.
    ///
    /// # Errors
    /// If the project is not open for editing, or the file cannot be written.
    pub fn undo(&mut self) -> Result<Option<UndoneStep>, StoreError> {
        self.undo_or_redo(&Operation::Undo)
    }

    /// Undoes the last step that does not have a label, while those with the label that came after it
    /// stay done. `None`, and nothing is undone, if none came after it, or one of them affects what the
    /// step does.
    ///
    /// # Errors
    /// As for [`undo`](Self::undo).
    pub fn undo_past(&mut self, label: &str) -> Result<Option<UndoneStep>, StoreError> {
        self.undo_or_redo(&Operation::UndoPast(label))
    }

    /// Redoes the step that was undone last, if there is one.
    ///
    /// # Errors
    /// As for [`undo`](Self::undo).
    pub fn redo(&mut self) -> Result<Option<UndoneStep>, StoreError> {
        self.undo_or_redo(&Operation::Redo)
    }

    /// Catches up with the changes of other processes, and returns those since the last poll. If
    /// nobody has written anything this costs almost nothing. A window polls once a second.
    ///
    /// # Errors
    /// If the file cannot be read, cannot be written when the history changes, or was deleted or
    /// replaced.
    pub fn poll(&mut self) -> Result<Vec<ExternalChange>, StoreError> {
        self.check_in_place()?;
        let version = self
            .connection
            .query_row("PRAGMA data_version", [], |row| row.get(0))
            .map_err(|error| backup::error_at(&self.path, Fault::from(error)))?;
        if version != self.data_version || self.memory.is_behind {
            self.catch_up()?;
            self.data_version = version;
        }
        Ok(mem::take(&mut self.memory.external_changes))
    }

    fn commit_operation(
        &mut self,
        edit: &Edit,
        operation: &Operation<'_>,
        label: &str,
    ) -> Result<AffectedRows, StoreError> {
        let affected = edit.affected();
        let conflict = || StoreError::Conflict {
            label: label.to_owned(),
        };
        let mut known = self.memory.external_changes.len();
        let mut is_first = true;
        loop {
            match self.attempt(operation) {
                Ok(Attempt::Behind) => self.catch_up()?,
                Ok(Attempt::Unchanged | Attempt::Applied(_)) => return Ok(affected),
                Err(StoreError::Refused(_)) if !is_first => return Err(conflict()),
                Err(error) => return Err(error),
            }
            is_first = false;
            let mut theirs = AffectedParts::default();
            let mut is_conflict = false;
            for change in &self.memory.external_changes[known..] {
                match &change.affected {
                    Some(affected) => theirs.add(affected),
                    None => is_conflict = true,
                }
            }
            if is_conflict || theirs.overlaps(&affected) {
                return Err(conflict());
            }
            known = self.memory.external_changes.len();
        }
    }

    fn undo_or_redo(
        &mut self,
        operation: &Operation<'_>,
    ) -> Result<Option<UndoneStep>, StoreError> {
        self.check_writable()?;
        if !self.memory.is_editor() {
            let path = self.path.clone();
            return Err(StoreError::ReadOnly { path });
        }
        loop {
            match self.attempt(operation)? {
                Attempt::Behind => self.catch_up()?,
                Attempt::Unchanged => return Ok(None),
                Attempt::Applied(applied) => return Ok(Some((*applied).into())),
            }
        }
    }

    /// Tries to make a change in memory and in the file.
    pub(super) fn attempt(&mut self, operation: &Operation<'_>) -> Result<Attempt, StoreError> {
        self.check_writable()?;
        if self.memory.is_behind {
            return Ok(Attempt::Behind);
        }
        let at = |fault: Fault| backup::error_at(&self.path, fault);
        let immediate = TransactionBehavior::Immediate;
        let transaction = Transaction::new_unchecked(&self.connection, immediate);
        let transaction = transaction.map_err(|error| at(error.into()))?;
        let counters = Counters::read(&transaction).map_err(at)?;
        if !self.memory.is_at(&counters) {
            return Ok(Attempt::Behind);
        }
        let changed = change(&mut self.memory, transaction, self.writer, operation);
        self.finish(changed)
    }

    /// The result of a change.
    fn finish(&mut self, changed: Result<Attempt, Failure>) -> Result<Attempt, StoreError> {
        match changed {
            Ok(done) => {
                // If the file was replaced meanwhile, the change is in the file that was rescued.
                self.check_in_place()?;
                Ok(done)
            }
            Err(Failure::Refused(error)) => Err(error.into()),
            Err(Failure::Unwritten { fault, is_lost }) => {
                self.is_lost |= is_lost;
                Err(backup::error_at(&self.path, fault))
            }
        }
    }

    /// Brings memory to the content of the file.
    pub(super) fn catch_up(&mut self) -> Result<(), StoreError> {
        self.check_usable()?;
        let behaviour = if self.memory.is_editor() {
            TransactionBehavior::Immediate
        } else {
            TransactionBehavior::Deferred
        };
        let transaction = Transaction::new_unchecked(&self.connection, behaviour)
            .map_err(|error| backup::error_at(&self.path, Fault::from(error)))?;
        let result = self
            .memory
            .catch_up(&transaction)
            .and_then(|()| Ok(transaction.commit()?));
        if result.is_err() {
            // Memory may have caught up only in part. The content of the file is right. What remains
            // to be written about the history is tried again by the next operation.
            self.memory.is_behind = true;
            let read = Transaction::new_unchecked(&self.connection, TransactionBehavior::Deferred)
                .map_err(Fault::from)
                .and_then(|transaction| LoadedFile::read(&transaction, self.memory.is_editor()));
            match read {
                Ok(loaded) if loaded.problems.is_empty() => self.memory.replace(loaded),
                _ => self.is_lost = true,
            }
        }
        result.map_err(|fault| backup::error_at(&self.path, fault))
    }
}

/// Makes a change in memory and in the file. The transaction has locked the file, and memory has its
/// content.
fn change(
    memory: &mut ProjectState,
    transaction: Transaction<'_>,
    writer_number: i64,
    operation: &Operation<'_>,
) -> Result<Attempt, Failure> {
    let is_editor = memory.is_editor();
    let former = HistorySnapshot::of(&memory.history, operation);
    let Some(applied) = apply_in_memory(memory, operation).map_err(Failure::Refused)? else {
        return Ok(Attempt::Unchanged);
    };
    let affected = applied.edit.affected();
    let kind = match operation {
        _ if applied.steps.is_some() => ChangeKind::Step,
        Operation::AdoptedStep(..) => ChangeKind::AdoptAsStep,
        _ => ChangeKind::Untracked,
    };
    let in_file: Result<i64, Fault> = (|| {
        let mut writer = Writer::new(&transaction, Counters::read(&transaction)?);
        writer.document(&memory.document, &affected)?;
        if let Some(steps) = applied.steps.clone() {
            writer.history(&memory.history, steps)?;
        }
        let undo = (!is_editor).then_some(&applied.inverse);
        let entry = LogEntry::new(writer_number, &applied.label, kind, &applied.edit, undo)?;
        log::add(&mut writer, entry)?;
        let head = writer.counters.head;
        writer.finish()?;
        Ok(head)
    })();
    let in_file = in_file.and_then(|head| {
        transaction.commit()?;
        Ok(head)
    });
    match in_file {
        Ok(head) => {
            memory.last_change = head;
            if applied.steps.is_some() {
                memory.add_to_history_parts(&affected);
            }
            Ok(Attempt::Applied(Box::new(applied)))
        }
        Err(fault) => {
            former.restore(&mut memory.history);
            // The inverse leads back to the previous content, so it is not refused.
            let is_lost = memory.document.apply(applied.inverse).is_err();
            Err(Failure::Unwritten { fault, is_lost })
        }
    }
}
