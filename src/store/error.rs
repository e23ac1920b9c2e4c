//! What can go wrong with a project file, each as one sentence that names the file and the remedy.

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;
use thiserror::Error;

use crate::document::EditError;

/// Why something could not be done with a project file.
#[derive(Debug, Error)]
pub enum StoreError {
    /// There is nothing at the path.
    #[error("{} does not exist: check the path, or create a new project", path.display())]
    NotFound {
        /// Where the project should be.
        path: PathBuf,
    },
    /// A new project would replace a file.
    #[error("{} already exists: open it, or choose another name", path.display())]
    Exists {
        /// The existing file.
        path: PathBuf,
    },
    /// The file is of another kind.
    #[error("{} is not a Tsukami project: choose a .tsukami file", path.display())]
    NotAProject {
        /// The file.
        path: PathBuf,
    },
    /// The project was written by a newer program.
    #[error(
        "{} was written by a newer version of Tsukami (format {version}, this version reads up to \
         {known}): update Tsukami to open it", path.display()
    )]
    NewerFormat {
        /// The file.
        path: PathBuf,
        /// Its format.
        version: i64,
        /// The newest format that this program knows.
        known: i64,
    },
    /// The content is inconsistent or does not match its checksums. Nothing was changed.
    #[error(
        "{} is damaged ({what}): {}", path.display(),
        backup.as_ref().map_or_else(
            || "there is no automatic backup, so restore a copy of your own".to_owned(),
            |backup| format!(
                "restore the automatic backup {} with `tsukami project restore {}`",
                backup.display(),
                path.display()
            ),
        )
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The first problem that was found.
        what: String,
        /// The newest automatic backup, for [`restore`](super::restore).
        backup: Option<PathBuf>,
    },
    /// The disk or a quota on it is full. Memory and file are unchanged.
    #[error("{} could not be written because the disk is full: free some space and try again", path.display())]
    Full {
        /// The project file.
        path: PathBuf,
    },
    /// Another process has locked the file for longer than a person would wait.
    #[error("{} is being written by another program: wait for it to finish, and try again", path.display())]
    Busy {
        /// The project file.
        path: PathBuf,
    },
    /// Another program has deleted or replaced the file while it was open.
    #[error(
        "{} was deleted or replaced by another program while it was open, so nothing more can be \
         saved in it: {}", path.display(),
        rescued.as_ref().map_or_else(
            || "put it back if you can, and open it again".to_owned(),
            |rescued| format!("open {} instead, which contains all your work", rescued.display()),
        )
    )]
    Replaced {
        /// Where the project file was.
        path: PathBuf,
        /// The file that everything was written to instead.
        rescued: Option<PathBuf>,
    },
    /// Another program has deleted or replaced the file of a project that is open read-only.
    #[error(
        "{} was deleted or replaced by another program while it was open read-only: open it again to \
         see what is in it now", path.display()
    )]
    ViewReplaced {
        /// The project file.
        path: PathBuf,
    },
    /// A change was requested of a project that is open read-only.
    #[error(
        "{} is open read-only: close the window that edits it, or make the file and its folder \
         writable, and open it again", path.display()
    )]
    ReadOnly {
        /// The project file.
        path: PathBuf,
    },
    /// The document refuses an edit. Memory and file are unchanged.
    #[error("this change cannot be made: {0}")]
    Refused(#[from] EditError),
    /// Another process has changed the same rows since the edit was made. The document contains the
    /// changes of that process now, and not the edit.
    #[error(
        "{label:?} was not applied because another program has just changed the same pictures or classes: review them and try again"
    )]
    Conflict {
        /// What the edit does.
        label: String,
    },
    /// The file could not be read again after a failure, so memory may differ from it.
    #[error("{} could not be read again after an error: open the project again", path.display())]
    OutOfSync {
        /// The project file.
        path: PathBuf,
    },
    /// What was changed before could not be written, so nothing more is changed.
    #[error("nothing can be changed until the project is saved again: {reason}")]
    Paused {
        /// What is in the way, and the remedy.
        reason: String,
    },
    /// The project was closed before everything was written.
    #[error("{} was closed before the last changes were saved in it", path.display())]
    Unsaved {
        /// The project file.
        path: PathBuf,
    },
    /// The folder of the pictures cannot be stored in the project.
    #[error("{} cannot be the folder of a project because its name is not valid Unicode: rename it", root.display())]
    InvalidRoot {
        /// The folder.
        root: PathBuf,
    },
    /// A setting is not JSON of the expected type.
    #[error("the setting {key:?} of {} cannot be read or written: {source}", path.display())]
    Setting {
        /// The project file.
        path: PathBuf,
        /// The setting's name.
        key: String,
        /// The error of serde.
        source: serde_json::Error,
    },
    /// The file system refuses.
    #[error("{} could not be {action}: {source}; check its folder and permissions", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was tried, as a participle.
        action: &'static str,
        /// The error of the system.
        source: io::Error,
    },
    /// The disk fails or a limit is reached. Memory and file are unchanged.
    #[error(
        "{} could not be read or written ({source}): make sure that its disk is connected and has \
         space, and try again", path.display()
    )]
    Disk {
        /// The project file.
        path: PathBuf,
        /// The error of SQLite.
        source: rusqlite::Error,
    },
    /// SQLite refuses for another reason.
    #[error("{} could not be used: {source}; check its folder and permissions", path.display())]
    Sql {
        /// The project file.
        path: PathBuf,
        /// The error of SQLite.
        source: rusqlite::Error,
    },
}

/// An error inside the store, before the path of the file is added.
#[derive(Debug)]
pub(super) enum Fault {
    /// An error of SQLite.
    Sql(rusqlite::Error),
    /// The content differs from what was written.
    Damage(String),
    /// A step or change could not be converted to or from JSON.
    Json(serde_json::Error),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<serde_json::Error> for Fault {
    fn from(error: serde_json::Error) -> Self {
        Self::Json(error)
    }
}

impl Fault {
    /// What is wrong, in one line.
    pub(super) fn what(&self) -> String {
        match self {
            Self::Damage(what) => in_one_line(what),
            Self::Json(error) => error.to_string(),
            Self::Sql(error) if is_cut_short(error) => "the file is truncated".to_owned(),
            Self::Sql(error) => in_one_line(&error.to_string()),
        }
    }

    /// The error of the project file at `path`.
    pub(super) fn at(self, path: &Path) -> StoreError {
        let path = path.to_path_buf();
        let what = self.what();
        match self {
            Self::Damage(_) | Self::Json(_) => damaged(path, what),
            Self::Sql(source) if is_cut_short(&source) => damaged(path, what),
            Self::Sql(source) => match source.sqlite_error_code() {
                // Every statement fits the tables of this format, so an error without a code of its
                // own means that the tables are different.
                Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase | ErrorCode::Unknown) => {
                    damaged(path, what)
                }
                // A value is of another type than its column.
                None => damaged(path, what),
                Some(ErrorCode::DiskFull) => StoreError::Full { path },
                Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                    StoreError::Busy { path }
                }
                Some(ErrorCode::SystemIoFailure) => StoreError::Disk { path, source },
                Some(ErrorCode::ReadOnly) => StoreError::ReadOnly { path },
                _ => StoreError::Sql { path, source },
            },
        }
    }
}

/// Whether the file is shorter than its header states, which SQLite reports in the same way as a
/// failing disk.
fn is_cut_short(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error().map(|error| error.extended_code);
    code == Some(rusqlite::ffi::SQLITE_IOERR_SHORT_READ)
}

/// SQLite's report about a damaged file, without headings.
pub(super) fn in_one_line(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.starts_with("***"));
    lines.collect::<Vec<_>>().join("; ")
}

/// The error of a damaged file, which does not name a backup yet.
fn damaged(path: PathBuf, what: String) -> StoreError {
    let backup = None;
    StoreError::Damaged { path, what, backup }
}

/// Adds the path and the attempted action to an IO error.
pub(super) fn io_error(path: &Path, action: &'static str) -> impl FnOnce(io::Error) -> StoreError {
    let path = path.to_path_buf();
    move |source| match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::Full { path },
        _ => StoreError::Io {
            path,
            action,
            source,
        },
    }
}
