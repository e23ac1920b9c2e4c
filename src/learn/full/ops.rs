//! The operations of a transformer in a form that has a backward pass.
//!
//! candle's fused layer norm and last-dimension softmax have none and lose every gradient that
//! should pass through them without a word; those of [`crate::tscam`] overwrite what they are given.
//! These here are compositions of what candle can differentiate, so they run on any device.

use candle_core::{D, Result, Tensor};

/// Softmax over the last dimension.
pub fn softmax(xs: &Tensor) -> Result<Tensor> {
    // It is the same whatever is subtracted, so no gradient has to pass through the maximum.
    let largest = xs.max_keepdim(D::Minus1)?.detach();
    let powers = xs.broadcast_sub(&largest)?.exp()?;
    powers.broadcast_div(&powers.sum_keepdim(D::Minus1)?)
}

/// Layer norm of the rows of `xs [R, D]` with weight and bias `[D]`.
pub fn layer_norm(xs: &Tensor, weight: &Tensor, bias: &Tensor, eps: f64) -> Result<Tensor> {
    let centred = xs.broadcast_sub(&xs.mean_keepdim(1)?)?;
    let variance = centred.sqr()?.mean_keepdim(1)?;
    let normed = centred.broadcast_div(&(variance + eps)?.sqrt()?)?;
    let rows = xs.dim(0)?;
    (normed * on_each_row(weight, rows)?)? + on_each_row(bias, rows)?
}

/// `x W^T + b` for rows `xs [R, inputs]`, `weight [outputs, inputs]` and `bias [outputs]`.
pub fn linear(xs: &Tensor, weight: &Tensor, bias: &Tensor) -> Result<Tensor> {
    xs.matmul(&weight.t()?)? + on_each_row(bias, xs.dim(0)?)?
}

/// `vector [D]` on each of `rows` rows, `[rows, D]`.
///
/// As a product, so that its backward pass is one, too: that of a broadcast sums over rows number
/// by number on the CPU, which takes as long as the rest of a block.
pub fn on_each_row(vector: &Tensor, rows: usize) -> Result<Tensor> {
    let ones = Tensor::ones((rows, 1), vector.dtype(), vector.device())?;
    ones.matmul(&vector.unsqueeze(0)?)
}
