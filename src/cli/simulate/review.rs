//! A simulated annotator, who reviews the pictures in random orders.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::reliability::Reliability;
use crate::evaluate::{EvaluationCase, Prediction, TruthBox};
use crate::geometry::BBox;
use crate::learn::boxes::{BoxLearner, LearnedProposer, PictureFeatures};
use crate::learn::random::Random;

/// A picture with the model's output.
pub struct SimulatedPicture {
    /// Its ground truth.
    pub truth: Vec<TruthBox>,
    /// The program's own proposals.
    pub own: Vec<Prediction>,
    /// What boxes are learned from.
    pub features: Arc<PictureFeatures>,
}

/// A picture when it was reviewed.
pub struct SimulatedReview {
    /// Its ground truth.
    truth: Vec<TruthBox>,
    /// The boxes without learning.
    off: Vec<Prediction>,
    /// The boxes with learning.
    on: Vec<Prediction>,
    /// Whether learned boxes were shown.
    pub is_learned: bool,
}

impl SimulatedReview {
    /// The picture with or without learning.
    pub fn case(&self, is_on: bool) -> EvaluationCase {
        EvaluationCase {
            truth: self.truth.clone(),
            predictions: if is_on { &self.on } else { &self.off }.clone(),
        }
    }
}

/// One pass through the pictures.
pub struct SimulationRun {
    /// The pictures in the order of their review.
    pub reviews: Vec<SimulatedReview>,
    /// How long it took to add a picture and to learn from all, each time.
    pub times: Vec<Duration>,
}

/// A box without a category.
pub fn prediction(bbox: BBox, score: f32) -> Prediction {
    Prediction {
        bbox,
        category: 0,
        score,
    }
}

/// Reviews the pictures in an order determined by `seed`.
pub fn review(
    pictures: &[SimulatedPicture],
    seed: u64,
    reliability: &mut Reliability,
) -> SimulationRun {
    let mut learner = BoxLearner::new(seed);
    let mut learned: Option<LearnedProposer> = None;
    let mut solved = 0;
    let mut times = Vec::new();
    let mut reviews = Vec::with_capacity(pictures.len());
    for at in Random::new(seed).permutation(pictures.len()) {
        let SimulatedPicture {
            truth,
            own,
            features,
        } = &pictures[at];
        let in_use = learned.as_ref().filter(|learned| learned.is_better);
        let shown = in_use.map(|learned| learned.propose(features));
        for shown in shown.iter().flatten() {
            reliability.add(shown, truth);
        }
        let on = shown.as_ref().map(|shown| {
            let shown = shown.iter();
            shown
                .map(|shown| prediction(shown.bbox, shown.score))
                .collect()
        });
        reviews.push(SimulatedReview {
            truth: truth.clone(),
            off: own.clone(),
            is_learned: on.is_some(),
            on: on.unwrap_or_else(|| own.clone()),
        });

        let objects = truth.iter().filter(|truth| !truth.is_crowd);
        let objects: Vec<(BBox, u32)> = objects.map(|truth| (truth.bbox, truth.category)).collect();
        let start = Instant::now();
        learner.add(at as u64, Arc::clone(features), &objects);
        if learner.is_due(solved) {
            solved = learner.len();
            learned = learner.solve(&|| false);
            times.push(start.elapsed());
        }
    }
    SimulationRun { reviews, times }
}
