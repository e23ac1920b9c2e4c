//! Making changes: in memory and in the file, both or neither.
//!
//! A change is one transaction. It begins by taking the right to write, so nobody else can come
//! between, and looks whether another process has written since: if so, that is taken into memory
//! first, in a transaction of its own, and then it begins anew. So memory is always what the file
//! was at one moment, and a change is always made on the latest.
//!
//! The history belongs to the window that holds the lock. What others do, and what is
//! [noted](Project::note), stays beside it, so that a person undoes their own steps and not what a
//! model does meanwhile. But where it concerns something that a step concerns too, it becomes a
//! step itself: so each step is undone on exactly what it was done on.

use std::mem;
use std::ops::Range;

use rusqlite::{Transaction, TransactionBehavior};

use super::error::{Fault, StoreError};
use super::load::Loaded;
use super::log::{self, Entry};
use super::memory::Memory;
use super::news::{AffectedParts, ExternalChange};
use super::project::{Access, Project};
use super::state::Counters;
use super::write::Writer;
use crate::document::{Affected, Document, Edit, EditError, History, PictureId, Step};

/// A step that was undone or redone.
#[derive(Clone, Debug, PartialEq)]
pub struct UndoneStep {
    /// What the step does.
    pub label: String,
    /// The one picture that it changes, if it is one.
    pub picture: Option<PictureId>,
    /// The rows that changed.
    pub affected: Affected,
}

/// A change to be made.
enum Operation<'a> {
    /// A step of the history.
    Step(&'a str, &'a Edit, Option<u64>),
    /// A change beside it.
    Note(&'a str, &'a Edit),
    /// The last step is undone.
    Undo,
    /// The next step is redone.
    Redo,
}

/// A change as it was made in memory.
struct AppliedChange {
    label: String,
    picture: Option<PictureId>,
    edit: Edit,
    inverse: Edit,
    /// Where the steps are that changed.
    steps: Option<Range<usize>>,
}

impl Project {
    /// Makes an edit, as a step that can be undone, and gives back the rows that it changes. It
    /// is on the disk when this returns. For `gesture` see [`History::commit`]. Where the edit can
    /// be made from the document at any moment, [`commit_with`](Self::commit_with) is better.
    ///
    /// With [`Access::Add`] it becomes a step only if it concerns what a step concerns too.
    ///
    /// # Errors
    /// If the document refuses it, the file cannot be written, or another process has just
    /// changed the same pictures or categories ([`StoreError::Conflict`]). Memory and file then
    /// agree, and hold nothing of the edit.
    pub fn commit(
        &mut self,
        label: &str,
        edit: &Edit,
        gesture: Option<u64>,
    ) -> Result<Affected, StoreError> {
        self.make(edit, &Operation::Step(label, edit, gesture), label)
    }

    /// Makes an edit that is nobody's step, such as taking in what has changed on the disk.
    ///
    /// # Errors
    /// As for [`commit`](Self::commit).
    pub fn note(&mut self, label: &str, edit: &Edit) -> Result<Affected, StoreError> {
        self.make(edit, &Operation::Note(label, edit), label)
    }

    /// As [`commit`](Self::commit), of an edit that is made from the latest document, so that it
    /// cannot be stale: `make` is called again if another process comes between.
    ///
    /// # Errors
    /// As for [`commit`](Self::commit), but for staleness.
    pub fn commit_with(
        &mut self,
        label: &str,
        gesture: Option<u64>,
        make: impl Fn(&Document) -> Result<Edit, EditError>,
    ) -> Result<Affected, StoreError> {
        loop {
            let edit = make(&self.memory.document)?;
            match self.attempt(&Operation::Step(label, &edit, gesture))? {
                Some(_) => return Ok(edit.affected()),
                None => self.catch_up()?,
            }
        }
    }

    /// As [`note`](Self::note), of an edit that is made from the latest document, as
    /// [`commit_with`](Self::commit_with) makes it.
    ///
    /// # Errors
    /// As for [`commit_with`](Self::commit_with).
    pub fn commit_untracked_with(
        &mut self,
        label: &str,
        make: impl Fn(&Document) -> Result<Edit, EditError>,
    ) -> Result<Affected, StoreError> {
        loop {
            let edit = make(&self.memory.document)?;
            match self.attempt(&Operation::Note(label, &edit))? {
                Some(_) => return Ok(edit.affected()),
                None => self.catch_up()?,
            }
        }
    }

    /// Undoes the last step, if there is one.
    ///
    /// # Errors
    /// If this project is not open for editing, or the file cannot be written.
    pub fn undo(&mut self) -> Result<Option<UndoneStep>, StoreError> {
        self.cross(&Operation::Undo)
    }

    /// Redoes the step that was undone last, if there is one.
    ///
    /// # Errors
    /// As for [`undo`](Self::undo).
    pub fn redo(&mut self) -> Result<Option<UndoneStep>, StoreError> {
        self.cross(&Operation::Redo)
    }

    /// Takes in what other processes have changed, and tells what that was since the last poll.
    /// If nobody has written anything this costs next to nothing; a window asks once a second.
    ///
    /// # Errors
    /// If the file cannot be read, or written where the history changes.
    pub fn poll(&mut self) -> Result<Vec<ExternalChange>, StoreError> {
        if self.access() != Access::View {
            self.check_in_place()?;
        }
        let version = self
            .connection
            .query_row("PRAGMA data_version", [], |row| row.get(0))
            .map_err(|error| Fault::from(error).at(&self.path))?;
        if version != self.data_version || self.memory.is_behind {
            self.catch_up()?;
            self.data_version = version;
        }
        Ok(mem::take(&mut self.memory.news))
    }

    fn make(
        &mut self,
        edit: &Edit,
        act: &Operation<'_>,
        label: &str,
    ) -> Result<Affected, StoreError> {
        let affected = edit.affected();
        let stale = || StoreError::Conflict {
            label: label.to_owned(),
        };
        let mut seen = self.memory.news.len();
        let mut is_first = true;
        loop {
            match self.attempt(act) {
                Ok(Some(_)) => return Ok(affected),
                Ok(None) => self.catch_up()?,
                Err(StoreError::Refused(_)) if !is_first => return Err(stale()),
                Err(error) => return Err(error),
            }
            is_first = false;
            let mut others = AffectedParts::default();
            let mut is_stale = false;
            for news in &self.memory.news[seen..] {
                match &news.affected {
                    Some(affected) => others.add(affected),
                    None => is_stale = true,
                }
            }
            if is_stale || others.overlaps(&affected) {
                return Err(stale());
            }
            seen = self.memory.news.len();
        }
    }

    fn cross(&mut self, act: &Operation<'_>) -> Result<Option<UndoneStep>, StoreError> {
        if !self.memory.is_editor() {
            let path = self.path.clone();
            return Err(StoreError::ReadOnly { path });
        }
        loop {
            match self.attempt(act)? {
                None => self.catch_up()?,
                Some(made) => {
                    return Ok(made.map(|made| UndoneStep {
                        affected: made.edit.affected(),
                        label: made.label,
                        picture: made.picture,
                    }));
                }
            }
        }
    }

    /// Makes a change in memory and in the file. The outer nothing means that another process
    /// has changed the file, which must be taken in first; the inner one that nothing changes.
    fn attempt(
        &mut self,
        act: &Operation<'_>,
    ) -> Result<Option<Option<AppliedChange>>, StoreError> {
        self.check_usable()?;
        if self.access() == Access::View {
            let path = self.path.clone();
            return Err(StoreError::ReadOnly { path });
        }
        self.check_in_place()?;
        if self.memory.is_behind {
            return Ok(None);
        }
        let at = |fault: Fault| fault.at(&self.path);
        let immediate = TransactionBehavior::Immediate;
        let transaction = Transaction::new_unchecked(&self.connection, immediate);
        let transaction = transaction.map_err(|error| at(error.into()))?;
        let state = Counters::read(&transaction).map_err(at)?;
        let is_editor = self.memory.is_editor();
        if !self.memory.is_at(&state) {
            return Ok(None);
        }

        let former = HistorySnapshot::of(&self.memory.history, act);
        let Some(made) = do_in_memory(&mut self.memory, act)? else {
            return Ok(Some(None));
        };
        let affected = made.edit.affected();
        let in_file: Result<i64, Fault> = (|| {
            let mut writer = Writer::new(&transaction, state);
            writer.document(&self.memory.document, &affected)?;
            if let Some(steps) = made.steps.clone() {
                writer.history(&self.memory.history, steps)?;
            }
            let is_step = made.steps.is_some();
            let undo = (!is_editor).then_some(&made.inverse);
            let entry = Entry::new(self.writer, &made.label, is_step, &made.edit, undo)?;
            log::add(&mut writer, entry)?;
            let head = writer.state.head;
            writer.finish()?;
            Ok(head)
        })();
        let in_file = in_file.and_then(|head| {
            transaction.commit()?;
            Ok(head)
        });
        match in_file {
            Ok(head) => {
                self.memory.seen = head;
                if made.steps.is_some() {
                    self.memory.reached(&affected);
                }
                Ok(Some(Some(made)))
            }
            Err(fault) => {
                former.put_back(&mut self.memory.history);
                // It leads back to where the document has just been, so it is not refused.
                self.is_lost |= self.memory.document.apply(made.inverse).is_err();
                Err(fault.at(&self.path))
            }
        }
    }

    /// Brings memory to where the file is.
    pub(super) fn catch_up(&mut self) -> Result<(), StoreError> {
        self.check_usable()?;
        let behaviour = if self.memory.is_editor() {
            TransactionBehavior::Immediate
        } else {
            TransactionBehavior::Deferred
        };
        let transaction = Transaction::new_unchecked(&self.connection, behaviour)
            .map_err(|error| Fault::from(error).at(&self.path))?;
        let taken = self
            .memory
            .catch_up(&transaction)
            .and_then(|()| Ok(transaction.commit()?));
        if taken.is_err() {
            // Memory may be half-way. What the file says is right; what remains to be written
            // about the history is tried again by whatever comes next.
            self.memory.is_behind = true;
            let read = Transaction::new_unchecked(&self.connection, TransactionBehavior::Deferred)
                .map_err(Fault::from)
                .and_then(|transaction| Loaded::read(&transaction, self.memory.is_editor()));
            match read {
                Ok(loaded) if loaded.problems.is_empty() => self.memory.replace(loaded),
                _ => self.is_lost = true,
            }
        }
        taken.map_err(|fault| fault.at(&self.path))
    }
}

/// Makes a change in memory; nothing if it changes nothing.
fn do_in_memory(
    memory: &mut Memory,
    act: &Operation<'_>,
) -> Result<Option<AppliedChange>, EditError> {
    match *act {
        Operation::Step(_, edit, _) | Operation::Note(_, edit) if edit.is_empty() => Ok(None),
        Operation::Step(label, edit, gesture) if memory.is_editor() => {
            make_step(memory, label, edit, gesture)
        }
        Operation::Note(label, edit)
            if memory.is_editor() && memory.reach().overlaps(&edit.affected()) =>
        {
            make_step(memory, label, edit, None)
        }
        Operation::Step(label, edit, _) | Operation::Note(label, edit) => Ok(Some(AppliedChange {
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
            Ok(edit.zip(step).map(|(edit, step)| crossed(edit, step, at)))
        }
        Operation::Redo => {
            let at = memory.history.position();
            let edit = memory.history.next_redo().map(|step| step.edit.clone());
            let step = memory.history.redo(&mut memory.document)?.cloned();
            Ok(edit.zip(step).map(|(edit, step)| crossed(edit, step, at)))
        }
    }
}

fn make_step(
    memory: &mut Memory,
    label: &str,
    edit: &Edit,
    gesture: Option<u64>,
) -> Result<Option<AppliedChange>, EditError> {
    // A gesture joins its edits to one, from which this one's inverse could not be told.
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

fn crossed(edit: Edit, step: Step, at: usize) -> AppliedChange {
    AppliedChange {
        label: step.label,
        picture: step.picture,
        edit,
        inverse: step.edit,
        steps: Some(at..at + 1),
    }
}

/// The part of a history that a change may alter, to be put back if the file refuses.
struct HistorySnapshot {
    position: usize,
    from: usize,
    steps: Vec<Step>,
    /// Whether what comes after these steps stays as it is.
    has_rest: bool,
}

impl HistorySnapshot {
    fn of(history: &History, act: &Operation<'_>) -> Self {
        let position = history.position();
        let from = position.saturating_sub(1);
        let has_rest = matches!(act, Operation::Undo | Operation::Redo);
        let to = if has_rest {
            history.steps().len().min(position + 1)
        } else {
            history.steps().len()
        };
        Self {
            position,
            from,
            steps: history.steps()[from..to].to_vec(),
            has_rest,
        }
    }

    fn put_back(self, history: &mut History) {
        let now = history.steps();
        let mut steps = now[..self.from].to_vec();
        let rest = self.from + self.steps.len();
        steps.extend(self.steps);
        if self.has_rest {
            steps.extend_from_slice(&now[rest..]);
        }
        *history = History::new(steps, self.position);
    }
}
