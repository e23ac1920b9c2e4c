//! A project in memory, and how it catches up with what other processes write.

use std::mem;

use rusqlite::Transaction;

use super::access::Access;
use super::counters::Counters;
use super::error::Fault;
use super::external::{AffectedParts, ExternalChange};
use super::load::LoadedFile;
use super::log::{self, ChangeKind, LogEntry};
use super::write::Writer;
use crate::document::{AffectedRows, Document, Edit, History, Step};

/// A change by another process, as it was made in memory.
#[derive(Debug)]
pub(super) enum FollowedChange {
    /// An edit, which is a step of the history or not.
    Edit {
        label: String,
        edit: Edit,
        is_step: bool,
    },
    /// The whole file was read again.
    Everything,
}

/// A project in memory: always what the file was at one moment.
pub(super) struct ProjectState {
    pub access: Access,
    pub document: Document,
    /// Empty unless this is the window that edits.
    pub history: History,
    /// The number of the last change that the document contains.
    pub last_change: i64,
    /// Whether catching up failed, so that the whole file must be read again.
    pub is_behind: bool,
    /// The changes of other processes since the last poll.
    pub external_changes: Vec<ExternalChange>,
    /// The changes of other processes as they were made here, where somebody else has to make them too.
    pub followed: Option<Vec<FollowedChange>>,
    /// What the steps of the history affect, computed on first use.
    history_parts: Option<AffectedParts>,
}

impl ProjectState {
    pub(super) fn new(access: Access, loaded: LoadedFile) -> Self {
        let mut memory = Self {
            access,
            document: Document::default(),
            history: History::default(),
            last_change: 0,
            is_behind: false,
            external_changes: Vec::new(),
            followed: None,
            history_parts: None,
        };
        memory.replace(loaded);
        memory
    }

    /// A second one with the same content, which is changed ahead of the file.
    pub(super) fn copy(&self) -> Self {
        Self {
            access: self.access,
            document: self.document.clone(),
            history: self.history.clone(),
            last_change: self.last_change,
            is_behind: false,
            external_changes: Vec::new(),
            followed: None,
            history_parts: None,
        }
    }

    /// Whether this is the window that edits, to which the history belongs.
    pub(super) fn is_editor(&self) -> bool {
        self.access == Access::Edit
    }

    /// Whether no other process has changed the file since.
    pub(super) fn is_at(&self, counters: &Counters) -> bool {
        counters.head == self.last_change && (!self.is_editor() || self.has_position(counters))
    }

    fn has_position(&self, counters: &Counters) -> bool {
        usize::try_from(counters.position) == Ok(self.history.position())
    }

    /// What the steps of the history affect.
    pub(super) fn history_parts(&mut self) -> &mut AffectedParts {
        let history = &self.history;
        self.history_parts.get_or_insert_with(|| {
            let mut parts = AffectedParts::default();
            for step in history.steps() {
                parts.add(&step.edit.affected());
            }
            parts
        })
    }

    /// Computes on the next use what the steps of the history affect, because some were taken back.
    pub(super) fn forget_history_parts(&mut self) {
        self.history_parts = None;
    }

    /// Adds what a new step affects.
    pub(super) fn add_to_history_parts(&mut self, affected: &AffectedRows) {
        if let Some(parts) = &mut self.history_parts {
            parts.add(affected);
        }
    }

    /// Catches up with the content of the file.
    pub(super) fn catch_up(&mut self, transaction: &Transaction<'_>) -> Result<(), Fault> {
        let counters = Counters::read(transaction)?;
        let entries = log::since(transaction, self.last_change, counters.head)?;
        let can_follow = !self.is_behind && (!self.is_editor() || self.has_position(&counters));
        let mut writer = Writer::new(transaction, counters);
        let is_followed = match entries {
            Some(entries) if can_follow => self.follow(&mut writer, entries)?,
            _ => false,
        };
        if !is_followed {
            // Changes that were adopted before that stay adopted.
            if self.is_editor() {
                writer.finish()?;
            }
            return self.read_again(transaction);
        }
        self.document.raise_next_ids(counters.next_ids);
        self.last_change = counters.head;
        if self.is_editor() {
            writer.finish()?;
        }
        Ok(())
    }

    /// Makes the changes of other processes. `false` if the document must be read again.
    fn follow(&mut self, writer: &mut Writer<'_>, entries: Vec<LogEntry>) -> Result<bool, Fault> {
        for entry in entries {
            let Some(edit) = entry.edit()? else {
                return Ok(false);
            };
            let affected = edit.affected();
            let label = entry.label.clone();
            let is_listed = edit.lists_pictures(&self.document);
            let copy = self.followed.is_some().then(|| edit.clone());
            let mut is_adopted = false;
            if !self.is_editor() {
                if self.document.apply(edit).is_err() {
                    return Ok(false);
                }
            } else if entry.kind == ChangeKind::Step {
                return Ok(false);
            } else {
                let is_step = entry.kind == ChangeKind::AdoptAsStep
                    || self.history_parts().overlaps(&affected);
                if is_step {
                    let (document, history) = (&mut self.document, &mut self.history);
                    if history.commit(document, &label, edit, None).is_err() {
                        return Ok(false);
                    }
                    self.add_to_history_parts(&affected);
                    let last = self.history.steps().len();
                    writer.history(&self.history, last - 1..last)?;
                } else if self.document.apply(edit).is_err() {
                    return Ok(false);
                }
                log::mark_adopted(writer, entry, is_step)?;
                is_adopted = is_step;
            }
            if let (Some(followed), Some(edit)) = (&mut self.followed, copy) {
                followed.push(FollowedChange::Edit {
                    label: label.clone(),
                    edit,
                    is_step: is_adopted,
                });
            }
            let affected = Some(affected);
            self.external_changes.push(ExternalChange {
                label,
                affected,
                is_listed,
            });
        }
        Ok(true)
    }

    /// Reads the whole file again.
    fn read_again(&mut self, transaction: &Transaction<'_>) -> Result<(), Fault> {
        let mut loaded = LoadedFile::read(transaction, self.is_editor())?;
        if let Some(problem) = loaded.problems.pop() {
            return Err(Fault::Damage(problem));
        }
        if self.is_editor() {
            adopt_pending(transaction, &mut loaded)?;
        }
        self.replace(loaded);
        self.is_behind = false;
        self.external_changes.push(ExternalChange {
            label: String::new(),
            affected: None,
            is_listed: true,
        });
        Ok(())
    }

    /// Replaces the content by what was read.
    pub(super) fn replace(&mut self, loaded: LoadedFile) {
        self.last_change = loaded.counters.head;
        self.document = loaded.document;
        let position = usize::try_from(loaded.counters.position).unwrap_or_default();
        self.history = History::new(loaded.steps, position);
        self.history_parts = None;
        if let Some(followed) = &mut self.followed {
            followed.clear();
            followed.push(FollowedChange::Everything);
        }
    }
}

/// Adopts the changes that other processes made while no window was editing: those that were made as
/// steps, or affect the same rows as a step of the history, become steps. The document contains them
/// already.
pub(super) fn adopt_pending(
    transaction: &Transaction<'_>,
    loaded: &mut LoadedFile,
) -> Result<(), Fault> {
    let pending = log::pending(transaction)?;
    if pending.is_empty() {
        return Ok(());
    }
    let mut parts = AffectedParts::default();
    for step in &loaded.steps {
        parts.add(&step.edit.affected());
    }
    let mut writer = Writer::new(transaction, loaded.counters);
    for entry in pending {
        let mut is_step = false;
        if let Some(edit) = entry.undo()? {
            let affected = edit.affected();
            is_step = entry.kind == ChangeKind::AdoptAsStep || parts.overlaps(&affected);
            if is_step {
                parts.add(&affected);
                let position = usize::try_from(writer.counters.position).unwrap_or_default();
                let mut steps = mem::take(&mut loaded.steps);
                steps.truncate(position);
                steps.push(Step {
                    label: entry.label.clone(),
                    picture: affected.only_picture(),
                    edit,
                });
                let history = History::new(steps, position + 1);
                writer.history(&history, position..position + 1)?;
                loaded.steps = history.steps().to_vec();
            }
        }
        log::mark_adopted(&mut writer, entry, is_step)?;
    }
    loaded.counters = writer.counters;
    writer.finish()
}
