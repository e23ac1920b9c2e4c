//! How a project file is opened: safely, and so that other processes can use it too.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::error::Fault;

/// How long to wait for another process that is writing.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Opens an existing file for writing.
pub(super) fn open_read_write(path: &Path) -> Result<Connection, Fault> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    prepared(Connection::open_with_flags(path, flags)?)
}

/// Opens an existing file for reading, even on a disk or in a folder that cannot be written to.
pub(super) fn open_read_only(path: &Path) -> Result<Connection, Fault> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = prepared(Connection::open_with_flags(path, flags)?)?;
    let probe = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()));
    let Err(error) = probe else {
        return Ok(connection);
    };
    // In write-ahead mode even a reader creates files next to the project. If it cannot, no other
    // process can write either, so the file can be opened as one that never changes, provided that
    // it is complete.
    let is_incomplete = ["-wal", "-journal"].iter().any(|ending| {
        with_ending(path, ending)
            .metadata()
            .is_ok_and(|file| file.len() > 0)
    });
    let cannot_open = error.sqlite_error_code() == Some(ErrorCode::CannotOpen);
    match path.to_str() {
        Some(name) if cannot_open && !is_incomplete => open_immutable(name),
        _ => Err(error.into()),
    }
}

/// Opens the file with this name for reading, as one that never changes: without locks, and without
/// creating files next to it.
pub(super) fn open_immutable(name: &str) -> Result<Connection, Fault> {
    let name = name
        .replace('%', "%25")
        .replace('?', "%3f")
        .replace('#', "%23");
    // Only Windows separates folders by it.
    let name = if cfg!(windows) {
        format!("/{}", name.replace('\\', "/"))
    } else {
        name
    };
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_URI;
    let uri = format!("file:{name}?immutable=1");
    prepared(Connection::open_with_flags(uri, flags)?)
}

/// Opens an empty database in memory.
pub(super) fn open_in_memory() -> Result<Connection, Fault> {
    prepared(Connection::open_in_memory()?)
}

/// Opens a file to view it. If the file can be written, SQLite may recover from a crash, but nothing
/// else is written.
pub(super) fn open_to_view(path: &Path) -> Result<Connection, Fault> {
    let view = open_read_write(path).and_then(|connection| {
        connection.pragma_update(None, "query_only", true)?;
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
        Ok(connection)
    });
    view.or_else(|_| open_read_only(path))
}

/// Sets up a connection. A file may come from anyone, so nothing in it may run.
fn prepared(connection: Connection) -> Result<Connection, Fault> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    // A commit has reached the disk when it returns, whether it is a person's or a model's. A model
    // commits batches of many boxes, which share the cost.
    connection.pragma_update(None, "synchronous", "FULL")?;
    Ok(connection)
}

/// Switches to the write-ahead log, with which readers and a writer do not wait for each other. Where
/// that cannot work the rollback journal stays, which is slower and equally safe.
pub(super) fn enable_wal(connection: &Connection, path: &Path) -> Result<(), Fault> {
    let mode = if is_remote(path) { "DELETE" } else { "WAL" };
    // The answer is the current mode, which may be another one. Every mode is fine.
    let answer = connection.query_row(&format!("PRAGMA journal_mode = {mode}"), [], |row| {
        row.get::<_, String>(0)
    });
    match answer.map_err(Fault::from) {
        Err(Fault::Sql(error)) if is_busy(&error) => Ok(()),
        answer => answer.map(|_| ()),
    }
}

/// Makes commits return when they are in the system's memory, if there is a write-ahead log; `false` if there
/// is none. Somebody else has to wait for the disk, and to move the log into the file.
pub(super) fn commit_without_waiting(connection: &Connection) -> Result<bool, Fault> {
    let mode: String = connection.query_row("PRAGMA journal_mode", [], |row| row.get(0))?;
    if mode != "wal" {
        return Ok(false);
    }
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.query_row("PRAGMA wal_autocheckpoint = 0", [], |_| Ok(()))?;
    Ok(true)
}

/// Moves everything into the single file. Returns whether no other process has it open.
pub(super) fn checkpoint(connection: &Connection) -> Result<bool, Fault> {
    empty_log(connection)?;
    let mode = connection.query_row("PRAGMA journal_mode = DELETE", [], |row| {
        row.get::<_, String>(0)
    });
    match mode {
        Ok(mode) => Ok(mode == "delete"),
        Err(error) if is_busy(&error) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Moves everything into the file, as far as no other process is reading. The log stays where it is,
/// because a file of its name may be that of another project by now.
pub(super) fn empty_log(connection: &Connection) -> Result<(), Fault> {
    connection.busy_timeout(Duration::ZERO)?;
    let checkpoint = "PRAGMA wal_checkpoint(TRUNCATE)";
    match connection.query_row(checkpoint, [], |_| Ok(())) {
        Err(error) if !is_busy(&error) => Err(error.into()),
        _ => Ok(()),
    }
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
    )
}

/// The file next to a project whose name is that of the project with this ending.
pub(super) fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    name.into()
}

/// Whether a file is on another machine, as far as that can be detected. The write-ahead log needs
/// memory that all its users share, which is impossible between machines.
fn is_remote(path: &Path) -> bool {
    let Ok(path) = path.canonicalize() else {
        return false;
    };
    if cfg!(windows) {
        use std::path::{Component, Prefix};
        return matches!(
            path.components().next(),
            Some(Component::Prefix(prefix))
                if matches!(prefix.kind(), Prefix::UNC(..) | Prefix::VerbatimUNC(..))
        );
    }
    if cfg!(target_os = "macos") {
        // Local disks appear there too, for which this is only slower.
        return path.starts_with("/Volumes");
    }
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    is_remote_in(&mounts, &path)
}

/// As [`is_remote`], from the text of Linux's list of mounts.
pub(super) fn is_remote_in(mounts: &str, path: &Path) -> bool {
    const REMOTE: [&str; 11] = [
        "9p",
        "afs",
        "ceph",
        "cifs",
        "glusterfs",
        "lustre",
        "ncpfs",
        "nfs",
        "nfs4",
        "smb3",
        "smbfs",
    ];
    // id parent device root MOUNT-POINT options … - TYPE source options. Spaces are octal.
    let parse = |line: &str| {
        let (left, right) = line.split_once(" - ")?;
        let point = left.split(' ').nth(4)?.replace("\\040", " ");
        let kind = right.split(' ').next()?.to_owned();
        path.starts_with(&point).then_some((point.len(), kind))
    };
    // The last mount on a point covers the others, and `max_by_key` returns the last.
    let nearest = mounts
        .lines()
        .filter_map(parse)
        .max_by_key(|(length, _)| *length);
    nearest.is_some_and(|(_, kind)| {
        REMOTE.contains(&kind.as_str())
            || kind.starts_with("fuse.ssh")
            || kind.starts_with("fuse.rclone")
    })
}
