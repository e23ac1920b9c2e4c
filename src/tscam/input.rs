//! How a picture is prepared for the networks.

use image::RgbImage;

use crate::localize::Quality;

/// How a picture is prepared for a [`Model`](super::Model).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InputOptions {
    /// The approximate number of patches; the backbone's default if `None`.
    pub patches: Option<usize>,
    /// Squash every picture to a square, as the paper does. Otherwise the aspect ratio is kept.
    pub square: bool,
    /// Ignore the file's EXIF orientation, as the official evaluation does. Boxes then refer to the
    /// picture as it is stored, so this is for measurements only.
    pub as_stored: bool,
    /// Which networks run.
    pub quality: Quality,
    /// Keep the patch tokens after this transformer block (counted from 0), for learning.
    pub tap: Option<usize>,
}

/// A picture, resized for the networks.
pub struct ModelInput {
    /// Fills the grid of patches.
    pub(super) patches: RgbImage,
    /// Squashed to the companion's square, if a companion runs.
    pub(super) companion: Option<RgbImage>,
    pub(super) quality: Quality,
    pub(super) tap: Option<usize>,
}
