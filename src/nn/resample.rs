//! Maps with the channels last, `[N, rows, columns, C]`, on another grid: maxima of windows, and
//! bilinear interpolation.

use candle_core::{CpuStorage, CustomOp1, Device, Layout, Result, Shape, Tensor, bail};
use rayon::prelude::*;

use super::convolution::KernelWindow;
use super::kernels::{contiguous, has_kernel};

/// The largest value in each window, `[N, rows, columns, C]` -> `[N, rows / stride, columns / stride,
/// C]`. What lies beyond the edges does not count. The window is padded by half its side.
///
/// # Errors
/// If `xs` does not have four dimensions.
pub fn max_pool(xs: &Tensor, window: KernelWindow) -> Result<Tensor> {
    if has_kernel(xs) {
        return xs.apply_op1_no_bwd(&MaxPool { window });
    }
    // Repeating the values at the edge does not change a maximum, because every window contains them.
    let padding = window.side / 2;
    xs.permute((0, 3, 1, 2))?
        .pad_with_same(2, padding, padding)?
        .pad_with_same(3, padding, padding)?
        .contiguous()?
        .max_pool2d_with_stride(window.side, window.stride)?
        .permute((0, 2, 3, 1))?
        .contiguous()
}

struct MaxPool {
    window: KernelWindow,
}

impl CustomOp1 for MaxPool {
    fn name(&self) -> &'static str {
        "max-pool"
    }

    fn cpu_fwd(&self, xs: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let window = self.window;
        let &[n, height, width, channels] = layout.dims() else {
            bail!("expected [N, rows, columns, C]")
        };
        let xs = contiguous(xs, layout)?;
        let (rows, columns) = (window.outputs(height), window.outputs(width));
        let mut outputs = vec![f32::NEG_INFINITY; n * rows * columns * channels];
        let arch = pulp::Arch::new();
        let output_rows = outputs.par_chunks_exact_mut(columns * channels).enumerate();
        output_rows.for_each(|(index, row)| {
            let picture = index / rows * height;
            let ys = window.taps(index % rows, height);
            arch.dispatch(
                #[inline(always)]
                || {
                    for (column, largest) in row.chunks_exact_mut(channels).enumerate() {
                        for (_, y) in ys.clone() {
                            for (_, x) in window.taps(column, width) {
                                let values = &xs[((picture + y) * width + x) * channels..];
                                for (largest, x) in largest.iter_mut().zip(values) {
                                    *largest = largest.max(*x);
                                }
                            }
                        }
                    }
                },
            );
        });
        let shape = (n, rows, columns, channels).into();
        Ok((CpuStorage::F32(outputs), shape))
    }
}

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
    use crate::nn::convolution::Padding;

    fn largest_difference(a: &Tensor, b: &Tensor) -> f32 {
        let difference = (a - b).unwrap().abs().unwrap();
        difference.max_all().unwrap().to_scalar().unwrap()
    }

    #[test]
    fn fused_maxima_agree_with_their_plain_form() {
        for (rows, columns) in [(8, 6), (7, 5), (1, 2)] {
            let xs = Tensor::randn(-3f32, 1.0, (2, rows, columns, 5), &Device::Cpu).unwrap();
            let window = KernelWindow {
                side: 3,
                stride: 2,
                padding: Padding::Half,
            };
            let fused = max_pool(&xs, window).unwrap();
            // A view is not contiguous, so it takes the plain path.
            let wide = Tensor::cat(&[&xs, &xs], 3).unwrap();
            let plain = max_pool(&wide.narrow(3, 0, 5).unwrap(), window).unwrap();
            assert_eq!(fused.dims(), plain.dims());
            assert_eq!(largest_difference(&fused, &plain), 0.0);
        }
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
