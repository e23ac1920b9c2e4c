//! How far each side of a box has to move, predicted from what lies across it.
//!
//! This is the box regression of Fast R-CNN (Girshick 2015, arXiv 1504.08083) as a single ridge regression
//! for all four sides: each is mirrored to become the left one, so every object yields four examples.

use super::consensus::{CONSENSUS_INPUTS, consensus};
use super::field::{ALONG, BoxProfile, FeatureField, GEOMETRY_INPUTS};
use super::picture_features::PictureFeatures;
use crate::geometry::BBox;
use crate::learn::random::{Random, mix};
use crate::learn::ridge::{GramSums, predict};

/// Penalty of the ridge regression.
const PENALTY: f64 = 0.3;
/// Number of displaced copies of each true box, from which the way back is learned.
const JITTERED_BOXES: usize = 12;
/// Standard deviation of the displacement, in multiples of the box's side.
const JITTER_SHARE: f32 = 0.08;
/// A candidate of the map with at least this IoU with a true box is moved to it in training.
const LEARNABLE_IOU: f32 = 0.45;
/// Maximum displacement of a side, in multiples of the box's side.
const MAX_MOVE: f32 = 0.4;
/// The sign of an inward displacement of the left, top, right and bottom side.
const INWARDS: [f32; 4] = [1.0, 1.0, -1.0, -1.0];

/// Number of inputs for each side if positions have `channels`, with or without a detector.
pub fn inputs(channels: usize, has_detector: bool) -> usize {
    let of_candidates = if has_detector { CONSENSUS_INPUTS } else { 0 };
    2 * ALONG.len() * channels + GEOMETRY_INPUTS + of_candidates
}

/// A box of a picture as its sides are examined.
struct ExaminedBox {
    profile: BoxProfile,
    /// `None` without a detector.
    consensus: Option<[[f32; CONSENSUS_INPUTS]; 4]>,
}

impl ExaminedBox {
    fn new(picture: &PictureFeatures, field: &FeatureField, bbox: &BBox) -> Self {
        Self {
            profile: field.profile(bbox),
            consensus: picture.has_detector.then(|| consensus(picture, bbox)),
        }
    }

    /// Appends the inputs of one side, mirrored as if it were the left one.
    fn add_side(&self, channels: usize, side: usize, row: &mut Vec<f32>) {
        add_profile(&self.profile, channels, side, row);
        if let Some(consensus) = &self.consensus {
            row.extend(consensus[side].map(|x| INWARDS[side] * x));
        }
    }
}

/// Appends what lies across one side, mirrored as if it were the left one.
fn add_profile(profile: &BoxProfile, channels: usize, side: usize, row: &mut Vec<f32>) {
    let is_upright = side.is_multiple_of(2);
    let (own, other) = if is_upright {
        (&profile.across_x, &profile.across_y)
    } else {
        (&profile.across_y, &profile.across_x)
    };
    if side < 2 {
        row.extend_from_slice(own);
    } else {
        let places = own.chunks_exact(channels).rev();
        row.extend(places.flatten());
    }
    row.extend_from_slice(other);
    let g = &profile.geometry;
    let ((length, breadth), (of_length, of_breadth)) = if is_upright {
        ((g[4], g[5]), (g[7], g[8]))
    } else {
        ((g[5], g[4]), (g[8], g[7]))
    };
    row.extend([
        g[side],
        g[(side + 2) % 4],
        (g[(side + 1) % 4] + g[(side + 3) % 4]) / 2.0,
        length,
        breadth,
        length - breadth,
        of_length,
        of_breadth,
        g[9],
        4.0,
    ]);
}

/// The training rows of one picture, each `[inputs + 1]`: the inputs of a side, and how far it has to
/// move inwards in multiples of the box's side. A picture has the weight of its number of objects.
pub fn training_rows(
    picture: &PictureFeatures,
    truth: &[BBox],
    field: &FeatureField,
    seed: u64,
) -> Vec<f32> {
    let mut random = Random::new(mix(seed, truth.len() as u64));
    let (width, height) = picture.size;
    let mut pairs: Vec<(BBox, &BBox)> = Vec::new();
    for truth in truth {
        for _ in 0..JITTERED_BOXES {
            let (x, y) = (JITTER_SHARE * truth.width(), JITTER_SHARE * truth.height());
            let moved = BBox {
                x0: truth.x0 + x * random.normal(),
                y0: truth.y0 + y * random.normal(),
                x1: truth.x1 + x * random.normal(),
                y1: truth.y1 + y * random.normal(),
            };
            let moved = moved.clipped(width, height).filter(|moved| {
                moved.width() > 0.3 * truth.width() && moved.height() > 0.3 * truth.height()
            });
            pairs.extend(moved.map(|moved| (moved, truth)));
        }
    }
    for candidate in &picture.candidates {
        let ious = truth.iter().map(|truth| (candidate.bbox.iou(truth), truth));
        let best = ious.max_by(|a, b| a.0.total_cmp(&b.0));
        let best = best.filter(|(iou, _)| *iou > LEARNABLE_IOU);
        pairs.extend(best.map(|(_, truth)| (candidate.bbox, truth)));
    }
    let weight = (truth.len() as f32 / (4 * pairs.len()).max(1) as f32).sqrt();
    let inputs = inputs(field.channels, picture.has_detector);
    let mut rows = Vec::with_capacity(pairs.len() * 4 * (inputs + 1));
    for (from, to) in pairs {
        let examined = ExaminedBox::new(picture, field, &from);
        let moves = [
            (to.x0 - from.x0) / from.width(),
            (to.y0 - from.y0) / from.height(),
            (to.x1 - from.x1) / from.width(),
            (to.y1 - from.y1) / from.height(),
        ];
        for side in 0..4 {
            let start = rows.len();
            examined.add_side(field.channels, side, &mut rows);
            rows.push(moves[side] * INWARDS[side]);
            rows[start..].iter_mut().for_each(|x| *x *= weight);
        }
    }
    rows
}

/// The sums over [`training_rows`] with this number of [`inputs`].
pub fn gram_sums(rows: &[f32], inputs: usize) -> GramSums {
    GramSums::of(rows, inputs, 1)
}

/// The linear map for all sides.
#[derive(Clone, Debug, PartialEq)]
pub struct SideModel {
    /// `[inputs]`.
    pub weights: Vec<f32>,
}

impl SideModel {
    /// The map that fits the rows of these sums.
    pub fn solve(gram_sums: &GramSums) -> Option<Self> {
        let weights = gram_sums.solve(PENALTY)?;
        Some(Self { weights })
    }

    /// What lies across each box, and how far its left, top, right and bottom sides should move to the
    /// right or down, in multiples of its width or height.
    pub fn moves(
        &self,
        picture: &PictureFeatures,
        field: &FeatureField,
        boxes: &[BBox],
    ) -> Vec<(BoxProfile, [f32; 4])> {
        let mut rows = Vec::with_capacity(boxes.len() * 4 * self.weights.len());
        let examined: Vec<ExaminedBox> = boxes
            .iter()
            .map(|bbox| ExaminedBox::new(picture, field, bbox))
            .collect();
        for examined in &examined {
            for side in 0..4 {
                examined.add_side(field.channels, side, &mut rows);
            }
        }
        let moves = predict(&rows, &self.weights, self.weights.len(), 1);
        let moves = moves
            .chunks_exact(4)
            .map(|moves| [0, 1, 2, 3].map(|side| moves[side] * INWARDS[side]));
        let profiles = examined.into_iter().map(|examined| examined.profile);
        profiles.zip(moves).collect()
    }

    /// The boxes with their sides moved. A box that would vanish stays unchanged.
    pub fn refine(
        &self,
        picture: &PictureFeatures,
        field: &FeatureField,
        boxes: &[BBox],
    ) -> Vec<BBox> {
        let moved = self.moves(picture, field, boxes).into_iter().zip(boxes);
        let refined = moved.map(|((_, moves), bbox)| {
            let (width, height) = (bbox.width(), bbox.height());
            let [left, top, right, bottom] = moves.map(|x| x.clamp(-MAX_MOVE, MAX_MOVE));
            let moved = BBox {
                x0: bbox.x0 + left * width,
                y0: bbox.y0 + top * height,
                x1: bbox.x1 + right * width,
                y1: bbox.y1 + bottom * height,
            };
            moved.clipped(field.size.0, field.size.1).unwrap_or(*bbox)
        });
        refined.collect()
    }
}
