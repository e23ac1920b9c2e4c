//! Logistic regression with an L2 penalty, of one class a vector or of several: what a class head
//! on frozen tokens comes down to. The problem is convex, so there is one optimum, and the same
//! vectors give the same bytes.
//!
//! Minimised is the weighted mean of the cross-entropies plus `l2 / 2 tr(W^T M W)`, the bias left
//! free. The metric `M` is the vectors' covariance, brought to a mean variance of 1, plus 0.3 of
//! the identity: a direction in which all pictures differ, whatever they show, costs more than one
//! in which few do, which is worth 2 to 3 points of classes told right against `|W|^2`.
//!
//! The solver is L-BFGS (Nocedal & Wright, *Numerical Optimization*, algorithm 7.4). Published
//! crates have it, too, but none that starts from a curvature of one's own: here that is the
//! Hessian at zero, shared by all classes, which takes the steps from hundreds to some twenty.

use std::collections::VecDeque;
use std::ops::ControlFlow;

use faer::linalg::matmul::matmul;
use faer::linalg::solvers::{Llt, Solve as _};
use faer::{Accum, Mat, MatMut, MatRef, Par, Side};
use rayon::prelude::*;

/// Rows that are worked on at once. Sums go from piece to piece in their order, whichever thread
/// had them.
const CHUNK_ROWS: usize = 512;
/// Pairs of steps and changes of the gradient that are remembered.
const MAX_REMEMBERED_STEPS: usize = 12;
/// The most iterations; some twenty are the rule.
const MAX_ITERATIONS: usize = 200;
/// It stops when a step can be expected to win less than this share of the loss at zero.
const TOLERANCE: f64 = 1e-7;
/// Of the loss that the slope promises, a step must win this much.
const SUFFICIENT_DECREASE: f64 = 1e-4;
/// What the identity counts in the metric of the penalty.
const IDENTITY_SHARE: f64 = 0.3;
/// Halvings of a step before it is given up.
const MAX_HALVINGS: usize = 30;

/// What each vector is.
#[derive(Clone, Debug, PartialEq)]
pub enum Targets {
    /// One class each, `[N]`: softmax.
    OneOf(Vec<usize>),
    /// Any number of classes each, `[N * C]` row by row: a sigmoid for each class.
    AnyOf(Vec<bool>),
}

/// Vectors with their classes; N vectors of D numbers, C classes.
pub struct Problem {
    /// `[N * (D + 1)]` row by row: centred and brought to a mean square length of 1, then a 1 for
    /// the bias.
    rows: Vec<f32>,
    targets: Targets,
    classes: usize,
    /// What each vector counts, by class where it may have several: `[N]` or `[N * C]`.
    weights: Vec<f32>,
    total_weight: f64,
    /// What was taken off and multiplied.
    mean: Vec<f64>,
    scale: f64,
    /// `sum(x x^T) / N` over the rows, `[(D + 1) * (D + 1)]`.
    moments: Mat<f64>,
    /// Of the penalty, likewise; zero for the bias.
    metric: Mat<f64>,
}

/// A linear classifier: `logit_c = <weight_c, x> + bias_c`.
#[derive(Clone, Debug, PartialEq)]
pub struct Classifier {
    /// `[C * D]`, class by class.
    pub weight: Vec<f32>,
    /// `[C]`.
    pub bias: Vec<f32>,
    /// The loss before each iteration and after the last.
    pub losses: Vec<f64>,
    /// Where the solver ended, to start a like problem from.
    solution: Vec<f64>,
}

impl Classifier {
    /// The logits of a vector, `[C]`.
    pub fn logits(&self, vector: &[f32]) -> Vec<f32> {
        let classes = self.weight.chunks_exact(vector.len()).zip(&self.bias);
        let logit = |(weight, bias): (&[f32], &f32)| {
            let products = weight.iter().zip(vector).map(|(w, x)| w * x);
            products.sum::<f32>() + bias
        };
        classes.map(logit).collect()
    }
}

/// The cross-entropy of one vector's logits and, in their place, its derivative by each.
fn cross_entropy(logits: &mut [f32], target: MappedClass<'_>, weights: &[f32]) -> f64 {
    match target {
        MappedClass::One(class) => {
            let weight = weights[0];
            let max = logits.iter().copied().fold(f32::MIN, f32::max);
            let own = logits[class] - max;
            let mut sum = 0.0;
            for logit in logits.iter_mut() {
                *logit = (*logit - max).exp();
                sum += *logit;
            }
            for logit in logits.iter_mut() {
                *logit *= weight / sum;
            }
            logits[class] -= weight;
            f64::from(weight) * f64::from(sum.ln() - own)
        }
        MappedClass::Any(is_of) => {
            let mut loss = 0.0;
            for ((logit, is_of), weight) in logits.iter_mut().zip(is_of).zip(weights) {
                let x = *logit;
                let y = f32::from(u8::from(*is_of));
                loss += f64::from(weight * (x.max(0.0) - x * y + (-x.abs()).exp().ln_1p()));
                *logit = weight * (sigmoid(x) - y);
            }
            loss
        }
    }
}

/// `1 / (1 + exp(-x))`.
pub fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

#[derive(Clone, Copy)]
enum MappedClass<'a> {
    One(usize),
    Any(&'a [bool]),
}

impl Targets {
    fn at(&self, row: usize, classes: usize) -> MappedClass<'_> {
        match self {
            Self::OneOf(of) => MappedClass::One(of[row]),
            Self::AnyOf(are) => MappedClass::Any(&are[row * classes..][..classes]),
        }
    }

    /// What each vector counts so that rare classes count as much as common ones: with one class
    /// a vector `N / (C N_c)`, with several, for each class, half for those that are of it.
    fn balanced(&self, count: usize, classes: usize) -> Vec<f32> {
        match self {
            Self::OneOf(of) => {
                let mut sizes = vec![0usize; classes];
                for class in of {
                    sizes[*class] += 1;
                }
                let present = sizes.iter().filter(|size| **size > 0).count();
                let weight = |class: &usize| count as f32 / (present * sizes[*class]) as f32;
                of.iter().map(weight).collect()
            }
            Self::AnyOf(are) => {
                let of_class = |class: usize| are.iter().skip(class).step_by(classes);
                let sizes: Vec<usize> = (0..classes)
                    .map(|class| of_class(class).filter(|is_of| **is_of).count())
                    .collect();
                let weight = |(at, is_of): (usize, &bool)| {
                    let size = sizes[at % classes];
                    let like = if *is_of { size } else { count - size };
                    count as f32 / (2 * like) as f32
                };
                are.iter().enumerate().map(weight).collect()
            }
        }
    }

    /// Those of some of the vectors.
    pub fn of(&self, rows: &[usize], classes: usize) -> Self {
        match self {
            Self::OneOf(of) => Self::OneOf(rows.iter().map(|row| of[*row]).collect()),
            Self::AnyOf(are) => {
                let row = |row: &usize| &are[row * classes..][..classes];
                Self::AnyOf(rows.iter().flat_map(row).copied().collect())
            }
        }
    }
}

impl Problem {
    /// Vectors of `width` numbers, row by row, with what each of them is.
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
        // Where all vectors are equal any scale will do.
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
        // The mean variance is that of vectors of length 1.
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

    /// Numbers of a row.
    fn width(&self) -> usize {
        self.mean.len() + 1
    }

    /// The loss at `solution [(D + 1) * C]`, class by class, and its gradient.
    fn evaluate(&self, solution: &[f64], l2: f64) -> (f64, Vec<f64>) {
        let (width, classes) = (self.width(), self.classes);
        let weight: Vec<f32> = solution.iter().map(|x| *x as f32).collect();
        let weight = MatRef::from_column_major_slice(&weight, width, classes);
        let of_piece = |(first, rows): (usize, MatRef<'_, f32>)| {
            let mut logits = vec![0f32; rows.nrows() * classes];
            let view = MatMut::from_row_major_slice_mut(&mut logits, rows.nrows(), classes);
            matmul(view, Accum::Replace, rows, weight, 1.0, Par::Seq);
            let a_row = self.weights.len() / (self.rows.len() / width);
            let mut loss = 0.0;
            for (row, logits) in logits.chunks_exact_mut(classes).enumerate() {
                let row = first + row;
                let weights = &self.weights[row * a_row..][..a_row];
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
        let row_chunks: Vec<(f64, Mat<f32>)> =
            row_chunks(&self.rows, width).map(of_piece).collect();
        let (mut loss, mut gradient) = (0.0, vec![0.0; solution.len()]);
        for (of_piece, slopes) in &row_chunks {
            loss += of_piece / self.total_weight;
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

    /// The optimum for a penalty `l2`, from where a like problem's lies if there is one. `on_step`
    /// gets the number of the iteration and the loss, and may break off, which gives nothing.
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
        let mut memory = StepHistory::default();
        let mut losses = vec![loss];
        for iteration in 0..MAX_ITERATIONS {
            if on_step(iteration, loss).is_break() {
                return None;
            }
            let mut direction = memory.direction(&gradient, &curvature);
            let mut slope = dot(&direction, &gradient);
            if slope >= 0.0 {
                // Rounding has spoilt the memory: forget it.
                memory = StepHistory::default();
                direction = memory.direction(&gradient, &curvature);
                slope = dot(&direction, &gradient);
            }
            if -slope <= TOLERANCE * at_zero {
                break;
            }
            let mut step = 1.0;
            let next = (0..MAX_HALVINGS).find_map(|_| {
                let there = add(&solution, &direction, step);
                let (there_loss, there_gradient) = self.evaluate(&there, l2);
                let is_enough = there_loss <= loss + SUFFICIENT_DECREASE * step * slope;
                step /= 2.0;
                is_enough.then_some((there, there_loss, there_gradient))
            });
            // No step wins what f32 can tell: this is the optimum.
            let Some((there, there_loss, there_gradient)) = next else {
                break;
            };
            memory.remember(
                add(&there, &solution, -1.0),
                add(&there_gradient, &gradient, -1.0),
            );
            (solution, loss, gradient) = (there, there_loss, there_gradient);
            losses.push(loss);
        }
        Some(self.classifier(solution, losses))
    }

    /// The classifier of the vectors as they were given.
    fn classifier(&self, solution: Vec<f64>, losses: Vec<f64>) -> Classifier {
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

/// Some rows at a time, each with the number of the first.
fn row_chunks(
    rows: &[f32],
    width: usize,
) -> impl IndexedParallelIterator<Item = (usize, MatRef<'_, f32>)> {
    let row_chunks = rows.par_chunks(CHUNK_ROWS * width).enumerate();
    row_chunks.map(move |(at, piece)| {
        let rows = piece.len() / width;
        (
            at * CHUNK_ROWS,
            MatRef::from_row_major_slice(piece, rows, width),
        )
    })
}

/// `sum(x x^T) / N` over rows of `width` numbers.
fn second_moments(rows: &[f32], width: usize) -> Mat<f64> {
    let count = rows.len() / width;
    gram(rows, width) * faer::Scale((count as f64).recip())
}

/// `sum(x x^T)` over rows of `width` numbers: products in f32, sums of [`CHUNK_ROWS`] rows in f64.
pub(super) fn gram(rows: &[f32], width: usize) -> Mat<f64> {
    let mut sum = Mat::<f64>::zeros(width, width);
    let row_chunks: Vec<MatRef<'_, f32>> =
        row_chunks(rows, width).map(|(_, piece)| piece).collect();
    // As many at a time as there are threads, since each product is as large as the sum.
    for some in row_chunks.chunks(rayon::current_num_threads()) {
        let square = |rows: &MatRef<'_, f32>| {
            let mut product = Mat::<f32>::zeros(width, width);
            let rows = *rows;
            matmul(
                &mut product,
                Accum::Replace,
                rows.transpose(),
                rows,
                1.0,
                Par::Seq,
            );
            product
        };
        let products: Vec<Mat<f32>> = some.par_iter().map(square).collect();
        for product in &products {
            for column in 0..width {
                let pairs = sum
                    .col_mut(column)
                    .iter_mut()
                    .zip(product.col(column).iter());
                pairs.for_each(|(sum, x)| *sum += f64::from(*x));
            }
        }
    }
    sum
}

/// The Hessian at zero, the same for every class, as its Cholesky factor.
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
            // A trace keeps the factor well away from zero.
            hessian[(at, at)] += 1e-9;
        }
        let factor = Llt::new(hessian.as_ref(), Side::Lower);
        // With the penalty it is positive definite; if rounding says no, the identity serves.
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

/// The last steps and how the gradient changed over them.
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

    /// Where the memory and the curvature say that the optimum lies.
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

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn add(a: &[f64], b: &[f64], share: f64) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a + share * b).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers in -1..1 that look like chance, the same every time.
    fn numbers(count: usize, seed: u64) -> Vec<f32> {
        let mut state = seed;
        let mut next = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 40) as f32 / (1u64 << 23) as f32 - 1.0
        };
        (0..count).map(|_| next()).collect()
    }

    /// Vectors in five dimensions around the corner of their class, more of the first class than
    /// of the others.
    fn clusters(count: usize) -> (Vec<f32>, Vec<usize>) {
        let classes: Vec<usize> = (0..count).map(|at| [0, 0, 1, 0, 2][at % 5]).collect();
        let mut vectors = numbers(5 * count, 3);
        for (row, class) in vectors.chunks_exact_mut(5).zip(&classes) {
            row[*class] += 1.0;
            row[4] *= 40.0;
        }
        (vectors, classes)
    }

    fn multinomial() -> Problem {
        let (vectors, classes) = clusters(1200);
        Problem::new(&vectors, 5, Targets::OneOf(classes), 3)
    }

    fn each_by_itself() -> Problem {
        let (vectors, classes) = clusters(700);
        let are = classes
            .iter()
            .flat_map(|own| (0..3).map(move |class| class <= *own));
        Problem::new(&vectors, 5, Targets::AnyOf(are.collect()), 3)
    }

    fn solve(problem: &Problem, l2: f64) -> Classifier {
        let going_on = |_, _| ControlFlow::Continue(());
        problem.solve(l2, None, going_on).unwrap()
    }

    #[test]
    fn the_gradient_is_that_of_finite_differences() {
        for problem in [multinomial(), each_by_itself()] {
            let at: Vec<f64> = numbers(6 * 3, 9).iter().map(|x| f64::from(*x)).collect();
            let (_, gradient) = problem.evaluate(&at, 0.1);
            for place in 0..at.len() {
                let loss = |by: f64| {
                    let mut there = at.clone();
                    there[place] += by;
                    problem.evaluate(&there, 0.1).0
                };
                let slope = (loss(1e-3) - loss(-1e-3)) / 2e-3;
                let error = (slope - gradient[place]).abs();
                assert!(error < 2e-4, "{place}: {slope} {}", gradient[place]);
            }
        }
    }

    #[test]
    fn it_ends_at_the_optimum_in_few_steps_wherever_it_starts() {
        for problem in [multinomial(), each_by_itself()] {
            let found = solve(&problem, 1e-3);
            assert!(found.losses.len() < 40, "{:?}", found.losses);
            assert!(found.losses.windows(2).all(|pair| pair[1] <= pair[0]));
            let (_, gradient) = problem.evaluate(&found.solution, 1e-3);
            assert!(dot(&gradient, &gradient).sqrt() < 2e-3, "{gradient:?}");
            let elsewhere = solve(&problem, 1.0);
            let going_on = |_, _| ControlFlow::Continue(());
            let again = problem.solve(1e-3, Some(&elsewhere), going_on).unwrap();
            let (first, second) = (found.losses.last(), again.losses.last());
            let (first, second) = (first.unwrap(), second.unwrap());
            assert!((first - second).abs() < 1e-4, "{first} {second}");
        }
    }

    #[test]
    fn classes_are_told_apart_and_rare_ones_count_as_much() {
        let (vectors, classes) = clusters(1200);
        let problem = Problem::new(&vectors, 5, Targets::OneOf(classes.clone()), 3);
        let found = solve(&problem, 1e-3);
        let mut right = [(0, 0); 3];
        for (row, class) in vectors.chunks_exact(5).zip(&classes) {
            let logits = found.logits(row);
            let best = (0..3).max_by(|a, b| logits[*a].total_cmp(&logits[*b]));
            right[*class].0 += usize::from(best == Some(*class));
            right[*class].1 += 1;
        }
        let shares = right.map(|(right, all)| right as f64 / f64::from(all));
        assert!(shares.iter().all(|share| *share > 0.7), "{shares:?}");
        assert!((shares[0] - shares[2]).abs() < 0.1, "{shares:?}");
    }

    #[test]
    fn the_same_vectors_give_the_same_bytes_on_any_number_of_threads() {
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
            pool.build()
                .unwrap()
                .install(|| solve(&multinomial(), 1e-4))
        };
        assert_eq!(on(1), on(1));
        assert_eq!(on(1), on(3));
    }

    #[test]
    fn equal_vectors_and_wild_ones_do_no_harm() {
        for value in [0.0, 1.0, 1e-20, 1e15] {
            let classes = vec![0, 1, 0, 1];
            let problem = Problem::new(&[value; 8], 2, Targets::OneOf(classes), 2);
            let found = solve(&problem, 1e-3);
            let logits = found.logits(&[value; 2]);
            assert!(
                logits.iter().all(|logit| logit.is_finite()),
                "{value}: {logits:?}"
            );
        }
    }

    #[test]
    fn it_can_be_broken_off() {
        let stop_at_second = |iteration, _| match iteration {
            0 => ControlFlow::Continue(()),
            _ => ControlFlow::Break(()),
        };
        assert_eq!(multinomial().solve(1e-3, None, stop_at_second), None);
    }
}
