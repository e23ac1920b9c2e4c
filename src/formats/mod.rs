//! What other programs read and write. No module here knows the window or the model.
//!
//! | module | its one idea |
//! |---|---|
//! | [`exchange`] | the door: recognise, import and export, whatever the format |
//! | [`class_map`] | what a model's classes are called, as CSV or JSON |
//! | [`coco`] | the COCO file as it is, for whoever needs no project |
//! | [`wsol`] | sets of one class a picture, to measure localisation against |
//! | `intake` | what a file says becomes one edit: ids, clipping, doubles, review |
//! | `layout` | which pictures go where: parts, names, folders that appear whole |
//! | `originals` | the project's own pictures, which no export writes over |
//! | `text` | files from strangers: sizes, encodings, paths that lead nowhere else |
//! | `coco_project`, `yolo`, `voc`, `labelme`, `createml`, `tags` | one format each |
//!
//! An importer turns its files into `Found` pictures and leaves every decision to `intake`; an
//! exporter gets `ExportedPicture` pictures and leaves every path to `layout`.

pub mod class_map;
pub mod coco;
mod coco_project;
mod createml;
pub mod exchange;
mod intake;
mod labelme;
mod layout;
mod originals;
pub mod tags;
#[cfg(test)]
mod tests;
mod text;
mod voc;
pub mod wsol;
mod yolo;

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::store::belongs_to_project;

/// Why a file could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum FormatError {
    /// The system refused to read.
    #[error("cannot read {}: {cause}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// The system refused to write; what was there before is untouched.
    #[error("cannot write {}: {cause}", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// The file was read, but is not in the format.
    #[error("{}: {reason}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and the remedy.
        reason: String,
    },
}

impl FormatError {
    pub(crate) fn unreadable(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |cause| Self::Unreadable {
            path: path.to_owned(),
            cause,
        }
    }

    pub(crate) fn unwritable(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |cause| Self::Unwritable {
            path: path.to_owned(),
            cause,
        }
    }

    pub(crate) fn malformed(path: &Path, reason: impl Into<String>) -> Self {
        Self::Malformed {
            path: path.to_owned(),
            reason: reason.into(),
        }
    }
}

/// Checks that `path` can be written before anything is computed for it: its folder exists, and
/// it is itself no folder, pipe or device, and no project.
pub fn check_target(path: &Path) -> Result<(), FormatError> {
    let refuse = |kind, text: &str| {
        let cause = io::Error::new(kind, text);
        Err(FormatError::unwritable(path)(cause))
    };
    if path.exists() && !path.is_file() {
        return refuse(
            io::ErrorKind::AlreadyExists,
            "there is something that is no file",
        );
    }
    if !folder_of(path).is_dir() {
        return refuse(
            io::ErrorKind::NotFound,
            "its folder does not exist; make it first",
        );
    }
    spare_projects(path)
}

/// Refuses to write where a project is kept, whose boxes would be lost.
fn spare_projects(path: &Path) -> Result<(), FormatError> {
    let target = resolved(path);
    if belongs_to_project(path) || target.is_some_and(|target| belongs_to_project(&target)) {
        let reason = "a project is kept there, which would be lost; choose another name";
        return Err(FormatError::malformed(path, reason));
    }
    Ok(())
}

/// Whether two paths lead to one file, or would if it existed.
pub(crate) fn same_file(a: &Path, b: &Path) -> bool {
    matches!((resolved(a), resolved(b)), (Some(a), Some(b)) if a == b)
}

/// Where a path leads, or would if there were a file; nothing if there is no such folder either.
fn resolved(path: &Path) -> Option<PathBuf> {
    path.canonicalize().ok().or_else(|| {
        let absolute = std::path::absolute(path).ok()?;
        let folder = absolute.parent()?.canonicalize().ok()?;
        Some(folder.join(absolute.file_name()?))
    })
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Writes a file that appears whole or not at all: to a temporary file beside it, flushed to the
/// disk, then renamed over what was there.
pub fn write_whole(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), FormatError> {
    check_target(path)?;
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // The user's own mask decides who may read it, as for any file they make.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let attempt = || {
        let file = builder.prefix(".tsukami-").tempfile_in(folder_of(path))?;
        let mut buffered = BufWriter::new(file);
        write(&mut buffered)?;
        let file = buffered
            .into_inner()
            .map_err(io::IntoInnerError::into_error)?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    };
    attempt().map_err(|cause: io::Error| {
        // The system's own words, without the temporary file's name, which says nothing to anybody.
        let plain = cause.raw_os_error().map(io::Error::from_raw_os_error);
        FormatError::unwritable(path)(plain.unwrap_or(cause))
    })
}
