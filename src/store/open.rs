//! Opening a project: checks, upgrade, and the first read.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, MAIN_DB, Transaction, TransactionBehavior, ffi};

use super::access::{Access, OpenNotice, OpenReport, lock_for};
use super::backup;
use super::connection::{
    enable_wal, open_in_memory, open_read_only, open_read_write, open_to_view,
};
use super::error::{Fault, StoreError, io_error};
use super::load::LoadedFile;
use super::memory::{ProjectState, adopt_pending};
use super::paths::RootPaths;
use super::project::{BackgroundBackup, Project};
use super::replaced::FileIdentity;
use super::schema::{self, MIGRATIONS};
use crate::files::{EXTENSION, normal, side_folder};

/// The number of pictures that are searched for to decide which of two folders is meant.
const SAMPLES: usize = 8;

impl Project {
    /// Opens a project after checking the whole file.
    ///
    /// # Errors
    /// If there is no project, it was written by a newer program, or it is damaged. The error of a
    /// damaged file names the newest backup. A file that is refused is not changed.
    pub fn open(path: &Path, access: Access) -> Result<(Self, OpenReport), StoreError> {
        let path = normal(path);
        schema::check_header(&path).map_err(backup::with_backup)?;
        let mut notices = Vec::new();
        let (mut access, lock) = lock_for(&path, access, &mut notices);
        let at = |fault: Fault| backup::error_at(&path, fault);

        let Some(identity) = FileIdentity::of(&path) else {
            return Err(StoreError::NotFound { path });
        };
        let connection = match access {
            Access::View => open_to_view(&path),
            Access::Edit | Access::Add => open_read_write(&path),
        }
        .map_err(at)?;
        let is_readonly = |connection: &Connection| connection.is_readonly(MAIN_DB);
        if access != Access::View && is_readonly(&connection).map_err(|error| at(error.into()))? {
            access = Access::View;
            notices.push(OpenNotice::ReadOnlyLocation);
        }
        let connection = upgraded(&path, connection, access, &mut notices)?;

        let loaded = read_checked(&path, &connection, access).map_err(at)?;
        if access != Access::View {
            enable_wal(&connection, &path).map_err(at)?;
        }
        let number = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
        let writer = number("SELECT random()").map_err(|error| at(error.into()))?;
        let data_version = number("PRAGMA data_version").map_err(|error| at(error.into()))?;

        let root = root_of(&path, &loaded);
        if !root.is_dir() {
            notices.push(OpenNotice::FolderMissing(root.clone()));
        }
        let id = loaded.meta.get("id").cloned().unwrap_or_default();
        let backup = (access == Access::Edit).then(|| {
            let (path, head) = (path.clone(), loaded.counters.head);
            thread::spawn(move || backup::make(&path, head))
        });
        let project = Self {
            memory: ProjectState::new(access, loaded),
            path,
            connection,
            is_lost: false,
            identity: Some(identity),
            replaced: None,
            writer,
            data_version,
            root,
            id,
            backup: BackgroundBackup(backup),
            lock,
        };
        Ok((project, OpenReport { notices }))
    }
}

/// Refuses a newer format, and upgrades an older one after making a copy of the file. To view an older
/// file, a copy in memory is upgraded, which does not follow changes by other processes.
fn upgraded(
    path: &Path,
    mut connection: Connection,
    access: Access,
    notices: &mut Vec<OpenNotice>,
) -> Result<Connection, StoreError> {
    if known_version(path, &connection)? == newest() {
        return Ok(connection);
    }
    let at = |fault: Fault| backup::error_at(path, fault);
    if access == Access::View {
        connection = copy_in_memory(&connection).map_err(at)?;
    }
    let transaction = schema::locked(&connection).map_err(|error| at(error.into()))?;
    // Another process may have upgraded it before the transaction began.
    let version = known_version(path, &transaction)?;
    if access == Access::View || version == newest() {
        schema::migrate(transaction, MIGRATIONS).map_err(at)?;
        return Ok(connection);
    }
    let folder = side_folder(path);
    fs::create_dir_all(&folder).map_err(io_error(&folder, "created"))?;
    let former = new_former_file(&folder, version);
    backup::copy(path, &former)?;
    if let Err(fault) = schema::migrate(transaction, MIGRATIONS) {
        // The file is what it was, so its copy would only be one of many after more attempts.
        if schema::version(&connection).is_ok_and(|is| is == version) {
            let _ = fs::remove_file(former);
        }
        return Err(at(fault));
    }
    notices.push(OpenNotice::Migrated(former));
    Ok(connection)
}

/// The newest version of the format.
fn newest() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

/// The version of the format of a file, if it is one that this program knows.
fn known_version(path: &Path, connection: &Connection) -> Result<i64, StoreError> {
    let at = |fault: Fault| backup::error_at(path, fault);
    let version = schema::version(connection).map_err(|error| at(error.into()))?;
    if version > newest() {
        return Err(StoreError::NewerFormat {
            path: path.to_path_buf(),
            version,
            known: newest(),
        });
    }
    if version < 1 {
        return Err(at(Fault::Damage(format!("{version} is not a format"))));
    }
    Ok(version)
}

/// A new name in a side folder for the copy of a file of an older version.
fn new_former_file(folder: &Path, version: i64) -> PathBuf {
    let name = |number: u32| match number {
        1 => folder.join(format!("format-{version}.{EXTENSION}")),
        _ => folder.join(format!("format-{version}-{number}.{EXTENSION}")),
    };
    let mut number = 1;
    while name(number).exists() {
        number += 1;
    }
    name(number)
}

fn copy_in_memory(from: &Connection) -> Result<Connection, Fault> {
    let mut copy = open_in_memory()?;
    if Backup::new(from, &mut copy)?.step(-1)? == StepResult::Done {
        return Ok(copy);
    }
    let busy = ffi::Error::new(ffi::SQLITE_BUSY);
    Err(rusqlite::Error::SqliteFailure(busy, None).into())
}

/// Reads a file, and refuses one that differs from what was written. What other processes have added
/// since the last window was open becomes part of the history of the window that edits.
fn read_checked(path: &Path, connection: &Connection, access: Access) -> Result<LoadedFile, Fault> {
    let is_editor = access == Access::Edit;
    let behaviour = if is_editor {
        TransactionBehavior::Immediate
    } else {
        TransactionBehavior::Deferred
    };
    // Rows and structure are checked at the same time. This query first lets SQLite recover from a
    // crash.
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    let checking = open_read_only(path)?;
    // It has its lock before the other one reads. Otherwise the reading would wait for the check, the check
    // for a process that is about to write, and that process for the reading.
    checking.execute_batch("BEGIN; SELECT count(*) FROM sqlite_schema")?;
    thread::scope(|scope| {
        let structure = scope.spawn(move || {
            let check = "PRAGMA quick_check(1)";
            Ok(checking.query_row(check, [], |row| row.get::<_, String>(0))?)
        });
        let transaction = Transaction::new_unchecked(connection, behaviour)?;
        let loaded = LoadedFile::read(&transaction, is_editor);
        let structure = structure.join().unwrap_or_else(|_| {
            Err(Fault::Damage(
                "its structure could not be checked".to_owned(),
            ))
        })?;
        if structure != "ok" {
            return Err(Fault::Damage(structure));
        }
        let mut loaded = loaded?;
        if loaded.problems.is_empty() {
            if is_editor {
                adopt_pending(&transaction, &mut loaded)?;
            }
            transaction.commit()?;
            Ok(loaded)
        } else {
            Err(Fault::Damage(loaded.problems.swap_remove(0)))
        }
    })
}

/// The folder of the pictures of a project that was read.
fn root_of(path: &Path, loaded: &LoadedFile) -> PathBuf {
    let names = RootPaths {
        relative: loaded.meta.get("root").cloned(),
        absolute: loaded.meta.get("root_absolute").cloned(),
    };
    let present = loaded.document.pictures().filter(|row| !row.missing);
    let samples: Vec<&str> = present.take(SAMPLES).map(|row| &*row.path).collect();
    names.resolve(path, &samples)
}
