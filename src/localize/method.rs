//! How a map is made from the evidence, and where it is cut.

use std::fmt;
use std::str::FromStr;

use super::quality::Quality;

/// Pixels per patch to which affinity maps are enlarged. More is slower and not better.
pub const AFFINITY_PIXELS_PER_PATCH: usize = 4;
/// How far a cut moves from the threshold towards the level where the map is steepest.
const STEEPNESS_SHARE: f32 = 0.2;

/// How a map is made from the evidence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Method {
    /// The regions of affinity maps and the boxes of a detector, pooled and judged together. Without the
    /// detector, at the lowest quality, the same as `Affinity`.
    #[default]
    Pool,
    /// Maps propagated along the affinities of the patches, so that they cover whole objects. With
    /// attention `A`, affinities `P` and class map `S`: `P P A` for any object, plus `P S` if there is
    /// a companion; for a class of a head, that sum plus `P P (A * S)`.
    Affinity,
    /// The paper's coupled map `A * S`: the attention of all layers times the class map.
    TsCam,
    /// The class map `S`: the class activation map (CAM) that the paper compares with.
    Cam,
    /// The class token's attention `A`, which needs no class.
    Attention,
}

impl Method {
    /// All methods, in the order of the help texts.
    pub const ALL: [Self; 5] = [
        Self::Pool,
        Self::Affinity,
        Self::TsCam,
        Self::Cam,
        Self::Attention,
    ];

    /// Its name on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pool => "pool",
            Self::Affinity => "affinity",
            Self::TsCam => "ts-cam",
            Self::Cam => "cam",
            Self::Attention => "attention",
        }
    }

    /// The default threshold, in 0..1 of the range of the map.
    pub fn default_threshold(self) -> f32 {
        match self {
            // The value of the official code for ILSVRC; for CUB it is 0.1.
            Self::TsCam => 0.12,
            // A compromise between the development sets: raccoon needs less, fruit more.
            Self::Pool | Self::Affinity => 0.53,
            // Zhou et al. (arXiv 1512.04150), section 3.2.
            Self::Cam => 0.2,
            Self::Attention => 0.2,
        }
    }

    /// The default minimum score of a box, in 0..=1.
    pub fn default_min_score(self) -> f32 {
        match self {
            // Chosen leaving one development set out; see `models/README.md`.
            Self::Pool => 0.1,
            Self::Affinity | Self::TsCam | Self::Cam | Self::Attention => 0.15,
        }
    }

    /// The level, in 0..1, at which a map is cut. Affinity maps are cut somewhat nearer to the level
    /// where they are [steepest](super::LevelMap::steepest); the other methods use the threshold itself.
    pub fn cut(self, threshold: f32, steepest: f32) -> f32 {
        match self {
            Self::Pool | Self::Affinity => threshold + STEEPNESS_SHARE * (steepest - threshold),
            Self::TsCam | Self::Cam | Self::Attention => threshold,
        }
    }

    /// Pixels per patch to which its maps are enlarged. The paper's maps are as large as the input.
    pub(super) fn pixels_per_patch(self, patch_size: usize) -> usize {
        match self {
            Self::TsCam | Self::Cam => patch_size,
            Self::Pool | Self::Affinity | Self::Attention => AFFINITY_PIXELS_PER_PATCH,
        }
    }

    /// The method by which its maps are made.
    pub fn of_maps(self) -> Self {
        match self {
            Self::Pool => Self::Affinity,
            other => other,
        }
    }

    /// Whether it uses a detector at a level of quality.
    pub fn needs_detector(self, quality: Quality) -> bool {
        self == Self::Pool && quality > Quality::Fast
    }

    /// Whether it needs class maps.
    pub fn needs_classes(self) -> bool {
        matches!(self, Self::TsCam | Self::Cam)
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Method {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|method| method.name() == text)
            .ok_or_else(|| {
                format!("{text:?} is not a method; choose pool, affinity, ts-cam, cam or attention")
            })
    }
}
