//! The single row that every commit rewrites: counters, and the seal over all other rows.
//!
//! The checksum of a row shows whether its values are those that were written. The seal, which is
//! the number of rows and the wrapping sum of their checksums, shows whether a row was lost, has
//! come back or exists twice. The fingerprint of the schema shows whether a table was changed.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::error::Fault;
use super::rows::checksum;
use crate::document::{AnnotationId, CategoryId, NextIds, PictureId};

/// The row of the table `state`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counters {
    /// The number of changes of the document since its creation.
    pub head: i64,
    /// The number of steps of the history that are done.
    pub position: i64,
    /// The ids of the next new rows.
    pub next_ids: NextIds,
    /// The number of rows under the seal.
    pub rows: i64,
    /// The wrapping sum of their checksums.
    pub sum: i64,
    /// The fingerprint of the schema of this file.
    pub schema: i64,
}

impl Counters {
    /// Reads the row and verifies its checksum.
    pub(super) fn read(connection: &Connection) -> Result<Self, Fault> {
        let mut statement = connection.prepare_cached(
            "SELECT head, position, next_picture, next_category, next_annotation, rows, sum, \
             schema, checksum FROM state",
        )?;
        let cells: Option<[i64; 9]> = statement
            .query_row([], |row| {
                let mut cells = [0; 9];
                for (at, cell) in cells.iter_mut().enumerate() {
                    *cell = row.get(at)?;
                }
                Ok(cells)
            })
            .optional()?;
        let damage = || Fault::Damage("its counters differ from what was written".to_owned());
        let cells = cells.ok_or_else(damage)?;
        let id = |cell: i64| u32::try_from(cell).map_err(|_| damage());
        let counters = Self {
            head: cells[0],
            position: cells[1],
            next_ids: NextIds {
                picture: PictureId(id(cells[2])?),
                category: CategoryId(id(cells[3])?),
                annotation: AnnotationId(id(cells[4])?),
            },
            rows: cells[5],
            sum: cells[6],
            schema: cells[7],
        };
        if counters.checksum() == cells[8] {
            Ok(counters)
        } else {
            Err(damage())
        }
    }

    /// Writes the row.
    pub(super) fn write(&self, connection: &Connection) -> Result<(), Fault> {
        let mut statement = connection.prepare_cached(
            "INSERT OR REPLACE INTO state (id, head, position, next_picture, next_category, \
             next_annotation, rows, sum, schema, checksum) \
             VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?;
        let [
            head,
            position,
            picture,
            category,
            annotation,
            rows,
            sum,
            schema,
        ] = self.cells();
        statement.execute(params![
            head,
            position,
            picture,
            category,
            annotation,
            rows,
            sum,
            schema,
            self.checksum()
        ])?;
        Ok(())
    }

    /// Adds a row with this checksum to the seal.
    pub(super) fn seal(&mut self, checksum: i64) {
        self.rows += 1;
        self.sum = self.sum.wrapping_add(checksum);
    }

    /// Removes a row with this checksum from the seal.
    pub(super) fn unseal(&mut self, checksum: i64) {
        self.rows -= 1;
        self.sum = self.sum.wrapping_sub(checksum);
    }

    fn cells(&self) -> [i64; 8] {
        [
            self.head,
            self.position,
            self.next_ids.picture.0.into(),
            self.next_ids.category.0.into(),
            self.next_ids.annotation.0.into(),
            self.rows,
            self.sum,
            self.schema,
        ]
    }

    fn checksum(&self) -> i64 {
        checksum(&mut Vec::new(), 1, self.cells().map(ValueRef::Integer))
    }
}
