//! The picture formats that can be read, by the name and by the content of a file.

use std::path::Path;

use image::ImageFormat;

use super::error::PictureError;

/// The file name extensions of pictures, with their formats.
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

/// The file name extensions of pictures, in lower case, for a file dialog.
pub fn extensions() -> impl Iterator<Item = &'static str> {
    FORMATS.iter().map(|(extension, _)| *extension)
}

/// The format by the extension of a file name, in upper or lower case.
pub fn format_of_name(path: &Path) -> Option<ImageFormat> {
    let extension = path.extension()?.to_str()?;
    FORMATS
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(extension))
        .map(|(_, format)| *format)
}

/// The format by the first bytes of a file, regardless of its name.
///
/// # Errors
/// If the file is empty, or is not a picture in one of the formats.
pub fn format_of_content(path: &Path, bytes: &[u8]) -> Result<ImageFormat, PictureError> {
    if bytes.is_empty() {
        return Err(PictureError::Empty { path: path.into() });
    }
    if let Ok(format) = image::guess_format(bytes) {
        return Ok(format);
    }
    if bytes.get(4..8) == Some(b"ftyp") {
        return Err(PictureError::Unsupported {
            path: path.into(),
            kind: "a HEIF or AVIF picture, or a video,".into(),
            reason: "phones sometimes name HEIC files .jpg".into(),
        });
    }
    let head = &bytes[..bytes.len().min(512)];
    let what = if head.iter().all(|byte| *byte == 0) {
        "filled with zeros where a picture should begin"
    } else if head
        .iter()
        .all(|byte| !byte.is_ascii_control() || byte.is_ascii_whitespace())
    {
        "text, not a picture"
    } else {
        "not in a picture format that this program can read (JPEG, PNG, WebP, BMP, TIFF, GIF)"
    };
    Err(PictureError::NotAPicture {
        path: path.into(),
        what,
    })
}

/// The name of a format in messages.
pub fn format_name(format: ImageFormat) -> String {
    format!("{format:?}").to_uppercase()
}
