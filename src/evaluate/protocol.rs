//! Boxes as published evaluation code rounds and clamps them before comparison.
//!
//! Two programs are reproduced: the official TS-CAM code (github.com/vasgaowei/TS-CAM, `lib/datasets`
//! and `lib/cams_deit.py`) and wsolevaluation (github.com/clovaai/wsolevaluation, `evaluation.py`).
//! Both squash the picture to the model's input and compare boxes there, in whole pixels. They round,
//! clamp and replace a missing box differently. Since one pixel decides many pictures, each is
//! reproduced exactly. Both count a box as one pixel wider and higher than its edges.

use super::iou::{IouConvention, best_iou};
use crate::geometry::BBox;

const IOU: IouConvention = IouConvention::PixelInclusive;

/// The true boxes of a picture as each code places them in its squashed frame.
#[derive(Clone, Debug, PartialEq)]
pub struct ProtocolTruth {
    frame: (u32, u32),
    ts_cam: Vec<BBox>,
    wsolevaluation: Vec<BBox>,
}

impl ProtocolTruth {
    /// `boxes` are in a picture of `picture` pixels that is squashed to `frame` pixels. Proposed boxes
    /// must be in the frame. Both sizes are width and height.
    pub fn new(boxes: &[BBox], picture: (u32, u32), frame: (u32, u32)) -> Self {
        let ts_cam = boxes.iter().map(|bbox| ts_cam_box(bbox, picture, frame));
        let wsolevaluation = boxes
            .iter()
            .map(|bbox| wsolevaluation_box(bbox, picture, frame));
        Self {
            frame,
            ts_cam: ts_cam.collect(),
            wsolevaluation: wsolevaluation.collect(),
        }
    }

    /// The IoU of a class's one box, edges exclusive, as in the official TS-CAM code. If the map has
    /// no box, one in the top left corner takes its place.
    pub fn ts_cam_iou(&self, largest: Option<BBox>) -> f64 {
        let corner = BBox::from_corners(0.0, 0.0, 1.0, 1.0);
        best_iou(&[largest.unwrap_or(corner)], &self.ts_cam, IOU)
    }

    /// The best IoU of any of these boxes, as in wsolevaluation. Right and bottom edges are clamped to
    /// the frame, and if there are no boxes, the top left pixel takes their place.
    pub fn wsolevaluation_iou(&self, boxes: &[BBox]) -> f64 {
        let (width, height) = (self.frame.0 as f32, self.frame.1 as f32);
        let mut inside: Vec<BBox> = boxes
            .iter()
            .map(|bbox| BBox {
                x1: bbox.x1.min(width - 1.0),
                y1: bbox.y1.min(height - 1.0),
                ..*bbox
            })
            .collect();
        if inside.is_empty() {
            inside.push(BBox::default());
        }
        best_iou(&inside, &self.wsolevaluation, IOU)
    }
}

/// `int(max(x / width * side, 0))`, and far edges `int(min(x / width * side, side - 1))`.
fn ts_cam_box(bbox: &BBox, picture: (u32, u32), frame: (u32, u32)) -> BBox {
    let scaled = |edge: f32, picture: u32, frame: u32| {
        f64::from(edge) / f64::from(picture) * f64::from(frame)
    };
    let low = |edge, picture, frame| scaled(edge, picture, frame).max(0.0).trunc() as f32;
    let high = |edge, picture, frame| {
        let last = f64::from(frame) - 1.0;
        scaled(edge, picture, frame).min(last).trunc() as f32
    };
    BBox {
        x0: low(bbox.x0, picture.0, frame.0),
        y0: low(bbox.y0, picture.1, frame.1),
        x1: high(bbox.x1, picture.0, frame.0),
        y1: high(bbox.y1, picture.1, frame.1),
    }
}

/// `int(x * side / width)`: the other order of operations, which sometimes results in another number.
fn wsolevaluation_box(bbox: &BBox, picture: (u32, u32), frame: (u32, u32)) -> BBox {
    let scaled = |edge: f32, picture: u32, frame: u32| {
        (f64::from(edge) * f64::from(frame) / f64::from(picture)).trunc() as f32
    };
    BBox {
        x0: scaled(bbox.x0, picture.0, frame.0),
        y0: scaled(bbox.y0, picture.1, frame.1),
        x1: scaled(bbox.x1, picture.0, frame.0),
        y1: scaled(bbox.y1, picture.1, frame.1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn corners(x0: f32, y0: f32, x1: f32, y1: f32) -> BBox {
        BBox { x0, y0, x1, y1 }
    }

    #[test]
    fn edges_are_truncated_to_whole_pixels_of_the_frame() {
        // 500 x 333 -> 224 x 224: x * 0.448, y * 0.6727.
        let whole = corners(0.0, 0.0, 500.0, 333.0);
        let part = corners(111.0, 108.0, 441.0, 193.0);
        let truth = ProtocolTruth::new(&[whole, part], (500, 333), (224, 224));
        let placed = corners(49.0, 72.0, 197.0, 129.0); // 49.7, 72.6, 197.6, 129.8
        assert_eq!(truth.ts_cam, [corners(0.0, 0.0, 223.0, 223.0), placed]);
        assert_eq!(
            truth.wsolevaluation,
            [corners(0.0, 0.0, 224.0, 224.0), placed]
        );
    }

    #[test]
    fn each_code_keeps_its_own_order_of_operations() {
        // In 64 bits 5 / 77 * 77 lies just below 5, while 5 * 77 / 77 is 5.
        let size = (77, 77);
        let truth = ProtocolTruth::new(&[corners(5.0, 5.0, 9.0, 9.0)], size, size);
        assert_eq!(truth.ts_cam[0].x0, 4.0);
        assert_eq!(truth.wsolevaluation[0].x0, 5.0);
    }

    #[test]
    fn each_code_has_its_own_replacement_for_a_missing_box() {
        let truth = ProtocolTruth::new(&[corners(0.0, 0.0, 3.0, 3.0)], (224, 224), (224, 224));
        assert_eq!(truth.ts_cam_iou(None), 4.0 / 16.0);
        assert_eq!(truth.wsolevaluation_iou(&[]), 1.0 / 16.0);
    }

    #[test]
    fn wsolevaluation_makes_a_box_at_the_far_edge_one_pixel_smaller() {
        let truth = ProtocolTruth::new(&[corners(0.0, 0.0, 222.0, 99.0)], (224, 224), (224, 224));
        let found = corners(0.0, 0.0, 224.0, 99.0);
        assert_eq!(truth.ts_cam_iou(Some(found)), 223.0 / 225.0);
        assert_eq!(truth.wsolevaluation_iou(&[found]), 223.0 / 224.0);
    }
}
