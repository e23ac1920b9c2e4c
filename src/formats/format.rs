//! The formats, and the two ways to lay out a folder, with their names on the command line.

use std::fmt;
use std::str::FromStr;

/// A file format that other programs read and write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// COCO instances: pictures, boxes and categories.
    Coco,
    /// COCO results: a plain list of scored boxes that uses the ids of the project.
    CocoResults,
    /// YOLO: one text file per picture, and `data.yaml`.
    Yolo,
    /// Pascal VOC: one XML file per picture.
    Voc,
    /// labelme: one JSON file per picture.
    LabelMe,
    /// CreateML: a JSON list of pictures.
    CreateMl,
    /// CVAT for images 1.1: one XML file for many pictures.
    Cvat,
    /// Label Studio: a JSON list of tasks.
    LabelStudio,
    /// VIA 2, the VGG Image Annotator: a JSON project.
    Via,
    /// Open Images: CSV files of boxes and classes.
    OpenImages,
    /// Image tags: CSV lines of a path and its tags.
    Tags,
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 11] = [
        Self::Coco,
        Self::CocoResults,
        Self::Yolo,
        Self::Voc,
        Self::LabelMe,
        Self::CreateMl,
        Self::Cvat,
        Self::LabelStudio,
        Self::Via,
        Self::OpenImages,
        Self::Tags,
    ];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Coco => "coco",
            Self::CocoResults => "coco-results",
            Self::Yolo => "yolo",
            Self::Voc => "voc",
            Self::LabelMe => "labelme",
            Self::CreateMl => "createml",
            Self::Cvat => "cvat",
            Self::LabelStudio => "label-studio",
            Self::Via => "via",
            Self::OpenImages => "open-images",
            Self::Tags => "tags",
        }
    }
}

/// How the files of an exported folder are arranged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FolderLayout {
    /// As the format's own tools expect: `images/train` and `labels/train` for YOLO,
    /// `annotations/instances_train.json` and `train` for COCO.
    #[default]
    Standard,
    /// As Roboflow does: everything of a subset in one folder, such as
    /// `train/_annotations.coco.json` next to its pictures, or `train/images` and `train/labels`
    /// for YOLO. The subsets are called train, valid and test.
    Roboflow,
}

impl FolderLayout {
    /// All layouts.
    pub const ALL: [Self; 2] = [Self::Standard, Self::Roboflow];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Roboflow => "roboflow",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for FolderLayout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut all = Self::ALL.into_iter();
        all.find(|format| format.name() == text)
            .ok_or_else(|| format!("{text:?} is not a format"))
    }
}

impl FromStr for FolderLayout {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut all = Self::ALL.into_iter();
        all.find(|layout| layout.name() == text)
            .ok_or_else(|| format!("{text:?} is not a layout"))
    }
}
