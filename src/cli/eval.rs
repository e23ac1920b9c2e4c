//! `tsukami eval`: how good the proposals are on pictures whose boxes are known.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use rayon::prelude::*;
use serde::Serialize;

use super::ModelOptions;
use super::measuring::{self, Subject};
use super::protocol::{self, ProtocolOptions};
use crate::evaluate::{
    AnnotationEffort, Case, ClassLocalization, ClassLocalizationMetrics, Classes, CocoMetrics,
    IouConvention, LocalizationCurve, LocalizationPoint, Prediction, RankedClass, TruthBox,
    annotation_effort, best_iou, best_point, coco_metrics,
};
use crate::formats::coco::Instances;
use crate::geometry::BBox;
use crate::localize::{BoxOptions, Localizer, Maps, Method};
use crate::propose::{self, Seen, Settings, Sought};
use crate::tscam::Model;

/// Thresholds of the curve: 0.00, 0.01, ..., 0.99.
const CURVE_STEPS: usize = 100;
/// Classes that Top-5 looks at.
const RANKS: usize = 5;

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

/// Everything that was measured.
#[derive(Serialize)]
struct Report {
    /// Pictures that were measured.
    pictures: usize,
    /// Pictures that could not be read, one sentence each.
    failed: Vec<String>,
    /// One box a picture and class; none without pictures that show something, or with --results.
    localization: Option<Localization>,
    /// Where the head's classes have the truth's names.
    classification: Option<ClassLocalizationMetrics>,
    /// Every box; nothing without true boxes.
    detection: Option<CocoMetrics>,
    /// What is left to do for a person.
    effort: AnnotationEffort,
}

#[derive(Serialize)]
struct Localization {
    /// GT-known Loc at the threshold in use.
    chosen: LocalizationPoint,
    /// At the best threshold for IoU 0.5.
    best_50: LocalizationPoint,
    /// At the best threshold for IoU 0.7.
    best_70: LocalizationPoint,
    max_box_acc_v2: f64,
    curve: Vec<LocalizationPoint>,
}

/// The true boxes of a picture.
struct Truth {
    path: PathBuf,
    size: (u32, u32),
    boxes: Vec<TruthBox>,
}

impl Truth {
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
        let request = protocol::Request {
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
    let report = match &arguments.results {
        Some(results) => measure_results(&instances, results, arguments.class_agnostic)?,
        None => {
            let truths = truths_of(&instances, folder)?;
            let model = arguments.model.open()?;
            measure(arguments, &instances, &truths, &model)?
        }
    };
    let code = measuring::tell(
        &report.table(arguments.sweep),
        &report,
        json,
        report.pictures,
        &report.failed,
    )?;
    if let Some(path) = plot {
        let measured = report.localization.as_ref();
        let curve = &measured
            .context("no picture shows an object, so there is no curve to plot")?
            .curve;
        let title = format!(
            "The largest box of {}, {} pictures",
            arguments.model.method, report.pictures
        );
        measuring::plot_curve(path, &title, curve)?;
    }
    Ok(code)
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

fn truths_of(instances: &Instances, folder: &Path) -> anyhow::Result<Vec<Truth>> {
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
            Ok(Truth {
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
) -> anyhow::Result<Report> {
    let text =
        std::fs::read(results).with_context(|| format!("cannot read {}", results.display()))?;
    let detections: Vec<crate::formats::coco::Detection> = serde_json::from_slice(&text)
        .with_context(|| format!("{} is no results list", results.display()))?;
    let mut cases: BTreeMap<u64, Case> = truth_boxes(instances)
        .into_iter()
        .map(|(id, truth)| {
            let predictions = Vec::new();
            (id, Case { truth, predictions })
        })
        .collect();
    for detection in detections {
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
    let cases: Vec<Case> = cases.into_values().collect();
    let classes = if class_agnostic {
        Classes::Agnostic
    } else {
        Classes::Known
    };
    Ok(Report {
        pictures: cases.len(),
        failed: Vec::new(),
        localization: None,
        classification: None,
        detection: coco_metrics(&cases, classes),
        effort: annotation_effort(&cases, classes),
    })
}

/// Which of the truth's categories the head's classes are.
struct Names {
    /// The truth's category of each of the head's classes, by name.
    categories: Vec<Option<u32>>,
}

impl Names {
    /// Nothing if the head knows none of the truth's names.
    fn new(instances: &Instances, model: &Model) -> Option<Self> {
        let by_name: BTreeMap<&str, u32> = instances
            .categories
            .iter()
            .map(|category| (category.name.as_str(), category.id as u32))
            .collect();
        let classes = &model.head()?.classes;
        let categories: Vec<Option<u32>> = classes
            .iter()
            .map(|name| by_name.get(name.as_str()).copied())
            .collect();
        categories
            .iter()
            .any(Option::is_some)
            .then_some(Self { categories })
    }

    /// The truth's category of one of the head's classes; one that no object has if unknown.
    fn category(&self, class: usize) -> u32 {
        self.categories[class].unwrap_or(u32::MAX)
    }

    fn class(&self, category: u32) -> Option<usize> {
        self.categories
            .iter()
            .position(|known| *known == Some(category))
    }
}

/// How pictures are measured.
struct Measurement<'a> {
    settings: Settings,
    convention: IouConvention,
    names: Option<&'a Names>,
    /// The one in use, then those of the curve.
    thresholds: Vec<f32>,
}

/// What was measured in one picture.
struct Measured {
    case: Case,
    /// For each object class: the best IoU of the largest and of any box, a value a threshold.
    localizations: Vec<(Vec<f64>, Vec<f64>)>,
    /// The classes that the head sees, and the true one, if there is one alone.
    ranked: Option<(Vec<RankedClass>, u32)>,
}

impl Measurement<'_> {
    fn of(&self, seen: &Seen, truth: &Truth) -> Measured {
        let categories = truth.categories();
        let localizations = match self.names {
            None if categories.is_empty() => Vec::new(),
            None => vec![self.localization(seen, None, &truth.objects(None))],
            Some(names) => categories
                .iter()
                .map(|&category| {
                    // A class that the head does not know has no map of its own.
                    let class = names.class(category);
                    self.localization(seen, class, &truth.objects(Some(category)))
                })
                .collect(),
        };
        let ranked = match (self.names, &categories[..]) {
            (Some(names), &[category]) => self
                .ranked(names, seen, &truth.objects(None))
                .map(|ranked| (ranked, category)),
            _ => None,
        };
        Measured {
            case: self.case(seen, truth),
            localizations,
            ranked,
        }
    }

    fn case(&self, seen: &Seen, truth: &Truth) -> Case {
        let sought = if self.names.is_some() {
            Sought::Anything
        } else {
            Sought::AnyObject
        };
        let category = |class: Option<usize>| match (class, self.names) {
            (Some(class), Some(names)) => names.category(class),
            _ => 0,
        };
        let proposals = propose::propose(&seen.evidence, seen.size, &sought, &self.settings);
        Case {
            truth: truth.boxes.clone(),
            predictions: proposals
                .iter()
                .map(|proposal| Prediction {
                    bbox: proposal.bbox,
                    category: category(proposal.class),
                    score: proposal.score,
                })
                .collect(),
        }
    }

    /// GT-known: the box of the true class against that class's objects, at every threshold.
    fn localization(
        &self,
        seen: &Seen,
        class: Option<usize>,
        objects: &[BBox],
    ) -> (Vec<f64>, Vec<f64>) {
        let localizer = self.localizer(seen, class);
        let thresholds = self.thresholds.par_iter();
        let points: Vec<(f64, f64)> = thresholds
            .map(|&threshold| self.ious_at(localizer.as_ref(), seen, threshold, objects))
            .collect();
        points.into_iter().unzip()
    }

    fn localizer(&self, seen: &Seen, class: Option<usize>) -> Option<Localizer> {
        let classes: Vec<_> = class.into_iter().map(|class| (class, 1.0)).collect();
        let maps = Maps::new(&seen.evidence, &classes);
        Localizer::new(&maps, self.settings.method, class)
    }

    /// The best IoU of the largest box, and of any box, at one threshold.
    fn ious_at(
        &self,
        localizer: Option<&Localizer>,
        seen: &Seen,
        threshold: f32,
        objects: &[BBox],
    ) -> (f64, f64) {
        let Some(localizer) = localizer else {
            return (0.0, 0.0);
        };
        let (largest, all) = localizer.largest_and_all(threshold, seen.size);
        (
            best_iou(largest.as_slice(), objects, self.convention),
            best_iou(&all, objects, self.convention),
        )
    }

    /// The most probable classes, each with the IoU of its own box.
    fn ranked(&self, names: &Names, seen: &Seen, objects: &[BBox]) -> Option<Vec<RankedClass>> {
        let classes = seen.evidence.classes.as_ref()?.ranked();
        let ranked = classes.into_iter().take(RANKS).map(|(class, _)| {
            let localizer = self.localizer(seen, Some(class));
            let (iou, _) = self.ious_at(localizer.as_ref(), seen, self.thresholds[0], objects);
            RankedClass {
                category: names.category(class),
                iou,
            }
        });
        Some(ranked.collect())
    }
}

fn measure(
    arguments: &Arguments,
    instances: &Instances,
    truths: &[Truth],
    model: &Model,
) -> anyhow::Result<Report> {
    let method = arguments.model.method;
    let settings = Settings {
        method,
        input: arguments.model.input(),
        boxes: BoxOptions {
            threshold: arguments.model.threshold,
            ..BoxOptions::default()
        },
    };
    settings.check(model).map_err(anyhow::Error::msg)?;
    let names = Names::new(instances, model);
    if method.needs_class() && names.is_none() {
        bail!("the head knows none of the truth's classes, and {method} needs them");
    }
    // The official evaluation counts pixels inside the box, edges included.
    let paper = method == Method::TsCam && settings.input.square;
    let threshold = settings
        .boxes
        .threshold
        .unwrap_or(method.default_threshold());
    let curve = (0..CURVE_STEPS).map(|step| step as f32 / CURVE_STEPS as f32);
    let thresholds: Vec<f32> = std::iter::once(threshold).chain(curve).collect();
    let measurement = Measurement {
        convention: if paper {
            IouConvention::PixelInclusive
        } else {
            IouConvention::Continuous
        },
        names: names.as_ref(),
        thresholds,
        settings,
    };
    let subjects: Vec<Subject<'_>> = truths
        .iter()
        .map(|truth| Subject {
            path: &truth.path,
            size: Some(truth.size),
        })
        .collect();
    let pass = measuring::measure_all(
        model,
        &subjects,
        measurement.settings.input,
        arguments.model.decoders(),
        |index, seen| measurement.of(seen, &truths[index]),
    );

    let mut all_thresholds = LocalizationCurve::new(measurement.thresholds.clone());
    let mut classification = ClassLocalization::default();
    let mut cases = Vec::with_capacity(pass.measured.len());
    for picture in pass.measured {
        for (largest, any) in &picture.localizations {
            all_thresholds.add(largest, any);
        }
        if let Some((ranked, truth)) = &picture.ranked {
            classification.add(ranked, *truth);
        }
        cases.push(picture.case);
    }
    let classes = if names.is_some() {
        Classes::Known
    } else {
        Classes::Agnostic
    };
    Ok(Report {
        pictures: cases.len(),
        failed: pass.failed,
        localization: Localization::new(&all_thresholds),
        classification: classification.metrics(),
        detection: coco_metrics(&cases, classes),
        effort: annotation_effort(&cases, classes),
    })
}

impl Localization {
    /// From a curve whose first threshold is the one in use.
    fn new(all: &LocalizationCurve) -> Option<Self> {
        let points = all.largest_points();
        let (chosen, curve) = points.split_first()?;
        Some(Self {
            chosen: *chosen,
            best_50: best_point(curve, |point| point.loc50)?,
            best_70: best_point(curve, |point| point.loc70)?,
            max_box_acc_v2: all.metrics()?.max_box_acc_v2,
            curve: curve.to_vec(),
        })
    }
}

impl Report {
    fn table(&self, sweep: bool) -> String {
        let percent = |x: f64| format!("{:5.1}", 100.0 * x);
        let mut lines = vec![format!("{} pictures", self.pictures)];
        if let Some(found) = &self.localization {
            lines.push(String::new());
            lines.push(
                "one box, GT-known Loc   threshold  IoU 0.3    0.5    0.7   0.75  mean IoU"
                    .to_owned(),
            );
            let row = |name: &str, point: &LocalizationPoint| {
                format!(
                    "{name:24}{:9.2}    {}  {}  {}  {}     {}",
                    point.threshold,
                    percent(point.loc30),
                    percent(point.loc50),
                    percent(point.loc70),
                    percent(point.loc75),
                    percent(point.mean_iou)
                )
            };
            lines.push(row("threshold in use", &found.chosen));
            lines.push(row("best for IoU 0.5", &found.best_50));
            lines.push(row("best for IoU 0.7", &found.best_70));
            if sweep {
                lines.extend(found.curve.iter().step_by(5).map(|point| row("", point)));
            }
            lines.push(format!("MaxBoxAccV2 {}", percent(found.max_box_acc_v2)));
        }
        if let Some(ClassLocalizationMetrics {
            top1_cls,
            top5_cls,
            top1_loc,
            top5_loc,
            pictures,
        }) = &self.classification
        {
            lines.push(String::new());
            lines.push(format!(
                "Top-1 Cls {}  Top-5 Cls {}  Top-1 Loc {}  Top-5 Loc {}  ({pictures} pictures of one class)",
                percent(*top1_cls),
                percent(*top5_cls),
                percent(*top1_loc),
                percent(*top5_loc)
            ));
        }
        lines.push(String::new());
        if let Some(found) = &self.detection {
            lines.push(format!(
                "all boxes   AP {}  AP50 {}  AP75 {}  recall at IoU 0.5 {}",
                percent(found.ap),
                percent(found.ap50),
                percent(found.ap75),
                percent(found.recall50)
            ));
        }
        let AnnotationEffort {
            effort,
            accepts,
            edits,
            draws,
            rejects,
            objects,
            boxes_per_picture,
            empty_pictures,
            false_boxes_per_empty_picture,
            ..
        } = &self.effort;
        let number = |x: &Option<f64>| x.map_or("-".to_owned(), |x| format!("{x:.2}"));
        lines.push(format!(
            "effort {}   {accepts} accepts, {edits} edits, {draws} draws, {rejects} rejects for {objects} objects; {} boxes a picture",
            number(effort),
            number(boxes_per_picture)
        ));
        if *empty_pictures > 0 {
            lines.push(format!(
                "false boxes in a picture without objects {}   ({empty_pictures} pictures)",
                number(false_boxes_per_empty_picture)
            ));
        }
        lines.push(String::new());
        lines.join("\n")
    }
}
