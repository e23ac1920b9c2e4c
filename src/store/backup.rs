//! Automatic backups: made when a project is closed, and after a crash when it is next opened. They
//! are in the side folder of the project, so that they move with it.
//!
//! A backup is a project like any other. It is made with `VACUUM INTO`, which copies row by row and
//! so fails on a file whose structure is damaged, and it gets its name only when it is complete and
//! on the disk. The name contains the time and the number of changes:
//! `2025-11-23T22-29-00Z-1234.tsukami`.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::check::check;
use super::connection::{open_read_only, with_ending};
use super::error::{Fault, StoreError, io_error};
use super::lock::{LockOutcome, acquire};
use super::new_file::{is_left_by_creation, write_copy};
use crate::files::{
    EXTENSION, SQLITE_SUFFIXES, backup_key, backups, folder_of, side_folder, sync_folder,
};

/// The number of newest backups that are retained.
const MAX_RECENT_BACKUPS: usize = 3;
/// The number of days for which the newest backup is retained as well.
const MAX_DAILY_BACKUPS: usize = 5;
/// What the name of a copy ends in until it is complete.
const PARTIAL_SUFFIX: &str = "-making";

/// Makes a backup, unless the newest one has the same state. `head` is the number of changes.
pub(super) fn make(path: &Path, head: i64) -> Result<(), StoreError> {
    let newest = backups(path).into_iter().next();
    let newest = newest.and_then(|newest| backup_key(&newest));
    if head == 0 || newest.is_some_and(|(_, edits)| edits == head) {
        return Ok(());
    }
    let folder = side_folder(path);
    fs::create_dir_all(&folder).map_err(io_error(&folder, "created"))?;
    for left in fs::read_dir(&folder).into_iter().flatten().flatten() {
        // A crash left it while making a backup, or while creating the project.
        let is_partial = left.file_name().to_string_lossy().ends_with(PARTIAL_SUFFIX);
        if is_partial || is_left_by_creation(&left) {
            let _ = fs::remove_file(left.path());
        }
    }
    let connection = open_read_only(path).map_err(|fault| error_at(path, fault))?;
    let name = format!("{}-{head}.{EXTENSION}", now(&connection, path)?);
    copy(path, &folder.join(name))?;
    for old in superseded(&backups(path)) {
        // A superfluous backup does no harm.
        let _ = fs::remove_file(old);
    }
    Ok(())
}

/// Copies a project to a new file, which appears whole or not at all.
pub(super) fn copy(path: &Path, target: &Path) -> Result<(), StoreError> {
    let connection = open_read_only(path).map_err(|fault| error_at(path, fault))?;
    let partial = with_ending(target, PARTIAL_SUFFIX);
    let written = (|| {
        let _ = fs::remove_file(&partial);
        write_copy(&connection, path, &partial).map_err(with_backup)?;
        // Who may read the project may read its copy, and nobody else.
        #[cfg(unix)]
        if let Ok(from) = fs::metadata(path) {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = from.permissions().mode() | 0o200;
            let _ = fs::set_permissions(&partial, fs::Permissions::from_mode(mode));
        }
        fs::rename(&partial, target).map_err(io_error(target, "written"))?;
        sync_folder(folder_of(target));
        Ok(())
    })();
    if written.is_err() {
        let _ = fs::remove_file(&partial);
    }
    written
}

/// The current time in the form for names.
fn now(connection: &Connection, path: &Path) -> Result<String, StoreError> {
    let format = "SELECT strftime('%Y-%m-%dT%H-%M-%SZ', 'now')";
    let now = connection.query_row(format, [], |row| row.get(0));
    now.map_err(|error| error_at(path, error.into()))
}

/// The backups that are no longer needed. `backups` must be sorted newest first.
pub(super) fn superseded(backups: &[PathBuf]) -> Vec<&Path> {
    let mut days = HashSet::new();
    let is_needed = |at: usize, backup: &Path| {
        let name = backup.file_name().map(|name| name.to_string_lossy());
        let day: String = name.unwrap_or_default().chars().take(10).collect();
        let is_new_day = days.insert(day) && days.len() <= MAX_DAILY_BACKUPS;
        at < MAX_RECENT_BACKUPS || is_new_day
    };
    let mut is_needed = is_needed;
    let backups = backups.iter().enumerate();
    backups
        .filter_map(|(at, backup)| (!is_needed(at, backup)).then_some(backup.as_path()))
        .collect()
}

/// Restores a project whose file is missing from a backup. `false` if there is a file, which another
/// process may have just restored.
///
/// # Errors
/// As for [`restore`].
pub fn restore_missing(path: &Path, backup: &Path) -> Result<bool, StoreError> {
    let _lock = lock_to_restore(path)?;
    if path.exists() {
        return Ok(false);
    }
    restore_locked(path, backup)?;
    Ok(true)
}

/// Replaces a damaged project by a backup. The damaged file is moved to the side folder, and its new
/// path is returned.
///
/// # Errors
/// If the backup is damaged as well, a window has the project open, or the disk refuses. The damaged
/// file is then not moved.
pub fn restore(path: &Path, backup: &Path) -> Result<PathBuf, StoreError> {
    let _lock = lock_to_restore(path)?;
    restore_locked(path, backup)
}

/// The lock without which nothing is restored. A window that edits the project has it.
fn lock_to_restore(path: &Path) -> Result<LockOutcome, StoreError> {
    match acquire(&side_folder(path)) {
        LockOutcome::HeldElsewhere => {
            let path = path.to_path_buf();
            Err(StoreError::Busy { path })
        }
        lock => Ok(lock),
    }
}

fn restore_locked(path: &Path, backup: &Path) -> Result<PathBuf, StoreError> {
    let folder = side_folder(path);
    let report = check(backup)?;
    if let Some(what) = report.problems.into_iter().next() {
        let (path, backup) = (backup.to_path_buf(), None);
        return Err(StoreError::Damaged { path, what, backup });
    }
    let connection = open_read_only(backup).map_err(|fault| fault.at(backup))?;
    let stem = format!("damaged-{}", now(&connection, backup)?);
    let moved = (1..)
        .map(|number| folder.join(format!("{stem}-{number}.{EXTENSION}")))
        .find(|moved| !moved.exists())
        .unwrap_or_else(|| folder.join(&stem));
    // The copy is made before anything is moved, because the disk may be full.
    let copy_path = folder.join("restoring");
    let _ = fs::remove_file(&copy_path);
    copy(backup, &copy_path)?;
    // SQLite's files next to the project belong to the damaged one and would spoil the backup.
    for ending in SQLITE_SUFFIXES.into_iter().chain([""]) {
        let from = with_ending(path, ending);
        if from.exists() {
            fs::rename(&from, with_ending(&moved, ending)).map_err(io_error(&from, "moved"))?;
        }
    }
    fs::rename(&copy_path, path).map_err(io_error(path, "written"))?;
    sync_folder(folder_of(path));
    Ok(moved)
}

/// The error of the project file at `path`. If the file is damaged, the error names the newest
/// backup.
pub(super) fn error_at(path: &Path, fault: Fault) -> StoreError {
    with_backup(fault.at(path))
}

/// Names the newest backup in the error of a damaged file.
pub(super) fn with_backup(error: StoreError) -> StoreError {
    match error {
        StoreError::Damaged { path, what, .. } => StoreError::Damaged {
            backup: backups(&path).into_iter().next(),
            path,
            what,
        },
        error => error,
    }
}
