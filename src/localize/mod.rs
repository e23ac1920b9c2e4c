//! Evidence -> maps -> boxes, on plain slices.
//!
//! A map has one value a patch. It is enlarged bilinearly, brought to levels 0..=255 by its own
//! minimum and maximum, cut at a threshold, and each connected region of what is left is a box.
//! That is the paper's recipe to the letter. [`Method::Affinity`] goes beyond it in the map, which
//! it carries along the picture's own affinities, and in telling touching objects apart.

mod boxes;
mod evidence;
mod instances;
mod levels;
mod maps;
mod quality;
#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

pub use boxes::{BoxMode, BoxOptions, Localizer, ScoredBox, zoom_frames};
pub use evidence::{ClassEvidence, ClassSource, Evidence, PatchTokens, ZoomedEvidence};
pub use levels::{LevelMap, Region, largest};
pub use maps::{Affinity, ClassMaps, Map, Maps, NameLogits, SemanticMaps, ZoomedMaps};
pub use quality::Quality;

/// Pixels a patch to which affinity maps are enlarged; more is slower and no better.
const AFFINITY_SCALE: usize = 4;
/// How far cuts are drawn from the threshold to where the map is steepest.
const STEEPNESS_SHARE: f32 = 0.2;
/// How a map is made from the evidence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Method {
    /// Maps carried along the picture's own key affinities, so that they cover whole objects: of
    /// any object `P P A`, with a companion the sum of that and its `P S`; of a head's class the
    /// sum of that and `P P (A * S)`.
    #[default]
    Affinity,
    /// The paper's coupling `A * S`: attention of all layers times the class map.
    TsCam,
    /// The class map alone, `S`: the class activation map that the paper compares with.
    Cam,
    /// The class token's attention alone, `A`; needs no class.
    Attention,
}

impl Method {
    /// Every method, in the order of the help texts.
    pub const ALL: [Self; 4] = [Self::Affinity, Self::TsCam, Self::Cam, Self::Attention];

    /// Its name on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Affinity => "affinity",
            Self::TsCam => "ts-cam",
            Self::Cam => "cam",
            Self::Attention => "attention",
        }
    }

    /// Where its maps are cut unless told otherwise, in 0..1 of their range.
    pub fn default_threshold(self) -> f32 {
        match self {
            // The official code's for ILSVRC; 0.1 for CUB.
            Self::TsCam => 0.12,
            // A compromise of the development sets: raccoon wants less, fruit more.
            Self::Affinity => 0.53,
            // Zhou et al. (arXiv 1512.04150), section 3.2.
            Self::Cam => 0.2,
            Self::Attention => 0.2,
        }
    }

    /// Where a map is cut whose levels fall off most steeply at [`steepest`](LevelMap::steepest):
    /// drawn there from the threshold, but for the paper's methods.
    pub fn cut(self, threshold: f32, steepest: f32) -> f32 {
        match self {
            Self::Affinity => threshold + STEEPNESS_SHARE * (steepest - threshold),
            Self::TsCam | Self::Cam | Self::Attention => threshold,
        }
    }

    /// Pixels a patch to which its maps are enlarged; the paper's are as large as the input.
    fn scale(self, patch_size: usize) -> usize {
        match self {
            Self::TsCam | Self::Cam => patch_size,
            Self::Affinity | Self::Attention => AFFINITY_SCALE,
        }
    }

    /// Whether it cannot do without class maps.
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
                format!("{text:?} is no method; choose affinity, ts-cam, cam or attention")
            })
    }
}
