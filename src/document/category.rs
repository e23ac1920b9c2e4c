//! A category: a class of objects in this project.

use serde::{Deserialize, Serialize};

use super::error::EditError;
use super::ids::CategoryId;

/// A class of objects.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Category {
    /// Its id.
    pub id: CategoryId,
    /// Its name: unique, not empty, without space at either end.
    pub name: Box<str>,
    /// Its colour, sRGB.
    pub colour: [u8; 3],
    /// The key that selects it. Unique.
    pub hotkey: Option<char>,
    /// Unknown fields of an imported file as JSON text, opaque here.
    pub extra: Option<Box<str>>,
}

impl Category {
    /// The colours of new categories. They were chosen so that any two are far apart in `OKLab`, also
    /// for people who see red and green alike, and stand out from the light and the dark background;
    /// the first ones are the farthest apart.
    pub const PALETTE: [[u8; 3]; 12] = [
        [0x00, 0xa8, 0xfc],
        [0xfc, 0x84, 0x00],
        [0xc0, 0x0c, 0x54],
        [0x00, 0xa8, 0x78],
        [0x90, 0x60, 0xfc],
        [0xa8, 0x6c, 0x00],
        [0xf0, 0x24, 0xc0],
        [0x0c, 0x60, 0x18],
        [0x3c, 0x24, 0xf0],
        [0xd8, 0x90, 0xb4],
        [0x6c, 0x60, 0x84],
        [0x90, 0x00, 0xa8],
    ];

    /// A category without a hotkey, with the colour that belongs to its id in the palette.
    pub fn new(id: CategoryId, name: impl Into<Box<str>>) -> Self {
        let at = (id.0 as usize).saturating_sub(1) % Self::PALETTE.len();
        Self {
            id,
            name: name.into(),
            colour: Self::PALETTE[at],
            hotkey: None,
            extra: None,
        }
    }

    pub(super) fn check(&self) -> Result<(), EditError> {
        if !self.id.is_usable() {
            return Err(EditError::BadId(self.id.0));
        }
        if self.name.is_empty() || self.name.trim() != &*self.name {
            return Err(EditError::BadName(self.name.clone()));
        }
        Ok(())
    }
}
