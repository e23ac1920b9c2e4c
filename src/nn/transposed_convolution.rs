//! Transposed convolutions over maps with the channels last, `[N, rows, columns, C]`.

use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor, bail};
use candle_nn::VarBuilder;
use rayon::prelude::*;

use super::kernels::{contiguous, has_kernel};

/// A transposed convolution: each pixel of its input adds a multiple of the kernel to its output.
pub struct TransposedConv {
    kernel: Tensor, // [inputs, outputs, side, side]
    matrix: Tensor, // [inputs, side * side * outputs]
    bias: Tensor,   // [outputs]
    window: TransposedWindow,
}

/// Where a transposed convolution adds its square kernel. A side of `length` pixels has
/// `(length - 1) * stride + side - 2 * padding` outputs.
#[derive(Clone, Copy, Debug)]
pub struct TransposedWindow {
    /// The side of the kernel.
    pub side: usize,
    /// The step in the output from one pixel of the input to the next.
    pub stride: usize,
    /// How many outputs are dropped at each edge.
    pub padding: usize,
}

impl TransposedWindow {
    /// The number of outputs along a side of `length` pixels.
    fn outputs(self, length: usize) -> usize {
        (length - 1) * self.stride + self.side - 2 * self.padding
    }

    /// What is added to an output: the taps of the kernel, each with one of `length` pixels.
    fn taps(
        self,
        output: usize,
        length: usize,
    ) -> impl Iterator<Item = (usize, usize)> + Clone + use<> {
        (0..self.side).filter_map(move |tap| {
            let distance = (output + self.padding).checked_sub(tap)?;
            let pixel = distance / self.stride;
            (distance % self.stride == 0 && pixel < length).then_some((tap, pixel))
        })
    }
}

impl TransposedConv {
    /// Reads `weight [inputs, outputs, side, side]` and `bias [outputs]`, and folds the batch norm that
    /// follows into them, if there is one: its tensors and its epsilon.
    ///
    /// # Errors
    /// If a tensor is missing or has another shape.
    pub fn new(
        (inputs, outputs): (usize, usize),
        window: TransposedWindow,
        conv: &VarBuilder,
        norm: Option<(&VarBuilder, f64)>,
    ) -> Result<Self> {
        let side = window.side;
        let mut kernel = conv.get((inputs, outputs, side, side), "weight")?;
        let mut bias = conv.get(outputs, "bias")?;
        if let Some((norm, eps)) = norm {
            let of_norm = |name: &str| norm.get(outputs, name);
            let scale = (of_norm("weight")? / (of_norm("running_var")? + eps)?.sqrt()?)?;
            kernel = kernel.broadcast_mul(&scale.reshape((1, outputs, 1, 1))?)?;
            bias = ((bias - of_norm("running_mean")?)? * scale)?;
            bias = (bias + of_norm("bias")?)?;
        }
        let matrix = kernel.permute((0, 2, 3, 1))?.contiguous()?;
        Ok(Self {
            matrix: matrix.reshape((inputs, side * side * outputs))?,
            kernel,
            bias,
            window,
        })
    }

    /// The transposed convolution with its bias, `[N, rows, columns, inputs]` -> `[N, R, S, outputs]`.
    ///
    /// # Errors
    /// If the shapes do not fit.
    pub fn forward(&self, map: &Tensor) -> Result<Tensor> {
        self.clipped(map, f32::NEG_INFINITY)
    }

    /// As [`forward`](Self::forward), with negative results replaced by 0.
    ///
    /// # Errors
    /// If the shapes do not fit.
    pub fn relu(&self, map: &Tensor) -> Result<Tensor> {
        self.clipped(map, 0.0)
    }

    fn clipped(&self, map: &Tensor, floor: f32) -> Result<Tensor> {
        let window = self.window;
        if has_kernel(map) {
            let (n, rows, columns, inputs) = map.dims4()?;
            let pixels = map.reshape((n * rows * columns, inputs))?;
            let added = pixels.matmul(&self.matrix)?; // [N * rows * columns, side * side * outputs]
            let added = added.reshape((n, rows, columns, ()))?;
            return added.apply_op2_no_bwd(&self.bias, &AddWindows { window, floor });
        }
        map.permute((0, 3, 1, 2))?
            .contiguous()?
            .conv_transpose2d(&self.kernel, window.padding, 0, window.stride, 1)?
            .permute((0, 2, 3, 1))?
            .contiguous()?
            .broadcast_add(&self.bias)?
            .clamp(floor, f32::INFINITY)
    }
}

/// Adds up what each pixel contributes to each output, the reverse of
/// [`im2col`](super::convolution::im2col), with a bias, and clips the sums at `floor`.
struct AddWindows {
    window: TransposedWindow,
    floor: f32,
}

impl CustomOp2 for AddWindows {
    fn name(&self) -> &'static str {
        "add-windows"
    }

    fn cpu_fwd(
        &self,
        added: &CpuStorage,
        added_layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let Self { window, floor } = *self;
        let &[n, height, width, of_pixel] = added_layout.dims() else {
            bail!("expected [N, rows, columns, side * side * C]")
        };
        let added = contiguous(added, added_layout)?;
        let bias = contiguous(bias, bias_layout)?;
        let channels = bias.len();
        if of_pixel != window.side * window.side * channels {
            bail!("expected a bias for each channel")
        }
        let (rows, columns) = (window.outputs(height), window.outputs(width));
        let mut outputs = vec![0f32; n * rows * columns * channels];
        let arch = pulp::Arch::new();
        let output_rows = outputs.par_chunks_exact_mut(columns * channels).enumerate();
        output_rows.for_each(|(index, row)| {
            let picture = index / rows * height;
            let ys = window.taps(index % rows, height);
            arch.dispatch(
                #[inline(always)]
                || {
                    for (column, sums) in row.chunks_exact_mut(channels).enumerate() {
                        sums.copy_from_slice(bias);
                        for (tap_y, y) in ys.clone() {
                            for (tap_x, x) in window.taps(column, width) {
                                let tap = tap_y * window.side + tap_x;
                                let start = ((picture + y) * width + x) * of_pixel + tap * channels;
                                for (sum, value) in sums.iter_mut().zip(&added[start..]) {
                                    *sum += value;
                                }
                            }
                        }
                        for sum in sums {
                            *sum = sum.clamp(floor, f32::INFINITY);
                        }
                    }
                },
            );
        });
        Ok((
            CpuStorage::F32(outputs),
            (n, rows, columns, channels).into(),
        ))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use candle_core::{DType, Device};

    #[test]
    fn it_agrees_with_candle_with_and_without_batch_norm() {
        let device = Device::Cpu;
        let random = |shape: &[usize]| Tensor::randn(0f32, 1.0, shape, &device).unwrap();
        for (side, stride, padding) in [(4, 2, 1), (2, 2, 0), (3, 1, 1), (3, 2, 0)] {
            let (inputs, outputs) = (5, 7);
            let window = TransposedWindow {
                side,
                stride,
                padding,
            };
            let variance = random(&[outputs]).abs().unwrap();
            let tensors = HashMap::from([
                (
                    "conv.weight".to_owned(),
                    random(&[inputs, outputs, side, side]),
                ),
                ("conv.bias".to_owned(), random(&[outputs])),
                ("norm.weight".to_owned(), random(&[outputs])),
                ("norm.bias".to_owned(), random(&[outputs])),
                ("norm.running_mean".to_owned(), random(&[outputs])),
                ("norm.running_var".to_owned(), variance),
            ]);
            let vb = VarBuilder::from_tensors(tensors, DType::F32, &device);
            let (conv, norm) = (vb.pp("conv"), vb.pp("norm"));
            let sizes = (inputs, outputs);
            let plain = TransposedConv::new(sizes, window, &conv, None).unwrap();
            let normed = TransposedConv::new(sizes, window, &conv, Some((&norm, 0.1))).unwrap();
            let map = random(&[2, 3, 5, inputs]);
            // A view is not contiguous, so it takes the path of other devices.
            let view = Tensor::cat(&[&map, &map], 3).unwrap();
            let view = view.narrow(3, 0, inputs).unwrap();
            let get = |name: &str| norm.get(outputs, name).unwrap();
            let expected = plain.forward(&view).unwrap();
            let deviation = (get("running_var") + 0.1).unwrap().sqrt().unwrap();
            let normalised = expected
                .broadcast_sub(&get("running_mean"))
                .and_then(|map| map.broadcast_div(&deviation))
                .and_then(|map| map.broadcast_mul(&get("weight")))
                .and_then(|map| map.broadcast_add(&get("bias")))
                .unwrap();
            for (found, expected) in [
                (plain.forward(&map), expected),
                (normed.forward(&map), normalised.clone()),
                (normed.relu(&map), normalised.relu().unwrap()),
            ] {
                let found = found.unwrap();
                assert_eq!(found.dims(), expected.dims());
                let difference = (found - expected).unwrap().abs().unwrap();
                let largest: f32 = difference.max_all().unwrap().to_scalar().unwrap();
                assert!(largest < 1e-4, "{window:?}: {largest}");
            }
        }
    }
}
