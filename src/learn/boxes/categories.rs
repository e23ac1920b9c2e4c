//! What the object in a box is called: one ridge for each category against all others, on the mean
//! of the tokens inside.

use super::ridge::{GramSums, predict};
use super::sight::PictureFeatures;
use crate::geometry::BBox;

/// Of the ridge.
const PENALTY: f64 = 0.1;

/// Tells the categories apart that people have named.
#[derive(Clone, Debug, PartialEq)]
pub struct Categories {
    /// Ascending, one at least.
    pub ids: Vec<u32>,
    /// `[(D + 1) * ids]`; none if there is but one.
    pub weights: Vec<f32>,
}

/// The mean of the unit tokens whose patches lie in a box, and a 1, `[D + 1]`.
fn object_input(sight: &PictureFeatures, tokens: &[f32], bbox: &BBox) -> Vec<f32> {
    let patches = sight.patches_in(bbox);
    let mut mean = mean_token(tokens, sight.width, &patches);
    mean.push(1.0);
    mean
}

/// The mean of some patches' tokens, `[D]`.
pub fn mean_token(tokens: &[f32], width: usize, patches: &[usize]) -> Vec<f32> {
    let mut mean = vec![0.0; width];
    for patch in patches {
        let token = &tokens[patch * width..][..width];
        mean.iter_mut().zip(token).for_each(|(sum, x)| *sum += x);
    }
    let share = 1.0 / patches.len().max(1) as f32;
    mean.iter_mut().for_each(|sum| *sum *= share);
    mean
}

/// An object as categories see it: `[D + 1]` with its category.
pub type NamedObject = (Vec<f32>, u32);

/// The objects of a picture.
pub fn named(sight: &PictureFeatures, truth: &[(BBox, u32)]) -> Vec<NamedObject> {
    let tokens = sight.unit_tokens();
    let objects = truth.iter();
    objects
        .map(|(bbox, category)| (object_input(sight, &tokens, bbox), *category))
        .collect()
}

impl Categories {
    /// Nothing if nothing is named.
    pub fn new(objects: &[NamedObject]) -> Option<Self> {
        let mut ids: Vec<u32> = objects.iter().map(|(_, id)| *id).collect();
        ids.sort_unstable();
        ids.dedup();
        let (first, _) = objects.first()?;
        if ids.len() == 1 {
            let weights = Vec::new();
            return Some(Self { ids, weights });
        }
        let mut rows = Vec::with_capacity(objects.len() * (first.len() + ids.len()));
        for (inputs, category) in objects {
            rows.extend_from_slice(inputs);
            rows.extend(ids.iter().map(|id| f32::from(u8::from(id == category))));
        }
        let weights = GramSums::of(&rows, first.len(), ids.len()).solve(PENALTY)?;
        Some(Self { ids, weights })
    }

    /// What each box's object is called.
    pub fn of(&self, sight: &PictureFeatures, boxes: &[BBox]) -> Vec<u32> {
        if self.weights.is_empty() || boxes.is_empty() {
            return vec![self.ids[0]; boxes.len()];
        }
        let tokens = sight.unit_tokens();
        let rows: Vec<f32> = boxes
            .iter()
            .flat_map(|bbox| object_input(sight, &tokens, bbox))
            .collect();
        let count = self.ids.len();
        let scores = predict(&rows, &self.weights, sight.width + 1, count);
        let best = scores.chunks_exact(count).map(|scores| {
            let ranked = scores.iter().zip(&self.ids).rev();
            ranked
                .max_by(|a, b| a.0.total_cmp(b.0))
                .map_or(self.ids[0], |(_, id)| *id)
        });
        best.collect()
    }
}
