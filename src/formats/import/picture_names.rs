//! What a file says about which picture it means.

use std::path::Path;

use crate::files;
use crate::formats::paths;
use crate::pictures;

/// Extensions of pictures that this program does not read, which files often name nevertheless.
const FOREIGN_EXTENSIONS: [&str; 14] = [
    "arw", "avif", "cr2", "dcm", "dng", "exr", "heic", "heif", "jp2", "jxl", "nef", "pgm", "ppm",
    "tga",
];

/// The names under which a picture of a file may be known.
#[derive(Clone, Debug, Default)]
pub(in crate::formats) struct PictureNames {
    /// Paths that cannot lead out of a folder, the most likely first: as the file writes them, and
    /// as its place suggests.
    pub paths: Vec<String>,
    /// Whether the paths lack the extension.
    pub any_extension: bool,
    /// The path of the file if it is about this picture alone, without extension.
    pub label_file: Option<String>,
    /// The path as it is written, if it is absolute, a URL, or leads out of the folder.
    pub outside: Option<String>,
    /// Whether the only path is that of a picture of the project, as the marker of an export says.
    pub is_exact: bool,
}

impl PictureNames {
    /// The names of a picture in a file about many: its path as it is written, in each of these
    /// folders of the project.
    pub(in crate::formats) fn written(path: &str, root: &Path, folders: &[String]) -> Self {
        let mut names = Self::default();
        names.add(path, root, folders);
        names
    }

    /// The names of a picture in a file about many whose paths are relative to the file, or to the
    /// project's folder.
    pub(in crate::formats) fn next_to(file: &Path, root: &Path, written: &str) -> Self {
        let own = paths::relative_to(root, files::folder_of(file));
        let folders: Vec<String> = own.into_iter().chain([String::new()]).collect();
        Self::written(written, root, &folders)
    }

    /// The names of the picture of a file that is about it alone: its path as it is written, next
    /// to the file and in the folder that the file mentions; otherwise the name of the file itself.
    pub(in crate::formats) fn of_label_file(
        file: &Path,
        root: &Path,
        written: Option<&str>,
        mentioned_folder: Option<&str>,
    ) -> Self {
        let mut names = Self {
            label_file: Some(label_path(file)),
            ..Self::default()
        };
        if let Some(path) = written {
            let own = paths::relative_to(root, files::folder_of(file));
            let mentioned = mentioned_folder.and_then(relative_part);
            let folders: Vec<String> = own.into_iter().chain(mentioned).collect();
            names.add(path, root, &folders);
            names.add(path, root, &[String::new()]);
        }
        names
    }

    /// The names of the picture of a label file that does not name it: paths without extension.
    pub(in crate::formats) fn without_extension(file: &Path, paths: Vec<String>) -> Self {
        Self {
            paths,
            any_extension: true,
            label_file: Some(label_path(file)),
            ..Self::default()
        }
    }

    /// The name of a picture without its extension, where a file writes it so.
    pub(in crate::formats) fn stem(written: &str) -> Self {
        Self {
            paths: relative_part(written).into_iter().collect(),
            any_extension: true,
            ..Self::default()
        }
    }

    fn add(&mut self, written: &str, root: &Path, folders: &[String]) {
        let is_outside = paths::safe_path(written).is_none() && !written.trim().is_empty();
        if is_outside {
            self.outside.get_or_insert_with(|| written.to_owned());
            self.paths.extend(inside(written, root));
        }
        let Some(part) = relative_part(written) else {
            return;
        };
        let joined = folders.iter().map(|folder| paths::join(folder, &part));
        let joined = joined.filter(|_| !is_outside);
        for path in joined.chain(is_outside.then(|| part.clone())) {
            if !self.paths.contains(&path) {
                self.paths.push(path);
            }
        }
    }

    /// The names without what Label Studio puts before the name of an uploaded file, if one of them has
    /// that.
    pub(super) fn without_upload_prefix(&self) -> Option<Self> {
        let paths: Vec<String> = self
            .paths
            .iter()
            .filter_map(|path| without_upload_prefix(path))
            .collect();
        let label_file = self.label_file.as_deref().and_then(without_upload_prefix);
        (!paths.is_empty() || label_file.is_some()).then_some(Self {
            paths,
            any_extension: self.any_extension,
            label_file,
            ..Self::default()
        })
    }

    /// The name in messages.
    pub(super) fn shown(&self) -> &str {
        let label_file = || self.label_file.as_deref().map(paths::file_name);
        let first = self
            .outside
            .as_deref()
            .or(self.paths.first().map(String::as_str));
        first.or_else(label_file).unwrap_or_default()
    }
}

/// The part of a path that can be compared with pictures: without drive, scheme and host of a URL,
/// and what leads out of a folder. `None` if nothing is left.
pub(super) fn relative_part(written: &str) -> Option<String> {
    let path = written.replace('\\', "/");
    let path = match path.split_once("://") {
        Some((_, rest)) => {
            let path = rest.split_once('/').map_or("", |(_, path)| path);
            path.split(['?', '#']).next().unwrap_or_default()
        }
        None => &path,
    };
    let has_drive =
        path.as_bytes().get(1) == Some(&b':') && path.as_bytes()[0].is_ascii_alphabetic();
    let path = if has_drive { &path[2..] } else { path };
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    (!parts.is_empty() && !path.contains('\0')).then(|| parts.join("/"))
}

/// The path below the project's folder, if an absolute path leads there.
fn inside(written: &str, root: &Path) -> Option<String> {
    let root = files::normal(root);
    let root = root.to_str()?.replace('\\', "/");
    let path = written.replace('\\', "/");
    let rest = path.strip_prefix(&root)?.strip_prefix('/')?;
    paths::safe_path(rest)
}

fn label_path(file: &Path) -> String {
    let path = files::normal(file).to_string_lossy().replace('\\', "/");
    paths::without_extension(&path).to_owned()
}

/// A path whose last part begins with 8 small hexadecimal digits and a hyphen, without these. Digits that
/// are a date belong to the name.
fn without_upload_prefix(path: &str) -> Option<String> {
    let name = paths::file_name(path);
    let (prefix, rest) = name.split_once('-')?;
    let is_hexadecimal = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let is_prefix = prefix.len() == 8 && prefix.bytes().all(is_hexadecimal) && !is_date(prefix);
    let folder = &path[..path.len() - name.len()];
    (is_prefix && !rest.is_empty()).then(|| format!("{folder}{rest}"))
}

/// Whether 8 digits are a date as in `20260131`.
fn is_date(digits: &str) -> bool {
    let number = |range: std::ops::Range<usize>| digits.get(range)?.parse::<u32>().ok();
    let parts = (number(0..4), number(4..6), number(6..8));
    matches!(parts, (Some(1900..=2100), Some(1..=12), Some(1..=31)))
}

/// A folded path without its extension, if that is one of a picture.
pub(super) fn without_picture_extension(folded: &str) -> Option<&str> {
    let stem = paths::without_extension(folded);
    let extension = folded[stem.len()..].strip_prefix('.')?;
    let is_known = pictures::extensions()
        .chain(FOREIGN_EXTENSIONS)
        .any(|known| known == extension);
    is_known.then_some(stem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_reduced_to_the_part_below_a_folder() {
        for (written, part) in [
            ("a.jpg", Some("a.jpg")),
            ("./x//a.jpg", Some("x/a.jpg")),
            ("/home/me/a.jpg", Some("home/me/a.jpg")),
            ("E:\\MM2\\a.jpg", Some("MM2/a.jpg")),
            ("..\\..\\pics\\a.jpg", Some("pics/a.jpg")),
            ("x/../a.jpg", Some("a.jpg")),
            ("https://host:80/d/a.jpg?size=2#x", Some("d/a.jpg")),
            ("file:///home/a.jpg", Some("home/a.jpg")),
            ("s3://bucket/d/a.jpg", Some("d/a.jpg")),
            ("https://host", None),
            ("..", None),
            ("", None),
            ("a\0.jpg", None),
        ] {
            assert_eq!(relative_part(written).as_deref(), part, "{written}");
        }
    }

    #[test]
    fn the_prefix_of_an_uploaded_file_is_cut_but_no_date() {
        for (path, rest) in [
            ("images/23082be9-a.jpg", Some("images/a.jpg")),
            ("12345678-a-b.jpg", Some("a-b.jpg")),
            ("20260131-a.jpg", None),
            ("23082BE9-a.jpg", None),
            ("23082be-a.jpg", None),
            ("23082be9-", None),
            ("23082be9-x/a.jpg", None),
        ] {
            assert_eq!(without_upload_prefix(path).as_deref(), rest, "{path}");
        }
    }

    #[test]
    fn spellings_of_one_name_are_folded_to_the_same() {
        assert_eq!(paths::folded("U\u{308}.JPG"), paths::folded("%C3%9C.jpg"));
        assert_eq!(paths::folded("50%?.jpg"), "50%?.jpg");
        assert_eq!(paths::folded("%ff.jpg"), "%ff.jpg", "not UTF-8");
        assert_eq!(without_picture_extension("x/a.heic"), Some("x/a"));
        assert_eq!(without_picture_extension("h.rgb"), None);
        assert_eq!(without_picture_extension("frame.0001"), None);
    }
}
