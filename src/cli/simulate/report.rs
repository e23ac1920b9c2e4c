//! The results of the simulated reviews: metrics, a table and curves.

use serde::Serialize;

use super::metrics::{LearningComparison, ProposalMetrics};
use super::reliability::{Reliability, ReliabilityBin};
use super::review::SimulationRun;
use crate::cli::plot::Series;
use crate::evaluate::EvaluationCase;

/// The pictures are divided into this many parts; the last part shows the effect of learning.
const PARTS: usize = 3;
/// Approximate number of points of a curve.
const POINTS: usize = 100;
/// The width of the moving window of a curve is the number of pictures divided by this.
const WINDOW_DIVISOR: usize = 6;

/// One pass through the pictures, or the mean of all.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct SimulationSummary {
    last_third: LearningComparison,
    all: LearningComparison,
}

/// The results of all runs.
#[derive(Debug, Serialize)]
pub struct SimulationReport {
    pictures: usize,
    seeds: Vec<SimulationSummary>,
    mean: SimulationSummary,
    /// Seconds to add a picture and learn: mean and maximum.
    seconds_to_learn: [f64; 2],
    reliability: Vec<ReliabilityBin>,
    expected_calibration_error: Option<f64>,
    /// One sentence for each picture that could not be read.
    pub failed: Vec<String>,
}

impl SimulationReport {
    /// The report of runs over the same pictures.
    pub fn new(runs: &[SimulationRun], reliability: &Reliability, failed: Vec<String>) -> Self {
        let seeds: Vec<SimulationSummary> = runs
            .iter()
            .map(|run| SimulationSummary {
                last_third: LearningComparison::of(
                    run,
                    run.reviews.len() - run.reviews.len() / PARTS,
                ),
                all: LearningComparison::of(run, 0),
            })
            .collect();
        let mean = |part: fn(&SimulationSummary) -> LearningComparison| {
            LearningComparison::mean(&seeds.iter().map(part).collect::<Vec<LearningComparison>>())
        };
        let times = runs.iter().flat_map(|run| &run.times);
        let times: Vec<f64> = times.map(std::time::Duration::as_secs_f64).collect();
        Self {
            pictures: runs.first().map_or(0, |run| run.reviews.len()),
            mean: SimulationSummary {
                last_third: mean(|summary| summary.last_third),
                all: mean(|summary| summary.all),
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

    /// The table to print.
    pub fn table(&self) -> String {
        let has_fit = self.mean.all.off.effort_with_fit.is_some();
        let with_fit = if has_fit { "  with fit" } else { "" };
        let mut lines = vec![
            format!("{} pictures", self.pictures),
            String::new(),
            format!(
                "                       effort   AP50   0.75  false{with_fit}   learning in use"
            ),
        ];
        let mut add = |name: &str, summary: &SimulationSummary| {
            for (part, compared) in [("last third", summary.last_third), ("all", summary.all)] {
                let LearningComparison { off, on, in_use } = compared;
                lines.push(format!("{name:7} {part:10}  off  {}", off.row()));
                let percent = 100.0 * in_use;
                lines.push(format!(
                    "{name:7} {part:10}  on   {}   {percent:4.0} %",
                    on.row()
                ));
            }
        };
        for (seed, summary) in self.seeds.iter().enumerate() {
            add(&format!("seed {seed}"), summary);
        }
        add("mean", &self.mean);
        let [mean, max] = self.seconds_to_learn;
        lines.push(
            "0.75: recall at that IoU, boxes and objects matched one to one; false: boxes per picture \
             without objects"
                .to_owned(),
        );
        if has_fit {
            lines.push(
                "with fit: effort if every edited or drawn box is fitted to its object first"
                    .to_owned(),
            );
        }
        lines.push(format!(
            "learning took {mean:.2} s on average, at most {max:.2} s"
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

/// Effort, AP50 and recall at IoU 0.75 in a window that moves through the reviews, over all runs.
pub fn curves(runs: &[SimulationRun]) -> Vec<Series> {
    type Metric = fn(&ProposalMetrics) -> Option<f64>;
    let pictures = runs.first().map_or(0, |run| run.reviews.len());
    let window = (pictures / WINDOW_DIVISOR).max(1);
    let ends = (window..=pictures).step_by((pictures / POINTS).max(1));
    let ends: Vec<usize> = ends.collect();
    let metrics: [(&str, Metric); 3] = [
        ("effort", |metrics| metrics.effort),
        ("AP50", |metrics| metrics.ap50),
        ("IoU 0.75", |metrics| metrics.recall75),
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
    for (name, metric) in metrics {
        for (learning, figures) in ["learning", "off"].iter().zip(&figures) {
            let points = ends.iter().zip(figures);
            let points = points.filter_map(|(end, figures)| Some((*end as f64, metric(figures)?)));
            series.push(Series {
                name: format!("{name}, {learning}"),
                points: points.collect(),
            });
        }
    }
    series
}
