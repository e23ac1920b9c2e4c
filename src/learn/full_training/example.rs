//! A picture to train on.

use std::path::PathBuf;

/// A picture and its classes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrainingExample {
    /// Its file.
    pub path: PathBuf,
    /// Its classes, as indices into the list of names. Empty if it shows nothing.
    pub classes: Vec<usize>,
}
