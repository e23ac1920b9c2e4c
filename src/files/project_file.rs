//! How a project file is named and recognised, and what is next to it.
//!
//! ```text
//! shop.tsukami             the project
//! shop.tsukami-wal, …      what SQLite keeps next to it while it is open
//! .shop.tsukami-aside/     its side folder: lock and automatic backups
//! ```
//!
//! The store reads and writes the content. This module contains what a writer of other files needs in
//! order not to touch projects.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

/// The extension of project files, without the dot.
pub const EXTENSION: &str = "tsukami";

/// `Tskm`: SQLite's application id of a project file.
pub const APPLICATION_ID: i32 = 0x5473_6b6d;

/// What SQLite appends to the name of a project for the files that it keeps next to it.
pub const SQLITE_SUFFIXES: [&str; 3] = ["-wal", "-shm", "-journal"];

/// What the name of a side folder ends in.
const SIDE_FOLDER_SUFFIX: &str = "-aside";

/// The first bytes of an SQLite file.
const SQLITE_MAGIC: &[u8; 16] = b"SQLite format 3\0";
/// The length of an SQLite file's header.
const HEADER_BYTES: usize = 100;
/// Where the header has the application id, big-endian.
const APPLICATION_ID_OFFSET: usize = 68;

/// The side folder of a project: a hidden folder next to it, with its backups and its lock. Scans
/// for pictures skip hidden folders.
pub fn side_folder(path: &Path) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(SIDE_FOLDER_SUFFIX);
    path.with_file_name(name)
}

/// The automatic backups of a project, newest first.
pub fn backups(path: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(side_folder(path));
    let files = files.into_iter().flatten().flatten();
    let mut backups: Vec<_> = files
        .filter_map(|file| Some((backup_key(&file.path())?, file.path())))
        .collect();
    backups.sort_unstable_by(|a, b| b.cmp(a));
    backups.into_iter().map(|(_, backup)| backup).collect()
}

/// When a backup was made, and how many changes the project had seen by then, read from its name:
/// `2025-11-23T22-29-00Z-1234.tsukami`. `None` if it is not the name of a backup.
///
/// A later backup has a larger key: within one second the number of changes decides.
pub fn backup_key(backup: &Path) -> Option<(String, i64)> {
    let name = backup.file_name()?.to_str()?;
    let (time, rest) = name.split_once("Z-")?;
    let is_time = time.len() == 19 && time.starts_with(|c: char| c.is_ascii_digit());
    let changes = rest.strip_suffix(EXTENSION)?.strip_suffix('.')?;
    let changes = changes.parse().ok()?;
    is_time.then(|| (time.to_owned(), changes))
}

/// Whether the first bytes of a file are those of a project; `false` if it is not a regular file.
///
/// # Errors
/// If there is no such file, or it cannot be read.
pub fn has_project_header(path: &Path) -> io::Result<bool> {
    let mut file = File::open(path)?;
    let mut header = [0; HEADER_BYTES];
    let is_long_enough = file.metadata()?.is_file() && file.read_exact(&mut header).is_ok();
    let id = APPLICATION_ID.to_be_bytes();
    Ok(is_long_enough
        && header.starts_with(SQLITE_MAGIC)
        && header[APPLICATION_ID_OFFSET..].starts_with(&id))
}

/// Whether a path is that of a project, by its name or its content, or that of a file that a
/// project keeps next to it.
pub fn belongs_to_project(path: &Path) -> bool {
    // Of `shop.tsukami` the names are `shop.tsukami-wal`, `.shop.tsukami-aside/`, …
    let owner = |path: &Path, prefix: &str, suffix: &str| {
        let name = path.file_name()?.to_str()?;
        let name = name.strip_prefix(prefix)?.strip_suffix(suffix)?;
        Some(path.with_file_name(name))
    };
    let of_sqlite = SQLITE_SUFFIXES
        .iter()
        .filter_map(|suffix| owner(path, "", suffix));
    let of_side_folder = path
        .ancestors()
        .filter_map(|folder| owner(folder, ".", SIDE_FOLDER_SUFFIX));
    is_project(path)
        || of_sqlite
            .chain(of_side_folder)
            .any(|path| is_project(&path))
}

fn is_project(path: &Path) -> bool {
    let extension = path.extension().unwrap_or_default();
    if extension.eq_ignore_ascii_case(EXTENSION) {
        return true;
    }
    // Only regular files are opened, because a pipe would not answer.
    path.is_file()
        && match has_project_header(path) {
            Ok(true) => true,
            // With backups next to it, it was a project before it was damaged.
            Ok(false) => !backups(path).is_empty(),
            Err(_) => false,
        }
}
