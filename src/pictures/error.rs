//! Why a picture could not be read, as one sentence that names the file and the remedy.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// Why a picture could not be read.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "the message of each variant says it")]
pub enum PictureError {
    #[error("{} cannot be read ({cause}): check that it exists and that you have permission to read it", path.display())]
    Unreadable { path: PathBuf, cause: io::Error },

    #[error("{} is not a regular file: specify a picture, a folder or a list", path.display())]
    NotAFile { path: PathBuf },

    #[error("{} is empty (0 bytes): copy it again from its source", path.display())]
    Empty { path: PathBuf },

    #[error("{} has {bytes} bytes, more than the limit of {limit}: save a smaller copy of it", path.display())]
    FileTooLarge {
        path: PathBuf,
        bytes: u64,
        limit: u64,
    },

    #[error("{} is {what}: copy it again from its source, or leave it out", path.display())]
    NotAPicture { path: PathBuf, what: &'static str },

    #[error("{} is {kind} which this program cannot read ({reason}): save it as an 8-bit PNG or JPEG", path.display())]
    Unsupported {
        path: PathBuf,
        kind: String,
        reason: String,
    },

    #[error("{} is {kind}, which this program cannot read: convert it to JPEG or PNG", path.display())]
    UnreadableKind { path: PathBuf, kind: &'static str },

    #[error(
        "{} is {width} x {height} pixels, more than the limit of {} megapixels: save a smaller copy of it, or cut it into tiles",
        path.display(), limit / 1_000_000
    )]
    TooManyPixels {
        path: PathBuf,
        width: u32,
        height: u32,
        limit: u64,
    },

    #[error("{} needs more memory to decode than the limit of {limit} bytes allows: save a smaller copy of it", path.display())]
    OutOfMemory { path: PathBuf, limit: u64 },

    #[error("{} is damaged ({reason}): copy it again from its source", path.display())]
    Damaged { path: PathBuf, reason: String },

    #[error("{} made the decoder fail: save it again with a picture editor, or leave it out", path.display())]
    DecoderPanicked { path: PathBuf },
}
