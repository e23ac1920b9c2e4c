//! Boxes in picture coordinates, and the grid of patches of a transformer.
//!
//! Coordinates are always pixels of the original picture, upright according to EXIF. The origin is the
//! top left corner of the top left pixel, `x` grows to the right and `y` downwards, and a box that
//! covers a whole `w` x `h` picture is `(0, 0)..(w, h)`. Only the canvas also uses points on the screen.

use serde::{Deserialize, Serialize};

/// An axis-aligned box in upright picture pixels; the right and bottom edges are exclusive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BBox {
    /// Left edge.
    pub x0: f32,
    /// Top edge.
    pub y0: f32,
    /// Right edge, exclusive.
    pub x1: f32,
    /// Bottom edge, exclusive.
    pub y1: f32,
}

impl BBox {
    /// A box from two opposite corners, in any order.
    pub fn from_corners(xa: f32, ya: f32, xb: f32, yb: f32) -> Self {
        Self {
            x0: xa.min(xb),
            y0: ya.min(yb),
            x1: xa.max(xb),
            y1: ya.max(yb),
        }
    }

    /// A box from its top left corner and its size, as COCO writes it (`[x, y, w, h]`).
    pub fn from_xywh(x: f32, y: f32, width: f32, height: f32) -> Self {
        Self {
            x0: x,
            y0: y,
            x1: x + width,
            y1: y + height,
        }
    }

    /// Width in pixels; negative or NaN only if the box is not [valid](Self::is_valid).
    pub fn width(&self) -> f32 {
        self.x1 - self.x0
    }

    /// Height in pixels; negative or NaN only if the box is not [valid](Self::is_valid).
    pub fn height(&self) -> f32 {
        self.y1 - self.y0
    }

    /// Area in square pixels; zero for a box with a side that is not positive.
    pub fn area(&self) -> f32 {
        self.width().max(0.0) * self.height().max(0.0)
    }

    /// Whether every edge is finite and both sides are longer than zero.
    pub fn is_valid(&self) -> bool {
        [self.x0, self.y0, self.x1, self.y1]
            .iter()
            .all(|edge| edge.is_finite())
            && self.x0 < self.x1
            && self.y0 < self.y1
    }

    /// The part that both boxes cover, which may be empty.
    pub fn intersection(&self, other: &Self) -> Self {
        Self {
            x0: self.x0.max(other.x0),
            y0: self.y0.max(other.y0),
            x1: self.x1.min(other.x1),
            y1: self.y1.min(other.y1),
        }
    }

    /// Intersection over union in `0..=1`; zero where either box is empty.
    pub fn iou(&self, other: &Self) -> f32 {
        let shared = self.intersection(other).area();
        let union = self.area() + other.area() - shared;
        if union > 0.0 { shared / union } else { 0.0 }
    }

    /// The part inside a picture of `width` x `height` pixels; `None` if that part has no area or the
    /// box is not finite.
    pub fn clipped(&self, width: u32, height: u32) -> Option<Self> {
        let picture = Self::from_xywh(0.0, 0.0, width as f32, height as f32);
        let finite = [self.x0, self.y0, self.x1, self.y1]
            .iter()
            .all(|edge| edge.is_finite());
        let inside = self.intersection(&picture);
        (finite && inside.is_valid()).then_some(inside)
    }
}

/// Rows and columns of the patch grid; patch `i` is at row `i / columns`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Grid {
    /// The number of patches from top to bottom.
    pub rows: usize,
    /// The number of patches from left to right.
    pub columns: usize,
}

impl Grid {
    /// The number of patches, P.
    pub fn patches(self) -> usize {
        self.rows * self.columns
    }

    /// The share of each patch that a box covers, `[P]`, in a picture of `size` pixels.
    pub fn coverage(self, bbox: &BBox, size: (u32, u32)) -> Vec<f32> {
        let along = |low: f32, high: f32, side: u32, count: usize| -> Vec<f32> {
            let length = side as f32 / count as f32;
            (0..count)
                .map(|at| {
                    let start = at as f32 * length;
                    ((high.min(start + length) - low.max(start)) / length).max(0.0)
                })
                .collect()
        };
        let columns = along(bbox.x0, bbox.x1, size.0, self.columns);
        let rows = along(bbox.y0, bbox.y1, size.1, self.rows);
        rows.iter()
            .flat_map(|row| columns.iter().map(move |column| row * column))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iou_of_half_overlapping_boxes_is_a_third() {
        let a = BBox::from_xywh(0.0, 0.0, 2.0, 2.0);
        let b = BBox::from_xywh(1.0, 0.0, 2.0, 2.0);
        assert!((a.iou(&b) - 1.0 / 3.0).abs() < 1e-6);
        assert_eq!(a.iou(&a), 1.0);
        assert_eq!(a.iou(&BBox::from_xywh(5.0, 5.0, 1.0, 1.0)), 0.0);
    }

    #[test]
    fn empty_boxes_overlap_nothing() {
        let empty = BBox::default();
        assert_eq!(empty.iou(&empty), 0.0);
        assert!(!empty.is_valid());
    }

    #[test]
    fn clipping_keeps_the_part_inside_the_picture() {
        let picture = (10, 8);
        let clip = |b: BBox| b.clipped(picture.0, picture.1);
        assert_eq!(
            clip(BBox::from_corners(12.0, -3.0, 4.0, 5.0)),
            Some(BBox::from_corners(4.0, 0.0, 10.0, 5.0))
        );
        assert_eq!(clip(BBox::from_xywh(10.0, 0.0, 4.0, 4.0)), None);
        assert_eq!(clip(BBox::from_xywh(f32::NAN, 0.0, 4.0, 4.0)), None);
        assert_eq!(clip(BBox::from_xywh(0.0, 0.0, f32::INFINITY, 4.0)), None);
    }
}
