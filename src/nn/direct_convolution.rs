//! Convolutions over large maps with few channels, `[N, rows, columns, C]`, without unfolding them.
//!
//! [`super::convolution`] copies what the kernel reads for each output, nine times the map for a
//! kernel of side 3. Where a map has few channels, this copy takes longer than the sums. The kernel
//! here keeps the sums of some outputs in registers and reads the map in place.

use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor, bail};
use candle_nn::VarBuilder;
use rayon::prelude::*;

use super::kernels::{contiguous, has_kernel};

/// Output channels and pixels whose sums are kept in registers: with more, the compiler spills them.
const LANES: usize = 8;
const PIXELS: usize = 6;

/// A convolution of stride 1 whose outputs have the size of its input.
pub struct DirectConv {
    kernel: Tensor, // [outputs, inputs, side, side]
    packed: Tensor, // [outputs / LANES, side * side * inputs, LANES], with zeros for missing outputs
    bias: Tensor,   // [outputs]
    side: usize,
    dilation: usize,
}

impl DirectConv {
    /// Reads `weight [outputs, inputs, side, side]`, with an odd side, and `bias [outputs]`. The
    /// `dilation` is the distance between the pixels that the kernel reads.
    ///
    /// # Errors
    /// If a tensor is missing or has another shape.
    pub fn new(inputs: usize, dilation: usize, vb: &VarBuilder) -> Result<Self> {
        let (outputs, _, side, _) = vb.get_unchecked("weight")?.dims4()?;
        let kernel = vb.get((outputs, inputs, side, side), "weight")?;
        let blocks = outputs.div_ceil(LANES);
        let packed = kernel
            .pad_with_zeros(0, 0, blocks * LANES - outputs)?
            .reshape((blocks, LANES, inputs, side * side))?
            .permute((0, 3, 2, 1))?
            .contiguous()?
            .reshape((blocks, side * side * inputs, LANES))?;
        Ok(Self {
            kernel,
            packed,
            bias: vb.get(outputs, "bias")?,
            side,
            dilation,
        })
    }

    /// The convolution with its bias, `[N, rows, columns, inputs]` -> `[N, rows, columns, outputs]`.
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
        let operation = Convolve {
            side: self.side,
            dilation: self.dilation,
            floor,
        };
        if has_kernel(map) {
            return map.apply_op3_no_bwd(&self.packed, &self.bias, &operation);
        }
        map.permute((0, 3, 1, 2))?
            .contiguous()?
            .conv2d(&self.kernel, operation.padding(), 1, self.dilation, 1)?
            .permute((0, 2, 3, 1))?
            .contiguous()?
            .broadcast_add(&self.bias)?
            .clamp(floor, f32::INFINITY)
    }
}

struct Convolve {
    side: usize,
    dilation: usize,
    floor: f32,
}

impl Convolve {
    fn padding(&self) -> usize {
        self.side / 2 * self.dilation
    }

    /// `map [n, rows, columns, inputs]` with zeros around each picture, so that the kernel never
    /// leaves it: `[n, rows + 2 * padding, width, inputs]`.
    fn padded(
        &self,
        map: &[f32],
        [n, rows, columns, inputs]: [usize; 4],
        width: usize,
    ) -> Vec<f32> {
        let padding = self.padding();
        let height = rows + 2 * padding;
        let mut padded = vec![0f32; n * height * width * inputs];
        let targets = padded.par_chunks_exact_mut(width * inputs).enumerate();
        targets.for_each(|(index, target)| {
            let (picture, y) = (index / height, index % height);
            if (padding..padding + rows).contains(&y) {
                let row = picture * rows + y - padding;
                target[padding * inputs..][..columns * inputs]
                    .copy_from_slice(&map[row * columns * inputs..][..columns * inputs]);
            }
        });
        padded
    }
}

impl CustomOp3 for Convolve {
    fn name(&self) -> &'static str {
        "direct-convolution"
    }

    fn cpu_fwd(
        &self,
        map: &CpuStorage,
        map_layout: &Layout,
        packed: &CpuStorage,
        packed_layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let &Self {
            side,
            dilation,
            floor,
        } = self;
        let &[n, rows, columns, inputs] = map_layout.dims() else {
            bail!("expected [N, rows, columns, C]")
        };
        let kernel = contiguous(packed, packed_layout)?;
        let bias = contiguous(bias, bias_layout)?;
        let (outputs, taps) = (bias.len(), side * side);
        if packed_layout.dims() != [outputs.div_ceil(LANES), taps * inputs, LANES] {
            bail!("the kernel does not read {inputs} channels")
        }
        // Whole blocks of pixels: those after the last column are computed and dropped.
        let width = columns.next_multiple_of(PIXELS) + 2 * self.padding();
        let shape = [n, rows, columns, inputs];
        let padded = self.padded(contiguous(map, map_layout)?, shape, width);
        let mut result = vec![0f32; n * rows * columns * outputs];
        let arch = pulp::Arch::new();
        let result_rows = result.par_chunks_exact_mut(columns * outputs).enumerate();
        result_rows.for_each(|(index, row)| {
            let first = index / rows * (rows + 2 * self.padding()) + index % rows;
            arch.dispatch(
                #[inline(always)]
                || {
                    let blocks = kernel.chunks_exact(taps * inputs * LANES);
                    for (block, kernel) in blocks.enumerate() {
                        let channels = block * LANES..outputs.min((block + 1) * LANES);
                        let mut start = [0f32; LANES];
                        start[..channels.len()].copy_from_slice(&bias[channels.clone()]);
                        for x in (0..columns).step_by(PIXELS) {
                            let mut sums = [start; PIXELS];
                            let kernels = kernel.chunks_exact(inputs * LANES);
                            for (tap, kernel) in kernels.enumerate() {
                                let y = first + tap / side * dilation;
                                let x = x + tap % side * dilation;
                                let pixels = &padded[(y * width + x) * inputs..];
                                add_products(&mut sums, &pixels[..PIXELS * inputs], kernel);
                            }
                            let pixels = row[x * outputs..].chunks_exact_mut(outputs);
                            for (pixel, sums) in pixels.zip(&sums) {
                                for (value, sum) in pixel[channels.clone()].iter_mut().zip(sums) {
                                    *value = sum.clamp(floor, f32::INFINITY);
                                }
                            }
                        }
                    }
                },
            );
        });
        Ok((CpuStorage::F32(result), (n, rows, columns, outputs).into()))
    }
}

/// Adds `pixels [PIXELS, inputs]` times `kernel [inputs, LANES]` to `sums`.
#[inline(always)]
fn add_products(sums: &mut [[f32; LANES]; PIXELS], pixels: &[f32], kernel: &[f32]) {
    let inputs = pixels.len() / PIXELS;
    let pixels: [&[f32]; PIXELS] = std::array::from_fn(|pixel| &pixels[pixel * inputs..][..inputs]);
    let (weights, _) = kernel.as_chunks::<LANES>();
    let mut local = *sums;
    for (input, weights) in weights[..inputs].iter().enumerate() {
        for (sums, pixel) in local.iter_mut().zip(pixels) {
            let value = pixel[input];
            for (sum, weight) in sums.iter_mut().zip(weights) {
                *sum += value * weight;
            }
        }
    }
    *sums = local;
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use candle_core::{DType, Device};

    #[test]
    fn it_agrees_with_candle() {
        let device = Device::Cpu;
        let cases = [
            (3, 1, 5, 16, 7, 13),
            (3, 2, 16, 64, 5, 6),
            (3, 8, 4, 1, 3, 2),
            (1, 1, 6, 17, 4, 4),
        ];
        for (side, dilation, inputs, outputs, rows, columns) in cases {
            let weight = Tensor::randn(0f32, 1.0, (outputs, inputs, side, side), &device).unwrap();
            let bias = Tensor::randn(0f32, 1.0, outputs, &device).unwrap();
            let tensors = [("weight", weight), ("bias", bias)];
            let tensors = tensors.map(|(name, tensor)| (name.to_owned(), tensor));
            let vb = VarBuilder::from_tensors(HashMap::from(tensors), DType::F32, &device);
            let conv = DirectConv::new(inputs, dilation, &vb).unwrap();
            let map = Tensor::randn(0f32, 1.0, (2, rows, columns, inputs), &device).unwrap();
            // A view is not contiguous, so it takes the plain path.
            let view = Tensor::cat(&[&map, &map], 3).unwrap();
            let view = view.narrow(3, 0, inputs).unwrap();
            for (found, expected) in [
                (conv.forward(&map), conv.forward(&view)),
                (conv.relu(&map), conv.relu(&view)),
            ] {
                let (found, expected) = (found.unwrap(), expected.unwrap());
                assert_eq!(found.dims(), [2, rows, columns, outputs]);
                let difference = (found - expected).unwrap().abs().unwrap();
                let largest: f32 = difference.max_all().unwrap().to_scalar().unwrap();
                assert!(largest < 1e-4, "{side} {dilation}: {largest}");
            }
        }
    }
}
