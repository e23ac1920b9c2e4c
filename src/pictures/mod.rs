//! Pictures: files -> upright 8-bit RGB.
//!
//! | file | its one idea |
//! |---|---|
//! | `scan` | folders, pictures and text lists -> [`ScannedPicture`]s, whose names and order depend only on the set of files |
//! | `decode` | one file -> upright RGB, read as far as possible |
//! | `probe` | the upright size of a picture, from the header of its file |
//! | `orientation` | reads the EXIF orientation; `decode` and `probe` apply it |
//! | `stored` | the frame of the stored picture, and points of it in the upright one |
//! | `resize` | the input of a model, resized as Pillow does |
//! | `stretch` | samples of sensors and measurements, stretched to be seen |
//! | `budget` | how many bytes of decoded pictures wait at a time |
//! | `format`, `decoder`, `jpeg_header`, `jpeg`, `numeric_tiff`, `rgb`, `limits`, `read` | the steps of decoding |
//!
//! Nothing here prints or stops a run: a problem with one file is returned as a sentence that names the
//! file and the remedy.

mod budget;
mod decode;
mod decoder;
mod error;
mod format;
mod jpeg;
mod jpeg_header;
mod limits;
mod numeric_tiff;
mod orientation;
mod probe;
mod read;
mod resize;
mod rgb;
mod scan;
mod stored;
mod stretch;
#[cfg(test)]
mod tests;

pub use budget::{MemoryBudget, Reservation};
pub use decode::{DecodedPicture, decode, decode_as_stored, decode_bytes};
pub use error::PictureError;
pub use format::{extensions, format_of_name, unreadable_kind_of_name};
pub use limits::DecodeLimits;
pub use probe::{probe, probe_stored};
pub use read::read;
pub use resize::resize;
pub use scan::{Scan, ScanProblem, ScannedPicture, scan};
pub use stored::StoredFrame;
