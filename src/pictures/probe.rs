//! The size of a picture, from the header of its file.

use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Read as _, Seek};
use std::panic::catch_unwind;
use std::path::Path;

use image::{ImageDecoder as _, ImageFormat};

use super::decoder::open_decoder;
use super::error::PictureError;
use super::format::format_of_content;
use super::limits::DecodeLimits;
use super::orientation::orientation;
use super::read::size_of_file;
use super::stored::StoredFrame;

/// Width and height of the upright picture in pixels, from the header of its file.
///
/// # Errors
/// If the file cannot be read or is not a picture.
pub fn probe(path: &Path) -> Result<(u32, u32), PictureError> {
    probe_stored(path).map(|frame| frame.upright_size())
}

/// The size of the stored picture and its orientation, from the header of its file.
///
/// # Errors
/// If the file cannot be read or is not a picture.
pub fn probe_stored(path: &Path) -> Result<StoredFrame, PictureError> {
    catch_unwind(|| probe_unguarded(path))
        .unwrap_or_else(|_| Err(PictureError::DecoderPanicked { path: path.into() }))
}

fn probe_unguarded(path: &Path) -> Result<StoredFrame, PictureError> {
    let unreadable = |cause| PictureError::Unreadable {
        path: path.into(),
        cause,
    };
    let size = size_of_file(path)?;
    let mut file = BufReader::new(File::open(path).map_err(unreadable)?);
    let format = format_of_content(path, file.fill_buf().map_err(unreadable)?)?;
    // No pixels are decoded here, so no picture is too large.
    let limits = DecodeLimits {
        max_pixels: u64::MAX,
        ..DecodeLimits::default()
    };
    if format != ImageFormat::Jpeg {
        return stored_frame(path, file, format, &limits);
    }
    // The JPEG decoder reads all of its input. It gets the beginning of the file, and more only if there
    // are large metadata.
    let mut bytes = Vec::new();
    loop {
        let target = (bytes.len() as u64 * 8).max(64 << 10);
        let more = target - bytes.len() as u64;
        file.by_ref()
            .take(more)
            .read_to_end(&mut bytes)
            .map_err(unreadable)?;
        let result = stored_frame(path, Cursor::new(&bytes), format, &limits);
        if result.is_ok() || bytes.len() as u64 >= size || (bytes.len() as u64) < target {
            return result;
        }
    }
}

fn stored_frame(
    path: &Path,
    bytes: impl BufRead + Seek,
    format: ImageFormat,
    limits: &DecodeLimits,
) -> Result<StoredFrame, PictureError> {
    let mut decoder = open_decoder(path, bytes, format, limits)?;
    Ok(StoredFrame {
        size: decoder.dimensions(),
        orientation: orientation(&mut decoder),
    })
}
