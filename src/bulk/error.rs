//! Why a run could not start, or had to stop.

use std::path::PathBuf;

use crate::files::FileError;
use crate::formats::FormatError;

/// Why a run could not start, or had to stop.
#[derive(Debug, thiserror::Error)]
pub enum BulkError {
    /// None of the paths has a picture.
    #[error("no pictures found in {0}")]
    NoPictures(String),
    /// An earlier run was not finished, and this one is not to continue it.
    #[error(
        "{} has {done} pictures of an unfinished run: add --resume to continue it, or delete the \
         file to start over",
        path.display()
    )]
    Unfinished {
        /// The journal or the COCO file.
        path: PathBuf,
        /// How many pictures it has.
        done: usize,
    },
    /// An earlier run had other settings.
    #[error(
        "{} was made with different settings ({differences}): use the same settings, or a different --out",
        path.display()
    )]
    OtherSettings {
        /// The journal or the COCO file.
        path: PathBuf,
        /// Which settings, with both values.
        differences: String,
    },
    /// An earlier run had other pictures.
    #[error(
        "{} holds results for {done} pictures, none of them in the given paths: use the same paths, \
         or a different --out",
        path.display()
    )]
    OtherPictures {
        /// The journal or the COCO file.
        path: PathBuf,
        /// How many pictures it has.
        done: usize,
    },
    /// Another run has the same output.
    #[error("another run is writing {}: wait until it ends, or use a different --out", .0.display())]
    Busy(PathBuf),
    /// A file to write is also read, or is to be written twice.
    #[error("{} would be overwritten: choose a different output file", .0.display())]
    OverwritesInput(PathBuf),
    /// Files that cannot be merged.
    #[error("{0}")]
    Unmergeable(String),
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A COCO file or journal could not be read or written.
    #[error(transparent)]
    Format(#[from] FormatError),
}
