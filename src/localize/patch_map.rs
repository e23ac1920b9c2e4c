//! One value per patch.

use crate::geometry::Grid;

/// One value per patch: how much the patch belongs to an object, on no fixed scale.
#[derive(Clone, Debug, PartialEq)]
pub struct PatchMap {
    /// The grid of the values.
    pub grid: Grid,
    /// Row by row, `[P]`.
    pub values: Vec<f32>,
}

impl PatchMap {
    /// The map enlarged to `[height * width]`, by bilinear interpolation between the centres of the
    /// patches, clamped at the edges, as OpenCV's `resize(INTER_LINEAR)` does.
    pub fn resized(&self, width: usize, height: usize) -> Vec<f32> {
        let Grid { rows, columns } = self.grid;
        let taps_x = linear_taps(columns, width);
        let stretched: Vec<f32> = self
            .values
            .chunks_exact(columns)
            .flat_map(|row| {
                taps_x
                    .iter()
                    .map(|&(left, right, t)| row[left] * (1.0 - t) + row[right] * t)
            })
            .collect(); // [rows, width]
        linear_taps(rows, height)
            .into_iter()
            .flat_map(|(above, below, t)| {
                let above = &stretched[above * width..][..width];
                let below = &stretched[below * width..][..width];
                above
                    .iter()
                    .zip(below)
                    .map(move |(a, b)| a * (1.0 - t) + b * t)
            })
            .collect()
    }
}

/// For each target position, its two source positions and the weight of the second.
fn linear_taps(from: usize, to: usize) -> Vec<(usize, usize, f32)> {
    let last = from - 1;
    (0..to)
        .map(|target| {
            let source = (target as f32 + 0.5) * (from as f32 / to as f32) - 0.5;
            if source < 0.0 {
                (0, 0, 0.0)
            } else {
                let first = (source.floor() as usize).min(last);
                let t = if first == last {
                    0.0
                } else {
                    source - first as f32
                };
                (first, (first + 1).min(last), t)
            }
        })
        .collect()
}
