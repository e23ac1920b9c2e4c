//! What a path is, as far as a drop is concerned.

use std::path::PathBuf;

use crate::app::elide;
use crate::formats::Format;

/// The longest name in a sentence, in characters.
const MAX_NAME_CHARS: usize = 40;

/// A path that is dropped on the window, or hovers over it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DropItem {
    /// The path.
    pub path: PathBuf,
    /// What is there.
    pub kind: DropKind,
}

/// What is at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DropKind {
    /// Nothing.
    Missing,
    /// A folder to open: it has pictures or a project, or nothing that could be imported.
    Folder,
    /// A folder of label files without pictures.
    LabelFolder(Format),
    /// A project file.
    Project,
    /// A picture.
    Picture,
    /// A picture of a kind that cannot be read: its name.
    UnreadablePicture(&'static str),
    /// A label file.
    Labels(Format),
    /// A text file that says something only beside label files: a list of classes, or the empty one of a
    /// picture without boxes.
    BesideLabels,
    /// A model.
    Model,
    /// Anything else.
    Unknown,
}

impl DropItem {
    /// The name of the file or folder, short enough for a sentence.
    pub fn name(&self) -> String {
        let name = self.path.file_name().unwrap_or(self.path.as_os_str());
        elide::middle(&name.to_string_lossy(), MAX_NAME_CHARS)
    }
}
