//! `tsukami simulate`: what learning from corrections would save a person, on pictures whose boxes
//! are known.
//!
//! A simulated annotator goes through the pictures in a random order. What is shown for a picture
//! is what was learnt from those before it, where that is better, else what the program proposes;
//! the truth says what the annotator makes of it, and is learnt from.

mod report;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::bail;
use clap::Args;

use super::eval::{GroundTruth, ground_truth_of};
use super::measuring::{self, EvaluatedPicture};
use super::{ModelOptions, plot};
use crate::evaluate::{EvaluationCase, Prediction, TruthBox};
use crate::formats::coco::Instances;
use crate::geometry::BBox;
use crate::learn::boxes::{self, BoxLearner, LearnedProposer, PictureFeatures};
use crate::learn::random::Random;
use crate::localize::{BoxMode, BoxOptions};
use crate::propose::{self, Inference, ProposeSettings, Target};
use crate::tscam::InputOptions;
use report::{Reliability, SimulationReport};

/// What `tsukami simulate` takes.
#[derive(Args)]
pub struct Arguments {
    /// The folder that the truth's file names are relative to (or that holds it as `images`)
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// True boxes as COCO JSON [default: truth.json in DIR]
    #[arg(long, value_name = "FILE")]
    truth: Option<PathBuf>,
    /// How many orders to go through the pictures in
    #[arg(long, default_value_t = 3, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1000))]
    seeds: u64,
    #[command(flatten)]
    model: ModelOptions,
    /// Also write the figures as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Draw effort, AP50 and the share at IoU 0.75 over the pictures reviewed, as SVG or PNG
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
    /// Draw how often boxes are accepted over how probable that was to be, as SVG or PNG
    #[arg(long, value_name = "FILE")]
    reliability: Option<PathBuf>,
}

/// A picture that was looked at.
struct SimulatedPicture {
    truth: Vec<TruthBox>,
    /// What the program proposes.
    default: Vec<Prediction>,
    sight: Arc<PictureFeatures>,
}

/// A picture under review.
struct SimulatedReview {
    truth: Vec<TruthBox>,
    /// Without learning.
    off: Vec<Prediction>,
    /// With it.
    on: Vec<Prediction>,
    /// Whether what was learnt was shown.
    is_learned: bool,
}

impl SimulatedReview {
    fn case(&self, is_on: bool) -> EvaluationCase {
        EvaluationCase {
            truth: self.truth.clone(),
            predictions: if is_on { &self.on } else { &self.off }.clone(),
        }
    }
}

/// One way through the pictures.
struct SimulationRun {
    reviews: Vec<SimulatedReview>,
    /// How long it took each time to learn from one more picture and all before.
    times: Vec<Duration>,
}

/// Runs the command; the exit code.
pub fn run(arguments: &Arguments) -> anyhow::Result<u8> {
    let folder = &arguments.folder;
    let truth_path = arguments
        .truth
        .clone()
        .unwrap_or_else(|| folder.join("truth.json"));
    let instances = Instances::read(&truth_path)?;
    let json = arguments.json.as_deref();
    measuring::check_outputs(json, arguments.plot.as_deref(), &[truth_path])?;
    if let Some(path) = &arguments.reliability {
        plot::check(path)?;
    }
    let truths = ground_truth_of(&instances, folder)?;
    let (scenes, failed) = look(arguments, &truths)?;
    let mut reliability = Reliability::default();
    let runs: Vec<SimulationRun> = (0..arguments.seeds)
        .map(|seed| review(&scenes, seed, &mut reliability))
        .collect();
    let report = SimulationReport::new(&runs, &reliability, failed);
    let code = measuring::tell(&report.table(), &report, json, scenes.len(), &report.failed)?;
    if let Some(path) = &arguments.plot {
        let title = format!("{} pictures, {} orders", scenes.len(), runs.len());
        let series = report::curves(&runs);
        plot::draw(path, &title, "pictures reviewed", "share", &series)?;
    }
    if let Some(path) = &arguments.reliability {
        let title = format!("Acceptance, {} boxes", reliability.count());
        let series = reliability.series();
        plot::draw(path, &title, "probability", "share accepted", &series)?;
    }
    Ok(code)
}

/// Looks at every picture once; why some could not be, too.
fn look(
    arguments: &Arguments,
    truths: &[GroundTruth],
) -> anyhow::Result<(Vec<SimulatedPicture>, Vec<String>)> {
    let model = arguments.model.open()?;
    let settings = ProposeSettings {
        method: arguments.model.method,
        input_options: InputOptions {
            tap: Some(boxes::default_block(model.backbone().depth())),
            ..arguments.model.input_options()
        },
        boxes: BoxOptions {
            threshold: arguments.model.threshold,
            ..BoxOptions::default()
        },
    };
    settings.check(&model).map_err(anyhow::Error::msg)?;
    let subjects: Vec<EvaluatedPicture<'_>> = truths
        .iter()
        .map(|truth| EvaluatedPicture {
            path: &truth.path,
            size: Some(truth.size),
        })
        .collect();
    let scene = |index: usize, seen: &Inference| scene(&truths[index], seen, &settings);
    let decoders = arguments.model.backbone.decoders();
    let pass = measuring::measure_all(&model, &subjects, settings.input_options, decoders, scene);
    let scenes: Vec<SimulatedPicture> = pass.measured.into_iter().flatten().collect();
    if scenes.is_empty() {
        bail!("there is no picture to go through");
    }
    Ok((scenes, pass.failed))
}

fn scene(
    truth: &GroundTruth,
    seen: &Inference,
    settings: &ProposeSettings,
) -> Option<SimulatedPicture> {
    let maps = propose::maps(&seen.evidence, &Target::Anything, BoxMode::All);
    let proposals = propose::cut(&maps, seen.size, settings.method, &settings.boxes);
    let sight = PictureFeatures::new(&seen.evidence, &maps, seen.size)?;
    let boxes = proposals.iter().map(|proposal| proposal.bbox);
    Some(SimulatedPicture {
        truth: truth.boxes.clone(),
        sight: Arc::new(sight.with_proposals(boxes)),
        default: proposals
            .iter()
            .map(|proposal| prediction(proposal.bbox, proposal.score))
            .collect(),
    })
}

/// A box of no particular category.
fn prediction(bbox: BBox, score: f32) -> Prediction {
    Prediction {
        bbox,
        category: 0,
        score,
    }
}

/// Goes through the pictures in the order of a seed.
fn review(scenes: &[SimulatedPicture], seed: u64, reliability: &mut Reliability) -> SimulationRun {
    let mut learner = BoxLearner::new(seed);
    let mut learned: Option<LearnedProposer> = None;
    let mut solved = 0;
    let mut times = Vec::new();
    let mut reviews = Vec::with_capacity(scenes.len());
    for at in Random::new(seed).order(scenes.len()) {
        let SimulatedPicture {
            truth,
            default,
            sight,
        } = &scenes[at];
        let in_use = learned.as_ref().filter(|learned| learned.is_better);
        let shown = in_use.map(|learned| learned.propose(sight));
        for shown in shown.iter().flatten() {
            reliability.add(shown, truth);
        }
        let on = shown.as_ref().map(|shown| {
            let shown = shown.iter();
            shown
                .map(|shown| prediction(shown.bbox, shown.score))
                .collect()
        });
        reviews.push(SimulatedReview {
            truth: truth.clone(),
            off: default.clone(),
            is_learned: on.is_some(),
            on: on.unwrap_or_else(|| default.clone()),
        });

        let objects = truth.iter().filter(|truth| !truth.iscrowd);
        let objects: Vec<(BBox, u32)> = objects.map(|truth| (truth.bbox, truth.category)).collect();
        let start = Instant::now();
        learner.add(at as u64, Arc::clone(sight), &objects);
        if learner.is_due(solved) {
            solved = learner.len();
            learned = learner.solve(&|| false);
            times.push(start.elapsed());
        }
    }
    SimulationRun { reviews, times }
}
