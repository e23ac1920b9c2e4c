//! Maps propagated along the affinities of the patches.

use super::evidence::Evidence;

/// The number of propagation steps for attention, which is sparse. A class map needs one step.
const SPARSE_STEPS: usize = 2;

/// How strongly the patches belong together: a `P x P` matrix whose rows sum to 1.
pub struct AffinityMatrix {
    rows: Vec<f32>, // [P * P]
    patches: usize,
}

impl AffinityMatrix {
    /// The softmax of the key similarities at `temperature`, row by row.
    pub fn new(evidence: &Evidence, temperature: f32) -> Self {
        let patches = evidence.grid.patches();
        let mut rows = evidence.key_similarity.clone();
        for row in rows.chunks_exact_mut(patches.max(1)) {
            // Cosines lie in -1..=1, so the exponentials need no shift by the maximum.
            for x in row.iter_mut() {
                *x = (*x / temperature).exp();
            }
            let sum: f32 = row.iter().sum();
            for x in row.iter_mut() {
                *x /= sum;
            }
        }
        Self { rows, patches }
    }

    /// The map `[P]` after one step: each patch takes the mean of all patches, weighted by its row.
    pub fn propagate(&self, map: &[f32]) -> Vec<f32> {
        self.rows
            .chunks_exact(self.patches.max(1))
            .map(|row| row.iter().zip(map).map(|(p, x)| p * x).sum())
            .collect()
    }

    /// A sparse map `[P]`, such as attention, after two steps.
    pub(super) fn propagate_sparse(&self, map: Vec<f32>) -> Vec<f32> {
        (0..SPARSE_STEPS).fold(map, |map, _| self.propagate(&map))
    }
}
