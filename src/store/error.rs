//! What can go wrong with a project file, each as one sentence that names the file and the remedy.

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;
use thiserror::Error;

use crate::document::EditError;

/// Why something could not be done with a project file.
#[derive(Debug, Error)]
pub enum StoreError {
    /// Nothing lies at the path.
    #[error("{} does not exist: check the path, or make a new project", path.display())]
    NotFound {
        /// Where the project should be.
        path: PathBuf,
    },
    /// A new project would replace a file.
    #[error("{} exists already: open it, or choose another name", path.display())]
    Exists {
        /// The file that is there.
        path: PathBuf,
    },
    /// A file of some other kind.
    #[error("{} is not a Tsukami project: choose a .tsukami file", path.display())]
    NotAProject {
        /// The file.
        path: PathBuf,
    },
    /// A project of a later program.
    #[error(
        "{} was written by a newer Tsukami (format {version}, this one reads up to {known}): \
         update the program to open it", path.display()
    )]
    NewerFormat {
        /// The file.
        path: PathBuf,
        /// Its format.
        version: i64,
        /// The latest format that this program knows.
        known: i64,
    },
    /// The content contradicts itself or its checksums; nothing was changed.
    #[error(
        "{} is damaged ({what}): {}", path.display(),
        backup.as_ref().map_or_else(
            || "there is no automatic backup, so restore a copy of your own".to_owned(),
            |backup| format!(
                "restore the automatic backup {} by `tsukami project restore {}`",
                backup.display(),
                path.display()
            ),
        )
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was noticed first.
        what: String,
        /// The newest automatic backup, for [`restore`](super::restore).
        backup: Option<PathBuf>,
    },
    /// The disk, or a quota on it, is full; memory and file are as before.
    #[error("{} could not be written, the disk is full: free some space and do it again", path.display())]
    Full {
        /// The project file.
        path: PathBuf,
    },
    /// Another process held the file for longer than a person would wait.
    #[error("{} is being written by another program: wait for it, and do it again", path.display())]
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
            |rescued| format!("all work up to now is in {}, open that", rescued.display()),
        )
    )]
    Replaced {
        /// Where the project file was.
        path: PathBuf,
        /// Where all that was done has been written instead.
        rescued: Option<PathBuf>,
    },
    /// A change was asked of a project that was opened for reading.
    #[error(
        "{} is open for reading only: close the window that edits it, or see to it that it and \
         its folder can be written, and open it again", path.display()
    )]
    ReadOnly {
        /// The project file.
        path: PathBuf,
    },
    /// The document refuses an edit; memory and file are as before.
    #[error("the change does not fit the project: {0}")]
    Refused(#[from] EditError),
    /// Another process has changed the same rows since the edit was made; its changes are now in
    /// the document, the edit is not.
    #[error(
        "{label:?} was not done, because another program has just changed the same: look, and do it again"
    )]
    Conflict {
        /// What was to be done.
        label: String,
    },
    /// The file could not be read back after a failure, so memory may no longer agree with it.
    #[error("{} could not be read back after an error: open the project again", path.display())]
    OutOfSync {
        /// The project file.
        path: PathBuf,
    },
    /// The folder of the pictures cannot be written down.
    #[error("{} cannot be the folder of a project, its name is no Unicode: rename it", root.display())]
    InvalidRoot {
        /// The folder.
        root: PathBuf,
    },
    /// A setting that is no JSON of the expected kind.
    #[error("the setting {key:?} of {} cannot be read or written as asked: {source}", path.display())]
    Setting {
        /// The project file.
        path: PathBuf,
        /// The setting's name.
        key: String,
        /// What serde says.
        source: serde_json::Error,
    },
    /// The file system refuses.
    #[error("{} could not be {action}: {source}; check its folder and permissions", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was tried, as a participle.
        action: &'static str,
        /// What the system says.
        source: io::Error,
    },
    /// The disk fails, or a limit is reached; memory and file are as before.
    #[error(
        "{} could not be read or written ({source}): see to it that its disk is connected and \
         has space, and do it again", path.display()
    )]
    Disk {
        /// The project file.
        path: PathBuf,
        /// What SQLite says.
        source: rusqlite::Error,
    },
    /// SQLite refuses, for a reason that is none of the above.
    #[error("{} could not be used: {source}; check its folder and permissions", path.display())]
    Sql {
        /// The project file.
        path: PathBuf,
        /// What SQLite says.
        source: rusqlite::Error,
    },
}

/// An error inside the store, before it is known which file it is about.
#[derive(Debug)]
pub(super) enum Fault {
    /// SQLite reports it.
    Sql(rusqlite::Error),
    /// The content is not what was once written.
    Damage(String),
    /// A step or change could not be turned into JSON.
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
            Self::Sql(error) if is_cut_short(error) => "it ends too early".to_owned(),
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
                // Every statement fits the tables that were made, so a plain error, which has no
                // code of its own, means that these are not they.
                Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase | ErrorCode::Unknown) => {
                    damaged(path, what)
                }
                // A value is of another kind than its column.
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

/// Whether the file ends before what it is said to hold, which SQLite reports as it does a disk
/// that fails.
fn is_cut_short(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error().map(|error| error.extended_code);
    code == Some(rusqlite::ffi::SQLITE_IOERR_SHORT_READ)
}

/// What SQLite says of a damaged file, without its headings.
pub(super) fn in_one_line(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.starts_with("***"));
    lines.collect::<Vec<_>>().join("; ")
}

/// The error of a damaged file, with the backup that may help.
fn damaged(path: PathBuf, what: String) -> StoreError {
    let backup = super::backup::backups(&path).into_iter().next();
    StoreError::Damaged { path, what, backup }
}

/// Adds the path to an IO error.
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
