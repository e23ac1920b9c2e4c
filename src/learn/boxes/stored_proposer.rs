//! What is stored of a learned proposer. The order of the fields is the order of the bytes.

use serde::{Deserialize, Serialize};

/// A learned proposer for tokens of width D.
#[derive(Serialize, Deserialize)]
pub struct StoredProposer {
    /// The fingerprint of the model whose tokens it reads.
    pub fingerprint: String,
    /// D.
    pub width: usize,
    /// The number of reviewed pictures.
    pub reviewed: usize,
    /// The seed that decides the folds.
    pub seed: u64,
    /// Whether it is better than the program's own proposals.
    pub is_better: bool,
    /// Its metrics on held-out pictures.
    pub metrics: StoredMetrics,
    /// Slope and offset.
    pub calibration: [f64; 2],
    /// `[D]`.
    pub basis_mean: Vec<f32>,
    /// `[axes * D]`.
    pub basis_axes: Vec<f32>,
    /// The dense head's map to the centre-ness.
    pub centre: Vec<f32>,
    /// The dense head's map to the distances.
    pub reach: Vec<f32>,
    /// The weights of the side model.
    pub sides: Vec<f32>,
    /// The mean of each input of the gain model.
    pub expansion_mean: Vec<f32>,
    /// The scale of each input of the gain model.
    pub expansion_scale: Vec<f32>,
    /// The weights of the gain model.
    pub gain: Vec<f32>,
    /// Category ids, ascending.
    pub categories: Vec<u32>,
    /// `[(D + 1) * categories]`; empty with fewer than two.
    pub category_weights: Vec<f32>,
}

/// Metrics on held-out pictures, before and after learning.
#[derive(Serialize, Deserialize)]
pub struct StoredMetrics {
    /// The number of pictures.
    pub held_out: usize,
    /// The number of objects.
    pub objects: usize,
    /// Actions that are left for a person.
    pub actions: [usize; 2],
    /// Objects whose box is accepted.
    pub accepts: [usize; 2],
}
