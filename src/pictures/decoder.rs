//! The decoder of the `image` library for one picture, and its errors.

use std::io::{BufRead, Seek};
use std::path::Path;

use image::{ImageDecoder, ImageError, ImageFormat, ImageReader, ImageResult};

use super::error::PictureError;
use super::format::format_name;
use super::limits::DecodeLimits;
use super::numeric_tiff::{NumericTiff, is_numeric};

/// Reads the header, and compares the size of the picture with the limits.
///
/// # Errors
/// If the header is damaged or the picture is too large. `path` is for messages.
pub fn open_decoder<'a>(
    path: &Path,
    bytes: impl BufRead + Seek + 'a,
    format: ImageFormat,
    limits: &DecodeLimits,
) -> Result<Box<dyn ImageDecoder + 'a>, PictureError> {
    let decoder = open_any(bytes, format, limits)
        .map_err(|error| picture_error(path, format, limits, &error))?;
    let (width, height) = decoder.dimensions();
    if width == 0 || height == 0 {
        return Err(PictureError::Damaged {
            path: path.into(),
            reason: format!("its header says that it has {width} x {height} pixels"),
        });
    }
    if u64::from(width) * u64::from(height) > limits.max_pixels {
        return Err(PictureError::TooManyPixels {
            path: path.into(),
            width,
            height,
            limit: limits.max_pixels,
        });
    }
    Ok(decoder)
}

fn open_any<'a>(
    mut bytes: impl BufRead + Seek + 'a,
    format: ImageFormat,
    limits: &DecodeLimits,
) -> ImageResult<Box<dyn ImageDecoder + 'a>> {
    if format == ImageFormat::Tiff {
        let is_numeric = is_numeric(&mut bytes);
        bytes.rewind()?;
        if is_numeric {
            return Ok(Box::new(NumericTiff::new(bytes, limits.max_bytes)?));
        }
    }
    let mut reader = ImageReader::with_format(bytes, format);
    let mut memory = image::Limits::no_limits();
    memory.max_alloc = Some(limits.max_bytes);
    reader.limits(memory);
    Ok(Box::new(reader.into_decoder()?))
}

/// The error of the library as one sentence.
pub fn picture_error(
    path: &Path,
    format: ImageFormat,
    limits: &DecodeLimits,
    error: &ImageError,
) -> PictureError {
    use std::error::Error;

    let path = path.into();
    // The outer text of the library repeats the format; the inner text is the reason.
    let reason = error
        .source()
        .map_or_else(|| error.to_string(), ToString::to_string);
    match error {
        ImageError::Limits(_) => PictureError::OutOfMemory {
            path,
            limit: limits.max_bytes,
        },
        ImageError::Unsupported(_) => PictureError::Unsupported {
            path,
            kind: format!("a kind of {} picture", format_name(format)),
            reason,
        },
        ImageError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            PictureError::Damaged {
                path,
                reason: "its end is missing".into(),
            }
        }
        _ => PictureError::Damaged { path, reason },
    }
}
