//! How far each side of a box has to move, seen in what lies across it.
//!
//! It is the box regression of Fast R-CNN (Girshick 2015, arXiv 1504.08083) as one ridge for all
//! four sides: each is turned to be the left one by mirroring, so every object teaches four times.

use super::ridge::{GramSums, predict};
use super::sight::{MAP_COUNT, PictureFeatures};
use crate::geometry::{BBox, Grid};
use crate::learn::random::{Random, mix};

/// Directions in the tokens' space that are looked at.
const AXES: usize = 16;
/// What maps count beside them.
const MAP_WEIGHT: f32 = 3.0;
/// Where boxes are looked at, in 0..1 of their sides, along an axis.
const ALONG: [f32; 10] = [-0.3, -0.15, 0.0, 0.15, 0.35, 0.65, 0.85, 1.0, 1.15, 1.3];
/// And over which places across it the mean is taken.
pub const ACROSS: [f32; 5] = [0.1, 0.3, 0.5, 0.7, 0.9];
/// Of the ridge.
const PENALTY: f64 = 0.3;
/// Boxes that a true one is moved to, to learn the way back, and how far, in its sides.
const JITTERED_BOXES: usize = 12;
const JITTER_SHARE: f32 = 0.08;
/// A candidate of the map that overlaps a true box so much is to become it.
const LEARNABLE_IOU: f32 = 0.45;
/// The most that a side moves at once, in the box's sides.
const MAX_MOVE: f32 = 0.4;
/// Numbers that say where a box lies and how large it is.
pub const GEOMETRY_INPUTS: usize = 10;
/// Which way is inwards, for the left, top, right and bottom.
const INWARDS: [f32; 4] = [1.0, 1.0, -1.0, -1.0];

/// The directions in which tokens are looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct TokenBasis {
    /// The tokens' mean, `[D]`.
    pub mean: Vec<f32>,
    /// `[axes * D]`.
    pub axes: Vec<f32>,
}

impl TokenBasis {
    /// How many directions tokens `width` wide are looked at in.
    pub fn axes(width: usize) -> usize {
        AXES.min(width)
    }

    /// Numbers that a place is left with.
    pub fn channels(width: usize) -> usize {
        Self::axes(width) + MAP_COUNT
    }
}

/// A picture as boxes are looked at in it; K channels a patch.
pub struct FeatureField {
    size: (u32, u32),
    grid: Grid,
    channels: usize,
    /// `[P * K]`.
    values: Vec<f32>,
}

/// What lies across a box, from left to right and from top to bottom.
pub struct BoxProfile {
    /// `[ALONG * K]`.
    pub across_x: Vec<f32>,
    /// `[ALONG * K]`.
    pub across_y: Vec<f32>,
    /// Where it lies and how large it is.
    pub geometry: [f32; GEOMETRY_INPUTS],
}

impl FeatureField {
    /// Of the tokens along the basis, and the maps.
    pub fn new(sight: &PictureFeatures, basis: &TokenBasis) -> Self {
        let (width, axes) = (sight.width, TokenBasis::axes(sight.width));
        let mut tokens = sight.unit_tokens();
        for token in tokens.chunks_exact_mut(width) {
            token
                .iter_mut()
                .zip(&basis.mean)
                .for_each(|(x, mean)| *x -= mean);
        }
        let mut columns = vec![0.0; width * axes];
        for (axis, direction) in basis.axes.chunks_exact(width).enumerate() {
            for (at, x) in direction.iter().enumerate() {
                columns[at * axes + axis] = *x;
            }
        }
        let projected = predict(&tokens, &columns, width, axes);
        let mut values = Vec::with_capacity(sight.grid.patches() * (axes + MAP_COUNT));
        for (patch, projected) in projected.chunks_exact(axes).enumerate() {
            values.extend_from_slice(projected);
            values.extend(sight.maps.iter().map(|map| MAP_WEIGHT * map[patch]));
        }
        Self {
            size: sight.size,
            grid: sight.grid,
            channels: axes + MAP_COUNT,
            values,
        }
    }

    /// One value a patch.
    pub fn of_map(sight: &PictureFeatures, values: Vec<f32>) -> Self {
        Self {
            size: sight.size,
            grid: sight.grid,
            channels: 1,
            values,
        }
    }

    /// Adds what is at a place, `share` times; between patches' centres it is bilinear.
    pub fn add_at(&self, (x, y): (f32, f32), share: f32, sum: &mut [f32]) {
        let place = |at: f32, length: u32, patches: usize| {
            let last = patches - 1;
            let at = at / length as f32 * patches as f32 - 0.5;
            let at = at.clamp(0.0, last as f32);
            let low = (at as usize).min(last);
            (low, (low + 1).min(last), at - low as f32)
        };
        let (left, right, u) = place(x, self.size.0, self.grid.columns);
        let (above, below, v) = place(y, self.size.1, self.grid.rows);
        for (row, column, weight) in [
            (above, left, (1.0 - v) * (1.0 - u)),
            (above, right, (1.0 - v) * u),
            (below, left, v * (1.0 - u)),
            (below, right, v * u),
        ] {
            let at = (row * self.grid.columns + column) * self.channels;
            let values = &self.values[at..][..self.channels];
            for (sum, value) in sum.iter_mut().zip(values) {
                *sum += share * weight * value;
            }
        }
    }

    /// What lies across a box.
    pub fn profile(&self, bbox: &BBox) -> BoxProfile {
        let (width, height) = (bbox.width().max(1.0), bbox.height().max(1.0));
        let (x, y) = (|t: f32| bbox.x0 + t * width, |t: f32| bbox.y0 + t * height);
        let mut across_x = vec![0.0; ALONG.len() * self.channels];
        let mut across_y = across_x.clone();
        let share = 1.0 / ACROSS.len() as f32;
        let places = across_x.chunks_exact_mut(self.channels);
        for ((of_x, of_y), along) in places
            .zip(across_y.chunks_exact_mut(self.channels))
            .zip(ALONG)
        {
            for across in ACROSS {
                self.add_at((x(along), y(across)), share, of_x);
                self.add_at((x(across), y(along)), share, of_y);
            }
        }
        let (of_width, of_height) = (self.size.0 as f32, self.size.1 as f32);
        let geometry = [
            (bbox.x0 / width).clamp(0.0, 1.0),
            (bbox.y0 / height).clamp(0.0, 1.0),
            ((of_width - bbox.x1) / width).clamp(0.0, 1.0),
            ((of_height - bbox.y1) / height).clamp(0.0, 1.0),
            (width / of_width * self.grid.columns as f32).ln(),
            (height / of_height * self.grid.rows as f32).ln(),
            (width / height).ln(),
            width / of_width,
            height / of_height,
            width * height / of_width / of_height,
        ];
        BoxProfile {
            across_x,
            across_y,
            geometry: geometry.map(|x| 2.0 * x),
        }
    }
}

/// Numbers for each side, where places have `channels`.
pub fn inputs(channels: usize) -> usize {
    2 * ALONG.len() * channels + GEOMETRY_INPUTS
}

/// Adds one side's numbers, as if it were the left one.
fn add_side(profile: &BoxProfile, channels: usize, side: usize, row: &mut Vec<f32>) {
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

/// What one picture teaches, row by row: each side's numbers and how far it has to move inwards,
/// in the box's sides. A picture counts by its objects.
pub fn training_rows(
    sight: &PictureFeatures,
    truth: &[BBox],
    field: &FeatureField,
    seed: u64,
) -> Vec<f32> {
    let mut random = Random::new(mix(seed, truth.len() as u64));
    let (width, height) = sight.size;
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
    for candidate in &sight.candidates {
        let ious = truth.iter().map(|truth| (candidate.bbox.iou(truth), truth));
        let best = ious.max_by(|a, b| a.0.total_cmp(&b.0));
        let best = best.filter(|(iou, _)| *iou > LEARNABLE_IOU);
        pairs.extend(best.map(|(_, truth)| (candidate.bbox, truth)));
    }
    let weight = (truth.len() as f32 / (4 * pairs.len()).max(1) as f32).sqrt();
    let mut rows = Vec::with_capacity(pairs.len() * 4 * (inputs(field.channels) + 1));
    for (from, to) in pairs {
        let profile = field.profile(&from);
        let moves = [
            (to.x0 - from.x0) / from.width(),
            (to.y0 - from.y0) / from.height(),
            (to.x1 - from.x1) / from.width(),
            (to.y1 - from.y1) / from.height(),
        ];
        for side in 0..4 {
            let start = rows.len();
            add_side(&profile, field.channels, side, &mut rows);
            rows.push(moves[side] * INWARDS[side]);
            rows[start..].iter_mut().for_each(|x| *x *= weight);
        }
    }
    rows
}

/// The sums of [`training_rows`].
pub fn gram_sums(rows: &[f32], channels: usize) -> GramSums {
    GramSums::of(rows, inputs(channels), 1)
}

/// The one linear map for all sides.
#[derive(Clone, Debug, PartialEq)]
pub struct SideModel {
    /// `[inputs]`.
    pub weights: Vec<f32>,
}

impl SideModel {
    /// What rows teach.
    pub fn solve(gram_sums: &GramSums) -> Option<Self> {
        let weights = gram_sums.solve(PENALTY)?;
        Some(Self { weights })
    }

    /// What lies across each box, and how far its left, top, right and bottom sides should move
    /// right and down, in its width and height.
    pub fn look(&self, field: &FeatureField, boxes: &[BBox]) -> Vec<(BoxProfile, [f32; 4])> {
        let mut rows = Vec::with_capacity(boxes.len() * 4 * self.weights.len());
        let profiles: Vec<BoxProfile> = boxes.iter().map(|bbox| field.profile(bbox)).collect();
        for profile in &profiles {
            for side in 0..4 {
                add_side(profile, field.channels, side, &mut rows);
            }
        }
        let moves = predict(&rows, &self.weights, self.weights.len(), 1);
        let moves = moves
            .chunks_exact(4)
            .map(|moves| [0, 1, 2, 3].map(|side| moves[side] * INWARDS[side]));
        profiles.into_iter().zip(moves).collect()
    }

    /// The boxes with their sides moved; one that would vanish stays.
    pub fn refine(&self, field: &FeatureField, boxes: &[BBox]) -> Vec<BBox> {
        let seen = self.look(field, boxes).into_iter().zip(boxes);
        let refined = seen.map(|((_, moves), bbox)| {
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
