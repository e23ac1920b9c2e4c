//! What else is known about the object in a box: four flags.

use serde::{Deserialize, Serialize};

/// One of the [`Flags`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Flag {
    /// The box contains a group (COCO's `iscrowd`).
    Crowd,
    /// The object is hard to recognise (Pascal VOC's `difficult`).
    Difficult,
    /// The object is partly behind something else.
    Occluded,
    /// The object reaches beyond the edge of the picture.
    Truncated,
}

impl Flag {
    /// All flags.
    pub const ALL: [Self; 4] = [
        Self::Crowd,
        Self::Difficult,
        Self::Occluded,
        Self::Truncated,
    ];

    /// The name of the flag in lower case, as files have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Crowd => "crowd",
            Self::Difficult => "difficult",
            Self::Occluded => "occluded",
            Self::Truncated => "truncated",
        }
    }
}

/// What else is known about an object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Flags {
    /// [`Flag::Crowd`].
    pub crowd: bool,
    /// [`Flag::Difficult`].
    pub difficult: bool,
    /// [`Flag::Occluded`].
    pub occluded: bool,
    /// [`Flag::Truncated`].
    pub truncated: bool,
}

impl Flags {
    /// Whether a flag is set.
    pub fn get(self, flag: Flag) -> bool {
        match flag {
            Flag::Crowd => self.crowd,
            Flag::Difficult => self.difficult,
            Flag::Occluded => self.occluded,
            Flag::Truncated => self.truncated,
        }
    }

    /// Sets or clears a flag.
    pub fn set(&mut self, flag: Flag, is_set: bool) {
        let field = match flag {
            Flag::Crowd => &mut self.crowd,
            Flag::Difficult => &mut self.difficult,
            Flag::Occluded => &mut self.occluded,
            Flag::Truncated => &mut self.truncated,
        };
        *field = is_set;
    }

    /// The flags that are set.
    pub fn iter(self) -> impl Iterator<Item = Flag> {
        Flag::ALL.into_iter().filter(move |flag| self.get(*flag))
    }
}

impl FromIterator<Flag> for Flags {
    fn from_iter<T: IntoIterator<Item = Flag>>(set: T) -> Self {
        let mut flags = Self::default();
        for flag in set {
            flags.set(flag, true);
        }
        flags
    }
}
