//! The classes of judged boxes, from the companion and the detector.

use crate::geometry::BBox;
use crate::localize::{DetectedBox, NameLogits};
use crate::naming;

/// The minimum IoU of a detected box with a box for which its classes count.
const MIN_DETECTED_IOU: f32 = 0.5;

/// The classes that a box of a picture of `size` pixels may show, places in the
/// [list of both networks](naming::listed_class_names), most probable first.
pub(super) fn judged_classes(
    bbox: &BBox,
    companion: &NameLogits,
    detected: &[DetectedBox],
    size: (u32, u32),
) -> Vec<(usize, f32)> {
    let detected = detected_classes(bbox, detected);
    naming::rank_classes(&detected, &companion.of_box(bbox, size))
}

/// The classes that a detector found in a box, each once with its best score: of the detected boxes that
/// overlap it, each weighted by its IoU.
fn detected_classes(bbox: &BBox, detected: &[DetectedBox]) -> Vec<(usize, f32)> {
    let mut found: Vec<(usize, f32)> = Vec::new();
    for other in detected {
        let iou = other.bbox.iou(bbox);
        if iou < MIN_DETECTED_IOU {
            continue;
        }
        for (class, score) in &other.classes {
            let score = score * iou;
            match found.iter_mut().find(|(known, _)| known == class) {
                Some((_, best)) => *best = best.max(score),
                None => found.push((*class, score)),
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_that_overlap_give_their_classes_weighted_by_how_much() {
        let found = |width: f32, classes: &[(usize, f32)]| DetectedBox {
            bbox: BBox::from_xywh(0.0, 0.0, width, 10.0),
            score: classes[0].1,
            classes: classes.to_vec(),
        };
        let detected = [
            found(8.0, &[(0, 0.5), (1, 0.25)]),
            found(10.0, &[(1, 0.125)]),
            found(6.0, &[(1, 0.5)]),
            found(4.0, &[(2, 0.9)]),
        ];
        let bbox = BBox::from_xywh(0.0, 0.0, 10.0, 10.0);
        let classes = detected_classes(&bbox, &detected);
        let places: Vec<usize> = classes.iter().map(|(class, _)| *class).collect();
        assert_eq!(places, [0, 1], "one box in four does not overlap by half");
        assert!((classes[0].1 - 0.4).abs() < 1e-6 && (classes[1].1 - 0.3).abs() < 1e-6);
    }
}
