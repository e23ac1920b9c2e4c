//! A picture as boxes are examined in it: tokens and maps at any position, and what lies across a box.

use super::picture_features::{MAP_COUNT, PictureFeatures};
use crate::geometry::{BBox, Grid};
use crate::learn::ridge::predict;

/// Number of directions in the space of the tokens.
const AXES: usize = 16;
/// Weight of the maps relative to the tokens.
const MAP_WEIGHT: f32 = 3.0;
/// Positions along an axis at which boxes are sampled, in multiples of their side.
pub const ALONG: [f32; 10] = [-0.3, -0.15, 0.0, 0.15, 0.35, 0.65, 0.85, 1.0, 1.15, 1.3];
/// Positions across the axis over which the mean is taken.
pub const ACROSS: [f32; 5] = [0.1, 0.3, 0.5, 0.7, 0.9];
/// Numbers that describe the position and size of a box.
pub const GEOMETRY_INPUTS: usize = 10;

/// The directions in which the tokens vary most.
#[derive(Clone, Debug, PartialEq)]
pub struct TokenBasis {
    /// The mean of the tokens, `[D]`.
    pub mean: Vec<f32>,
    /// The directions, `[axes * D]`.
    pub axes: Vec<f32>,
}

impl TokenBasis {
    /// The number of directions for tokens of this width.
    pub fn axes(width: usize) -> usize {
        AXES.min(width)
    }

    /// The number of channels at a position: directions and maps.
    pub fn channels(width: usize) -> usize {
        Self::axes(width) + MAP_COUNT
    }
}

/// A picture with K channels per patch.
pub struct FeatureField {
    pub(super) size: (u32, u32),
    grid: Grid,
    pub(super) channels: usize,
    /// `[P * K]`.
    values: Vec<f32>,
}

/// What lies across a box, from left to right and from top to bottom.
pub struct BoxProfile {
    /// From left to right, `[ALONG * K]`.
    pub across_x: Vec<f32>,
    /// From top to bottom, `[ALONG * K]`.
    pub across_y: Vec<f32>,
    /// The position and size of the box.
    pub geometry: [f32; GEOMETRY_INPUTS],
}

impl FeatureField {
    /// The tokens along the directions of `basis`, and the maps.
    pub fn new(picture: &PictureFeatures, basis: &TokenBasis) -> Self {
        let (width, axes) = (picture.width, TokenBasis::axes(picture.width));
        let mut tokens = picture.unit_tokens();
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
        let mut values = Vec::with_capacity(picture.grid.patches() * (axes + MAP_COUNT));
        for (patch, projected) in projected.chunks_exact(axes).enumerate() {
            values.extend_from_slice(projected);
            values.extend(picture.maps.iter().map(|map| MAP_WEIGHT * map[patch]));
        }
        Self {
            size: picture.size,
            grid: picture.grid,
            channels: axes + MAP_COUNT,
            values,
        }
    }

    /// A field of one value per patch, `values [P]`.
    pub fn of_map(picture: &PictureFeatures, values: Vec<f32>) -> Self {
        Self {
            size: picture.size,
            grid: picture.grid,
            channels: 1,
            values,
        }
    }

    /// Adds the channels at a position in pixels, times `share`, to `sum [K]`; bilinear between the
    /// centres of patches.
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

    /// What lies across a box, given in pixels.
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
