//! How boxes lie to one another.

use crate::geometry::BBox;

/// The best IoU of a box with any of the true ones.
pub fn best_iou(bbox: &BBox, truth: &[BBox]) -> f32 {
    truth
        .iter()
        .map(|truth| bbox.iou(truth))
        .fold(0.0, f32::max)
}

/// Of every box with every other, row by row.
pub struct Overlaps {
    count: usize,
    shared: Vec<f32>,
    areas: Vec<f32>,
}

impl Overlaps {
    /// `O(n^2)` numbers.
    pub fn new(boxes: &[BBox]) -> Self {
        let count = boxes.len();
        let mut shared = vec![0.0; count * count];
        for (i, a) in boxes.iter().enumerate() {
            for (j, b) in boxes.iter().enumerate().skip(i) {
                let both = a.intersection(b).area();
                shared[i * count + j] = both;
                shared[j * count + i] = both;
            }
        }
        Self {
            count,
            shared,
            areas: boxes.iter().map(|bbox| bbox.area().max(1e-6)).collect(),
        }
    }

    /// Intersection over union.
    pub fn iou(&self, i: usize, j: usize) -> f32 {
        let shared = self.shared[i * self.count + j];
        shared / (self.areas[i] + self.areas[j] - shared)
    }

    /// The share of `i` that lies in `j`.
    pub fn inside(&self, i: usize, j: usize) -> f32 {
        self.shared[i * self.count + j] / self.areas[i]
    }

    /// The share of the smaller one that lies in the other.
    pub fn containment(&self, i: usize, j: usize) -> f32 {
        self.shared[i * self.count + j] / self.areas[i].min(self.areas[j])
    }
}
