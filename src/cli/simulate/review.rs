//! A simulated annotator, who reviews the pictures in random orders.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::reliability::Reliability;
use crate::cli::ground_truth::GroundTruth;
use crate::evaluate::{EvaluationCase, FitEffort, Prediction, TruthBox};
use crate::geometry::BBox;
use crate::learn::boxes::{BoxLearner, LearnedProposer, PictureFeatures};
use crate::learn::random::Random;

/// A picture with the model's output.
pub struct SimulatedPicture<'a> {
    /// Its file and its ground truth.
    pub source: &'a GroundTruth,
    /// The program's own proposals.
    pub own: Vec<Prediction>,
    /// What boxes are learned from.
    pub features: Arc<PictureFeatures>,
}

/// A picture when it was reviewed.
pub struct SimulatedReview {
    /// The index of the picture.
    pub picture: usize,
    /// Its ground truth.
    truth: Vec<TruthBox>,
    /// The boxes without learning.
    off: Vec<Prediction>,
    /// The boxes with learning.
    on: Vec<Prediction>,
    /// Whether learned boxes were shown.
    pub is_learned: bool,
    /// The effort with fitting, if it is measured.
    pub with_fit: Option<FittedReview>,
}

/// The effort with fitting of one picture.
#[derive(Clone, Copy)]
pub struct FittedReview {
    /// Without learning.
    pub off: FitEffort,
    /// With learning.
    pub on: FitEffort,
}

impl FittedReview {
    /// With or without learning.
    pub fn of(self, is_on: bool) -> FitEffort {
        if is_on { self.on } else { self.off }
    }
}

impl SimulatedPicture<'_> {
    /// The picture with the program's own proposals.
    pub fn case(&self) -> EvaluationCase {
        EvaluationCase {
            truth: self.source.boxes.clone(),
            predictions: self.own.clone(),
        }
    }
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
    pictures: &[SimulatedPicture<'_>],
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
            source,
            own,
            features,
        } = &pictures[at];
        let truth = &source.boxes;
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
            picture: at,
            with_fit: None,
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
