//! What an export writes.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::split::SubsetSplit;
use crate::document::{Annotation, BoxState, PictureId};
use crate::files;
use crate::formats::format::{FolderLayout, Format};

/// Which pictures are exported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PictureScope {
    /// Pictures that are done, with or without boxes.
    #[default]
    Reviewed,
    /// All pictures; unfinished ones with the ground truth that they have so far. A format that
    /// cannot express "not reviewed" has no file for an unfinished picture without ground truth.
    All,
}

/// Which boxes are exported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BoxSelection {
    /// Boxes that a person has confirmed.
    #[default]
    GroundTruth,
    /// Proposals that nobody has reviewed, with their scores, of the pictures that are not done.
    /// Only COCO and Label Studio can represent them.
    Proposals,
}

impl BoxSelection {
    /// Whether a box is exported. No format decides this for itself.
    pub(in crate::formats) fn includes(self, row: &Annotation) -> bool {
        match self {
            Self::GroundTruth => row.is_ground_truth(),
            Self::Proposals => row.state == BoxState::Proposed,
        }
    }
}

/// What happens to the picture files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PictureFiles {
    /// They stay where they are.
    #[default]
    Leave,
    /// They are copied.
    Copy,
    /// They are linked: by hard links, otherwise by symbolic links, otherwise they are copied.
    Link,
}

/// What an export writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportOptions {
    /// The format.
    pub format: Format,
    /// Which pictures.
    pub scope: PictureScope,
    /// Of these pictures, only those with these ids; all if none are given.
    pub pictures: Option<Arc<BTreeSet<PictureId>>>,
    /// Which boxes.
    pub boxes: BoxSelection,
    /// Of these boxes, and of the tags, only those of classes with these names; all if none are given.
    /// The file knows no other classes then. A picture that has only boxes of others is exported without
    /// a box.
    pub classes: Option<BTreeSet<String>>,
    /// Whether a COCO file also contains what only this program understands, under keys `tsukami`
    /// that other programs ignore: who made a box, what the model had proposed, open and rejected
    /// proposals, colours and shortcut keys. Importing the file restores the same document.
    pub provenance: bool,
    /// How the pictures are divided into subsets, if at all.
    pub split: Option<SubsetSplit>,
    /// What happens to the picture files.
    pub files: PictureFiles,
    /// How the files are arranged.
    pub layout: FolderLayout,
    /// Whether copies may be written below the folder of the project's pictures, where scans skip
    /// them, and whether the files of an earlier export in another format are removed.
    pub force: bool,
}

impl ExportOptions {
    /// The reviewed pictures with their ground truth, in one set, without the picture files.
    pub fn new(format: Format) -> Self {
        Self {
            format,
            scope: PictureScope::default(),
            pictures: None,
            boxes: BoxSelection::default(),
            classes: None,
            provenance: false,
            split: None,
            files: PictureFiles::default(),
            layout: FolderLayout::default(),
            force: false,
        }
    }

    /// Which boxes the format writes: results are proposals.
    pub(in crate::formats) fn boxes_of(&self) -> BoxSelection {
        match self.format {
            Format::CocoResults => BoxSelection::Proposals,
            _ => self.boxes,
        }
    }

    /// Whether the export is a folder rather than a single file.
    pub fn makes_folder(&self) -> bool {
        match self.format {
            Format::Yolo | Format::Voc | Format::LabelMe | Format::OpenImages => true,
            Format::Coco | Format::CreateMl | Format::Cvat | Format::LabelStudio | Format::Via => {
                self.split.is_some() || self.files != PictureFiles::Leave
            }
            Format::CocoResults | Format::Tags => false,
        }
    }

    /// Where an export of the pictures in `root` goes if nobody says otherwise: beside that folder,
    /// and named after it and the format.
    pub fn default_path(&self, root: &Path) -> PathBuf {
        let root = files::normal(root);
        let base = root.file_name().unwrap_or_default().to_string_lossy();
        let base = if base.is_empty() { "export" } else { &base };
        let extension = match self.format {
            _ if self.makes_folder() => "",
            Format::Tags => ".csv",
            Format::Cvat => ".xml",
            _ => ".json",
        };
        let name = format!("{base}-{}{extension}", self.format.name());
        root.parent().unwrap_or(&root).join(name)
    }
}
