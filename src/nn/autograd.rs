//! The operations of a transformer with a backward pass, for training.
//!
//! candle's fused layer norm and last-dimension softmax have no backward pass and silently drop
//! every gradient that should flow through them. The operations of [`super::ops`] overwrite their
//! input. Here each operation exists twice: as a composition of differentiable candle operations,
//! for any device and type, and fused for contiguous f32 on the CPU (`autograd_kernels`), which
//! takes a fraction of the time and memory.

use candle_core::{D, Result, Tensor};

use super::autograd_kernels::{BiasAddOp, GeluOp, LayerNormOp, ScaleRowsOp, SoftmaxOp};
use super::kernels::has_kernel;

/// `softmax(scale * xs)` over the last dimension, `[.., D]` -> `[.., D]`.
///
/// # Errors
/// If candle fails, for example for lack of memory.
pub fn scaled_softmax(xs: &Tensor, scale: f64) -> Result<Tensor> {
    if has_kernel(xs) {
        return xs.apply_op1(SoftmaxOp {
            scale: scale as f32,
        });
    }
    let xs = (xs * scale)?;
    // Softmax does not change when a constant is subtracted, so no gradient has to pass through the
    // maximum.
    let largest = xs.max_keepdim(D::Minus1)?.detach();
    let powers = xs.broadcast_sub(&largest)?.exp()?;
    powers.broadcast_div(&powers.sum_keepdim(D::Minus1)?)
}

/// Layer norm of the rows of `xs [R, D]`, with `weight [D]` and `bias [D]`.
///
/// # Errors
/// If the shapes do not fit.
pub fn layer_norm(xs: &Tensor, weight: &Tensor, bias: &Tensor, eps: f64) -> Result<Tensor> {
    if has_kernel(xs) {
        return xs.apply_op3(weight, bias, LayerNormOp { eps: eps as f32 });
    }
    let centred = xs.broadcast_sub(&xs.mean_keepdim(1)?)?;
    let variance = centred.sqr()?.mean_keepdim(1)?;
    let normed = centred.broadcast_div(&(variance + eps)?.sqrt()?)?;
    normed.broadcast_mul(weight)?.broadcast_add(bias)
}

/// GELU in its exact (erf) form, element by element.
///
/// # Errors
/// If candle fails, for example for lack of memory.
pub fn gelu(xs: &Tensor) -> Result<Tensor> {
    if has_kernel(xs) {
        return xs.apply_op1(GeluOp);
    }
    xs.gelu_erf()
}

/// `x W^T + b` for rows `xs [R, inputs]`, `weight [outputs, inputs]` and `bias [outputs]`;
/// `[R, outputs]`.
///
/// # Errors
/// If the shapes do not fit.
pub fn linear(xs: &Tensor, weight: &Tensor, bias: &Tensor) -> Result<Tensor> {
    let product = xs.matmul(&weight.t()?)?;
    if has_kernel(&product) {
        return product.apply_op2(bias, BiasAddOp);
    }
    product.broadcast_add(bias)
}

/// The rows of `xs [R, D]`, each multiplied by `gamma [D]`.
///
/// # Errors
/// If the shapes do not fit.
pub fn scale_rows(xs: &Tensor, gamma: &Tensor) -> Result<Tensor> {
    if has_kernel(xs) {
        return xs.apply_op2(gamma, ScaleRowsOp);
    }
    xs.broadcast_mul(gamma)
}
