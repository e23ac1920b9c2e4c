//! A reviewed picture and its role: to learn from, or to measure with.

use std::sync::Arc;

use super::picture_features::PictureFeatures;
use crate::geometry::BBox;
use crate::learn::random::mix;

/// Number of folds for cross-fitting.
pub const FOLDS: usize = 4;
/// One picture in this many is held out: it is used only to evaluate what was learned from the others.
const HELD_OUT_OF: u64 = 4;

/// The role of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataSplit {
    /// It is learned from, in this fold.
    Fold(usize),
    /// It is held out.
    HeldOut,
}

/// A picture that a person has reviewed.
pub struct ReviewedPicture {
    /// Its id.
    pub id: u64,
    /// Its role.
    pub role: DataSplit,
    /// Its features.
    pub features: Arc<PictureFeatures>,
    /// Its true boxes with their categories.
    pub truth: Vec<(BBox, u32)>,
    /// The true boxes alone.
    pub boxes: Vec<BBox>,
}

impl DataSplit {
    /// The role of the picture `id`, which depends on the seed alone.
    pub fn of(seed: u64, id: u64) -> Self {
        let number = mix(seed, id);
        if number.is_multiple_of(HELD_OUT_OF) {
            Self::HeldOut
        } else {
            Self::Fold((number / HELD_OUT_OF) as usize % FOLDS)
        }
    }
}
