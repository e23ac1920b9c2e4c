//! Files from strangers: read within limits, in the encodings that people use, and never by a
//! path that leads out of the folder it belongs to.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Component, Path, PathBuf};

use walkdir::WalkDir;

use super::FormatError;

/// Larger files of one picture each are refused: labelme may hold the picture itself.
pub(super) const SMALL_FILE_BYTES: u64 = 256 << 20;

/// Larger files about many pictures are refused.
pub(super) const LARGE_FILE_BYTES: u64 = 2 << 30;

/// How much of a file is looked at to recognise it.
const HEAD_BYTES: u64 = 64 << 10;

/// The text of a file: UTF-8, or UTF-16 with a byte order mark.
pub(super) fn read(path: &Path, most_bytes: u64) -> Result<String, FormatError> {
    let metadata = fs::metadata(path).map_err(FormatError::unreadable(path))?;
    if !metadata.is_file() {
        return Err(FormatError::malformed(path, "it is no plain file"));
    }
    // The size may change while the file is read, so it bounds the reading as well.
    let bytes = read_up_to(path, most_bytes.saturating_add(1))?;
    if bytes.len() as u64 > most_bytes {
        let reason = format!("it is larger than the {most_bytes} bytes that this program reads");
        return Err(FormatError::malformed(path, reason));
    }
    decode(bytes).map_err(|reason| FormatError::malformed(path, reason))
}

/// The beginning of a file's text, as far as it can be read; empty if it cannot.
pub(super) fn head(path: &Path) -> String {
    let is_file = fs::metadata(path).is_ok_and(|metadata| metadata.is_file());
    let Some(mut bytes) = is_file.then(|| read_up_to(path, HEAD_BYTES).ok()).flatten() else {
        return String::new();
    };
    if !bytes.starts_with(&[0xff, 0xfe])
        && !bytes.starts_with(&[0xfe, 0xff])
        && let Err(error) = std::str::from_utf8(&bytes)
    {
        // A character may have been cut in two.
        bytes.truncate(error.valid_up_to());
    }
    decode(bytes).unwrap_or_default()
}

fn read_up_to(path: &Path, bytes: u64) -> Result<Vec<u8>, FormatError> {
    let mut content = Vec::new();
    File::open(path)
        .and_then(|file| file.take(bytes).read_to_end(&mut content))
        .map_err(FormatError::unreadable(path))?;
    Ok(content)
}

fn decode(bytes: Vec<u8>) -> Result<String, String> {
    let utf16 = |unit: fn([u8; 2]) -> u16| {
        let units = bytes[2..]
            .chunks_exact(2)
            .map(|pair| unit([pair[0], pair[1]]));
        let text: Result<String, _> = char::decode_utf16(units).collect();
        text.map_err(|_| "it is broken UTF-16; save it as UTF-8".to_owned())
    };
    match bytes.as_slice() {
        [0xff, 0xfe, ..] => utf16(u16::from_le_bytes),
        [0xfe, 0xff, ..] => utf16(u16::from_be_bytes),
        _ => {
            let mut text = String::from_utf8(bytes).map_err(|error| {
                let at = error.utf8_error().valid_up_to();
                format!("it is no UTF-8 text (byte {at}); save it as UTF-8")
            })?;
            if text.starts_with('\u{feff}') {
                text.drain(..'\u{feff}'.len_utf8());
            }
            Ok(text)
        }
    }
}

/// The file itself, or the wanted files below a folder in the order of their names. Links are
/// not followed.
pub(super) fn files_below(
    path: &Path,
    is_wanted: impl Fn(&Path) -> bool,
) -> Result<Vec<PathBuf>, FormatError> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in WalkDir::new(path).max_depth(64).sort_by_file_name() {
        let entry = entry.map_err(|error| FormatError::unreadable(path)(error.into()))?;
        if entry.file_type().is_file() && is_wanted(entry.path()) {
            files.push(entry.into_path());
        }
    }
    Ok(files)
}

/// Whether a file's name ends with `.extension`, whatever the case of its letters.
pub(super) fn has_extension(path: &Path, extension: &str) -> bool {
    let own = path.extension().and_then(|own| own.to_str());
    own.is_some_and(|own| own.eq_ignore_ascii_case(extension))
}

/// A path from a file as the document writes it, or nothing if it is absolute or could lead out
/// of a folder on any system.
pub(super) fn safe_path(written: &str) -> Option<String> {
    let path = written.replace('\\', "/");
    let is_absolute = path.starts_with('/') || path.as_bytes().get(1) == Some(&b':');
    if is_absolute || path.contains('\0') || path.contains("://") {
        return None;
    }
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => return None,
            part => parts.push(part),
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}

/// Where a file or folder lies below `root`, with `/`; empty for the root itself, and nothing
/// outside it.
pub(super) fn below(root: &Path, path: &Path) -> Option<String> {
    let root = root.canonicalize().ok()?;
    let path = path.canonicalize().ok()?;
    let parts = path.strip_prefix(root).ok()?.components();
    let parts: Option<Vec<&str>> = parts
        .map(|part| match part {
            Component::Normal(part) => part.to_str(),
            _ => None,
        })
        .collect();
    parts.map(|parts| parts.join("/"))
}

/// Joins two relative paths with `/`; either may be empty.
pub(super) fn join(folder: &str, name: &str) -> String {
    let separator = if folder.is_empty() || name.is_empty() {
        ""
    } else {
        "/"
    };
    format!("{folder}{separator}{name}")
}

/// A path without the extension of its last part.
pub(super) fn without_extension(path: &str) -> &str {
    let name_at = path.rfind('/').map_or(0, |slash| slash + 1);
    match path[name_at..].rfind('.') {
        Some(dot) if dot > 0 => &path[..name_at + dot],
        _ => path,
    }
}

/// The last part of a path.
pub(super) fn last_part(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
