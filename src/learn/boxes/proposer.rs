//! The learned proposer: proposes boxes for an unreviewed picture.

use super::candidates::{CandidateModels, candidates};
use super::categories::CategoryClassifier;
use super::field::TokenBasis;
use super::gain::{self, RandomFeatures, SELECTION};
use super::gate::GateMetrics;
use super::learned_box::LearnedBox;
use super::picture_features::PictureFeatures;
use crate::geometry::BBox;
use crate::learn::calibration::Calibration;
use crate::learn::select::{Selected, select};

/// Proposes boxes from what was learned from reviewed pictures.
#[derive(Clone, Debug, PartialEq)]
pub struct LearnedProposer {
    /// The width of a token, D.
    pub(super) width: usize,
    /// Whether it was learned with a detector.
    pub(super) has_detector: bool,
    /// The directions in which the tokens vary most.
    pub(super) basis: TokenBasis,
    /// Make the candidates.
    pub(super) models: CandidateModels,
    /// Expands the inputs of candidates.
    pub(super) expansion: RandomFeatures,
    /// Predict the gain from expanded inputs, `[outputs]`.
    pub(super) weights: Vec<f32>,
    /// Converts gains to probabilities.
    pub(super) calibration: Calibration,
    /// `None` if the reviewed boxes had no categories.
    pub(super) categories: Option<CategoryClassifier>,
    /// Its performance on pictures that it was not learned from.
    pub metrics: GateMetrics,
    /// Whether it is better there than the program's own proposals. It should only be used if it is.
    pub is_better: bool,
    /// The number of reviewed pictures.
    pub reviewed: usize,
    /// The seed that decides the folds.
    pub seed: u64,
}

impl LearnedProposer {
    /// The boxes of a picture, best first. Empty if its tokens have another width, or only
    /// one of both knows a detector.
    pub fn propose(&self, picture: &PictureFeatures) -> Vec<LearnedBox> {
        if (picture.width, picture.has_detector) != (self.width, self.has_detector) {
            return Vec::new();
        }
        let found = candidates(picture, &self.basis, &self.models);
        let expanded = self.expansion.expand(&found.features, None);
        let selected = select(
            &found.boxes,
            &gain::gains(&expanded, &self.weights),
            SELECTION,
        );
        let boxes: Vec<BBox> = selected.iter().map(|selected| selected.bbox).collect();
        let categories = self.categories.as_ref();
        let categories = categories.map(|categories| categories.of(picture, &boxes));
        let learned = |(at, selected): (usize, &Selected)| LearnedBox {
            bbox: selected.bbox,
            score: self.calibration.probability(selected.gain),
            category: categories.as_ref().map(|categories| categories[at]),
        };
        selected.iter().enumerate().map(learned).collect()
    }
}
