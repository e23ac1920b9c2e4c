//! The results of a measurement as tables and metrics.

use anyhow::Context as _;
use serde::Serialize;

use crate::evaluate::{
    AnnotationEffort, ClassLocalizationMetrics, CocoMetrics, FitEffort, LocalizationCurve,
    LocalizationPoint, best_point,
};

/// Every fifth threshold of the curve is printed.
const SWEEP_STEP: usize = 5;

/// Everything that was measured.
#[derive(Serialize)]
pub struct EvaluationReport {
    /// Pictures that were measured.
    pub pictures: usize,
    /// Pictures that could not be read, one sentence each.
    pub failed: Vec<String>,
    /// One box per picture and class. `None` if no picture shows an object, or with --results.
    pub localization: Option<Localization>,
    /// `None` unless the head's classes have names of the ground truth.
    pub classification: Option<ClassLocalizationMetrics>,
    /// All boxes. `None` without true boxes.
    pub detection: Option<CocoMetrics>,
    /// The work that is left for a person.
    pub effort: AnnotationEffort,
    /// The same with fitting, regardless of classes. `None` without --fit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effort_with_fit: Option<FitEffort>,
}

/// One box per picture and class, at several thresholds.
#[derive(Serialize)]
pub struct Localization {
    /// GT-known Loc at the threshold in use.
    chosen: LocalizationPoint,
    /// At the best threshold for IoU 0.5.
    best_50: LocalizationPoint,
    /// At the best threshold for IoU 0.7.
    best_70: LocalizationPoint,
    max_box_acc_v2: f64,
    pub curve: Vec<LocalizationPoint>,
}

impl Localization {
    /// From a curve whose first threshold is the one in use.
    pub fn new(all: &LocalizationCurve) -> Option<Self> {
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

impl EvaluationReport {
    /// The largest box at every threshold.
    ///
    /// # Errors
    /// If no picture shows an object.
    pub fn curve(&self) -> anyhow::Result<&[LocalizationPoint]> {
        let measured = self.localization.as_ref();
        let measured =
            measured.context("no picture shows an object, so there is no curve to plot")?;
        Ok(&measured.curve)
    }

    /// The table to print, with every fifth threshold if `sweep` is set.
    pub fn table(&self, sweep: bool) -> String {
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
                lines.extend(
                    found
                        .curve
                        .iter()
                        .step_by(SWEEP_STEP)
                        .map(|point| row("", point)),
                );
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
            "effort {}   {accepts} accepts, {edits} edits, {draws} draws, {rejects} rejects for {objects} objects; {} boxes per picture",
            number(effort),
            number(boxes_per_picture)
        ));
        if let Some(fit) = &self.effort_with_fit {
            lines.push(format!(
                "effort with fit {}   {} of {} edits and {} of {} draws are right once fitted \
                 ({} as drawn roughly); {} without fit, regardless of classes",
                number(&fit.effort()),
                fit.fitted_edits,
                fit.edits,
                fit.fitted_draws,
                fit.draws,
                fit.rough_draws,
                number(&fit.without_fit()),
            ));
        }
        if *empty_pictures > 0 {
            lines.push(format!(
                "false boxes per picture without objects {}   ({empty_pictures} pictures)",
                number(false_boxes_per_empty_picture)
            ));
        }
        lines.push(String::new());
        lines.join("\n")
    }
}

/// A table with one line per variant, with its best localisation over all thresholds.
pub fn comparison(variants: &[String], reports: &[EvaluationReport]) -> String {
    let percent = |x: Option<f64>| x.map_or("    -".to_owned(), |x| format!("{:5.1}", 100.0 * x));
    let number = |x: Option<f64>| x.map_or("   -".to_owned(), |x| format!("{x:.2}"));
    let has_fit = reports
        .iter()
        .any(|report| report.effort_with_fit.is_some());
    let with_fit = if has_fit { "  with fit" } else { "" };
    let mut lines = vec![
        "                      one box: in use      best of all thresholds   all boxes".to_owned(),
        format!(
            "                        0.5   0.7  0.75      0.5   0.7  0.75     AP50  AP75  recall  effort  false{with_fit}"
        ),
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
            variant,
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
        if let (Some(fit), Some(line)) = (&report.effort_with_fit, lines.last_mut()) {
            line.push_str(&format!("      {}", number(fit.effort())));
        }
    }
    lines.push(
        "one box: GT-known Loc at IoU 0.5, 0.7 and 0.75; false: boxes per picture without objects"
            .to_owned(),
    );
    if has_fit {
        lines.push(
            "with fit: effort if every edited or drawn box is fitted first, regardless of classes"
                .to_owned(),
        );
    }
    lines.push(String::new());
    lines.join("\n")
}
