//! The category of the object in a box: one ridge regression for each category against all others, on the
//! mean of the tokens inside.

use super::picture_features::PictureFeatures;
use crate::geometry::BBox;
use crate::learn::ridge::{GramSums, predict};

/// Penalty of the ridge regression.
const PENALTY: f64 = 0.1;

/// Distinguishes the categories of the reviewed objects.
#[derive(Clone, Debug, PartialEq)]
pub struct CategoryClassifier {
    /// Category ids, ascending, at least one.
    pub ids: Vec<u32>,
    /// `[(D + 1) * ids]`; empty if there is only one category.
    pub weights: Vec<f32>,
}

/// The mean of the unit tokens whose patches lie in a box, followed by a 1, `[D + 1]`.
fn object_input(picture: &PictureFeatures, tokens: &[f32], bbox: &BBox) -> Vec<f32> {
    let patches = picture.patches_in(bbox);
    let mut mean = mean_token(tokens, picture.width, &patches);
    mean.push(1.0);
    mean
}

/// The mean of the tokens of some patches, `[D]`.
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

/// The input of an object, `[D + 1]`, with its category.
pub type NamedObject = (Vec<f32>, u32);

/// The objects of a picture, from its true boxes with their categories.
pub fn named_objects(picture: &PictureFeatures, truth: &[(BBox, u32)]) -> Vec<NamedObject> {
    let tokens = picture.unit_tokens();
    let objects = truth.iter();
    objects
        .map(|(bbox, category)| (object_input(picture, &tokens, bbox), *category))
        .collect()
}

impl CategoryClassifier {
    /// Learns from objects. `None` if there are none.
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

    /// The category of the object in each box.
    pub fn of(&self, picture: &PictureFeatures, boxes: &[BBox]) -> Vec<u32> {
        if self.weights.is_empty() || boxes.is_empty() {
            return vec![self.ids[0]; boxes.len()];
        }
        let tokens = picture.unit_tokens();
        let rows: Vec<f32> = boxes
            .iter()
            .flat_map(|bbox| object_input(picture, &tokens, bbox))
            .collect();
        let count = self.ids.len();
        let scores = predict(&rows, &self.weights, picture.width + 1, count);
        let best = scores.chunks_exact(count).map(|scores| {
            let ranked = scores.iter().zip(&self.ids).rev();
            ranked
                .max_by(|a, b| a.0.total_cmp(b.0))
                .map_or(self.ids[0], |(_, id)| *id)
        });
        best.collect()
    }
}
