//! Which classes a region may show.

use super::evidence::{ClassEvidence, log_sum_exp};
use super::patch_map::PatchMap;
use crate::geometry::{BBox, Grid};

/// Maps of logits, from which the class of a region is estimated.
#[derive(Clone, Debug, PartialEq)]
pub struct NameLogits {
    /// The candidate classes, each with its map of logits.
    pub classes: Vec<(usize, PatchMap)>,
    /// The joint logit of all other classes.
    pub others: PatchMap,
}

impl NameLogits {
    /// The maps of the `candidates` on `grid`.
    pub fn new(evidence: &ClassEvidence, candidates: &[usize], grid: Grid) -> Self {
        let map = |&class: &usize| Some((class, evidence.map(class, grid)?));
        Self {
            classes: candidates.iter().filter_map(map).collect(),
            others: evidence.logits_of_others(candidates, grid),
        }
    }

    /// The candidates with their probabilities in a box of a picture of `size` pixels, most probable
    /// first.
    pub fn of_box(&self, bbox: &BBox, size: (u32, u32)) -> Vec<(usize, f32)> {
        self.of_region(&self.others.grid.coverage(bbox, size))
    }

    /// The candidates with their probabilities in a region, most probable first: the softmax of the
    /// mean logits. `weights [P]` is how much of each patch lies in the region.
    pub fn of_region(&self, weights: &[f32]) -> Vec<(usize, f32)> {
        let total: f32 = weights.iter().sum();
        let mean = |map: &PatchMap| {
            let weighted = map.values.iter().zip(weights).map(|(x, w)| x * w);
            weighted.sum::<f32>() / total
        };
        let logits: Vec<f32> = self.classes.iter().map(|(_, map)| mean(map)).collect();
        let sum = log_sum_exp(logits.iter().copied().chain([mean(&self.others)]));
        let classes = self.classes.iter().zip(logits);
        let mut ranked: Vec<(usize, f32)> = classes
            .map(|((class, _), logit)| (*class, (logit - sum).exp()))
            .collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
        ranked
    }
}
