//! What the networks saw in one picture.

use super::Quality;
use super::maps::Map;
use crate::geometry::{BBox, Grid};

/// Layers, from the last, whose class-token attention localises objects; earlier ones look at
/// textures. The paper sums all layers.
const ATTENTION_LAYERS: usize = 3;

/// What a transformer, and a companion if there is one, saw in one picture; P patches, L layers.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    /// The grid of the P patches.
    pub grid: Grid,
    /// Side of a patch in pixels of the transformer's input.
    pub patch_size: usize,
    /// The class token's attention to each patch, mean over heads, `[L][P]`.
    pub attention: Vec<Vec<f32>>,
    /// Cosine similarity of the last layer's keys, `[P * P]`, row by row.
    pub key_similarity: Vec<f32>,
    /// How alike patches are, place in the object included: the scalar products of their final
    /// tokens, over the tokens' mean square length, plus the cosines of their keys, `[P * P]`.
    pub instance_similarity: Vec<f32>,
    /// How much was done for it.
    pub quality: Quality,
    /// What a class head made of the patches, if there is one.
    pub head: Option<ClassEvidence>,
    /// What a convolutional companion saw, if there is one.
    pub companion: Option<ClassEvidence>,
    /// Second looks at parts of the picture.
    pub zoomed: Vec<ZoomedEvidence>,
    /// What learning works on, if it was asked for.
    pub tokens: Option<PatchTokens>,
}

/// What a transformer made of each patch.
#[derive(Clone, Debug, PartialEq)]
pub struct PatchTokens {
    /// Width of a token, D.
    pub width: usize,
    /// The patch tokens of a block, layer-normed without affine, `[P * D]`.
    pub tokens: Vec<f32>,
    /// The keys of the last layer, all heads side by side, `[P * D]`.
    pub keys: Vec<f32>,
}

/// A second look at a part of a picture.
#[derive(Clone, Debug, PartialEq)]
pub struct ZoomedEvidence {
    /// The part, in 0..=1 of the picture's width and height.
    pub frame: BBox,
    /// What was seen there.
    pub evidence: Evidence,
}

/// Where class maps come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClassSource {
    /// A class head over the transformer's patch tokens (TS-CAM's semantic re-allocation).
    Head,
    /// The class activation maps of a convolutional companion.
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

/// A classifier's view of one picture; C classes.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassEvidence {
    /// The grid of its maps, which need not be that of the patches.
    pub grid: Grid,
    /// One logit a class, `[C]`.
    pub logits: Vec<f32>,
    /// One semantic map a class, `[C][rows * columns]`.
    pub maps: Vec<Vec<f32>>,
    /// Whether a picture shows any number of the classes, each likely by itself, and not just one.
    pub is_multi_label: bool,
}

impl ClassEvidence {
    /// The mean of this and of what was seen in the mirror image.
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

    /// The softmax of the logits, or the sigmoid of each if a picture may show
    /// [any of the classes](Self::is_multi_label), `[C]`.
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

    /// The map of a class on `grid`, if there is such a class.
    pub fn map(&self, class: usize, grid: Grid) -> Option<Map> {
        let values = self.maps.get(class)?.clone();
        Some(self.on(values, grid))
    }

    /// The map of whatever is there: the mean of all classes' maps, weighted by the root of their
    /// probabilities, which lets the relatives of an unknown class have their say.
    pub fn any_class_map(&self, grid: Grid) -> Map {
        let mut sum = vec![0.0; self.grid.patches()];
        for (probability, map) in self.probabilities().iter().zip(&self.maps) {
            let weight = probability.sqrt();
            for (sum, value) in sum.iter_mut().zip(map) {
                *sum += weight * value;
            }
        }
        self.on(sum, grid)
    }

    /// How likely all but `classes` are at each place: the logarithm of the sum of the
    /// exponentials of their logits, on `grid`.
    pub fn rest(&self, classes: &[usize], grid: Grid) -> Map {
        let others = self.maps.iter().enumerate();
        let others: Vec<&Vec<f32>> = others
            .filter(|(class, _)| !classes.contains(class))
            .map(|(_, map)| map)
            .collect();
        let places = 0..self.grid.patches();
        let values = places.map(|place| log_sum_exp(others.iter().map(|map| map[place])));
        self.on(values.collect(), grid)
    }

    fn on(&self, values: Vec<f32>, grid: Grid) -> Map {
        let map = Map {
            grid: self.grid,
            values,
        };
        if self.grid == grid {
            return map;
        }
        Map {
            grid,
            values: map.resized(grid.columns, grid.rows),
        }
    }
}

/// `ln(sum(exp(xs)))`; a number too small to count where there are none.
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
    pub fn summed_attention(&self) -> Vec<f32> {
        self.attention_of_last(ATTENTION_LAYERS)
    }

    /// The class token's attention summed over all layers, `[P]` (the paper).
    pub fn attention_of_all(&self) -> Vec<f32> {
        self.attention_of_last(self.attention.len())
    }

    fn attention_of_last(&self, layers: usize) -> Vec<f32> {
        let first = self.attention.len().saturating_sub(layers);
        let mut sum = vec![0.0; self.grid.patches()];
        for layer in &self.attention[first..] {
            for (total, value) in sum.iter_mut().zip(layer) {
                *total += value;
            }
        }
        sum
    }

    /// What knows classes here: the head, or the companion if there is no head.
    pub fn classes(&self) -> Option<(ClassSource, &ClassEvidence)> {
        let head = self.head.as_ref().map(|head| (ClassSource::Head, head));
        let companion = self.companion.as_ref();
        head.or_else(|| companion.map(|companion| (ClassSource::Companion, companion)))
    }

    /// The evidence as it would be if `source` were what knows classes, or nothing.
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
