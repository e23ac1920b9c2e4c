//! The size of a picture, from the header of its file.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::panic::catch_unwind;
use std::path::Path;

use image::metadata::Orientation;
use image::{ImageDecoder as _, ImageFormat};

use super::decoder::open_decoder;
use super::error::PictureError;
use super::format::format_of_content;
use super::jpeg_header::JpegHeader;
use super::limits::DecodeLimits;
use super::orientation::orientation;
use super::read::size_of_file;
use super::stored::StoredFrame;

/// How much of a file is read at most. Headers with thumbnails and profiles have up to some hundred
/// kilobytes.
const MAX_READ_BYTES: u64 = 4 << 20;
/// How much is read at a time: little, because most of a header is skipped.
const BUFFER_BYTES: usize = 1 << 10;

/// Width and height of the upright picture in pixels, from the header of its file. At most some
/// megabytes of it are read.
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
    catch_unwind(|| {
        size_of_file(path)?;
        let file = File::open(path).map_err(|cause| PictureError::Unreadable {
            path: path.into(),
            cause,
        })?;
        probe_file(path, file)
    })
    .unwrap_or_else(|_| Err(PictureError::DecoderPanicked { path: path.into() }))
}

/// As [`probe_stored`], from an open file.
pub(super) fn probe_file(path: &Path, file: impl Read + Seek) -> Result<StoredFrame, PictureError> {
    let unreadable = |cause| PictureError::Unreadable {
        path: path.into(),
        cause,
    };
    let left = Cell::new(MAX_READ_BYTES);
    let file = LimitedFile { file, left: &left };
    let mut file = BufReader::with_capacity(BUFFER_BYTES, file);
    let head = file.fill_buf().map_err(unreadable)?;
    let format = format_of_content(path, head)?;
    let beginning = first_size(format, head);
    if format == ImageFormat::Jpeg {
        let header = JpegHeader::read(&mut file).map_err(unreadable)?;
        let exif = header.exif.as_deref();
        let orientation = exif.and_then(Orientation::from_exif_chunk);
        return Ok(StoredFrame {
            size: header.size(path)?,
            orientation: orientation.unwrap_or(Orientation::NoTransforms),
        });
    }
    // No pixels are decoded here, so no picture is too large.
    let limits = DecodeLimits {
        max_pixels: u64::MAX,
        ..DecodeLimits::default()
    };
    let mut decoder = match (open_decoder(path, file, format, &limits), beginning) {
        (Err(_), Some(size)) if left.get() == 0 => {
            // Megabytes of text and the like before the pixels: the size comes before them.
            return Ok(StoredFrame {
                size,
                orientation: Orientation::NoTransforms,
            });
        }
        (decoder, _) => decoder?,
    };
    Ok(StoredFrame {
        size: decoder.dimensions(),
        orientation: orientation(&mut decoder),
    })
}

/// Width and height in pixels, of the formats that begin with them, if they are not zero.
fn first_size(format: ImageFormat, head: &[u8]) -> Option<(u32, u32)> {
    let size = match format {
        ImageFormat::Png => {
            let side = |at: usize| Some(u32::from_be_bytes(*head.get(at..)?.first_chunk()?));
            (side(16)?, side(20)?)
        }
        ImageFormat::Gif => {
            let side = |at: usize| Some(u16::from_le_bytes(*head.get(at..)?.first_chunk()?));
            (side(6)?.into(), side(8)?.into())
        }
        _ => return None,
    };
    (size.0 > 0 && size.1 > 0).then_some(size)
}

/// A file of which only so many bytes can be read. What is skipped does not count.
struct LimitedFile<'a, F> {
    file: F,
    left: &'a Cell<u64>,
}

impl<F: Read> Read for LimitedFile<'_, F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.left.get();
        if left == 0 {
            let text = "its header is longer than that of any picture";
            return Err(io::Error::new(io::ErrorKind::InvalidData, text));
        }
        let length = buffer
            .len()
            .min(usize::try_from(left).unwrap_or(usize::MAX));
        let read = self.file.read(&mut buffer[..length])?;
        self.left.set(left - read as u64);
        Ok(read)
    }
}

impl<F: Seek> Seek for LimitedFile<'_, F> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}
