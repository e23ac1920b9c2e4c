//! Maps with the channels last, `[N, rows, columns, C]`, on another grid.

use candle_core::{CpuStorage, CustomOp1, Device, Layout, Result, Shape, Tensor, bail};
use rayon::prelude::*;

use super::kernels::{contiguous, has_kernel, vectorised};

/// Bilinear interpolation between pixel centres without antialiasing, as PyTorch's
/// `interpolate(mode="bilinear", align_corners=False)` does it: `[N, height, width, C]` -> `[N, rows,
/// columns, C]`.
///
/// # Errors
/// If `xs` does not have four dimensions.
pub fn resize_bilinear(xs: &Tensor, rows: usize, columns: usize) -> Result<Tensor> {
    let (n, height, width, channels) = xs.dims4()?;
    if (height, width) == (rows, columns) {
        return Ok(xs.clone());
    }
    if has_kernel(xs) {
        return xs.apply_op1_no_bwd(&ResizeBilinear { rows, columns });
    }
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

struct ResizeBilinear {
    rows: usize,
    columns: usize,
}

impl CustomOp1 for ResizeBilinear {
    fn name(&self) -> &'static str {
        "resize-bilinear"
    }

    fn cpu_fwd(&self, map: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let &Self { rows, columns } = self;
        let &[n, height, width, channels] = layout.dims() else {
            bail!("expected [N, rows, columns, C]")
        };
        let map = contiguous(map, layout)?;
        let (ys, xs) = (linear_taps(height, rows), linear_taps(width, columns));
        let mut resized = vec![0f32; n * rows * columns * channels];
        let targets = resized.par_chunks_exact_mut(columns * channels).enumerate();
        targets.for_each(|(index, row)| {
            let picture = index / rows * height;
            let (above, below, t) = ys[index % rows];
            let source = |y: usize| &map[(picture + y) * width * channels..][..width * channels];
            let (above, below) = (source(above), source(below));
            vectorised(
                #[inline(always)]
                || {
                    for (pixel, &(left, right, s)) in row.chunks_exact_mut(channels).zip(&xs) {
                        let (left, right) = (left * channels, right * channels);
                        let [a, b, c, d] = [
                            &above[left..][..channels],
                            &above[right..][..channels],
                            &below[left..][..channels],
                            &below[right..][..channels],
                        ];
                        for (channel, value) in pixel.iter_mut().enumerate() {
                            let above = a[channel] + (b[channel] - a[channel]) * s;
                            let below = c[channel] + (d[channel] - c[channel]) * s;
                            *value = above + (below - above) * t;
                        }
                    }
                },
            );
        });
        Ok((
            CpuStorage::F32(resized),
            (n, rows, columns, channels).into(),
        ))
    }
}

/// For each target position, its two source positions and the weight of the second.
fn linear_taps(from: usize, to: usize) -> Vec<(usize, usize, f32)> {
    let scale = from as f32 / to as f32;
    let taps = (0..to).map(|target| {
        let source = ((target as f32 + 0.5) * scale - 0.5).max(0.0);
        let first = (source as usize).min(from - 1);
        (first, (first + 1).min(from - 1), source - first as f32)
    });
    taps.collect()
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

    #[test]
    fn the_fused_form_agrees_with_the_plain_one() {
        let map = Tensor::randn(0f32, 1.0, (2, 3, 5, 7), &Device::Cpu).unwrap();
        // A view is not contiguous, so it takes the plain path.
        let wide = Tensor::cat(&[&map, &map], 3).unwrap();
        let view = wide.narrow(3, 0, 7).unwrap();
        for (rows, columns) in [(6, 10), (96, 40), (1, 1)] {
            let fused = resize_bilinear(&map, rows, columns).unwrap();
            let plain = resize_bilinear(&view, rows, columns).unwrap();
            assert_eq!(fused.dims(), [2, rows, columns, 7]);
            assert!(largest_difference(&fused, &plain) < 1e-5);
        }
    }
}
