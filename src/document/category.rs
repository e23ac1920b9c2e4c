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
    /// A category without a hotkey, with the colour that belongs to its id in the palette.
    pub fn new(id: CategoryId, name: impl Into<Box<str>>) -> Self {
        /// The colours of Okabe and Ito (2008), which colour-blind people can distinguish, in an
        /// order in which neighbours differ most. Light grey replaces black.
        const PALETTE: [[u8; 3]; 8] = [
            [0x56, 0xb4, 0xe9],
            [0xe6, 0x9f, 0x00],
            [0x00, 0x9e, 0x73],
            [0xf0, 0xe4, 0x42],
            [0xcc, 0x79, 0xa7],
            [0xd5, 0x5e, 0x00],
            [0x00, 0x72, 0xb2],
            [0xdd, 0xdd, 0xdd],
        ];
        let at = (id.0 as usize).saturating_sub(1) % PALETTE.len();
        Self {
            id,
            name: name.into(),
            colour: PALETTE[at],
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
