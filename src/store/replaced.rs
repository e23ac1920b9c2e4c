//! What happens when another program deletes or replaces a project file while it is open.
//!
//! The system would continue to write to the file that was opened, which nobody could find again. So
//! before and after anything is written, and once a second, the store checks that the path still leads
//! to that file. If not, everything is written to a new file in the same folder, and the project can
//! only be viewed from then on.
//!
//! The file is also closed then. Its write-ahead log lies where that of the new file would, and SQLite
//! would take one for the other, so the log is first moved into the file that it belongs to.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::error::StoreError;
use crate::files::EXTENSION;

/// What distinguishes a file from another one at the same path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FileIdentity {
    device: u64,
    inode: u64,
}

impl FileIdentity {
    /// The identity of the file at a path, or `None` if there is none. Systems without such numbers
    /// do not let other programs replace an open file.
    pub(super) fn of(path: &Path) -> Option<Self> {
        let file = fs::metadata(path).ok()?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt as _;
            Some(Self {
                device: file.dev(),
                inode: file.ino(),
            })
        }
        #[cfg(not(unix))]
        {
            let _ = file;
            Some(Self {
                device: 0,
                inode: 0,
            })
        }
    }
}

/// What has become of a project whose file was deleted or replaced.
#[derive(Debug)]
pub(super) enum Replaced {
    /// It could be written: everything is in this file, if that succeeded.
    Rescued(Option<PathBuf>),
    /// It was open read-only.
    Viewed,
}

impl Replaced {
    /// The error of every attempt to use the file at `path`.
    pub(super) fn error(&self, path: &Path) -> StoreError {
        let path = path.to_path_buf();
        match self {
            Self::Rescued(rescued) => {
                let rescued = rescued.clone();
                StoreError::Replaced { path, rescued }
            }
            Self::Viewed => StoreError::ViewReplaced { path },
        }
    }
}

/// Writes the open project to a new file in the folder where it was. Returns its path, if that succeeded.
pub(super) fn rescue(connection: &Connection, path: &Path) -> Option<PathBuf> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let name = |number: u32| path.with_file_name(format!("{stem} rescued {number}.{EXTENSION}"));
    let target = (1..100).map(name).find(|target| !target.exists());
    target.filter(|target| write(connection, target).is_ok())
}

fn write(connection: &Connection, target: &Path) -> rusqlite::Result<()> {
    let text = target.to_str().ok_or(rusqlite::Error::InvalidQuery)?;
    connection.execute("VACUUM INTO ?", [text]).map(|_| ())
}
