//! Labels in the folder of one of our own exports: its marker says of which picture of the project they
//! are. The export may have renamed the picture, and other programs' rules for finding a picture from
//! the name of its labels cannot tell `a.jpg` from `a.png`.

use std::path::{Path, PathBuf};

use crate::document::Document;
use crate::files::is_export_folder;
use crate::formats::export::marker::ExportMarker;
use crate::formats::paths;

/// The folder of an export from the project.
pub(super) struct MarkedFolder {
    folder: PathBuf,
    marker: ExportMarker,
}

impl MarkedFolder {
    /// The folder of an export that a path is in, or that it is. `None` if the document holds the
    /// copies in that folder instead of the pictures that were exported.
    pub(super) fn around(path: &Path, document: &Document, root: &Path) -> Option<Self> {
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
        let file = file.strip_prefix(&self.folder).ok()?;
        let parts: Option<Vec<&str>> = file.iter().map(|part| part.to_str()).collect();
        self.marker.files.get(&parts?.join("/"))?.as_deref()
    }
}
