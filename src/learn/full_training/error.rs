//! Why training is impossible or has to stop.

use std::path::PathBuf;

use crate::files::FileError;
use crate::nn::ModelError;
use crate::pictures::PictureError;

/// Why training is impossible or had to stop.
#[derive(Debug, thiserror::Error)]
pub enum FullTrainingError {
    /// No picture can be trained on.
    #[error("no tagged picture can be read, so there is nothing to train on")]
    NoExamples,
    /// All pictures are of one class.
    #[error("all pictures are of one class, {0:?}; training needs at least two classes")]
    OneClass(String),
    /// A setting makes no sense.
    #[error("{0}")]
    Setting(String),
    /// The model from which to start cannot be used.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// An unfinished training would be lost.
    #[error(
        "{} contains an unfinished training run: continue it with --resume, or delete it to start over",
        .0.display()
    )]
    Unfinished(PathBuf),
    /// There is no training to continue.
    #[error("there is no checkpoint {} to continue from: omit --resume to start", .0.display())]
    NoCheckpoint(PathBuf),
    /// The checkpoint belongs to another training.
    #[error(
        "{} is the checkpoint of another training: {differences}; continue with the options that \
         it was started with, or delete it to start over",
        path.display()
    )]
    OtherRun {
        /// The file.
        path: PathBuf,
        /// The differences.
        differences: String,
    },
    /// The checkpoint cannot be read.
    #[error("cannot continue from {}: {reason}", path.display())]
    BadCheckpoint {
        /// The file.
        path: PathBuf,
        /// The reason and the remedy.
        reason: String,
    },
    /// The loss is not finite.
    #[error(
        "the loss is not finite in epoch {epoch}, step {step}: start over with a lower \
         --learning-rate, or with another model if this is the first step"
    )]
    NotFinite {
        /// The epoch, counted from 1.
        epoch: usize,
        /// The step in it, counted from 1.
        step: usize,
    },
    /// A bug: part of the network would not be trained.
    #[error("no gradient reaches {0}, so it would not be trained; please report this")]
    NoGradient(String),
    /// A picture that could be read before can no longer be read.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// Training is complete, but the model cannot be written.
    #[error(
        "{cause}; once that is fixed, the same command with --resume continues from {}",
        checkpoint.display()
    )]
    ModelNotWritten {
        /// The reason.
        cause: Box<FullTrainingError>,
        /// The checkpoint file.
        checkpoint: PathBuf,
    },
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// An operation failed, for example because memory ran out.
    #[error("training failed: {0}; if memory ran out, lower --micro-batch")]
    Failed(#[from] candle_core::Error),
}
