//! Why a model cannot be used.

use std::io;
use std::path::{Path, PathBuf};

/// Why a model cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// The file cannot be read.
    #[error("cannot read the model {}: {cause}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        cause: io::Error,
    },
    /// The file of a network that the program comes with is not there.
    #[error(
        "the {role} is not at {}: copy the file there, or give the folder that has it with --models",
        path.display()
    )]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
        /// What the network does.
        role: &'static str,
    },
    /// The file can be read, but does not contain a usable model.
    #[error("{} is not a usable model: {reason}", path.display())]
    BadFile {
        /// The file.
        path: PathBuf,
        /// What is wrong, and the remedy.
        reason: String,
    },
    /// A device that was requested by name is not available.
    #[error("the device {name} cannot be used: {reason}")]
    Device {
        /// The device.
        name: String,
        /// Why.
        reason: String,
    },
    /// The model computed NaN or infinity, which means that its weights are damaged.
    #[error("the model computes numbers that are not finite: its weights are damaged")]
    NotFinite,
    /// An operation failed while a model ran.
    #[error("the model failed: {0}")]
    Inference(#[from] candle_core::Error),
}

impl ModelError {
    /// A [`BadFile`](Self::BadFile).
    pub(crate) fn bad_file(path: &Path, reason: impl Into<String>) -> Self {
        Self::BadFile {
            path: path.to_owned(),
            reason: reason.into(),
        }
    }
}
