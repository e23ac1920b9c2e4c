//! What may be done with an open project, and notices about how it was opened.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::lock::{LockOutcome, WindowLock, acquire};
use crate::files::side_folder;

/// What a process does with a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Edit it, with undo and redo. Only one window at a time can. If that is not possible, the
    /// project is opened to [view](Self::View) it, and a notice says why.
    Edit,
    /// Add to it, whether a window has it open or not, as the command line does.
    Add,
    /// Read it.
    View,
}

/// A notice about how a project was opened.
#[derive(Debug)]
pub enum OpenNotice {
    /// Another window is editing it, so it is open read-only.
    InUse,
    /// It cannot be written at its location, so it is open read-only.
    ReadOnlyLocation,
    /// The file system has no locks, so another window might edit it too. Nothing is lost then, but
    /// both share one history.
    LockUnknown(io::Error),
    /// The folder cannot be written to, so the new project is in the user's data folder.
    CreatedElsewhere {
        /// Where it should have been.
        requested: PathBuf,
        /// Where it is.
        path: PathBuf,
    },
    /// The folder of the pictures does not exist.
    FolderMissing(PathBuf),
    /// A file of an older format was upgraded. A copy of the old file is here.
    Migrated(PathBuf),
}

impl fmt::Display for OpenNotice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InUse => f.write_str(
                "Another window is editing this project, so it is open read-only here: close \
                 that window and open the project again to edit it",
            ),
            Self::ReadOnlyLocation => f.write_str(
                "This project is in a place that cannot be written to, so it is open read-only: \
                 save a copy elsewhere to edit it",
            ),
            Self::LockUnknown(error) => write!(
                f,
                "Another window may have this project open, which cannot be checked here \
                 ({error}): make sure that none has",
            ),
            Self::CreatedElsewhere { requested, path } => write!(
                f,
                "{} cannot be written to, so the project is stored in {}",
                requested.parent().unwrap_or(requested).display(),
                path.display()
            ),
            Self::FolderMissing(root) => write!(
                f,
                "The folder of the pictures, {}, was not found: connect its disk, or choose the \
                 folder where it is now",
                root.display()
            ),
            Self::Migrated(former) => write!(
                f,
                "This project was in an older format and has been upgraded; a copy of the old \
                 file is {}",
                former.display()
            ),
        }
    }
}

/// How a project was opened.
#[derive(Debug, Default)]
pub struct OpenReport {
    /// Notices for the person.
    pub notices: Vec<OpenNotice>,
}

/// Acquires the lock that an access needs, and returns the access that is possible.
pub(super) fn lock_for(
    path: &Path,
    access: Access,
    notices: &mut Vec<OpenNotice>,
) -> (Access, Option<WindowLock>) {
    if access != Access::Edit {
        return (access, None);
    }
    match acquire(&side_folder(path)) {
        LockOutcome::Acquired(lock) => (Access::Edit, Some(lock)),
        LockOutcome::HeldElsewhere => {
            notices.push(OpenNotice::InUse);
            (Access::View, None)
        }
        LockOutcome::Unknown(error) if is_denied(error.kind()) => {
            notices.push(OpenNotice::ReadOnlyLocation);
            (Access::View, None)
        }
        LockOutcome::Unknown(error) => {
            notices.push(OpenNotice::LockUnknown(error));
            (Access::Edit, None)
        }
    }
}

/// Whether the system refuses to write in this place.
pub(super) fn is_denied(kind: io::ErrorKind) -> bool {
    matches!(
        kind,
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem
    )
}
