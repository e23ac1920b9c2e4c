use std::ops::ControlFlow;

use super::vectors::dot;
use super::*;

/// Pseudorandom numbers in -1..1, the same every time.
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

/// Vectors in five dimensions around the corner of their class, with more vectors of the first class
/// than of the others.
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

fn independent_classes() -> Problem {
    let (vectors, classes) = clusters(700);
    let membership = classes
        .iter()
        .flat_map(|own| (0..3).map(move |class| class <= *own));
    Problem::new(&vectors, 5, Targets::AnyOf(membership.collect()), 3)
}

fn solve(problem: &Problem, l2: f64) -> Classifier {
    let go_on = |_, _| ControlFlow::Continue(());
    problem.solve(l2, None, go_on).unwrap()
}

#[test]
fn the_gradient_agrees_with_finite_differences() {
    for problem in [multinomial(), independent_classes()] {
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
fn the_solver_reaches_the_optimum_in_few_steps_from_any_start() {
    for problem in [multinomial(), independent_classes()] {
        let found = solve(&problem, 1e-3);
        assert!(found.losses.len() < 40, "{:?}", found.losses);
        assert!(found.losses.windows(2).all(|pair| pair[1] <= pair[0]));
        let (_, gradient) = problem.evaluate(&found.solution, 1e-3);
        assert!(dot(&gradient, &gradient).sqrt() < 2e-3, "{gradient:?}");
        let elsewhere = solve(&problem, 1.0);
        let go_on = |_, _| ControlFlow::Continue(());
        let again = problem.solve(1e-3, Some(&elsewhere), go_on).unwrap();
        let (first, second) = (found.losses.last(), again.losses.last());
        let (first, second) = (first.unwrap(), second.unwrap());
        assert!((first - second).abs() < 1e-4, "{first} {second}");
    }
}

#[test]
fn rare_classes_are_recognised_as_well_as_common_ones() {
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
fn equal_and_extreme_vectors_give_finite_logits() {
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
fn the_solver_can_be_cancelled() {
    let stop_at_second = |iteration, _| match iteration {
        0 => ControlFlow::Continue(()),
        _ => ControlFlow::Break(()),
    };
    assert_eq!(multinomial().solve(1e-3, None, stop_at_second), None);
}
