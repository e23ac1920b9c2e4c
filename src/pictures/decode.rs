//! One picture from its bytes: the format by content, upright according to EXIF, 8-bit RGB.
//!
//! A file that is cut off, or whose data are damaged, is read as far as possible, with a warning. Real
//! data sets contain such files, and other loaders show them too. Missing parts are grey. Colour
//! profiles (ICC) are ignored, as the usual training loaders do.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder as _, ImageFormat, RgbImage};

use super::decoder::{open_decoder, picture_error};
use super::error::PictureError;
use super::format::{format_name, format_of_content, format_of_name};
use super::jpeg::repair_cut_jpeg;
use super::jpeg_header::JpegHeader;
use super::limits::DecodeLimits;
use super::orientation::orientation;
use super::read::read;
use super::rgb::to_rgb;

/// The value of samples that could not be read: the grey that JPEG decoders use.
const MISSING_SAMPLE: u8 = 128;

/// A decoded picture.
#[derive(Clone, Debug)]
pub struct DecodedPicture {
    /// The pixels, upright unless decoded [as stored](decode_as_stored).
    pub rgb: RgbImage,
    /// Whether the picture was rotated or mirrored according to EXIF. Programs that ignore the
    /// orientation see other coordinates.
    pub orientation_applied: bool,
    /// What is wrong with the file although it could be read; sentences that name the file.
    pub warnings: Vec<String>,
}

/// Reads and decodes a picture.
///
/// Alpha is composited over white, as browsers and most viewers show it, so that the model sees what the
/// user sees. 16-bit samples are scaled to the nearest 8-bit values, and float samples are clipped to
/// 0..1; if they are of 14 bits or fewer, or of another range, they are stretched, with a warning.
/// Grey becomes RGB. CMYK is converted without a profile. Of an animation or a file with several pages,
/// the first is read.
///
/// ```
/// use std::path::Path;
/// use tsukami::pictures::{self, DecodeLimits};
///
/// let path = Path::new("assets/sample/images/cat/chelsea.jpg");
/// let picture = pictures::decode(path, &DecodeLimits::default())?;
/// assert_eq!(picture.rgb.dimensions(), pictures::probe(path)?);
/// # Ok::<(), pictures::PictureError>(())
/// ```
///
/// # Errors
/// If the file cannot be read, is not a picture, or is larger than the limits.
pub fn decode(path: &Path, limits: &DecodeLimits) -> Result<DecodedPicture, PictureError> {
    decode_bytes(path, &read(path, limits)?, limits)
}

/// As [`decode`], but without applying the EXIF orientation, as Pillow and most evaluation code open
/// pictures.
///
/// # Errors
/// As for [`decode`].
pub fn decode_as_stored(
    path: &Path,
    limits: &DecodeLimits,
) -> Result<DecodedPicture, PictureError> {
    decode_guarded(path, &read(path, limits)?, limits, Rotation::None)
}

/// Decodes a picture from the bytes of its file. The path is used for messages and for its extension.
///
/// If a decoder panics on hostile bytes, the result is an error for this picture. This needs unwinding,
/// so the build profiles must not set `panic = "abort"`. The panic hook still prints its line.
///
/// # Errors
/// As for [`decode`].
pub fn decode_bytes(
    path: &Path,
    bytes: &[u8],
    limits: &DecodeLimits,
) -> Result<DecodedPicture, PictureError> {
    decode_guarded(path, bytes, limits, Rotation::FromExif)
}

fn decode_guarded(
    path: &Path,
    bytes: &[u8],
    limits: &DecodeLimits,
    rotation: Rotation,
) -> Result<DecodedPicture, PictureError> {
    catch_unwind(AssertUnwindSafe(|| {
        decode_unguarded(path, bytes, limits, rotation)
    }))
    .unwrap_or_else(|_| Err(PictureError::DecoderPanicked { path: path.into() }))
}

/// Whether the orientation is applied.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rotation {
    /// Upright, according to EXIF.
    FromExif,
    /// As the picture is stored.
    None,
}

fn decode_unguarded(
    path: &Path,
    bytes: &[u8],
    limits: &DecodeLimits,
    rotation: Rotation,
) -> Result<DecodedPicture, PictureError> {
    let format = format_of_content(path, bytes)?;
    if format == ImageFormat::Jpeg
        && let Ok(header) = JpegHeader::read(&mut Cursor::new(bytes))
    {
        header.check_kind(path)?;
    }
    let mut warnings = Vec::new();
    if let Some(named) = format_of_name(path).filter(|named| *named != format) {
        warnings.push(format!(
            "{} is named as {} but contains {}; it was read anyway, but should be renamed",
            path.display(),
            format_name(named),
            format_name(format)
        ));
    }

    let repaired = match format {
        ImageFormat::Jpeg => repair_cut_jpeg(bytes),
        _ => None,
    };
    let bytes = repaired.as_deref().unwrap_or(bytes);
    if bytes.is_empty() {
        return Err(PictureError::Damaged {
            path: path.into(),
            reason: "it ends before its first row".into(),
        });
    }

    let mut decoder = open_decoder(path, Cursor::new(bytes), format, limits)?;
    let (width, height) = decoder.dimensions();
    let orientation = match rotation {
        Rotation::FromExif => orientation(&mut decoder),
        Rotation::None => Orientation::NoTransforms,
    };
    let color = decoder.color_type();
    let mut samples = buffer(path, decoder.total_bytes(), limits)?;
    let outcome = decoder.read_image(&mut samples);

    let fault = match outcome {
        Ok(()) => repaired.as_ref().map(|_| "its end is missing".to_owned()),
        Err(error) => match picture_error(path, format, limits, &error) {
            PictureError::Damaged { reason, .. } => {
                if format == ImageFormat::Png && color.bytes_per_pixel() > color.channel_count() {
                    // Rows of 16-bit samples that were read before the fault are still big-endian.
                    samples.chunks_exact_mut(2).for_each(<[u8]>::reverse);
                }
                Some(reason)
            }
            error => return Err(error),
        },
    };
    let missing = fault.is_some().then_some(MISSING_SAMPLE);
    if let Some(reason) = fault {
        if samples.iter().all(|sample| *sample == MISSING_SAMPLE) {
            return Err(PictureError::Damaged {
                path: path.into(),
                reason: format!("{reason}, and no row could be read"),
            });
        }
        warnings.push(format!(
            "{} is damaged ({reason}): it was read as far as possible, and missing parts are grey or blurred; copy it again from its source",
            path.display()
        ));
    }

    let (rgb, stretch) = to_rgb(color, samples, missing);
    if let Some(stretch) = stretch {
        warnings.push(format!(
            "{} has values from {stretch}, which would look black or white: they were stretched to be seen, for the model as well",
            path.display()
        ));
    }
    let rgb = RgbImage::from_raw(width, height, rgb).ok_or_else(|| PictureError::Damaged {
        path: path.into(),
        reason: "it contains fewer pixels than it declares".into(),
    })?;
    let mut upright = DynamicImage::ImageRgb8(rgb);
    upright.apply_orientation(orientation);
    Ok(DecodedPicture {
        rgb: upright.into_rgb8(),
        orientation_applied: orientation != Orientation::NoTransforms,
        warnings,
    })
}

/// Memory for the samples, or an error instead of an abort.
fn buffer(path: &Path, bytes: u64, limits: &DecodeLimits) -> Result<Vec<u8>, PictureError> {
    let too_large = || PictureError::OutOfMemory {
        path: path.into(),
        limit: limits.max_bytes,
    };
    if bytes > limits.max_bytes {
        return Err(too_large());
    }
    let bytes = usize::try_from(bytes).map_err(|_| too_large())?;
    let mut samples = Vec::new();
    samples.try_reserve_exact(bytes).map_err(|_| too_large())?;
    samples.resize(bytes, MISSING_SAMPLE);
    Ok(samples)
}

#[cfg(test)]
mod tests;
