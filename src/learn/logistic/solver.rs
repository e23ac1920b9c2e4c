//! L-BFGS with the Hessian at zero as the initial curvature.

use std::collections::VecDeque;
use std::ops::ControlFlow;

use faer::linalg::solvers::{Llt, Solve as _};
use faer::{Mat, MatMut, Side};

use super::classifier::Classifier;
use super::problem::Problem;
use super::targets::Targets;
use super::vectors::{add, dot};

/// Maximum number of remembered pairs of a step and the change of the gradient over it.
const MAX_REMEMBERED_STEPS: usize = 12;
/// Maximum number of iterations. About 20 are typical.
const MAX_ITERATIONS: usize = 200;
/// The solver stops when a step is expected to gain less than this share of the loss at zero.
const TOLERANCE: f64 = 1e-7;
/// A step must gain at least this share of what the slope predicts (Armijo condition).
const SUFFICIENT_DECREASE: f64 = 1e-4;
/// Maximum number of times that a step is halved.
const MAX_HALVINGS: usize = 30;

impl Problem {
    /// The optimum for the penalty `l2`, starting from the optimum of a similar problem if there is one.
    /// `on_step` gets the number of the iteration and the loss. If it breaks, the result is `None`.
    pub fn solve(
        &self,
        l2: f64,
        start: Option<&Classifier>,
        mut on_step: impl FnMut(usize, f64) -> ControlFlow<()>,
    ) -> Option<Classifier> {
        let curvature = Curvature::new(self, l2);
        let size = self.width() * self.classes;
        let mut solution = start.map_or(vec![0.0; size], |start| start.solution.clone());
        let (mut loss, mut gradient) = self.evaluate(&solution, l2);
        let at_zero = (self.classes.max(2) as f64).ln();
        let mut history = StepHistory::default();
        let mut losses = vec![loss];
        for iteration in 0..MAX_ITERATIONS {
            if on_step(iteration, loss).is_break() {
                return None;
            }
            let mut direction = history.direction(&gradient, &curvature);
            let mut slope = dot(&direction, &gradient);
            if slope >= 0.0 {
                // Rounding has spoilt the history: discard it.
                history = StepHistory::default();
                direction = history.direction(&gradient, &curvature);
                slope = dot(&direction, &gradient);
            }
            if -slope <= TOLERANCE * at_zero {
                break;
            }
            let mut step = 1.0;
            let next = (0..MAX_HALVINGS).find_map(|_| {
                let candidate = add(&solution, &direction, step);
                let (next_loss, next_gradient) = self.evaluate(&candidate, l2);
                let is_enough = next_loss <= loss + SUFFICIENT_DECREASE * step * slope;
                step /= 2.0;
                is_enough.then_some((candidate, next_loss, next_gradient))
            });
            // No step gains anything that f32 can represent: this is the optimum.
            let Some((next, next_loss, next_gradient)) = next else {
                break;
            };
            history.remember(
                add(&next, &solution, -1.0),
                add(&next_gradient, &gradient, -1.0),
            );
            (solution, loss, gradient) = (next, next_loss, next_gradient);
            losses.push(loss);
        }
        Some(self.classifier(solution, losses))
    }
}

/// The Cholesky factor of the Hessian at zero, which is the same for every class.
struct Curvature {
    factor: Llt<f64>,
    width: usize,
}

impl Curvature {
    fn new(problem: &Problem, l2: f64) -> Self {
        let width = problem.width();
        let classes = problem.classes as f64;
        let slope = match problem.targets {
            Targets::OneOf(_) => (classes - 1.0) / (classes * classes),
            Targets::AnyOf(_) => 0.25,
        };
        let mut hessian = &problem.moments * faer::Scale(slope) + &problem.metric * faer::Scale(l2);
        for at in 0..width {
            // Keeps the factor well away from zero.
            hessian[(at, at)] += 1e-9;
        }
        let factor = Llt::new(hessian.as_ref(), Side::Lower);
        // With the penalty it is positive definite. If rounding spoils that, the identity will do.
        let identity = || Llt::new(Mat::<f64>::identity(width, width).as_ref(), Side::Lower);
        Self {
            factor: factor
                .or_else(|_| identity())
                .unwrap_or_else(|_| unreachable!()),
            width,
        }
    }

    fn solve(&self, gradient: &mut [f64]) {
        let classes = gradient.len() / self.width;
        let view = MatMut::from_column_major_slice_mut(gradient, self.width, classes);
        self.factor.solve_in_place(view);
    }
}

/// The last steps and the changes of the gradient over them.
#[derive(Default)]
struct StepHistory {
    pairs: VecDeque<(Vec<f64>, Vec<f64>)>,
}

impl StepHistory {
    fn remember(&mut self, step: Vec<f64>, change: Vec<f64>) {
        if dot(&step, &change) > 0.0 {
            self.pairs.push_back((step, change));
            if self.pairs.len() > MAX_REMEMBERED_STEPS {
                self.pairs.pop_front();
            }
        }
    }

    /// The direction to the optimum according to the history and the curvature (algorithm 7.4).
    fn direction(&self, gradient: &[f64], curvature: &Curvature) -> Vec<f64> {
        let mut direction: Vec<f64> = gradient.iter().map(|x| -x).collect();
        let mut shares = Vec::with_capacity(self.pairs.len());
        for (step, change) in self.pairs.iter().rev() {
            let share = dot(step, &direction) / dot(step, change);
            direction = add(&direction, change, -share);
            shares.push(share);
        }
        curvature.solve(&mut direction);
        if let Some((step, change)) = self.pairs.back() {
            let mut curved = change.clone();
            curvature.solve(&mut curved);
            let size = dot(step, change) / dot(change, &curved);
            direction.iter_mut().for_each(|x| *x *= size);
        }
        for ((step, change), share) in self.pairs.iter().zip(shares.into_iter().rev()) {
            let back = dot(change, &direction) / dot(step, change);
            direction = add(&direction, step, share - back);
        }
        direction
    }
}
