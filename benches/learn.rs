//! How long learning takes: a class head on 10,000 stored vectors of 50 classes.
//!
//! `cargo bench --bench learn`

#![allow(clippy::print_stdout, reason = "the output of a benchmark")]

use std::ops::ControlFlow;
use std::time::Instant;

use tsukami::learn::class_head::{HeadExample, PooledTokens, train};

const PICTURES: usize = 10_000;
const CLASSES: usize = 50;
const WIDTH: usize = 384;

/// Pseudo-random numbers in -1..1, the same every time.
fn numbers(state: &mut u64, count: usize) -> Vec<f32> {
    let mut next = || {
        *state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (*state >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

fn main() {
    let mut state = 1;
    let means: Vec<Vec<f32>> = (0..CLASSES).map(|_| numbers(&mut state, WIDTH)).collect();
    // Directions in which all pictures differ, independent of their class.
    let common: Vec<Vec<f32>> = (0..16).map(|_| numbers(&mut state, WIDTH)).collect();
    let examples: Vec<HeadExample> = (0..PICTURES)
        .map(|at| {
            let class = at % CLASSES;
            let shares = numbers(&mut state, common.len());
            let mut object = numbers(&mut state, WIDTH);
            for (number, x) in object.iter_mut().enumerate() {
                let directions = common.iter().zip(&shares);
                let drift: f32 = directions
                    .map(|(direction, share)| direction[number] * share)
                    .sum();
                *x += 0.25 * means[class][number] + drift;
            }
            HeadExample {
                pooled: PooledTokens {
                    background: Vec::new(),
                    object,
                },
                classes: vec![class],
            }
        })
        .collect();
    let names: Vec<String> = (0..CLASSES).map(|class| format!("class {class}")).collect();
    let started = Instant::now();
    let mut fits = 0;
    let trained = train(&examples, &names, |progress| {
        fits = progress.fit + 1;
        ControlFlow::Continue(())
    });
    let seconds = started.elapsed().as_secs_f64();
    match trained {
        Ok(trained) => println!(
            "{PICTURES} vectors of {WIDTH} numbers, {CLASSES} classes: {seconds:.1} s, {fits} fits, \
             penalty {:e}, {:?} right when held out",
            trained.l2, trained.held_out_accuracy
        ),
        Err(error) => println!("{error}"),
    }
}
