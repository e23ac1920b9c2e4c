//! The log of changes, from which processes that have the same project open learn of each other's
//! edits.
//!
//! Each change of the document is one row, numbered by [`Counters::head`](super::counters::Counters).
//! Old rows are deleted, and an edit that is too long is not written. A process that misses an edit
//! reads the whole project again, which is always correct. Only the edits of a process without the
//! history must stay until the window with the history has adopted them, so they also have their
//! inverse.

use std::io;

use rusqlite::Connection;
use rusqlite::types::ValueRef;
use serde::Serialize;

use super::error::Fault;
use super::rows::{CHANGES, Cells, int, maybe, text};
use super::write::Writer;
use crate::document::Edit;

/// The number of changes in the log.
const MAX_LOGGED_CHANGES: i64 = 256;
/// The length of the longest edit in the log, as JSON. All of them together have up to 16 MiB.
const MAX_LOGGED_EDIT_BYTES: usize = 64 << 10;

/// What a change is to the history of the project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ChangeKind {
    /// It is outside the history, unless it affects the same rows as a step.
    Untracked,
    /// A step was made, undone or redone.
    Step,
    /// A process without the history made it as a step: the window with the history adopts it as one.
    /// Earlier versions of the program take it for a step and read the whole project again.
    AdoptAsStep,
}

impl ChangeKind {
    fn to_cell(self) -> i64 {
        match self {
            Self::Untracked => 0,
            Self::Step => 1,
            Self::AdoptAsStep => 2,
        }
    }

    fn from_cell(cell: i64) -> Self {
        match cell {
            0 => Self::Untracked,
            2 => Self::AdoptAsStep,
            _ => Self::Step,
        }
    }
}

/// A change of the document.
pub(super) struct LogEntry {
    /// The number of the change.
    pub seq: i64,
    /// The number of the process that made it.
    pub writer: i64,
    /// What it is to the history.
    pub kind: ChangeKind,
    /// What the change does.
    pub label: String,
    /// The edit as JSON, unless it was too long.
    edit: Option<String>,
    /// The inverse as JSON, until the window with the history has adopted the change.
    undo: Option<String>,
}

impl LogEntry {
    /// The entry for a change.
    pub(super) fn new(
        writer: i64,
        label: &str,
        kind: ChangeKind,
        edit: &Edit,
        undo: Option<&Edit>,
    ) -> Result<Self, Fault> {
        Ok(Self {
            seq: 0,
            writer,
            kind,
            label: label.to_owned(),
            edit: json_up_to(MAX_LOGGED_EDIT_BYTES, edit)?,
            undo: undo.map(serde_json::to_string).transpose()?,
        })
    }

    /// The edit, unless it was too long.
    pub(super) fn edit(&self) -> Result<Option<Edit>, Fault> {
        let edit = self.edit.as_deref().map(serde_json::from_str);
        Ok(edit.transpose()?)
    }

    /// The inverse, unless the window with the history has adopted the change.
    pub(super) fn undo(&self) -> Result<Option<Edit>, Fault> {
        let undo = self.undo.as_deref().map(serde_json::from_str);
        Ok(undo.transpose()?)
    }
}

/// A value as JSON, or `None` if it is longer than that. Such a value is not converted to its end, because
/// an import may be as long as memory.
pub(super) fn json_up_to(bytes: usize, value: &impl Serialize) -> Result<Option<String>, Fault> {
    struct Bounded(Vec<u8>, usize);
    impl io::Write for Bounded {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.0.len() + bytes.len() > self.1 {
                return Err(io::ErrorKind::FileTooLarge.into());
            }
            self.0.extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut bounded = Bounded(Vec::new(), bytes);
    match serde_json::to_writer(&mut bounded, value) {
        Ok(()) => Ok(String::from_utf8(bounded.0).ok()),
        Err(error) if error.is_io() => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Writes a change as the next one, and deletes old ones.
pub(super) fn add(writer: &mut Writer<'_>, mut entry: LogEntry) -> Result<(), Fault> {
    writer.counters.head += 1;
    entry.seq = writer.counters.head;
    put(writer, &entry)?;
    delete_up_to(writer, entry.seq - MAX_LOGGED_CHANGES)
}

/// Deletes the changes up to `last` that are not waiting to be adopted.
pub(super) fn delete_up_to(writer: &mut Writer<'_>, last: i64) -> Result<(), Fault> {
    let old: Vec<i64> = writer
        .connection()
        .prepare_cached("SELECT seq FROM changes WHERE seq <= ? AND undo IS NULL")?
        .query_map([last], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    old.into_iter()
        .try_for_each(|seq| writer.delete(&CHANGES, &int(seq)))
}

/// The changes after `last_change`, or `None` if some of them were deleted.
pub(super) fn since(
    connection: &Connection,
    last_change: i64,
    head: i64,
) -> Result<Option<Vec<LogEntry>>, Fault> {
    let entries = read(connection, "seq > ?", last_change)?;
    let is_complete = (last_change + 1..=head).eq(entries.iter().map(|entry| entry.seq));
    Ok(is_complete.then_some(entries))
}

/// The changes that the window with the history has not adopted yet.
pub(super) fn pending(connection: &Connection) -> Result<Vec<LogEntry>, Fault> {
    read(connection, "seq > ? AND undo IS NOT NULL", 0)
}

/// Records that the window with the history has adopted a change, as a step or not.
pub(super) fn mark_adopted(
    writer: &mut Writer<'_>,
    mut entry: LogEntry,
    is_step: bool,
) -> Result<(), Fault> {
    entry.undo = None;
    if is_step {
        entry.kind = ChangeKind::Step;
    }
    put(writer, &entry)
}

fn put(writer: &mut Writer<'_>, entry: &LogEntry) -> Result<(), Fault> {
    let cells = [
        int(entry.seq),
        int(entry.writer),
        int(entry.kind.to_cell()),
        text(&entry.label),
        maybe(entry.edit.as_deref(), text),
        maybe(entry.undo.as_deref(), text),
    ];
    writer.put(&CHANGES, &cells)
}

fn read(connection: &Connection, which: &str, seq: i64) -> Result<Vec<LogEntry>, Fault> {
    let damage = || Fault::Damage("a logged change differs from what was written".to_owned());
    let mut statement = connection.prepare_cached(&format!(
        "SELECT seq, writer, is_step, label, edit, undo, checksum FROM changes \
         WHERE {which} ORDER BY seq"
    ))?;
    let mut rows = statement.query([seq])?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        let mut cells = [ValueRef::Null; 7];
        for (at, cell) in cells.iter_mut().enumerate() {
            *cell = row.get_ref(at)?;
        }
        let checksum = CHANGES.checksum_of(&mut Vec::new(), cells[..6].iter().copied());
        if cells[6] != ValueRef::Integer(checksum) {
            return Err(damage());
        }
        let cells = Cells(&cells);
        let entry = || {
            Ok(LogEntry {
                seq: cells.int(0)?,
                writer: cells.int(1)?,
                kind: ChangeKind::from_cell(cells.int(2)?),
                label: cells.text(3)?.to_owned(),
                edit: cells.maybe_text(4)?.map(str::to_owned),
                undo: cells.maybe_text(5)?.map(str::to_owned),
            })
        };
        entries.push(entry().map_err(|super::rows::BadCell| damage())?);
    }
    Ok(entries)
}
