//! The prior: expected gains of candidates before anything was learned from a person.

use serde::{Deserialize, Serialize};

use super::features::{FEATURE_NAMES, FEATURES};
use crate::learn::ridge::{GramSums, predict};

/// The features whose products are inputs, too.
const COUPLED: [&str; 11] = [
    "det_best",
    "det_close",
    "det_own",
    "map_best",
    "map_close",
    "map_agree",
    "det_agree",
    "share",
    "contrast",
    "det_rel",
    "map_rel",
];
/// Number of products: one for each pair, and the squares.
const PRODUCTS: usize = COUPLED.len() * (COUPLED.len() + 1) / 2;
/// Number of inputs: the features, their products and a constant.
const INPUTS: usize = FEATURES + PRODUCTS + 1;
/// The constant input. It is large so that it is hardly penalised.
const CONSTANT: f32 = 3.0;
/// Features are clamped to this many standard deviations from their mean.
const MAX_DEVIATIONS: f32 = 4.0;
/// Penalty of the ridge regression.
const PENALTY: f64 = 0.1;

/// A linear map from standardised features and their products to the gain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prior {
    /// [`FEATURE_NAMES`] of the program that fitted it.
    features: Vec<String>,
    /// The mean of each feature.
    mean: Vec<f32>,
    /// One over the standard deviation of each feature.
    scale: Vec<f32>,
    /// `[INPUTS]`.
    weights: Vec<f32>,
}

/// The candidates of a picture with their gains, from which a prior is fitted.
pub struct PriorExample<'a> {
    /// `[candidates * FEATURES]`.
    pub features: &'a [f32],
    /// The [gain](super::candidate_gains) of each candidate.
    pub gains: &'a [f32],
    /// The weight of the picture.
    pub weight: f64,
}

impl Prior {
    /// Fits a prior. `None` if the sums are not finite, or there is no candidate.
    pub fn fit(examples: &[PriorExample<'_>]) -> Option<Self> {
        let mut moments = Moments::default();
        for example in examples {
            let weight = example.weight / example.gains.len().max(1) as f64;
            for row in example.features.chunks_exact(FEATURES) {
                moments.add(row, weight);
            }
        }
        let (mean, scale) = moments.mean_and_scale()?;
        let mut prior = Self {
            features: FEATURE_NAMES.map(str::to_owned).to_vec(),
            mean,
            scale,
            weights: Vec::new(),
        };
        let mut sums = GramSums::new(INPUTS, 1);
        for example in examples {
            let root = (example.weight / example.gains.len().max(1) as f64).sqrt() as f32;
            let mut rows = Vec::with_capacity(example.gains.len() * (INPUTS + 1));
            let of_candidates = example.features.chunks_exact(FEATURES);
            for (row, gain) in of_candidates.zip(example.gains) {
                let start = rows.len();
                prior.expand(row, &mut rows);
                rows.push(*gain);
                rows[start..].iter_mut().for_each(|x| *x *= root);
            }
            sums.add(&GramSums::of(&rows, INPUTS, 1), 1.0);
        }
        prior.weights = sums.solve(PENALTY)?;
        Some(prior)
    }

    /// Whether the lengths fit, all numbers are finite, and it was fitted to the same features.
    pub fn is_sound(&self) -> bool {
        let has_length = |numbers: &[f32], length: usize| {
            numbers.len() == length && numbers.iter().all(|number| number.is_finite())
        };
        self.features == FEATURE_NAMES
            && has_length(&self.mean, FEATURES)
            && has_length(&self.scale, FEATURES)
            && has_length(&self.weights, INPUTS)
    }

    /// The expected gain of each candidate from its features, `[candidates * FEATURES]`.
    pub fn gains(&self, features: &[f32]) -> Vec<f32> {
        let mut rows = Vec::with_capacity(features.len() / FEATURES * INPUTS);
        for row in features.chunks_exact(FEATURES) {
            self.expand(row, &mut rows);
        }
        predict(&rows, &self.weights, INPUTS, 1)
    }

    /// Appends the inputs of a candidate.
    fn expand(&self, features: &[f32], inputs: &mut Vec<f32>) {
        let start = inputs.len();
        inputs.extend(
            features
                .iter()
                .zip(&self.mean)
                .zip(&self.scale)
                .map(|((x, mean), scale)| {
                    ((x - mean) * scale).clamp(-MAX_DEVIATIONS, MAX_DEVIATIONS)
                }),
        );
        inputs.push(CONSTANT);
        let coupled = COUPLED.map(|name| inputs[start + index_of(name)]);
        for (at, one) in coupled.iter().enumerate() {
            inputs.extend(coupled[at..].iter().map(|other| one * other / 2.0));
        }
    }
}

/// The index of a feature.
fn index_of(name: &str) -> usize {
    let at = FEATURE_NAMES.iter().position(|feature| *feature == name);
    at.unwrap_or_default()
}

/// Weighted sums of the features and their squares.
#[derive(Default)]
struct Moments {
    weight: f64,
    sum: Vec<f64>,
    square: Vec<f64>,
}

impl Moments {
    fn add(&mut self, row: &[f32], weight: f64) {
        self.sum.resize(row.len(), 0.0);
        self.square.resize(row.len(), 0.0);
        self.weight += weight;
        for (at, x) in row.iter().enumerate() {
            self.sum[at] += weight * f64::from(*x);
            self.square[at] += weight * f64::from(*x) * f64::from(*x);
        }
    }

    fn mean_and_scale(&self) -> Option<(Vec<f32>, Vec<f32>)> {
        if self.weight <= 0.0 {
            return None;
        }
        let mean = self.sum.iter().map(|sum| sum / self.weight);
        let mean: Vec<f64> = mean.collect();
        let scale = self.square.iter().zip(&mean).map(|(square, mean)| {
            let variance = (square / self.weight - mean * mean).max(0.0);
            (1.0 / (variance.sqrt() + 1e-3)) as f32
        });
        let scale = scale.collect();
        Some((mean.into_iter().map(|mean| mean as f32).collect(), scale))
    }
}
