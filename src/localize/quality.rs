//! How much is computed for a picture.

use std::fmt;
use std::str::FromStr;

/// How much is computed for a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Quality {
    /// The backbone only: boxes have no names, unless there is a class head.
    Fast,
    /// The backbone and the companion, which suggests names and helps to find objects.
    #[default]
    Balanced,
    /// As `Balanced`, and small objects are seen a second time at a larger scale.
    Best,
}

impl Quality {
    /// All levels, fastest first.
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
            .ok_or_else(|| format!("{text:?} is not a quality; choose fast, balanced or best"))
    }
}
