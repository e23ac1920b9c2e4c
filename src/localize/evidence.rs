//! What the networks computed from one picture.

use super::patch_map::PatchMap;
use crate::geometry::{BBox, Grid};

/// The number of last layers whose class-token attention localises objects. Earlier layers attend to
/// textures. The paper sums all layers.
const ATTENTION_LAYERS: usize = 3;

/// What a transformer, and a companion if there is one, computed from one picture. P is the number of
/// patches, L the number of layers.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    /// The grid of the P patches.
    pub grid: Grid,
    /// The side of a patch, in pixels of the transformer's input.
    pub patch_size: usize,
    /// The class token's attention to each patch, mean over heads, `[L][P]`.
    pub attention: Vec<Vec<f32>>,
    /// The cosine similarities of the patches' keys in the last layer, `[P * P]`, row by row.
    pub key_similarity: Vec<f32>,
    /// How likely two patches belong to the same object, including their position in it, `[P * P]`:
    /// the scalar products of their last tokens, divided by the mean square length of the tokens, plus
    /// the cosine similarities of their keys.
    pub instance_similarity: Vec<f32>,
    /// The result of the class head, if there is one.
    pub head: Option<ClassEvidence>,
    /// The result of the companion, if there is one.
    pub companion: Option<ClassEvidence>,
    /// The evidence in enlarged parts of the picture, where small objects are.
    pub zoomed: Vec<ZoomedEvidence>,
    /// The boxes of a detector, those with the best scores first; `None` without a detector.
    pub detections: Option<Vec<DetectedBox>>,
    /// Tokens for learning, if they were requested.
    pub tokens: Option<PatchTokens>,
}

/// Number of classes of a detector: those of COCO.
pub const DETECTOR_CLASSES: usize = 80;

/// A box that a detector found.
#[derive(Clone, Debug, PartialEq)]
pub struct DetectedBox {
    /// In upright pixels of the original picture.
    pub bbox: BBox,
    /// The score of its most probable class, in 0..=1.
    pub score: f32,
    /// The most probable classes of the detector with their scores, best first.
    pub classes: Vec<(usize, f32)>,
}

impl DetectedBox {
    /// The box and its classes, for [`detected_classes`].
    pub fn with_classes(&self) -> (&BBox, &[(usize, f32)]) {
        (&self.bbox, &self.classes)
    }
}

/// Minimum IoU of a detected box with a box for which its classes count.
const SAME_OBJECT_IOU: f32 = 0.5;

/// The classes that a detector found in `bbox`, each once with its best score times IoU, in the order in
/// which `detected`, boxes with the scores of their classes, has them first.
pub fn detected_classes<'a>(
    bbox: &BBox,
    detected: impl IntoIterator<Item = (&'a BBox, &'a [(usize, f32)])>,
) -> Vec<(usize, f32)> {
    let mut found: Vec<(usize, f32)> = Vec::new();
    for (other, classes) in detected {
        let iou = other.iou(bbox);
        if iou < SAME_OBJECT_IOU {
            continue;
        }
        for (class, score) in classes {
            let score = score * iou;
            match found.iter_mut().find(|(known, _)| known == class) {
                Some((_, best)) => *best = best.max(score),
                None => found.push((*class, score)),
            }
        }
    }
    found
}

/// The tokens and keys of each patch.
#[derive(Clone, Debug, PartialEq)]
pub struct PatchTokens {
    /// The width of a token, D.
    pub width: usize,
    /// The patch tokens of a block, layer-normalised without weight and bias, `[P * D]`.
    pub tokens: Vec<f32>,
    /// The keys of the last layer, all heads concatenated, `[P * D]`.
    pub keys: Vec<f32>,
}

/// The evidence in an enlarged part of a picture.
#[derive(Clone, Debug, PartialEq)]
pub struct ZoomedEvidence {
    /// The part, in 0..=1 of the picture's width and height.
    pub frame: BBox,
    /// The evidence in it.
    pub evidence: Evidence,
}

/// Where class maps come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClassSource {
    /// A class head on the transformer's patch tokens (TS-CAM's semantic re-allocation).
    Head,
    /// The class activation maps of the convolutional companion.
    Companion,
}

impl ClassSource {
    /// Its name on the command line and in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Head => "head",
            Self::Companion => "imagenet",
        }
    }
}

/// What a classifier computed from one picture. C is the number of classes.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassEvidence {
    /// The grid of its maps, which may differ from that of the patches.
    pub grid: Grid,
    /// One logit per class, `[C]`.
    pub logits: Vec<f32>,
    /// One semantic map per class, `[C][rows * columns]`.
    pub maps: Vec<Vec<f32>>,
    /// Whether a picture can show several classes (sigmoid), rather than exactly one (softmax).
    pub is_multi_label: bool,
}

impl ClassEvidence {
    /// The mean of this and of the result for the mirrored picture.
    pub fn averaged_with_mirrored(mut self, mirrored: &Self) -> Self {
        for (logit, other) in self.logits.iter_mut().zip(&mirrored.logits) {
            *logit = (*logit + other) / 2.0;
        }
        let columns = self.grid.columns;
        for (map, mirrored) in self.maps.iter_mut().zip(&mirrored.maps) {
            let rows = map.chunks_exact_mut(columns);
            for (row, mirrored) in rows.zip(mirrored.chunks_exact(columns)) {
                for (value, other) in row.iter_mut().zip(mirrored.iter().rev()) {
                    *value = (*value + other) / 2.0;
                }
            }
        }
        self
    }

    /// The probability of each class, `[C]`: the softmax of the logits, or the sigmoid of each if the
    /// classifier is [multi-label](Self::is_multi_label).
    pub fn probabilities(&self) -> Vec<f32> {
        if self.is_multi_label {
            return self
                .logits
                .iter()
                .map(|x| 1.0 / (1.0 + (-x).exp()))
                .collect();
        }
        let sum = log_sum_exp(self.logits.iter().copied());
        self.logits.iter().map(|x| (x - sum).exp()).collect()
    }

    /// Classes and their probabilities, most probable first.
    pub fn ranked(&self) -> Vec<(usize, f32)> {
        let mut ranked: Vec<(usize, f32)> = self.probabilities().into_iter().enumerate().collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
        ranked
    }

    /// The map of a class, resized to `grid`; `None` if there is no such class.
    pub fn map(&self, class: usize, grid: Grid) -> Option<PatchMap> {
        let values = self.maps.get(class)?.clone();
        Some(self.resized(values, grid))
    }

    /// The map of any object on `grid`: the sum of the maps of all classes, weighted by the square root
    /// of their probabilities. The root gives more weight to classes that are related to an unknown one.
    pub fn any_class_map(&self, grid: Grid) -> PatchMap {
        let mut sum = vec![0.0; self.grid.patches()];
        for (probability, map) in self.probabilities().iter().zip(&self.maps) {
            let weight = probability.sqrt();
            for (sum, value) in sum.iter_mut().zip(map) {
                *sum += weight * value;
            }
        }
        self.resized(sum, grid)
    }

    /// The joint logit of all classes except `classes` at each position, on `grid`: the logarithm of the
    /// sum of the exponentials of their logits.
    pub fn logits_of_others(&self, classes: &[usize], grid: Grid) -> PatchMap {
        let others = self.maps.iter().enumerate();
        let others: Vec<&Vec<f32>> = others
            .filter(|(class, _)| !classes.contains(class))
            .map(|(_, map)| map)
            .collect();
        let positions = 0..self.grid.patches();
        let values = positions.map(|at| log_sum_exp(others.iter().map(|map| map[at])));
        self.resized(values.collect(), grid)
    }

    fn resized(&self, values: Vec<f32>, grid: Grid) -> PatchMap {
        let map = PatchMap {
            grid: self.grid,
            values,
        };
        if self.grid == grid {
            return map;
        }
        PatchMap {
            grid,
            values: map.resized(grid.columns, grid.rows),
        }
    }
}

/// `ln(sum(exp(xs)))`; a negligibly small number if there are none.
pub(super) fn log_sum_exp(xs: impl Iterator<Item = f32> + Clone) -> f32 {
    let max = xs.clone().fold(f32::MIN, f32::max);
    max + xs
        .map(|x| (x - max).exp())
        .sum::<f32>()
        .max(f32::MIN_POSITIVE)
        .ln()
}

impl Evidence {
    /// The class token's attention summed over the last layers, `[P]`.
    pub fn attention_last_layers(&self) -> Vec<f32> {
        self.attention_of_last_layers(ATTENTION_LAYERS)
    }

    /// The class token's attention summed over all layers, `[P]` (the paper).
    pub fn attention_all_layers(&self) -> Vec<f32> {
        self.attention_of_last_layers(self.attention.len())
    }

    fn attention_of_last_layers(&self, layers: usize) -> Vec<f32> {
        let first = self.attention.len().saturating_sub(layers);
        let mut sum = vec![0.0; self.grid.patches()];
        for layer in &self.attention[first..] {
            for (total, value) in sum.iter_mut().zip(layer) {
                *total += value;
            }
        }
        sum
    }

    /// The class evidence and where it comes from: the head, or the companion if there is no head.
    pub fn classes(&self) -> Option<(ClassSource, &ClassEvidence)> {
        let head = self.head.as_ref().map(|head| (ClassSource::Head, head));
        let companion = self.companion.as_ref();
        head.or_else(|| companion.map(|companion| (ClassSource::Companion, companion)))
    }

    /// The evidence as it would be if class maps came only from `source`, or from nowhere.
    pub fn with_source(&self, source: Option<ClassSource>) -> Self {
        let mut evidence = self.clone();
        if source != Some(ClassSource::Head) {
            evidence.head = None;
        }
        if source.is_none() {
            evidence.companion = None;
        }
        for zoomed in &mut evidence.zoomed {
            zoomed.evidence = zoomed.evidence.with_source(source);
        }
        evidence
    }

    /// Whether every number is finite.
    pub fn is_finite(&self) -> bool {
        let classes = self.head.iter().chain(&self.companion);
        let of_classes = classes.flat_map(|classes| classes.maps.iter().chain([&classes.logits]));
        let all = self.attention.iter();
        let all = all.chain([&self.key_similarity, &self.instance_similarity]);
        all.chain(of_classes)
            .flatten()
            .all(|number| number.is_finite())
            && self.zoomed.iter().all(|zoomed| zoomed.evidence.is_finite())
    }
}
