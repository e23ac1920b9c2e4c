//! Reading files of unknown origin: size limits, text encodings and the search in folders.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::encoding;
use super::error::FormatError;

/// Maximum size of a file about one picture. labelme may embed the picture itself.
pub(super) const MAX_PICTURE_FILE_BYTES: u64 = 256 << 20;

/// Maximum size of a file about many pictures.
pub(super) const MAX_DATASET_FILE_BYTES: u64 = 2 << 30;

/// Number of bytes that are read to recognise the format of a file.
const HEAD_BYTES: u64 = 64 << 10;

/// Maximum depth of folders that are searched.
const MAX_FOLDER_DEPTH: usize = 64;

/// Reads the text of a file in UTF-8, UTF-16 or the encoding that its XML declaration states.
///
/// # Errors
/// If the file cannot be read, is larger than `max_bytes`, or has another encoding.
pub(super) fn read_text(path: &Path, max_bytes: u64) -> Result<String, FormatError> {
    let metadata = fs::metadata(path).map_err(FormatError::unreadable(path))?;
    if !metadata.is_file() {
        return Err(FormatError::malformed(path, "not a regular file"));
    }
    // The size may change while the file is read, so reading is bounded as well.
    let bytes = read_up_to(path, max_bytes.saturating_add(1))?;
    if bytes.len() as u64 > max_bytes {
        let reason = format!("the file is larger than the limit of {max_bytes} bytes");
        return Err(FormatError::malformed(path, reason));
    }
    encoding::decode(bytes).map_err(|reason| FormatError::malformed(path, reason))
}

/// Reads the beginning of a file's text, as far as it can be read. The result is empty if the
/// file cannot be read at all.
pub(super) fn head(path: &Path) -> String {
    let is_file = fs::metadata(path).is_ok_and(|metadata| metadata.is_file());
    let bytes = is_file.then(|| read_up_to(path, HEAD_BYTES).ok()).flatten();
    encoding::decode_head(&bytes.unwrap_or_default())
}

fn read_up_to(path: &Path, max_bytes: u64) -> Result<Vec<u8>, FormatError> {
    let mut content = Vec::new();
    File::open(path)
        .and_then(|file| file.take(max_bytes).read_to_end(&mut content))
        .map_err(FormatError::unreadable(path))?;
    Ok(content)
}

/// The file itself, or the files below a folder for which `is_wanted` holds, sorted by name.
/// Links are not followed, and files that are no data of anybody are left out.
///
/// # Errors
/// If a folder cannot be read.
pub(super) fn files_below(
    path: &Path,
    is_wanted: impl Fn(&Path) -> bool,
) -> Result<Vec<PathBuf>, FormatError> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    let entries = WalkDir::new(path)
        .max_depth(MAX_FOLDER_DEPTH)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(|entry| entry.depth() == 0 || !is_by_product(entry.file_name()));
    for entry in entries {
        let entry = entry.map_err(|error| FormatError::unreadable(path)(error.into()))?;
        if entry.file_type().is_file() && is_wanted(entry.path()) {
            files.push(entry.into_path());
        }
    }
    Ok(files)
}

/// Whether a file or folder is no data: hidden, as macOS's `._*` and `.DS_Store`, made by an operating
/// system or an archive, or a note for a reader.
fn is_by_product(name: &OsStr) -> bool {
    const NAMES: [&str; 4] = ["__macosx", "thumbs.db", "desktop.ini", "@eadir"];
    let name = name.to_string_lossy().to_lowercase();
    name.starts_with('.') || name.starts_with("readme.") || NAMES.contains(&&*name)
}

/// Whether a file has this extension, ignoring case.
pub(super) fn has_extension(path: &Path, extension: &str) -> bool {
    let own = path.extension().and_then(|own| own.to_str());
    own.is_some_and(|own| own.eq_ignore_ascii_case(extension))
}
