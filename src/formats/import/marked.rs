//! Labels in the folder of one of our own exports: its marker says of which picture of the project they
//! are. The export may have renamed the picture, and other programs' rules for finding a picture from
//! the name of its labels cannot tell `a.jpg` from `a.png`.

use std::path::{Path, PathBuf};

use crate::document::Document;
use crate::files::{is_export_folder, normal};
use crate::formats::export::marker::ExportMarker;
use crate::formats::format::Format;
use crate::formats::paths;

/// The folder of an export from the project.
pub(super) struct MarkedFolder {
    /// Absolute, without `.` and `..`.
    folder: PathBuf,
    marker: ExportMarker,
}

/// Folders in which exports have copies, with the separator.
const COPY_FOLDERS: [&str; 9] = [
    "",
    "images/",
    "train/",
    "val/",
    "valid/",
    "test/",
    "images/train/",
    "images/val/",
    "images/test/",
];

impl MarkedFolder {
    /// The folder of an export that a path is in, or that it is. `None` if the document holds the
    /// copies in that folder instead of the pictures that were exported.
    pub(super) fn around(path: &Path, document: &Document, root: &Path) -> Option<Self> {
        let path = normal(path);
        let folder = path.ancestors().find(|folder| is_export_folder(folder))?;
        if let Some(folder) = paths::relative_to(root, folder) {
            let mut pictures = document.pictures();
            let is_below = |path: &str| {
                let rest = path.strip_prefix(&*folder);
                rest.is_some_and(|rest| folder.is_empty() || rest.starts_with('/'))
            };
            if pictures.any(|picture| is_below(&picture.path)) {
                return None;
            }
        }
        let marker = ExportMarker::read(folder)?;
        let folder = folder.to_owned();
        Some(Self { folder, marker })
    }

    /// The path in the project of the picture that a file labels.
    pub(super) fn picture_of(&self, file: &Path) -> Option<&str> {
        let file = normal(file);
        let file = file.strip_prefix(&self.folder).ok()?;
        let parts: Option<Vec<&str>> = file.iter().map(|part| part.to_str()).collect();
        self.marker.files.get(&parts?.join("/"))?.as_deref()
    }

    /// The path in the project of the picture whose copy has one of these paths: in Label Studio's
    /// tasks in the whole export, elsewhere in the folder of its subset. Most copies have the path of
    /// their picture there, which decides where `images/a.jpg` is a path in both.
    pub(super) fn picture_of_copy(&self, names: &[String]) -> Option<&str> {
        let is_whole = self.marker.format() == Format::LabelStudio.name();
        let folders = if is_whole {
            &COPY_FOLDERS[..1]
        } else {
            &COPY_FOLDERS
        };
        let files = &self.marker.files;
        names.iter().find_map(|name| {
            let places = folders.iter().map(|folder| format!("{folder}{name}"));
            let mut pictures = places.filter_map(|place| files.get(&place)?.as_deref());
            let first = pictures.next()?;
            let same = [first]
                .into_iter()
                .chain(pictures)
                .find(|picture| picture == name);
            same.or(Some(first))
        })
    }
}
