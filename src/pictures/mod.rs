//! Pictures: from what a person names on the command line to upright 8-bit RGB.
//!
//! - [`scan()`] turns folders, pictures and text lists into [`ScannedPicture`]s whose names and order depend
//!   on the set of files alone, so that ids stay the same on any file system;
//! - [`decode()`] reads one of them as far as it can be read, [`probe`] only its upright size;
//! - [`resize()`] makes the model's input as Pillow would.
//!
//! Nothing here prints, and nothing stops a run: what goes wrong with one file comes back as a
//! sentence that names the file and the remedy.

mod decode;
mod error;
mod resize;
mod scan;

use std::path::Path;

use image::ImageFormat;

pub use decode::{
    DecodeLimits, DecodedPicture, decode, decode_as_stored, decode_bytes, probe, read,
};
pub use error::PictureError;
pub use resize::resize;
pub use scan::{Scan, ScanProblem, ScannedPicture, scan};

/// Which file name extensions stand for a picture, and which format they promise.
const FORMATS: [(&str, ImageFormat); 10] = [
    ("jpg", ImageFormat::Jpeg),
    ("jpeg", ImageFormat::Jpeg),
    ("jpe", ImageFormat::Jpeg),
    ("jfif", ImageFormat::Jpeg),
    ("png", ImageFormat::Png),
    ("webp", ImageFormat::WebP),
    ("bmp", ImageFormat::Bmp),
    ("tif", ImageFormat::Tiff),
    ("tiff", ImageFormat::Tiff),
    ("gif", ImageFormat::Gif),
];

/// The extensions that a scan takes for pictures, in lower case, for a file dialog.
pub fn extensions() -> impl Iterator<Item = &'static str> {
    FORMATS.iter().map(|(extension, _)| *extension)
}

/// The format that a file's name promises, whatever the case of its letters.
fn format_of_name(path: &Path) -> Option<ImageFormat> {
    let extension = path.extension()?.to_str()?;
    FORMATS
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(extension))
        .map(|(_, format)| *format)
}
