//! The header of a JPEG: its size, its coding and its EXIF data, without reading what lies between.

use std::io::{self, BufRead, Seek, SeekFrom};
use std::path::Path;

use super::error::PictureError;

/// The number of segments before the picture data that are looked at.
const MAX_SEGMENTS: usize = 10_000;
/// How many bytes of junk between segments are searched for the next one.
const MAX_JUNK_BYTES: u64 = 1 << 20;
/// What EXIF data begin with in a JPEG.
const EXIF_PREFIX: [u8; 6] = *b"Exif\0\0";

/// What the segments before the picture data say.
#[derive(Debug, Default)]
pub struct JpegHeader {
    /// The first frame.
    frame: Option<Frame>,
    /// The last EXIF data, as the decoder takes them, without their prefix.
    pub exif: Option<Vec<u8>>,
    /// Whether the file ends before the picture data.
    is_cut: bool,
}

/// What a frame says about its picture.
#[derive(Clone, Copy, Debug)]
struct Frame {
    /// Its marker, which names the coding.
    marker: u8,
    /// Bits per sample.
    bits: u8,
    /// Pixels, as stored.
    width: u32,
    /// Pixels, as stored.
    height: u32,
}

impl JpegHeader {
    /// Reads the header from the beginning of a file. It skips the content of segments.
    ///
    /// # Errors
    /// If the file cannot be read. That it ends is no error.
    pub fn read(file: &mut (impl BufRead + Seek)) -> io::Result<Self> {
        let mut header = Self::default();
        match header.read_segments(file) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => header.is_cut = true,
            read => read?,
        }
        Ok(header)
    }

    fn read_segments(&mut self, file: &mut (impl BufRead + Seek)) -> io::Result<()> {
        const START_OF_SCAN: u8 = 0xda;
        const END_OF_IMAGE: u8 = 0xd9;
        const APP1: u8 = 0xe1;

        file.seek(SeekFrom::Start(2))?;
        let mut junk = 0;
        for _ in 0..MAX_SEGMENTS {
            let Some(marker) = next_marker(file, &mut junk)? else {
                return Ok(());
            };
            match marker {
                // An escaped 0xff, or a marker without a length.
                0x00 | 0x01 | 0xd0..=0xd8 => continue,
                END_OF_IMAGE | START_OF_SCAN => return Ok(()),
                _ => {}
            }
            let mut length = [0; 2];
            file.read_exact(&mut length)?;
            let length = u16::from_be_bytes(length).saturating_sub(2);
            let mut read = 0;
            match marker {
                0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) && length >= 5 => {
                    let mut frame = [0; 5];
                    file.read_exact(&mut frame)?;
                    read = 5;
                    let [bits, h1, h0, w1, w0] = frame;
                    let side = |high, low| u32::from(u16::from_be_bytes([high, low]));
                    self.frame.get_or_insert(Frame {
                        marker,
                        bits,
                        width: side(w1, w0),
                        height: side(h1, h0),
                    });
                }
                APP1 if usize::from(length) > EXIF_PREFIX.len() => {
                    let mut prefix = [0; EXIF_PREFIX.len()];
                    file.read_exact(&mut prefix)?;
                    read = EXIF_PREFIX.len() as u16;
                    if prefix == EXIF_PREFIX {
                        let mut exif = vec![0; usize::from(length - read)];
                        file.read_exact(&mut exif)?;
                        read = length;
                        self.exif = Some(exif);
                    }
                }
                _ => {}
            }
            file.seek_relative(i64::from(length - read))?;
        }
        Ok(())
    }

    /// Width and height in pixels, as stored.
    ///
    /// # Errors
    /// If the JPEG has no frame, no picture data, or is of a kind that cannot be read. `path` is for
    /// messages.
    pub fn size(&self, path: &Path) -> Result<(u32, u32), PictureError> {
        self.check_kind(path)?;
        let damaged = |reason: &str| PictureError::Damaged {
            path: path.into(),
            reason: reason.into(),
        };
        match self.frame {
            _ if self.is_cut => Err(damaged("its end is missing")),
            None => Err(damaged("its header does not say how large it is")),
            Some(Frame { width, height, .. }) if width == 0 || height == 0 => Err(damaged(
                &format!("its header says that it has {width} x {height} pixels"),
            )),
            Some(Frame { width, height, .. }) => Ok((width, height)),
        }
    }

    /// Refuses a kind of JPEG that few programs can read, by name.
    ///
    /// # Errors
    /// If it is of such a kind. `path` is for messages.
    pub fn check_kind(&self, path: &Path) -> Result<(), PictureError> {
        let Some(frame) = self.frame else {
            return Ok(());
        };
        let kind = match (frame.marker, frame.bits) {
            (0xc9..=0xcf, _) => "an arithmetic-coded JPEG",
            (0xc3 | 0xc7, _) => "a lossless JPEG",
            (0xc5 | 0xc6, _) => "a hierarchical JPEG",
            (_, 12) => "a JPEG of 12 bits per sample",
            (_, 8) => return Ok(()),
            _ => "a JPEG with an unusual number of bits per sample",
        };
        Err(PictureError::UnreadableKind {
            path: path.into(),
            kind,
        })
    }
}

/// The next marker: a byte after 0xff that is not 0xff, which may come any number of times. All bytes
/// that are passed on the way are added to `junk`. `None` once there is too much of it.
fn next_marker(file: &mut impl BufRead, junk: &mut u64) -> io::Result<Option<u8>> {
    let mut former = 0;
    while *junk <= MAX_JUNK_BYTES {
        let mut byte = [0];
        file.read_exact(&mut byte)?;
        if former == 0xff && byte[0] != 0xff {
            return Ok(Some(byte[0]));
        }
        former = byte[0];
        *junk += 1;
    }
    Ok(None)
}
