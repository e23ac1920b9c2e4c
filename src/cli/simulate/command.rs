//! Runs `tsukami simulate`.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::bail;
use clap::Args;

use super::fitting::fit_reviews;
use super::reliability::Reliability;
use super::report::{SimulationReport, curves};
use super::review::{SimulatedPicture, SimulationRun, prediction, review};
use crate::cli::box_fitting::FitOption;
use crate::cli::evaluation_pass::{EvaluatedPicture, measure_all};
use crate::cli::ground_truth::{GroundTruth, ground_truth_of};
use crate::cli::options::ModelOptions;
use crate::cli::{plot, report_output};
use crate::formats::coco::Instances;
use crate::learn::boxes::{self, PictureFeatures};
use crate::localize::{BoxMode, BoxOptions};
use crate::propose::{self, Inference, NetworksRef, PipelineSettings, Target};
use crate::tscam::InputOptions;

/// The arguments of `tsukami simulate`.
#[derive(Args)]
pub struct Arguments {
    /// The folder of the pictures: file names in the ground truth are relative to it, or to `images` in
    /// it
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Ground truth boxes as COCO JSON [default: truth.json in DIR]
    #[arg(long, value_name = "FILE")]
    truth: Option<PathBuf>,
    /// Number of random orders in which to review the pictures
    #[arg(long, default_value_t = 3, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1000))]
    seeds: u64,
    #[command(flatten)]
    model: ModelOptions,
    #[command(flatten)]
    fit: FitOption,
    /// Also write the metrics as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Plot effort, AP50 and recall at IoU 0.75 over the pictures reviewed, as SVG or PNG
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
    /// Plot how often boxes are accepted over the predicted probability, as SVG or PNG
    #[arg(long, value_name = "FILE")]
    reliability: Option<PathBuf>,
}

/// Runs the command and returns the exit code.
///
/// # Errors
/// If a file cannot be read or written, or the model cannot be used.
pub fn run(arguments: &Arguments) -> anyhow::Result<u8> {
    let folder = &arguments.folder;
    let truth_path = arguments
        .truth
        .clone()
        .unwrap_or_else(|| folder.join("truth.json"));
    let instances = Instances::read(&truth_path)?;
    let json = arguments.json.as_deref();
    report_output::check_outputs(json, arguments.plot.as_deref(), &[truth_path])?;
    if let Some(path) = &arguments.reliability {
        plot::check(path)?;
    }
    let truths = ground_truth_of(&instances, folder)?;
    let networks = arguments.model.open()?;
    let fitter = arguments
        .fit
        .open(&arguments.model.backbone, &networks.model)?;
    let (pictures, failed) = infer(arguments, networks.as_ref(), &truths)?;
    let mut reliability = Reliability::default();
    let mut runs: Vec<SimulationRun> = (0..arguments.seeds)
        .map(|seed| review(&pictures, seed, &mut reliability))
        .collect();
    if let Some(fitter) = &fitter {
        fit_reviews(fitter, &pictures, &mut runs)?;
    }
    let report = SimulationReport::new(&runs, &reliability, failed);
    let code = report_output::write_report(
        &report.table(),
        &report,
        json,
        pictures.len(),
        &report.failed,
    )?;
    if let Some(path) = &arguments.plot {
        let title = format!("{} pictures, {} orders", pictures.len(), runs.len());
        let series = curves(&runs);
        plot::draw(path, &title, "pictures reviewed", "share", &series)?;
    }
    if let Some(path) = &arguments.reliability {
        let title = format!("Acceptance, {} boxes", reliability.count());
        let series = reliability.series();
        plot::draw(path, &title, "probability", "share accepted", &series)?;
    }
    Ok(code)
}

/// Runs the model on every picture once. Also returns why some pictures could not be read.
fn infer<'a>(
    arguments: &Arguments,
    networks: NetworksRef<'_>,
    truths: &'a [GroundTruth],
) -> anyhow::Result<(Vec<SimulatedPicture<'a>>, Vec<String>)> {
    let model = networks.model;
    let settings = PipelineSettings {
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
    settings.check(model).map_err(anyhow::Error::msg)?;
    let evaluated: Vec<EvaluatedPicture<'_>> = truths
        .iter()
        .map(|truth| EvaluatedPicture {
            path: &truth.path,
            size: truth.size,
        })
        .collect();
    let measure = |index: usize, inference: &Inference| {
        simulated_picture(&truths[index], inference, &settings)
    };
    let in_flight = arguments.model.backbone.in_flight();
    let pass = measure_all(
        networks,
        &evaluated,
        settings.input_options,
        in_flight,
        measure,
    );
    let pictures: Vec<SimulatedPicture<'_>> = pass.measured.into_iter().flatten().collect();
    if pictures.is_empty() {
        bail!("there are no pictures to review");
    }
    Ok((pictures, pass.failed))
}

fn simulated_picture<'a>(
    truth: &'a GroundTruth,
    inference: &Inference,
    settings: &PipelineSettings,
) -> Option<SimulatedPicture<'a>> {
    let maps = propose::maps_for(
        &inference.evidence,
        &Target::Automatic,
        BoxMode::All,
        inference.size,
    );
    let proposals =
        propose::proposals_from_maps(&maps, inference.size, settings.method, &settings.boxes);
    let own = proposals.iter().map(|proposal| proposal.bbox);
    let features = PictureFeatures::new(&inference.evidence, &maps, inference.size, own)?;
    Some(SimulatedPicture {
        source: truth,
        features: Arc::new(features),
        own: proposals
            .iter()
            .map(|proposal| prediction(proposal.bbox, proposal.score))
            .collect(),
    })
}
