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
use crate::formats::class_map;
use crate::formats::coco::Instances;
use crate::geometry::BBox;
use crate::localize::{BoxOptions, Evidence, Localizer, Maps, Method, Quality, Source};
use crate::naming::Naming;
use crate::propose::{self, Proposal, Settings, Sought};
use crate::tscam::Model;

/// Thresholds of the curve: 0.00, 0.01, ..., 0.99.
const CURVE_STEPS: usize = 100;
/// Classes that Top-5 looks at.
const RANKS: usize = 5;

/// A category that no object has.
const UNKNOWN: u32 = u32::MAX;

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
    if let Some(results) = &arguments.results {
        let report = measure_results(&instances, results, arguments.class_agnostic)?;
        return tell(&report.table(false), &report, json, &report);
    }
    let truths = truths_of(&instances, folder)?;
    let map = arguments.map.as_deref();
    let naming = map.map(class_map::read).transpose()?.unwrap_or_default();
    let model = arguments.model.open()?;
    let has_companion = arguments.model.quality > Quality::Fast;
    let variant = |method: Method, source: Option<Source>| Variant {
        method,
        source,
        names: match (source, model.head()) {
            (Some(Source::Head), Some(head)) => Some(&head.classes),
            // Nobody's classes are ImageNet's by chance.
            (Some(Source::Companion), _) if map.is_some() => {
                model.companion().map(|companion| &companion.classes)
            }
            _ => None,
        }
        .and_then(|known| Names::new(&instances, known, &naming)),
    };
    let head = model.head().map(|_| Source::Head);
    let companion = Some(Source::Companion).filter(|_| has_companion);
    if !arguments.compare {
        let of_head = head.map(|head| variant(arguments.model.method, Some(head)));
        let of_head = of_head.filter(|variant| variant.names.is_some() || companion.is_none());
        let variants = [of_head.unwrap_or_else(|| variant(arguments.model.method, companion))];
        let reports = measure(arguments, &truths, &model, &variants)?;
        let report = &reports[0];
        let code = tell(&report.table(arguments.sweep), report, json, report)?;
        if let Some(path) = plot {
            let curve = report.curve()?;
            let title = format!(
                "The largest box of {}, {} pictures",
                arguments.model.method, report.pictures
            );
            measuring::plot(path, &title, &measuring::curves(curve))?;
        }
        return Ok(code);
    }
    let mut variants = vec![
        variant(Method::Attention, None),
        variant(Method::Affinity, None),
    ];
    for source in [head, companion].into_iter().flatten() {
        for method in [Method::Cam, Method::TsCam, Method::Affinity] {
            variants.push(variant(method, Some(source)));
        }
    }
    let reports = measure(arguments, &truths, &model, &variants)?;
    let names = variants.iter().map(Variant::name);
    let named: BTreeMap<String, &Report> = names.zip(&reports).collect();
    let table = comparison(&variants, &reports);
    let code = tell(&table, &named, json, &reports[0])?;
    if let Some(path) = plot {
        let title = format!("The largest box, {} pictures", reports[0].pictures);
        let mut series = Vec::new();
        for (variant, report) in variants.iter().zip(&reports) {
            let curve = report.curve()?;
            series.push(measuring::curve(&variant.name(), curve, |point| {
                point.loc50
            }));
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
    of_pass: &Report,
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

/// What the model's classes are called in the truth.
struct Names<'a> {
    known: &'a [String],
    naming: &'a Naming,
    by_name: BTreeMap<&'a str, u32>,
    /// The truth's category of each of the model's classes.
    categories: Vec<Option<u32>>,
}

impl<'a> Names<'a> {
    /// Nothing if the model knows none of the truth's names.
    fn new(instances: &'a Instances, known: &'a [String], naming: &'a Naming) -> Option<Self> {
        let by_name: BTreeMap<&str, u32> = instances
            .categories
            .iter()
            .map(|category| (category.name.as_str(), category.id as u32))
            .collect();
        let categories: Vec<Option<u32>> = known
            .iter()
            .map(|class| by_name.get(naming.name_of(class)).copied())
            .collect();
        let is_any_known = categories.iter().any(Option::is_some);
        is_any_known.then_some(Self {
            known,
            naming,
            by_name,
            categories,
        })
    }

    /// The truth's category of one of the model's classes; one that no object has if unknown.
    fn category(&self, class: usize) -> u32 {
        self.categories[class].unwrap_or(UNKNOWN)
    }

    /// The likeliest of the classes that are of a category.
    fn class(&self, category: u32, evidence: &Evidence) -> Option<usize> {
        let (_, classes) = evidence.classes()?;
        let of_category =
            (0..self.categories.len()).filter(|class| self.categories[*class] == Some(category));
        // The first of equals.
        of_category.rev().max_by(|a, b| {
            let logit = |class: &usize| classes.logits[*class];
            logit(a).total_cmp(&logit(b))
        })
    }

    /// The boxes with their categories.
    fn predictions(&self, proposals: &[Proposal]) -> Vec<Prediction> {
        let named = propose::named(proposals, self.known, self.naming, |_| true).into_iter();
        let predictions = named.map(|(proposal, name)| Prediction {
            bbox: proposal.bbox,
            category: name
                .and_then(|name| self.by_name.get(name).copied())
                .unwrap_or(UNKNOWN),
            score: proposal.score,
        });
        predictions.collect()
    }
}

/// A way to make boxes of what was seen.
struct Variant<'a> {
    method: Method,
    /// What it lets know classes.
    source: Option<Source>,
    names: Option<Names<'a>>,
}

impl Variant<'_> {
    fn name(&self) -> String {
        match self.source {
            Some(source) => format!("{} {}", self.method, source.name()),
            None => self.method.to_string(),
        }
    }
}

/// How pictures are measured.
struct Measurement<'a> {
    settings: Settings,
    convention: IouConvention,
    names: Option<&'a Names<'a>>,
    /// The one in use, then those of the curve.
    thresholds: Vec<f32>,
}

/// A picture as one variant sees it.
#[derive(Clone, Copy)]
struct View<'a> {
    size: (u32, u32),
    evidence: &'a Evidence,
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
    fn of(&self, seen: View<'_>, truth: &Truth) -> Measured {
        let categories = truth.categories();
        let localizations = match self.names {
            None if categories.is_empty() => Vec::new(),
            None => vec![self.localization(seen, None, &truth.objects(None))],
            Some(names) => categories
                .iter()
                .map(|&category| {
                    // A class that the model does not know has no map of its own.
                    let class = names.class(category, seen.evidence);
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

    fn case(&self, seen: View<'_>, truth: &Truth) -> Case {
        let sought = if self.names.is_some() {
            Sought::Anything
        } else {
            Sought::AnyObject
        };
        let proposals = propose::propose(seen.evidence, seen.size, &sought, &self.settings);
        let unnamed = |proposal: &Proposal| Prediction {
            bbox: proposal.bbox,
            category: 0,
            score: proposal.score,
        };
        Case {
            truth: truth.boxes.clone(),
            predictions: match self.names {
                Some(names) => names.predictions(&proposals),
                None => proposals.iter().map(unnamed).collect(),
            },
        }
    }

    /// GT-known: the box of the true class against that class's objects, at every threshold.
    fn localization(
        &self,
        seen: View<'_>,
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

    fn localizer(&self, seen: View<'_>, class: Option<usize>) -> Option<Localizer> {
        let classes: Vec<_> = class.into_iter().map(|class| (class, 1.0)).collect();
        let maps = Maps::new(seen.evidence, &classes, &[]);
        Localizer::new(&maps, self.settings.method, class)
    }

    /// The best IoU of the largest box, and of any box, at one threshold.
    fn ious_at(
        &self,
        localizer: Option<&Localizer>,
        seen: View<'_>,
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
    fn ranked(&self, names: &Names, seen: View<'_>, objects: &[BBox]) -> Option<Vec<RankedClass>> {
        let classes = seen.evidence.classes()?.1.ranked();
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

/// Measures each variant on the same pass over the pictures.
fn measure(
    arguments: &Arguments,
    truths: &[Truth],
    model: &Model,
    variants: &[Variant<'_>],
) -> anyhow::Result<Vec<Report>> {
    let measurements: Vec<Measurement<'_>> = variants
        .iter()
        .map(|variant| Measurement::new(arguments, variant))
        .collect();
    for (measurement, variant) in measurements.iter().zip(variants) {
        measurement
            .settings
            .check(model)
            .map_err(anyhow::Error::msg)?;
        let method = variant.method;
        // A companion has a map of any object.
        if method.needs_classes() && variant.source == Some(Source::Head) && variant.names.is_none()
        {
            bail!("the head knows none of the truth's classes, and {method} needs them");
        }
    }
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
        arguments.model.viewing(),
        arguments.model.decoders(),
        |index, seen| {
            let measured = measurements.iter().zip(variants);
            let measured = measured.map(|(measurement, variant)| {
                let evidence = seen.evidence.from(variant.source);
                let view = View {
                    size: seen.size,
                    evidence: &evidence,
                };
                measurement.of(view, &truths[index])
            });
            measured.collect::<Vec<Measured>>()
        },
    );
    let mut by_variant: Vec<Vec<Measured>> = variants.iter().map(|_| Vec::new()).collect();
    for picture in pass.measured {
        for (measured, of_variant) in picture.into_iter().zip(&mut by_variant) {
            of_variant.push(measured);
        }
    }
    let reports = measurements.iter().zip(by_variant);
    Ok(reports
        .map(|(measurement, measured)| measurement.report(measured, &pass.failed))
        .collect())
}

impl<'a> Measurement<'a> {
    fn new(arguments: &Arguments, variant: &'a Variant<'a>) -> Self {
        let method = variant.method;
        let settings = Settings {
            method,
            viewing: arguments.model.viewing(),
            boxes: BoxOptions {
                threshold: arguments.model.threshold,
                ..BoxOptions::default()
            },
        };
        // The official evaluation counts pixels inside the box, edges included.
        let paper = method == Method::TsCam && settings.viewing.square;
        let threshold = settings
            .boxes
            .threshold
            .unwrap_or(method.default_threshold());
        let curve = (0..CURVE_STEPS).map(|step| step as f32 / CURVE_STEPS as f32);
        Self {
            convention: if paper {
                IouConvention::PixelInclusive
            } else {
                IouConvention::Continuous
            },
            names: variant.names.as_ref(),
            thresholds: std::iter::once(threshold).chain(curve).collect(),
            settings,
        }
    }

    fn report(&self, measured: Vec<Measured>, failed: &[String]) -> Report {
        let mut all_thresholds = LocalizationCurve::new(self.thresholds.clone());
        let mut classification = ClassLocalization::default();
        let mut cases = Vec::with_capacity(measured.len());
        for picture in measured {
            for (largest, any) in &picture.localizations {
                all_thresholds.add(largest, any);
            }
            if let Some((ranked, truth)) = &picture.ranked {
                classification.add(ranked, *truth);
            }
            cases.push(picture.case);
        }
        let classes = if self.names.is_some() {
            Classes::Known
        } else {
            Classes::Agnostic
        };
        Report {
            pictures: cases.len(),
            failed: failed.to_vec(),
            localization: Localization::new(&all_thresholds),
            classification: classification.metrics(),
            detection: coco_metrics(&cases, classes),
            effort: annotation_effort(&cases, classes),
        }
    }
}

/// One line a variant, with its best localisation over all thresholds.
fn comparison(variants: &[Variant<'_>], reports: &[Report]) -> String {
    let percent = |x: Option<f64>| x.map_or("    -".to_owned(), |x| format!("{:5.1}", 100.0 * x));
    let number = |x: Option<f64>| x.map_or("   -".to_owned(), |x| format!("{x:.2}"));
    let mut lines = vec![
        "                      one box: in use      best of all thresholds   all boxes".to_owned(),
        "                        0.5   0.7  0.75      0.5   0.7  0.75     AP50  AP75  recall  effort  false"
            .to_owned(),
    ];
    for (variant, report) in variants.iter().zip(reports) {
        let found = report.localization.as_ref();
        let chosen = found.map(|found| &found.chosen);
        let best = |level: fn(&LocalizationPoint) -> f64| {
            let curve = found?.curve.iter().map(level);
            curve.reduce(f64::max)
        };
        let detection = report.detection.as_ref();
        lines.push(format!(
            "{:20}  {} {} {}    {} {} {}    {} {}   {}    {}   {}",
            variant.name(),
            percent(chosen.map(|point| point.loc50)),
            percent(chosen.map(|point| point.loc70)),
            percent(chosen.map(|point| point.loc75)),
            percent(best(|point| point.loc50)),
            percent(best(|point| point.loc70)),
            percent(best(|point| point.loc75)),
            percent(detection.map(|found| found.ap50)),
            percent(detection.map(|found| found.ap75)),
            percent(detection.map(|found| found.recall50)),
            number(report.effort.effort),
            number(report.effort.false_boxes_per_empty_picture),
        ));
    }
    lines.push(
        "one box: GT-known Loc at IoU 0.5, 0.7 and 0.75; false: boxes in a picture without objects\n"
            .to_owned(),
    );
    lines.join("\n")
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
    fn curve(&self) -> anyhow::Result<&[LocalizationPoint]> {
        let measured = self.localization.as_ref();
        let measured =
            measured.context("no picture shows an object, so there is no curve to plot")?;
        Ok(&measured.curve)
    }

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
