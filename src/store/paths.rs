//! Locations of the project file and of the folder of its pictures.

use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

use directories::ProjectDirs;
use xxhash_rust::xxh3::xxh3_64;

use super::error::StoreError;
use crate::files::{EXTENSION, normal};

/// The default path of the project of a folder of pictures: in the folder, with its name.
pub fn default_path(folder: &Path) -> PathBuf {
    let folder = normal(folder);
    folder.join(file_name(&folder))
}

/// The project of a folder of pictures, if there is one: in the folder, or else in the user's data
/// folder.
pub fn find_project(folder: &Path) -> Option<PathBuf> {
    find_in(folder, data_folder().as_deref())
}

/// As [`find_project`], with another data folder.
pub(super) fn find_in(folder: &Path, data: Option<&Path>) -> Option<PathBuf> {
    let fallback = data.map(|data| fallback_path(data, &default_path(folder)));
    let mut candidates = [Some(default_path(folder)), fallback].into_iter().flatten();
    candidates.find(|path| path.is_file())
}

/// The folder for projects whose own folder cannot be written to.
pub(super) fn data_folder() -> Option<PathBuf> {
    let dirs = ProjectDirs::from("", "", "tsukami")?;
    Some(dirs.data_dir().join("projects"))
}

/// The path in the user's data folder for a project that cannot be at `requested`.
pub(super) fn fallback_path(data: &Path, requested: &Path) -> PathBuf {
    // Many folders are called `images`.
    let hash = xxh3_64(requested.as_os_str().as_encoded_bytes());
    let stem = requested.file_stem().unwrap_or_default();
    let mut name = OsString::from(stem);
    name.push(format!("-{:08x}.{EXTENSION}", hash >> 32));
    data.join(name)
}

fn file_name(folder: &Path) -> OsString {
    let mut name = folder.file_name().unwrap_or("pictures".as_ref()).to_owned();
    name.push(".");
    name.push(EXTENSION);
    name
}

/// The two paths by which a project file refers to the folder of its pictures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RootPaths {
    /// Relative to the folder of the project file, with `/`, so that both can be moved together.
    pub relative: Option<String>,
    /// Absolute, for a project file that is moved alone.
    pub absolute: Option<String>,
}

impl RootPaths {
    /// The paths of the folder `root` for the project at `path`.
    pub(super) fn new(path: &Path, root: &Path) -> Result<Self, StoreError> {
        let (path, root) = (normal(path), normal(root));
        let base = path.parent().unwrap_or(&path);
        let names = Self {
            relative: relative(base, &root),
            absolute: root.to_str().map(str::to_owned),
        };
        if names.relative.is_none() && names.absolute.is_none() {
            return Err(StoreError::InvalidRoot { root });
        }
        Ok(names)
    }

    /// The folder of the pictures of the project at `path`. If both paths lead to folders, it is the
    /// one that contains more of these pictures.
    pub(super) fn resolve(&self, path: &Path, pictures: &[&str]) -> PathBuf {
        let path = normal(path);
        let base = path.parent().unwrap_or(&path);
        let relative = self.relative.as_ref().map(|name| normal(&base.join(name)));
        let absolute = self.absolute.as_ref().map(PathBuf::from);
        let found = |root: &Path| {
            let present = pictures.iter().filter(|name| root.join(name).exists());
            (root.is_dir(), present.count())
        };
        match (relative, absolute) {
            (Some(relative), Some(absolute)) if relative != absolute => {
                if found(&absolute) > found(&relative) {
                    absolute
                } else {
                    relative
                }
            }
            (Some(root), _) | (None, Some(root)) => root,
            (None, None) => base.to_path_buf(),
        }
    }
}

/// The relative path from one folder to another, if they have more than the root of the disk in
/// common.
fn relative(from: &Path, to: &Path) -> Option<String> {
    let (from, to): (Vec<_>, Vec<_>) = (from.components().collect(), to.components().collect());
    let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let is_near = from[..shared]
        .iter()
        .any(|part| matches!(part, Component::Normal(_)));
    if !is_near && from != to {
        return None;
    }
    let up = from[shared..].iter().map(|_| Some(".."));
    let down = to[shared..].iter().map(|part| part.as_os_str().to_str());
    let parts: Option<Vec<_>> = up.chain(down).collect();
    let parts = parts?;
    Some(if parts.is_empty() {
        ".".to_owned()
    } else {
        parts.join("/")
    })
}
