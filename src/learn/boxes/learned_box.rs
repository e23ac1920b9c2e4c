//! A box that was proposed from what was learned.

use crate::geometry::BBox;

/// A box that a person is likely to accept.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LearnedBox {
    /// In upright pixels of the original picture.
    pub bbox: BBox,
    /// The probability that a person accepts it without changes, in 0..=1.
    pub score: f32,
    /// The most similar category, if the reviewed boxes had any.
    pub category: Option<u32>,
}
