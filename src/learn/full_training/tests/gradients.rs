//! Gradients against finite differences and against PyTorch.

use std::collections::BTreeMap;

use candle_core::{DType, Tensor, Var};

use super::reference::{
    CPU, expected, network, numbers, pictures, pixels, reference, relative_error, truth, weights,
};
use crate::geometry::Grid;
use crate::learn::full_training::gradients::{Gradients, MicroBatch};
use crate::learn::full_training::loss::Loss;
use crate::learn::full_training::network::{HEAD_BIAS, HEAD_WEIGHT, Network};
use crate::learn::full_training::optimiser::{AdamW, NamedTensors};
use crate::learn::random::Random;
use crate::nn::autograd;
use crate::tscam::block_config::BlockConfig;
use crate::tscam::vit::VitConfig;

fn gradients(network: &Network, loss: Loss, pixels: Tensor, truth: Tensor) -> Gradients {
    let batch = pixels.dim(0).unwrap();
    let part = MicroBatch {
        pixels,
        truth,
        drop_path_scale: None,
    };
    let mut sum = Gradients::default();
    sum.add(network, loss, &part, batch).unwrap();
    sum
}

/// Compares the gradient of a scalar with finite differences, for some numbers of each variable.
#[track_caller]
fn check_gradients(variables: &BTreeMap<String, Var>, scalar: impl Fn() -> Tensor) {
    const STEP: f64 = 1e-5;
    let found = scalar().backward().unwrap();
    let value = || scalar().to_scalar::<f64>().unwrap();
    for (name, variable) in variables {
        let gradient = numbers(
            found
                .get(variable)
                .unwrap_or_else(|| panic!("{name} has no gradient")),
        );
        let before = variable.as_tensor().copy().unwrap();
        let plain = numbers(&before);
        for at in [0, plain.len() / 3, plain.len() - 1] {
            let moved = |by: f64| {
                let mut moved = plain.clone();
                moved[at] += by;
                variable
                    .set(&Tensor::from_vec(moved, before.dims(), &CPU).unwrap())
                    .unwrap();
                value()
            };
            let slope = (moved(STEP) - moved(-STEP)) / (2.0 * STEP);
            let error = (gradient[at] - slope).abs();
            // candle's derivative of GELU has a constant of six digits.
            assert!(
                error < 2e-6 * (1.0 + slope.abs()),
                "{name}[{at}]: {} {slope}",
                gradient[at]
            );
        }
        variable.set(&before).unwrap();
    }
}

/// Pseudorandom numbers, the same every time.
fn noise(seed: u64, shape: &[usize]) -> Tensor {
    let mut random = Random::from_key(&[seed]);
    let count = shape.iter().product();
    let numbers: Vec<f64> = (0..count)
        .map(|_| f64::from(random.uniform()) - 0.5)
        .collect();
    Tensor::from_vec(numbers, shape, &CPU).unwrap()
}

fn variables(shapes: &[(&str, &[usize])]) -> BTreeMap<String, Var> {
    let variable = |(seed, (name, shape)): (usize, &(&str, &[usize]))| {
        let variable = Var::from_tensor(&noise(seed as u64, shape)).unwrap();
        ((*name).to_owned(), variable)
    };
    shapes.iter().enumerate().map(variable).collect()
}

#[test]
fn the_gradients_of_softmax_agree_with_finite_differences() {
    let variables = variables(&[("xs", &[3, 4, 7])]);
    let weights = noise(9, &[3, 4, 7]);
    check_gradients(&variables, || {
        let softmax = autograd::scaled_softmax(variables["xs"].as_tensor(), 5.0).unwrap();
        (softmax * &weights).unwrap().sum_all().unwrap()
    });
}

#[test]
fn the_gradients_of_layer_norm_agree_with_finite_differences() {
    let variables = variables(&[("xs", &[6, 8]), ("weight", &[8]), ("bias", &[8])]);
    let weights = noise(9, &[6, 8]);
    check_gradients(&variables, || {
        let [xs, weight, bias] = ["xs", "weight", "bias"].map(|name| variables[name].as_tensor());
        let normed = autograd::layer_norm(xs, weight, bias, 1e-6).unwrap();
        (normed * &weights).unwrap().sum_all().unwrap()
    });
}

/// The gradients of all variables of a scalar, one after the other.
fn all_gradients(variables: &BTreeMap<String, Var>, scalar: &Tensor) -> Vec<f64> {
    let found = scalar.backward().unwrap();
    let each = variables
        .values()
        .map(|variable| numbers(found.get(variable).unwrap()));
    each.collect::<Vec<_>>().concat()
}

#[test]
fn fused_operations_agree_with_their_plain_forms() {
    type Operation = fn(&[&Tensor]) -> candle_core::Result<Tensor>;
    let operations: [(&str, Operation); 5] = [
        ("softmax", |of| autograd::scaled_softmax(of[0], 0.125)),
        ("layer norm", |of| {
            autograd::layer_norm(of[0], of[1], of[2], 1e-6)
        }),
        ("gelu", |of| autograd::gelu(of[0])),
        ("linear", |of| autograd::linear(of[0], of[3], of[1])),
        ("scale", |of| autograd::scale_rows(of[0], of[1])),
    ];
    let shapes: [&[usize]; 4] = [&[37, 70], &[70], &[70], &[70, 70]];
    for (name, operation) in operations {
        // f64 has only the plain form; f32 is fused.
        let [(plain, of_plain), (fused, of_fused)] = [DType::F64, DType::F32].map(|dtype| {
            let variables: BTreeMap<String, Var> = (0..)
                .zip(shapes)
                .map(|(seed, shape)| {
                    let numbers = (noise(seed, shape) * 6.0).unwrap().to_dtype(dtype).unwrap();
                    (seed.to_string(), Var::from_tensor(&numbers).unwrap())
                })
                .collect();
            let operands: Vec<&Tensor> = variables.values().map(Var::as_tensor).collect();
            let result = operation(&operands).unwrap();
            let weights = noise(9, &[37, 70]).to_dtype(dtype).unwrap();
            // Depends on each operand, so that each has a gradient.
            let mut scalar = (&result * weights).unwrap().sum_all().unwrap();
            for operand in operands {
                scalar = (scalar + operand.sum_all().unwrap()).unwrap();
            }
            (numbers(&result), all_gradients(&variables, &scalar))
        });
        let errors = (
            relative_error(&fused, &plain),
            relative_error(&of_fused, &of_plain),
        );
        println!(
            "{name}: result {:.1e}, gradients {:.1e}",
            errors.0, errors.1
        );
        assert!(errors.0 < 1e-6 && errors.1 < 2e-6, "{name}: {errors:?}");
    }
}

/// A network of one block with layer scale, with positions for another grid.
fn tiny() -> Network {
    let config = VitConfig {
        block: BlockConfig::new(64, 24, true).unwrap(),
        depth: 1,
        patch_size: 2,
        trained_grid: Grid {
            rows: 4,
            columns: 4,
        },
    };
    let mut shapes = config.expected_shapes();
    shapes.insert(HEAD_WEIGHT.to_owned(), vec![3, 64, 3, 3]);
    shapes.insert(HEAD_BIAS.to_owned(), vec![3]);
    let tensors = shapes.iter().zip(0..);
    let tensors = tensors.map(|((name, shape), seed)| (name.clone(), noise(seed, shape)));
    Network::new(config, &tensors.collect(), &CPU).unwrap()
}

#[test]
fn the_gradients_of_a_whole_network_agree_with_finite_differences() {
    let network = tiny();
    let pixels = noise(77, &[2, 3, 6, 4]);
    let truth = Tensor::new(&[[0f64, 1.0, 0.0], [1.0, 0.0, 1.0]], &CPU).unwrap();
    let drop_path_scale = Tensor::new(&[[1f64, 1.25], [2.0, 0.5]], &CPU).unwrap();
    for loss in [Loss::CrossEntropy, Loss::BinaryCrossEntropy] {
        check_gradients(network.variables(), || {
            let logits = network.logits(&pixels, Some(&drop_path_scale)).unwrap();
            loss.sum(&logits, &truth).unwrap()
        });
    }
}

/// Compares loss and gradients of a case with those of PyTorch. No gradient may be zero.
#[track_caller]
fn check_case(case: &str, weights: &NamedTensors, loss: Loss, pixels: Tensor, truth: Tensor) {
    let expected = expected();
    let network = network(weights);
    let found = gradients(&network, loss, pixels, truth);
    let of_loss = relative_error(
        &[f64::from(found.loss)],
        &numbers(&expected[&format!("{case}.loss")]),
    );
    let mut norms = Vec::new();
    let mut first = 0f64;
    assert_eq!(found.gradients.len(), network.variables().len());
    for (index, (name, gradient)) in found.gradients.iter().enumerate() {
        let gradient = numbers(gradient);
        let norm = gradient.iter().map(|x| x * x).sum::<f64>().sqrt();
        assert!(norm > 0.0, "{case}: no gradient reaches {name}");
        norms.push(norm);
        let theirs = numbers(&expected[&format!("{case}.first")].get(index).unwrap());
        let count = theirs.len().min(gradient.len());
        let spread = norm / (gradient.len() as f64).sqrt();
        for (a, b) in gradient[..count].iter().zip(&theirs) {
            first = first.max((a - b).abs() / spread);
        }
    }
    let theirs = numbers(&expected[&format!("{case}.norms")]);
    let each = norms.iter().zip(&theirs).map(|(a, b)| (a / b - 1.0).abs());
    let of_norms = each.fold(0f64, f64::max);
    let text = format!("{case}: loss {of_loss:.1e}, norms {of_norms:.1e}, numbers {first:.1e}");
    println!("{text}");
    assert!(of_loss < 1e-5 && of_norms < 1e-4 && first < 1e-3, "{text}");
}

#[test]
fn gradients_agree_with_pytorch() {
    let pictures = pictures(&expected());
    let few = || pixels(&pictures[..8]);
    let weights = weights();
    check_case("small", &weights, Loss::CrossEntropy, few(), truth(0..8));

    let whole = image::open(reference("input.png")).unwrap().to_rgb8();
    check_case(
        "whole",
        &weights,
        Loss::CrossEntropy,
        pixels(&[whole]),
        truth(2..3),
    );

    let mut both = numbers(&truth(0..8));
    for index in (0..8).step_by(2) {
        both[index * 5 + (index + 1) % 5] = 1.0;
    }
    let both = Tensor::from_vec(both, (8, 5), &CPU)
        .unwrap()
        .to_dtype(DType::F32)
        .unwrap();
    check_case("several", &weights, Loss::BinaryCrossEntropy, few(), both);

    let mut scaled = weights;
    for block in 0..4 {
        for (index, name) in ["ls1", "ls2"].into_iter().enumerate() {
            let gamma = (0..128).map(|at| 0.25 + 0.125 * ((at + block + index) % 8) as f32);
            let gamma = Tensor::from_iter(gamma, &CPU).unwrap();
            scaled.insert(format!("blocks.{block}.{name}.gamma"), gamma);
        }
    }
    check_case("scaled", &scaled, Loss::CrossEntropy, few(), truth(0..8));
}

#[test]
fn the_losses_of_an_epoch_agree_with_pytorch() {
    let expected = expected();
    let theirs = numbers(&expected["epoch.losses"]);
    let pictures = pictures(&expected);
    let network = network(&weights());
    let mut optimiser = AdamW::new(network.variables()).unwrap();
    let mut largest = 0f64;
    for (index, (batch, theirs)) in pictures.chunks(2).zip(&theirs).enumerate() {
        let truth = truth(2 * index..2 * index + 2);
        let found = gradients(&network, Loss::CrossEntropy, pixels(batch), truth);
        optimiser
            .step(network.variables(), &found.gradients, 5e-4, 0.05)
            .unwrap();
        largest = largest.max((f64::from(found.loss) / theirs - 1.0).abs());
    }
    println!("16 losses within {largest:.1e}");
    assert_eq!(theirs.len(), 16);
    assert!(largest < 0.01, "{largest}");
}

#[test]
fn micro_batches_add_up_to_the_batch() {
    let pictures = pictures(&expected());
    let network = network(&weights());
    let loss = Loss::CrossEntropy;
    let whole = gradients(&network, loss, pixels(&pictures[..8]), truth(0..8));
    let mut parts = Gradients::default();
    for range in [0..3, 3..6, 6..8] {
        let part = MicroBatch {
            pixels: pixels(&pictures[range.clone()]),
            truth: truth(range),
            drop_path_scale: None,
        };
        parts.add(&network, loss, &part, 8).unwrap();
    }
    assert!((whole.loss - parts.loss).abs() < 1e-5);
    for (name, gradient) in &whole.gradients {
        let error = relative_error(&numbers(&parts.gradients[name]), &numbers(gradient));
        assert!(error < 1e-4, "{name}: {error}");
    }
}
