//! ReviewedPicture pictures in, a learned proposer out.

use std::sync::Arc;

use rayon::prelude::*;

use super::calibration::Calibration;
use super::candidates::{self, CandidateModels, Candidates, candidates};
use super::categories::{Categories, named};
use super::dense::DenseSums;
use super::gate::{self, GateMetrics, PictureComparison};
use super::learned::LearnedProposer;
use super::overlap::best_iou;
use super::rank::{self, Expansion};
use super::ridge::GramSums;
use super::select::{Selected, select};
use super::sides::{self, FeatureField, SideModel, TokenBasis};
use super::sight::PictureFeatures;
use crate::geometry::BBox;
use crate::learn::random::mix;

/// Parts that the pictures are dealt into for cross-fitting.
const FOLDS: usize = 4;
/// One picture of so many is never learnt from, but held against what was learnt from the others.
const HELD_OUT_OF: u64 = 4;
/// Fewer pictures with objects than this teach nothing.
const MIN_PICTURES_WITH_OBJECTS: usize = 3;
/// The sides and the gains are learnt from this many pictures at the most, the latest, which
/// bounds the time that it takes; the head learns from all.
const MAX_RECENT: usize = 150;
/// And so many are held against them.
const MAX_RECENT_HELD_OUT: usize = 100;
/// From this IoU on a person accepts a box as it is, as in
/// [`crate::evaluate::annotation_effort`].
const ACCEPT_IOU: f32 = 0.75;

/// What a picture is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// To learn from, in this fold.
    Fold(usize),
    /// To measure with.
    HeldOut,
}

/// A picture that a person went through.
struct ReviewedPicture {
    id: u64,
    role: Role,
    sight: Arc<PictureFeatures>,
    truth: Vec<(BBox, u32)>,
    boxes: Vec<BBox>,
}

/// Learns from reviewed pictures. The same pictures in the same order teach the same to the last
/// bit, and one that was taken out again leaves no trace but the rounding of sums.
pub struct BoxLearner {
    seed: u64,
    pictures: Vec<ReviewedPicture>,
    /// What each fold teaches the head.
    sums: [Option<DenseSums>; FOLDS],
}

impl BoxLearner {
    /// One that knows nothing. The seed decides which pictures are held out.
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            pictures: Vec::new(),
            sums: [const { None }; FOLDS],
        }
    }

    /// Takes a reviewed picture in: every true box of it, which may be none. Boxes without an area
    /// inside the picture count for nothing. If there is one of this `id` already, this takes its
    /// place; one whose tokens have another width than those before is left out.
    pub fn add(&mut self, id: u64, sight: Arc<PictureFeatures>, truth: &[(BBox, u32)]) {
        self.remove(id);
        let is_other = |first: &ReviewedPicture| first.sight.width != sight.width;
        if self.pictures.first().is_some_and(is_other) {
            return;
        }
        let (width, height) = sight.size;
        let truth: Vec<(BBox, u32)> = truth
            .iter()
            .filter_map(|(bbox, category)| Some((bbox.clipped(width, height)?, *category)))
            .collect();
        let picture = ReviewedPicture {
            role: self.role(id),
            boxes: truth.iter().map(|(bbox, _)| *bbox).collect(),
            id,
            sight,
            truth,
        };
        self.count(&picture, 1.0);
        self.pictures.push(picture);
    }

    /// Takes a picture out again, if it is there.
    pub fn remove(&mut self, id: u64) {
        if let Some(at) = self.pictures.iter().position(|picture| picture.id == id) {
            let picture = self.pictures.remove(at);
            self.count(&picture, -1.0);
        }
    }

    /// Pictures that it learns from or measures with.
    pub fn len(&self) -> usize {
        self.pictures.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.pictures.is_empty()
    }

    /// Whether so many pictures have come since it was solved with `solved` of them that solving
    /// again is worth the time: four, or a sixth of them.
    pub fn is_due(&self, solved: usize) -> bool {
        self.len() >= solved + (solved / 6).max(4)
    }

    fn role(&self, id: u64) -> Role {
        let number = mix(self.seed, id);
        if number.is_multiple_of(HELD_OUT_OF) {
            Role::HeldOut
        } else {
            Role::Fold((number / HELD_OUT_OF) as usize % FOLDS)
        }
    }

    /// Adds what a picture teaches the head, or takes it off.
    fn count(&mut self, picture: &ReviewedPicture, sign: f64) {
        let Role::Fold(fold) = picture.role else {
            return;
        };
        // An empty fold is without the rounding of what was in it.
        let mut others = self.pictures.iter().filter(|other| other.id != picture.id);
        if sign < 0.0 && !others.any(|other| other.role == picture.role) {
            self.sums[fold] = None;
            return;
        }
        let sight = &picture.sight;
        let sums = self.sums[fold].get_or_insert_with(|| DenseSums::new(sight.width));
        sums.add(&DenseSums::of(sight, &picture.boxes), sign);
    }

    /// What the pictures teach. Nothing if they are too few, or if `cancel` says so, which is asked
    /// several times.
    pub fn solve(&self, cancel: &dyn Fn() -> bool) -> Option<LearnedProposer> {
        let of_fold = |picture: &&ReviewedPicture| picture.role != Role::HeldOut;
        let all: Vec<&ReviewedPicture> = self.pictures.iter().filter(of_fold).collect();
        let with_objects = all
            .iter()
            .filter(|picture| !picture.boxes.is_empty())
            .count();
        let folds: Vec<usize> = (0..FOLDS)
            .filter(|fold| self.sums[*fold].is_some())
            .collect();
        let width = self.pictures.first()?.sight.width;
        if with_objects < MIN_PICTURES_WITH_OBJECTS || folds.len() < 2 || cancel() {
            return None;
        }
        let recent = &all[all.len().saturating_sub(MAX_RECENT)..];

        let basis = self.basis(width)?;
        let (full, cross_fitted) = self.models(&folds, recent, &basis)?;
        if cancel() {
            return None;
        }
        let seen: Vec<Candidates> = recent
            .par_iter()
            .map(|picture| {
                // Never with a model that this picture taught.
                let at = folds
                    .iter()
                    .position(|fold| picture.role == Role::Fold(*fold));
                let models = at.map_or(&full, |at| &cross_fitted[at]);
                candidates(&picture.sight, &basis, models)
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
        } = GainModel::learn(&folds, recent, &seen, width)?;
        if cancel() {
            return None;
        }
        let objects: Vec<_> = all
            .par_iter()
            .map(|picture| named(&picture.sight, &picture.truth))
            .collect();
        let mut learned = LearnedProposer {
            width,
            basis,
            models: full,
            expansion,
            weights,
            calibration,
            categories: Categories::new(&objects.concat()),
            quality: GateMetrics::default(),
            is_better: false,
            reviewed: self.len(),
            seed: self.seed,
        };
        if cancel() {
            return None;
        }
        self.judge(&mut learned, recent, &shown);
        Some(learned)
    }

    /// The directions in which the tokens of the pictures vary most.
    fn basis(&self, width: usize) -> Option<TokenBasis> {
        let mut sums = DenseSums::new(width);
        for fold in self.sums.iter().flatten() {
            sums.add(fold, 1.0);
        }
        let (mean, axes) = sums.principal_axes(width, TokenBasis::axes(width))?;
        Some(TokenBasis { mean, axes })
    }

    /// The models that all pictures teach, and for each fold those that all but its own do.
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
                let sight = &picture.sight;
                let field = FeatureField::new(sight, basis);
                sides::training_rows(sight, &picture.boxes, &field, mix(self.seed, picture.id))
            })
            .collect();
        let channels = TokenBasis::channels(width);
        let of_fold = |fold: &usize| {
            let own = recent.iter().zip(&training_rows);
            let own = own.filter(|(picture, _)| picture.role == Role::Fold(*fold));
            let rows: Vec<f32> = own.flat_map(|(_, rows)| rows.iter().copied()).collect();
            sides::gram_sums(&rows, channels)
        };
        let of_sides: Vec<GramSums> = folds.iter().map(of_fold).collect();
        // `None` leaves none out.
        let left_out = folds.iter().map(Some).chain([None]).collect::<Vec<_>>();
        let mut models = left_out
            .into_par_iter()
            .map(|left_out| {
                let mut dense = DenseSums::new(width);
                let mut sides = GramSums::new(sides::inputs(channels), 1);
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

    /// Holds what was learnt against the pictures that had no part in it; `shown` is what those
    /// that had a part get from what the others taught.
    fn judge(
        &self,
        learned: &mut LearnedProposer,
        recent: &[&ReviewedPicture],
        shown: &[Vec<BBox>],
    ) {
        let held_out = self.pictures.iter().rev();
        let held_out: Vec<&ReviewedPicture> = held_out
            .filter(|picture| picture.role == Role::HeldOut)
            .take(MAX_RECENT_HELD_OUT)
            .collect();
        let proposed: Vec<Vec<BBox>> = held_out
            .par_iter()
            .map(|picture| {
                let proposed = learned.propose(&picture.sight).into_iter();
                proposed.map(|proposed| proposed.bbox).collect()
            })
            .collect();
        let held_out = compared(&held_out, &proposed);
        let cross_fitted = compared(recent, shown);
        learned.quality = GateMetrics::of(&held_out);
        learned.is_better = gate::is_better(&held_out, &cross_fitted);
    }
}

fn compared(pictures: &[&ReviewedPicture], proposed: &[Vec<BBox>]) -> Vec<PictureComparison> {
    let pictures = pictures.iter().zip(proposed);
    let compared = pictures.map(|(picture, proposed)| {
        PictureComparison::new(&picture.boxes, picture.sight.proposals(), proposed)
    });
    compared.collect()
}

/// How gains are told from a candidate's numbers.
struct GainModel {
    expansion: Expansion,
    weights: Vec<f32>,
    calibration: Calibration,
    /// For each picture, the boxes that what the others taught would show.
    shown: Vec<Vec<BBox>>,
}

impl GainModel {
    fn learn(
        folds: &[usize],
        pictures: &[&ReviewedPicture],
        seen: &[Candidates],
        width: usize,
    ) -> Option<Self> {
        let rows: Vec<&[f32]> = seen.iter().map(|seen| &seen.features[..]).collect();
        let expansion = Expansion::of(&rows, candidates::inputs(width));
        let outputs = expansion.outputs();
        let of_folds: Vec<GramSums> = folds
            .iter()
            .map(|fold| {
                let own = pictures.iter().zip(seen);
                let own = own.filter(|(picture, _)| picture.role == Role::Fold(*fold));
                let rows: Vec<Vec<f32>> = own
                    .collect::<Vec<_>>()
                    .into_par_iter()
                    .map(|(picture, seen)| {
                        let gains = seen
                            .boxes
                            .iter()
                            .map(|bbox| rank::gain(bbox, &picture.boxes));
                        let gains: Vec<f32> = gains.collect();
                        expansion.expand(&seen.features, Some(&gains))
                    })
                    .collect();
                GramSums::of(&rows.concat(), outputs, 1)
            })
            .collect();
        let mut all = GramSums::new(outputs, 1);
        of_folds.iter().for_each(|fold| all.add(fold, 1.0));
        let weights = rank::solve(&all)?;
        let cross_fitted = of_folds
            .par_iter()
            .map(|fold| {
                let mut others = all.clone();
                others.add(fold, -1.0);
                rank::solve(&others)
            })
            .collect::<Option<Vec<Vec<f32>>>>()?;
        let shown: Vec<Vec<Selected>> = pictures
            .par_iter()
            .zip(seen)
            .map(|(picture, seen)| {
                let at = folds
                    .iter()
                    .position(|fold| picture.role == Role::Fold(*fold));
                let weights = at.map_or(&weights, |at| &cross_fitted[at]);
                let expanded = expansion.expand(&seen.features, None);
                select(&seen.boxes, &rank::gains(&expanded, weights))
            })
            .collect();
        let observed = pictures.iter().zip(&shown).flat_map(|(picture, shown)| {
            shown.iter().map(|shown| {
                let iou = best_iou(&shown.bbox, &picture.boxes);
                (shown.gain, iou >= ACCEPT_IOU)
            })
        });
        Some(Self {
            expansion,
            weights,
            calibration: Calibration::fit(&observed.collect::<Vec<(f32, bool)>>()),
            shown: shown
                .iter()
                .map(|shown| shown.iter().map(|shown| shown.bbox).collect())
                .collect(),
        })
    }
}
