//! Automatic backups: made when a project is closed, and after a crash when it is next opened;
//! kept in the hidden folder beside it, so that they move with it.
//!
//! A backup is a project like any other, made by `VACUUM INTO`, which copies row by row and so
//! fails on a file whose structure is damaged, and appears under its name only when it is whole
//! and on the disk. Its name tells the time and how many changes had been made:
//! `2025-11-23T22-29-00Z-1234.tsukami`.

use std::collections::HashSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::connection::{beside, open_read_only};
use super::error::{Fault, StoreError, io_error};
use super::lock::{LockOutcome, claim};
use super::place::{EXTENSION, SQLITE_SUFFIXES, aside};

/// So many of the newest are kept, …
const MAX_RECENT_BACKUPS: usize = 3;
/// … and the newest of each of so many days with one.
const MAX_DAILY_BACKUPS: usize = 5;
/// What the name of a copy ends in until it is whole.
const PARTIAL_SUFFIX: &str = "-making";

/// The automatic backups of a project, newest first.
pub fn backups(path: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(aside(path)).into_iter().flatten().flatten();
    let mut backups: Vec<_> = files
        .filter_map(|file| Some((made(&file.path())?, file.path())))
        .collect();
    backups.sort_unstable_by(|a, b| b.cmp(a));
    backups.into_iter().map(|(_, backup)| backup).collect()
}

/// When this backup was made, and how many changes had been made then, by its name. Within a
/// second the number tells which is newer.
fn made(backup: &Path) -> Option<(String, i64)> {
    let name = backup.file_name()?.to_str()?;
    let (time, rest) = name.split_once("Z-")?;
    let is_time = time.len() == 19 && time.starts_with(|c: char| c.is_ascii_digit());
    let edits = rest.strip_suffix(EXTENSION)?.strip_suffix('.')?;
    let edits = edits.parse().ok()?;
    is_time.then(|| (time.to_owned(), edits))
}

/// Makes a backup, unless the newest one is of the same state. `head` is the number of changes.
pub(super) fn make(path: &Path, head: i64) -> Result<(), StoreError> {
    let newest = backups(path).into_iter().next();
    let newest = newest.and_then(|newest| made(&newest));
    if head == 0 || newest.is_some_and(|(_, edits)| edits == head) {
        return Ok(());
    }
    let folder = aside(path);
    fs::create_dir_all(&folder).map_err(io_error(&folder, "made"))?;
    for left in fs::read_dir(&folder).into_iter().flatten().flatten() {
        // A crash while one was made.
        if left.file_name().to_string_lossy().ends_with(PARTIAL_SUFFIX) {
            let _ = fs::remove_file(left.path());
        }
    }
    let connection = open_read_only(path).map_err(|fault| fault.at(path))?;
    let name = format!("{}-{head}.{EXTENSION}", now(&connection, path)?);
    copy(path, &folder.join(name))?;
    for old in superseded(&backups(path)) {
        // A backup too many does no harm.
        let _ = fs::remove_file(old);
    }
    Ok(())
}

/// Copies a project into a new file, which appears whole or not at all.
pub(super) fn copy(path: &Path, target: &Path) -> Result<(), StoreError> {
    let connection = open_read_only(path).map_err(|fault| fault.at(path))?;
    let making = beside(target, PARTIAL_SUFFIX);
    let written = (|| {
        let _ = fs::remove_file(&making);
        let name = making.to_str().ok_or_else(|| StoreError::InvalidRoot {
            root: making.clone(),
        })?;
        let result = connection.execute("VACUUM INTO ?1", [name]);
        result.map_err(|error| Fault::from(error).at(path))?;
        // `VACUUM INTO` leaves it to the system when the copy reaches the disk.
        let synced = File::options().write(true).open(&making);
        let synced = synced.and_then(|file| file.sync_all());
        synced.map_err(io_error(&making, "written"))?;
        fs::rename(&making, target).map_err(io_error(target, "written"))
    })();
    if written.is_err() {
        let _ = fs::remove_file(&making);
    }
    written
}

/// The time, as it stands in names.
fn now(connection: &Connection, path: &Path) -> Result<String, StoreError> {
    let format = "SELECT strftime('%Y-%m-%dT%H-%M-%SZ', 'now')";
    let now = connection.query_row(format, [], |row| row.get(0));
    now.map_err(|error| Fault::from(error).at(path))
}

/// Which of these backups, newest first, are no longer needed.
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

/// Puts a backup in the place of a project that is damaged. The damaged file is kept in the
/// hidden folder, and its new path is given back.
///
/// # Errors
/// If the backup is damaged too, a window has the project open, or the disk refuses; the damaged
/// file is then where it was.
pub fn restore(path: &Path, backup: &Path) -> Result<PathBuf, StoreError> {
    let folder = aside(path);
    let claim = claim(&folder);
    if matches!(claim, LockOutcome::HeldElsewhere) {
        let path = path.to_path_buf();
        return Err(StoreError::Busy { path });
    }
    let report = super::check(backup)?;
    if let Some(what) = report.problems.into_iter().next() {
        let (path, backup) = (backup.to_path_buf(), None);
        return Err(StoreError::Damaged { path, what, backup });
    }
    let connection = open_read_only(backup).map_err(|fault| fault.at(backup))?;
    let stem = format!("damaged-{}", now(&connection, backup)?);
    let kept = (1..)
        .map(|number| folder.join(format!("{stem}-{number}.{EXTENSION}")))
        .find(|kept| !kept.exists())
        .unwrap_or_else(|| folder.join(&stem));
    // The copy is made before anything is moved, for the disk may be full.
    let copied = folder.join("restoring");
    let _ = fs::remove_file(&copied);
    copy(backup, &copied)?;
    // What SQLite keeps beside the file belongs to the damaged one, and would spoil the other.
    for ending in SQLITE_SUFFIXES.into_iter().chain([""]) {
        let from = beside(path, ending);
        if from.exists() {
            fs::rename(&from, beside(&kept, ending)).map_err(io_error(&from, "moved"))?;
        }
    }
    fs::rename(&copied, path).map_err(io_error(path, "written"))?;
    Ok(kept)
}
