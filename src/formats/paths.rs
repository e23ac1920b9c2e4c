//! Relative paths with `/`, as documents and data sets write them.

use std::borrow::Cow;
use std::path::{Component, Path};

use percent_encoding::percent_decode_str;
use unicode_normalization::UnicodeNormalization as _;

/// A path from a file as the document writes it, or `None` if it is absolute or could lead out of
/// a folder on any system.
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

/// The path of an existing file or folder relative to `root`: empty for the root itself, `None`
/// for anything outside it.
pub(super) fn relative_to(root: &Path, path: &Path) -> Option<String> {
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
pub(super) fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// A path as it is compared where its spelling may differ: percent-encoding is decoded, Unicode is
/// composed, and letters are small.
pub(super) fn folded(path: &str) -> String {
    let decoded = percent_decode_str(path)
        .decode_utf8()
        .unwrap_or(Cow::Borrowed(path));
    decoded.nfc().flat_map(char::to_lowercase).collect()
}

/// Why a path that is not safe was refused.
pub(super) fn refusal(written: &str) -> String {
    format!("{written:?} was refused because it could lead out of the folder")
}
