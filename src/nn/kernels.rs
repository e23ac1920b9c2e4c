//! Loops over the rows of f32 tensors on the CPU: vectorised, and shared among threads.
//!
//! [`super::ops`] and [`super::autograd`] build their fused operations from these.

use candle_core::{CpuStorage, DType, Layout, Result, Tensor, WithDType as _, bail};
use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

/// Numbers that a thread takes at a time: enough to outweigh the cost of scheduling, few enough
/// to share the work evenly.
const VALUES_PER_TASK: usize = 16 * 1024;

/// Whether the kernels here can process this tensor: contiguous f32 on the CPU.
pub fn has_kernel(xs: &Tensor) -> bool {
    xs.device().is_cpu() && xs.dtype() == DType::F32 && xs.is_contiguous()
}

/// Runs a loop, compiled for the widest vectors of the processor. This takes effect only if `work` and what it
/// calls are inlined.
#[inline(always)]
pub fn vectorised(work: impl FnMut()) {
    struct Loop<F>(F);
    impl<F: FnMut()> WithSimd for Loop<F> {
        type Output = ();

        #[inline(always)]
        fn with_simd<S: Simd>(mut self, _: S) {
            (self.0)();
        }
    }
    // A closure itself would be called by a function of the standard library, which is compiled for the oldest
    // processor and not inlined.
    Arch::new().dispatch(Loop(work));
}

/// Runs `row_op` on each row (the last dimension), several rows per task, compiled for the widest
/// vectors of the processor. This takes effect only if `row_op` is inlined.
///
/// # Errors
/// If the storage is not contiguous f32.
pub fn for_each_row(
    storage: &mut CpuStorage,
    layout: &Layout,
    row_op: impl Fn(&mut [f32]) + Send + Sync,
) -> Result<()> {
    let (values, columns) = rows(storage, layout)?;
    values
        .par_chunks_mut(VALUES_PER_TASK.div_ceil(columns) * columns)
        .for_each(|chunk| {
            vectorised(
                #[inline(always)]
                || {
                    for row in chunk.chunks_exact_mut(columns) {
                        row_op(row);
                    }
                },
            );
        });
    Ok(())
}

/// Runs `row_op` on each row together with the same row of `other`; see [`for_each_row`].
///
/// # Errors
/// If the storage is not contiguous f32, or `other` has another length.
pub fn for_each_row_pair(
    storage: &mut CpuStorage,
    layout: &Layout,
    other: &[f32],
    row_op: impl Fn(&mut [f32], &[f32]) + Send + Sync,
) -> Result<()> {
    let (values, columns) = rows(storage, layout)?;
    if values.len() != other.len() {
        bail!("expected two tensors of one shape")
    }
    let chunk = VALUES_PER_TASK.div_ceil(columns) * columns;
    values
        .par_chunks_mut(chunk)
        .zip(other.par_chunks(chunk))
        .for_each(|(chunk, other)| {
            vectorised(
                #[inline(always)]
                || {
                    let others = other.chunks_exact(columns);
                    for (row, other) in chunk.chunks_exact_mut(columns).zip(others) {
                        row_op(row, other);
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

/// The values of an operand.
///
/// # Errors
/// If the operand is not contiguous f32.
pub fn contiguous<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    let values = f32::cpu_storage_as_slice(storage)?;
    match layout.contiguous_offsets() {
        Some((start, end)) => Ok(&values[start..end]),
        None => bail!("expected a contiguous operand"),
    }
}

/// The sum of `term` over a row, in eight lanes that the compiler can add at once. A single running
/// sum would be sequential.
#[inline(always)]
pub fn sum_of(row: &[f32], term: impl Fn(f32) -> f32) -> f32 {
    let mut lanes = [0f32; 8];
    let (chunks, rest) = row.as_chunks::<8>();
    for chunk in chunks {
        for (lane, x) in lanes.iter_mut().zip(chunk) {
            *lane += term(*x);
        }
    }
    lanes.iter().sum::<f32>() + rest.iter().map(|x| term(*x)).sum::<f32>()
}

/// Replaces a row by `softmax(scale * row)`.
#[inline(always)]
pub fn softmax_row(row: &mut [f32], scale: f32) {
    let max = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    for x in row.iter_mut() {
        *x = exp(scale * (*x - max));
    }
    let inverse = 1.0 / sum_of(row, |x| x);
    for x in row.iter_mut() {
        *x *= inverse;
    }
}

/// The mean of a row, and the reciprocal of its standard deviation.
#[inline(always)]
pub fn norm_statistics(row: &[f32], eps: f32) -> (f32, f32) {
    let count = row.len() as f32;
    let mean = sum_of(row, |x| x) / count;
    let variance = sum_of(row, |x| (x - mean) * (x - mean)) / count;
    (mean, (variance + eps).sqrt().recip())
}

/// Layer-normalises a row, with `weight` and `bias` of its length.
#[inline(always)]
pub fn layer_norm_row(row: &mut [f32], weight: &[f32], bias: &[f32], eps: f32) {
    let (mean, scale) = norm_statistics(row, eps);
    for ((x, w), b) in row.iter_mut().zip(weight).zip(bias) {
        *x = (*x - mean) * scale * w + b;
    }
}

/// The exponential as straight-line code that vectorises: `2^n * e^r`, |r| <= ln 2 / 2, with the
/// Taylor series to the sixth power (relative error below 3e-7).
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    // Adding 1.5 * 2^23 rounds to an integer and leaves it in the low bits of the sum.
    const ROUND: f32 = 12_582_912.0;
    // ln 2 in two parts: the first has few enough bits that its product with n is exact.
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    let x = x.clamp(-87.0, 88.0);
    let shifted = x.mul_add(std::f32::consts::LOG2_E, ROUND);
    let n = shifted - ROUND;
    let r = n.mul_add(-LN2_LOW, n.mul_add(-LN2_HIGH, x));
    let series = [1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0];
    let series = polynomial(1.0 / 720.0, series, r);
    let power = f32::from_bits((shifted.to_bits() << 23).wrapping_add(1.0f32.to_bits()));
    series * power
}

/// `x * Phi(x)`.
#[inline(always)]
pub fn gelu(x: f32) -> f32 {
    x * normal_cdf(x)
}

/// `Phi(x)`, the cumulative distribution function of the standard normal distribution, with the
/// error function of Abramowitz and Stegun 7.1.26 (absolute error below 2e-7).
#[inline(always)]
pub fn normal_cdf(x: f32) -> f32 {
    let z = x * std::f32::consts::FRAC_1_SQRT_2;
    let t = 1.0 / z.abs().mul_add(0.327_591_1, 1.0);
    let tail = [-1.453_152_1, 1.421_413_8, -0.284_496_74, 0.254_829_6];
    let tail = polynomial(1.061_405_4, tail, t);
    let erf = (1.0 - tail * t * exp(-z * z)).copysign(z);
    0.5f32.mul_add(erf, 0.5)
}

/// A polynomial of `x`, given the coefficient of its highest power and the others in descending order.
#[inline(always)]
fn polynomial<const N: usize>(highest: f32, others: [f32; N], x: f32) -> f32 {
    let mut sum = highest;
    for coefficient in others {
        sum = sum.mul_add(x, coefficient);
    }
    sum
}
