//! Predicts the gain of candidates, cross-fitted over the folds.

use rayon::prelude::*;

use super::candidates::Candidates;
use super::gain::{self, RandomFeatures, SELECTION};
use super::reviewed::ReviewedPicture;
use crate::geometry::BBox;
use crate::learn::calibration::Calibration;
use crate::learn::overlap::best_iou;
use crate::learn::ridge::GramSums;
use crate::learn::select::{Selected, select};

/// The minimum IoU at which a person accepts a box without changes, as in
/// [`crate::evaluate::annotation_effort`].
const ACCEPT_IOU: f32 = 0.75;

/// Predicts the gain of a candidate from its inputs.
pub struct GainModel {
    /// Expands the inputs.
    pub expansion: RandomFeatures,
    /// `[outputs]` of the expansion.
    pub weights: Vec<f32>,
    /// Converts gains to probabilities.
    pub calibration: Calibration,
    /// For each picture, the boxes that a model learned from the other folds would show.
    pub shown: Vec<Vec<BBox>>,
}

impl GainModel {
    /// Learns from the candidates `found` in `pictures`, of which the first `inputs` are expanded. `None` if the sums are not finite.
    pub fn learn(
        folds: &[usize],
        pictures: &[&ReviewedPicture],
        found: &[Candidates],
        (inputs, linear): (usize, usize),
    ) -> Option<Self> {
        let rows: Vec<&[f32]> = found.iter().map(|found| &found.features[..]).collect();
        let expansion = RandomFeatures::of(&rows, inputs, linear);
        let outputs = expansion.outputs();
        let of_folds: Vec<GramSums> = folds
            .iter()
            .map(|fold| {
                let own = pictures.iter().zip(found);
                let own = own.filter(|(picture, _)| picture.fold == *fold);
                let rows: Vec<Vec<f32>> = own
                    .collect::<Vec<_>>()
                    .into_par_iter()
                    .map(|(picture, found)| {
                        let gains = found
                            .boxes
                            .iter()
                            .map(|bbox| crate::learn::gain::gain(bbox, &picture.boxes));
                        let gains: Vec<f32> = gains.collect();
                        expansion.expand(&found.features, Some(&gains))
                    })
                    .collect();
                GramSums::of(&rows.concat(), outputs, 1)
            })
            .collect();
        let mut all = GramSums::new(outputs, 1);
        of_folds.iter().for_each(|fold| all.add(fold, 1.0));
        let weights = gain::solve(&all)?;
        let cross_fitted = of_folds
            .par_iter()
            .map(|fold| {
                let mut others = all.clone();
                others.add(fold, -1.0);
                gain::solve(&others)
            })
            .collect::<Option<Vec<Vec<f32>>>>()?;
        let shown: Vec<Vec<Selected>> = pictures
            .par_iter()
            .zip(found)
            .map(|(picture, found)| {
                let at = folds.iter().position(|fold| picture.fold == *fold);
                let weights = at.map_or(&weights, |at| &cross_fitted[at]);
                let expanded = expansion.expand(&found.features, None);
                select(&found.boxes, &gain::gains(&expanded, weights), SELECTION)
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
