//! Gradients against finite differences and against PyTorch, and whole runs on small pictures.

use std::collections::BTreeMap;

use candle_core::{DType, Var};
use image::{Rgb, RgbImage};
use tempfile::TempDir;

use super::*;
use crate::geometry::Grid;
use crate::nn::autograd;
use crate::tscam::transformer::BlockConfig;
use crate::tscam::{InputOptions, Model};

const CPU: Device = Device::Cpu;
/// Side of the reference's pictures.
const SIDE: usize = 64;
/// Side of what whole runs show: four patches.
const CROP: u32 = 32;

fn reference(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/reference")
        .join(name)
}

fn expected() -> NamedTensors {
    let file = reference("training_reference.safetensors");
    candle_core::safetensors::load(file, &CPU)
        .unwrap()
        .into_iter()
        .collect()
}

fn numbers(tensor: &Tensor) -> Vec<f64> {
    let tensor = tensor.to_dtype(DType::F64).unwrap();
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

/// The reference's pictures.
fn pictures(expected: &NamedTensors) -> Vec<RgbImage> {
    let pixels: Vec<u8> = expected["pictures"]
        .flatten_all()
        .unwrap()
        .to_vec1()
        .unwrap();
    let picture =
        |pixels: &[u8]| RgbImage::from_raw(SIDE as u32, SIDE as u32, pixels.to_vec()).unwrap();
    pixels.chunks_exact(SIDE * SIDE * 3).map(picture).collect()
}

/// The pictures of `indices` as the network takes them.
fn pixels(pictures: &[RgbImage]) -> Tensor {
    let channels = ChannelStats::from_metadata(&Default::default()).unwrap();
    channels.normalise(pictures, &CPU).unwrap()
}

/// 1 for the class that each index has in the reference, `[N, 5]`.
fn truth(indices: std::ops::Range<usize>) -> Tensor {
    let rows: Vec<f32> = indices
        .flat_map(|index| (0..5).map(move |class| f32::from(u8::from(class == index % 5))))
        .collect();
    Tensor::from_vec(rows, ((), 5), &CPU).unwrap()
}

/// The weights of the reference checkpoint, its head among them.
fn weights() -> NamedTensors {
    Weights::open(&reference("tscam_reference.pth"))
        .unwrap()
        .tensors
}

fn network(weights: &NamedTensors) -> Network {
    let mut backbone = weights.clone();
    backbone.retain(|name, _| !name.starts_with("head."));
    let config = VitConfig::from_tensors(&backbone).unwrap();
    Network::new(config, weights, &CPU).unwrap()
}

fn gradients(network: &Network, loss: Loss, pixels: Tensor, truth: Tensor) -> Gradients {
    let batch = pixels.dim(0).unwrap();
    let part = MicroBatch {
        pixels,
        truth,
        survival: None,
    };
    let mut sum = Gradients::default();
    sum.add(network, loss, &part, batch).unwrap();
    sum
}

/// The largest difference relative to the largest magnitude expected.
fn relative_error(found: &[f64], expected: &[f64]) -> f64 {
    assert_eq!(found.len(), expected.len());
    let largest = expected.iter().fold(0f64, |max, x| max.max(x.abs()));
    let pairs = found.iter().zip(expected);
    pairs.fold(0f64, |max, (a, b)| max.max((a - b).abs())) / largest
}

/// Compares the gradient of a scalar with finite differences, at some numbers of each variable.
#[track_caller]
fn check_gradients(variables: &BTreeMap<String, Var>, scalar: impl Fn() -> Tensor) {
    const STEP: f64 = 1e-5;
    let found = scalar().backward().unwrap();
    let value = || scalar().to_scalar::<f64>().unwrap();
    for (name, variable) in variables {
        let gradient = numbers(
            found
                .get(variable)
                .unwrap_or_else(|| panic!("none for {name}")),
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

/// Numbers that look random, the same each time.
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
fn softmax_passes_gradients_on_as_finite_differences_say() {
    let variables = variables(&[("xs", &[3, 4, 7])]);
    let weights = noise(9, &[3, 4, 7]);
    check_gradients(&variables, || {
        let softmax = autograd::scaled_softmax(variables["xs"].as_tensor(), 5.0).unwrap();
        (softmax * &weights).unwrap().sum_all().unwrap()
    });
}

#[test]
fn layer_norm_passes_gradients_on_as_finite_differences_say() {
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
        // In f64 there is the plain form alone; f32 is fused.
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
            // Of each operand, so that none is without a gradient.
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

/// A network of one block with layer scale, whose positions are for another grid.
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
fn a_block_and_all_around_it_passes_gradients_on_as_finite_differences_say() {
    let network = tiny();
    let pixels = noise(77, &[2, 3, 6, 4]);
    let truth = Tensor::new(&[[0f64, 1.0, 0.0], [1.0, 0.0, 1.0]], &CPU).unwrap();
    let survival = Tensor::new(&[[1f64, 1.25], [2.0, 0.5]], &CPU).unwrap();
    for loss in [Loss::CrossEntropy, Loss::BinaryCrossEntropy] {
        check_gradients(network.variables(), || {
            let logits = network.logits(&pixels, Some(&survival)).unwrap();
            loss.sum(&logits, &truth).unwrap()
        });
    }
}

/// Compares loss and gradients of a case with PyTorch's; none of them may be zero.
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
        assert!(norm > 0.0, "{case}: nothing reaches {name}");
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
    let told = format!("{case}: loss {of_loss:.1e}, norms {of_norms:.1e}, numbers {first:.1e}");
    println!("{told}");
    assert!(of_loss < 1e-5 && of_norms < 1e-4 && first < 1e-3, "{told}");
}

#[test]
fn gradients_are_those_of_pytorch() {
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
fn an_epochs_losses_are_those_of_pytorch() {
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
fn parts_of_a_batch_add_up_to_the_batch() {
    let pictures = pictures(&expected());
    let network = network(&weights());
    let loss = Loss::CrossEntropy;
    let whole = gradients(&network, loss, pixels(&pictures[..8]), truth(0..8));
    let mut parts = Gradients::default();
    for range in [0..3, 3..6, 6..8] {
        let part = MicroBatch {
            pixels: pixels(&pictures[range.clone()]),
            truth: truth(range),
            survival: None,
        };
        parts.add(&network, loss, &part, 8).unwrap();
    }
    assert!((whole.loss - parts.loss).abs() < 1e-5);
    for (name, gradient) in &whole.gradients {
        let error = relative_error(&numbers(&parts.gradients[name]), &numbers(gradient));
        assert!(error < 1e-4, "{name}: {error}");
    }
}

/// A folder with the reference's pictures and what is needed to learn from them.
struct Fixture {
    folder: TempDir,
    examples: Vec<TrainingExample>,
    classes: Vec<String>,
    start: InitialModel,
    settings: TrainingSettings,
}

impl Fixture {
    /// With `count` of the pictures.
    fn new(count: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let write = |(index, picture): (usize, RgbImage)| {
            let path = folder.path().join(format!("{index}.png"));
            picture.save(&path).unwrap();
            TrainingExample {
                path,
                classes: vec![index % 5],
            }
        };
        Self {
            examples: pictures(&expected())
                .into_iter()
                .take(count)
                .enumerate()
                .map(write)
                .collect(),
            classes: ["ant", "bee", "cat", "dog", "eel"]
                .map(str::to_owned)
                .to_vec(),
            start: InitialModel::open(&reference("tscam_reference.pth")).unwrap(),
            settings: TrainingSettings {
                epochs: 3,
                batch: 5,
                micro_batch: 3,
                learning_rate: 5e-4,
                resize: 36,
                crop: CROP,
                keep_every: Duration::ZERO,
                ..TrainingSettings::default()
            },
            folder,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Trains to `out`, with the checkpoint beside it.
    fn run(
        &self,
        out: &str,
        resume: bool,
        cancel: &AtomicBool,
        on_event: impl FnMut(TrainingEvent<'_>),
    ) -> Result<TrainingOutcome, FullTrainingError> {
        let job = TrainingJob {
            examples: &self.examples,
            classes: &self.classes,
            start: &self.start,
            settings: &self.settings,
            out: &self.path(out),
            checkpoint: &self.path(&format!("{out}.checkpoint")),
            resume,
        };
        train(&job, &CPU, cancel, on_event)
    }

    fn train(&self, out: &str) -> Result<TrainingOutcome, FullTrainingError> {
        self.run(out, false, &AtomicBool::new(false), |_| ())
    }

    /// Trains to `out` until the step `last` over all epochs is taken.
    fn stop_after(&self, out: &str, resume: bool, last: usize) -> TrainingOutcome {
        let cancel = AtomicBool::new(false);
        let outcome = self.run(out, resume, &cancel, |event| match event {
            TrainingEvent::Stepped(step) if (step.epoch - 1) * step.of + step.step == last => {
                cancel.store(true, Ordering::Relaxed);
            }
            _ => {}
        });
        outcome.unwrap()
    }

    #[track_caller]
    fn refuses(&self, out: &str, resume: bool, texts: &[&str]) {
        let refused = self.run(out, resume, &AtomicBool::new(false), |_| ());
        let told = refused.unwrap_err().to_string();
        for text in texts {
            assert!(told.contains(text), "no {text:?} in {told:?}");
        }
        assert!(!self.path(out).exists());
    }
}

#[test]
fn thirty_two_pictures_are_learnt_by_heart_and_the_file_is_a_model() {
    let mut place = Fixture::new(32);
    place.settings = TrainingSettings {
        epochs: 70,
        batch: 32,
        micro_batch: 16,
        learning_rate: 6e-4,
        decay_every: 55,
        drop_path: 0.0,
        resize: CROP,
        keep_every: Duration::MAX,
        ..place.settings
    };
    let outcome = place.train("model.safetensors").unwrap();
    let last = outcome.curve[69].loss;
    let first = outcome.curve[0].loss;
    println!("loss {first} -> {last}");
    assert_eq!(outcome.curve.len(), 70);
    assert!(!outcome.interrupted && last < 0.01, "{last}");
    let left: Vec<_> = fs::read_dir(place.folder.path()).unwrap().collect();
    assert_eq!(left.len(), 33, "the pictures and the model");

    let path = place.path("model.safetensors");
    let model = Model::open(&path, &CPU).unwrap();
    assert_eq!(model.classes(), place.classes);
    assert_eq!(model.metadata["trained_from"], "tscam_reference");
    assert_eq!(model.metadata["epochs"], "70");
    let weights = Weights::open(&path).unwrap().tensors;
    let trained = network(&weights);
    let input_options = InputOptions {
        patches: Some(4),
        ..InputOptions::default()
    };
    let mut right = 0;
    for (index, picture) in pictures(&expected()).iter().enumerate() {
        let evidence = model.infer(&model.input(picture, input_options)).unwrap();
        let logits = evidence.head.unwrap().logits;
        let best = (0..5).max_by(|a, b| logits[*a].total_cmp(&logits[*b]));
        right += usize::from(best == Some(index % 5));
        let shown = pixels(&[crate::pictures::resize(picture, CROP, CROP)]);
        let ours = trained.logits(&shown, None).unwrap();
        let logits: Vec<f64> = logits.into_iter().map(f64::from).collect();
        let error = relative_error(&logits, &numbers(&ours));
        assert!(error < 1e-5, "{index}: {error}");
    }
    assert_eq!(right, 32);
}

#[test]
fn a_run_in_pieces_comes_to_the_same_bytes_as_one_in_one_go() {
    let place = Fixture::new(12);
    let whole = place.train("whole").unwrap();
    assert_eq!(whole.curve.len(), 9);
    let bytes = fs::read(place.path("whole")).unwrap();
    place.train("again").unwrap();
    assert!(bytes == fs::read(place.path("again")).unwrap());

    // Stopped at the end of an epoch, in the middle of one, and at its first step.
    let mut resume = false;
    for last in [3, 5, 7] {
        let outcome = place.stop_after("pieces", resume, last);
        assert!(outcome.interrupted);
        assert_eq!(outcome.curve, whole.curve[..last]);
        assert_eq!(outcome.kept, last);
        assert!(!place.path("pieces").exists());
        resume = true;
    }
    let none = AtomicBool::new(false);
    let mut told = 0;
    let outcome = place.run("pieces", true, &none, |event| {
        if let TrainingEvent::Started { before, .. } = event {
            told = before.len();
        }
    });
    assert_eq!((told, outcome.unwrap()), (7, whole));
    assert!(bytes == fs::read(place.path("pieces")).unwrap());
    assert!(!place.path("pieces.checkpoint").exists());
}

#[test]
fn a_run_that_was_killed_goes_on_from_its_last_checkpoint() {
    let place = Fixture::new(12);
    place.train("whole").unwrap();
    let cancel = AtomicBool::new(false);
    let (kept, killed) = (place.path("killed.checkpoint"), place.path("copy"));
    let outcome = place.run("killed", false, &cancel, |event| {
        // What a kill would leave: the checkpoint of the step before.
        if matches!(event, TrainingEvent::Stepped(step) if (step.epoch, step.step) == (2, 2)) {
            fs::copy(&kept, &killed).unwrap();
        }
    });
    outcome.unwrap();
    fs::rename(killed, kept).unwrap();
    fs::remove_file(place.path("killed")).unwrap();
    let outcome = place.run("killed", true, &cancel, |_| ()).unwrap();
    assert_eq!(outcome.curve.len(), 9);
    let read = |name| fs::read(place.path(name)).unwrap();
    assert!(read("whole") == read("killed"));
}

#[test]
fn a_checkpoint_of_another_run_is_refused_with_the_difference() {
    let mut place = Fixture::new(12);
    place.refuses("model", true, &["model.checkpoint", "leave --resume out"]);
    place.stop_after("model", false, 2);
    place.refuses(
        "model",
        false,
        &["model.checkpoint", "--resume", "delete it"],
    );
    let settings = place.settings.clone();

    place.settings.learning_rate = 0.25;
    place.refuses(
        "model",
        true,
        &["model.checkpoint", "learning rate was 0.0005, is 0.25"],
    );
    place.settings = settings.clone();
    place.settings.seed = 1;
    place.refuses("model", true, &["seed was 26, is 1"]);
    place.settings = settings;

    let example = place.examples.pop().unwrap();
    place.refuses("model", true, &["pictures was 12 (", "is 11 ("]);
    place.examples.push(TrainingExample {
        classes: vec![4],
        ..example.clone()
    });
    place.refuses("model", true, &["pictures was 12 (", "is 12 ("]);
    let shown = fs::read(&example.path).unwrap();
    RgbImage::from_pixel(9, 9, Rgb([7, 8, 9]))
        .save(&example.path)
        .unwrap();
    place.examples[11] = example.clone();
    place.refuses("model", true, &["pictures was 12 (", "is 12 ("]);
    fs::write(&example.path, shown).unwrap();

    place.classes[4] = "emu".to_owned();
    place.refuses("model", true, &["classes was", "eel", "emu"]);
    place.classes[4] = "eel".to_owned();

    let start = std::mem::replace(&mut place.start, InitialModel::embedded().unwrap());
    place.settings.crop = 28;
    place.refuses("model", true, &["model was"]);
    (place.start, place.settings.crop) = (start, CROP);

    // As many pictures at once as memory holds is for the machine to say.
    place.settings.micro_batch = 5;
    place
        .run("model", true, &AtomicBool::new(false), |_| ())
        .unwrap();
}

#[test]
fn what_is_no_checkpoint_is_refused() {
    let place = Fixture::new(12);
    let file = place.path("model.checkpoint");
    place.stop_after("model", false, 1);
    let whole = fs::read(&file).unwrap();
    for bytes in [
        &b""[..],
        b"noise",
        &whole[..whole.len() / 2],
        &whole[..whole.len() - 4],
    ] {
        fs::write(&file, bytes).unwrap();
        place.refuses("model", true, &["model.checkpoint", "begin again"]);
        assert_eq!(fs::read(&file).unwrap(), bytes);
    }
    fs::copy(reference("training_reference.safetensors"), &file).unwrap();
    place.refuses(
        "model",
        true,
        &["model.checkpoint", "no checkpoint of a training"],
    );
}

#[test]
fn a_checkpoint_without_room_stops_no_training() {
    let place = Fixture::new(12);
    place.train("whole").unwrap();
    let folder = place.path("sub");
    fs::create_dir(&folder).unwrap();
    let out = place.path("out");
    let job = TrainingJob {
        examples: &place.examples,
        classes: &place.classes,
        start: &place.start,
        settings: &place.settings,
        out: &out,
        checkpoint: &folder.join("checkpoint"),
        resume: false,
    };
    let mut warnings = Vec::new();
    let outcome = train(&job, &CPU, &AtomicBool::new(false), |event| match event {
        TrainingEvent::Started { .. } => fs::remove_dir(&folder).unwrap(),
        TrainingEvent::Warning(text) => warnings.push(text),
        _ => {}
    });
    assert!(!outcome.unwrap().interrupted);
    assert_eq!(warnings.len(), 9, "one a step: {warnings:?}");
    assert!(warnings[0].contains("checkpoint"), "{warnings:?}");
    assert!(fs::read(out).unwrap() == fs::read(place.path("whole")).unwrap());
}

#[test]
fn a_model_without_room_can_be_written_later() {
    let mut place = Fixture::new(12);
    place.settings.epochs = 1;
    place.settings.keep_every = Duration::MAX;
    let cancel = AtomicBool::new(false);
    let out = place.path("model");
    let refused = place.run("model", false, &cancel, |event| {
        if let TrainingEvent::Started { .. } = event {
            fs::create_dir(&out).unwrap();
        }
    });
    let told = refused.unwrap_err().to_string();
    assert!(
        told.contains("model.checkpoint") && told.contains("--resume"),
        "{told}"
    );
    fs::remove_dir(&out).unwrap();
    let outcome = place.run("model", true, &cancel, |event| {
        assert!(!matches!(event, TrainingEvent::Stepped(_)));
    });
    assert_eq!(outcome.unwrap().kept, 3);
    place.train("whole").unwrap();
    let read = |name| fs::read(place.path(name)).unwrap();
    assert!(read("model") == read("whole"));
}

#[test]
fn what_cannot_be_learnt_from_is_told() {
    let mut place = Fixture::new(12);
    let examples = std::mem::take(&mut place.examples);
    place.refuses("model", false, &["no pictures"]);
    place.examples = vec![TrainingExample {
        path: place.path("absent.png"),
        classes: vec![0],
    }];
    place.refuses("model", false, &["no pictures"]);
    place.examples = examples
        .iter()
        .filter(|one| one.classes == [2])
        .cloned()
        .collect();
    place.refuses("model", false, &["one class, \"cat\"", "at least two"]);
    place.examples = examples;
    place.settings.learning_rate = 1e30;
    place.refuses(
        "model",
        false,
        &["no finite number in epoch 1, step 2", "--learning-rate"],
    );
    fs::remove_file(place.path("model.checkpoint")).unwrap();
    place.settings.learning_rate = 1e-4;
    place.settings.crop = 20;
    place.refuses(
        "model",
        false,
        &["tscam_reference.pth", "16 pixels do not fill 20 pixels"],
    );
    place.settings.crop = CROP;
    place.start = InitialModel::open(&reference("conformer_reference.pth")).unwrap();
    place.refuses(
        "model",
        false,
        &["conformer_reference.pth", "Conformer", "DINOv2"],
    );
    let absent = InitialModel::open(&place.path("absent.pth"));
    assert!(absent.err().unwrap().to_string().contains("absent.pth"));
}

#[test]
fn a_picture_that_cannot_be_read_is_left_out_with_a_word() {
    let mut place = Fixture::new(12);
    fs::write(place.path("3.png"), "no picture").unwrap();
    place.settings.epochs = 1;
    let mut warnings = Vec::new();
    let outcome = place.run(
        "model",
        false,
        &AtomicBool::new(false),
        |event| match event {
            TrainingEvent::Warning(text) => warnings.push(text),
            TrainingEvent::Started { pictures, loss, .. } => {
                assert_eq!((pictures, loss), (11, Loss::CrossEntropy));
            }
            _ => {}
        },
    );
    assert_eq!(outcome.unwrap().curve.len(), 3);
    assert!(
        matches!(&*warnings, [one] if one.contains("3.png")),
        "{warnings:?}"
    );
}

#[test]
fn a_stop_before_the_first_step_leaves_nothing() {
    let place = Fixture::new(12);
    let cancel = AtomicBool::new(true);
    let outcome = place.run("model", false, &cancel, |_| ()).unwrap();
    assert!(outcome.interrupted && outcome.curve.is_empty());
    cancel.store(false, Ordering::Relaxed);
    let outcome = place.run("model", false, &cancel, |event| {
        if let TrainingEvent::Started { .. } = event {
            cancel.store(true, Ordering::Relaxed);
        }
    });
    assert!(outcome.unwrap().interrupted);
    let left: Vec<_> = fs::read_dir(place.folder.path()).unwrap().collect();
    assert_eq!(left.len(), 12, "the pictures");
}

#[test]
fn pictures_of_several_classes_or_none_are_learnt_too() {
    let mut place = Fixture::new(12);
    place.examples[0].classes = vec![0, 3];
    place.examples[1].classes.clear();
    place.settings.epochs = 8;
    let mut found = None;
    let outcome = place.run("model", false, &AtomicBool::new(false), |event| {
        if let TrainingEvent::Started { loss, .. } = event {
            found = Some(loss);
        }
    });
    assert_eq!(found, Some(Loss::BinaryCrossEntropy));
    let curve = outcome.unwrap().curve;
    assert!(curve[23].loss < 0.8 * curve[0].loss, "{curve:?}");
}

#[test]
fn a_head_for_the_same_classes_is_trained_further() {
    let mut place = Fixture::new(12);
    place.train("model").unwrap();
    let trained = InitialModel::open(&place.path("model")).unwrap();
    let before = trained.weights.tensors[HEAD_WEIGHT].clone();
    place.start = trained;
    place.settings.epochs = 1;
    place.settings.learning_rate = 0.0;
    place.train("same").unwrap();
    let after = |place: &Fixture, name: &str| {
        let trained = InitialModel::open(&place.path(name)).unwrap();
        numbers(&trained.weights.tensors[HEAD_WEIGHT])
    };
    assert_eq!(after(&place, "same"), numbers(&before));
    place.classes.swap(0, 1);
    place.train("other").unwrap();
    assert_ne!(after(&place, "other"), numbers(&before));
}

#[test]
fn the_learning_rate_falls_as_the_official_schedule_has_it() {
    let place = Fixture::new(12);
    let settings = TrainingSettings {
        batch: 32,
        ..TrainingSettings::default()
    };
    let job = TrainingJob {
        examples: &place.examples,
        classes: &place.classes,
        start: &place.start,
        settings: &settings,
        out: Path::new("out"),
        checkpoint: Path::new("checkpoint"),
        resume: false,
    };
    let prepared = InitialState::new(&job).unwrap();
    let none = AtomicBool::new(false);
    let examples = TrainingPictures::load(&place.examples, 72, &none, |_, _| ()).unwrap();
    let run = TrainingRun::new(&job, prepared, &examples, &CPU).unwrap();
    assert_eq!(run.total(), 60);
    for (epoch, rate) in [(1, 5e-5), (29, 5e-5), (30, 5e-6), (59, 5e-6), (60, 5e-7)] {
        let step = run.step_at(epoch - 1, 0.0);
        assert_eq!(step.epoch, epoch);
        assert!((step.learning_rate / rate - 1.0).abs() < 1e-9, "{step:?}");
    }
    // Blocks are left out the more often the later they come, and count the more where they stay.
    let all: Vec<usize> = (0..12).collect();
    let survival: Vec<Vec<f32>> = (1..=100)
        .map(|epoch| run.survival(&all, epoch).unwrap().unwrap())
        .map(|survival| {
            survival
                .t()
                .unwrap()
                .flatten_all()
                .unwrap()
                .to_vec1()
                .unwrap()
        })
        .collect();
    let of_branch = |branch: usize| {
        survival
            .concat()
            .into_iter()
            .skip(branch)
            .step_by(8)
            .collect()
    };
    let first: Vec<f32> = of_branch(0);
    assert!(first.iter().all(|scale| *scale == 1.0));
    let last: Vec<f32> = of_branch(7);
    assert!(
        last.iter()
            .all(|scale| *scale == 0.0 || (scale - 1.0 / 0.9).abs() < 1e-6)
    );
    let mean = last.iter().sum::<f32>() / last.len() as f32;
    assert!((mean - 1.0).abs() < 0.05, "{mean}");
}

#[test]
fn pieces_come_from_everywhere_and_half_of_them_mirrored() {
    let square = RgbImage::from_fn(20, 20, |x, y| Rgb([x as u8, y as u8, 0]));
    let mut seen = BTreeSet::new();
    let mut mirrored = 0;
    for draw in 0..2000 {
        let piece = augment::augment(&square, 16, &mut Random::from_key(&[draw]));
        assert_eq!(piece.dimensions(), (16, 16));
        let [left, top, _] = piece.get_pixel(0, 0).0;
        let right = piece.get_pixel(15, 0)[0];
        assert_eq!(left.abs_diff(right), 15);
        mirrored += usize::from(right < left);
        seen.insert((left.min(right), top));
    }
    assert_eq!(seen.len(), 25, "every place of 5 x 5");
    assert!((900..1100).contains(&mirrored), "{mirrored}");
    let order = Random::from_key(&[1, 2]).permutation(1000);
    assert_ne!(order, Random::from_key(&[1, 3]).permutation(1000));
    assert!(order.iter().collect::<BTreeSet<_>>().len() == 1000);
}
