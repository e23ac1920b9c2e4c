//! Small objects are seen a second time at a larger scale, because their edges are only as exact as
//! a patch, which is large compared with the objects.

use super::boxes::ScoredBox;
use super::levels::{LevelMap, largest_region};
use super::method::Method;
use super::picture_maps::ZoomedMaps;
use crate::geometry::{BBox, Grid};

/// The maximum area of an object that is enlarged, as a share of the picture.
const MAX_ZOOM_AREA: f32 = 0.15;
/// The margin around an enlarged box, as a share of its sides.
const ZOOM_MARGIN: f32 = 0.25;
/// The maximum number of enlarged parts per picture.
const MAX_ZOOMS: usize = 8;
/// The minimum overlap of two boxes of the same object.
const SAME_OBJECT_IOU: f32 = 0.4;
/// The minimum overlap of the frame of an enlarged part with the frame around a box.
const SAME_FRAME_IOU: f32 = 0.5;

/// The parts of the picture to enlarge, in 0..=1 of its width and height: frames around the small ones
/// among these boxes, those with the highest scores first. `picture` is its size in pixels.
pub fn zoom_frames(boxes: &[ScoredBox], picture: (u32, u32)) -> Vec<BBox> {
    let mut small: Vec<(f32, BBox)> = boxes
        .iter()
        .map(|found| (found.score, share_of(&found.bbox, picture)))
        .filter(|(_, bbox)| bbox.area() < MAX_ZOOM_AREA)
        .collect();
    small.sort_by(|a, b| b.0.total_cmp(&a.0));
    let small = small.iter().take(MAX_ZOOMS);
    small.map(|(_, bbox)| frame_around(bbox)).collect()
}

/// A box in 0..=1 of the picture's width and height.
fn share_of(bbox: &BBox, (width, height): (u32, u32)) -> BBox {
    let (width, height) = (width as f32, height as f32);
    BBox {
        x0: bbox.x0 / width,
        y0: bbox.y0 / height,
        x1: bbox.x1 / width,
        y1: bbox.y1 / height,
    }
}

/// The frame around a box; both in 0..=1 of the picture's width and height.
fn frame_around(bbox: &BBox) -> BBox {
    let (x, y) = (ZOOM_MARGIN * bbox.width(), ZOOM_MARGIN * bbox.height());
    BBox {
        x0: (bbox.x0 - x).max(0.0),
        y0: (bbox.y0 - y).max(0.0),
        x1: (bbox.x1 + x).min(1.0),
        y1: (bbox.y1 + y).min(1.0),
    }
}

/// The map of an enlarged part of the picture.
pub struct ZoomedLevels {
    /// In 0..=1 of the picture's width and height.
    frame: BBox,
    levels: LevelMap,
    /// See [`LevelMap::steepest`].
    steepest: f32,
}

impl ZoomedLevels {
    /// Prepares the map of `class`, enlarged to `scale` pixels per patch.
    pub fn new(
        zoomed: &ZoomedMaps,
        method: Method,
        class: Option<usize>,
        scale: usize,
    ) -> Option<Self> {
        let map = zoomed.maps.map(method, class)?;
        let Grid { rows, columns } = map.grid;
        let levels = LevelMap::new(map, columns * scale, rows * scale);
        Some(Self {
            frame: zoomed.frame,
            steepest: levels.steepest(),
            levels,
        })
    }

    /// The box of the largest region, in 0..=1 of the whole picture.
    fn largest(&self, method: Method, threshold: f32) -> Option<BBox> {
        let regions = self.levels.regions(method.cut(threshold, self.steepest));
        let region = largest_region(&regions)?;
        let x = self.frame.width() / self.levels.width as f32;
        let y = self.frame.height() / self.levels.height as f32;
        Some(BBox {
            x0: self.frame.x0 + region.x0 as f32 * x,
            y0: self.frame.y0 + region.y0 as f32 * y,
            x1: self.frame.x0 + region.x1 as f32 * x,
            y1: self.frame.y0 + region.y1 as f32 * y,
        })
    }
}

/// The mean of a box and of its counterpart in the enlarged part that was made for it, in pixels of a
/// picture of `picture` pixels. The box itself if there is no counterpart.
pub fn refined(
    first: BBox,
    zoomed: &[ZoomedLevels],
    method: Method,
    threshold: f32,
    picture: (u32, u32),
) -> BBox {
    let share = share_of(&first, picture);
    let frame = frame_around(&share);
    let fit = |zoomed: &&ZoomedLevels| zoomed.frame.iou(&frame);
    let zoomed = zoomed.iter().filter(|_| share.area() < MAX_ZOOM_AREA);
    let zoomed = zoomed
        .max_by(|a, b| fit(a).total_cmp(&fit(b)))
        .filter(|zoomed| fit(zoomed) >= SAME_FRAME_IOU);
    let second = zoomed
        .and_then(|zoomed| zoomed.largest(method, threshold))
        .filter(|second| second.iou(&share) >= SAME_OBJECT_IOU);
    let Some(second) = second else {
        return first;
    };
    let between = |a: f32, b: f32, side: u32| (a + b) / 2.0 * side as f32;
    BBox {
        x0: between(share.x0, second.x0, picture.0),
        y0: between(share.y0, second.y0, picture.1),
        x1: between(share.x1, second.x1, picture.0),
        y1: between(share.y1, second.y1, picture.1),
    }
}
