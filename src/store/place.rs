//! Where things lie: the project file, its hidden folder, and the folder of its pictures.

use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

use directories::ProjectDirs;
use xxhash_rust::xxh3::xxh3_64;

use super::error::StoreError;
use super::schema;

/// What a project file is called after the dot.
pub const EXTENSION: &str = "tsukami";

/// What the names of the files end in that SQLite keeps beside a project.
pub(super) const SQLITE_SUFFIXES: [&str; 3] = ["-wal", "-shm", "-journal"];

/// What the name of the hidden folder beside a project ends in.
const SIDE_FOLDER_SUFFIX: &str = "-aside";

/// Where the project of a folder of pictures belongs: in it, with its name.
pub fn default_path(folder: &Path) -> PathBuf {
    let folder = normal(folder);
    folder.join(file_name(&folder))
}

/// The project of a folder of pictures, if it has one: in it, or else in the user's data folder.
pub fn find(folder: &Path) -> Option<PathBuf> {
    find_in(folder, data_folder().as_deref())
}

pub(super) fn find_in(folder: &Path, data: Option<&Path>) -> Option<PathBuf> {
    let elsewhere = data.map(|data| fallback_path(data, &default_path(folder)));
    let mut places = [Some(default_path(folder)), elsewhere]
        .into_iter()
        .flatten();
    places.find(|path| path.is_file())
}

/// The folder for projects whose own cannot be written to.
pub(super) fn data_folder() -> Option<PathBuf> {
    let dirs = ProjectDirs::from("", "", "tsukami")?;
    Some(dirs.data_dir().join("projects"))
}

/// Where in the user's data folder the project goes that should lie at `wanted`.
pub(super) fn fallback_path(data: &Path, wanted: &Path) -> PathBuf {
    // Many folders are called `images`.
    let hash = xxh3_64(wanted.as_os_str().as_encoded_bytes());
    let stem = wanted.file_stem().unwrap_or_default();
    let mut name = OsString::from(stem);
    name.push(format!("-{:08x}.{EXTENSION}", hash >> 32));
    data.join(name)
}

/// The hidden folder beside a project, with its backups and its lock. Pictures are not looked
/// for in hidden folders.
pub(super) fn aside(path: &Path) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(SIDE_FOLDER_SUFFIX);
    path.with_file_name(name)
}

/// Whether a path is that of a project, by its name or its content, or of what is kept beside one.
pub fn belongs_to_project(path: &Path) -> bool {
    let is_project = |path: &Path| {
        let extension = path.extension().unwrap_or_default();
        let header = || schema::check_header(path);
        // Nothing but a file is opened, for a pipe would not answer.
        let is_file = path.is_file();
        extension.eq_ignore_ascii_case(EXTENSION)
            || is_file && matches!(header(), Ok(()) | Err(StoreError::Damaged { .. }))
    };
    // Of `shop.tsukami` the names are `shop.tsukami-wal`, `.shop.tsukami-aside/`, …
    let owner = |path: &Path, before: &str, after: &str| {
        let name = path.file_name()?.to_str()?;
        let name = name.strip_prefix(before)?.strip_suffix(after)?;
        Some(path.with_file_name(name))
    };
    let beside = SQLITE_SUFFIXES
        .iter()
        .filter_map(|ending| owner(path, "", ending));
    let folders = path.ancestors();
    let aside = folders.filter_map(|folder| owner(folder, ".", SIDE_FOLDER_SUFFIX));
    is_project(path) || beside.chain(aside).any(|path| is_project(&path))
}

fn file_name(folder: &Path) -> OsString {
    let mut name = folder.file_name().unwrap_or("pictures".as_ref()).to_owned();
    name.push(".");
    name.push(EXTENSION);
    name
}

/// An absolute path without `.` and `..`; links are left alone.
pub(super) fn normal(path: &Path) -> PathBuf {
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

/// The two ways in which a file names the folder of its pictures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RootPaths {
    /// From the project file's own folder, with `/`, so that both can be moved together.
    pub relative: Option<String>,
    /// From the root of the disk, for a project that was moved alone.
    pub absolute: Option<String>,
}

impl RootPaths {
    /// How to name the folder `root` in the project at `path`.
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

    /// The folder that is meant, for the project at `path`. Where both names lead to folders,
    /// it is the one where more of a few pictures are.
    pub(super) fn resolve(&self, path: &Path, pictures: &[&str]) -> PathBuf {
        let path = normal(path);
        let base = path.parent().unwrap_or(&path);
        let relative = self.relative.as_ref().map(|name| normal(&base.join(name)));
        let absolute = self.absolute.as_ref().map(PathBuf::from);
        let found = |root: &Path| {
            let there = pictures.iter().filter(|name| root.join(name).exists());
            (root.is_dir(), there.count())
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

/// The way from one folder to another, if they have anything but the root of the disk in common.
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
