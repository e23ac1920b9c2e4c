//! Convolutions over maps with the channels last, `[N, rows, columns, C]`: dense ones as matrix
//! products, and depthwise ones.

use candle_core::{
    CpuStorage, CustomOp1, CustomOp3, IndexOp as _, Layout, Result, Shape, Tensor, bail,
};
use candle_nn::VarBuilder;
use rayon::prelude::*;

use super::kernels::{contiguous, gelu, has_kernel, vectorised};
use super::linear::{Linear, task_rows};
use super::ops::{bias_add, bias_gelu, bias_leaky_relu, bias_relu};
use super::panels::Panels;
use super::scratch::with_scratch;

/// How many zeros are added before the first row and column of a map.
#[derive(Clone, Copy, Debug)]
pub enum Padding {
    /// Half the kernel (PyTorch).
    Half,
    /// Half of what is needed for inputs / stride outputs, with the odd one after the last row and
    /// column (TensorFlow's 'same').
    Same,
}

/// How a square kernel of odd side moves over a map. Along a side of `length` pixels it has
/// `length / stride` outputs, rounded up.
#[derive(Clone, Copy, Debug)]
pub struct KernelWindow {
    /// The side of the kernel.
    pub side: usize,
    /// The step from one output to the next.
    pub stride: usize,
    /// Where the kernel starts.
    pub padding: Padding,
}

impl KernelWindow {
    /// The number of outputs along a side of `length` pixels.
    pub(super) fn outputs(self, length: usize) -> usize {
        length.div_ceil(self.stride)
    }

    /// The number of zeros before the first of `length` pixels.
    fn padding_before(self, length: usize) -> usize {
        match self.padding {
            Padding::Half => self.side / 2,
            Padding::Same => {
                let covered = (self.outputs(length) - 1) * self.stride + self.side;
                covered.saturating_sub(length) / 2
            }
        }
    }

    /// Which of `length` pixels each tap of the kernel reads for an output: `(tap, pixel)`.
    pub(super) fn taps(
        self,
        output: usize,
        length: usize,
    ) -> impl Iterator<Item = (usize, usize)> + Clone + use<> {
        let first = output * self.stride;
        let before = self.padding_before(length);
        (0..self.side).filter_map(move |tap| {
            let pixel = (first + tap).checked_sub(before)?;
            (pixel < length).then_some((tap, pixel))
        })
    }

    /// Whether each output has one pixel, in the same order.
    fn is_pixel(self) -> bool {
        (self.side, self.stride) == (1, 1)
    }

    /// What the kernel reads of a map `[height, width, C]` for the output at `[row, column]`, `[side * side *
    /// C]`; zero beyond the edges.
    fn unfold(
        self,
        map: &[f32],
        [height, width, channels]: [usize; 3],
        [row, column]: [usize; 2],
        unfolded: &mut [f32],
    ) {
        unfolded.fill(0.0);
        let mut xs = self.taps(column, width);
        let Some((first_tap, first)) = xs.next() else {
            return;
        };
        // The pixels of a row follow one another.
        let len = (1 + xs.count()) * channels;
        for (tap, y) in self.taps(row, height) {
            let from = (y * width + first) * channels;
            let to = (tap * self.side + first_tap) * channels;
            unfolded[to..][..len].copy_from_slice(&map[from..][..len]);
        }
    }

    /// What each tap reads for all outputs, one `[N, rows / stride, columns / stride, C]` for each tap
    /// in row-major order; zero beyond the edges.
    fn shifted(self, xs: &Tensor) -> Result<Vec<Tensor>> {
        let Self { side, stride, .. } = self;
        let (n, height, width, channels) = xs.dims4()?;
        let (rows, columns) = (self.outputs(height), self.outputs(width));
        // Room for whole strides, so that a reshape can pick the first pixel of each.
        let after = |length: usize| {
            self.outputs(length) * stride + side - 1 - self.padding_before(length) - length
        };
        let padded = xs
            .pad_with_zeros(1, self.padding_before(height), after(height))?
            .pad_with_zeros(2, self.padding_before(width), after(width))?;
        let mut shifted = Vec::with_capacity(side * side);
        for y in 0..side {
            for x in 0..side {
                // Contiguous, because joining other tensors copies one number at a time.
                let pixels = padded
                    .narrow(1, y, rows * stride)?
                    .narrow(2, x, columns * stride)?
                    .contiguous()?;
                shifted.push(match stride {
                    1 => pixels,
                    _ => pixels
                        .reshape(&[n, rows, stride, columns, stride, channels])?
                        .i((.., .., 0, .., 0))?
                        .contiguous()?,
                });
            }
        }
        Ok(shifted)
    }
}

/// What the kernel reads for each output, `[N, rows, columns, C]` -> `[N, rows / stride, columns /
/// stride, side * side * C]`. A convolution is the product of this with the [`kernel_matrix`].
///
/// # Errors
/// If `xs` does not have four dimensions.
pub fn im2col(xs: &Tensor, window: KernelWindow) -> Result<Tensor> {
    if window.is_pixel() {
        return Ok(xs.clone());
    }
    Tensor::cat(&window.shifted(xs)?, 3)
}

/// A kernel `[outputs, inputs, side, side]` as the matrix `[side * side * inputs, outputs]` by which
/// the result of [`im2col`] is multiplied.
///
/// # Errors
/// If the kernel does not have four dimensions.
pub fn kernel_matrix(kernel: &Tensor) -> Result<Tensor> {
    let (outputs, inputs, height, width) = kernel.dims4()?;
    kernel
        .permute((2, 3, 1, 0))?
        .reshape((height * width * inputs, outputs))
}

/// Kernel `[outputs, ..]` and bias `[outputs]` of a convolution, with the batch norm that follows it
/// folded in.
///
/// # Errors
/// If a tensor is missing, has another shape, or yields numbers that are not finite. Damaged weights
/// are refused here, because a later maximum may hide their NaN.
pub fn fold_batch_norm(
    shape: [usize; 4],
    conv: &VarBuilder,
    norm: &VarBuilder,
    eps: f64,
) -> Result<(Tensor, Tensor)> {
    let outputs = shape[0];
    let of_norm = |name: &str| norm.get(outputs, name);
    let scale = (of_norm("weight")? / (of_norm("running_var")? + eps)?.sqrt()?)?;
    let kernel = conv
        .get(shape.as_slice(), "weight")?
        .broadcast_mul(&scale.reshape((outputs, 1, 1, 1))?)?;
    let mut mean = of_norm("running_mean")?;
    if conv.contains_tensor("bias") {
        mean = (mean - conv.get(outputs, "bias")?)?;
    }
    let bias = (of_norm("bias")? - (mean * scale)?)?;
    let sum = (kernel.abs()?.sum_all()? + bias.abs()?.sum_all()?)?;
    if !sum.to_scalar::<f32>()?.is_finite() {
        bail!(
            "{} with {} yields numbers that are not finite, so its weights are damaged; copy the \
             file again",
            conv.prefix(),
            norm.prefix()
        );
    }
    Ok((kernel, bias))
}

/// A convolution on the CPU. Each thread unfolds some pixels into its cache and multiplies them there: all
/// pixels unfolded would take `side * side` times the memory of the map.
struct PackedConv<'a> {
    window: KernelWindow,
    /// The [`kernel_matrix`].
    kernel: Panels<'a>,
}

impl CustomOp1 for PackedConv<'_> {
    fn name(&self) -> &'static str {
        "packed-conv"
    }

    fn cpu_fwd(&self, map: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let &Self { window, kernel } = self;
        let &[n, height, width, channels] = layout.dims() else {
            bail!("expected [N, rows, columns, C]")
        };
        let length = window.side * window.side * channels;
        if length != kernel.inputs() {
            bail!("a convolution does not fit a map with {channels} channels")
        }
        let map = contiguous(map, layout)?;
        let (rows, columns) = (window.outputs(height), window.outputs(width));
        let (pixels, outputs) = (n * rows * columns, kernel.outputs());
        let mut products = vec![0f32; pixels * outputs];
        let size = task_rows(pixels);
        let tasks = products.par_chunks_mut((size * outputs).max(1)).enumerate();
        tasks.for_each(|(task, products)| {
            let count = products.len() / outputs;
            with_scratch(count * length, |unfolded| {
                for (index, unfolded) in unfolded.chunks_exact_mut(length).enumerate() {
                    let (row, column) = div_rem(task * size + index, columns);
                    let (picture, row) = div_rem(row, rows);
                    let map = &map[picture * height * width * channels..];
                    window.unfold(map, [height, width, channels], [row, column], unfolded);
                }
                kernel.multiply(count, (unfolded, length), (products, outputs));
            });
        });
        let shape = (n, rows, columns, outputs).into();
        Ok((CpuStorage::F32(products), shape))
    }
}

fn div_rem(number: usize, divisor: usize) -> (usize, usize) {
    (number / divisor, number % divisor)
}

/// A convolution over maps `[N, rows, columns, inputs]`, with its batch norm if it has one, as one
/// matrix product.
pub struct Conv {
    /// By the [`kernel_matrix`], `[side * side * inputs, outputs]`.
    pub linear: Linear,
    window: KernelWindow,
}

impl Conv {
    /// Reads a kernel of `shape [outputs, inputs, side, side]` from `conv`, and the batch norm from
    /// `norm`.
    ///
    /// # Errors
    /// As for [`fold_batch_norm`].
    pub fn new(
        shape: [usize; 4],
        stride: usize,
        padding: Padding,
        conv: &VarBuilder,
        norm: &VarBuilder,
        eps: f64,
    ) -> Result<Self> {
        let (kernel, bias) = fold_batch_norm(shape, conv, norm, eps)?;
        Self::from_kernel(&kernel, bias, stride, padding)
    }

    /// Reads a convolution that has no batch norm, or one that is already folded in: `weight
    /// [outputs, inputs, side, side]` and, if there is one, `bias [outputs]`.
    ///
    /// # Errors
    /// If a tensor is missing or has another shape.
    pub fn without_norm(
        shape: [usize; 4],
        stride: usize,
        padding: Padding,
        vb: &VarBuilder,
    ) -> Result<Self> {
        let kernel = vb.get(shape.as_slice(), "weight")?;
        let bias = match vb.contains_tensor("bias") {
            true => vb.get(shape[0], "bias")?,
            false => Tensor::zeros(shape[0], kernel.dtype(), kernel.device())?,
        };
        Self::from_kernel(&kernel, bias, stride, padding)
    }

    fn from_kernel(kernel: &Tensor, bias: Tensor, stride: usize, padding: Padding) -> Result<Self> {
        Ok(Self {
            linear: Linear::from_matrix(&kernel_matrix(kernel)?, bias)?,
            window: KernelWindow {
                side: kernel.dim(2)?,
                stride,
                padding,
            },
        })
    }

    /// The convolution without its bias, `[N, rows, columns, inputs]` -> `[N, rows / stride, columns /
    /// stride, outputs]`.
    ///
    /// # Errors
    /// If the shapes do not fit.
    pub fn product(&self, map: &Tensor) -> Result<Tensor> {
        if let (Some(kernel), false) = (self.linear.panels(), self.window.is_pixel()) {
            let window = self.window;
            let op = PackedConv { window, kernel };
            return map.contiguous()?.apply_op1_no_bwd(&op);
        }
        let unfolded = im2col(map, self.window)?;
        let (n, rows, columns, _) = unfolded.dims4()?;
        let product = self.linear.product(&unfolded.flatten_to(2)?)?;
        product.reshape((n, rows, columns, ()))
    }

    /// The convolution with its bias; shapes as for [`product`](Self::product).
    ///
    /// # Errors
    /// If the shapes do not fit.
    pub fn forward(&self, map: &Tensor) -> Result<Tensor> {
        bias_add(self.product(map)?, &self.linear.bias)
    }

    /// The convolution with its bias, clipped at 0 and `ceiling`; shapes as for
    /// [`product`](Self::product).
    ///
    /// # Errors
    /// If the shapes do not fit.
    pub fn relu(&self, map: &Tensor, ceiling: f32) -> Result<Tensor> {
        bias_relu(self.product(map)?, &self.linear.bias, ceiling)
    }

    /// The convolution with its bias and GELU; shapes as for [`product`](Self::product).
    ///
    /// # Errors
    /// If the shapes do not fit.
    pub fn gelu(&self, map: &Tensor) -> Result<Tensor> {
        bias_gelu(self.product(map)?, &self.linear.bias)
    }

    /// The convolution with its bias, negative values multiplied by `slope`; shapes as for
    /// [`product`](Self::product).
    ///
    /// # Errors
    /// If the shapes do not fit.
    pub fn leaky_relu(&self, map: &Tensor, slope: f32) -> Result<Tensor> {
        bias_leaky_relu(self.product(map)?, &self.linear.bias, slope)
    }
}

/// What follows a convolution.
#[derive(Clone, Copy, Debug)]
pub enum Activation {
    /// Nothing.
    None,
    /// Clipping at 0 and `ceiling`: infinity for `ReLU`, 6 for `ReLU6`.
    Relu {
        /// The largest value.
        ceiling: f32,
    },
    /// The exact (erf) form of GELU.
    Gelu,
}

/// A convolution where each channel has its own filter, and whose batch norm, if it had one, is
/// already folded in.
pub struct DepthwiseConv {
    kernel: Tensor, // [side * side, C]
    bias: Tensor,   // [C]
    window: KernelWindow,
}

impl DepthwiseConv {
    /// Reads `weight [C, 1, side, side]` and `bias [C]`.
    ///
    /// # Errors
    /// If a tensor is missing or has another shape.
    pub fn new(channels: usize, window: KernelWindow, vb: &VarBuilder) -> Result<Self> {
        let kernel = vb.get((channels, 1, window.side, window.side), "weight")?;
        Ok(Self {
            kernel: kernel.flatten_from(1)?.t()?.contiguous()?,
            bias: vb.get(channels, "bias")?,
            window,
        })
    }

    /// `[N, rows, columns, C]` -> `[N, rows / stride, columns / stride, C]`.
    ///
    /// # Errors
    /// If the shapes do not fit.
    pub fn forward(&self, xs: &Tensor, activation: Activation) -> Result<Tensor> {
        depthwise(xs, &self.kernel, &self.bias, self.window, activation)
    }
}

/// `activation(conv(xs) + bias)`, where each channel has its own filter: `xs [N, rows, columns, C]`,
/// `kernel [side * side, C]` and `bias [C]` -> `[N, rows / stride, columns / stride, C]`.
///
/// candle runs such a convolution as C convolutions of one channel, which is slow.
///
/// # Errors
/// If the shapes do not fit.
pub fn depthwise(
    xs: &Tensor,
    kernel: &Tensor,
    bias: &Tensor,
    window: KernelWindow,
    activation: Activation,
) -> Result<Tensor> {
    if has_kernel(xs) {
        return xs.apply_op3_no_bwd(kernel, bias, &Depthwise { window, activation });
    }
    let mut sum = bias.clone();
    for (tap, shifted) in window.shifted(xs)?.iter().enumerate() {
        sum = shifted
            .broadcast_mul(&kernel.get(tap)?)?
            .broadcast_add(&sum)?;
    }
    match activation {
        Activation::None => Ok(sum),
        Activation::Relu { ceiling } => sum.clamp(0f32, ceiling),
        Activation::Gelu => sum.gelu_erf(),
    }
}

struct Depthwise {
    window: KernelWindow,
    activation: Activation,
}

impl CustomOp3 for Depthwise {
    fn name(&self) -> &'static str {
        "depthwise"
    }

    fn cpu_fwd(
        &self,
        xs: &CpuStorage,
        xs_layout: &Layout,
        kernel: &CpuStorage,
        kernel_layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let Self { window, activation } = *self;
        let &[n, height, width, channels] = xs_layout.dims() else {
            bail!("expected [N, rows, columns, C]")
        };
        let xs = contiguous(xs, xs_layout)?;
        let kernel = contiguous(kernel, kernel_layout)?;
        let bias = contiguous(bias, bias_layout)?;
        let (rows, columns) = (window.outputs(height), window.outputs(width));
        let mut outputs = vec![0f32; n * rows * columns * channels];
        let output_rows = outputs.par_chunks_exact_mut(columns * channels).enumerate();
        output_rows.for_each(|(index, row)| {
            let picture = index / rows * height;
            let ys = window.taps(index % rows, height);
            vectorised(
                #[inline(always)]
                || {
                    for (column, sums) in row.chunks_exact_mut(channels).enumerate() {
                        sums.copy_from_slice(bias);
                        for (tap_y, y) in ys.clone() {
                            for (tap_x, x) in window.taps(column, width) {
                                let values = &xs[((picture + y) * width + x) * channels..];
                                let weights = &kernel[(tap_y * window.side + tap_x) * channels..];
                                for ((sum, x), w) in sums.iter_mut().zip(values).zip(weights) {
                                    *sum += x * w;
                                }
                            }
                        }
                    }
                    match activation {
                        Activation::None => {}
                        Activation::Relu { ceiling } => {
                            for sum in row.iter_mut() {
                                *sum = sum.clamp(0.0, ceiling);
                            }
                        }
                        Activation::Gelu => {
                            for sum in row.iter_mut() {
                                *sum = gelu(*sum);
                            }
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
    use super::*;
    use candle_core::{DType, Device};

    #[test]
    fn products_with_im2col_are_convolutions() {
        let device = Device::Cpu;
        for (side, stride, height, width) in
            [(1, 2, 5, 4), (3, 1, 4, 5), (3, 2, 4, 5), (5, 2, 1, 1)]
        {
            let xs = Tensor::randn(0f32, 1.0, (2, 3, height, width), &device).unwrap();
            let kernel = Tensor::randn(0f32, 1.0, (4, 3, side, side), &device).unwrap();
            let expected = xs.conv2d(&kernel, side / 2, stride, 1, 1).unwrap();
            let pixels = xs.permute((0, 2, 3, 1)).unwrap().contiguous().unwrap();
            let window = KernelWindow {
                side,
                stride,
                padding: Padding::Half,
            };
            let unfolded = im2col(&pixels, window).unwrap();
            let (n, rows, columns, _) = unfolded.dims4().unwrap();
            let product = unfolded
                .flatten_to(2)
                .and_then(|rows| rows.matmul(&kernel_matrix(&kernel)?))
                .and_then(|product| product.reshape((n, rows, columns, 4)))
                .and_then(|product| product.permute((0, 3, 1, 2)))
                .unwrap();
            assert_eq!(product.dims(), expected.dims());
            let difference = (product - &expected).unwrap().abs().unwrap();
            let largest: f32 = difference.max_all().unwrap().to_scalar().unwrap();
            assert!(largest < 1e-5, "{side} {stride}: {largest}");
            let bias = Tensor::zeros(4, DType::F32, &device).unwrap();
            let conv = Conv::from_kernel(&kernel, bias, stride, Padding::Half).unwrap();
            let packed = conv.product(&pixels).unwrap();
            let packed = packed.permute((0, 3, 1, 2)).unwrap();
            let difference = (packed - expected).unwrap().abs().unwrap();
            let largest: f32 = difference.max_all().unwrap().to_scalar().unwrap();
            assert!(largest < 1e-5, "{side} {stride}: {largest}");
        }
    }

    #[test]
    fn fused_depthwise_convolution_agrees_with_its_plain_form() {
        // With a stride of two, the padding depends on whether the length is even.
        for (side, stride, rows, columns) in
            [(3, 1, 5, 7), (3, 2, 5, 8), (5, 2, 9, 6), (5, 1, 2, 3)]
        {
            let channels = 19;
            let device = Device::Cpu;
            let xs = Tensor::randn(0f32, 4.0, (2, rows, columns, channels), &device).unwrap();
            let kernel = Tensor::randn(0f32, 1.0, (side * side, channels), &device).unwrap();
            let bias = Tensor::randn(0f32, 2.0, channels, &device).unwrap();
            let padding = Padding::Same;
            let window = KernelWindow {
                side,
                stride,
                padding,
            };
            for activation in [
                Activation::None,
                Activation::Relu { ceiling: 6.0 },
                Activation::Gelu,
            ] {
                let fused = depthwise(&xs, &kernel, &bias, window, activation).unwrap();
                // A view is not contiguous, so it takes the plain path.
                let wide = Tensor::cat(&[&xs, &xs], 3).unwrap();
                let view = wide.narrow(3, 0, channels).unwrap();
                let plain = depthwise(&view, &kernel, &bias, window, activation).unwrap();
                assert_eq!(fused.dims(), plain.dims());
                let difference = (fused - plain).unwrap().abs().unwrap();
                let largest: f32 = difference.max_all().unwrap().to_scalar().unwrap();
                assert!(largest < 1e-4, "{side} {stride} {activation:?}: {largest}");
            }
        }
    }
}
