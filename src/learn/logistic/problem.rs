//! The minimised function: vectors, targets, penalty; its value and gradient.

use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatMut, MatRef, Par};
use rayon::prelude::*;

use super::classifier::Classifier;
use super::targets::{Targets, cross_entropy};
use super::vectors::{add, dot};
use crate::learn::gram::{row_chunks, second_moments};

/// The weight of the identity in the metric of the penalty.
const IDENTITY_SHARE: f64 = 0.3;

/// N vectors of D numbers with their classes, C in all.
pub struct Problem {
    /// `[N * (D + 1)]` row by row: centred and scaled to a mean square length of 1, followed by a 1 for
    /// the bias.
    rows: Vec<f32>,
    pub(super) targets: Targets,
    pub(super) classes: usize,
    /// The weight of each vector `[N]`, by class if it may have several `[N * C]`.
    weights: Vec<f32>,
    total_weight: f64,
    /// The mean that was subtracted, `[D]`.
    mean: Vec<f64>,
    /// The scale that was applied.
    scale: f64,
    /// `sum(x x^T) / N` over the rows, `[(D + 1) * (D + 1)]`.
    pub(super) moments: Mat<f64>,
    /// The metric of the penalty, `[(D + 1) * (D + 1)]`; zero for the bias.
    pub(super) metric: Mat<f64>,
}

impl Problem {
    /// Vectors of `width` numbers, row by row, with their targets.
    pub fn new(vectors: &[f32], width: usize, targets: Targets, classes: usize) -> Self {
        let count = vectors.len() / width;
        let weights = targets.balanced(count, classes);
        let mut mean = vec![0.0; width];
        for row in vectors.chunks_exact(width) {
            for (sum, x) in mean.iter_mut().zip(row) {
                *sum += f64::from(*x) / count as f64;
            }
        }
        let mut square = 0.0;
        for row in vectors.chunks_exact(width) {
            let deviations = row.iter().zip(&mean).map(|(x, mean)| f64::from(*x) - mean);
            square += deviations.map(|x| x * x).sum::<f64>() / count as f64;
        }
        // If all vectors are equal, any scale will do.
        let scale = if square > 0.0 {
            square.sqrt().recip()
        } else {
            1.0
        };
        let rows = vectors.chunks_exact(width).flat_map(|row| {
            let scaled = row.iter().zip(&mean);
            let scaled = scaled.map(|(x, mean)| ((f64::from(*x) - mean) * scale) as f32);
            scaled.chain([1.0])
        });
        let rows: Vec<f32> = rows.collect();
        let moments = second_moments(&rows, width + 1);
        // The vectors have a mean square length of 1, so this makes the mean variance 1.
        let mut metric = &moments * faer::Scale(width as f64);
        for at in 0..width {
            metric[(at, at)] += IDENTITY_SHARE;
            metric[(at, width)] = 0.0;
            metric[(width, at)] = 0.0;
        }
        metric[(width, width)] = 0.0;
        Self {
            rows,
            targets,
            classes,
            total_weight: weights.iter().copied().map(f64::from).sum::<f64>(),
            weights,
            mean,
            scale,
            moments,
            metric,
        }
    }

    /// The length of a row, D + 1.
    pub(super) fn width(&self) -> usize {
        self.mean.len() + 1
    }

    /// The loss at `solution [(D + 1) * C]`, class by class, and its gradient of the same shape.
    pub(super) fn evaluate(&self, solution: &[f64], l2: f64) -> (f64, Vec<f64>) {
        let (width, classes) = (self.width(), self.classes);
        let weight: Vec<f32> = solution.iter().map(|x| *x as f32).collect();
        let weight = MatRef::from_column_major_slice(&weight, width, classes);
        let chunk_sums = |(first, rows): (usize, MatRef<'_, f32>)| {
            let mut logits = vec![0f32; rows.nrows() * classes];
            let view = MatMut::from_row_major_slice_mut(&mut logits, rows.nrows(), classes);
            matmul(view, Accum::Replace, rows, weight, 1.0, Par::Seq);
            let weights_per_row = self.weights.len() / (self.rows.len() / width);
            let mut loss = 0.0;
            for (row, logits) in logits.chunks_exact_mut(classes).enumerate() {
                let row = first + row;
                let weights = &self.weights[row * weights_per_row..][..weights_per_row];
                loss += cross_entropy(logits, self.targets.at(row, classes), weights);
            }
            let mut gradient = Mat::<f32>::zeros(width, classes);
            let slopes = MatRef::from_row_major_slice(&logits, rows.nrows(), classes);
            matmul(
                &mut gradient,
                Accum::Replace,
                rows.transpose(),
                slopes,
                1.0,
                Par::Seq,
            );
            (loss, gradient)
        };
        let chunks: Vec<(f64, Mat<f32>)> = row_chunks(&self.rows, width).map(chunk_sums).collect();
        let (mut loss, mut gradient) = (0.0, vec![0.0; solution.len()]);
        for (chunk_loss, slopes) in &chunks {
            loss += chunk_loss / self.total_weight;
            for (class, sums) in gradient.chunks_exact_mut(width).enumerate() {
                let pairs = sums.iter_mut().zip(slopes.col(class).iter());
                pairs.for_each(|(sum, x)| *sum += f64::from(*x) / self.total_weight);
            }
        }
        let mut pull = vec![0.0; solution.len()];
        let view = MatMut::from_column_major_slice_mut(&mut pull, width, classes);
        let weight = MatRef::from_column_major_slice(solution, width, classes);
        matmul(view, Accum::Replace, &self.metric, weight, l2, Par::Seq);
        let penalty = dot(&pull, solution) / 2.0;
        (loss + penalty, add(&gradient, &pull, 1.0))
    }

    /// The classifier for vectors as they were given, from a solution for the scaled ones.
    pub(super) fn classifier(&self, solution: Vec<f64>, losses: Vec<f64>) -> Classifier {
        let width = self.mean.len();
        let mut weight = Vec::with_capacity(width * self.classes);
        let mut bias = Vec::with_capacity(self.classes);
        for of_class in solution.chunks_exact(width + 1) {
            let scaled = of_class[..width].iter().map(|x| x * self.scale);
            let offset: f64 = scaled
                .clone()
                .zip(&self.mean)
                .map(|(x, mean)| x * mean)
                .sum();
            weight.extend(scaled.map(|x| x as f32));
            bias.push((of_class[width] - offset) as f32);
        }
        Classifier {
            weight,
            bias,
            losses,
            solution,
        }
    }
}
