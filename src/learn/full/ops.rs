//! The operations of a transformer with a backward pass.
//!
//! candle's fused layer norm and last-dimension softmax have none and lose every gradient that
//! should pass through them without a word; [`crate::tscam`]'s overwrite what they are given. Here
//! each is there twice: as a composition of what candle can differentiate, for any device, and fused
//! on the CPU (`fused`), which takes a fraction of the time and of the memory.

use candle_core::{D, Result, Tensor};

use super::fused;
use crate::tscam::ops::fused as is_fused;

/// `softmax(scale * xs)` over the last dimension.
pub fn scaled_softmax(xs: &Tensor, scale: f64) -> Result<Tensor> {
    if is_fused(xs) {
        return xs.apply_op1(fused::Softmax {
            scale: scale as f32,
        });
    }
    let xs = (xs * scale)?;
    // It is the same whatever is subtracted, so no gradient has to pass through the maximum.
    let largest = xs.max_keepdim(D::Minus1)?.detach();
    let powers = xs.broadcast_sub(&largest)?.exp()?;
    powers.broadcast_div(&powers.sum_keepdim(D::Minus1)?)
}

/// Layer norm of the rows of `xs [R, D]` with weight and bias `[D]`.
pub fn layer_norm(xs: &Tensor, weight: &Tensor, bias: &Tensor, eps: f64) -> Result<Tensor> {
    if is_fused(xs) {
        return xs.apply_op3(weight, bias, fused::LayerNorm { eps: eps as f32 });
    }
    let centred = xs.broadcast_sub(&xs.mean_keepdim(1)?)?;
    let variance = centred.sqr()?.mean_keepdim(1)?;
    let normed = centred.broadcast_div(&(variance + eps)?.sqrt()?)?;
    normed.broadcast_mul(weight)?.broadcast_add(bias)
}

/// GELU in its exact (erf) form.
pub fn gelu(xs: &Tensor) -> Result<Tensor> {
    if is_fused(xs) {
        return xs.apply_op1(fused::Gelu);
    }
    xs.gelu_erf()
}

/// `x W^T + b` for rows `xs [R, inputs]`, `weight [outputs, inputs]` and `bias [outputs]`.
pub fn linear(xs: &Tensor, weight: &Tensor, bias: &Tensor) -> Result<Tensor> {
    let product = xs.matmul(&weight.t()?)?;
    if is_fused(&product) {
        return product.apply_op2(bias, fused::BiasAdd);
    }
    product.broadcast_add(bias)
}

/// The rows of `xs [R, D]` multiplied by `gamma [D]`.
pub fn scale_rows(xs: &Tensor, gamma: &Tensor) -> Result<Tensor> {
    if is_fused(xs) {
        return xs.apply_op2(gamma, fused::ScaleRows);
    }
    xs.broadcast_mul(gamma)
}
