//! Which candidates become boxes.

use super::overlap::Overlaps;
use crate::geometry::BBox;

/// Boxes with more than this IoU belong to one object.
const SAME_IOU: f32 = 0.25;
/// So do boxes if more than this share of the smaller one lies in the other one.
const SAME_CONTAINMENT: f32 = 0.8;
/// How candidates are selected and how they vote on the position of a box (box voting: Gidaris & Komodakis
/// 2015, arXiv 1505.01749).
#[derive(Clone, Copy, Debug)]
pub struct Selection {
    /// Minimum expected gain of a box.
    pub min_gain: f32,
    /// Candidates with more than this IoU influence the position, weighted by their gains.
    pub voting_iou: f32,
    /// How steeply the weight of a vote grows with its gain.
    pub voting_sharpness: f32,
}

/// A selected box.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Selected {
    /// In picture pixels.
    pub bbox: BBox,
    /// The expected gain.
    pub gain: f32,
}

/// One box per object, by descending gain.
pub fn select(boxes: &[BBox], gains: &[f32], selection: Selection) -> Vec<Selected> {
    let mut best_first: Vec<usize> = (0..boxes.len())
        .filter(|at| gains[*at] > selection.min_gain)
        .collect();
    if best_first.is_empty() {
        return Vec::new();
    }
    best_first.sort_by(|a, b| gains[*b].total_cmp(&gains[*a]));
    let overlaps = Overlaps::new(boxes);
    let mut selected: Vec<usize> = Vec::new();
    for at in best_first {
        let is_same = |other: &usize| {
            overlaps.iou(at, *other) > SAME_IOU
                || overlaps.containment(at, *other) > SAME_CONTAINMENT
        };
        if !selected.iter().any(is_same) {
            selected.push(at);
        }
    }
    let voted = selected.iter().map(|at| {
        let mut sum = [0.0; 4];
        let mut total = 0.0;
        for (other, bbox) in boxes.iter().enumerate() {
            if other == *at || overlaps.iou(*at, other) > selection.voting_iou {
                let weight = (selection.voting_sharpness * (gains[other] - gains[*at])).exp();
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
