//! Whole runs on small pictures.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use image::{Rgb, RgbImage};
use tempfile::TempDir;

use super::reference::{
    CPU, expected, network, numbers, pictures, pixels, reference, relative_error,
};
use crate::learn::full_training::error::FullTrainingError;
use crate::learn::full_training::example::TrainingExample;
use crate::learn::full_training::initial_model::InitialModel;
use crate::learn::full_training::initial_state::InitialState;
use crate::learn::full_training::job::TrainingJob;
use crate::learn::full_training::loss::Loss;
use crate::learn::full_training::network::HEAD_WEIGHT;
use crate::learn::full_training::progress::{TrainingEvent, TrainingOutcome};
use crate::learn::full_training::run::TrainingRun;
use crate::learn::full_training::settings::TrainingSettings;
use crate::learn::full_training::train::train;
use crate::learn::full_training::training_pictures::{TrainingPictures, augment};
use crate::learn::random::Random;
use crate::nn::shipped::ModelSource;
use crate::nn::weights::Weights;
use crate::tscam::{InputOptions, Model};

/// The side of the crops, in pixels: four patches.
const CROP: u32 = 32;

/// A folder with the reference pictures, and what is needed to train on them.
struct Fixture {
    folder: TempDir,
    examples: Vec<TrainingExample>,
    classes: Vec<String>,
    start: InitialModel,
    settings: TrainingSettings,
}

impl Fixture {
    /// A folder with the first `count` pictures.
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
                checkpoint_interval: Duration::ZERO,
                ..TrainingSettings::default()
            },
            folder,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Trains a model `out`, with the checkpoint in the same folder.
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

    /// Trains until the step `last`, counted over all epochs.
    fn stop_after(&self, out: &str, resume: bool, last: usize) -> TrainingOutcome {
        let cancel = AtomicBool::new(false);
        let outcome = self.run(out, resume, &cancel, |event| match event {
            TrainingEvent::Stepped(step)
                if (step.epoch - 1) * step.steps_per_epoch + step.step == last =>
            {
                cancel.store(true, Ordering::Relaxed);
            }
            _ => {}
        });
        outcome.unwrap()
    }

    #[track_caller]
    fn refuses(&self, out: &str, resume: bool, parts: &[&str]) {
        let refused = self.run(out, resume, &AtomicBool::new(false), |_| ());
        let text = refused.unwrap_err().to_string();
        for part in parts {
            assert!(text.contains(part), "no {part:?} in {text:?}");
        }
        assert!(!self.path(out).exists());
    }
}

#[test]
fn thirty_two_pictures_are_memorised_and_the_file_is_a_model() {
    let mut fixture = Fixture::new(32);
    fixture.settings = TrainingSettings {
        epochs: 70,
        batch: 32,
        micro_batch: 16,
        learning_rate: 6e-4,
        decay_every: 55,
        drop_path: 0.0,
        resize: CROP,
        checkpoint_interval: Duration::MAX,
        ..fixture.settings
    };
    let outcome = fixture.train("model.safetensors").unwrap();
    let last = outcome.curve[69].loss;
    let first = outcome.curve[0].loss;
    println!("loss {first} -> {last}");
    assert_eq!(outcome.curve.len(), 70);
    assert!(!outcome.interrupted && last < 0.01, "{last}");
    let left: Vec<_> = fs::read_dir(fixture.folder.path()).unwrap().collect();
    assert_eq!(left.len(), 33, "the pictures and the model");

    let path = fixture.path("model.safetensors");
    let model = Model::open(&path, &ModelSource::Program, &CPU).unwrap();
    assert_eq!(model.classes(), fixture.classes);
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
fn an_interrupted_run_gives_the_same_bytes_as_one_in_one_go() {
    let fixture = Fixture::new(12);
    let whole = fixture.train("whole").unwrap();
    assert_eq!(whole.curve.len(), 9);
    let bytes = fs::read(fixture.path("whole")).unwrap();
    fixture.train("again").unwrap();
    assert!(bytes == fs::read(fixture.path("again")).unwrap());

    // Interrupted at the end of an epoch, in the middle of one, and at its first step.
    let mut resume = false;
    for last in [3, 5, 7] {
        let outcome = fixture.stop_after("pieces", resume, last);
        assert!(outcome.interrupted);
        assert_eq!(outcome.curve, whole.curve[..last]);
        assert_eq!(outcome.saved, last);
        assert!(!fixture.path("pieces").exists());
        resume = true;
    }
    let none = AtomicBool::new(false);
    let mut before_resuming = 0;
    let outcome = fixture.run("pieces", true, &none, |event| {
        if let TrainingEvent::Started { before, .. } = event {
            before_resuming = before.len();
        }
    });
    assert_eq!((before_resuming, outcome.unwrap()), (7, whole));
    assert!(bytes == fs::read(fixture.path("pieces")).unwrap());
    assert!(!fixture.path("pieces.checkpoint").exists());
}

#[test]
fn a_killed_run_continues_from_its_last_checkpoint() {
    let fixture = Fixture::new(12);
    fixture.train("whole").unwrap();
    let cancel = AtomicBool::new(false);
    let (checkpoint, killed) = (fixture.path("killed.checkpoint"), fixture.path("copy"));
    let outcome = fixture.run("killed", false, &cancel, |event| {
        // A kill would leave the checkpoint of the previous step.
        if matches!(event, TrainingEvent::Stepped(step) if (step.epoch, step.step) == (2, 2)) {
            fs::copy(&checkpoint, &killed).unwrap();
        }
    });
    outcome.unwrap();
    fs::rename(killed, checkpoint).unwrap();
    fs::remove_file(fixture.path("killed")).unwrap();
    let outcome = fixture.run("killed", true, &cancel, |_| ()).unwrap();
    assert_eq!(outcome.curve.len(), 9);
    let read = |name| fs::read(fixture.path(name)).unwrap();
    assert!(read("whole") == read("killed"));
}

#[test]
fn a_checkpoint_of_another_run_is_refused_with_the_difference() {
    let mut fixture = Fixture::new(12);
    fixture.refuses("model", true, &["model.checkpoint", "omit --resume"]);
    fixture.stop_after("model", false, 2);
    fixture.refuses(
        "model",
        false,
        &["model.checkpoint", "--resume", "delete it"],
    );
    let settings = fixture.settings.clone();

    fixture.settings.learning_rate = 0.25;
    fixture.refuses(
        "model",
        true,
        &["model.checkpoint", "learning rate was 0.0005, is 0.25"],
    );
    fixture.settings = settings.clone();
    fixture.settings.seed = 1;
    fixture.refuses("model", true, &["seed was 26, is 1"]);
    fixture.settings = settings;

    let example = fixture.examples.pop().unwrap();
    fixture.refuses("model", true, &["pictures was 12 (", "is 11 ("]);
    fixture.examples.push(TrainingExample {
        classes: vec![4],
        ..example.clone()
    });
    fixture.refuses("model", true, &["pictures was 12 (", "is 12 ("]);
    let shown = fs::read(&example.path).unwrap();
    RgbImage::from_pixel(9, 9, Rgb([7, 8, 9]))
        .save(&example.path)
        .unwrap();
    fixture.examples[11] = example.clone();
    fixture.refuses("model", true, &["pictures was 12 (", "is 12 ("]);
    fs::write(&example.path, shown).unwrap();

    fixture.classes[4] = "emu".to_owned();
    fixture.refuses("model", true, &["classes was", "eel", "emu"]);
    fixture.classes[4] = "eel".to_owned();

    let start = std::mem::replace(
        &mut fixture.start,
        InitialModel::shipped(&ModelSource::Program).unwrap(),
    );
    fixture.settings.crop = 28;
    fixture.refuses("model", true, &["model was"]);
    (fixture.start, fixture.settings.crop) = (start, CROP);

    // The size of a micro-batch depends on the machine, so it may change.
    fixture.settings.micro_batch = 5;
    fixture
        .run("model", true, &AtomicBool::new(false), |_| ())
        .unwrap();
}

#[test]
fn files_that_are_not_checkpoints_are_refused() {
    let fixture = Fixture::new(12);
    let file = fixture.path("model.checkpoint");
    fixture.stop_after("model", false, 1);
    let whole = fs::read(&file).unwrap();
    for bytes in [
        &b""[..],
        b"noise",
        &whole[..whole.len() / 2],
        &whole[..whole.len() - 4],
    ] {
        fs::write(&file, bytes).unwrap();
        fixture.refuses("model", true, &["model.checkpoint", "start over"]);
        assert_eq!(fs::read(&file).unwrap(), bytes);
    }
    fs::copy(reference("training_reference.safetensors"), &file).unwrap();
    fixture.refuses(
        "model",
        true,
        &["model.checkpoint", "not a training checkpoint"],
    );
}

#[test]
fn training_continues_if_the_checkpoint_cannot_be_written() {
    let fixture = Fixture::new(12);
    fixture.train("whole").unwrap();
    let folder = fixture.path("sub");
    fs::create_dir(&folder).unwrap();
    let out = fixture.path("out");
    let job = TrainingJob {
        examples: &fixture.examples,
        classes: &fixture.classes,
        start: &fixture.start,
        settings: &fixture.settings,
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
    assert_eq!(warnings.len(), 9, "one per step: {warnings:?}");
    assert!(warnings[0].contains("checkpoint"), "{warnings:?}");
    assert!(fs::read(out).unwrap() == fs::read(fixture.path("whole")).unwrap());
}

#[test]
fn a_model_that_cannot_be_written_can_be_written_later() {
    let mut fixture = Fixture::new(12);
    fixture.settings.epochs = 1;
    fixture.settings.checkpoint_interval = Duration::MAX;
    let cancel = AtomicBool::new(false);
    let out = fixture.path("model");
    let refused = fixture.run("model", false, &cancel, |event| {
        if let TrainingEvent::Started { .. } = event {
            fs::create_dir(&out).unwrap();
        }
    });
    let text = refused.unwrap_err().to_string();
    assert!(
        text.contains("model.checkpoint") && text.contains("--resume"),
        "{text}"
    );
    fs::remove_dir(&out).unwrap();
    let outcome = fixture.run("model", true, &cancel, |event| {
        assert!(!matches!(event, TrainingEvent::Stepped(_)));
    });
    assert_eq!(outcome.unwrap().saved, 3);
    fixture.train("whole").unwrap();
    let read = |name| fs::read(fixture.path(name)).unwrap();
    assert!(read("model") == read("whole"));
}

#[test]
fn jobs_that_cannot_succeed_are_refused() {
    let mut fixture = Fixture::new(12);
    let examples = std::mem::take(&mut fixture.examples);
    fixture.refuses("model", false, &["no tagged picture"]);
    fixture.examples = vec![TrainingExample {
        path: fixture.path("absent.png"),
        classes: vec![0],
    }];
    fixture.refuses("model", false, &["no tagged picture"]);
    fixture.examples = examples
        .iter()
        .filter(|one| one.classes == [2])
        .cloned()
        .collect();
    fixture.refuses("model", false, &["one class, \"cat\"", "at least two"]);
    fixture.examples = examples;
    fixture.settings.learning_rate = 1e30;
    fixture.refuses(
        "model",
        false,
        &["not finite in epoch 1, step 2", "--learning-rate"],
    );
    fs::remove_file(fixture.path("model.checkpoint")).unwrap();
    fixture.settings.learning_rate = 1e-4;
    fixture.settings.crop = 20;
    fixture.refuses(
        "model",
        false,
        &["tscam_reference.pth", "16 pixels does not divide 20 pixels"],
    );
    fixture.settings.crop = CROP;
    fixture.start = InitialModel::open(&reference("conformer_reference.pth")).unwrap();
    fixture.refuses(
        "model",
        false,
        &["conformer_reference.pth", "Conformer", "DINOv2"],
    );
    let absent = InitialModel::open(&fixture.path("absent.pth"));
    assert!(absent.err().unwrap().to_string().contains("absent.pth"));
}

#[test]
fn an_unreadable_picture_is_left_out_with_a_warning() {
    let mut fixture = Fixture::new(12);
    fs::write(fixture.path("3.png"), "no picture").unwrap();
    fixture.settings.epochs = 1;
    let mut warnings = Vec::new();
    let outcome = fixture.run(
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
fn an_interruption_before_the_first_step_leaves_no_files() {
    let fixture = Fixture::new(12);
    let cancel = AtomicBool::new(true);
    let outcome = fixture.run("model", false, &cancel, |_| ()).unwrap();
    assert!(outcome.interrupted && outcome.curve.is_empty());
    cancel.store(false, Ordering::Relaxed);
    let outcome = fixture.run("model", false, &cancel, |event| {
        if let TrainingEvent::Started { .. } = event {
            cancel.store(true, Ordering::Relaxed);
        }
    });
    assert!(outcome.unwrap().interrupted);
    let left: Vec<_> = fs::read_dir(fixture.folder.path()).unwrap().collect();
    assert_eq!(left.len(), 12, "the pictures");
}

#[test]
fn pictures_may_have_several_classes_or_none() {
    let mut fixture = Fixture::new(12);
    fixture.examples[0].classes = vec![0, 3];
    fixture.examples[1].classes.clear();
    fixture.settings.epochs = 8;
    let mut found = None;
    let outcome = fixture.run("model", false, &AtomicBool::new(false), |event| {
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
    let mut fixture = Fixture::new(12);
    fixture.train("model").unwrap();
    let trained = InitialModel::open(&fixture.path("model")).unwrap();
    let before = trained.weights.tensors[HEAD_WEIGHT].clone();
    fixture.start = trained;
    fixture.settings.epochs = 1;
    fixture.settings.learning_rate = 0.0;
    fixture.train("same").unwrap();
    let after = |fixture: &Fixture, name: &str| {
        let trained = InitialModel::open(&fixture.path(name)).unwrap();
        numbers(&trained.weights.tensors[HEAD_WEIGHT])
    };
    assert_eq!(after(&fixture, "same"), numbers(&before));
    fixture.classes.swap(0, 1);
    fixture.train("other").unwrap();
    assert_ne!(after(&fixture, "other"), numbers(&before));
}

#[test]
fn learning_rate_and_stochastic_depth_follow_the_official_schedule() {
    let fixture = Fixture::new(12);
    let settings = TrainingSettings {
        batch: 32,
        ..TrainingSettings::default()
    };
    let job = TrainingJob {
        examples: &fixture.examples,
        classes: &fixture.classes,
        start: &fixture.start,
        settings: &settings,
        out: Path::new("out"),
        checkpoint: Path::new("checkpoint"),
        resume: false,
    };
    let prepared = InitialState::new(&job).unwrap();
    let none = AtomicBool::new(false);
    let examples = TrainingPictures::load(&fixture.examples, 72, &none, |_, _| ()).unwrap();
    let run = TrainingRun::new(&job, prepared, &examples, &CPU).unwrap();
    assert_eq!(run.total(), 60);
    for (epoch, rate) in [(1, 5e-5), (29, 5e-5), (30, 5e-6), (59, 5e-6), (60, 5e-7)] {
        let step = run.step_at(epoch - 1, 0.0);
        assert_eq!(step.epoch, epoch);
        assert!((step.learning_rate / rate - 1.0).abs() < 1e-9, "{step:?}");
    }
    // Later blocks are skipped more often, and have a larger factor when they are not.
    let all: Vec<usize> = (0..12).collect();
    let drop_path_scale: Vec<Vec<f32>> = (1..=100)
        .map(|epoch| run.drop_path_scale(&all, epoch).unwrap().unwrap())
        .map(|drop_path_scale| {
            drop_path_scale
                .t()
                .unwrap()
                .flatten_all()
                .unwrap()
                .to_vec1()
                .unwrap()
        })
        .collect();
    let of_branch = |branch: usize| {
        drop_path_scale
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
fn crops_come_from_everywhere_and_half_of_them_are_mirrored() {
    let square = RgbImage::from_fn(20, 20, |x, y| Rgb([x as u8, y as u8, 0]));
    let mut positions = BTreeSet::new();
    let mut mirrored = 0;
    for draw in 0..2000 {
        let crop = augment(&square, 16, &mut Random::from_key(&[draw]));
        assert_eq!(crop.dimensions(), (16, 16));
        let [left, top, _] = crop.get_pixel(0, 0).0;
        let right = crop.get_pixel(15, 0)[0];
        assert_eq!(left.abs_diff(right), 15);
        mirrored += usize::from(right < left);
        positions.insert((left.min(right), top));
    }
    assert_eq!(positions.len(), 25, "all 5 x 5 positions");
    assert!((900..1100).contains(&mirrored), "{mirrored}");
    let order = Random::from_key(&[1, 2]).permutation(1000);
    assert_ne!(order, Random::from_key(&[1, 3]).permutation(1000));
    assert!(order.iter().collect::<BTreeSet<_>>().len() == 1000);
}
