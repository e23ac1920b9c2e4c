//! `tsukami eval`: how good the proposals are on pictures whose boxes are known.

mod measurement;
mod report;

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use serde::Serialize;

use super::protocol::{self, ProtocolOptions};
use super::{ModelOptions, measuring};
use crate::evaluate::{
    Classes, EvaluationCase, Prediction, TruthBox, annotation_effort, coco_metrics,
};
use crate::formats::class_map;
use crate::formats::coco::{self, Instances};
use crate::geometry::BBox;
use crate::localize::{ClassSource, Quality};
use crate::tscam::Model;
use measurement::{Variant, Variants, measure};
use report::EvaluationReport;

/// What `tsukami eval` takes.
#[derive(Args)]
pub struct Arguments {
    /// The folder that the truth's file names are relative to (or that holds it as `images`)
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// True boxes as COCO JSON [default: truth.json in DIR]
    #[arg(long, value_name = "FILE")]
    truth: Option<PathBuf>,
    #[command(flatten)]
    model: ModelOptions,
    /// Print the localisation at every twentieth threshold, too
    #[arg(long)]
    sweep: bool,
    /// Measure every method with every source of class maps that the model has, side by side
    #[arg(long, conflicts_with_all = ["results", "sweep", "threshold"])]
    compare: bool,
    /// What the model's classes are called in the truth, as CSV or JSON; without a head the
    /// boxes are judged by where they are alone unless this is given
    #[arg(long, value_name = "FILE", conflicts_with = "results")]
    map: Option<PathBuf>,
    /// Measure the boxes of a results list in place of running the model
    #[arg(long, value_name = "FILE", conflicts_with_all = ["model", "head", "sweep"])]
    results: Option<PathBuf>,
    /// With --results: judge where the boxes are, not how they are called
    #[arg(long, requires = "results")]
    class_agnostic: bool,
    /// Also write the metrics as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Draw the localisation over the threshold as SVG or PNG
    #[arg(long, value_name = "FILE", conflicts_with = "results")]
    plot: Option<PathBuf>,
    #[command(flatten)]
    protocol: ProtocolOptions,
}

/// The true boxes of a picture.
pub(super) struct GroundTruth {
    /// The picture's file.
    pub path: PathBuf,
    /// Its width and height in pixels.
    pub size: (u32, u32),
    /// What is there, crowds too.
    pub boxes: Vec<TruthBox>,
}

impl GroundTruth {
    /// Objects of one category, or of all.
    fn objects(&self, category: Option<u32>) -> Vec<BBox> {
        let wanted = |truth: &&TruthBox| {
            !truth.iscrowd && category.is_none_or(|category| truth.category == category)
        };
        self.boxes
            .iter()
            .filter(wanted)
            .map(|truth| truth.bbox)
            .collect()
    }

    /// The categories of its objects.
    fn categories(&self) -> Vec<u32> {
        let objects = self.boxes.iter().filter(|truth| !truth.iscrowd);
        let mut categories: Vec<u32> = objects.map(|truth| truth.category).collect();
        categories.sort_unstable();
        categories.dedup();
        categories
    }
}

/// Runs the command; the exit code.
pub fn run(arguments: &Arguments) -> anyhow::Result<u8> {
    let folder = &arguments.folder;
    let (json, plot) = (arguments.json.as_deref(), arguments.plot.as_deref());
    if let Some(protocol) = arguments.protocol.protocol {
        let request = protocol::ProtocolRequest {
            folder,
            model: &arguments.model,
            sweep: arguments.sweep,
            json,
            plot,
        };
        return protocol::run(protocol, &arguments.protocol, &request);
    }
    let truth_path = arguments
        .truth
        .clone()
        .unwrap_or_else(|| folder.join("truth.json"));
    let instances = Instances::read(&truth_path)?;
    let inputs: Vec<PathBuf> = [truth_path]
        .into_iter()
        .chain(arguments.results.clone())
        .collect();
    measuring::check_outputs(json, plot, &inputs)?;
    if let Some(results) = &arguments.results {
        let report = measure_results(&instances, results, arguments.class_agnostic)?;
        return tell(&report.table(false), &report, json, &report);
    }
    let truths = ground_truth_of(&instances, folder)?;
    let map = arguments.map.as_deref();
    let naming = map.map(class_map::read).transpose()?.unwrap_or_default();
    let model = arguments.model.open()?;
    let has_companion = arguments.model.quality > Quality::Fast;
    let ways = Variants {
        instances: &instances,
        model: &model,
        // Nobody's classes are ImageNet's by chance.
        companion_names: map.is_some(),
        naming: &naming,
    };
    let head = model.head().map(|_| ClassSource::Head);
    let companion = has_companion.then_some(ClassSource::Companion);
    if arguments.compare {
        let variants = ways.all([head, companion].into_iter().flatten());
        compare(arguments, &truths, &model, &variants)
    } else {
        let variant = ways.one(arguments.model.method, head, companion);
        measure_one(arguments, &truths, &model, variant)
    }
}

/// Measures the boxes that `tsukami propose` would give with the same options.
fn measure_one(
    arguments: &Arguments,
    truths: &[GroundTruth],
    model: &Model,
    variant: Variant<'_>,
) -> anyhow::Result<u8> {
    let reports = measure(arguments, truths, model, &[variant])?;
    let report = &reports[0];
    let json = arguments.json.as_deref();
    let code = tell(&report.table(arguments.sweep), report, json, report)?;
    if let Some(path) = &arguments.plot {
        let curve = report.curve()?;
        let title = format!(
            "The largest box of {}, {} pictures",
            arguments.model.method, report.pictures
        );
        measuring::plot(path, &title, &measuring::curves(curve))?;
    }
    Ok(code)
}

/// Measures the variants side by side.
fn compare(
    arguments: &Arguments,
    truths: &[GroundTruth],
    model: &Model,
    variants: &[Variant<'_>],
) -> anyhow::Result<u8> {
    let reports = measure(arguments, truths, model, variants)?;
    let names: Vec<String> = variants.iter().map(Variant::name).collect();
    let named: BTreeMap<&str, &EvaluationReport> =
        names.iter().map(String::as_str).zip(&reports).collect();
    let table = report::comparison(&names, &reports);
    let code = tell(&table, &named, arguments.json.as_deref(), &reports[0])?;
    if let Some(path) = &arguments.plot {
        let title = format!("The largest box, {} pictures", reports[0].pictures);
        let mut series = Vec::new();
        for (name, report) in names.iter().zip(&reports) {
            let curve = report.curve()?;
            series.push(measuring::curve(name, curve, |point| point.loc50));
        }
        measuring::plot(path, &title, &series)?;
    }
    Ok(code)
}

/// Prints the table and writes the metrics; the exit code.
fn tell(
    table: &str,
    metrics: &impl Serialize,
    json: Option<&Path>,
    of_pass: &EvaluationReport,
) -> anyhow::Result<u8> {
    measuring::tell(table, metrics, json, of_pass.pictures, &of_pass.failed)
}

fn truth_boxes(instances: &Instances) -> BTreeMap<u64, Vec<TruthBox>> {
    let mut boxes: BTreeMap<u64, Vec<TruthBox>> = BTreeMap::new();
    for image in &instances.images {
        boxes.insert(image.id, Vec::new());
    }
    for annotation in &instances.annotations {
        boxes
            .entry(annotation.image_id)
            .or_default()
            .push(TruthBox {
                bbox: annotation.to_bbox(),
                category: annotation.category_id as u32,
                iscrowd: annotation.iscrowd != 0,
            });
    }
    boxes
}

/// The pictures of a truth file in the order of their ids.
pub(super) fn ground_truth_of(
    instances: &Instances,
    folder: &Path,
) -> anyhow::Result<Vec<GroundTruth>> {
    let within = folder.join("images");
    let mut boxes = truth_boxes(instances);
    let mut images: Vec<_> = instances.images.iter().collect();
    images.sort_by_key(|image| image.id);
    let first = images.first().context("the truth names no pictures")?;
    let root = if !folder.join(&first.file_name).exists() && within.is_dir() {
        within
    } else {
        folder.to_owned()
    };
    images
        .into_iter()
        .map(|image| {
            let name = Path::new(&image.file_name);
            if !name
                .components()
                .all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
            {
                bail!(
                    "the truth names {:?}, which lies outside the folder",
                    image.file_name
                );
            }
            Ok(GroundTruth {
                path: root.join(name),
                size: (image.width, image.height),
                boxes: boxes.remove(&image.id).unwrap_or_default(),
            })
        })
        .collect()
}

/// The metrics of boxes that are already in a file.
fn measure_results(
    instances: &Instances,
    results: &Path,
    class_agnostic: bool,
) -> anyhow::Result<EvaluationReport> {
    let mut cases: BTreeMap<u64, EvaluationCase> = truth_boxes(instances)
        .into_iter()
        .map(|(id, truth)| {
            let predictions = Vec::new();
            (id, EvaluationCase { truth, predictions })
        })
        .collect();
    for detection in coco::read_detections(results)? {
        let id = detection.image_id;
        let case = cases.get_mut(&id);
        let case =
            case.with_context(|| format!("a result refers to picture {id}, which is absent"))?;
        let [x, y, width, height] = detection.bbox;
        case.predictions.push(Prediction {
            bbox: BBox {
                x0: x as f32,
                y0: y as f32,
                x1: (x + width) as f32,
                y1: (y + height) as f32,
            },
            category: detection.category_id as u32,
            score: detection.score as f32,
        });
    }
    let cases: Vec<EvaluationCase> = cases.into_values().collect();
    let classes = if class_agnostic {
        Classes::Agnostic
    } else {
        Classes::Known
    };
    Ok(EvaluationReport {
        pictures: cases.len(),
        failed: Vec::new(),
        localization: None,
        classification: None,
        detection: coco_metrics(&cases, classes),
        effort: annotation_effort(&cases, classes),
    })
}
