//! How much is done for a picture.

use std::fmt;
use std::str::FromStr;

use super::instances::CutCriterion;

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
    pub(super) fn cut_criterion(self) -> CutCriterion {
        match self {
            Self::Fast | Self::Balanced => CutCriterion {
                max_cost: 0.016,
                stacking_penalty: 0.5,
                temperature: 0.3,
            },
            Self::Best => CutCriterion {
                max_cost: 0.017,
                stacking_penalty: 2.0,
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
