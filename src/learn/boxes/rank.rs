//! How much a person would gain from a candidate.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};

use super::overlap::best_iou;
use super::ridge::{GramSums, predict};
use crate::geometry::BBox;
use crate::learn::random::Random;

/// Fixed random rectified combinations of the inputs, which let a linear model bend: random
/// features (Rahimi & Recht 2008).
const HIDDEN: usize = 400;
const HIDDEN_WEIGHT: f32 = 1.5;
const HIDDEN_BIAS: f32 = 0.5;
/// Inputs further than this from their mean, in deviations, count as this far.
const MAX_DEVIATIONS: f32 = 6.0;
/// The input that is the same everywhere.
const CONSTANT_INPUT: f32 = 3.0;
/// Of the ridge.
const PENALTY: f64 = 0.05;
/// How soft the steps of the gain are, in IoU: a box just below 0.75 is nearly as good.
const SOFTNESS: f32 = 0.04;

/// What proposing a box saves a person on average: 2 where it is accepted, 1 where it is edited,
/// -1 where it is thrown away, with soft steps at IoU 0.75 and 0.5 as in
/// [`crate::evaluate::annotation_effort`].
pub fn gain(bbox: &BBox, truth: &[BBox]) -> f32 {
    let iou = best_iou(bbox, truth);
    let step = |x: f32| 1.0 / (1.0 + (-x / SOFTNESS).exp());
    if truth.is_empty() {
        return -1.0;
    }
    2.0 * step(iou - 0.5) + step(iou - 0.75) - 1.0
}

/// Inputs brought to a mean of 0 and a deviation of 1, and what is derived from them.
#[derive(Clone, Debug, PartialEq)]
pub struct Expansion {
    pub mean: Vec<f32>,
    /// One over the deviation.
    pub scale: Vec<f32>,
    /// `[inputs * HIDDEN]`, then `[HIDDEN]`.
    hidden: Vec<f32>,
    bias: Vec<f32>,
}

impl Expansion {
    /// Of rows of `inputs` numbers.
    pub fn of(rows: &[&[f32]], inputs: usize) -> Self {
        let mut sum = vec![0.0f64; inputs];
        let mut square = vec![0.0f64; inputs];
        let mut count = 0.0;
        for row in rows.iter().flat_map(|rows| rows.chunks_exact(inputs)) {
            count += 1.0;
            for (at, x) in row.iter().enumerate() {
                sum[at] += f64::from(*x);
                square[at] += f64::from(*x) * f64::from(*x);
            }
        }
        let count = f64::max(count, 1.0);
        let mean: Vec<f64> = sum.iter().map(|sum| sum / count).collect();
        let squares = square.iter().zip(&mean);
        let scale = squares.map(|(square, mean)| {
            let deviation = (square / count - mean * mean).max(0.0).sqrt();
            (1.0 / (deviation + 1e-3)) as f32
        });
        let scale = scale.collect();
        Self::new(mean.iter().map(|x| *x as f32).collect(), scale)
    }

    /// From what is kept of it.
    pub fn new(mean: Vec<f32>, scale: Vec<f32>) -> Self {
        let inputs = mean.len();
        let mut random = Random::new(inputs as u64);
        let size = HIDDEN_WEIGHT / (inputs as f32).sqrt();
        let hidden = (0..inputs * HIDDEN).map(|_| size * random.normal());
        Self {
            hidden: hidden.collect(),
            bias: (0..HIDDEN).map(|_| HIDDEN_BIAS * random.normal()).collect(),
            mean,
            scale,
        }
    }

    /// Numbers that a row becomes.
    pub fn outputs(&self) -> usize {
        self.mean.len() + HIDDEN + 1
    }

    /// Rows of `inputs` numbers, each followed by its gain if gains are given.
    pub fn expand(&self, rows: &[f32], gains: Option<&[f32]>) -> Vec<f32> {
        let inputs = self.mean.len();
        let count = rows.len() / inputs;
        let standard = rows.chunks_exact(inputs).flat_map(|row| {
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
        for row in 0..count {
            expanded.extend_from_slice(&standard[row * inputs..][..inputs]);
            let hidden = hidden[row * HIDDEN..][..HIDDEN].iter().zip(&self.bias);
            expanded.extend(hidden.map(|(x, bias)| (x + bias).max(0.0)));
            expanded.push(CONSTANT_INPUT);
            expanded.extend(gains.map(|gains| gains[row]));
        }
        expanded
    }
}

/// The ridge over expanded inputs, `[outputs]`.
pub fn solve(gram_sums: &GramSums) -> Option<Vec<f32>> {
    gram_sums.solve(PENALTY)
}

/// The gain that is to be expected of each expanded row.
pub fn gains(expanded: &[f32], weights: &[f32]) -> Vec<f32> {
    predict(expanded, weights, weights.len(), 1)
}
