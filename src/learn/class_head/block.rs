//! Which tokens a class head reads.

/// The block whose tokens a class head reads by default, counted from 0: at two thirds of the depth,
/// where tokens contain most information about classes. The last blocks of the embedded,
/// saliency-pretrained backbone have lost much of that.
pub fn default_block(depth: usize) -> usize {
    (2 * depth / 3).min(depth.saturating_sub(1))
}
