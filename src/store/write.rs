//! Writing what an edit has changed, and updating the seal.

use std::ops::Range;

use rusqlite::types::ToSqlOutput;
use rusqlite::{
    Connection, OptionalExtension as _, Transaction, TransactionBehavior, params, params_from_iter,
};

use super::counters::Counters;
use super::error::Fault;
use super::paths::RootPaths;
use super::rows::{
    ANNOTATIONS, CATEGORIES, Cell, LABELS, META, MODELS, NAMING, PICTURES, SETTINGS, STEPS, Table,
    annotation_cells, borrowed, category_cells, int, picture_cells, provenance_cells, step_cells,
    text,
};
use crate::document::{AffectedRows, Document, History, Labels, Origin, Provenance};

/// Writes rows in a transaction that the caller commits.
pub(super) struct Writer<'a> {
    connection: &'a Connection,
    /// The counters, which are written at the end.
    pub counters: Counters,
    buffer: Vec<u8>,
    /// The last provenance looked up. Consecutive boxes usually share it.
    last_provenance: Option<(Provenance, i64)>,
}

impl<'a> Writer<'a> {
    pub(super) fn new(connection: &'a Connection, counters: Counters) -> Self {
        Self {
            connection,
            counters,
            buffer: Vec::new(),
            last_provenance: None,
        }
    }

    /// The connection that it writes to.
    pub(super) fn connection(&self) -> &'a Connection {
        self.connection
    }

    /// Writes the counters.
    pub(super) fn finish(self) -> Result<(), Fault> {
        self.counters.write(self.connection)
    }

    /// Writes the affected rows of a document.
    pub(super) fn document(
        &mut self,
        document: &Document,
        affected: &AffectedRows,
    ) -> Result<(), Fault> {
        if affected.category_order || !affected.categories.is_empty() {
            for id in &affected.categories {
                if document.category(*id).is_none() {
                    self.delete(&CATEGORIES, &int(id.0))?;
                }
            }
            for (place, row) in (0..).zip(document.categories()) {
                if affected.category_order || affected.categories.binary_search(&row.id).is_ok() {
                    self.put(&CATEGORIES, &category_cells(row, place))?;
                }
            }
        }
        for id in &affected.pictures {
            match document.picture(*id) {
                Some(row) => self.put(&PICTURES, &picture_cells(row))?,
                None => self.delete(&PICTURES, &int(id.0))?,
            }
        }
        for (_, id) in &affected.annotations {
            if let Some((picture, row)) = document.annotation(*id) {
                let provenance = match &row.origin {
                    Origin::Person => None,
                    Origin::Model(provenance) => Some(self.provenance(provenance)?),
                };
                self.put(&ANNOTATIONS, &annotation_cells(picture.id, row, provenance))?;
            } else {
                self.delete(&ANNOTATIONS, &int(id.0))?;
            }
        }
        if affected.extra {
            self.meta("extra", document.extra())?;
        }
        if affected.naming {
            let naming = document.naming();
            if naming.is_empty() {
                self.delete(&SETTINGS, &text(NAMING))?;
            } else {
                let naming = serde_json::to_string(naming)?;
                self.put(&SETTINGS, &[text(NAMING), text(&naming)])?;
            }
        }
        if affected.labels {
            self.labels(document.labels())?;
        }
        self.counters.next_ids = document.next_ids();
        Ok(())
    }

    /// Writes what is labelled.
    pub(super) fn labels(&mut self, labels: &Labels) -> Result<(), Fault> {
        let labels = serde_json::to_string(labels)?;
        self.put(&SETTINGS, &[text(LABELS), text(&labels)])
    }

    /// Writes the changed steps of a history and its position, and deletes the steps after its end.
    pub(super) fn history(
        &mut self,
        history: &History,
        changed: Range<usize>,
    ) -> Result<(), Fault> {
        let is_last = changed.end == history.steps().len();
        for at in changed {
            let step = &history.steps()[at];
            let edit = serde_json::to_string(&step.edit)?;
            self.put(&STEPS, &step_cells(key(at), step, &edit))?;
        }
        if is_last {
            self.delete_steps(history.steps().len())?;
        }
        self.counters.position = i64::try_from(history.position()).unwrap_or(i64::MAX);
        Ok(())
    }

    /// Deletes the steps after the first `count`.
    fn delete_steps(&mut self, count: usize) -> Result<(), Fault> {
        let steps: Vec<i64> = self
            .connection
            .prepare_cached("SELECT seq FROM steps WHERE seq >= ?")?
            .query_map([key(count)], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        steps
            .into_iter()
            .try_for_each(|seq| self.delete(&STEPS, &int(seq)))
    }

    /// Writes the folder of the pictures.
    pub(super) fn root(&mut self, names: &RootPaths) -> Result<(), Fault> {
        self.meta("root", names.relative.as_deref())?;
        self.meta("root_absolute", names.absolute.as_deref())
    }

    /// Writes or deletes a value of [`META`].
    pub(super) fn meta(&mut self, name: &str, value: Option<&str>) -> Result<(), Fault> {
        match value {
            Some(value) => self.put(&META, &[text(name), text(value)]),
            None => self.delete(&META, &text(name)),
        }
    }

    /// The key of a provenance, which is written if it is new.
    fn provenance(&mut self, provenance: &Provenance) -> Result<i64, Fault> {
        if let Some((last, key)) = &self.last_provenance
            && last == provenance
        {
            return Ok(*key);
        }
        let known = self
            .connection
            .prepare_cached(
                "SELECT id FROM models \
                 WHERE name = ?1 AND version = ?2 AND method = ?3 AND threshold = ?4",
            )?
            .query_row(
                params![
                    &*provenance.name,
                    &*provenance.version,
                    &*provenance.method,
                    f64::from(provenance.threshold)
                ],
                |row| row.get(0),
            )
            .optional()?;
        let key = match known {
            Some(key) => key,
            None => {
                let key = self.connection.query_row(
                    "SELECT coalesce(max(id), 0) + 1 FROM models",
                    [],
                    |row| row.get(0),
                )?;
                self.put(&MODELS, &provenance_cells(key, provenance))?;
                key
            }
        };
        self.last_provenance = Some((provenance.clone(), key));
        Ok(key)
    }

    /// Writes a row, unless the table has exactly this row.
    pub(super) fn put(&mut self, table: &Table, cells: &[Cell<'_>]) -> Result<(), Fault> {
        let checksum = table.checksum_of(&mut self.buffer, cells.iter().map(borrowed));
        let former: Option<i64> = self
            .connection
            .prepare_cached(&table.checksum)?
            .query_row([borrowing(&cells[0])], |row| row.get(0))
            .optional()?;
        if former == Some(checksum) {
            return Ok(());
        }
        if let Some(former) = former {
            self.counters.unseal(former);
        }
        let seal = int(checksum);
        let values = cells.iter().chain([&seal]).map(borrowing);
        self.connection
            .prepare_cached(&table.put)?
            .execute(params_from_iter(values))?;
        self.counters.seal(checksum);
        Ok(())
    }

    /// Deletes a row, if it exists.
    pub(super) fn delete(&mut self, table: &Table, key: &Cell<'_>) -> Result<(), Fault> {
        let former: Option<i64> = self
            .connection
            .prepare_cached(&table.delete)?
            .query_row([borrowing(key)], |row| row.get(0))
            .optional()?;
        if let Some(former) = former {
            self.counters.unseal(former);
        }
        Ok(())
    }
}

/// Writes something outside the document, in a separate transaction.
pub(super) fn in_transaction(
    connection: &Connection,
    what: impl FnOnce(&mut Writer<'_>) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    let mut writer = Writer::new(&transaction, Counters::read(&transaction)?);
    what(&mut writer)?;
    writer.finish()?;
    Ok(transaction.commit()?)
}

/// The key of the step at an index of the history.
fn key(at: usize) -> i64 {
    i64::try_from(at + 1).unwrap_or(i64::MAX)
}

fn borrowing<'a>(cell: &'a Cell<'_>) -> Cell<'a> {
    ToSqlOutput::Borrowed(borrowed(cell))
}
