//! How much work a candidate is expected to save.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};

use crate::learn::random::Random;
use crate::learn::ridge::{GramSums, predict};
use crate::learn::select::Selection;

/// Number of random features (Rahimi & Recht 2008): fixed random rectified combinations of the inputs,
/// which make a linear model nonlinear.
const HIDDEN: usize = 400;
/// Standard deviation of the sum of the weights of a random feature.
const HIDDEN_WEIGHT: f32 = 1.5;
/// Standard deviation of the bias of a random feature.
const HIDDEN_BIAS: f32 = 0.5;
/// Inputs are clamped to this many standard deviations from their mean.
const MAX_DEVIATIONS: f32 = 6.0;
/// The constant input.
const CONSTANT_INPUT: f32 = 3.0;
/// Penalty of the ridge regression.
const PENALTY: f64 = 0.05;
/// How boxes are selected by their gains.
pub const SELECTION: Selection = Selection {
    min_gain: 0.15,
    voting_iou: 0.75,
    voting_sharpness: 3.0,
};

/// Standardises the inputs and adds random features. Some inputs that follow them stay as they are.
#[derive(Clone, Debug, PartialEq)]
pub struct RandomFeatures {
    /// The mean of each input.
    pub mean: Vec<f32>,
    /// One over the standard deviation of each input.
    pub scale: Vec<f32>,
    /// Number of inputs in a row after those, which stay as they are.
    linear: usize,
    /// Weights of the random features, `[inputs * HIDDEN]`.
    hidden: Vec<f32>,
    /// Biases of the random features, `[HIDDEN]`.
    bias: Vec<f32>,
}

impl RandomFeatures {
    /// The expansion that standardises the first `inputs` numbers of rows and leaves `linear` more.
    pub fn of(rows: &[&[f32]], inputs: usize, linear: usize) -> Self {
        let mut sum = vec![0.0f64; inputs];
        let mut square = vec![0.0f64; inputs];
        let mut count = 0.0;
        for row in rows
            .iter()
            .flat_map(|rows| rows.chunks_exact(inputs + linear))
        {
            count += 1.0;
            for (at, x) in row[..inputs].iter().enumerate() {
                sum[at] += f64::from(*x);
                square[at] += f64::from(*x) * f64::from(*x);
            }
        }
        let count = f64::max(count, 1.0);
        let mean: Vec<f64> = sum.iter().map(|sum| sum / count).collect();
        let variances = square.iter().zip(&mean);
        let scale = variances.map(|(square, mean)| {
            let deviation = (square / count - mean * mean).max(0.0).sqrt();
            (1.0 / (deviation + 1e-3)) as f32
        });
        let scale = scale.collect();
        Self::new(mean.iter().map(|x| *x as f32).collect(), scale, linear)
    }

    /// The expansion with this mean and scale. Its random features depend on the number of inputs only.
    pub fn new(mean: Vec<f32>, scale: Vec<f32>, linear: usize) -> Self {
        let inputs = mean.len();
        let mut random = Random::new(inputs as u64);
        let size = HIDDEN_WEIGHT / (inputs as f32).sqrt();
        let hidden = (0..inputs * HIDDEN).map(|_| size * random.normal());
        Self {
            hidden: hidden.collect(),
            bias: (0..HIDDEN).map(|_| HIDDEN_BIAS * random.normal()).collect(),
            mean,
            scale,
            linear,
        }
    }

    /// The length of an expanded row.
    pub fn outputs(&self) -> usize {
        self.mean.len() + HIDDEN + self.linear + 1
    }

    /// Expands rows of `inputs + linear` numbers to `[rows * outputs]`. If gains are given, each row is followed by
    /// its gain.
    pub fn expand(&self, rows: &[f32], gains: Option<&[f32]>) -> Vec<f32> {
        let inputs = self.mean.len();
        let rows: Vec<&[f32]> = rows.chunks_exact(inputs + self.linear).collect();
        let count = rows.len();
        let standard = rows.iter().flat_map(|row| {
            let scaled = row.iter().zip(&self.mean).zip(&self.scale);
            scaled.map(|((x, mean), scale)| {
                ((x - mean) * scale).clamp(-MAX_DEVIATIONS, MAX_DEVIATIONS)
            })
        });
        let standard: Vec<f32> = standard.collect();
        let mut hidden = vec![0.0; count * HIDDEN];
        matmul(
            MatMut::from_row_major_slice_mut(&mut hidden, count, HIDDEN),
            Accum::Replace,
            MatRef::from_row_major_slice(&standard, count, inputs),
            MatRef::from_row_major_slice(&self.hidden, inputs, HIDDEN),
            1.0,
            Par::Seq,
        );
        let mut expanded = Vec::with_capacity(count * (self.outputs() + 1));
        for (at, row) in rows.iter().enumerate() {
            expanded.extend_from_slice(&standard[at * inputs..][..inputs]);
            let hidden = hidden[at * HIDDEN..][..HIDDEN].iter().zip(&self.bias);
            expanded.extend(hidden.map(|(x, bias)| (x + bias).max(0.0)));
            expanded.extend_from_slice(&row[inputs..]);
            expanded.push(CONSTANT_INPUT);
            expanded.extend(gains.map(|gains| gains[at]));
        }
        expanded
    }
}

/// The weights `[outputs]` of the ridge regression on expanded rows.
pub fn solve(gram_sums: &GramSums) -> Option<Vec<f32>> {
    gram_sums.solve(PENALTY)
}

/// The expected gain of each expanded row.
pub fn gains(expanded: &[f32], weights: &[f32]) -> Vec<f32> {
    predict(expanded, weights, weights.len(), 1)
}
