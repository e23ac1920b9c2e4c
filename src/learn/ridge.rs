//! Ridge regression from sums of products.
//!
//! Everything that is learned here is a ridge regression, because its sums are additive: a reviewed
//! picture is added and removed by adding and subtracting its products, and the model of a part of the
//! pictures follows from the difference of two sums.

use faer::linalg::matmul::matmul;
use faer::linalg::solvers::{Llt, SelfAdjointEigen, Solve as _};
use faer::{Accum, Mat, MatMut, MatRef, Par, Side};

use crate::learn::gram::gram;

/// Always added to the diagonal, so that the solution without any inputs is zero.
const MIN_RIDGE: f64 = 1e-9;

/// Sums of products over rows, each made of inputs followed by targets.
#[derive(Clone)]
pub struct GramSums {
    inputs: usize,
    targets: usize,
    /// `[(inputs + targets) * (inputs + targets)]`.
    sum: Mat<f64>,
}

impl GramSums {
    /// The sums over no rows.
    pub fn new(inputs: usize, targets: usize) -> Self {
        let width = inputs + targets;
        Self {
            inputs,
            targets,
            sum: Mat::zeros(width, width),
        }
    }

    /// The sums over rows of `inputs + targets` numbers.
    pub fn of(rows: &[f32], inputs: usize, targets: usize) -> Self {
        Self {
            inputs,
            targets,
            sum: gram(rows, inputs + targets),
        }
    }

    /// Adds the sums over other rows, times `sign`.
    pub fn add(&mut self, other: &Self, sign: f64) {
        for column in 0..self.sum.ncols() {
            let pairs = self.sum.col_mut(column).iter_mut();
            for (sum, other) in pairs.zip(other.sum.col(column).iter()) {
                *sum += sign * other;
            }
        }
    }

    /// The weights `[inputs * targets]`, input by input, that minimise the squared error plus the squared
    /// weights times `penalty` times the mean square of the inputs. `None` if the sums are not finite.
    pub fn solve(&self, penalty: f64) -> Option<Vec<f32>> {
        let (inputs, targets) = (self.inputs, self.targets);
        let mut squares = self.sum.submatrix(0, 0, inputs, inputs).to_owned();
        let trace: f64 = (0..inputs).map(|at| squares[(at, at)]).sum();
        let cost = penalty * trace / inputs as f64 + MIN_RIDGE;
        for at in 0..inputs {
            squares[(at, at)] += cost;
        }
        let factor = Llt::new(squares.as_ref(), Side::Lower).ok()?;
        let solution = factor.solve(self.sum.submatrix(0, inputs, inputs, targets));
        let weights: Vec<f32> = (0..inputs * targets)
            .map(|at| solution[(at / targets, at % targets)] as f32)
            .collect();
        weights.iter().all(|x| x.is_finite()).then_some(weights)
    }

    /// The mean `[count]` of the first `count` inputs and the axes `[axes * count]` along which they vary
    /// most. The input `constant` must have the same `value` in every row.
    pub fn principal_axes(
        &self,
        count: usize,
        constant: usize,
        value: f64,
        axes: usize,
    ) -> Option<(Vec<f32>, Vec<f32>)> {
        let rows = self.sum[(constant, constant)] / (value * value);
        let mean = |at: usize| self.sum[(at, constant)] / value / rows;
        let covariance = Mat::from_fn(count, count, |i, j| {
            self.sum[(i, j)] / rows - mean(i) * mean(j)
        });
        let is_finite = (0..count).all(|at| covariance[(at, at)].is_finite());
        let eigen = SelfAdjointEigen::new(covariance.as_ref(), Side::Lower).ok();
        let eigen = eigen.filter(|_| is_finite)?;
        // Eigenvalues are in ascending order.
        let columns = (0..count).rev().take(axes).map(|axis| eigen.U().col(axis));
        let axes = columns.flat_map(|axis| axis.iter().map(|x| *x as f32).collect::<Vec<f32>>());
        Some((
            (0..count).map(|at| mean(at) as f32).collect(),
            axes.collect(),
        ))
    }
}

/// The predictions `[rows * targets]` of `weights [inputs * targets]` for rows of `inputs` numbers.
pub fn predict(rows: &[f32], weights: &[f32], inputs: usize, targets: usize) -> Vec<f32> {
    let count = rows.len() / inputs;
    let mut predicted = vec![0.0; count * targets];
    matmul(
        MatMut::from_row_major_slice_mut(&mut predicted, count, targets),
        Accum::Replace,
        MatRef::from_row_major_slice(rows, count, inputs),
        MatRef::from_row_major_slice(weights, inputs, targets),
        1.0,
        Par::Seq,
    );
    predicted
}
