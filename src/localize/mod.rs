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
#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

use instances::Parting;

pub use boxes::{BoxOptions, Extent, Localizer, ScoredBox, frames};
pub use evidence::{ClassEvidence, Closer, Evidence, Source};
pub use levels::{LevelMap, Region, largest};
pub use maps::{Affinity, ClassMaps, CloserMaps, Map, Maps, Names, SemanticMaps};

/// Pixels a patch to which affinity maps are enlarged; more is slower and no better.
const AFFINITY_SCALE: usize = 4;
/// How a map is made from the evidence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Method {
    /// Maps carried along the picture's own key affinities, so that they cover whole objects: a
    /// head's `P P (A * S)`; the sum of `P P A` and a companion's `P S`; `P P A` where nothing
    /// knows classes.
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

/// How much is done for a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Quality {
    /// The backbone alone: boxes without names, unless there is a class head.
    Fast,
    /// The companion beside it, which names objects and helps to find them.
    #[default]
    Balanced,
    /// A second look at small objects, too.
    Best,
}

impl Quality {
    /// When a cut parts two objects: `Best` cuts more readily.
    fn parting(self) -> Parting {
        match self {
            Self::Fast | Self::Balanced => Parting {
                most_cost: 0.016,
                upright: 0.5,
                temperature: 0.3,
            },
            Self::Best => Parting {
                most_cost: 0.017,
                upright: 2.0,
                temperature: 0.25,
            },
        }
    }

    /// All of them, the quickest first.
    pub const ALL: [Self; 3] = [Self::Fast, Self::Balanced, Self::Best];

    /// Its name on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fast => "fast",
            Self::Balanced => "balanced",
            Self::Best => "best",
        }
    }
}

impl fmt::Display for Quality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Quality {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|quality| quality.name() == text)
            .ok_or_else(|| format!("{text:?} is no quality; choose fast, balanced or best"))
    }
}
