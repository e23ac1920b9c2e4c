//! The migration to version 3 of the format: pictures can be taken out of the project, for which the
//! table of pictures gets the column `excluded`.

use rusqlite::Transaction;
use rusqlite::types::Value as Cell;

use super::counters::Counters;
use super::error::Fault;
use super::migration::{
    CATEGORIES, CHANGES, META, MODELS, SETTINGS, STEPS, Table, TableWriter, check_table, damage,
    read_table,
};

const FORMER_PICTURES: Table = (
    6,
    "pictures",
    "id, path, width, height, tags, review, missing, content_hash, extra",
);
const PICTURES: Table = (
    6,
    "pictures",
    "id, path, width, height, tags, review, missing, excluded, content_hash, extra",
);
/// The index of the new column.
const EXCLUDED: usize = 7;
const ANNOTATIONS: Table = (
    7,
    "annotations",
    "id, picture, category, suggestion, x0, y0, x1, y1, state, flags, model, score, was_category, \
     was_x0, was_y0, was_x1, was_y1, extra",
);

/// Migrates a file of version 2.
pub(super) fn migrate(transaction: &Transaction<'_>) -> Result<(), Fault> {
    let mut counters = Counters::read(transaction)?;
    let mut seal = Counters::default();
    // These tables keep their rows, which are checked because a damaged file is not upgraded.
    for table in [
        META,
        SETTINGS,
        CATEGORIES,
        MODELS,
        ANNOTATIONS,
        STEPS,
        CHANGES,
    ] {
        check_table(transaction, table, &mut seal)?;
    }
    let kept = seal;
    let mut pictures = read_table(transaction, FORMER_PICTURES, &mut seal)?;
    if (seal.rows, seal.sum) != (counters.rows, counters.sum) {
        return Err(damage());
    }
    transaction.execute_batch(
        "
        DROP TABLE pictures;
        CREATE TABLE pictures (
            id INTEGER PRIMARY KEY, path TEXT NOT NULL,
            width INTEGER NOT NULL, height INTEGER NOT NULL, tags TEXT NOT NULL,
            review INTEGER NOT NULL, missing INTEGER NOT NULL, excluded INTEGER NOT NULL,
            content_hash TEXT, extra TEXT, checksum INTEGER NOT NULL
        ) STRICT;
        ",
    )?;
    for row in &mut pictures {
        row.insert(EXCLUDED, Cell::Integer(0));
    }
    let mut writer = TableWriter {
        transaction,
        seal: kept,
    };
    writer.replace(PICTURES, pictures, |_| Ok(true))?;
    (counters.rows, counters.sum) = (writer.seal.rows, writer.seal.sum);
    counters.write(transaction)
}
