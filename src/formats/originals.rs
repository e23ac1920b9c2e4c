//! The pictures of a project, which no export may write over.

use std::cell::OnceCell;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::FormatError;
use crate::document::Document;
use crate::files::folder_of;

/// Where the pictures of a project lie.
pub(super) struct OriginalPictures<'a> {
    document: &'a Document,
    root: &'a Path,
    /// Looked up when something is first in the way: an export into a new place need not know.
    places: OnceCell<HashSet<PathBuf>>,
}

impl<'a> OriginalPictures<'a> {
    pub(super) fn new(document: &'a Document, root: &'a Path) -> Self {
        let places = OnceCell::new();
        Self {
            document,
            root,
            places,
        }
    }

    /// Refuses to write where a picture lies. Of a link this asks about the link itself, which is
    /// what a file that is written there takes the place of.
    pub(super) fn spare(&self, path: &Path) -> Result<(), FormatError> {
        let is_free = path.symlink_metadata().is_err();
        let is_picture = || place_of(path).is_some_and(|place| self.places().contains(&place));
        if is_free || !is_picture() {
            return Ok(());
        }
        let reason = "it is a picture of the project and would be written over; choose another \
                      place";
        Err(FormatError::malformed(path, reason))
    }

    fn places(&self) -> &HashSet<PathBuf> {
        self.places.get_or_init(|| {
            let pictures = self.document.pictures();
            let paths = pictures.map(|picture| self.root.join(&*picture.path));
            // A picture that is a link would be lost with the link and with what it leads to.
            let both = |path: PathBuf| {
                let link = path.is_symlink().then(|| place_of(&path)).flatten();
                [link, path.canonicalize().ok()]
            };
            paths.flat_map(both).flatten().collect()
        })
    }
}

/// A path of which only the last part may be a link.
fn place_of(path: &Path) -> Option<PathBuf> {
    Some(folder_of(path).canonicalize().ok()?.join(path.file_name()?))
}
