//! Writing what an edit has changed, and keeping the seal.

use std::ops::Range;

use rusqlite::types::ToSqlOutput;
use rusqlite::{Connection, OptionalExtension as _, params, params_from_iter};

use super::error::Fault;
use super::rows::{
    ANNOTATIONS, CATEGORIES, Cell, META, MODELS, NAMING, PICTURES, SETTINGS, STEPS, Table,
    annotation_cells, borrowed, category_cells, int, model_cells, picture_cells, step_cells, text,
};
use super::state::Counters;
use crate::document::{Affected, Document, History, Model, Origin};

/// Writes rows within a transaction that the caller commits.
pub(super) struct Writer<'a> {
    connection: &'a Connection,
    /// The counters, to be written at the end.
    pub state: Counters,
    buffer: Vec<u8>,
    /// The model that was looked up last; boxes of one come together.
    last_model: Option<(Model, i64)>,
}

impl<'a> Writer<'a> {
    pub(super) fn new(connection: &'a Connection, state: Counters) -> Self {
        Self {
            connection,
            state,
            buffer: Vec::new(),
            last_model: None,
        }
    }

    /// Where it writes to.
    pub(super) fn connection(&self) -> &'a Connection {
        self.connection
    }

    /// Writes the counters.
    pub(super) fn finish(self) -> Result<(), Fault> {
        self.state.write(self.connection)
    }

    /// Makes the tables say what the document says about some rows.
    pub(super) fn document(
        &mut self,
        document: &Document,
        affected: &Affected,
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
                let model = match &row.origin {
                    Origin::Person => None,
                    Origin::Model(model) => Some(self.model(model)?),
                };
                self.put(&ANNOTATIONS, &annotation_cells(picture.id, row, model))?;
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
        self.state.next_ids = document.next_ids();
        Ok(())
    }

    /// Writes some steps of a history, which are all that have changed in it but for those that
    /// are forgotten after its end, and the position.
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
            self.forget_steps(history.steps().len())?;
        }
        self.state.position = i64::try_from(history.position()).unwrap_or(i64::MAX);
        Ok(())
    }

    /// Deletes the steps after the first `kept`.
    fn forget_steps(&mut self, kept: usize) -> Result<(), Fault> {
        let forgotten: Vec<i64> = self
            .connection
            .prepare_cached("SELECT seq FROM steps WHERE seq >= ?")?
            .query_map([key(kept)], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        forgotten
            .into_iter()
            .try_for_each(|seq| self.delete(&STEPS, &int(seq)))
    }

    /// Writes or deletes a value of [`META`].
    pub(super) fn meta(&mut self, name: &str, value: Option<&str>) -> Result<(), Fault> {
        match value {
            Some(value) => self.put(&META, &[text(name), text(value)]),
            None => self.delete(&META, &text(name)),
        }
    }

    /// The key of a model, which is written if it is new.
    fn model(&mut self, model: &Model) -> Result<i64, Fault> {
        if let Some((last, key)) = &self.last_model
            && last == model
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
                    &*model.name,
                    &*model.version,
                    &*model.method,
                    f64::from(model.threshold)
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
                self.put(&MODELS, &model_cells(key, model))?;
                key
            }
        };
        self.last_model = Some((model.clone(), key));
        Ok(key)
    }

    /// Writes a row, unless it is there as it is.
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
            self.state.unseal(former);
        }
        let seal = int(checksum);
        let values = cells.iter().chain([&seal]).map(borrowing);
        self.connection
            .prepare_cached(&table.put)?
            .execute(params_from_iter(values))?;
        self.state.seal(checksum);
        Ok(())
    }

    /// Deletes a row, if it is there.
    pub(super) fn delete(&mut self, table: &Table, key: &Cell<'_>) -> Result<(), Fault> {
        let former: Option<i64> = self
            .connection
            .prepare_cached(&table.delete)?
            .query_row([borrowing(key)], |row| row.get(0))
            .optional()?;
        if let Some(former) = former {
            self.state.unseal(former);
        }
        Ok(())
    }
}

/// The key of the step at a place of the history.
fn key(at: usize) -> i64 {
    i64::try_from(at + 1).unwrap_or(i64::MAX)
}

fn borrowing<'a>(cell: &'a Cell<'_>) -> Cell<'a> {
    ToSqlOutput::Borrowed(borrowed(cell))
}
