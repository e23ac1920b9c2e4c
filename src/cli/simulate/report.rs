//! What came of the simulated reviews.

use serde::Serialize;

use super::SimulationRun;
use crate::cli::plot::Series;
use crate::evaluate::{
    Classes, EvaluationCase, IouConvention, TruthBox, annotation_effort, best_iou, coco_metrics,
};
use crate::geometry::BBox;
use crate::learn::boxes::LearnedBox;

/// From this IoU on a box is accepted as it is.
const ACCEPT_IOU: f64 = 0.75;
/// Parts of the pictures, the last of which says what learning has come to.
const PARTS: usize = 3;
/// Of the reliability.
const BINS: usize = 10;
/// Points of a curve, about, and the share of the pictures that each is the mean of.
const POINTS: usize = 100;
const WINDOW_SHARE: usize = 6;

/// How proposals do on some pictures; categories play no part.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct ProposalMetrics {
    /// [`crate::evaluate::AnnotationEffort::effort`].
    effort: Option<f64>,
    /// Average precision at IoU 0.5.
    ap50: Option<f64>,
    /// The share of objects with a box of their own at IoU 0.75.
    at75: Option<f64>,
    /// Boxes in a picture without any object, on average.
    false_boxes_per_empty_picture: Option<f64>,
}

impl ProposalMetrics {
    fn of(cases: &[EvaluationCase]) -> Self {
        let effort = annotation_effort(cases, Classes::Agnostic);
        let objects = effort.objects;
        Self {
            effort: effort.effort,
            ap50: coco_metrics(cases, Classes::Agnostic).map(|metrics| metrics.ap50),
            at75: (objects > 0).then(|| effort.accepts as f64 / objects as f64),
            false_boxes_per_empty_picture: effort.false_boxes_per_empty_picture,
        }
    }

    fn mean(figures: &[Self]) -> Self {
        let mean = |number: fn(&Self) -> Option<f64>| {
            let known: Vec<f64> = figures.iter().filter_map(number).collect();
            (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
        };
        Self {
            effort: mean(|figures| figures.effort),
            ap50: mean(|figures| figures.ap50),
            at75: mean(|figures| figures.at75),
            false_boxes_per_empty_picture: mean(|figures| figures.false_boxes_per_empty_picture),
        }
    }

    fn row(&self) -> String {
        let number = |x: Option<f64>| x.map_or("    -".to_owned(), |x| format!("{x:5.3}"));
        format!(
            "{}  {}  {}  {}",
            number(self.effort),
            number(self.ap50),
            number(self.at75),
            number(self.false_boxes_per_empty_picture)
        )
    }
}

/// Without learning, with it, and in how many of the pictures it was in use.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct LearningComparison {
    off: ProposalMetrics,
    on: ProposalMetrics,
    in_use: f64,
}

impl LearningComparison {
    fn of(run: &SimulationRun, from: usize) -> Self {
        let reviews = &run.reviews[from..];
        let cases = |is_on: bool| -> Vec<EvaluationCase> {
            reviews.iter().map(|review| review.case(is_on)).collect()
        };
        let learned = reviews.iter().filter(|review| review.is_learned).count();
        Self {
            off: ProposalMetrics::of(&cases(false)),
            on: ProposalMetrics::of(&cases(true)),
            in_use: learned as f64 / reviews.len().max(1) as f64,
        }
    }

    fn mean(of: &[Self]) -> Self {
        let figures = |figures: fn(&Self) -> ProposalMetrics| {
            ProposalMetrics::mean(&of.iter().map(figures).collect::<Vec<ProposalMetrics>>())
        };
        Self {
            off: figures(|compared| compared.off),
            on: figures(|compared| compared.on),
            in_use: of.iter().map(|compared| compared.in_use).sum::<f64>() / of.len().max(1) as f64,
        }
    }
}

/// One way through the pictures, or the mean of all.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct RunSummary {
    last_third: LearningComparison,
    all: LearningComparison,
}

/// What is told of all runs.
#[derive(Debug, Serialize)]
pub struct SimulationReport {
    pictures: usize,
    seeds: Vec<RunSummary>,
    mean: RunSummary,
    /// To add a picture and solve, in seconds: the mean and the most.
    seconds_to_learn: [f64; 2],
    reliability: Vec<ReliabilityBin>,
    expected_calibration_error: Option<f64>,
    /// Why some pictures could not be looked at.
    pub failed: Vec<String>,
}

impl SimulationReport {
    /// Of runs over the same pictures.
    pub fn new(runs: &[SimulationRun], reliability: &Reliability, failed: Vec<String>) -> Self {
        let seeds: Vec<RunSummary> = runs
            .iter()
            .map(|run| RunSummary {
                last_third: LearningComparison::of(
                    run,
                    run.reviews.len() - run.reviews.len() / PARTS,
                ),
                all: LearningComparison::of(run, 0),
            })
            .collect();
        let mean = |part: fn(&RunSummary) -> LearningComparison| {
            LearningComparison::mean(&seeds.iter().map(part).collect::<Vec<LearningComparison>>())
        };
        let times = runs.iter().flat_map(|run| &run.times);
        let times: Vec<f64> = times.map(std::time::Duration::as_secs_f64).collect();
        Self {
            pictures: runs.first().map_or(0, |run| run.reviews.len()),
            mean: RunSummary {
                last_third: mean(|outcome| outcome.last_third),
                all: mean(|outcome| outcome.all),
            },
            seeds,
            seconds_to_learn: [
                times.iter().sum::<f64>() / times.len().max(1) as f64,
                times.iter().copied().fold(0.0, f64::max),
            ],
            reliability: reliability.bins(),
            expected_calibration_error: reliability.expected_error(),
            failed,
        }
    }

    /// What is printed.
    pub fn table(&self) -> String {
        let mut lines = vec![
            format!("{} pictures", self.pictures),
            String::new(),
            "                       effort   AP50   0.75  false   learning in use".to_owned(),
        ];
        let mut add = |name: &str, outcome: &RunSummary| {
            for (part, compared) in [("last third", outcome.last_third), ("all", outcome.all)] {
                let LearningComparison { off, on, in_use } = compared;
                lines.push(format!("{name:7} {part:10}  off  {}", off.row()));
                let percent = 100.0 * in_use;
                lines.push(format!(
                    "{name:7} {part:10}  on   {}   {percent:4.0} %",
                    on.row()
                ));
            }
        };
        for (seed, outcome) in self.seeds.iter().enumerate() {
            add(&format!("seed {seed}"), outcome);
        }
        add("mean", &self.mean);
        let [mean, most] = self.seconds_to_learn;
        lines.push(
            "0.75: objects with a box of their own at that IoU; false: boxes in a picture without \
             objects"
                .to_owned(),
        );
        lines.push(format!(
            "learning took {mean:.2} s on average, {most:.2} s at most"
        ));
        if let Some(error) = self.expected_calibration_error {
            lines.push(String::new());
            lines.push("probability   accepted   boxes".to_owned());
            for bin in self.reliability.iter().filter(|bin| bin.count > 0) {
                let (predicted, observed) = (bin.mean_predicted, bin.observed);
                lines.push(format!(
                    "{predicted:11.3}   {observed:8.3}   {:5}",
                    bin.count
                ));
            }
            lines.push(format!("expected calibration error {error:.3}"));
        }
        lines.push(String::new());
        lines.join("\n")
    }
}

/// How often boxes are accepted, by how probable that was to be.
#[derive(Default)]
pub struct Reliability(Vec<(f64, bool)>);

/// Boxes of about the same probability.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct ReliabilityBin {
    mean_predicted: f64,
    observed: f64,
    count: usize,
}

impl Reliability {
    /// Counts a box that was shown.
    pub fn add(&mut self, shown: &LearnedBox, truth: &[TruthBox]) {
        let objects = truth.iter().filter(|truth| !truth.iscrowd);
        let objects: Vec<BBox> = objects.map(|truth| truth.bbox).collect();
        let iou = best_iou(&[shown.bbox], &objects, IouConvention::Continuous);
        self.0.push((f64::from(shown.score), iou >= ACCEPT_IOU));
    }

    /// Boxes that were shown.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    fn bins(&self) -> Vec<ReliabilityBin> {
        let mut bins = vec![ReliabilityBin::default(); BINS];
        for (predicted, is_accepted) in &self.0 {
            let bin = &mut bins[((predicted * BINS as f64) as usize).min(BINS - 1)];
            bin.mean_predicted += predicted;
            bin.observed += f64::from(u8::from(*is_accepted));
            bin.count += 1;
        }
        for bin in &mut bins {
            let count = bin.count.max(1) as f64;
            bin.mean_predicted /= count;
            bin.observed /= count;
        }
        bins
    }

    /// How far the shares are from the probabilities on average (Naeini et al. 2015).
    fn expected_error(&self) -> Option<f64> {
        let bins = self.bins();
        let error =
            |bin: &ReliabilityBin| bin.count as f64 * (bin.mean_predicted - bin.observed).abs();
        let total: f64 = bins.iter().map(error).sum();
        (self.count() > 0).then(|| total / self.count() as f64)
    }

    /// The curve, and what it should be.
    pub fn series(&self) -> Vec<Series> {
        let bins = self.bins().into_iter().filter(|bin| bin.count > 0);
        vec![
            Series {
                name: "observed".to_owned(),
                points: bins.map(|bin| (bin.mean_predicted, bin.observed)).collect(),
            },
            Series {
                name: "ideal".to_owned(),
                points: vec![(0.0, 0.0), (1.0, 1.0)],
            },
        ]
    }
}

/// Effort, AP50 and the share at IoU 0.75 of the pictures about each place in the order, over all
/// runs.
pub fn curves(runs: &[SimulationRun]) -> Vec<Series> {
    type Measure = fn(&ProposalMetrics) -> Option<f64>;
    let pictures = runs.first().map_or(0, |run| run.reviews.len());
    let window = (pictures / WINDOW_SHARE).max(1);
    let ends = (window..=pictures).step_by((pictures / POINTS).max(1));
    let ends: Vec<usize> = ends.collect();
    let measures: [(&str, Measure); 3] = [
        ("effort", |figures| figures.effort),
        ("AP50", |figures| figures.ap50),
        ("IoU 0.75", |figures| figures.at75),
    ];
    let figures = [true, false].map(|is_on| -> Vec<ProposalMetrics> {
        let figures = ends.iter().map(|end| {
            let reviews = runs.iter().flat_map(|run| &run.reviews[end - window..*end]);
            let cases: Vec<EvaluationCase> = reviews.map(|review| review.case(is_on)).collect();
            ProposalMetrics::of(&cases)
        });
        figures.collect()
    });
    let mut series = Vec::new();
    for (name, measure) in measures {
        for (learning, figures) in ["learning", "off"].iter().zip(&figures) {
            let points = ends.iter().zip(figures);
            let points = points.filter_map(|(end, figures)| Some((*end as f64, measure(figures)?)));
            series.push(Series {
                name: format!("{name}, {learning}"),
                points: points.collect(),
            });
        }
    }
    series
}
