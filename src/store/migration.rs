//! What migrations share: tables as they were in earlier versions, read with their checksums and written
//! again. The tables of this version are in `rows.rs`.

use rusqlite::types::{Value as Cell, ValueRef};
use rusqlite::{Connection, Transaction, params_from_iter};

use super::counters::Counters;
use super::error::Fault;
use super::rows::checksum;

/// A table: the tag of its checksums, its name and its columns.
pub(super) type Table = (u8, &'static str, &'static str);

// The tables that are the same in all versions.
pub(super) const META: Table = (2, "meta", "key, value");
pub(super) const SETTINGS: Table = (3, "settings", "key, value");
pub(super) const CATEGORIES: Table = (4, "categories", "id, place, name, colour, hotkey, extra");
pub(super) const MODELS: Table = (5, "models", "id, name, version, method, threshold");
pub(super) const STEPS: Table = (8, "steps", "seq, label, picture, edit");
pub(super) const CHANGES: Table = (9, "changes", "seq, writer, is_step, label, edit, undo");

/// Reads a table, checks its rows and adds them to the seal. A row has its checksum at the end.
pub(super) fn read_table(
    connection: &Connection,
    table: Table,
    seal: &mut Counters,
) -> Result<Vec<Vec<Cell>>, Fault> {
    let mut read = Vec::new();
    each_row(connection, table, seal, |row| read.push(row))?;
    Ok(read)
}

/// As [`read_table`], without keeping the rows.
pub(super) fn check_table(
    connection: &Connection,
    table: Table,
    seal: &mut Counters,
) -> Result<(), Fault> {
    each_row(connection, table, seal, drop)
}

fn each_row(
    connection: &Connection,
    (tag, name, columns): Table,
    seal: &mut Counters,
    mut take: impl FnMut(Vec<Cell>),
) -> Result<(), Fault> {
    let mut statement = connection.prepare(&format!("SELECT {columns}, checksum FROM {name}"))?;
    let width = statement.column_count();
    let mut rows = statement.query([])?;
    let mut buffer = Vec::new();
    while let Some(row) = rows.next()? {
        let cells = (0..width)
            .map(|at| row.get(at))
            .collect::<Result<Vec<Cell>, _>>()?;
        let expected = checksum(
            &mut buffer,
            tag,
            cells[..width - 1].iter().map(ValueRef::from),
        );
        if cells[width - 1] != Cell::Integer(expected) {
            return Err(damage());
        }
        seal.seal(expected);
        take(cells);
    }
    Ok(())
}

/// Writes tables again, with the seal over their rows.
pub(super) struct TableWriter<'a> {
    pub transaction: &'a Transaction<'a>,
    pub seal: Counters,
}

impl TableWriter<'_> {
    /// Replaces the rows of a table by those that `keep` wants, as it changes them. A row has its former
    /// checksum at the end, which is made anew.
    pub(super) fn replace(
        &mut self,
        (tag, name, columns): Table,
        rows: impl IntoIterator<Item = Vec<Cell>>,
        mut keep: impl FnMut(&mut Vec<Cell>) -> Result<bool, Fault>,
    ) -> Result<(), Fault> {
        self.transaction
            .execute(&format!("DELETE FROM {name}"), [])?;
        let slots = vec!["?"; columns.split(',').count()].join(", ");
        let sql = format!("INSERT INTO {name} ({columns}, checksum) VALUES ({slots}, ?)");
        let mut statement = self.transaction.prepare(&sql)?;
        let mut buffer = Vec::new();
        for mut row in rows {
            if !keep(&mut row)? {
                continue;
            }
            row.pop();
            let seal = checksum(&mut buffer, tag, row.iter().map(ValueRef::from));
            row.push(Cell::Integer(seal));
            statement.execute(params_from_iter(row))?;
            self.seal.seal(seal);
        }
        Ok(())
    }
}

/// A file that is not what was written.
pub(super) fn damage() -> Fault {
    Fault::Damage("a row differs from what was written".to_owned())
}
