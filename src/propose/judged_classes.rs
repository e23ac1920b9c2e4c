//! The classes of judged boxes, from the companion and the detector.

use crate::geometry::BBox;
use crate::localize::{DetectedBox, NameLogits, detected_classes};
use crate::naming;

/// The classes that a box of a picture of `size` pixels may show, places in the
/// [list of both networks](naming::listed_class_names), most probable first.
pub(super) fn judged_classes(
    bbox: &BBox,
    companion: &NameLogits,
    detected: &[DetectedBox],
    size: (u32, u32),
) -> Vec<(usize, f32)> {
    let detected = detected_classes(bbox, detected.iter().map(DetectedBox::with_classes));
    naming::rank_classes(&detected, &companion.of_box(bbox, size))
}
