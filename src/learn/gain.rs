//! How much work a box saves.

use super::overlap::best_iou;
use crate::geometry::BBox;

/// Softness of the steps of the gain, in IoU: a box just below a step is nearly as good.
const SOFTNESS: f32 = 0.04;

/// The work that proposing a box saves: 2 if it is accepted, 1 if it is edited, -1 if it is rejected, with
/// soft steps at IoU 0.75 and 0.5 as in [`crate::evaluate::annotation_effort`].
pub fn gain(bbox: &BBox, truth: &[BBox]) -> f32 {
    let iou = best_iou(bbox, truth);
    let step = |x: f32| 1.0 / (1.0 + (-x / SOFTNESS).exp());
    if truth.is_empty() {
        return -1.0;
    }
    2.0 * step(iou - 0.5) + step(iou - 0.75) - 1.0
}
