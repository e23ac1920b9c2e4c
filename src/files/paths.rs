//! Where a path leads, and whether two of them lead to the same file.

use std::path::{Component, Path, PathBuf};

/// The number of links that a path may lead through, as on Linux.
const MAX_LINKS: usize = 40;

/// An absolute path without `.` and `..`. Links are not resolved.
pub fn normal(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let mut normal = PathBuf::new();
    for part in absolute.components() {
        if part == Component::ParentDir {
            normal.pop();
        } else if part != Component::CurDir {
            normal.push(part);
        }
    }
    normal
}

/// The folder that a file lies in; `.` for a bare name.
pub fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Whether two paths lead to the same file, or would if it existed.
pub fn same_file(a: &Path, b: &Path) -> bool {
    matches!((resolved(a), resolved(b)), (Some(a), Some(b)) if a == b)
}

/// Where a path leads through all links, or would lead if there were a file. `None` if the folder
/// does not exist either.
pub(super) fn resolved(path: &Path) -> Option<PathBuf> {
    let mut path = std::path::absolute(path).ok()?;
    for _ in 0..MAX_LINKS {
        if let Ok(path) = path.canonicalize() {
            return Some(path);
        }
        // Nothing exists there, or only a link to something that does not exist.
        let folder = path.parent()?.canonicalize().ok()?;
        let place = folder.join(path.file_name()?);
        match place.read_link() {
            Ok(target) => path = folder.join(target),
            Err(_) => return Some(place),
        }
    }
    None
}
