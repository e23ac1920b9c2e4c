//! Checks whether a file may be written, before anything is computed for it.

use std::io;
use std::path::Path;

use super::error::FileError;
use super::paths::{folder_of, resolved};
use super::project_file::belongs_to_project;

/// Checks that a file can be written at `path`: its folder exists, and what is at the path, if
/// anything, is a regular file and not a project.
///
/// # Errors
/// If one of these conditions is not met.
pub fn check_target(path: &Path) -> Result<(), FileError> {
    let refuse = |kind, text: &str| {
        let cause = io::Error::new(kind, text);
        Err(FileError::unwritable(path)(cause))
    };
    if path.exists() && !path.is_file() {
        return refuse(
            io::ErrorKind::AlreadyExists,
            "what is there is not a regular file",
        );
    }
    if !folder_of(path).is_dir() {
        return refuse(
            io::ErrorKind::NotFound,
            "its folder does not exist; make it first",
        );
    }
    refuse_projects(path)
}

/// Refuses a path at which a project is stored, because its boxes would be lost.
///
/// # Errors
/// If the path, or what it leads to as a link, [belongs to a project](belongs_to_project).
pub fn refuse_projects(path: &Path) -> Result<(), FileError> {
    let leads_to_project = || resolved(path).is_some_and(|target| belongs_to_project(&target));
    if belongs_to_project(path) || leads_to_project() {
        let path = path.to_owned();
        return Err(FileError::IsProject { path });
    }
    Ok(())
}
