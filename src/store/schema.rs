//! The format of the file: its tables, and the migration of older files.

use std::fs;
use std::io;
use std::path::Path;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior};

use super::connection::{open_immutable, open_in_memory};
use super::counters::Counters;
use super::error::{Fault, StoreError, io_error};
use super::rows::checksum;
use super::{version_2, version_3};
use crate::files::{APPLICATION_ID, backups, has_project_header};

/// A migration from one version of the format to the next.
pub(super) type Migration = fn(&Transaction<'_>) -> Result<(), Fault>;

/// The first migration makes version 1 of an empty file. A published migration never changes.
pub(super) const MIGRATIONS: &[Migration] = &[version_1, version_2::migrate, version_3::migrate];

fn version_1(transaction: &Transaction<'_>) -> Result<(), Fault> {
    Ok(transaction.execute_batch(
        "
        CREATE TABLE meta (
            key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL, checksum INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE settings (
            key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL, checksum INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE state (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            head INTEGER NOT NULL, position INTEGER NOT NULL,
            next_picture INTEGER NOT NULL, next_category INTEGER NOT NULL,
            next_annotation INTEGER NOT NULL,
            rows INTEGER NOT NULL, sum INTEGER NOT NULL, schema INTEGER NOT NULL,
            checksum INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE categories (
            id INTEGER PRIMARY KEY, place INTEGER NOT NULL, name TEXT NOT NULL,
            colour INTEGER NOT NULL, hotkey TEXT, extra TEXT, checksum INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE models (
            id INTEGER PRIMARY KEY, name TEXT NOT NULL, version TEXT NOT NULL,
            method TEXT NOT NULL, threshold REAL NOT NULL, checksum INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE pictures (
            id INTEGER PRIMARY KEY, path TEXT NOT NULL,
            width INTEGER NOT NULL, height INTEGER NOT NULL, tags TEXT NOT NULL,
            review INTEGER NOT NULL, missing INTEGER NOT NULL,
            content_hash TEXT, extra TEXT, checksum INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE annotations (
            id INTEGER PRIMARY KEY, picture INTEGER NOT NULL, category INTEGER NOT NULL,
            x0 REAL NOT NULL, y0 REAL NOT NULL, x1 REAL NOT NULL, y1 REAL NOT NULL,
            state INTEGER NOT NULL, flags INTEGER NOT NULL, model INTEGER, score REAL,
            was_category INTEGER, was_x0 REAL, was_y0 REAL, was_x1 REAL, was_y1 REAL,
            extra TEXT, checksum INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE steps (
            seq INTEGER PRIMARY KEY, label TEXT NOT NULL, picture INTEGER,
            edit TEXT NOT NULL, checksum INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE changes (
            seq INTEGER PRIMARY KEY, writer INTEGER NOT NULL, is_step INTEGER NOT NULL,
            label TEXT NOT NULL, edit TEXT, undo TEXT, checksum INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE files (
            picture INTEGER PRIMARY KEY, size INTEGER NOT NULL, modified_ns INTEGER NOT NULL
        ) STRICT;
        ",
    )?)
}

/// Refuses what is not a project, by the first bytes of the file, before anything is created next to it.
pub(super) fn check_header(path: &Path) -> Result<(), StoreError> {
    match has_header(path) {
        Ok(true) => Ok(()),
        // With backups next to it, it was a project before it was damaged.
        Ok(false) if !backups(path).is_empty() => {
            Err(Fault::Damage("its first bytes do not identify a project".to_owned()).at(path))
        }
        Ok(false) => {
            let path = path.to_path_buf();
            Err(StoreError::NotAProject { path })
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let path = path.to_path_buf();
            Err(StoreError::NotFound { path })
        }
        Err(error) => Err(io_error(path, "opened")(error)),
    }
}

/// Whether the first bytes of a file are those of a project. SQLite reads them, because it knows whether
/// this process has the file open already: on Unix, a process that closes any handle of a file loses all
/// its locks on it, and another program could take the write-ahead log away from the window.
fn has_header(path: &Path) -> io::Result<bool> {
    if !fs::metadata(path)?.is_file() {
        return Ok(false);
    }
    let Some(name) = path.to_str() else {
        return has_project_header(path);
    };
    let id = open_immutable(name).and_then(|file| {
        let id = "PRAGMA application_id";
        Ok(file.query_row(id, [], |row| row.get::<_, i32>(0))?)
    });
    match id {
        Ok(id) => Ok(id == APPLICATION_ID),
        Err(Fault::Sql(error)) => match error.sqlite_error_code() {
            // The system says why; this process cannot have it open.
            Some(ErrorCode::CannotOpen) => has_project_header(path),
            code => Ok(code != Some(ErrorCode::NotADatabase)),
        },
        Err(_) => Ok(true),
    }
}

/// The version of the format of an open file.
pub(super) fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}

/// The tables of a project in memory, with nothing in them.
pub(super) fn empty_project() -> Result<Connection, Fault> {
    let connection = open_in_memory()?;
    connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    migrate(locked(&connection)?, MIGRATIONS)?;
    Ok(connection)
}

/// A transaction in which no other process can write, so that what it reads stays as it is.
pub(super) fn locked(connection: &Connection) -> rusqlite::Result<Transaction<'_>> {
    Transaction::new_unchecked(connection, TransactionBehavior::Immediate)
}

/// Migrates a file to the newest version, wholly or not at all. The transaction is [`locked`], because
/// two processes may upgrade a file at once: the second one finds it upgraded.
pub(super) fn migrate(transaction: Transaction<'_>, migrations: &[Migration]) -> Result<(), Fault> {
    let from = version(&transaction)?;
    if from > 0 && Counters::read(&transaction)?.schema != fingerprint(&transaction)? {
        let reason = "its tables do not match the format";
        return Err(Fault::Damage(reason.to_owned()));
    }
    let done = usize::try_from(from).unwrap_or(usize::MAX);
    if done >= migrations.len() {
        return Ok(());
    }
    for (at, migration) in migrations.iter().enumerate().skip(done) {
        migration(&transaction)?;
        if at == 0 {
            Counters::default().write(&transaction)?;
        }
    }
    let mut counters = Counters::read(&transaction)?;
    counters.schema = fingerprint(&transaction)?;
    if from > 0 {
        // A change that is not in the log: a program of an older version that has the file open reads
        // all of it again, and finds that it cannot.
        counters.head += 1;
    }
    counters.write(&transaction)?;
    let version = i64::try_from(migrations.len()).unwrap_or(i64::MAX);
    transaction.pragma_update(None, "user_version", version)?;
    transaction.commit()?;
    Ok(())
}

/// A checksum of the definitions of all tables and of everything else in the schema.
pub(super) fn fingerprint(connection: &Connection) -> rusqlite::Result<i64> {
    let mut statement = connection.prepare(
        "SELECT type || ' ' || name || ' ' || coalesce(sql, '') FROM sqlite_schema ORDER BY name",
    )?;
    let mut rows = statement.query([])?;
    let mut buffer = Vec::new();
    let mut sum = 0_i64;
    while let Some(row) = rows.next()? {
        let text = row.get_ref(0)?;
        let seal = checksum(&mut buffer, 0, [ValueRef::Integer(sum), text]);
        sum = sum.wrapping_add(seal);
    }
    Ok(sum)
}
