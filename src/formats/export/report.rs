//! What an export did, for the person who started it.

use crate::formats::messages::Messages;

/// What an export has left out, apart from pictures that are taken out of the project. A picture counts
/// for the first reason that applies, in this order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Pictures that are not among [those asked for](super::options::ExportOptions::pictures).
    pub other_pictures: usize,
    /// Pictures that are not done, where only those that are done were asked for.
    pub unfinished: usize,
    /// Pictures of which there is nothing to write: in most formats unfinished ones without a box, which
    /// would pass for verified empty ones.
    pub blank: usize,
    /// Boxes of classes that are not among [those asked for](super::options::ExportOptions::classes), in
    /// the pictures that would be exported with them.
    pub boxes: usize,
    /// Pictures that are exported without a box, because all their boxes are of such classes.
    pub emptied: usize,
    /// Proposals in the exported pictures that nobody has judged.
    pub proposals: usize,
}

/// What an export did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExportReport {
    /// Number of pictures, including those without boxes.
    pub pictures: usize,
    /// Number of pictures that were left out only because they are taken out of the project.
    pub excluded: usize,
    /// What else was left out.
    pub left_out: LeftOut,
    /// Number of boxes.
    pub boxes: usize,
    /// Number of pictures in train, val and test, if there was a split.
    pub subsets: [usize; 3],
    /// Number of picture files that were copied or linked.
    pub files: usize,
    /// What could not be written unchanged: renamed, left out or missing.
    pub changed: Messages,
}
