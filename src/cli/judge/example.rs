//! What the judge learns from one picture.

use crate::evaluate::{EvaluationCase, Prediction, TruthBox};
use crate::geometry::BBox;
use crate::learn::judge::{Judge, JudgedCandidates, PriorExample, candidate_gains};
use crate::localize::{BoxMode, BoxOptions, Method, ScoredBox};
use crate::propose::{self, Inference, Target};

/// A picture with its candidates and true boxes.
pub struct Example {
    /// The candidates, with gains by no judge yet.
    pub candidates: JudgedCandidates,
    /// The true gain of each candidate.
    pub gains: Vec<f32>,
    /// The true boxes.
    pub truth: Vec<BBox>,
    /// The boxes of [`Method::Affinity`], which needs no judge.
    pub from_maps: Vec<BBox>,
}

impl Example {
    /// The example of a picture with these true boxes.
    pub fn new(inference: &Inference, truth: Vec<BBox>) -> Self {
        let (evidence, size) = (&inference.evidence, inference.size);
        let maps = propose::maps_for(evidence, &Target::AnyObject, BoxMode::All, size);
        let options = BoxOptions::default();
        let from_maps = propose::proposals_from_maps(&maps, size, Method::Affinity, &options);
        let candidates = JudgedCandidates::new(evidence, &maps, size);
        Self {
            gains: candidate_gains(&candidates.candidates, &truth),
            candidates,
            truth,
            from_maps: from_maps.iter().map(|found| found.bbox).collect(),
        }
    }

    /// What a prior is fitted to, with the weight of the picture: pictures with more objects weigh more.
    pub fn for_prior(&self, share: f64) -> PriorExample<'_> {
        PriorExample {
            features: &self.candidates.features,
            gains: &self.gains,
            weight: share * self.weight(),
        }
    }

    /// The weight of the picture among those of its folder.
    pub fn weight(&self) -> f64 {
        (self.truth.len().max(1) as f64).sqrt()
    }

    /// The boxes of a judge.
    pub fn judged(&self, judge: &Judge) -> Vec<ScoredBox> {
        let mut candidates = self.candidates.clone();
        candidates.judge(judge);
        judge.boxes(&candidates)
    }

    /// The case of some boxes, without categories.
    pub fn case(&self, boxes: impl Iterator<Item = (BBox, f32)>) -> EvaluationCase {
        let truth = self.truth.iter().map(|bbox| TruthBox {
            bbox: *bbox,
            category: 0,
            is_crowd: false,
        });
        let predictions = boxes.map(|(bbox, score)| Prediction {
            bbox,
            category: 0,
            score,
        });
        EvaluationCase {
            truth: truth.collect(),
            predictions: predictions.collect(),
        }
    }
}
