//! The bytes of a picture's file.

use std::fs;
use std::path::Path;

use super::error::PictureError;
use super::limits::DecodeLimits;

/// The bytes of a picture's file, for [`decode_bytes`](super::decode_bytes) and for a content hash.
///
/// # Errors
/// If the file cannot be read, is not a regular file, or is larger than the limit.
pub fn read(path: &Path, limits: &DecodeLimits) -> Result<Vec<u8>, PictureError> {
    let unreadable = |cause| PictureError::Unreadable {
        path: path.into(),
        cause,
    };
    let bytes = size_of_file(path)?;
    let limit = limits.max_bytes;
    if bytes > limit {
        return Err(PictureError::FileTooLarge {
            path: path.into(),
            bytes,
            limit,
        });
    }
    fs::read(path).map_err(unreadable)
}

/// The length of a regular file in bytes. It is checked before the file is opened, because opening a
/// pipe would wait for a writer.
///
/// # Errors
/// If the file cannot be read, or is not a regular file.
pub fn size_of_file(path: &Path) -> Result<u64, PictureError> {
    let data = fs::metadata(path).map_err(|cause| PictureError::Unreadable {
        path: path.into(),
        cause,
    })?;
    if !data.is_file() {
        return Err(PictureError::NotAFile { path: path.into() });
    }
    Ok(data.len())
}
