//! Reviewed pictures in, a learned proposer out.

use std::sync::Arc;

use rayon::prelude::*;

use super::candidates::{self, CandidateModels, Candidates, candidates};
use super::categories::{CategoryClassifier, named_objects};
use super::dense::DenseSums;
use super::field::{FeatureField, TokenBasis};
use super::gain_model::GainModel;
use super::gate::{self, GateMetrics, PictureComparison};
use super::picture_features::PictureFeatures;
use super::proposer::LearnedProposer;
use super::reviewed::{FOLDS, ReviewedPicture, fold_of};
use super::sides::{self, SideModel};
use crate::geometry::BBox;
use crate::learn::random::mix;
use crate::learn::ridge::GramSums;

/// Minimum number of pictures with objects.
const MIN_PICTURES_WITH_OBJECTS: usize = 3;
/// Sides and gains are learned from at most this many of the latest pictures, which limits the time. The
/// dense head learns from all.
const MAX_RECENT: usize = 150;

/// Learns from reviewed pictures. The same pictures in the same order lead to the same bits, and a removed
/// picture affects nothing but the rounding of sums.
pub struct BoxLearner {
    seed: u64,
    pictures: Vec<ReviewedPicture>,
    /// The sums of each fold for the dense head.
    sums: [Option<DenseSums>; FOLDS],
}

impl BoxLearner {
    /// A learner without pictures. The seed decides the folds.
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            pictures: Vec::new(),
            sums: [const { None }; FOLDS],
        }
    }

    /// Adds a reviewed picture with all its true boxes, possibly none. Boxes without an area
    /// inside the picture are ignored. A picture with the same `id` is replaced. A picture whose tokens
    /// have another width than those before, or of which only one was seen by a detector, is left out.
    pub fn add(&mut self, id: u64, features: Arc<PictureFeatures>, truth: &[(BBox, u32)]) {
        self.remove(id);
        let kind = |features: &PictureFeatures| (features.width, features.has_detector);
        let is_other = |first: &ReviewedPicture| kind(&first.features) != kind(&features);
        if self.pictures.first().is_some_and(is_other) {
            return;
        }
        let (width, height) = features.size;
        let truth: Vec<(BBox, u32)> = truth
            .iter()
            .filter_map(|(bbox, category)| Some((bbox.clipped(width, height)?, *category)))
            .collect();
        let picture = ReviewedPicture {
            fold: fold_of(self.seed, id),
            boxes: truth.iter().map(|(bbox, _)| *bbox).collect(),
            id,
            features,
            truth,
        };
        self.accumulate(&picture, 1.0);
        self.pictures.push(picture);
    }

    /// Removes a picture, if it was added.
    pub fn remove(&mut self, id: u64) {
        if let Some(at) = self.pictures.iter().position(|picture| picture.id == id) {
            let picture = self.pictures.remove(at);
            self.accumulate(&picture, -1.0);
        }
    }

    /// The number of pictures.
    pub fn len(&self) -> usize {
        self.pictures.len()
    }

    /// Whether there are no pictures.
    pub fn is_empty(&self) -> bool {
        self.pictures.is_empty()
    }

    /// Whether enough pictures were added since the last solution, which had `solved` of them, that it is
    /// worth solving again: four, or a sixth of them.
    pub fn is_due(&self, solved: usize) -> bool {
        self.len() >= solved + (solved / 6).max(4)
    }

    /// Adds or subtracts the sums of a picture.
    fn accumulate(&mut self, picture: &ReviewedPicture, sign: f64) {
        let fold = picture.fold;
        // An empty fold must not keep the rounding of what was in it.
        let mut others = self.pictures.iter().filter(|other| other.id != picture.id);
        if sign < 0.0 && !others.any(|other| other.fold == fold) {
            self.sums[fold] = None;
            return;
        }
        let features = &picture.features;
        let sums = self.sums[fold].get_or_insert_with(|| DenseSums::new(features.width));
        sums.add(&DenseSums::of(features, &picture.boxes), sign);
    }

    /// Learns from the pictures. `None` if there are too few of them, or if `cancel` returns true, which
    /// is called several times.
    pub fn solve(&self, cancel: &dyn Fn() -> bool) -> Option<LearnedProposer> {
        let all: Vec<&ReviewedPicture> = self.pictures.iter().collect();
        let with_objects = all
            .iter()
            .filter(|picture| !picture.boxes.is_empty())
            .count();
        let folds: Vec<usize> = (0..FOLDS)
            .filter(|fold| self.sums[*fold].is_some())
            .collect();
        let PictureFeatures {
            width,
            has_detector,
            ..
        } = *self.pictures.first()?.features;
        if with_objects < MIN_PICTURES_WITH_OBJECTS || folds.len() < 2 || cancel() {
            return None;
        }
        let recent = &all[all.len().saturating_sub(MAX_RECENT)..];

        let basis = self.basis(width)?;
        let (full, cross_fitted) = self.models(&folds, recent, &basis)?;
        if cancel() {
            return None;
        }
        let found: Vec<Candidates> = recent
            .par_iter()
            .map(|picture| {
                // Never with a model that was learned from this picture.
                let at = folds.iter().position(|fold| picture.fold == *fold);
                let models = at.map_or(&full, |at| &cross_fitted[at]);
                candidates(&picture.features, &basis, models)
            })
            .collect();
        if cancel() {
            return None;
        }
        let GainModel {
            expansion,
            weights,
            calibration,
            shown,
        } = GainModel::learn(
            &folds,
            recent,
            &found,
            (
                candidates::inputs(width, has_detector),
                candidates::class_inputs(has_detector),
            ),
        )?;
        if cancel() {
            return None;
        }
        let objects: Vec<_> = all
            .par_iter()
            .map(|picture| named_objects(&picture.features, &picture.truth))
            .collect();
        let held_out = compared(recent, &shown);
        Some(LearnedProposer {
            width,
            has_detector,
            basis,
            models: full,
            expansion,
            weights,
            calibration,
            categories: CategoryClassifier::new(&objects.concat()),
            metrics: GateMetrics::of(&held_out),
            is_better: gate::is_better(&held_out),
            reviewed: self.len(),
            seed: self.seed,
        })
    }

    /// The directions in which the tokens of all pictures vary most.
    fn basis(&self, width: usize) -> Option<TokenBasis> {
        let mut sums = DenseSums::new(width);
        for fold in self.sums.iter().flatten() {
            sums.add(fold, 1.0);
        }
        let (mean, axes) = sums.principal_axes(width, TokenBasis::axes(width))?;
        Some(TokenBasis { mean, axes })
    }

    /// The models learned from all folds, and for each fold those learned from the other folds.
    fn models(
        &self,
        folds: &[usize],
        recent: &[&ReviewedPicture],
        basis: &TokenBasis,
    ) -> Option<(CandidateModels, Vec<CandidateModels>)> {
        let width = basis.mean.len();
        let training_rows: Vec<Vec<f32>> = recent
            .par_iter()
            .map(|picture| {
                let features = &picture.features;
                let field = FeatureField::new(features, basis);
                sides::training_rows(features, &picture.boxes, &field, mix(self.seed, picture.id))
            })
            .collect();
        let has_detector = recent
            .first()
            .is_some_and(|picture| picture.features.has_detector);
        let inputs = sides::inputs(TokenBasis::channels(width), has_detector);
        let of_fold = |fold: &usize| {
            let own = recent.iter().zip(&training_rows);
            let own = own.filter(|(picture, _)| picture.fold == *fold);
            let rows: Vec<f32> = own.flat_map(|(_, rows)| rows.iter().copied()).collect();
            sides::gram_sums(&rows, inputs)
        };
        let of_sides: Vec<GramSums> = folds.iter().map(of_fold).collect();
        // `None` leaves none out.
        let left_out = folds.iter().map(Some).chain([None]).collect::<Vec<_>>();
        let mut models = left_out
            .into_par_iter()
            .map(|left_out| {
                let mut dense = DenseSums::new(width);
                let mut sides = GramSums::new(inputs, 1);
                for (fold, of_sides) in folds.iter().zip(&of_sides) {
                    if Some(fold) != left_out {
                        sides.add(of_sides, 1.0);
                        dense.add(self.sums[*fold].as_ref()?, 1.0);
                    }
                }
                Some(CandidateModels {
                    dense: dense.solve()?,
                    sides: SideModel::solve(&sides)?,
                })
            })
            .collect::<Option<Vec<CandidateModels>>>()?;
        Some((models.pop()?, models))
    }
}

/// Compares the own and the learned proposals of each picture.
fn compared(pictures: &[&ReviewedPicture], proposed: &[Vec<BBox>]) -> Vec<PictureComparison> {
    let pictures = pictures.iter().zip(proposed);
    let compared = pictures.map(|(picture, proposed)| {
        PictureComparison::new(&picture.boxes, picture.features.proposals(), proposed)
    });
    compared.collect()
}
