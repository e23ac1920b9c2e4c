//! The EXIF orientation of a picture.

use image::ImageDecoder;
use image::metadata::Orientation;

/// How a picture has to be rotated or mirrored to be upright. A damaged tag counts as none.
pub fn orientation(decoder: &mut impl ImageDecoder) -> Orientation {
    match decoder.orientation() {
        Ok(Orientation::NoTransforms) | Err(_) => {
            // Some programs write the prefix of JPEG before the EXIF data of WebP and PNG.
            let exif = decoder.exif_metadata().ok().flatten().unwrap_or_default();
            exif.strip_prefix(b"Exif\0\0")
                .and_then(Orientation::from_exif_chunk)
                .unwrap_or(Orientation::NoTransforms)
        }
        Ok(orientation) => orientation,
    }
}
