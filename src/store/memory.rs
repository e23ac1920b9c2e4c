//! What a process holds in memory of a project, and how it follows what others write.

use std::mem;

use rusqlite::Transaction;

use super::error::Fault;
use super::load::Loaded;
use super::log::{self, Entry};
use super::news::{AffectedParts, ExternalChange};
use super::project::Access;
use super::state::Counters;
use super::write::Writer;
use crate::document::{Affected, Document, History, Step};

/// A project in memory: always what the file was at one moment.
pub(super) struct Memory {
    pub access: Access,
    pub document: Document,
    /// Empty but in the window that edits.
    pub history: History,
    /// The last change of the file that is in the document.
    pub seen: i64,
    /// Whether something failed, so that all must be read anew.
    pub is_behind: bool,
    /// What others have changed, until the next poll.
    pub news: Vec<ExternalChange>,
    /// What the steps of the history concern, found out when it is first asked for.
    reach: Option<AffectedParts>,
}

impl Memory {
    pub(super) fn new(access: Access, loaded: Loaded) -> Self {
        let mut memory = Self {
            access,
            document: Document::default(),
            history: History::default(),
            seen: 0,
            is_behind: false,
            news: Vec::new(),
            reach: None,
        };
        memory.replace(loaded);
        memory
    }

    /// Whether this is the window that edits, to which the history belongs.
    pub(super) fn is_editor(&self) -> bool {
        self.access == Access::Edit
    }

    /// Whether nobody has changed the file since.
    pub(super) fn is_at(&self, state: &Counters) -> bool {
        state.head == self.seen && (!self.is_editor() || self.has_position(state))
    }

    fn has_position(&self, state: &Counters) -> bool {
        usize::try_from(state.position) == Ok(self.history.position())
    }

    /// What the steps of the history concern.
    pub(super) fn reach(&mut self) -> &mut AffectedParts {
        let history = &self.history;
        self.reach.get_or_insert_with(|| {
            let mut reach = AffectedParts::default();
            for step in history.steps() {
                reach.add(&step.edit.affected());
            }
            reach
        })
    }

    /// Takes note that there is a new step.
    pub(super) fn reached(&mut self, affected: &Affected) {
        if let Some(reach) = &mut self.reach {
            reach.add(affected);
        }
    }

    /// Goes to where the file is.
    pub(super) fn catch_up(&mut self, transaction: &Transaction<'_>) -> Result<(), Fault> {
        let state = Counters::read(transaction)?;
        let entries = log::since(transaction, self.seen, state.head)?;
        let can_follow = !self.is_behind && (!self.is_editor() || self.has_position(&state));
        let mut writer = Writer::new(transaction, state);
        let is_followed = match entries {
            Some(entries) if can_follow => self.follow(&mut writer, entries)?,
            _ => false,
        };
        if !is_followed {
            // What was settled on the way stays so.
            if self.is_editor() {
                writer.finish()?;
            }
            return self.read_anew(transaction);
        }
        self.document.raise_next_ids(state.next_ids);
        self.seen = state.head;
        if self.is_editor() {
            writer.finish()?;
        }
        Ok(())
    }

    /// Makes the changes of others; `false` if the document must be read anew.
    fn follow(&mut self, writer: &mut Writer<'_>, entries: Vec<Entry>) -> Result<bool, Fault> {
        for entry in entries {
            let Some(edit) = entry.edit()? else {
                return Ok(false);
            };
            let affected = edit.affected();
            let label = entry.label.clone();
            if !self.is_editor() {
                if self.document.apply(edit).is_err() {
                    return Ok(false);
                }
            } else if entry.is_step {
                return Ok(false);
            } else {
                if self.reach().overlaps(&affected) {
                    let (document, history) = (&mut self.document, &mut self.history);
                    if history.commit(document, &label, edit, None).is_err() {
                        return Ok(false);
                    }
                    self.reached(&affected);
                    let last = self.history.steps().len();
                    writer.history(&self.history, last - 1..last)?;
                } else if self.document.apply(edit).is_err() {
                    return Ok(false);
                }
                log::settle(writer, entry)?;
            }
            let affected = Some(affected);
            self.news.push(ExternalChange { label, affected });
        }
        Ok(true)
    }

    fn read_anew(&mut self, transaction: &Transaction<'_>) -> Result<(), Fault> {
        let mut loaded = Loaded::read(transaction, self.is_editor())?;
        if let Some(problem) = loaded.problems.pop() {
            return Err(Fault::Damage(problem));
        }
        if self.is_editor() {
            settle(transaction, &mut loaded)?;
        }
        self.replace(loaded);
        self.is_behind = false;
        self.news.push(ExternalChange {
            label: String::new(),
            affected: None,
        });
        Ok(())
    }

    /// Takes what was read in the place of what was there.
    pub(super) fn replace(&mut self, loaded: Loaded) {
        self.seen = loaded.state.head;
        self.document = loaded.document;
        let position = usize::try_from(loaded.state.position).unwrap_or_default();
        self.history = History::new(loaded.steps, position);
        self.reach = None;
    }
}

/// Makes steps of those changes that others have made while no window held the history, and that
/// concern what its steps concern. The document has them already.
pub(super) fn settle(transaction: &Transaction<'_>, loaded: &mut Loaded) -> Result<(), Fault> {
    let pending = log::pending(transaction)?;
    if pending.is_empty() {
        return Ok(());
    }
    let mut reach = AffectedParts::default();
    for step in &loaded.steps {
        reach.add(&step.edit.affected());
    }
    let mut writer = Writer::new(transaction, loaded.state);
    for entry in pending {
        if let Some(edit) = entry.undo()? {
            let affected = edit.affected();
            if reach.overlaps(&affected) {
                reach.add(&affected);
                let position = usize::try_from(writer.state.position).unwrap_or_default();
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
        log::settle(&mut writer, entry)?;
    }
    loaded.state = writer.state;
    writer.finish()
}
