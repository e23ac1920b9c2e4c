//! `tsukami eval --protocol`: the published protocols of weakly supervised localisation, measured
//! as the official TS-CAM code and wsolevaluation measure them.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};
use rayon::prelude::*;
use serde::Serialize;
use walkdir::WalkDir;

use super::ModelOptions;
use super::measuring::{self, EvaluatedPicture};
use crate::evaluate::{
    ClassLocalization, ClassLocalizationMetrics, LocalizationCurve, LocalizationMetrics,
    LocalizationPoint, RankedClass, SquashedTruth,
};
use crate::formats::wsol::{LabelledPicture, LabelledSet, read_cub, read_wsolevaluation};
use crate::localize::{BoxOptions, Localizer, Maps, Method};
use crate::propose::{Inference, ProposeSettings};
use crate::tscam::{InputOptions, Model};

/// Thresholds of the curve, 0.00, 0.01, ..., 0.99: wsolevaluation's default for score maps.
const CURVE_STEPS: usize = 100;
/// Classes that Top-5 looks at.
const TOP_CLASSES: usize = 5;
/// Classes of ILSVRC; a part of the set need not show them all.
const ILSVRC_CLASSES: usize = 1000;

/// Which set, and hence which protocol: the validation set of ILSVRC 2012 with wsolevaluation's
/// metadata, or the test split of CUB-200-2011.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    Ilsvrc,
    Cub,
}

impl Protocol {
    /// Where a method's map is cut. The official configurations have a threshold for each set.
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
    /// Measure as the TS-CAM paper does, by default with its method: on ILSVRC's validation set
    /// (DIR holds its pictures) or on CUB-200-2011's test split (DIR is the set's own folder)
    #[arg(long, value_enum, conflicts_with_all = ["truth", "results", "patches"])]
    pub protocol: Option<Protocol>,
    /// With --protocol ilsvrc: wsolevaluation's metadata folder of the validation set
    #[arg(
        long,
        value_name = "FOLDER",
        requires = "protocol",
        required_if_eq("protocol", "ilsvrc")
    )]
    metadata: Option<PathBuf>,
}

/// What is to be measured, and where the outcome goes.
pub struct ProtocolRequest<'a> {
    /// ILSVRC: the folder of the pictures. CUB: the folder of the set.
    pub folder: &'a Path,
    pub model: &'a ModelOptions,
    /// Print the curve as well.
    pub sweep: bool,
    pub json: Option<&'a Path>,
    pub plot: Option<&'a Path>,
}

/// Everything that was measured. Shares of pictures, of those that could be read.
#[derive(Serialize)]
struct ProtocolReport {
    protocol: Protocol,
    method: &'static str,
    /// Where the maps are cut for what the TS-CAM code counts.
    threshold: f32,
    pictures: usize,
    /// Pictures that could not be read, one sentence each.
    failed: Vec<String>,
    /// As the TS-CAM code counts; none without a head.
    classification: Option<ClassLocalizationMetrics>,
    /// The true class's box as the TS-CAM code counts it: `loc50` is GT-known Loc. None if no
    /// picture could be read.
    gt_known: Option<LocalizationPoint>,
    /// The true class's map as wsolevaluation counts it.
    wsolevaluation: Option<LocalizationMetrics>,
}

/// What was measured in one picture.
struct Measured {
    /// IoU of the true class's box at the threshold in use, as the TS-CAM code has it.
    gt_known: f64,
    /// IoU of the largest box at each threshold of the curve, as wsolevaluation has it.
    largest: Vec<f64>,
    /// Likewise, the best of all boxes.
    any: Vec<f64>,
    /// The classes that the head sees.
    ranked: Option<Vec<RankedClass>>,
}

/// How pictures are measured.
struct Measurement<'a> {
    model: &'a Model,
    method: Method,
    input_options: InputOptions,
    threshold: f32,
    curve: Vec<f32>,
}

/// Runs the command; the exit code.
pub fn run(
    protocol: Protocol,
    options: &ProtocolOptions,
    request: &ProtocolRequest<'_>,
) -> anyhow::Result<u8> {
    let folder = request.folder;
    let (set, pictures) = match (protocol, &options.metadata) {
        (Protocol::Ilsvrc, Some(metadata)) => (read_wsolevaluation(metadata)?, folder.to_owned()),
        (Protocol::Ilsvrc, None) => bail!("the protocol ilsvrc needs --metadata"),
        (Protocol::Cub, None) => (read_cub(folder)?, folder.join("images")),
        (Protocol::Cub, Some(_)) => {
            bail!("the protocol cub reads the lists in its own folder: leave --metadata out")
        }
    };
    measuring::check_outputs(request.json, request.plot, &set.lists)?;
    let model = request.model.open()?;
    check_head(protocol, &set, &model)?;
    let method = request.model.method;
    let input_options = InputOptions {
        square: true,
        as_stored: true,
        ..request.model.input_options()
    };
    let settings = ProposeSettings {
        method,
        input_options,
        boxes: BoxOptions::default(),
    };
    settings.check(&model).map_err(anyhow::Error::msg)?;
    let measurement = Measurement {
        model: &model,
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
    let report = measurement.report(protocol, &set, &pictures, request.model.backbone.decoders());
    let code = measuring::tell(
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
        measuring::plot(path, &title, &measuring::curves(curve))?;
    }
    Ok(code)
}

/// Whether the head's outputs are the set's classes.
fn check_head(protocol: Protocol, set: &LabelledSet, model: &Model) -> anyhow::Result<()> {
    let Some(head) = model.head() else {
        return Ok(());
    };
    let (known, wanted) = (head.classes.len(), set.classes);
    let is_part = protocol == Protocol::Ilsvrc && known == ILSVRC_CLASSES && wanted < known;
    if known != wanted && !is_part {
        bail!(
            "the head of {} knows {known} classes, but the set has {wanted}: give the --model that \
             was trained on it",
            model.name
        );
    }
    Ok(())
}

/// Where each picture of the set lies: under its name, or else wherever below `folder` there is
/// one file alone with the last part of that name, since the validation set is often sorted into
/// folders by class. A picture that is nowhere keeps the path where it should be.
fn locate(folder: &Path, pictures: &[LabelledPicture]) -> Vec<PathBuf> {
    let named: Vec<PathBuf> = pictures
        .iter()
        .map(|picture| folder.join(&picture.name))
        .collect();
    if named.iter().all(|path| path.exists()) {
        return named;
    }
    let mut by_file_name: HashMap<_, Vec<PathBuf>> = HashMap::new();
    let entries = WalkDir::new(folder).into_iter().filter_map(Result::ok);
    for entry in entries.filter(|entry| entry.file_type().is_file()) {
        let files = by_file_name.entry(entry.file_name().to_owned());
        files.or_default().push(entry.into_path());
    }
    let found = |path: PathBuf| {
        let files = path.file_name().and_then(|name| by_file_name.get(name));
        match files.map(Vec::as_slice) {
            Some([alone]) if !path.exists() => alone.clone(),
            _ => path,
        }
    };
    named.into_iter().map(found).collect()
}

impl Measurement<'_> {
    fn report(
        &self,
        protocol: Protocol,
        set: &LabelledSet,
        folder: &Path,
        decoders: usize,
    ) -> ProtocolReport {
        let paths = locate(folder, &set.pictures);
        let subjects: Vec<EvaluatedPicture<'_>> = paths
            .iter()
            .zip(&set.pictures)
            .map(|(path, picture)| EvaluatedPicture {
                path,
                size: picture.size,
            })
            .collect();
        let pass = measuring::measure_all(
            self.model,
            &subjects,
            self.input_options,
            decoders,
            |index, seen| {
                let picture = &set.pictures[index];
                (picture.class, self.of(seen, picture))
            },
        );
        let mut gt_known = LocalizationCurve::new(vec![self.threshold]);
        let mut wsolevaluation = LocalizationCurve::new(self.curve.clone());
        let mut classification = ClassLocalization::official();
        for (class, picture) in &pass.measured {
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
            failed: pass.failed,
            classification: classification.metrics(),
            gt_known: gt_known.largest_points().first().copied(),
            wsolevaluation: wsolevaluation.metrics(),
        }
    }

    fn of(&self, seen: &Inference, picture: &LabelledPicture) -> Measured {
        // Both codes compare in the frame of the model's input.
        let frame = self.model.pixels_for(seen.evidence.grid);
        let truth = SquashedTruth::new(&picture.boxes, seen.size, frame);
        let ranking = seen.evidence.classes().map(|(_, classes)| {
            let ranked = classes.ranked().into_iter().take(TOP_CLASSES);
            ranked.map(|(class, _)| class).collect::<Vec<usize>>()
        });
        let true_class = ranking.is_some().then_some(picture.class);
        let mut wanted: Vec<usize> = ranking
            .iter()
            .flatten()
            .copied()
            .chain(true_class)
            .collect();
        wanted.sort_unstable();
        wanted.dedup();
        let wanted: Vec<_> = wanted.into_iter().map(|class| (class, 1.0)).collect();
        let maps = Maps::new(&seen.evidence, &wanted, &[]);
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
