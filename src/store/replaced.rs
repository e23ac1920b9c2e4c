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
use super::new_file::{place, temporary_file, write_copy};
use crate::files::{EXTENSION, side_folder};

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

/// Writes the open project to a new file in the folder where it was. Returns its path, if that succeeded:
/// the file is on the disk then, so that the one that was opened can be let go.
pub(super) fn rescue(connection: &Connection, path: &Path) -> Option<PathBuf> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let name = |number: u32| path.with_file_name(format!("{stem} rescued {number}.{EXTENSION}"));
    for target in (1..100).map(name) {
        let written = temporary_file(&target).and_then(|temporary| {
            write_copy(connection, path, &temporary)?;
            place(temporary, &target)
        });
        // Nobody has opened it yet, so nothing is in its side folder.
        let _ = fs::remove_dir(side_folder(&target));
        match written {
            // Another process may have rescued what it had at the same time.
            Err(StoreError::Exists { .. }) => {}
            written => return written.ok().map(|()| target),
        }
    }
    None
}
