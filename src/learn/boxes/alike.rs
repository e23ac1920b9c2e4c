//! More like this: the boxes of a picture that look like one example.

use super::categories::mean_token;
use super::learned::LearnedBox;
use super::sight::PictureFeatures;
use crate::geometry::BBox;
use crate::localize::{LevelMap, Map};

/// The ring around a box that counts as its background, in its sides.
const RING_SHARE: f32 = 0.35;
/// Pixels a patch to which the map of likenesses is enlarged.
const PIXELS_PER_PATCH: usize = 4;
/// Where it is cut, in 0..1 of its range.
const THRESHOLDS: [f32; 4] = [0.4, 0.5, 0.6, 0.7];
/// A box must be this much as like the example as the example is itself,
const MIN_SIMILARITY: f32 = 0.5;
/// and this much liker than what is around it.
const MIN_CONTRAST: f32 = 0.15;
/// Boxes that overlap more than this are of one object.
const SAME_IOU: f32 = 0.3;
/// And so is one of which so much lies in the other.
const SAME_CONTAINMENT: f32 = 0.8;

/// The boxes in a picture that are like the one in another (or the same) picture, the most alike
/// first. None if their tokens are of different models, or the box has no area in its picture.
///
/// Similarity is the cosine of a patch's token, less its picture's mean, with the mean token in the
/// example, less that of its surroundings: what sets the example off from its background is what
/// counts.
pub fn find_similar(sight: &PictureFeatures, example: (&PictureFeatures, BBox)) -> Vec<LearnedBox> {
    let (of_example, bbox) = example;
    let (width, height) = of_example.size;
    let Some(bbox) = bbox
        .clipped(width, height)
        .filter(|_| of_example.width == sight.width)
    else {
        return Vec::new();
    };
    let query = query(of_example, &bbox);
    let own = Similarity::new(of_example, &query).in_and_around(of_example, &bbox);
    let similarity = Similarity::new(sight, &query);
    let mut found: Vec<LearnedBox> = candidates(sight, &similarity)
        .into_iter()
        .filter_map(|bbox| {
            let (inside, around) = similarity.in_and_around(sight, &bbox);
            let share = inside / own.0.max(1e-6);
            let contrast = (inside - around) / own.0.max(1e-6);
            let is_alike = share >= MIN_SIMILARITY && contrast >= MIN_CONTRAST;
            is_alike.then(|| LearnedBox {
                bbox,
                // Alike all over and unlike its surroundings, as far as the example is.
                score: (0.5 * share + 0.5 * contrast).clamp(0.0, 1.0),
                category: None,
            })
        })
        .collect();
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut kept: Vec<LearnedBox> = Vec::new();
    for found in found {
        let is_same = |other: &LearnedBox| {
            let shared = found.bbox.intersection(&other.bbox).area();
            let smaller = found.bbox.area().min(other.bbox.area());
            found.bbox.iou(&other.bbox) > SAME_IOU || shared > SAME_CONTAINMENT * smaller
        };
        if !kept.iter().any(is_same) {
            kept.push(found);
        }
    }
    kept
}

/// What sets the object in a box off from what is around it, `[D]`.
fn query(sight: &PictureFeatures, bbox: &BBox) -> Vec<f32> {
    let tokens = sight.unit_tokens();
    let inside = sight.patches_in(bbox);
    let mut around = patches_around(sight, bbox, &inside);
    if around.is_empty() {
        around = (0..sight.grid.patches()).collect();
    }
    let object = mean_token(&tokens, sight.width, &inside);
    let background = mean_token(&tokens, sight.width, &around);
    object.iter().zip(background).map(|(a, b)| a - b).collect()
}

/// Patches in the ring around a box.
fn patches_around(sight: &PictureFeatures, bbox: &BBox, inside: &[usize]) -> Vec<usize> {
    let (x, y) = sight.patch();
    let (x, y) = (
        (RING_SHARE * bbox.width()).max(1.5 * x),
        (RING_SHARE * bbox.height()).max(1.5 * y),
    );
    let larger = BBox {
        x0: bbox.x0 - x,
        y0: bbox.y0 - y,
        x1: bbox.x1 + x,
        y1: bbox.y1 + y,
    };
    let mut around = sight.patches_in(&larger);
    around.retain(|patch| !inside.contains(patch));
    around
}

/// How like the example each patch of a picture is, in -1..=1, `[P]`.
struct Similarity(Vec<f32>);

impl Similarity {
    fn new(sight: &PictureFeatures, query: &[f32]) -> Self {
        let tokens = sight.unit_tokens();
        let all: Vec<usize> = (0..sight.grid.patches()).collect();
        let mean = mean_token(&tokens, sight.width, &all);
        let length = query.iter().map(|x| x * x).sum::<f32>().sqrt().max(1e-6);
        let cosine = |token: &[f32]| {
            let (mut product, mut square) = (0.0, 0.0);
            for ((x, mean), q) in token.iter().zip(&mean).zip(query) {
                product += (x - mean) * q;
                square += (x - mean) * (x - mean);
            }
            product / (length * square.sqrt().max(1e-6))
        };
        Self(tokens.chunks_exact(sight.width).map(cosine).collect())
    }

    /// The mean in a box and in the ring around it; 0 where there is no ring.
    fn in_and_around(&self, sight: &PictureFeatures, bbox: &BBox) -> (f32, f32) {
        let mean = |patches: &[usize]| {
            let sum: f32 = patches.iter().map(|patch| self.0[*patch]).sum();
            sum / patches.len().max(1) as f32
        };
        let inside = sight.patches_in(bbox);
        (mean(&inside), mean(&patches_around(sight, bbox, &inside)))
    }
}

/// The map's candidates and the regions that are alike.
fn candidates(sight: &PictureFeatures, similarity: &Similarity) -> Vec<BBox> {
    let map = Map {
        grid: sight.grid,
        values: similarity.0.clone(),
    };
    let levels = LevelMap::new(
        &map,
        sight.grid.columns * PIXELS_PER_PATCH,
        sight.grid.rows * PIXELS_PER_PATCH,
    );
    let of_map = sight.candidates.iter().map(|candidate| candidate.bbox);
    let mut boxes: Vec<BBox> = of_map.collect();
    for threshold in THRESHOLDS {
        let regions = levels.regions(threshold);
        let regions = regions
            .iter()
            .filter(|region| region.pixels.len() >= PIXELS_PER_PATCH * PIXELS_PER_PATCH);
        boxes.extend(regions.map(|region| region.bbox(&levels, sight.size)));
    }
    boxes.retain(BBox::is_valid);
    boxes
}
