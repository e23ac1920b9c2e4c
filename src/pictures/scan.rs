//! Folders, single pictures and text lists -> named pictures.
//!
//! Pictures are sorted by the bytes of their names, so ids depend only on the set of files, and not on the
//! order in which a file system or a user lists them. To be fast, the walk does not call `stat` for each
//! file in a folder, and does not make paths canonical. A picture that two different links lead to
//! therefore counts as two.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use thiserror::Error;
use walkdir::WalkDir;

use super::format::{format_of_name, unreadable_kind_of_name};
use crate::files;

/// A picture that a scan found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScannedPicture {
    /// Its path, which can be opened from the current folder.
    pub path: PathBuf,
    /// Its path relative to [`Scan::root`] with `/` as separator, unique in the scan: the `file_name` in
    /// COCO.
    pub name: String,
}

impl ScannedPicture {
    /// Whether no picture is in a subfolder of the given folders.
    pub fn all_at_top_level(entries: &[Self]) -> bool {
        !entries.iter().any(|entry| entry.name.contains('/'))
    }

    /// The folder that names the class of a picture: the subfolder of a given folder that it is in. If
    /// [no picture is in a subfolder](Self::all_at_top_level), the given folder itself.
    pub fn class_folder(&self, is_flat: bool) -> Option<&str> {
        let own = || self.path.parent()?.file_name()?.to_str();
        let below = self.name.rsplit('/').nth(1);
        below.or_else(|| own().filter(|_| is_flat))
    }
}

/// A path that was given or found and cannot be used. The rest of the scan continues.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{} {reason}", path.display())]
pub struct ScanProblem {
    /// The file or folder.
    pub path: PathBuf,
    /// The rest of a sentence that begins with the path: what is wrong, and the remedy.
    pub reason: String,
}

/// The result of [`scan`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scan {
    /// The folder to which the names are relative; an absolute path without `.` and `..`.
    pub root: PathBuf,
    /// The pictures, sorted by the bytes of their names, without duplicates.
    pub entries: Vec<ScannedPicture>,
    /// The paths that cannot be used, in the order in which they were found.
    pub problems: Vec<ScanProblem>,
    /// Folders that were skipped because they are exports, whose pictures are copies.
    pub skipped_exports: Vec<PathBuf>,
}

impl Scan {
    /// A sentence about the skipped exports, if there are any.
    pub fn skipped_exports_note(&self) -> Option<String> {
        let first = self.skipped_exports.first()?.display();
        let others = match self.skipped_exports.len() - 1 {
            0 => String::new(),
            1 => " and 1 other".to_owned(),
            more => format!(" and {more} others"),
        };
        Some(format!(
            "{first}{others} skipped: an export of this program, whose pictures are copies"
        ))
    }
}

/// Finds the pictures in folders and their subfolders, single pictures, and text lists (`.txt`, `.lst`).
///
/// A list contains one picture or folder per line, relative to the folder of the list. Blank lines and lines
/// that begin with `#` are skipped (write `./#1.jpg` for such a name). In folders, links are followed.
/// Hidden files and folders (with a leading dot, including macOS's `._*`) and files that are not named
/// like a picture are silently skipped. The folder of an export below a given folder is skipped as a whole;
/// given itself, it is a folder like any other. A name that would mean another place elsewhere (with a
/// backslash, or beginning like a drive) is a problem of that file or folder alone.
///
/// The root is the given folder if there is only one. Otherwise it is the longest common parent of all
/// given paths, where a list stands for its folder as long as its lines stay inside it.
pub fn scan(paths: &[PathBuf]) -> Scan {
    let mut finder = Finder::default();
    for path in paths {
        finder.add(path);
    }
    finder.finish()
}

/// The state of a scan.
#[derive(Default)]
struct Finder {
    /// The common parent of everything given so far.
    root: Option<PathBuf>,
    /// The absolute path without `.` and `..` (what names are made of), and the path to open.
    found: Vec<(PathBuf, PathBuf)>,
    problems: Vec<ScanProblem>,
    skipped_exports: Vec<PathBuf>,
    /// Pictures of kinds that cannot be read: the first of each kind, and how many more there are.
    unreadable: BTreeMap<&'static str, (PathBuf, usize)>,
}

impl Finder {
    /// Adds one given path.
    fn add(&mut self, path: &Path) {
        match fs::metadata(path) {
            Ok(data) if data.is_dir() => {
                self.widen_root(&files::normal(path));
                self.folder(path);
            }
            Ok(data) if data.is_file() && is_list(path) => self.list(path),
            Ok(data) if data.is_file() && format_of_name(path).is_some() => {
                let absolute = files::normal(path);
                self.widen_root(parent(&absolute));
                self.found.push((absolute, path.to_path_buf()));
            }
            Ok(data) => {
                let kind = data.is_file().then(|| unreadable_kind_of_name(path));
                let reason = match kind.flatten() {
                    Some(kind) => unreadable_reason(kind, 0),
                    None => NOT_NAMED.to_owned(),
                };
                self.problem(path, reason);
            }
            Err(error) => {
                // A missing path still counts for the root, so that the names of the other pictures
                // do not change.
                let missing = files::normal(path);
                if format_of_name(path).is_some() || is_list(path) {
                    self.widen_root(parent(&missing));
                } else {
                    self.widen_root(&missing);
                }
                self.problem(path, unreachable_reason(&error));
            }
        }
    }

    /// Walks a folder.
    fn folder(&mut self, folder: &Path) {
        let mut walk = WalkDir::new(folder)
            .follow_links(true)
            .into_iter()
            .filter_entry(|entry| entry.depth() == 0 || !is_hidden(entry.file_name()));
        let base = files::normal(folder);
        while let Some(entry) = walk.next() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    self.walk_problem(&error, folder);
                    continue;
                }
            };
            let is_folder = entry.file_type().is_dir();
            if !is_folder && format_of_name(entry.path()).is_none() {
                if is_picture_but_for_its_end(entry.path()) {
                    self.problem(entry.path(), ENDS_ODDLY);
                } else if let Some(kind) = unreadable_kind_of_name(entry.path()) {
                    let first = || (entry.path().to_path_buf(), 0);
                    let known = self
                        .unreadable
                        .entry(kind)
                        .and_modify(|(_, more)| *more += 1);
                    known.or_insert_with(first);
                }
                continue;
            }
            if entry.depth() > 0 && entry.file_name().to_str().is_none() {
                self.problem(entry.path(), NOT_UNICODE);
                if is_folder {
                    walk.skip_current_dir();
                }
            } else if is_folder && entry.depth() > 0 && files::is_export_folder(entry.path()) {
                self.skipped_exports.push(entry.into_path());
                walk.skip_current_dir();
            } else if entry.file_type().is_file() {
                let inside = entry.path().strip_prefix(folder).unwrap_or(entry.path());
                self.found.push((base.join(inside), entry.into_path()));
            } else if !is_folder {
                self.problem(entry.path(), "is not a regular file: leave it out");
            }
        }
    }

    /// Reads a text list.
    fn list(&mut self, list: &Path) {
        let base = parent(&files::normal(list)).to_path_buf();
        let text = match fs::read(list).map(String::from_utf8) {
            Ok(Ok(text)) => text,
            Ok(Err(_)) => {
                return self.problem(
                    list,
                    "is not UTF-8 text: save the list with the encoding UTF-8",
                );
            }
            Err(error) => return self.problem(list, unreachable_reason(&error)),
        };
        let text = text.trim_start_matches('\u{feff}');
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let path = parent(list).join(line);
            let absolute = files::normal(&path);
            let data = fs::metadata(&path);
            if absolute.starts_with(&base) {
                self.widen_root(&base);
            } else if data.as_ref().is_ok_and(fs::Metadata::is_dir) {
                self.widen_root(&absolute);
            } else {
                self.widen_root(parent(&absolute));
            }
            match data {
                Ok(data) if data.is_dir() => self.folder(&path),
                Ok(data) if data.is_file() && format_of_name(&path).is_some() => {
                    self.found.push((absolute, path));
                }
                Ok(_) => self.problem(
                    list,
                    format!("names {line:?} in line {number}, which is neither a folder nor named like a picture: correct or remove the line"),
                ),
                Err(error) => self.problem(
                    list,
                    format!("names {line:?} in line {number}, which cannot be opened ({error}): correct or remove the line"),
                ),
            }
        }
    }

    /// Adds a problem for what the walk could not enter.
    fn walk_problem(&mut self, error: &walkdir::Error, folder: &Path) {
        let path = error.path().unwrap_or(folder);
        if path != folder && path.file_name().is_some_and(is_hidden) {
            return;
        }
        let reason = match (error.loop_ancestor(), error.io_error()) {
            (Some(ancestor), _) => format!(
                "is a link back to {}, which contains it, and was not followed: remove the link",
                ancestor.display()
            ),
            (None, Some(error)) => unreachable_reason(error),
            (None, None) => format!("cannot be read ({error}): leave it out"),
        };
        self.problem(path, reason);
    }

    fn problem(&mut self, path: &Path, reason: impl Into<String>) {
        self.problems.push(ScanProblem {
            path: path.to_path_buf(),
            reason: reason.into(),
        });
    }

    /// Makes the root the longest common parent of itself and `folder`.
    fn widen_root(&mut self, folder: &Path) {
        match &mut self.root {
            None => self.root = Some(folder.to_path_buf()),
            Some(root) => while !folder.starts_with(&*root) && root.pop() {},
        }
    }

    /// Names the pictures and sorts them.
    fn finish(mut self) -> Scan {
        let root = self.root.take().unwrap_or_default();
        let mut entries = Vec::with_capacity(self.found.len());
        let mut odd = BTreeMap::new();
        for (absolute, path) in std::mem::take(&mut self.found) {
            let Some(name) = name_in(&root, &absolute) else {
                self.problem(&path, NOT_UNICODE);
                continue;
            };
            match odd_part(&name) {
                None => entries.push(ScannedPicture { path, name }),
                Some((end, reason)) => {
                    // A folder is named once, and not each picture in it.
                    let below = name[end..].matches('/').count();
                    let part = path.ancestors().nth(below).unwrap_or(&path);
                    odd.insert(part.to_path_buf(), reason);
                }
            }
        }
        for (path, reason) in odd {
            self.problem(&path, reason);
        }
        for (kind, (path, more)) in std::mem::take(&mut self.unreadable) {
            self.problem(&path, unreadable_reason(kind, more));
        }
        // The sort is stable, so of a picture that was given twice, the first path stays.
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        entries.dedup_by(|later, first| later.name == first.name);
        Scan {
            root,
            entries,
            problems: self.problems,
            skipped_exports: self.skipped_exports,
        }
    }
}

const NOT_UNICODE: &str =
    "has a name that is not Unicode, which COCO JSON cannot represent: rename it";

const NOT_NAMED: &str = "is neither a folder nor named like a picture or a list (.txt, .lst): rename \
                         it, or leave it out";
const HAS_BACKSLASH: &str =
    "has a name with a backslash, which stands for a folder in other programs: rename it";
const HAS_DRIVE: &str =
    "has a name that begins like a drive (such as `c:`) in other programs: rename it";
const ENDS_ODDLY: &str = "has a name that ends in a space or a dot, so it is not read as a picture: \
                          rename it";

/// Why a path cannot be opened.
fn unreachable_reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => {
            "does not exist, or is a broken link: check the spelling, or remove the link".into()
        }
        _ => format!("cannot be read ({error}): check its permissions, or leave it out"),
    }
}

/// The folder of a path; empty for a bare name, so that joining restores the name.
fn parent(path: &Path) -> &Path {
    path.parent().unwrap_or(path)
}

/// The name of `absolute` in `root`, with `/` as separator; `None` if a part of it is not Unicode.
fn name_in(root: &Path, absolute: &Path) -> Option<String> {
    let inside = absolute.strip_prefix(root).unwrap_or(absolute);
    let mut name = String::with_capacity(inside.as_os_str().len());
    for part in inside.components() {
        if part == Component::RootDir {
            continue;
        }
        if !name.is_empty() {
            name.push('/');
        }
        name.push_str(part.as_os_str().to_str()?);
    }
    Some(name)
}

/// Why pictures of a kind are left out: the one that is named, and `more` others.
fn unreadable_reason(kind: &str, more: usize) -> String {
    let remedy = "which this program cannot read: convert to JPEG or PNG";
    match more {
        0 => format!("is named as a {kind} picture, {remedy}"),
        more => format!("and {more} more are named as {kind} pictures, {remedy}"),
    }
}

/// The part of a name that means another place to other programs, by its end in bytes, and what is
/// wrong with it. A document refuses the same names.
fn odd_part(name: &str) -> Option<(usize, &'static str)> {
    let end_of_part = |at: usize| name[at..].find('/').map_or(name.len(), |end| at + end);
    if name.as_bytes().get(1) == Some(&b':') {
        return Some((end_of_part(0), HAS_DRIVE));
    }
    name.find('\\').map(|at| (end_of_part(at), HAS_BACKSLASH))
}

/// Whether a file would be named like a picture without the spaces and dots at the end.
fn is_picture_but_for_its_end(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let trimmed = name.trim_end_matches([' ', '.']);
    trimmed.len() < name.len() && format_of_name(Path::new(trimmed)).is_some()
}

fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
}

fn is_list(path: &Path) -> bool {
    path.extension().is_some_and(|extension| {
        ["txt", "lst"]
            .iter()
            .any(|list| extension.eq_ignore_ascii_case(list))
    })
}

#[cfg(test)]
mod tests;
