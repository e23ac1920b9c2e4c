//! Runs `tsukami judge`.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;

use super::example::Example;
use super::fitting::{ExampleSet, fit_calibration, fit_prior};
use super::mosaic::mosaic;
use super::report;
use crate::cli::console::print;
use crate::cli::evaluation_pass::{EvaluatedPicture, measure_all};
use crate::cli::ground_truth::{GroundTruth, ground_truth_of};
use crate::cli::options::BackboneOptions;
use crate::cli::progress::Progress;
use crate::files;
use crate::formats::coco::Instances;
use crate::learn::judge::Judge;
use crate::learn::random::Random;
use crate::localize::{Method, Quality};
use crate::propose::{self, Networks, NetworksRef};
use crate::tscam::InputOptions;

/// The arguments of `tsukami judge`.
#[derive(Args)]
pub struct Arguments {
    /// Folders of pictures with their ground truth in truth.json. Folders that share pictures are
    /// written DIR+DIR: they are left out together
    #[arg(value_name = "DIR", required = true)]
    folders: Vec<String>,
    /// Use every N-th picture
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    every: u16,
    /// Number of mosaics for each folder
    #[arg(long, default_value_t = 100, value_name = "N")]
    mosaics: usize,
    /// Write the judge that is fitted to all folders, as JSON
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Speed against quality: balanced or best
    #[arg(long, default_value_t = Quality::Balanced, value_name = "LEVEL")]
    quality: Quality,
    #[command(flatten)]
    backbone: BackboneOptions,
}

/// Runs the command and returns the exit code.
///
/// # Errors
/// If a file cannot be read or written, or there is nothing to fit.
pub fn run(arguments: &Arguments) -> anyhow::Result<u8> {
    if arguments.quality == Quality::Fast {
        bail!("there is no detector at --quality fast, so there is nothing to judge");
    }
    let (model, _) = arguments.backbone.open()?;
    let models = arguments.backbone.shipped.source();
    let quality = arguments.quality;
    let networks = Networks::new(model, Method::Pool, quality, &models)?;
    let mut sets = Vec::new();
    for (group, folders) in arguments.folders.iter().enumerate() {
        for folder in folders.split('+') {
            sets.push(example_set(
                arguments,
                networks.as_ref(),
                Path::new(folder),
                group,
            )?);
        }
    }
    let without = sets.iter().map(|set| fit_prior(&sets, Some(set.group)));
    let mut judges: Vec<Judge> = without
        .collect::<Option<_>>()
        .context("leaving one folder out leaves nothing to fit")?;
    let calibrations: Vec<_> = sets
        .iter()
        .map(|set| fit_calibration(&sets, &judges, Some(set.group)))
        .collect();
    let of_all = fit_calibration(&sets, &judges, None);
    for (judge, calibration) in judges.iter_mut().zip(calibrations) {
        judge.calibration = calibration;
    }
    let mut judge = fit_prior(&sets, None).context("there is nothing to fit")?;
    judge.calibration = of_all;
    print("Effort at each minimum score, each folder by a judge fitted without it\n")?;
    print(&report::table(&sets, &judges))?;
    let same: Vec<Judge> = sets.iter().map(|_| judge.clone()).collect();
    print("\nThe judge that is fitted to all of them\n")?;
    print(&report::table(&sets, &same))?;
    if let Some(out) = &arguments.out {
        let mut json = serde_json::to_vec(&judge)?;
        json.push(b'\n');
        files::write_whole(out, |file| file.write_all(&json))?;
    }
    Ok(0)
}

/// The examples of a folder.
fn example_set(
    arguments: &Arguments,
    networks: NetworksRef<'_>,
    folder: &Path,
    group: usize,
) -> anyhow::Result<ExampleSet> {
    let instances = Instances::read(&folder.join("truth.json"))?;
    let truths = ground_truth_of(&instances, folder)?;
    let truths: Vec<GroundTruth> = truths
        .into_iter()
        .step_by(usize::from(arguments.every))
        .collect();
    let input_options = InputOptions {
        quality: arguments.quality,
        ..arguments.backbone.input_options()
    };
    let name = folder.file_name().unwrap_or(folder.as_os_str());
    let name = name.to_string_lossy().into_owned();
    status!("{name}");
    let evaluated: Vec<EvaluatedPicture<'_>> = truths
        .iter()
        .map(|truth| EvaluatedPicture {
            path: &truth.path,
            size: truth.size,
        })
        .collect();
    let in_flight = arguments.backbone.in_flight();
    let pass = measure_all(
        networks,
        &evaluated,
        input_options,
        in_flight,
        |index, inference| Example::new(inference, truths[index].objects(None)),
    );
    for reason in &pass.failed {
        status!("  {reason}");
    }
    let with_objects = truths
        .iter()
        .filter(|truth| !truth.objects(None).is_empty());
    let with_objects: Vec<&GroundTruth> = with_objects.collect();
    let mut random = Random::new(group as u64);
    let mut progress = Progress::new(arguments.mosaics, 0);
    let mut mosaics = Vec::new();
    for _ in 0..arguments.mosaics {
        progress.advance();
        if let Some((picture, truth)) = mosaic(&with_objects, &mut random) {
            let inference = propose::infer_picture(networks, picture, input_options)?;
            mosaics.push(Example::new(&inference, truth));
        }
    }
    progress.finish();
    Ok(ExampleSet {
        name,
        group,
        pictures: pass.measured,
        mosaics,
    })
}
