//! Bicubic interpolation of position embeddings.

use crate::geometry::Grid;

/// Resizes values `[rows * columns, d]` on the grid `from` to the grid `to`, by bicubic interpolation
/// (a = -0.75) between pixel centres without antialiasing, as PyTorch's
/// `interpolate(mode="bicubic", align_corners=False)` does.
pub fn resize_bicubic(values: &[f32], from: Grid, to: Grid, d: usize) -> Vec<f32> {
    let rows = bicubic_taps(from.rows, to.rows);
    let columns = bicubic_taps(from.columns, to.columns);
    let mut resized = vec![0f32; to.patches() * d];
    let targets = rows
        .iter()
        .flat_map(|row| columns.iter().map(move |column| (row, column)));
    for (target, (row, column)) in resized.chunks_exact_mut(d).zip(targets) {
        for &(y, weight_y) in row {
            for &(x, weight_x) in column {
                let source = &values[(y * from.columns + x) * d..][..d];
                for (sum, value) in target.iter_mut().zip(source) {
                    *sum += weight_y * weight_x * value;
                }
            }
        }
    }
    resized
}

/// For each target position, its four source positions (clamped to the edge) and their weights.
fn bicubic_taps(from: usize, to: usize) -> Vec<[(usize, f32); 4]> {
    const A: f32 = -0.75;
    let near = |t: f32| ((A + 2.0) * t - (A + 3.0)) * t * t + 1.0;
    let far = |t: f32| ((A * t - 5.0 * A) * t + 8.0 * A) * t - 4.0 * A;
    (0..to)
        .map(|target| {
            let source = (target as f32 + 0.5) * from as f32 / to as f32 - 0.5;
            let first = source.floor();
            let t = source - first;
            let at = |offset: f32| (first + offset).clamp(0.0, from as f32 - 1.0) as usize;
            [
                (at(-1.0), far(1.0 + t)),
                (at(0.0), near(t)),
                (at(1.0), near(1.0 - t)),
                (at(2.0), far(2.0 - t)),
            ]
        })
        .collect()
}
