//! Boxes that the point tool offers.

use crate::geometry::BBox;
use crate::segment::{NestedBoxes, PromptPoint};

/// When the pointer moves on, the same object stays chosen: a box with at least this IoU.
const SAME_OBJECT_IOU: f32 = 0.75;

/// Boxes that points may mean.
#[derive(Clone, Debug, PartialEq)]
pub struct Offers {
    /// The points in and outside the object, in pixels of the picture.
    pub points: Vec<PromptPoint>,
    /// From the smallest to the largest, in pixels of the picture; at least one.
    pub boxes: Vec<BBox>,
    /// The index of the chosen one.
    pub chosen: usize,
    /// Whether a person has chosen it.
    pub is_stepped: bool,
}

impl Offers {
    /// The box that is taken by a click.
    pub fn chosen_box(&self) -> BBox {
        self.boxes[self.chosen]
    }

    /// The boxes of an answer, without those that `exist`. If one of them is the box that a person has
    /// `chosen` before, it is chosen again.
    pub fn new(
        points: Vec<PromptPoint>,
        nested: &NestedBoxes,
        chosen: Option<BBox>,
        exists: impl Fn(&BBox) -> bool,
    ) -> Option<Self> {
        let best = nested.boxes.get(nested.best)?;
        let boxes = nested.boxes.iter().copied();
        let boxes: Vec<BBox> = boxes.filter(|bbox| !exists(bbox)).collect();
        let nearest = |to: &BBox, min_iou: f32| {
            let overlaps = boxes.iter().map(|bbox| bbox.iou(to)).enumerate();
            let nearest = overlaps.max_by(|a, b| a.1.total_cmp(&b.1));
            nearest.filter(|(_, iou)| *iou >= min_iou).map(|(at, _)| at)
        };
        let same = chosen.and_then(|chosen| nearest(&chosen, SAME_OBJECT_IOU));
        let chosen = same.or_else(|| nearest(best, 0.0))?;
        Some(Self {
            points,
            boxes,
            chosen,
            is_stepped: same.is_some(),
        })
    }

    /// Chooses the next larger box, or the next smaller one; from the last, the other end follows if
    /// `wraps`.
    pub fn step(&mut self, by: isize, wraps: bool) {
        self.is_stepped = true;
        let count = self.boxes.len() as isize;
        let next = self.chosen as isize + by;
        self.chosen = if wraps {
            next.rem_euclid(count)
        } else {
            next.clamp(0, count - 1)
        } as usize;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(side: f32) -> BBox {
        BBox::from_xywh(0.0, 0.0, side, side)
    }

    fn nested() -> NestedBoxes {
        NestedBoxes {
            boxes: vec![square(10.0), square(20.0), square(40.0)],
            best: 1,
        }
    }

    #[test]
    fn the_best_box_is_chosen_unless_another_was_chosen_before() {
        let none = |_: &BBox| false;
        let offers = Offers::new(Vec::new(), &nested(), None, none).unwrap();
        assert_eq!(offers.chosen_box(), square(20.0));
        let offers = Offers::new(Vec::new(), &nested(), Some(square(39.0)), none).unwrap();
        assert_eq!(offers.chosen_box(), square(40.0));
        let offers = Offers::new(Vec::new(), &nested(), Some(square(90.0)), none).unwrap();
        assert_eq!(offers.chosen_box(), square(20.0));
    }

    #[test]
    fn boxes_that_exist_are_not_offered() {
        let exists = |bbox: &BBox| *bbox == square(20.0);
        let offers = Offers::new(Vec::new(), &nested(), None, exists).unwrap();
        assert_eq!(offers.boxes, [square(10.0), square(40.0)]);
        assert_eq!(Offers::new(Vec::new(), &nested(), None, |_| true), None);
        let empty = NestedBoxes::default();
        assert_eq!(Offers::new(Vec::new(), &empty, None, |_| false), None);
    }

    #[test]
    fn the_wheel_stops_at_the_ends_and_tab_goes_round() {
        let mut offers = Offers::new(Vec::new(), &nested(), None, |_| false).unwrap();
        let mut go = |by, wraps| {
            offers.step(by, wraps);
            offers.chosen
        };
        assert_eq!([go(1, false), go(1, false), go(-1, false)], [2, 2, 1]);
        assert_eq!([go(1, true), go(1, true), go(-1, true)], [2, 0, 2]);
    }
}
