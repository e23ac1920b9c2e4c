//! The pictures of a project, which no export may overwrite.

use std::cell::OnceCell;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

use crate::document::Document;
use crate::files::folder_of;
use crate::formats::error::FormatError;

/// Where the pictures of a project are.
pub(super) struct OriginalPictures<'a> {
    document: &'a Document,
    root: &'a Path,
    /// Filled on first use, since an export to a new place does not need it.
    locations: OnceCell<HashSet<PathBuf>>,
}

impl<'a> OriginalPictures<'a> {
    pub(super) fn new(document: &'a Document, root: &'a Path) -> Self {
        let locations = OnceCell::new();
        Self {
            document,
            root,
            locations,
        }
    }

    /// Refuses to write where a picture is. A link counts as the link itself, because writing
    /// replaces it.
    pub(super) fn refuse_overwriting(&self, path: &Path) -> Result<(), FormatError> {
        let is_free = path.symlink_metadata().is_err();
        let is_picture =
            || location(path).is_some_and(|location| self.locations().contains(&location));
        if is_free || !is_picture() {
            return Ok(());
        }
        let reason = "this is a picture of the project and would be overwritten; choose another \
                      place";
        Err(FormatError::malformed(path, reason))
    }

    /// Whether a picture of the project is, or would be, in a folder or below it.
    pub(super) fn any_below(&self, folder: &Path) -> bool {
        let (Ok(root), Ok(folder)) = (self.root.canonicalize(), folder.canonicalize()) else {
            return false;
        };
        let mut pictures = self.document.pictures();
        pictures.any(|picture| root.join(&*picture.path).starts_with(&folder))
    }

    fn locations(&self) -> &HashSet<PathBuf> {
        self.locations.get_or_init(|| {
            let pictures = self.document.pictures();
            let paths = pictures.map(|picture| self.root.join(&*picture.path));
            // A picture that is a link is lost with the link, and with the file it points to.
            let both = |path: PathBuf| {
                let link = path.is_symlink().then(|| location(&path)).flatten();
                [link, path.canonicalize().ok()]
            };
            paths.flat_map(both).flatten().collect()
        })
    }
}

/// A path without links, except for its last part.
fn location(path: &Path) -> Option<PathBuf> {
    Some(folder_of(path).canonicalize().ok()?.join(path.file_name()?))
}
