//! What the masks of a prompt mean for a box: the one that fits the object, and the nested ones that a
//! point may mean.

use super::segmenter::{Mask, Prompt, PromptPoint};
use crate::geometry::BBox;

/// The head that SAM trained for prompts of a box or several points; one point is ambiguous, and has
/// the others.
const UNAMBIGUOUS_HEAD: usize = 0;
/// The heads that fit a box: the one for boxes, and the one that learned the largest of the objects that a
/// point may mean. Together they fit more boxes than the first alone (models/README.md).
const FITTING_HEADS: [usize; 2] = [UNAMBIGUOUS_HEAD, 3];
/// A fitted box that overlaps the box of its prompt less than this is another object: even a box whose
/// sides are all off by 15 % overlaps its own object more.
const MIN_PROMPT_IOU: f32 = 0.5;
/// Nested boxes with at least this IoU are the same.
const SAME_IOU: f32 = 0.9;
/// A box that covers this share of the picture is the background more often than an object.
const WHOLE_PICTURE: f32 = 0.9;
/// Masks with a lower predicted IoU are not offered.
const MIN_PREDICTED_IOU: f32 = 0.5;

impl Prompt {
    /// A rough box around an object, in upright pixels of the picture.
    pub fn around(bbox: BBox) -> Self {
        Self {
            points: Vec::new(),
            bbox: Some(bbox),
        }
    }

    /// Points in and outside an object.
    pub fn at(points: Vec<PromptPoint>) -> Self {
        Self { points, bbox: None }
    }
}

/// The box that fits the object in a rough box, in upright pixels of the picture, from the masks for
/// [`Prompt::around`] that rough box. `None` if no object was found there.
///
/// Of two boxes it is the one nearer to the rough box.
pub fn fitted_box(masks: &[Mask], rough: &BBox) -> Option<BBox> {
    masks
        .iter()
        .filter(|mask| FITTING_HEADS.contains(&mask.head))
        .map(|mask| (mask.bbox, mask.bbox.iou(rough)))
        .filter(|(_, iou)| *iou >= MIN_PROMPT_IOU)
        .max_by(|(_, a), (_, b)| a.total_cmp(b))
        .map(|(bbox, _)| bbox)
}

/// The boxes of the objects that points may mean, in upright pixels of the picture, from the masks for
/// [`Prompt::at`] these points.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NestedBoxes {
    /// At most three, from the smallest to the largest.
    pub boxes: Vec<BBox>,
    /// The index of the box whose mask the network rates highest; not the whole picture, if there is
    /// another.
    pub best: usize,
}

impl NestedBoxes {
    /// The boxes for a prompt of one point (`is_ambiguous`), nearly equal ones merged, or the one box
    /// for a prompt of several points, in a picture of `size` pixels (width and height).
    pub fn new(masks: &[Mask], size: (u32, u32), is_ambiguous: bool) -> Self {
        let mut rated: Vec<&Mask> = masks
            .iter()
            .filter(|mask| (mask.head != UNAMBIGUOUS_HEAD) == is_ambiguous)
            .collect();
        rated.sort_by(|a, b| b.predicted_iou.total_cmp(&a.predicted_iou));
        let mut boxes: Vec<BBox> = Vec::new();
        for (rank, mask) in rated.into_iter().enumerate() {
            let is_known = boxes.iter().any(|other| other.iou(&mask.bbox) >= SAME_IOU);
            let is_likely = rank == 0 || mask.predicted_iou >= MIN_PREDICTED_IOU;
            if is_likely && !is_known {
                boxes.push(mask.bbox);
            }
        }
        let whole = size.0 as f32 * size.1 as f32 * WHOLE_PICTURE;
        let mut parts = boxes.iter().filter(|bbox| bbox.area() < whole);
        let Some(best) = parts.next().or(boxes.first()).copied() else {
            return Self::default();
        };
        boxes.sort_by(|a, b| a.area().total_cmp(&b.area()));
        let best = boxes.iter().position(|bbox| *bbox == best);
        Self {
            best: best.unwrap_or_default(),
            boxes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: (u32, u32) = (100, 100);

    fn mask(head: usize, predicted_iou: f32, bbox: BBox) -> Mask {
        Mask {
            head,
            predicted_iou,
            bbox,
            logits: Vec::new(),
        }
    }

    fn square(side: f32) -> BBox {
        BBox::from_xywh(0.0, 0.0, side, side)
    }

    #[test]
    fn a_box_is_fitted_by_the_nearer_of_two_heads() {
        let masks = [
            mask(0, 0.99, square(8.0)),
            mask(1, 0.99, square(10.0)),
            mask(2, 0.99, square(10.0)),
            mask(3, 0.7, square(9.0)),
        ];
        assert_eq!(fitted_box(&masks, &square(10.0)), Some(square(9.0)));
        assert_eq!(fitted_box(&masks, &square(7.5)), Some(square(8.0)));
        assert_eq!(fitted_box(&masks[..3], &square(10.0)), Some(square(8.0)));
        assert_eq!(fitted_box(&masks[1..3], &square(10.0)), None);
        assert_eq!(fitted_box(&masks, &square(13.0)), None, "another object");
    }

    #[test]
    fn nested_boxes_go_from_small_to_large_and_start_at_the_best() {
        let masks = [
            mask(0, 1.0, square(50.0)),
            mask(1, 0.6, square(40.0)),
            mask(2, 0.9, square(10.0)),
            mask(3, 0.8, square(20.0)),
        ];
        let nested = NestedBoxes::new(&masks, SIZE, true);
        assert_eq!(nested.boxes, [square(10.0), square(20.0), square(40.0)]);
        assert_eq!(nested.best, 0);
    }

    #[test]
    fn nearly_equal_and_unlikely_boxes_are_left_out() {
        let masks = [
            mask(1, 0.8, square(10.0)),
            mask(2, 0.9, square(10.1)),
            mask(3, 0.2, square(40.0)),
        ];
        let nested = NestedBoxes::new(&masks, SIZE, true);
        assert_eq!(nested.boxes, [square(10.1)]);
        // The best one is offered, however unlikely it is.
        let nested = NestedBoxes::new(&masks[2..], SIZE, true);
        assert_eq!(nested.boxes, [square(40.0)]);
    }

    #[test]
    fn several_points_mean_one_box() {
        let masks = [mask(0, 0.7, square(9.0)), mask(1, 0.9, square(10.0))];
        let nested = NestedBoxes::new(&masks, SIZE, false);
        assert_eq!(nested.boxes, [square(9.0)]);
        let nested = NestedBoxes::new(&[], SIZE, false);
        assert_eq!(nested, NestedBoxes::default());
    }

    #[test]
    fn the_whole_picture_is_offered_but_not_first() {
        let masks = [mask(2, 0.7, square(40.0)), mask(3, 0.9, square(100.0))];
        let nested = NestedBoxes::new(&masks, SIZE, true);
        assert_eq!((nested.boxes.len(), nested.best), (2, 0));
        let nested = NestedBoxes::new(&masks[1..], SIZE, true);
        assert_eq!(nested.boxes, [square(100.0)]);
    }
}
