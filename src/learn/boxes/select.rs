//! Which candidates are shown.

use super::overlap::Overlaps;
use crate::geometry::BBox;

/// The least gain that is to be expected of a box.
const MIN_GAIN: f32 = 0.15;
/// Boxes that overlap more than this are of one object,
const SAME_IOU: f32 = 0.25;
/// and so is one of which so much lies in the other.
const SAME_CONTAINMENT: f32 = 0.8;
/// Candidates that overlap so much have a say in where the box lies, by their gains (box voting:
/// Gidaris & Komodakis 2015, arXiv 1505.01749).
const VOTING_IOU: f32 = 0.75;
const VOTING_SHARPNESS: f32 = 3.0;

/// A box to be shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Selected {
    pub bbox: BBox,
    pub gain: f32,
}

/// One box for each object, the best first.
pub fn select(boxes: &[BBox], gains: &[f32]) -> Vec<Selected> {
    let mut best_first: Vec<usize> = (0..boxes.len())
        .filter(|at| gains[*at] > MIN_GAIN)
        .collect();
    if best_first.is_empty() {
        return Vec::new();
    }
    best_first.sort_by(|a, b| gains[*b].total_cmp(&gains[*a]));
    let overlaps = Overlaps::new(boxes);
    let mut kept: Vec<usize> = Vec::new();
    for at in best_first {
        let is_same = |other: &usize| {
            overlaps.iou(at, *other) > SAME_IOU
                || overlaps.containment(at, *other) > SAME_CONTAINMENT
        };
        if !kept.iter().any(is_same) {
            kept.push(at);
        }
    }
    let voted = kept.iter().map(|at| {
        let mut sum = [0.0; 4];
        let mut total = 0.0;
        for (other, bbox) in boxes.iter().enumerate() {
            if other == *at || overlaps.iou(*at, other) > VOTING_IOU {
                let weight = (VOTING_SHARPNESS * (gains[other] - gains[*at])).exp();
                total += weight;
                let edges = [bbox.x0, bbox.y0, bbox.x1, bbox.y1];
                sum.iter_mut()
                    .zip(edges)
                    .for_each(|(sum, x)| *sum += weight * x);
            }
        }
        let [x0, y0, x1, y1] = sum.map(|sum| sum / total);
        Selected {
            bbox: BBox { x0, y0, x1, y1 },
            gain: gains[*at],
        }
    });
    voted.filter(|selected| selected.bbox.is_valid()).collect()
}
