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

use std::io;
use std::path::{Path, PathBuf};

use crate::files::FileError;

/// Why a file could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum FormatError {
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
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
        let add_path = FileError::unreadable(path);
        move |cause| Self::File(add_path(cause))
    }

    pub(crate) fn unwritable(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let add_path = FileError::unwritable(path);
        move |cause| Self::File(add_path(cause))
    }

    pub(crate) fn malformed(path: &Path, reason: impl Into<String>) -> Self {
        Self::Malformed {
            path: path.to_owned(),
            reason: reason.into(),
        }
    }
}
