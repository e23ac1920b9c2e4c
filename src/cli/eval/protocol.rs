//! `tsukami eval --protocol`: the published protocols of weakly supervised localisation, measured
//! as the official TS-CAM code and wsolevaluation measure them.

use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};
use rayon::prelude::*;
use serde::Serialize;

use super::located::LocatedPictures;
use crate::cli::evaluation_pass::{EvaluatedPicture, measure_all};
use crate::cli::options::ModelOptions;
use crate::cli::plural::counted;
use crate::cli::report_output;
use crate::evaluate::{
    ClassLocalization, ClassLocalizationMetrics, LocalizationCurve, LocalizationMetrics,
    LocalizationPoint, ProtocolTruth, RankedClass,
};
use crate::formats::wsol::{LabelledPicture, LabelledSet, read_cub, read_wsolevaluation};
use crate::localize::{BoxOptions, Localizer, Method, PictureMaps, Quality};
use crate::propose::{Inference, PipelineSettings};
use crate::tscam::{InputOptions, Model};

/// Thresholds of the curve, 0.00, 0.01, ..., 0.99: wsolevaluation's default for score maps.
const CURVE_STEPS: usize = 100;
/// Classes that Top-5 considers.
const TOP_CLASSES: usize = 5;
/// Classes of ILSVRC. A subset of the pictures need not show all of them.
const ILSVRC_CLASSES: usize = 1000;

/// The data set, which determines the protocol: the validation set of ILSVRC 2012 with
/// wsolevaluation's metadata, or the test split of CUB-200-2011.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    Ilsvrc,
    Cub,
}

impl Protocol {
    /// The threshold of a method. The official configurations have one for each data set.
    fn threshold(self, method: Method) -> f32 {
        match (self, method) {
            (Self::Cub, Method::TsCam) => 0.1,
            _ => method.default_threshold(),
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ilsvrc => "ilsvrc",
            Self::Cub => "cub",
        })
    }
}

/// Which protocol `tsukami eval` follows.
#[derive(Args)]
pub struct ProtocolOptions {
    /// Measure as the TS-CAM paper does, by default with its method: on the validation set of ILSVRC
    /// (DIR contains its pictures) or on the test split of CUB-200-2011 (DIR is the data set's folder)
    #[arg(long, value_enum, conflicts_with_all = ["truth", "results", "patches", "fit"])]
    pub protocol: Option<Protocol>,
    /// With --protocol ilsvrc: the folder of wsolevaluation's metadata for the validation set
    #[arg(
        long,
        value_name = "FOLDER",
        requires = "protocol",
        required_if_eq("protocol", "ilsvrc")
    )]
    metadata: Option<PathBuf>,
}

/// What to measure, and where the results go.
pub struct ProtocolRequest<'a> {
    /// ILSVRC: the folder of the pictures. CUB: the folder of the data set.
    pub folder: &'a Path,
    /// The model to measure.
    pub model: &'a ModelOptions,
    /// Also print the curve.
    pub sweep: bool,
    /// Where to write the metrics as JSON.
    pub json: Option<&'a Path>,
    /// Where to plot the curve.
    pub plot: Option<&'a Path>,
}

/// Everything that was measured. Shares are of the pictures that could be read.
#[derive(Serialize)]
struct ProtocolReport {
    protocol: Protocol,
    method: &'static str,
    /// The threshold for what the TS-CAM code counts.
    threshold: f32,
    pictures: usize,
    /// Pictures of the set that were not found.
    absent: usize,
    /// Pictures whose size is not that of the set's lists. Their true boxes are scaled.
    resized: usize,
    /// Pictures that could not be read, one sentence each, and one sentence about those that were not
    /// found.
    failed: Vec<String>,
    /// As the TS-CAM code counts. `None` without a head.
    classification: Option<ClassLocalizationMetrics>,
    /// The box of the true class as the TS-CAM code counts it: `loc50` is GT-known Loc. `None` if no
    /// picture could be read.
    gt_known: Option<LocalizationPoint>,
    /// The map of the true class as wsolevaluation counts it.
    wsolevaluation: Option<LocalizationMetrics>,
}

/// What was measured in one picture.
struct Measured {
    /// Whether the size of the picture is not the one in the lists of the set.
    is_resized: bool,
    /// IoU of the true class's box at the threshold in use, as the TS-CAM code counts.
    gt_known: f64,
    /// IoU of the largest box at each threshold of the curve, as wsolevaluation counts.
    largest: Vec<f64>,
    /// IoU of the best of all boxes at each threshold of the curve, likewise.
    any: Vec<f64>,
    /// The most probable classes of the head, each with the IoU of its box.
    ranked: Option<Vec<RankedClass>>,
}

/// How the pictures are measured.
struct Measurement<'a> {
    model: &'a Model,
    method: Method,
    input_options: InputOptions,
    threshold: f32,
    curve: Vec<f32>,
}

/// Runs the command and returns the exit code.
///
/// # Errors
/// If a file cannot be read or written, or the model does not fit the data set.
pub fn run(
    protocol: Protocol,
    options: &ProtocolOptions,
    request: &ProtocolRequest<'_>,
) -> anyhow::Result<u8> {
    let folder = request.folder;
    let (set, pictures) = match (protocol, &options.metadata) {
        (Protocol::Ilsvrc, Some(metadata)) => (read_wsolevaluation(metadata)?, folder.to_owned()),
        (Protocol::Ilsvrc, None) => bail!("--protocol ilsvrc needs --metadata"),
        (Protocol::Cub, None) => (read_cub(folder)?, folder.join("images")),
        (Protocol::Cub, Some(_)) => {
            bail!("--protocol cub reads the lists in its own folder: omit --metadata")
        }
    };
    report_output::check_outputs(request.json, request.plot, &set.lists)?;
    let networks = request.model.open()?;
    let model = &networks.model;
    let method = request.model.method;
    check_head(protocol, &set, model, request.model)?;
    let input_options = InputOptions {
        square: true,
        as_stored: true,
        ..request.model.input_options()
    };
    let settings = PipelineSettings {
        method,
        input_options,
        boxes: BoxOptions::default(),
    };
    settings.check(model).map_err(anyhow::Error::msg)?;
    let measurement = Measurement {
        model,
        method,
        input_options,
        threshold: request
            .model
            .threshold
            .unwrap_or(protocol.threshold(method)),
        curve: (0..CURVE_STEPS)
            .map(|step| step as f32 / CURVE_STEPS as f32)
            .collect(),
    };
    let report = measurement.report(
        protocol,
        &set,
        &pictures,
        request.model.backbone.in_flight(),
    );
    if report.resized > 0 {
        status!(
            "note: {} of {} are not of the size in the lists of the set; their true boxes are \
             scaled",
            report.resized,
            counted(report.pictures, "picture")
        );
    }
    let code = report_output::write_report(
        &report.table(request.sweep),
        &report,
        request.json,
        report.pictures,
        &report.failed,
    )?;
    if let Some(path) = request.plot {
        let measured = report.wsolevaluation.as_ref();
        let curve = &measured.context("there is no curve to plot")?.curve;
        let title = format!(
            "{protocol}: the largest box of {method}, {} pictures",
            report.pictures
        );
        report_output::plot_shares(path, &title, &report_output::curves(curve))?;
    }
    Ok(code)
}

/// Refuses a head whose outputs are not the classes of the data set. Without a head, the class maps
/// would be those of the companion, whose classes are the ones of ILSVRC only.
fn check_head(
    protocol: Protocol,
    set: &LabelledSet,
    model: &Model,
    options: &ModelOptions,
) -> anyhow::Result<()> {
    let Some(head) = model.head() else {
        let method = options.method;
        let uses_classes = method.needs_classes() || options.quality > Quality::Fast;
        if protocol == Protocol::Cub && uses_classes {
            bail!(
                "{} has no head for the classes of CUB: at --quality {} the method {method} needs \
                 class maps of them; use a --head or a --model that was trained on CUB, or \
                 --method affinity with --quality fast, which needs no classes",
                model.name,
                options.quality,
            );
        }
        return Ok(());
    };
    let (known, expected) = (head.classes.len(), set.classes);
    let is_subset = protocol == Protocol::Ilsvrc && known == ILSVRC_CLASSES && expected < known;
    if known != expected && !is_subset {
        bail!(
            "the head of {} has {known} classes, but the data set has {expected}: use the --model \
             that was trained on it",
            model.name
        );
    }
    Ok(())
}

impl Measurement<'_> {
    fn report(
        &self,
        protocol: Protocol,
        set: &LabelledSet,
        folder: &Path,
        in_flight: usize,
    ) -> ProtocolReport {
        let located = LocatedPictures::new(folder, &set.pictures);
        let pictures: Vec<EvaluatedPicture<'_>> = located
            .found
            .iter()
            .map(|(path, _)| EvaluatedPicture { path, size: None })
            .collect();
        let pass = measure_all(
            self.model.into(),
            &pictures,
            self.input_options,
            in_flight,
            |index, inference| {
                let picture = located.found[index].1;
                (picture.class, self.of(inference, picture))
            },
        );
        let mut gt_known = LocalizationCurve::new(vec![self.threshold]);
        let mut wsolevaluation = LocalizationCurve::new(self.curve.clone());
        let mut classification = ClassLocalization::official();
        let mut resized = 0;
        for (class, picture) in &pass.measured {
            resized += usize::from(picture.is_resized);
            gt_known.add(&[picture.gt_known], &[picture.gt_known]);
            wsolevaluation.add(&picture.largest, &picture.any);
            if let Some(ranked) = &picture.ranked {
                classification.add(ranked, *class as u32);
            }
        }
        ProtocolReport {
            protocol,
            method: self.method.name(),
            threshold: self.threshold,
            pictures: pass.measured.len(),
            absent: located.absent,
            resized,
            failed: pass.failed.into_iter().chain(located.notice).collect(),
            classification: classification.metrics(),
            gt_known: gt_known.largest_points().first().copied(),
            wsolevaluation: wsolevaluation.metrics(),
        }
    }

    fn of(&self, inference: &Inference, picture: &LabelledPicture) -> Measured {
        // Both codes compare in the frame of the model's input. The boxes are in pixels of the picture
        // as it was published, so wsolevaluation scales them by the size in its lists, whatever the size
        // of the file. The TS-CAM code takes the size of the file, which is right only if it is the
        // same; the size in the lists is right for both.
        let frame = self.model.pixels_for(inference.evidence.grid);
        let listed = picture.size.unwrap_or(inference.size);
        let truth = ProtocolTruth::new(&picture.boxes, listed, frame);
        let ranking = inference.evidence.classes().map(|(_, classes)| {
            let ranked = classes.ranked().into_iter().take(TOP_CLASSES);
            ranked.map(|(class, _)| class).collect::<Vec<usize>>()
        });
        let true_class = ranking.is_some().then_some(picture.class);
        let mut classes: Vec<usize> = ranking
            .iter()
            .flatten()
            .copied()
            .chain(true_class)
            .collect();
        classes.sort_unstable();
        classes.dedup();
        let classes: Vec<_> = classes.into_iter().map(|class| (class, 1.0)).collect();
        let maps = PictureMaps::new(&inference.evidence, &classes, &[]);
        let iou_of = |localizer: Option<&Localizer>| {
            let largest = localizer.and_then(|map| map.largest_and_all(self.threshold, frame).0);
            truth.ts_cam_iou(largest)
        };
        let localizer = Localizer::new(&maps, self.method, true_class);
        let curve: Vec<(f64, f64)> = self
            .curve
            .par_iter()
            .map(|&threshold| {
                let contours = localizer
                    .as_ref()
                    .map(|map| map.largest_and_contours(threshold, frame));
                let (largest, any) = contours.unwrap_or_default();
                (
                    truth.wsolevaluation_iou(largest.as_slice()),
                    truth.wsolevaluation_iou(&any),
                )
            })
            .collect();
        let (largest, any) = curve.into_iter().unzip();
        let ranked = ranking.map(|classes| {
            let ranked = classes.into_iter().map(|class| RankedClass {
                category: class as u32,
                iou: iou_of(Localizer::new(&maps, self.method, Some(class)).as_ref()),
            });
            ranked.collect()
        });
        Measured {
            is_resized: listed != inference.size,
            gt_known: iou_of(localizer.as_ref()),
            largest,
            any,
            ranked,
        }
    }
}

impl ProtocolReport {
    fn table(&self, sweep: bool) -> String {
        let percent = |share: f64| format!("{:5.1}", 100.0 * share);
        let Self {
            protocol,
            method,
            threshold,
            pictures,
            ..
        } = self;
        let mut lines = vec![
            format!("{pictures} pictures, protocol {protocol}, method {method}"),
            String::new(),
        ];
        if let Some(gt_known) = &self.gt_known {
            let mut line = format!(
                "TS-CAM, threshold {threshold:.2}   GT-known Loc {}",
                percent(gt_known.loc50)
            );
            if let Some(found) = &self.classification {
                line += &format!(
                    "  Top-1 Loc {}  Top-5 Loc {}  Top-1 Cls {}  Top-5 Cls {}",
                    percent(found.top1_loc),
                    percent(found.top5_loc),
                    percent(found.top1_cls),
                    percent(found.top5_cls)
                );
            }
            lines.push(line);
        }
        if let Some(found) = &self.wsolevaluation {
            lines.push(format!(
                "wsolevaluation           MaxBoxAcc    {}  (threshold {:.2})  MaxBoxAccV2 {}",
                percent(found.max_box_acc),
                found.best.threshold,
                percent(found.max_box_acc_v2)
            ));
            if sweep {
                lines.push(String::new());
                lines.push("threshold  IoU 0.3    0.5    0.7   mean IoU".to_owned());
                lines.extend(found.curve.iter().step_by(5).map(|point| {
                    format!(
                        "{:9.2}    {}  {}  {}      {}",
                        point.threshold,
                        percent(point.loc30),
                        percent(point.loc50),
                        percent(point.loc70),
                        percent(point.mean_iou)
                    )
                }));
            }
        }
        lines.push(String::new());
        lines.join("\n")
    }
}
