//! A reviewed picture and its fold.

use std::sync::Arc;

use super::picture_features::PictureFeatures;
use crate::geometry::BBox;
use crate::learn::random::mix;

/// Number of folds for cross-fitting: each picture is held out of the models that were learned from the
/// other folds.
pub const FOLDS: usize = 4;

/// A picture that a person has reviewed.
pub struct ReviewedPicture {
    /// Its id.
    pub id: u64,
    /// Its fold, below [`FOLDS`].
    pub fold: usize,
    /// Its features.
    pub features: Arc<PictureFeatures>,
    /// Its true boxes with their categories.
    pub truth: Vec<(BBox, u32)>,
    /// The true boxes alone.
    pub boxes: Vec<BBox>,
}

/// The fold of the picture `id`, which depends on the seed alone.
pub fn fold_of(seed: u64, id: u64) -> usize {
    mix(seed, id) as usize % FOLDS
}
