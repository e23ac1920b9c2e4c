//! Maps with the channels last, `[N, rows, columns, C]`, on another grid.

use candle_core::{Device, Result, Tensor};

/// Bilinear interpolation between pixel centres without antialiasing, as PyTorch's
/// `interpolate(mode="bilinear", align_corners=False)` does it: `[N, height, width, C]` -> `[N, rows,
/// columns, C]`.
///
/// # Errors
/// If `xs` does not have four dimensions.
pub fn resize_bilinear(xs: &Tensor, rows: usize, columns: usize) -> Result<Tensor> {
    let (n, height, width, channels) = xs.dims4()?;
    let down = bilinear_matrix(height, rows, xs.device())?;
    let across = bilinear_matrix(width, columns, xs.device())?;
    let xs = xs.reshape((n, height, width * channels))?;
    let xs = down.broadcast_matmul(&xs)?; // [N, rows, width * C]
    let xs = xs.reshape((n * rows, width, channels))?;
    let xs = across.broadcast_matmul(&xs)?; // [N * rows, columns, C]
    xs.reshape((n, rows, columns, channels))
}

/// The matrix `[to, from]` that interpolates between `from` values.
fn bilinear_matrix(from: usize, to: usize, device: &Device) -> Result<Tensor> {
    let mut matrix = vec![0f32; to * from];
    for (target, weights) in matrix.chunks_exact_mut(from).enumerate() {
        let source = (target as f32 + 0.5) * from as f32 / to as f32 - 0.5;
        let source = source.clamp(0.0, from as f32 - 1.0);
        let first = source.floor() as usize;
        let share = source - first as f32;
        weights[first] += 1.0 - share;
        weights[(first + 1).min(from - 1)] += share;
    }
    Tensor::from_vec(matrix, (to, from), device)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn largest_difference(a: &Tensor, b: &Tensor) -> f32 {
        let difference = (a - b).unwrap().abs().unwrap();
        difference.max_all().unwrap().to_scalar().unwrap()
    }

    #[test]
    fn interpolation_is_linear_between_centres_and_constant_beyond_them() {
        let xs = Tensor::new(&[[[[0f32], [4.0]], [[8.0], [12.0]]]], &Device::Cpu).unwrap();
        let doubled = resize_bilinear(&xs, 4, 4).unwrap();
        let row = |y: usize| -> Vec<f32> {
            let row = doubled.get(0).and_then(|map| map.get(y)).unwrap();
            row.flatten_all().unwrap().to_vec1().unwrap()
        };
        assert_eq!(row(0), [0.0, 1.0, 3.0, 4.0]);
        assert_eq!(row(1), [2.0, 3.0, 5.0, 6.0]);
        assert_eq!(row(3), [8.0, 9.0, 11.0, 12.0]);
        let halved = resize_bilinear(&doubled, 2, 2).unwrap();
        let expected = Tensor::new(&[[[[1.5f32], [4.5]], [[7.5], [10.5]]]], &Device::Cpu).unwrap();
        assert!(largest_difference(&halved, &expected) < 1e-6);
    }
}
