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
    if is_big_tiff(bytes) {
        return Ok(ImageFormat::Tiff);
    }
    if let Some(kind) = unreadable_kind(bytes) {
        return Err(PictureError::UnreadableKind {
            path: path.into(),
            kind,
        });
    }
    if let Ok(format) = image::guess_format(bytes) {
        return Ok(format);
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

/// TIFF with offsets of 64 bits, which the same decoder reads.
fn is_big_tiff(bytes: &[u8]) -> bool {
    bytes.starts_with(b"II\x2b\0\x08\0\0\0") || bytes.starts_with(b"MM\0\x2b\0\x08\0\0")
}

/// What a file is, if it is a kind of picture or video that this program recognises and cannot read.
fn unreadable_kind(bytes: &[u8]) -> Option<&'static str> {
    const BOXED: [(&[u8], &str); 2] = [(b"jP  ", JPEG_2000), (b"JXL ", JPEG_XL)];
    const MAGIC: [(&[u8], &str); 8] = [
        (b"\xff\x4f\xff\x51", JPEG_2000),
        (b"\xff\x0a", JPEG_XL),
        (b"\xff\xd8\xff\xf7", "a JPEG-LS picture"),
        (b"8BPS", "a Photoshop file"),
        (b"%PDF-", "a PDF file"),
        (b"II\xbc", "a JPEG XR picture"),
        (b"\x76\x2f\x31\x01", "an OpenEXR picture"),
        (b"SIMPLE  =", "a FITS picture"),
    ];
    if let Some((_, name)) = MAGIC.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return Some(name);
    }
    // Files of ISO media boxes: length, kind, content.
    let kind = bytes.get(4..8)?;
    if let Some((_, name)) = BOXED.iter().find(|(boxed, _)| *boxed == kind) {
        return Some(name);
    }
    if kind == b"ftyp" {
        let length = u32::from_be_bytes(*bytes.first_chunk()?) as usize;
        let brands = bytes.get(8..length.clamp(8, bytes.len()))?;
        let mut brands = brands.chunks_exact(4);
        let is = |names: &[&[u8; 4]], brand: &[u8]| names.iter().any(|name| *name == brand);
        // The brand, its version, and those that it is compatible with.
        let first = brands.next().unwrap_or_default();
        let brands: Vec<&[u8]> = [first].into_iter().chain(brands.skip(1)).collect();
        let has = |names: &[&[u8; 4]]| brands.iter().any(|brand| is(names, brand));
        return Some(if has(&[b"avif", b"avis"]) {
            AVIF
        } else if has(&[b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"]) {
            HEIC
        } else if has(&[b"mif1", b"msf1"]) {
            "a HEIF picture"
        } else if has(&[b"crx "]) {
            "a raw picture of a camera (CR3)"
        } else if has(&[b"jp2 ", b"jpx ", b"jph "]) {
            JPEG_2000
        } else {
            "a video"
        });
    }
    None
}

const AVIF: &str = "an AVIF picture";
const HEIC: &str = "a HEIC picture (HEIF)";
const JPEG_2000: &str = "a JPEG 2000 picture";
const JPEG_XL: &str = "a JPEG XL picture";

/// The kind of picture that this program cannot read, by the extension of a file name.
pub fn unreadable_kind_of_name(path: &Path) -> Option<&'static str> {
    const NAMES: [(&str, &str); 11] = [
        ("heic", "HEIC"),
        ("heif", "HEIC"),
        ("hif", "HEIC"),
        ("avif", "AVIF"),
        ("jp2", "JPEG 2000"),
        ("j2k", "JPEG 2000"),
        ("j2c", "JPEG 2000"),
        ("jpx", "JPEG 2000"),
        ("jpf", "JPEG 2000"),
        ("jxl", "JPEG XL"),
        ("jxr", "JPEG XR"),
    ];
    let extension = path.extension()?.to_str()?;
    let known = NAMES
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(extension));
    known.map(|(_, kind)| *kind)
}

/// The name of a format in messages.
pub fn format_name(format: ImageFormat) -> String {
    format!("{format:?}").to_uppercase()
}
