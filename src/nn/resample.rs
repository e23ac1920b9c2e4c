//! Maps with the channels last, `[N, rows, columns, C]`, made larger and smaller.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor, bail};
use rayon::prelude::*;

use super::kernels::{contiguous, has_kernel};

/// Resizes to `[N, rows, columns, C]` by bilinear interpolation between pixel centres without
/// antialiasing, as PyTorch's `interpolate(mode="bilinear", align_corners=False)` does.
///
/// # Errors
/// If `map` does not have four dimensions.
pub fn resize_bilinear(map: &Tensor, rows: usize, columns: usize) -> Result<Tensor> {
    let (_, height, width, _) = map.dims4()?;
    if (height, width) == (rows, columns) {
        return Ok(map.clone());
    }
    if has_kernel(map) {
        return map.apply_op1_no_bwd(&ResizeBilinear { rows, columns });
    }
    map.permute((0, 3, 1, 2))?
        .contiguous()?
        .upsample_bilinear2d(rows, columns, false)?
        .permute((0, 2, 3, 1))?
        .contiguous()
}

/// The maximum of each 2x2 pixels, `[N, rows, columns, C]` -> `[N, rows / 2, columns / 2, C]`.
///
/// # Errors
/// If a side is odd.
pub fn max_pool_2x2(map: &Tensor) -> Result<Tensor> {
    if has_kernel(map) {
        return map.apply_op1_no_bwd(&MaxPool);
    }
    let (n, rows, columns, channels) = map.dims4()?;
    map.reshape(&[n, rows / 2, 2, columns / 2, 2, channels])?
        .max(4)?
        .max(2)
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
        let arch = pulp::Arch::new();
        let targets = resized.par_chunks_exact_mut(columns * channels).enumerate();
        targets.for_each(|(index, row)| {
            let picture = index / rows * height;
            let (above, below, t) = ys[index % rows];
            let source = |y: usize| &map[(picture + y) * width * channels..][..width * channels];
            let (above, below) = (source(above), source(below));
            arch.dispatch(
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

struct MaxPool;

impl CustomOp1 for MaxPool {
    fn name(&self) -> &'static str {
        "max-pool-2x2"
    }

    fn cpu_fwd(&self, map: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let &[n, height, width, channels] = layout.dims() else {
            bail!("expected [N, rows, columns, C]")
        };
        if height % 2 == 1 || width % 2 == 1 {
            bail!("expected even sides, not {height} x {width}")
        }
        let map = contiguous(map, layout)?;
        let (rows, columns) = (height / 2, width / 2);
        let mut pooled = vec![0f32; n * rows * columns * channels];
        let arch = pulp::Arch::new();
        let targets = pooled.par_chunks_exact_mut(columns * channels);
        let sources = map.par_chunks_exact(2 * width * channels);
        targets.zip(sources).for_each(|(row, source)| {
            let (above, below) = source.split_at(width * channels);
            arch.dispatch(
                #[inline(always)]
                || {
                    let pixels = row.chunks_exact_mut(channels);
                    let above = above.chunks_exact(2 * channels);
                    let below = below.chunks_exact(2 * channels);
                    for ((pixel, above), below) in pixels.zip(above).zip(below) {
                        let (a, b) = above.split_at(channels);
                        let (c, d) = below.split_at(channels);
                        for (channel, value) in pixel.iter_mut().enumerate() {
                            let above = a[channel].max(b[channel]);
                            *value = above.max(c[channel].max(d[channel]));
                        }
                    }
                },
            );
        });
        Ok((CpuStorage::F32(pooled), (n, rows, columns, channels).into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;

    /// A map, and a view of the same numbers, which takes the path of other devices.
    fn map_and_view(shape: (usize, usize, usize, usize)) -> (Tensor, Tensor) {
        let map = Tensor::randn(0f32, 1.0, shape, &Device::Cpu).unwrap();
        let view = Tensor::cat(&[&map, &map], 3).unwrap();
        (map, view.narrow(3, 0, shape.3).unwrap())
    }

    #[track_caller]
    fn assert_close(found: &Tensor, expected: &Tensor) {
        assert_eq!(found.dims(), expected.dims());
        let difference = (found - expected).unwrap().abs().unwrap();
        let largest: f32 = difference.max_all().unwrap().to_scalar().unwrap();
        assert!(largest < 1e-5, "{largest}");
    }

    #[test]
    fn resizing_agrees_with_candle() {
        let (map, view) = map_and_view((2, 3, 5, 7));
        for (rows, columns) in [(6, 10), (3, 5), (96, 40), (1, 1)] {
            let found = resize_bilinear(&map, rows, columns).unwrap();
            assert_close(&found, &resize_bilinear(&view, rows, columns).unwrap());
        }
    }

    #[test]
    fn pooling_agrees_with_candle() {
        let (map, view) = map_and_view((2, 4, 6, 5));
        assert_close(&max_pool_2x2(&map).unwrap(), &max_pool_2x2(&view).unwrap());
        let (odd, _) = map_and_view((1, 3, 4, 1));
        assert!(max_pool_2x2(&odd).is_err());
    }
}
