//! How boxes overlap.

use crate::geometry::BBox;

/// The best IoU of a box with any of the true ones; 0 without one.
pub fn best_iou(bbox: &BBox, truth: &[BBox]) -> f32 {
    truth
        .iter()
        .map(|truth| bbox.iou(truth))
        .fold(0.0, f32::max)
}

/// The overlaps of every box with every other one.
pub struct Overlaps {
    count: usize,
    /// Areas of intersection, `[count * count]`.
    shared: Vec<f32>,
    areas: Vec<f32>,
}

impl Overlaps {
    /// Takes `O(n^2)` time and memory.
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

    /// Intersection over union of two boxes.
    pub fn iou(&self, i: usize, j: usize) -> f32 {
        let shared = self.shared[i * self.count + j];
        shared / (self.areas[i] + self.areas[j] - shared)
    }

    /// The area of a box.
    pub fn area(&self, i: usize) -> f32 {
        self.areas[i]
    }

    /// The share of box `i` that lies in box `j`.
    pub fn inside(&self, i: usize, j: usize) -> f32 {
        self.shared[i * self.count + j] / self.areas[i]
    }

    /// The share of the smaller box that lies in the other one.
    pub fn containment(&self, i: usize, j: usize) -> f32 {
        self.shared[i * self.count + j] / self.areas[i].min(self.areas[j])
    }
}
