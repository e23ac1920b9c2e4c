//! Maxima of windows of maps with the channels last, `[N, rows, columns, C]`.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor, bail};
use rayon::prelude::*;

use super::convolution::KernelWindow;
use super::kernels::{contiguous, has_kernel, vectorised};

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
        let output_rows = outputs.par_chunks_exact_mut(columns * channels).enumerate();
        output_rows.for_each(|(index, row)| {
            let picture = index / rows * height;
            let ys = window.taps(index % rows, height);
            vectorised(
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::convolution::Padding;
    use candle_core::Device;

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
            let difference = (fused - plain).unwrap().abs().unwrap();
            let largest: f32 = difference.max_all().unwrap().to_scalar().unwrap();
            assert_eq!(largest, 0.0);
        }
    }
}
