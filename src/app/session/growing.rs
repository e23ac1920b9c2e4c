//! Growing and shrinking the selected boxes by a margin.

use super::core::Session;
use crate::document::ops;
use crate::geometry::BBox;
use crate::store::StoreError;

/// A step as a share of the longer side of the picture.
const STEP_SHARE: f32 = 0.002;
/// The smallest side in pixels that shrinking leaves.
const MIN_SIDE: f32 = 1.0;

impl Session {
    /// Moves each edge of the selected boxes that are not locked outwards by `steps` steps, or inwards
    /// if negative. A step is a whole number of pixels, about 0.2 % of the longer side of the picture,
    /// at least 1. Boxes stay inside the picture. While a key is held, this is part of the previous
    /// step of the history.
    ///
    /// # Errors
    /// As for [`commit`](Self::commit).
    pub fn grow(&mut self, steps: f32, is_held: bool) -> Result<(), StoreError> {
        self.gesture += u64::from(!is_held);
        let gesture = self.gesture;
        let rects = self.movable();
        let rects = rects.map(|(id, rect, size)| (id, grown(&rect, size, steps)));
        let rects: Vec<_> = rects.collect();
        let label = if steps > 0.0 {
            "grow boxes"
        } else {
            "shrink boxes"
        };
        self.name_moved(label, &rects, gesture)?;
        self.commit_in_gesture(label, Some(gesture), |document| {
            ops::reshape(document, &rects)
        })?;
        Ok(())
    }
}

/// A box in a picture of `[width, height]` pixels with its edges moved outwards, or inwards as far as
/// a pixel is left in the middle.
fn grown(rect: &BBox, [width, height]: [f32; 2], steps: f32) -> BBox {
    let step = (width.max(height) * STEP_SHARE).round().max(1.0);
    let along = |low: f32, high: f32, length: f32| {
        let room = ((high - low - MIN_SIDE) / 2.0).max(0.0);
        let by = (step * steps).max(-room);
        ((low - by).max(0.0), (high + by).min(length))
    };
    let (x0, x1) = along(rect.x0, rect.x1, width);
    let (y0, y1) = along(rect.y0, rect.y1, height);
    BBox { x0, y0, x1, y1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_follows_the_size_of_the_picture_and_stays_inside_it() {
        let rect = BBox::from_xywh(1.0, 100.0, 50.0, 20.0);
        let large = grown(&rect, [2000.0, 1000.0], 1.0);
        assert_eq!(large, BBox::from_corners(0.0, 96.0, 55.0, 124.0));
        let small = grown(&rect, [200.0, 121.0], 1.0);
        assert_eq!(small, BBox::from_corners(0.0, 99.0, 52.0, 121.0));
        assert_eq!(grown(&large, [2000.0, 1000.0], -1.0).y0, 100.0);
    }

    #[test]
    fn shrinking_leaves_a_pixel_in_the_middle() {
        let rect = BBox::from_xywh(10.0, 10.0, 4.0, 100.0);
        let thin = grown(&rect, [1000.0, 1000.0], -9.0);
        assert_eq!(thin, BBox::from_corners(11.5, 28.0, 12.5, 92.0));
        let tiny = BBox::from_xywh(10.0, 10.0, 0.5, 0.5);
        assert_eq!(grown(&tiny, [1000.0, 1000.0], -1.0), tiny);
    }
}
