//! What an export did, for the person who started it.

use crate::formats::messages::Messages;

/// What an export did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExportReport {
    /// Number of pictures, including those without boxes.
    pub pictures: usize,
    /// Number of pictures that were left out only because they are taken out of the project.
    pub excluded: usize,
    /// Number of boxes.
    pub boxes: usize,
    /// Number of pictures in train, val and test, if there was a split.
    pub subsets: [usize; 3],
    /// Number of picture files that were copied or linked.
    pub files: usize,
    /// What could not be written unchanged: renamed, left out or missing.
    pub changed: Messages,
}
