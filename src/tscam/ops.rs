//! The operations in which a network spends its time outside matrix products, fused, vectorised
//! and shared among threads for the CPU.
//!
//! candle's own CPU kernels run GELU on one thread, call libm for each exponential and write each
//! intermediate to fresh memory. Its additions run on a pool of their own, whose threads spin on
//! the cores that the next matrix product wants: without them the whole pass is 1.4 times as fast
//! on 2 cores. Its CUDA and Metal kernels are good, so there these functions are plain
//! compositions of them. All are for inference: none has a backward pass, and those that take a
//! tensor by value may overwrite its storage, which clones and views of it share.

use candle_core::{
    CpuStorage, DType, InplaceOp1, InplaceOp2, InplaceOp3, Layout, Result, Tensor, WithDType as _,
    bail,
};
use rayon::prelude::*;

/// Numbers handed to a thread at a time: enough to pay for the hand-over, few enough to share the
/// work evenly.
const VALUES_PER_TASK: usize = 16 * 1024;

/// `softmax(scale * xs)` over the last dimension.
pub fn scaled_softmax(xs: Tensor, scale: f64) -> Result<Tensor> {
    if fused(&xs) {
        xs.inplace_op1(&Softmax {
            scale: scale as f32,
        })?;
        Ok(xs)
    } else {
        candle_nn::ops::softmax_last_dim(&(xs * scale)?)
    }
}

/// `gelu(xs + bias)`, the exact (erf) form, for `xs [.., D]` and `bias [D]`.
pub fn bias_gelu(xs: Tensor, bias: &Tensor) -> Result<Tensor> {
    if fused(&xs) {
        bias_then(&xs, bias, "bias-gelu", gelu)?;
        Ok(xs)
    } else {
        xs.broadcast_add(bias)?.gelu_erf()
    }
}

/// `xs + bias` for `xs [.., D]` and `bias [D]`.
pub fn bias_add(xs: Tensor, bias: &Tensor) -> Result<Tensor> {
    if fused(&xs) {
        bias_then(
            &xs,
            bias,
            "bias-add",
            #[inline(always)]
            |x| x,
        )?;
        Ok(xs)
    } else {
        xs.broadcast_add(bias)
    }
}

/// `xs + bias` clipped at 0 and `ceiling` for `xs [.., D]` and `bias [D]`: infinity for `ReLU`, 6 for
/// `ReLU6`.
pub fn bias_relu(xs: Tensor, bias: &Tensor, ceiling: f32) -> Result<Tensor> {
    if fused(&xs) {
        // Clipping, unlike taking the maximum, keeps NaN and so shows damaged weights.
        bias_then(
            &xs,
            bias,
            "bias-relu",
            #[inline(always)]
            |x: f32| x.clamp(0.0, ceiling),
        )?;
        Ok(xs)
    } else {
        xs.broadcast_add(bias)?.clamp(0f32, ceiling)
    }
}

/// `xs + gamma * branch` for `xs` and `branch [.., D]` and a layer scale `gamma [D]`, if any.
pub fn residual(xs: Tensor, branch: &Tensor, gamma: Option<&Tensor>) -> Result<Tensor> {
    match gamma {
        Some(gamma) if fused(&xs) => {
            xs.inplace_op3(branch, gamma, &ScaledAdd)?;
            Ok(xs)
        }
        None if fused(&xs) => {
            xs.inplace_op2(branch, &Add)?;
            Ok(xs)
        }
        Some(gamma) => xs + branch.broadcast_mul(gamma)?,
        None => xs + branch,
    }
}

/// Layer norm over the last dimension with weight and bias `[D]`.
pub fn layer_norm(xs: &Tensor, weight: &Tensor, bias: &Tensor, eps: f64) -> Result<Tensor> {
    if fused(xs) {
        let normed = xs.copy()?;
        normed.inplace_op3(weight, bias, &LayerNorm { eps: eps as f32 })?;
        Ok(normed)
    } else {
        candle_nn::ops::layer_norm(xs, weight, bias, eps as f32)
    }
}

/// Whether the kernels here serve this tensor.
pub(crate) fn fused(xs: &Tensor) -> bool {
    xs.device().is_cpu() && xs.dtype() == DType::F32 && xs.is_contiguous()
}

/// See [`scaled_softmax`].
pub(crate) struct Softmax {
    /// What the numbers are multiplied by.
    pub scale: f32,
}

impl InplaceOp1 for Softmax {
    fn name(&self) -> &'static str {
        "scaled-softmax"
    }

    fn cpu_fwd(&self, storage: &mut CpuStorage, layout: &Layout) -> Result<()> {
        let scale = self.scale;
        for_each_row(
            storage,
            layout,
            #[inline(always)]
            |row| {
                let max = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                for x in row.iter_mut() {
                    *x = exp(scale * (*x - max));
                }
                let inverse = 1.0 / sum_of(row, |x| x);
                for x in row.iter_mut() {
                    *x *= inverse;
                }
            },
        )
    }
}

fn bias_then(
    xs: &Tensor,
    bias: &Tensor,
    name: &'static str,
    function: impl Fn(f32) -> f32 + Send + Sync,
) -> Result<()> {
    xs.inplace_op2(bias, &BiasThen { name, function })
}

/// `function(x + bias)`, number by number.
struct BiasThen<F> {
    name: &'static str,
    function: F,
}

impl<F: Fn(f32) -> f32 + Send + Sync> InplaceOp2 for BiasThen<F> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn cpu_fwd(
        &self,
        dst: &mut CpuStorage,
        layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
    ) -> Result<()> {
        let bias = contiguous(bias, bias_layout)?;
        let function = &self.function;
        for_each_row(
            dst,
            layout,
            #[inline(always)]
            |row| {
                for (x, b) in row.iter_mut().zip(bias) {
                    *x = function(*x + b);
                }
            },
        )
    }
}

struct Add;

impl InplaceOp2 for Add {
    fn name(&self) -> &'static str {
        "add"
    }

    fn cpu_fwd(
        &self,
        dst: &mut CpuStorage,
        layout: &Layout,
        branch: &CpuStorage,
        branch_layout: &Layout,
    ) -> Result<()> {
        let branch = contiguous(branch, branch_layout)?;
        for_each_row_pair(
            dst,
            layout,
            branch,
            #[inline(always)]
            |row, branch| {
                for (x, b) in row.iter_mut().zip(branch) {
                    *x += b;
                }
            },
        )
    }
}

struct ScaledAdd;

impl InplaceOp3 for ScaledAdd {
    fn name(&self) -> &'static str {
        "scaled-add"
    }

    fn cpu_fwd(
        &self,
        dst: &mut CpuStorage,
        layout: &Layout,
        branch: &CpuStorage,
        branch_layout: &Layout,
        gamma: &CpuStorage,
        gamma_layout: &Layout,
    ) -> Result<()> {
        let branch = contiguous(branch, branch_layout)?;
        let gamma = contiguous(gamma, gamma_layout)?;
        for_each_row_pair(
            dst,
            layout,
            branch,
            #[inline(always)]
            |row, branch| {
                for ((x, b), g) in row.iter_mut().zip(branch).zip(gamma) {
                    *x += b * g;
                }
            },
        )
    }
}

/// See [`layer_norm`].
pub(crate) struct LayerNorm {
    /// Keeps the quotient finite.
    pub eps: f32,
}

impl InplaceOp3 for LayerNorm {
    fn name(&self) -> &'static str {
        "layer-norm"
    }

    fn cpu_fwd(
        &self,
        dst: &mut CpuStorage,
        layout: &Layout,
        weight: &CpuStorage,
        weight_layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
    ) -> Result<()> {
        let weight = contiguous(weight, weight_layout)?;
        let bias = contiguous(bias, bias_layout)?;
        let eps = self.eps;
        for_each_row(
            dst,
            layout,
            #[inline(always)]
            |row| {
                let count = row.len() as f32;
                let mean = sum_of(row, |x| x) / count;
                let variance = sum_of(row, |x| (x - mean) * (x - mean)) / count;
                let scale = (variance + eps).sqrt().recip();
                for ((x, w), b) in row.iter_mut().zip(weight).zip(bias) {
                    *x = (*x - mean) * scale * w + b;
                }
            },
        )
    }
}

/// The sum of `term` over a row, in eight lanes that the compiler can add at once; one running
/// sum would be sequential.
#[inline(always)]
pub(crate) fn sum_of(row: &[f32], term: impl Fn(f32) -> f32) -> f32 {
    let mut lanes = [0f32; 8];
    let (chunks, rest) = row.as_chunks::<8>();
    for chunk in chunks {
        for (lane, x) in lanes.iter_mut().zip(chunk) {
            *lane += term(*x);
        }
    }
    lanes.iter().sum::<f32>() + rest.iter().map(|x| term(*x)).sum::<f32>()
}

/// Runs `row_op` on each row and the row of `other` beside it; see [`for_each_row`].
pub(crate) fn for_each_row_pair(
    storage: &mut CpuStorage,
    layout: &Layout,
    other: &[f32],
    row_op: impl Fn(&mut [f32], &[f32]) + Send + Sync,
) -> Result<()> {
    let (values, columns) = rows(storage, layout)?;
    if values.len() != other.len() {
        bail!("expected two tensors of one shape")
    }
    let arch = pulp::Arch::new();
    let piece = VALUES_PER_TASK.div_ceil(columns) * columns;
    values
        .par_chunks_mut(piece)
        .zip(other.par_chunks(piece))
        .for_each(|(piece, other)| {
            arch.dispatch(
                #[inline(always)]
                || {
                    let others = other.chunks_exact(columns);
                    for (row, other) in piece.chunks_exact_mut(columns).zip(others) {
                        row_op(row, other);
                    }
                },
            );
        });
    Ok(())
}

/// Runs `row_op` on each row (last dimension), several rows a thread, compiled for the widest
/// vectors that the processor has, which takes effect only where `row_op` is inlined.
pub(crate) fn for_each_row(
    storage: &mut CpuStorage,
    layout: &Layout,
    row_op: impl Fn(&mut [f32]) + Send + Sync,
) -> Result<()> {
    let (values, columns) = rows(storage, layout)?;
    let arch = pulp::Arch::new();
    values
        .par_chunks_mut(VALUES_PER_TASK.div_ceil(columns) * columns)
        .for_each(|piece| {
            arch.dispatch(
                #[inline(always)]
                || {
                    for row in piece.chunks_exact_mut(columns) {
                        row_op(row);
                    }
                },
            );
        });
    Ok(())
}

/// The values of a contiguous tensor, and the length of its last dimension.
fn rows<'a>(storage: &'a mut CpuStorage, layout: &Layout) -> Result<(&'a mut [f32], usize)> {
    let CpuStorage::F32(values) = storage else {
        bail!("expected f32")
    };
    let Some((start, end)) = layout.contiguous_offsets() else {
        bail!("expected a contiguous tensor")
    };
    let columns = layout.dims().last().copied().unwrap_or(1).max(1);
    Ok((&mut values[start..end], columns))
}

/// The values of an operand that has to be contiguous.
pub(crate) fn contiguous<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    let values = f32::cpu_storage_as_slice(storage)?;
    match layout.contiguous_offsets() {
        Some((start, end)) => Ok(&values[start..end]),
        None => bail!("expected a contiguous operand"),
    }
}

/// The exponential as straight-line code that vectorises: `2^n * e^r`, |r| <= ln 2 / 2, with the
/// Taylor series to the sixth power (relative error below 3e-7).
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    // Adding 1.5 * 2^23 rounds to an integer and leaves it in the low bits of the sum.
    const ROUND: f32 = 12_582_912.0;
    // ln 2 in two parts: the first has few enough bits that its product with n is exact.
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    let x = x.clamp(-87.0, 88.0);
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = x - n * LN2_HIGH - n * LN2_LOW;
    let series = 1.0 / 720.0;
    let series = series * r + 1.0 / 120.0;
    let series = series * r + 1.0 / 24.0;
    let series = series * r + 1.0 / 6.0;
    let series = series * r + 0.5;
    let series = series * r + 1.0;
    let series = series * r + 1.0;
    let power = f32::from_bits((shifted.to_bits() << 23).wrapping_add(1.0f32.to_bits()));
    series * power
}

/// `x * Phi(x)`.
#[inline(always)]
pub(crate) fn gelu(x: f32) -> f32 {
    x * normal_share(x)
}

/// `Phi(x)`, the share of a normal distribution below `x`, with the error function by Abramowitz and
/// Stegun 7.1.26 (absolute error below 2e-7).
#[inline(always)]
pub(crate) fn normal_share(x: f32) -> f32 {
    let z = x * std::f32::consts::FRAC_1_SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * z.abs());
    let tail = 1.061_405_4;
    let tail = tail * t - 1.453_152_1;
    let tail = tail * t + 1.421_413_8;
    let tail = tail * t - 0.284_496_74;
    let tail = tail * t + 0.254_829_6;
    let erf = (1.0 - tail * t * exp(-z * z)).copysign(z);
    0.5 * (1.0 + erf)
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;

    fn numbers(rows: usize, columns: usize, spread: f32) -> Tensor {
        let values: Vec<f32> = (0..rows * columns)
            .map(|i| ((i * 7919 % 1999) as f32 / 999.5 - 1.0) * spread)
            .collect();
        Tensor::from_vec(values, (rows, columns), &Device::Cpu).unwrap()
    }

    fn largest_difference(a: &Tensor, b: &Tensor) -> f32 {
        let difference = (a - b).unwrap().abs().unwrap().flatten_all().unwrap();
        difference.max(0).unwrap().to_scalar().unwrap()
    }

    #[test]
    fn softmax_agrees_with_candle() {
        let xs = numbers(37, 257, 40.0);
        let expected = candle_nn::ops::softmax_last_dim(&(&xs * 0.125).unwrap()).unwrap();
        let fused = scaled_softmax(xs, 0.125).unwrap();
        assert!(largest_difference(&fused, &expected) < 1e-6);
    }

    #[test]
    fn softmax_survives_extreme_rows() {
        let xs = Tensor::new(&[[-3e38f32, 0.0, 3e38], [5.0, 5.0, 5.0]], &Device::Cpu).unwrap();
        let rows = scaled_softmax(xs, 1.0).unwrap().to_vec2::<f32>().unwrap();
        assert_eq!(rows[0], [rows[0][0], rows[0][0], 1.0]);
        assert!(rows[0][0] < 1e-30);
        assert!(rows[1].iter().all(|p| (p - 1.0 / 3.0).abs() < 1e-6));
    }

    #[test]
    fn gelu_agrees_with_candle() {
        let xs = numbers(64, 1536, 9.0);
        let bias = numbers(1, 1536, 0.5).flatten_all().unwrap();
        let expected = xs.broadcast_add(&bias).unwrap().gelu_erf().unwrap();
        let fused = bias_gelu(xs, &bias).unwrap();
        assert!(largest_difference(&fused, &expected) < 2e-6);
    }

    #[test]
    fn relu_agrees_with_candle() {
        let xs = numbers(64, 96, 9.0);
        let bias = numbers(1, 96, 0.5).flatten_all().unwrap();
        let expected = xs.broadcast_add(&bias).unwrap().relu().unwrap();
        let fused = bias_relu(xs, &bias, f32::INFINITY).unwrap();
        assert!(largest_difference(&fused, &expected) == 0.0);
    }

    #[test]
    fn layer_norm_agrees_with_candle() {
        let (xs, weight) = (numbers(33, 384, 7.0), numbers(1, 384, 2.0));
        let (weight, bias) = (
            weight.flatten_all().unwrap(),
            Tensor::ones(384, DType::F32, &Device::Cpu).unwrap(),
        );
        let expected = candle_nn::ops::layer_norm(&xs, &weight, &bias, 1e-6).unwrap();
        let fused = layer_norm(&xs, &weight, &bias, 1e-6).unwrap();
        assert!(largest_difference(&fused, &expected) < 1e-5);
        assert!(largest_difference(&xs, &numbers(33, 384, 7.0)) == 0.0);
    }

    #[test]
    fn residuals_agree_with_candle() {
        let (xs, branch) = (numbers(33, 384, 7.0), numbers(33, 384, 3.0));
        let gamma = numbers(1, 384, 2.0).flatten_all().unwrap();
        let scaled = (&xs + branch.broadcast_mul(&gamma).unwrap()).unwrap();
        let plain = (&xs + &branch).unwrap();
        let fused = residual(xs.copy().unwrap(), &branch, Some(&gamma)).unwrap();
        assert!(largest_difference(&fused, &scaled) < 1e-6);
        let fused = residual(xs, &branch, None).unwrap();
        assert!(largest_difference(&fused, &plain) == 0.0);
    }

    #[test]
    fn views_of_a_larger_tensor_take_the_plain_way() {
        let xs = numbers(6, 10, 3.0);
        let view = xs.narrow(1, 2, 5).unwrap();
        let bias = numbers(1, 5, 1.0).flatten_all().unwrap();
        let expected = view.broadcast_add(&bias).unwrap();
        let sum = bias_add(view, &bias).unwrap();
        assert!(largest_difference(&sum, &expected) < 1e-6);
        assert!(largest_difference(&xs, &numbers(6, 10, 3.0)) == 0.0);
    }
}
