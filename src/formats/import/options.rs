//! What a person chooses about an import.

/// What happens to the annotations that the document already has on the pictures of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ImportMode {
    /// They stay, and those of the file are added.
    #[default]
    Merge,
    /// Those of the file replace them.
    Replace,
}

/// What an imported box is that the file does not describe as a model's proposal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ImportedAs {
    /// Ground truth.
    #[default]
    Truth,
    /// A proposal with the score 1, which a person has to review.
    Proposals,
}

/// What happens to boxes if the file states another size of the picture than it has, which means
/// that they were made on a rotated or resized copy. Such boxes are never ground truth as they are, unless
/// they are shares of the sides and the copy was only resized.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SizeRule {
    /// They become proposals, which a person has to review.
    #[default]
    Review,
    /// They are scaled where the aspect ratio agrees, and otherwise reviewed.
    Scale,
    /// They are rotated where the sides are swapped and the orientation in the picture's EXIF data
    /// explains that, and otherwise reviewed.
    Rotate,
}

/// What happens to pictures that a file names and the project's folder lacks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MissingPictures {
    /// They are left out with their boxes, and counted in the report.
    #[default]
    Skip,
    /// They are added and marked as missing if their size is known. They are never done, since nobody
    /// can have looked at them here.
    Keep,
}

impl ImportedAs {
    /// All variants.
    pub const ALL: [Self; 2] = [Self::Truth, Self::Proposals];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Truth => "truth",
            Self::Proposals => "proposals",
        }
    }
}

impl MissingPictures {
    /// All variants.
    pub const ALL: [Self; 2] = [Self::Skip, Self::Keep];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Skip => "skip",
            Self::Keep => "keep",
        }
    }
}

impl SizeRule {
    /// All rules.
    pub const ALL: [Self; 3] = [Self::Review, Self::Scale, Self::Rotate];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Review => "review",
            Self::Scale => "scale",
            Self::Rotate => "rotate",
        }
    }
}

/// The options of an import. Those of an [`ImportMode`] alone are the defaults with that mode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImportOptions {
    /// How the file is combined with the document.
    pub mode: ImportMode,
    /// What its boxes are.
    pub boxes: ImportedAs,
    /// What happens if the sizes of pictures do not agree.
    pub sizes: SizeRule,
    /// What happens to pictures that are not in the folder.
    pub missing: MissingPictures,
}

impl From<ImportMode> for ImportOptions {
    fn from(mode: ImportMode) -> Self {
        Self {
            mode,
            ..Self::default()
        }
    }
}
