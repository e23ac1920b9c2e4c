//! What can go wrong with a file, each as one sentence that names it.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Why a file could not be read or written.
#[derive(Debug, Error)]
pub enum FileError {
    /// The system refused to read.
    #[error("cannot read {}: {cause}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        cause: io::Error,
    },
    /// The system refused to write. The previous content is unchanged.
    #[error("cannot write {}: {cause}", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        cause: io::Error,
    },
    /// The file is a project, or one of the files that a project keeps next to it.
    #[error("{}: a project is stored there and would be lost; choose another name", path.display())]
    IsProject {
        /// The file.
        path: PathBuf,
    },
}

impl FileError {
    /// Adds the path to a read error.
    pub fn unreadable(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |cause| Self::Unreadable {
            path: path.to_owned(),
            cause,
        }
    }

    /// Adds the path to a write error.
    pub fn unwritable(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |cause| Self::Unwritable {
            path: path.to_owned(),
            cause,
        }
    }
}
