//! What is known about each candidate: numbers that depend neither on the size of the picture nor on what
//! it shows.

use super::candidate::{Candidate, CandidateSource};
use crate::geometry::BBox;
use crate::learn::overlap::Overlaps;
use crate::learn::ridge::predict;
use crate::localize::{Evidence, PictureMaps};

/// Number of features of a candidate.
pub const FEATURES: usize = FEATURE_NAMES.len();

/// The names of the features, in their order. `map` and `det` are the sources.
///
/// - `is`, `own`: whether it is of the source, and its score there.
/// - `agree`: the best IoU with another candidate of the source.
/// - `best`, `close`: the best score of the source's candidates with an IoU above 0.5 and 0.7.
/// - `sum`: the sum of scores times IoU of those above 0.6, as `ln(1 + x)`.
/// - `within`, `around`: the sum of the scores of smaller candidates inside it and of larger ones
///   around it, as `ln(1 + x)`; `_max`: their maximum.
/// - `mean`, `share`, `ratio`, `contrast`: the mean of the map of any object inside, the share of its
///   sum, and the logarithm of the mean relative to the rest of the picture and to the ring around.
/// - `peak`, `entropy`: how concentrated the propagated attention and the attention of the picture are.
/// - `cohesion`, `cross`, `ring`, `typical`: how similar the keys inside are to one another, relative to
///   those of the ring, the ring likewise, and inside relative to the picture.
/// - `peers`: candidates of the source elsewhere that are as large, that look alike, or both, weighted by
///   their scores, and the number of those that score as high; as `ln(1 + x)`.
/// - `area`, `aspect`, `touch`, `off_x`, `off_y`: the shape and position.
/// - `rel`: `best`, relative to the best of the picture.
pub const FEATURE_NAMES: [&str; 45] = [
    "map_is",
    "map_own",
    "map_agree",
    "map_best",
    "map_close",
    "map_sum",
    "map_within",
    "map_within_max",
    "map_around",
    "map_around_max",
    "det_is",
    "det_own",
    "det_agree",
    "det_best",
    "det_close",
    "det_sum",
    "det_within",
    "det_within_max",
    "det_around",
    "det_around_max",
    "mean",
    "share",
    "ratio",
    "contrast",
    "peak",
    "entropy",
    "cohesion",
    "cross",
    "ring",
    "typical",
    "map_peers_size",
    "map_peers_look",
    "map_peers_both",
    "map_peers_count",
    "det_peers_size",
    "det_peers_look",
    "det_peers_both",
    "det_peers_count",
    "area",
    "aspect",
    "touch",
    "off_x",
    "off_y",
    "map_rel",
    "det_rel",
];

/// The index of `best` in the relations to a source.
const BEST: usize = 3;
/// Width of the ring around a box, in multiples of its sides; at least a patch.
const RING_SHARE: f32 = 0.35;
/// A candidate is inside another one if this share of it is.
const INSIDE: f32 = 0.85;
/// How much smaller a candidate within and how much larger one around must be.
const SMALLER: f32 = 0.7;
const LARGER: f32 = 1.4;
/// Softness of equal area and equal aspect, as logarithms.
const SAME_AREA: f32 = 0.5;
const SAME_ASPECT: f32 = 0.4;
/// Candidates with less IoU are elsewhere.
const ELSEWHERE_IOU: f32 = 0.2;

/// The features of all candidates in a picture of `size` pixels, `[candidates * FEATURES]`.
pub fn features(
    evidence: &Evidence,
    maps: &PictureMaps,
    candidates: &[Candidate],
    size: (u32, u32),
) -> Vec<f32> {
    if candidates.is_empty() {
        return Vec::new();
    }
    let boxes: Vec<BBox> = candidates.iter().map(|candidate| candidate.bbox).collect();
    let overlaps = Overlaps::new(&boxes);
    let sources = CandidateSource::ALL.map(|source| SourceView::new(candidates, source));
    let looks = Looks::new(evidence, maps, &boxes, size);
    let mut features = Vec::with_capacity(candidates.len() * FEATURES);
    for (at, bbox) in boxes.iter().enumerate() {
        let related = sources
            .each_ref()
            .map(|source| source.relations(candidates, &overlaps, at));
        features.extend(related.iter().flatten());
        features.extend(looks.of(at));
        for (source, relations) in sources.iter().zip(&related) {
            let best = relations[BEST];
            features.extend(source.peers(candidates, &overlaps, &looks, at, best));
        }
        features.extend(shape(bbox, size));
        for (source, relations) in sources.iter().zip(&related) {
            features.push(relations[BEST] / source.max.max(1e-3));
        }
    }
    features
}

/// The candidates of one source.
struct SourceView {
    source: CandidateSource,
    members: Vec<usize>,
    /// Their best score.
    max: f32,
}

impl SourceView {
    fn new(candidates: &[Candidate], source: CandidateSource) -> Self {
        let members = 0..candidates.len();
        let members: Vec<usize> = members
            .filter(|at| candidates[*at].source == source)
            .collect();
        let scores = members.iter().map(|at| candidates[*at].score);
        Self {
            source,
            max: scores.fold(0.0, f32::max),
            members,
        }
    }

    /// From `is` to `around_max`.
    fn relations(&self, candidates: &[Candidate], overlaps: &Overlaps, at: usize) -> [f32; 10] {
        let is_own = candidates[at].source == self.source;
        let (mut agree, mut best, mut close, mut sum) = (0.0f32, 0.0f32, 0.0f32, 0.0);
        let (mut within, mut within_max, mut around, mut around_max) = (0.0, 0.0f32, 0.0, 0.0f32);
        for &other in &self.members {
            let score = candidates[other].score;
            let iou = overlaps.iou(at, other);
            if other != at {
                agree = agree.max(iou);
            }
            if iou > 0.5 {
                best = best.max(score);
            }
            if iou > 0.7 {
                close = close.max(score);
            }
            if iou > 0.6 {
                sum += iou * score;
            }
            let relative = overlaps.area(other) / overlaps.area(at);
            if relative < SMALLER && overlaps.inside(other, at) > INSIDE {
                within += score;
                within_max = within_max.max(score);
            }
            if relative > LARGER && overlaps.inside(at, other) > INSIDE {
                around += score;
                around_max = around_max.max(score);
            }
        }
        [
            f32::from(u8::from(is_own)),
            if is_own { candidates[at].score } else { 0.0 },
            agree,
            best,
            close,
            sum.ln_1p(),
            within.ln_1p(),
            within_max,
            around.ln_1p(),
            around_max,
        ]
    }

    /// From `peers_size` to `peers_count`.
    fn peers(
        &self,
        candidates: &[Candidate],
        overlaps: &Overlaps,
        looks: &Looks,
        at: usize,
        best: f32,
    ) -> [f32; 4] {
        let aspect = |bbox: &BBox| (bbox.width() / bbox.height()).ln();
        let own_aspect = aspect(&candidates[at].bbox);
        let (mut by_size, mut by_look, mut by_both, mut count) = (0.0, 0.0, 0.0, 0.0);
        for &other in &self.members {
            if overlaps.iou(at, other) >= ELSEWHERE_IOU {
                continue;
            }
            let score = candidates[other].score;
            let area = (overlaps.area(at) / overlaps.area(other)).ln() / SAME_AREA;
            let shape = (own_aspect - aspect(&candidates[other].bbox)) / SAME_ASPECT;
            let size = (-area * area - shape * shape).exp();
            let look = looks.similarity(at, other);
            by_size += score * size;
            by_look += score * look;
            by_both += score * size * look;
            if score > 0.5 * best.max(0.03) {
                count += size * look;
            }
        }
        [by_size, by_look, by_both, count].map(f32::ln_1p)
    }
}

/// From `area` to `off_y`.
fn shape(bbox: &BBox, size: (u32, u32)) -> [f32; 5] {
    let (width, height) = (size.0 as f32, size.1 as f32);
    let touches = [
        bbox.x0 < 0.01 * width,
        bbox.y0 < 0.01 * height,
        bbox.x1 > 0.99 * width,
        bbox.y1 > 0.99 * height,
    ];
    let count = touches.iter().filter(|touches| **touches).count();
    [
        (bbox.area() / (width * height)).ln(),
        (bbox.width() / bbox.height()).ln().abs(),
        count as f32,
        ((bbox.x0 + bbox.x1) / 2.0 / width - 0.5).abs(),
        ((bbox.y0 + bbox.y1) / 2.0 / height - 0.5).abs(),
    ]
}

/// What the map and the keys of the patches say about each box.
struct Looks {
    /// From `mean` to `typical`.
    rows: Vec<[f32; 10]>,
    /// How alike the mean keys of two boxes are, without the mean of the picture: cosines, `[n * n]`.
    similarities: Vec<f32>,
}

impl Looks {
    fn new(evidence: &Evidence, maps: &PictureMaps, boxes: &[BBox], size: (u32, u32)) -> Self {
        let grid = evidence.grid;
        let patches = grid.patches();
        let (width, height) = (size.0 as f32, size.1 as f32);
        let patch = (width / grid.columns as f32, height / grid.rows as f32);
        let inside = boxes.iter().map(|bbox| grid.coverage(bbox, size));
        let inside: Vec<Vec<f32>> = inside.collect();
        let rings: Vec<Vec<f32>> = boxes
            .iter()
            .zip(&inside)
            .map(|(bbox, inside)| {
                let x = (RING_SHARE * bbox.width()).max(patch.0);
                let y = (RING_SHARE * bbox.height()).max(patch.1);
                let larger = BBox {
                    x0: (bbox.x0 - x).max(0.0),
                    y0: (bbox.y0 - y).max(0.0),
                    x1: (bbox.x1 + x).min(width),
                    y1: (bbox.y1 + y).min(height),
                };
                let larger = grid.coverage(&larger, size).into_iter().zip(inside);
                larger
                    .map(|(larger, inside)| (larger - inside).max(0.0))
                    .collect()
            })
            .collect();
        let means: Vec<Vec<f32>> = inside.iter().map(|weights| to_mean(weights)).collect();
        let ring_means: Vec<Vec<f32>> = rings.iter().map(|weights| to_mean(weights)).collect();
        let of_keys = |rows: &[Vec<f32>]| -> Vec<f32> {
            predict(&rows.concat(), &evidence.key_similarity, patches, patches)
        };
        let (keys, ring_keys) = (of_keys(&means), of_keys(&ring_means));
        let uniform = vec![1.0 / patches as f32; patches];
        let background = of_keys(std::slice::from_ref(&uniform)); // [P]

        let companion = maps.companion.as_ref();
        let object = companion.map_or(&maps.object, |companion| &companion.propagated);
        let object = unit_range(&object.values);
        let total: f32 = object.iter().sum::<f32>().max(1e-9);
        let peak = maps.object.values.iter().copied().fold(f32::MIN, f32::max);
        let peak = (peak * patches as f32 / maps.object.values.iter().sum::<f32>()).ln();
        let entropy = relative_entropy(&maps.attention.values);
        let rows = (0..boxes.len()).map(|at| {
            let area: f32 = inside[at].iter().sum::<f32>().max(1e-6);
            let ring_area: f32 = rings[at].iter().sum();
            let sum = dot(&inside[at], &object);
            let mean = sum / area;
            // Rounding may leave less than nothing around a box that fills the picture.
            let rest = (total - sum).max(0.0) / (patches as f32 - area).max(1e-6);
            let around = dot(&rings[at], &object) / ring_area.max(1e-6);
            let own = &keys[at * patches..][..patches];
            let of_ring = &ring_keys[at * patches..][..patches];
            let cohesion = dot(own, &means[at]);
            let cross = dot(own, &ring_means[at]);
            [
                mean,
                sum / total,
                ((mean + 1e-3) / (rest + 1e-3)).ln(),
                ((mean + 1e-2) / (around + 1e-2)).ln(),
                peak,
                entropy,
                cohesion,
                cohesion - cross,
                dot(of_ring, &ring_means[at]) - cross,
                cohesion - dot(&means[at], &background),
            ]
        });
        Self {
            rows: rows.collect(),
            similarities: similarities(&means, &keys, &background),
        }
    }

    fn of(&self, at: usize) -> [f32; 10] {
        self.rows[at]
    }

    fn similarity(&self, at: usize, other: usize) -> f32 {
        self.similarities[at * self.rows.len() + other]
    }
}

/// Cosines in 0..=1 of the mean keys of boxes, each minus the mean key of the picture. `keys [n * P]` are
/// the products of `means` and the similarities of the keys, and `background [P]` that of the picture.
fn similarities(means: &[Vec<f32>], keys: &[f32], background: &[f32]) -> Vec<f32> {
    let (count, patches) = (means.len(), background.len());
    let all = background.iter().sum::<f32>() / patches as f32;
    let of_background: Vec<f32> = means.iter().map(|mean| dot(mean, background)).collect();
    let flat = means.concat();
    let transposed: Vec<f32> = (0..patches * count)
        .map(|i| flat[i % count * patches + i / count])
        .collect();
    let mut products = predict(keys, &transposed, patches, count);
    for i in 0..count {
        for j in 0..count {
            products[i * count + j] += all - of_background[i] - of_background[j];
        }
    }
    let lengths: Vec<f32> = (0..count)
        .map(|i| products[i * count + i].max(1e-9).sqrt())
        .collect();
    for i in 0..count {
        for j in 0..count {
            let cosine = products[i * count + j] / (lengths[i] * lengths[j]);
            products[i * count + j] = cosine.clamp(0.0, 1.0);
        }
    }
    products
}

/// Weights scaled to a sum of 1.
fn to_mean(weights: &[f32]) -> Vec<f32> {
    let sum = weights.iter().sum::<f32>().max(1e-9);
    weights.iter().map(|weight| weight / sum).collect()
}

/// Values scaled to 0..=1.
fn unit_range(values: &[f32]) -> Vec<f32> {
    let min = values.iter().copied().fold(f32::INFINITY, f32::min);
    let max = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let range = (max - min).max(1e-9);
    values.iter().map(|value| (value - min) / range).collect()
}

/// The entropy of a map relative to that of an even one, in 0..=1.
fn relative_entropy(values: &[f32]) -> f32 {
    let sum: f32 = values.iter().sum::<f32>().max(1e-9);
    let terms = values.iter().map(|value| {
        let share = value / sum;
        share * (share + 1e-12).ln()
    });
    -terms.sum::<f32>() / (values.len() as f32).ln().max(1e-9)
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
