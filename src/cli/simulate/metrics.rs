//! Metrics of proposals with and without learning.

use serde::Serialize;

use super::review::SimulationRun;
use crate::evaluate::{ClassMatching, EvaluationCase, FitEffort, annotation_effort, coco_metrics};

/// Metrics of proposals on some pictures, regardless of categories.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct ProposalMetrics {
    /// [`crate::evaluate::AnnotationEffort::effort`].
    pub effort: Option<f64>,
    /// Average precision at IoU 0.5.
    pub ap50: Option<f64>,
    /// Recall at IoU 0.75, with boxes and objects matched one to one.
    #[serde(rename = "at75")]
    pub recall75: Option<f64>,
    /// Mean number of boxes per picture without objects.
    pub false_boxes_per_empty_picture: Option<f64>,
    /// [`FitEffort::effort`]; `None` if it is not measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effort_with_fit: Option<f64>,
}

impl ProposalMetrics {
    /// The metrics of all `cases` together.
    pub fn of(cases: &[EvaluationCase]) -> Self {
        let effort = annotation_effort(cases, ClassMatching::Agnostic);
        let objects = effort.objects;
        Self {
            effort: effort.effort,
            ap50: coco_metrics(cases, ClassMatching::Agnostic).map(|metrics| metrics.ap50),
            recall75: (objects > 0).then(|| effort.accepts as f64 / objects as f64),
            false_boxes_per_empty_picture: effort.false_boxes_per_empty_picture,
            effort_with_fit: None,
        }
    }

    /// The mean of each metric over those that have it.
    fn mean(metrics: &[Self]) -> Self {
        let mean = |metric: fn(&Self) -> Option<f64>| {
            let known: Vec<f64> = metrics.iter().filter_map(metric).collect();
            (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
        };
        Self {
            effort: mean(|metrics| metrics.effort),
            ap50: mean(|metrics| metrics.ap50),
            recall75: mean(|metrics| metrics.recall75),
            false_boxes_per_empty_picture: mean(|metrics| metrics.false_boxes_per_empty_picture),
            effort_with_fit: mean(|metrics| metrics.effort_with_fit),
        }
    }

    /// The columns of the table.
    pub fn row(&self) -> String {
        let number = |x: Option<f64>| x.map_or("    -".to_owned(), |x| format!("{x:5.3}"));
        let with_fit = self.effort_with_fit.map(|x| format!("  {x:8.3}"));
        format!(
            "{}  {}  {}  {}{}",
            number(self.effort),
            number(self.ap50),
            number(self.recall75),
            number(self.false_boxes_per_empty_picture),
            with_fit.unwrap_or_default()
        )
    }
}

/// Metrics without and with learning.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct LearningComparison {
    /// Without learning.
    pub off: ProposalMetrics,
    /// With learning.
    pub on: ProposalMetrics,
    /// The share of the pictures for which learned boxes were shown.
    pub in_use: f64,
}

impl LearningComparison {
    /// The reviews of a run from the index `from` on.
    pub fn of(run: &SimulationRun, from: usize) -> Self {
        let reviews = &run.reviews[from..];
        let cases = |is_on: bool| -> Vec<EvaluationCase> {
            reviews.iter().map(|review| review.case(is_on)).collect()
        };
        let metrics = |is_on: bool| ProposalMetrics {
            effort_with_fit: reviews
                .iter()
                .map(|review| Some(review.with_fit?.of(is_on)))
                .sum::<Option<FitEffort>>()
                .and_then(|efforts| efforts.effort()),
            ..ProposalMetrics::of(&cases(is_on))
        };
        let learned = reviews.iter().filter(|review| review.is_learned).count();
        Self {
            off: metrics(false),
            on: metrics(true),
            in_use: learned as f64 / reviews.len().max(1) as f64,
        }
    }

    /// The mean over several runs.
    pub fn mean(of: &[Self]) -> Self {
        let mean = |part: fn(&Self) -> ProposalMetrics| {
            ProposalMetrics::mean(&of.iter().map(part).collect::<Vec<ProposalMetrics>>())
        };
        Self {
            off: mean(|compared| compared.off),
            on: mean(|compared| compared.on),
            in_use: of.iter().map(|compared| compared.in_use).sum::<f64>() / of.len().max(1) as f64,
        }
    }
}
