//! What an import does, for the caller and for the person who started it.

use crate::document::Edit;

use crate::formats::messages::Messages;

/// What an import does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// Pictures that the files name and that are imported, known or new.
    pub pictures: usize,
    /// Of these, pictures that are new to the document.
    pub pictures_added: usize,
    /// Pictures that the files name and the project's folder lacks, whether they were left out or
    /// kept as missing.
    pub missing: usize,
    /// Of the imported pictures, those that are taken out of the project and stay so.
    pub excluded: usize,
    /// Names of new categories.
    pub categories_added: Vec<String>,
    /// New boxes that are ground truth, and proposals that the file confirms.
    pub boxes: usize,
    /// New boxes that nobody has reviewed.
    pub proposals: usize,
    /// New image tags.
    pub tags: usize,
    /// Boxes that the document already has, or that a person has already judged.
    pub present: usize,
    /// Boxes that the import removes; only [`ImportMode::Replace`](super::options::ImportMode::Replace) does that.
    pub removed: usize,
    /// What is imported in another form: clipped, renumbered, renamed, or matched by a part of
    /// its path.
    pub changed: Messages,
    /// What could not be read or imported.
    pub skipped: Messages,
}

/// An import that is ready to be committed.
#[derive(Clone, Debug)]
pub struct PreparedImport {
    /// The whole import as one edit. It fits the document that was given.
    pub edit: Edit,
    /// What the edit does.
    pub report: ImportReport,
}
