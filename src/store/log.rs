//! The log of changes: how processes that have one project open hear of each other's edits.
//!
//! Each change of the document is one row, numbered by [`Counters::head`](super::state::Counters). Old
//! rows are dropped, and an edit that is too long is not written: who misses one reads the whole
//! project again, which is always right. Only the edits of a process without the history must
//! stay until the window with the history has seen them, so they also carry their inverse.

use rusqlite::Connection;
use rusqlite::types::ValueRef;

use super::error::Fault;
use super::rows::{CHANGES, Cells, int, maybe, text};
use super::write::Writer;
use crate::document::Edit;

/// So many changes are kept, …
const MAX_LOGGED_CHANGES: i64 = 256;
/// … of so many bytes at most: 16 MiB together.
const MAX_LOGGED_EDIT_BYTES: usize = 64 << 10;

/// A change of the document.
pub(super) struct Entry {
    pub seq: i64,
    /// Who made it: a number of that process's own.
    pub writer: i64,
    /// Whether it is a step of the history, made or crossed.
    pub is_step: bool,
    pub label: String,
    /// The change, unless it was too long.
    edit: Option<String>,
    /// Its inverse, until the window with the history has seen it.
    undo: Option<String>,
}

impl Entry {
    /// What is to be written about a change.
    pub(super) fn new(
        writer: i64,
        label: &str,
        is_step: bool,
        edit: &Edit,
        undo: Option<&Edit>,
    ) -> Result<Self, Fault> {
        let edit = serde_json::to_string(edit)?;
        Ok(Self {
            seq: 0,
            writer,
            is_step,
            label: label.to_owned(),
            edit: Some(edit).filter(|edit| edit.len() <= MAX_LOGGED_EDIT_BYTES),
            undo: undo.map(serde_json::to_string).transpose()?,
        })
    }

    /// The change itself, unless it was too long.
    pub(super) fn edit(&self) -> Result<Option<Edit>, Fault> {
        let edit = self.edit.as_deref().map(serde_json::from_str);
        Ok(edit.transpose()?)
    }

    /// Its inverse, unless the window with the history has seen it.
    pub(super) fn undo(&self) -> Result<Option<Edit>, Fault> {
        let undo = self.undo.as_deref().map(serde_json::from_str);
        Ok(undo.transpose()?)
    }
}

/// Writes a change as the next one, and forgets old ones.
pub(super) fn add(writer: &mut Writer<'_>, mut entry: Entry) -> Result<(), Fault> {
    writer.state.head += 1;
    entry.seq = writer.state.head;
    put(writer, &entry)?;
    forget(writer, entry.seq - MAX_LOGGED_CHANGES)
}

/// Forgets the changes up to `last`, but for those that the window has not seen.
pub(super) fn forget(writer: &mut Writer<'_>, last: i64) -> Result<(), Fault> {
    let old: Vec<i64> = writer
        .connection()
        .prepare_cached("SELECT seq FROM changes WHERE seq <= ? AND undo IS NULL")?
        .query_map([last], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    old.into_iter()
        .try_for_each(|seq| writer.delete(&CHANGES, &int(seq)))
}

/// The changes after `seen`, or nothing if some of them are gone.
pub(super) fn since(
    connection: &Connection,
    seen: i64,
    head: i64,
) -> Result<Option<Vec<Entry>>, Fault> {
    let entries = read(connection, "seq > ?", seen)?;
    let is_complete = (seen + 1..=head).eq(entries.iter().map(|entry| entry.seq));
    Ok(is_complete.then_some(entries))
}

/// The changes that the window with the history has not seen.
pub(super) fn pending(connection: &Connection) -> Result<Vec<Entry>, Fault> {
    read(connection, "seq > ? AND undo IS NOT NULL", 0)
}

/// Takes note that the window has seen a change.
pub(super) fn settle(writer: &mut Writer<'_>, mut entry: Entry) -> Result<(), Fault> {
    entry.undo = None;
    put(writer, &entry)
}

fn put(writer: &mut Writer<'_>, entry: &Entry) -> Result<(), Fault> {
    let cells = [
        int(entry.seq),
        int(entry.writer),
        int(entry.is_step),
        text(&entry.label),
        maybe(entry.edit.as_deref(), text),
        maybe(entry.undo.as_deref(), text),
    ];
    writer.put(&CHANGES, &cells)
}

fn read(connection: &Connection, which: &str, seq: i64) -> Result<Vec<Entry>, Fault> {
    let damage = || Fault::Damage("a change is not as it was written".to_owned());
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
            Ok(Entry {
                seq: cells.int(0)?,
                writer: cells.int(1)?,
                is_step: cells.int(2)? != 0,
                label: cells.text(3)?.to_owned(),
                edit: cells.maybe_text(4)?.map(str::to_owned),
                undo: cells.maybe_text(5)?.map(str::to_owned),
            })
        };
        entries.push(entry().map_err(|super::rows::BadCell| damage())?);
    }
    Ok(entries)
}
