//! The boxes of a picture that look like an example.

use super::categories::mean_token;
use super::learned_box::LearnedBox;
use super::picture_features::PictureFeatures;
use crate::geometry::BBox;
use crate::localize::{LevelMap, PatchMap};

/// Width of the ring around a box that counts as its background, in multiples of the box's sides.
const RING_SHARE: f32 = 0.35;
/// Pixels per patch to which the similarity map is enlarged.
const PIXELS_PER_PATCH: usize = 4;
/// Thresholds of the similarity map, in 0..1 of its range.
const THRESHOLDS: [f32; 4] = [0.4, 0.5, 0.6, 0.7];
/// Minimum similarity to the example, relative to that of the example itself.
const MIN_SIMILARITY: f32 = 0.5;
/// Minimum difference in similarity to the surroundings, relative likewise.
const MIN_CONTRAST: f32 = 0.15;
/// Boxes with more than this IoU belong to one object.
const SAME_IOU: f32 = 0.3;
/// So do boxes if more than this share of the smaller one lies in the other one.
const SAME_CONTAINMENT: f32 = 0.8;

/// The boxes in a picture that look like the one in another (or the same) picture, most similar first.
/// Empty if the tokens come from different models or the box has no area in its picture.
///
/// The similarity is the cosine of two vectors: the token of a patch minus the mean of its picture, and
/// the mean token in the example minus that of its surroundings. So what counts is how the example
/// differs from its background.
pub fn find_similar(
    picture: &PictureFeatures,
    example: (&PictureFeatures, BBox),
) -> Vec<LearnedBox> {
    let (of_example, bbox) = example;
    let (width, height) = of_example.size;
    let Some(bbox) = bbox
        .clipped(width, height)
        .filter(|_| of_example.width == picture.width)
    else {
        return Vec::new();
    };
    let query = query(of_example, &bbox);
    let own = Similarity::new(of_example, &query).in_and_around(of_example, &bbox);
    let similarity = Similarity::new(picture, &query);
    let mut found: Vec<LearnedBox> = candidates(picture, &similarity)
        .into_iter()
        .filter_map(|bbox| {
            let (inside, around) = similarity.in_and_around(picture, &bbox);
            let share = inside / own.0.max(1e-6);
            let contrast = (inside - around) / own.0.max(1e-6);
            let is_similar = share >= MIN_SIMILARITY && contrast >= MIN_CONTRAST;
            is_similar.then(|| LearnedBox {
                bbox,
                // Similar inside and different from its surroundings, relative to the example.
                score: (0.5 * share + 0.5 * contrast).clamp(0.0, 1.0),
                category: None,
            })
        })
        .collect();
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut selected: Vec<LearnedBox> = Vec::new();
    for found in found {
        let is_same = |other: &LearnedBox| {
            let shared = found.bbox.intersection(&other.bbox).area();
            let smaller = found.bbox.area().min(other.bbox.area());
            found.bbox.iou(&other.bbox) > SAME_IOU || shared > SAME_CONTAINMENT * smaller
        };
        if !selected.iter().any(is_same) {
            selected.push(found);
        }
    }
    selected
}

/// The mean token in a box minus that of its surroundings, `[D]`.
fn query(picture: &PictureFeatures, bbox: &BBox) -> Vec<f32> {
    let tokens = picture.unit_tokens();
    let inside = picture.patches_in(bbox);
    let mut around = patches_around(picture, bbox, &inside);
    if around.is_empty() {
        around = (0..picture.grid.patches()).collect();
    }
    let object = mean_token(&tokens, picture.width, &inside);
    let background = mean_token(&tokens, picture.width, &around);
    object.iter().zip(background).map(|(a, b)| a - b).collect()
}

/// Patches in the ring around a box.
fn patches_around(picture: &PictureFeatures, bbox: &BBox, inside: &[usize]) -> Vec<usize> {
    let (x, y) = picture.patch();
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
    let mut around = picture.patches_in(&larger);
    around.retain(|patch| !inside.contains(patch));
    around
}

/// The similarity of each patch of a picture to the example, in -1..=1, `[P]`.
struct Similarity(Vec<f32>);

impl Similarity {
    fn new(picture: &PictureFeatures, query: &[f32]) -> Self {
        let tokens = picture.unit_tokens();
        let all: Vec<usize> = (0..picture.grid.patches()).collect();
        let mean = mean_token(&tokens, picture.width, &all);
        let length = query.iter().map(|x| x * x).sum::<f32>().sqrt().max(1e-6);
        let cosine = |token: &[f32]| {
            let (mut product, mut square) = (0.0, 0.0);
            for ((x, mean), q) in token.iter().zip(&mean).zip(query) {
                product += (x - mean) * q;
                square += (x - mean) * (x - mean);
            }
            product / (length * square.sqrt().max(1e-6))
        };
        Self(tokens.chunks_exact(picture.width).map(cosine).collect())
    }

    /// The mean in a box and in the ring around it; 0 if there is no ring.
    fn in_and_around(&self, picture: &PictureFeatures, bbox: &BBox) -> (f32, f32) {
        let mean = |patches: &[usize]| {
            let sum: f32 = patches.iter().map(|patch| self.0[*patch]).sum();
            sum / patches.len().max(1) as f32
        };
        let inside = picture.patches_in(bbox);
        (mean(&inside), mean(&patches_around(picture, bbox, &inside)))
    }
}

/// The candidates of the map and the regions that are similar.
fn candidates(picture: &PictureFeatures, similarity: &Similarity) -> Vec<BBox> {
    let map = PatchMap {
        grid: picture.grid,
        values: similarity.0.clone(),
    };
    let levels = LevelMap::new(
        &map,
        picture.grid.columns * PIXELS_PER_PATCH,
        picture.grid.rows * PIXELS_PER_PATCH,
    );
    let of_map = picture.candidates.iter().map(|candidate| candidate.bbox);
    let mut boxes: Vec<BBox> = of_map.collect();
    for threshold in THRESHOLDS {
        let regions = levels.regions(threshold);
        let regions = regions
            .iter()
            .filter(|region| region.pixels.len() >= PIXELS_PER_PATCH * PIXELS_PER_PATCH);
        boxes.extend(regions.map(|region| region.bbox(&levels, picture.size)));
    }
    boxes.retain(BBox::is_valid);
    boxes
}
