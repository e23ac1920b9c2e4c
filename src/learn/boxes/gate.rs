//! Whether what was learnt is better than nothing, on pictures that had no part in it.

use crate::evaluate::{Case, Classes, Prediction, TruthBox, annotation_effort};
use crate::geometry::BBox;

/// Fewer pictures than this prove nothing.
const FEWEST: usize = 4;
/// Standard errors by which it must be better on average.
const MARGIN: f64 = 0.5;

/// What proposals leave a person to do, and how many of them are right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// `accepts + 2 edits + 3 draws + rejects`.
    pub actions: usize,
    /// Objects whose box is right (IoU 0.75).
    pub accepts: usize,
}

/// How the pictures that were held out fare.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quality {
    /// Pictures that were held out.
    pub held_out: usize,
    /// Objects in them.
    pub objects: usize,
    /// With the program's own proposals.
    pub before: Outcome,
    /// With what was learnt.
    pub after: Outcome,
}

impl Outcome {
    /// As [`crate::evaluate::AnnotationEffort::effort`].
    pub fn effort(&self, objects: usize) -> Option<f64> {
        (objects > 0).then(|| self.actions as f64 / (3 * objects) as f64)
    }

    /// The share of objects whose box is right.
    pub fn at75(&self, objects: usize) -> Option<f64> {
        (objects > 0).then(|| self.accepts as f64 / objects as f64)
    }

    fn of(truth: &[BBox], proposed: &[BBox]) -> Self {
        let effort = annotation_effort(&[case(truth, proposed)], Classes::Agnostic);
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

impl Quality {
    /// [`Outcome::effort`] with the program's own proposals.
    pub fn effort_before(&self) -> Option<f64> {
        self.before.effort(self.objects)
    }

    /// [`Outcome::effort`] with what was learnt.
    pub fn effort_after(&self) -> Option<f64> {
        self.after.effort(self.objects)
    }

    /// [`Outcome::at75`] with the program's own proposals.
    pub fn at75_before(&self) -> Option<f64> {
        self.before.at75(self.objects)
    }

    /// [`Outcome::at75`] with what was learnt.
    pub fn at75_after(&self) -> Option<f64> {
        self.after.at75(self.objects)
    }

    /// Of pictures, each with its true boxes, the boxes before and those after; and whether those
    /// after are better beyond chance.
    pub fn measure<'a>(
        pictures: impl Iterator<Item = (&'a [BBox], &'a [BBox], &'a [BBox])>,
    ) -> (Self, bool) {
        let mut quality = Self::default();
        let mut saved: Vec<f64> = Vec::new();
        for (truth, before, after) in pictures {
            let (before, after) = (Outcome::of(truth, before), Outcome::of(truth, after));
            saved.push(before.actions as f64 - after.actions as f64);
            quality.held_out += 1;
            quality.objects += truth.len();
            quality.before.add(before);
            quality.after.add(after);
        }
        (quality, saved.len() >= FEWEST && is_positive(&saved))
    }
}

/// Whether the mean is above zero by [`MARGIN`] standard errors.
fn is_positive(numbers: &[f64]) -> bool {
    let count = numbers.len() as f64;
    let mean = numbers.iter().sum::<f64>() / count;
    let square: f64 = numbers.iter().map(|x| (x - mean).powi(2)).sum();
    let error = (square / (count - 1.0) / count).sqrt();
    mean > MARGIN * error
}

/// Boxes alone, of no particular category.
fn case(truth: &[BBox], proposed: &[BBox]) -> Case {
    let truth = truth.iter().map(|bbox| TruthBox {
        bbox: *bbox,
        category: 0,
        iscrowd: false,
    });
    let predictions = proposed.iter().map(|bbox| Prediction {
        bbox: *bbox,
        category: 0,
        score: 1.0,
    });
    Case {
        truth: truth.collect(),
        predictions: predictions.collect(),
    }
}
