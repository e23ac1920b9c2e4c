//! One picture from its bytes: format by content, upright by its EXIF orientation, 8-bit RGB.
//!
//! A file that breaks off, or whose data go bad on the way, is read as far as it goes, with a
//! warning; real sets hold such files, and their peers' loaders show them too. What could not be
//! read is grey. Colour profiles (ICC) are ignored, as the usual training loaders do.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Cursor, Read, Seek};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use image::metadata::Orientation;
use image::{
    ColorType, DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, RgbImage,
};

use super::{PictureError, format_of_name};

/// How much one picture may ask for. Both are checked before anything of that size is allocated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodeLimits {
    /// The most pixels. The default of 250 megapixels lies above every single shot of a camera or
    /// a telephone (150 and 200 megapixels) and below what would stall a laptop: such a picture
    /// takes 0.75 GB as RGB, twice that while it is turned upright.
    pub max_pixels: u64,
    /// The most bytes of the file, and of its decoded samples. The default of 2 GiB holds any
    /// picture of `max_pixels`, up to 16-bit RGBA without compression.
    pub max_bytes: u64,
}

impl Default for DecodeLimits {
    fn default() -> Self {
        Self {
            max_pixels: 250_000_000,
            max_bytes: 2 << 30,
        }
    }
}

/// A decoded picture.
#[derive(Clone, Debug)]
pub struct DecodedPicture {
    /// The pixels, upright unless they were asked for [as stored](decode_as_stored).
    pub rgb: RgbImage,
    /// Whether the file's orientation tag turned or mirrored the picture: programs that ignore the
    /// tag see other coordinates.
    pub orientation_applied: bool,
    /// Sentences that name the file: what was read, though not as it should be.
    pub warnings: Vec<String>,
}

/// Reads and decodes a picture.
///
/// Alpha is composited over white, as a browser and most viewers show it (and as product cut-outs
/// were meant), so that the model sees what the person sees. 16-bit samples are scaled to the
/// nearest 8-bit ones, float samples are taken as 0..1 and clipped, grey becomes RGB, CMYK is
/// converted without a profile, and of an animation or a file of many pages the first is read.
pub fn decode(path: &Path, limits: &DecodeLimits) -> Result<DecodedPicture, PictureError> {
    decode_bytes(path, &read(path, limits)?, limits)
}

/// As [`decode`], but for the orientation tag, which is ignored: the pixels as Pillow opens them,
/// and with it most evaluation code.
pub fn decode_as_stored(
    path: &Path,
    limits: &DecodeLimits,
) -> Result<DecodedPicture, PictureError> {
    decode_guarded(path, &read(path, limits)?, limits, Frame::Stored)
}

/// The bytes of a picture's file, for [`decode_bytes`] and for a content hash.
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

/// Decodes a picture from the bytes of its file; the path serves messages and its extension.
///
/// Should a decoder panic on hostile bytes, that is an error of this picture, not the end of the
/// run. This needs unwinding, so `panic = "abort"` must stay out of the build profiles; the panic
/// hook still prints its line.
pub fn decode_bytes(
    path: &Path,
    bytes: &[u8],
    limits: &DecodeLimits,
) -> Result<DecodedPicture, PictureError> {
    decode_guarded(path, bytes, limits, Frame::Upright)
}

fn decode_guarded(
    path: &Path,
    bytes: &[u8],
    limits: &DecodeLimits,
    frame: Frame,
) -> Result<DecodedPicture, PictureError> {
    catch_unwind(AssertUnwindSafe(|| {
        decode_unguarded(path, bytes, limits, frame)
    }))
    .unwrap_or_else(|_| Err(PictureError::DecoderPanicked { path: path.into() }))
}

/// Which way round a picture is decoded.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Frame {
    /// As its orientation tag says.
    Upright,
    /// As its rows and columns are stored.
    Stored,
}

/// Width and height of the upright picture, from the file's header alone.
pub fn probe(path: &Path) -> Result<(u32, u32), PictureError> {
    catch_unwind(|| probe_unguarded(path))
        .unwrap_or_else(|_| Err(PictureError::DecoderPanicked { path: path.into() }))
}

/// What takes the place of samples that could not be read: the grey that JPEG decoders leave.
const MISSING_SAMPLE: u8 = 128;

fn decode_unguarded(
    path: &Path,
    bytes: &[u8],
    limits: &DecodeLimits,
    frame: Frame,
) -> Result<DecodedPicture, PictureError> {
    let format = recognise(path, bytes)?;
    let mut warnings = Vec::new();
    if let Some(named) = format_of_name(path).filter(|named| *named != format) {
        warnings.push(format!(
            "{} is named like a {} picture but holds a {} one: it was read all the same; rename it",
            path.display(),
            label(named),
            label(format)
        ));
    }

    let mended = match format {
        ImageFormat::Jpeg => mend_cut_jpeg(bytes),
        _ => None,
    };
    let bytes = mended.as_deref().unwrap_or(bytes);
    if bytes.is_empty() {
        return Err(PictureError::Damaged {
            path: path.into(),
            reason: "it ends before its first row".into(),
        });
    }

    let mut decoder = open(path, Cursor::new(bytes), format, limits)?;
    let (width, height) = decoder.dimensions();
    let orientation = match frame {
        Frame::Upright => orientation(&mut decoder),
        Frame::Stored => Orientation::NoTransforms,
    };
    let color = decoder.color_type();
    let mut samples = buffer(path, decoder.total_bytes(), limits)?;
    let outcome = decoder.read_image(&mut samples);

    let fault = match outcome {
        Ok(()) => mended.as_ref().map(|_| "its end is missing".to_owned()),
        Err(error) => match failure(path, format, limits, &error) {
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
    if let Some(reason) = fault {
        if samples.iter().all(|sample| *sample == MISSING_SAMPLE) {
            return Err(PictureError::Damaged {
                path: path.into(),
                reason: format!("{reason}, and not one row could be read"),
            });
        }
        warnings.push(format!(
            "{} is damaged ({reason}): it was read as far as it goes, what is missing is grey or blurred; copy it again from its source",
            path.display()
        ));
    }

    let rgb = RgbImage::from_raw(width, height, to_rgb(color, samples)).ok_or_else(|| {
        PictureError::Damaged {
            path: path.into(),
            reason: "it holds fewer pixels than it declares".into(),
        }
    })?;
    let mut upright = DynamicImage::ImageRgb8(rgb);
    upright.apply_orientation(orientation);
    Ok(DecodedPicture {
        rgb: upright.into_rgb8(),
        orientation_applied: orientation != Orientation::NoTransforms,
        warnings,
    })
}

fn probe_unguarded(path: &Path) -> Result<(u32, u32), PictureError> {
    let unreadable = |cause| PictureError::Unreadable {
        path: path.into(),
        cause,
    };
    let size = size_of_file(path)?;
    let mut file = BufReader::new(File::open(path).map_err(unreadable)?);
    let format = recognise(path, file.fill_buf().map_err(unreadable)?)?;
    // Pixels are not touched here, so nothing is refused for its size.
    let limits = DecodeLimits {
        max_pixels: u64::MAX,
        ..DecodeLimits::default()
    };
    if format != ImageFormat::Jpeg {
        return upright_size(path, file, format, &limits);
    }
    // The JPEG decoder swallows the whole of what it is given: give it a beginning, and more of it
    // only where large metadata ask for it.
    let mut bytes = Vec::new();
    loop {
        let wanted = (bytes.len() as u64 * 8).max(64 << 10);
        let more = wanted - bytes.len() as u64;
        file.by_ref()
            .take(more)
            .read_to_end(&mut bytes)
            .map_err(unreadable)?;
        let result = upright_size(path, Cursor::new(&bytes), format, &limits);
        if result.is_ok() || bytes.len() as u64 >= size || (bytes.len() as u64) < wanted {
            return result;
        }
    }
}

/// Width and height once the orientation is applied.
fn upright_size(
    path: &Path,
    bytes: impl BufRead + Seek,
    format: ImageFormat,
    limits: &DecodeLimits,
) -> Result<(u32, u32), PictureError> {
    let mut decoder = open(path, bytes, format, limits)?;
    let (width, height) = decoder.dimensions();
    Ok(match orientation(&mut decoder) {
        Orientation::Rotate90
        | Orientation::Rotate270
        | Orientation::Rotate90FlipH
        | Orientation::Rotate270FlipH => (height, width),
        _ => (width, height),
    })
}

/// The length of a regular file. Asked before it is opened: a pipe would wait for a writer.
fn size_of_file(path: &Path) -> Result<u64, PictureError> {
    let data = fs::metadata(path).map_err(|cause| PictureError::Unreadable {
        path: path.into(),
        cause,
    })?;
    if !data.is_file() {
        return Err(PictureError::NotAFile { path: path.into() });
    }
    Ok(data.len())
}

/// The format by the first bytes, whatever the name says.
fn recognise(path: &Path, bytes: &[u8]) -> Result<ImageFormat, PictureError> {
    if bytes.is_empty() {
        return Err(PictureError::Empty { path: path.into() });
    }
    if let Ok(format) = image::guess_format(bytes) {
        return Ok(format);
    }
    if bytes.get(4..8) == Some(b"ftyp") {
        return Err(PictureError::Unsupported {
            path: path.into(),
            kind: "a HEIF or AVIF picture, or a film,".into(),
            reason: "telephones name HEIC files .jpg at times".into(),
        });
    }
    let head = &bytes[..bytes.len().min(512)];
    let what = if head.iter().all(|byte| *byte == 0) {
        "nothing but zeros where a picture should begin"
    } else if head
        .iter()
        .all(|byte| !byte.is_ascii_control() || byte.is_ascii_whitespace())
    {
        "text, not a picture"
    } else {
        "no picture that this program knows (JPEG, PNG, WebP, BMP, TIFF, GIF)"
    };
    Err(PictureError::NotAPicture {
        path: path.into(),
        what,
    })
}

/// Reads the header and holds the picture's size against the limits.
fn open<'a>(
    path: &Path,
    bytes: impl BufRead + Seek + 'a,
    format: ImageFormat,
    limits: &DecodeLimits,
) -> Result<impl ImageDecoder + 'a, PictureError> {
    let mut reader = ImageReader::with_format(bytes, format);
    let mut memory = image::Limits::no_limits();
    memory.max_alloc = Some(limits.max_bytes);
    reader.limits(memory);
    let decoder = reader
        .into_decoder()
        .map_err(|error| failure(path, format, limits, &error))?;
    let (width, height) = decoder.dimensions();
    if width == 0 || height == 0 {
        return Err(PictureError::Damaged {
            path: path.into(),
            reason: format!("it says that it is {width} x {height} pixels"),
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

/// Room for the samples, or an error where others would abort.
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

/// How the picture is to be turned; a broken tag is none.
fn orientation(decoder: &mut impl ImageDecoder) -> Orientation {
    match decoder.orientation() {
        Ok(Orientation::NoTransforms) | Err(_) => {
            // Some writers of WebP and PNG put JPEG's prefix before the EXIF data.
            let exif = decoder.exif_metadata().ok().flatten().unwrap_or_default();
            exif.strip_prefix(b"Exif\0\0")
                .and_then(Orientation::from_exif_chunk)
                .unwrap_or(Orientation::NoTransforms)
        }
        Ok(orientation) => orientation,
    }
}

/// The format as people write it.
fn label(format: ImageFormat) -> String {
    format!("{format:?}").to_uppercase()
}

/// Our sentence for the library's error.
fn failure(
    path: &Path,
    format: ImageFormat,
    limits: &DecodeLimits,
    error: &ImageError,
) -> PictureError {
    use std::error::Error;

    let path = path.into();
    // The library's outer text repeats the format; the inner one says what is the matter.
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
            kind: format!("a kind of {} picture", label(format)),
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

/// What can be used of a JPEG that breaks off before its first end-of-image marker: nothing if no
/// coded data are left. `None` if it is whole.
///
/// The decoder reads a cut picture as far as it goes, but says nothing about it, makes up pixels
/// where there are no coded data at all, and gives up where a segment is cut or a progressive
/// picture has no end. So this walks the segments by their lengths and drops one that is cut. The
/// end of a thumbnail inside the metadata does not count, and the walk stops at the first end
/// outside: what lies behind it (the further pictures of an MPO, a maker's notes, junk) is no
/// concern of ours. Inside the coded data, and in junk between segments, it looks for the next
/// marker. It cannot see rows that were lost before an end.
fn mend_cut_jpeg(bytes: &[u8]) -> Option<Vec<u8>> {
    const PROGRESSIVE_FRAME: u8 = 0xc2;
    const END_OF_IMAGE: u8 = 0xd9;
    const START_OF_SCAN: u8 = 0xda;

    let mut progressive = false;
    let mut scan = bytes.len();
    let mut at = 2;
    let usable = loop {
        let Some(gap) = bytes[at..].iter().position(|byte| *byte == 0xff) else {
            break bytes.len();
        };
        at += gap;
        match bytes[at + 1..] {
            [END_OF_IMAGE, ..] => return None,
            // A filler before the marker proper.
            [0xff, ..] => at += 1,
            // An escaped 0xff, and the markers without a length.
            [0x00 | 0x01 | 0xd0..=0xd8, ..] => at += 2,
            [marker, high, low, ..] => {
                let end = at + 2 + usize::from(u16::from_be_bytes([high, low]));
                if end > bytes.len() {
                    break at;
                }
                progressive |= marker == PROGRESSIVE_FRAME;
                if marker == START_OF_SCAN {
                    scan = scan.min(end);
                }
                at = end;
            }
            _ => break at,
        }
    };
    let mut mended = bytes[..usable].to_vec();
    if usable <= scan {
        mended.clear();
    } else if progressive {
        // Of a sequential one, an end would make the decoder invent the missing rows.
        mended.extend([0xff, END_OF_IMAGE]);
    }
    Some(mended)
}

/// 8-bit RGB from the library's samples: native byte order, interleaved, 1 to 4 channels.
fn to_rgb(color: ColorType, samples: Vec<u8>) -> Vec<u8> {
    let channels = color.channel_count();
    let samples = match color.bytes_per_pixel() / channels {
        1 => samples,
        2 => samples
            .as_chunks()
            .0
            .iter()
            .map(|bytes| ((u32::from(u16::from_ne_bytes(*bytes)) + 128) / 257) as u8)
            .collect(),
        _ => samples
            .as_chunks()
            .0
            .iter()
            // `as` clips, and makes zero of what is no number.
            .map(|bytes| (f32::from_ne_bytes(*bytes) * 255.0).round() as u8)
            .collect(),
    };
    match channels {
        1 => convert(&samples, |[grey]| [grey; 3]),
        2 => convert(&samples, |[grey, alpha]| [over_white(grey, alpha); 3]),
        3 => samples,
        _ => convert(&samples, |[r, g, b, alpha]| {
            [r, g, b].map(|value| over_white(value, alpha))
        }),
    }
}

/// The pixels of `samples`, N channels each, as RGB.
fn convert<const N: usize>(samples: &[u8], rgb: impl Fn([u8; N]) -> [u8; 3]) -> Vec<u8> {
    let pixels = samples.as_chunks().0;
    pixels
        .iter()
        .map(|pixel| rgb(*pixel))
        .collect::<Vec<_>>()
        .into_flattened()
}

/// A sample over white, rounded to the nearest.
fn over_white(value: u8, alpha: u8) -> u8 {
    let (value, alpha) = (u32::from(value), u32::from(alpha));
    ((value * alpha + 255 * (255 - alpha) + 127) / 255) as u8
}

#[cfg(test)]
mod tests;
