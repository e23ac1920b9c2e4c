//! Whether learned proposals are better than the program's own, on pictures that they were not learned
//! from.

use crate::evaluate::{ClassMatching, EvaluationCase, Prediction, TruthBox, annotation_effort};
use crate::geometry::BBox;

/// Minimum number of pictures: with fewer, a comparison proves nothing.
pub const MIN_HELD_OUT: usize = 8;
/// Standard errors by which the mean over the pictures must be better.
const MARGIN_STANDARD_ERRORS: f64 = 0.5;

/// The work that proposals leave for a person, and how many of them are accepted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReviewCost {
    /// `accepts + 2 edits + 3 draws + rejects`.
    pub actions: usize,
    /// Objects whose box is accepted without changes (IoU 0.75).
    pub accepts: usize,
}

/// The performance of proposals on held-out pictures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GateMetrics {
    /// The number of held-out pictures.
    pub held_out: usize,
    /// The number of objects in them.
    pub objects: usize,
    /// The cost with the program's own proposals.
    pub before: ReviewCost,
    /// The cost with learned proposals.
    pub after: ReviewCost,
}

impl ReviewCost {
    /// The effort as in [`crate::evaluate::AnnotationEffort::effort`]. `None` without objects.
    pub fn effort(&self, objects: usize) -> Option<f64> {
        (objects > 0).then(|| self.actions as f64 / (3 * objects) as f64)
    }

    /// The share of objects whose box is accepted without changes. `None` without objects.
    pub fn recall_at_75(&self, objects: usize) -> Option<f64> {
        (objects > 0).then(|| self.accepts as f64 / objects as f64)
    }

    fn of(truth: &[BBox], proposed: &[BBox]) -> Self {
        let effort = annotation_effort(&[case(truth, proposed)], ClassMatching::Agnostic);
        Self {
            actions: effort.accepts + 2 * effort.edits + 3 * effort.draws + effort.rejects,
            accepts: effort.accepts,
        }
    }

    fn add(&mut self, other: Self) {
        self.actions += other.actions;
        self.accepts += other.accepts;
    }
}

impl GateMetrics {
    /// [`ReviewCost::effort`] with the program's own proposals.
    pub fn effort_before(&self) -> Option<f64> {
        self.before.effort(self.objects)
    }

    /// [`ReviewCost::effort`] with learned proposals.
    pub fn effort_after(&self) -> Option<f64> {
        self.after.effort(self.objects)
    }

    /// [`ReviewCost::recall_at_75`] with the program's own proposals.
    pub fn recall_at_75_before(&self) -> Option<f64> {
        self.before.recall_at_75(self.objects)
    }

    /// [`ReviewCost::recall_at_75`] with learned proposals.
    pub fn recall_at_75_after(&self) -> Option<f64> {
        self.after.recall_at_75(self.objects)
    }

    /// The metrics of held-out pictures.
    pub(super) fn of(pictures: &[PictureComparison]) -> Self {
        let mut quality = Self::default();
        for picture in pictures {
            quality.held_out += 1;
            quality.objects += picture.objects;
            quality.before.add(picture.before);
            quality.after.add(picture.after);
        }
        quality
    }
}

/// One picture with the program's own proposals and with learned ones.
pub(super) struct PictureComparison {
    objects: usize,
    before: ReviewCost,
    after: ReviewCost,
}

impl PictureComparison {
    /// Compares proposals before and after learning by the true boxes.
    pub fn new(truth: &[BBox], before: &[BBox], after: &[BBox]) -> Self {
        Self {
            objects: truth.len(),
            before: ReviewCost::of(truth, before),
            after: ReviewCost::of(truth, after),
        }
    }

    /// The number of actions that learning saves.
    fn saved(&self) -> f64 {
        self.before.actions as f64 - self.after.actions as f64
    }
}

/// Whether learning saves a person work on pictures, each with the proposals of a model that was learned
/// from the other folds.
pub(super) fn is_better(held_out: &[PictureComparison]) -> bool {
    let saved: Vec<f64> = held_out.iter().map(PictureComparison::saved).collect();
    saved.len() >= MIN_HELD_OUT && is_positive(&saved, MARGIN_STANDARD_ERRORS)
}

/// Whether the mean is above zero by more than `margin` standard errors.
fn is_positive(numbers: &[f64], margin: f64) -> bool {
    let count = numbers.len() as f64;
    let mean = numbers.iter().sum::<f64>() / count;
    let square: f64 = numbers.iter().map(|x| (x - mean).powi(2)).sum();
    let error = (square / (count - 1.0) / count).sqrt();
    mean > margin * error
}

/// A case of boxes without categories.
fn case(truth: &[BBox], proposed: &[BBox]) -> EvaluationCase {
    let truth = truth.iter().map(|bbox| TruthBox {
        bbox: *bbox,
        category: 0,
        is_crowd: false,
    });
    let predictions = proposed.iter().map(|bbox| Prediction {
        bbox: *bbox,
        category: 0,
        score: 1.0,
    });
    EvaluationCase {
        truth: truth.collect(),
        predictions: predictions.collect(),
    }
}
