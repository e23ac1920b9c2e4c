//! Reading a whole file, and checking that it is what was written.
//!
//! Every row must match its checksum and be accepted by the document, whose rules are those for an
//! edit. All rows together must match the seal.

use std::collections::HashMap;

use rusqlite::Connection;
use rusqlite::types::ValueRef;

use super::counters::Counters;
use super::error::Fault;
use super::rows::{
    ANNOTATIONS, BadCell, CATEGORIES, CHANGES, Cells, LABELS, META, MODELS, NAMING, PICTURES,
    SETTINGS, STEPS, Table,
};
use super::schema::fingerprint;
use crate::document::{Change, Document, Edit, Step, implied_labels};

/// The number of problems that are reported. A single one is enough to refuse a file.
const MAX_PROBLEMS: usize = 20;

/// The number of columns of the widest table, including the checksum.
const MAX_COLUMNS: usize = 19;

/// The content of a file.
#[derive(Default)]
pub(super) struct LoadedFile {
    pub document: Document,
    /// The steps of the history, oldest first. Empty unless they were requested.
    pub steps: Vec<Step>,
    pub counters: Counters,
    pub meta: HashMap<String, String>,
    /// What differs from what was written.
    pub problems: Vec<String>,
}

impl LoadedFile {
    /// Reads the file. The caller provides a transaction, so that all of it is of the same moment.
    pub(super) fn read(connection: &Connection, with_steps: bool) -> Result<Self, Fault> {
        let mut loaded = Self {
            counters: Counters::read(connection)?,
            ..Self::default()
        };
        if loaded.counters.schema != fingerprint(connection)? {
            loaded.problem("its tables do not match the format".to_owned());
        }
        let mut seal = Counters::default();
        loaded.read_document(connection, &mut seal)?;

        let mut steps = Vec::new();
        loaded.each(connection, &STEPS, &mut seal, |_, cells| {
            if with_steps {
                let (seq, step) = cells.step()?;
                if usize::try_from(seq) != Ok(steps.len() + 1) {
                    return Ok(Some("its number in the history is wrong".to_owned()));
                }
                steps.push(step);
            }
            Ok(None)
        })?;
        loaded.steps = steps;
        let mut has_labels = false;
        loaded.each(connection, &SETTINGS, &mut seal, |loaded, cells| {
            let value = cells.text(1)?;
            let edit = match cells.text(0)? {
                NAMING => Edit::Naming(serde_json::from_str(value).map_err(|_| BadCell)?),
                LABELS => {
                    has_labels = true;
                    Edit::Labels(serde_json::from_str(value).map_err(|_| BadCell)?)
                }
                _ => return Ok(None),
            };
            Ok(loaded.apply(edit))
        })?;
        if !has_labels {
            let implied = implied_labels(&loaded.document);
            loaded.apply(Edit::Labels(implied));
        }
        loaded.each(connection, &CHANGES, &mut seal, |_, _| Ok(None))?;
        if (seal.rows, seal.sum) != (loaded.counters.rows, loaded.counters.sum) {
            let (is, was) = (seal.rows, loaded.counters.rows);
            loaded.problem(format!("it has {is} rows, but {was} were written"));
        }
        loaded.document.raise_next_ids(loaded.counters.next_ids);
        Ok(loaded)
    }

    fn read_document(&mut self, connection: &Connection, seal: &mut Counters) -> Result<(), Fault> {
        self.each(connection, &META, seal, |loaded, cells| {
            let (key, value) = (cells.text(0)?, cells.text(1)?);
            loaded.meta.insert(key.to_owned(), value.to_owned());
            Ok(None)
        })?;
        let mut provenances = HashMap::new();
        self.each(connection, &MODELS, seal, |_, cells| {
            let (key, provenance) = cells.provenance()?;
            provenances.insert(key, provenance);
            Ok(None)
        })?;
        let mut categories = Vec::new();
        self.each(connection, &CATEGORIES, seal, |_, cells| {
            categories.push(cells.category()?);
            Ok(None)
        })?;
        categories.sort_by_key(|(place, row)| (*place, row.id));
        for (_, row) in categories {
            let name = format!("class {}", row.id);
            if let Some(problem) = self.apply(Edit::Category(Change::Insert(row))) {
                self.problem(format!("{name}: {problem}"));
            }
        }
        self.each(connection, &PICTURES, seal, |loaded, cells| {
            let row = cells.picture()?;
            Ok(loaded.apply(Edit::Picture(Change::Insert(row))))
        })?;
        self.each(connection, &ANNOTATIONS, seal, |loaded, cells| {
            let (picture, row) = cells.annotation(&provenances)?;
            let change = Change::Insert(row);
            Ok(loaded.apply(Edit::Annotation { picture, change }))
        })?;
        let extra = self.meta.get("extra").map(|text| text.as_str().into());
        self.apply(Edit::Extra(extra));
        Ok(())
    }

    /// Applies an edit. Returns the problem if the document refuses it.
    fn apply(&mut self, edit: Edit) -> Option<String> {
        let error = self.document.apply(edit).err()?;
        Some(error.to_string())
    }

    /// Calls `take` with each row of a table that matches its checksum.
    fn each(
        &mut self,
        connection: &Connection,
        table: &Table,
        seal: &mut Counters,
        mut take: impl FnMut(&mut Self, &Cells<'_>) -> Result<Option<String>, BadCell>,
    ) -> Result<(), Fault> {
        let mut statement = connection.prepare(&table.all)?;
        let mut rows = statement.query([])?;
        let mut buffer = Vec::new();
        while let Some(row) = rows.next()? {
            let mut cells = [ValueRef::Null; MAX_COLUMNS];
            for (at, cell) in cells.iter_mut().enumerate().take(table.width + 1) {
                *cell = row.get_ref(at)?;
            }
            let (values, checksum) = (&cells[..table.width], cells[table.width]);
            let expected = table.checksum_of(&mut buffer, values.iter().copied());
            seal.seal(expected);
            let problem = if checksum == ValueRef::Integer(expected) {
                take(self, &Cells(values))
                    .unwrap_or_else(|BadCell| Some("a value is of the wrong type".to_owned()))
            } else {
                Some("a value differs from what was written".to_owned())
            };
            if let Some(problem) = problem {
                let key = match values[0] {
                    ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
                    key => key.as_i64().unwrap_or_default().to_string(),
                };
                self.problem(format!("row {key} of {}: {problem}", table.name));
            }
        }
        Ok(())
    }

    fn problem(&mut self, problem: String) {
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(problem);
        }
    }
}
