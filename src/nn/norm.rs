//! The layer norm.

use candle_core::{D, Result, Tensor};
use candle_nn::VarBuilder;

use super::ops::layer_norm;

/// Layer norm over the last dimension.
pub struct LayerNorm {
    weight: Tensor, // [D]
    bias: Tensor,   // [D]
    eps: f64,
}

impl LayerNorm {
    /// Reads `weight [d]` and `bias [d]`.
    ///
    /// # Errors
    /// If a tensor is missing or has another shape.
    pub fn new(d: usize, eps: f64, vb: &VarBuilder) -> Result<Self> {
        Ok(Self {
            weight: vb.get(d, "weight")?,
            bias: vb.get(d, "bias")?,
            eps,
        })
    }

    /// `[.., D]` -> `[.., D]`.
    ///
    /// # Errors
    /// If the shapes do not fit.
    pub fn forward(&self, xs: &Tensor) -> Result<Tensor> {
        layer_norm(xs, &self.weight, &self.bias, self.eps)
    }
}

/// Layer norm without weight and bias over the last dimension, `[.., D]` -> `[.., D]`.
///
/// # Errors
/// If candle fails, for example for lack of memory.
pub fn normalise_without_affine(xs: &Tensor, eps: f64) -> Result<Tensor> {
    let centred = xs.broadcast_sub(&xs.mean_keepdim(D::Minus1)?)?;
    let variance = centred.sqr()?.mean_keepdim(D::Minus1)?;
    centred.broadcast_div(&(variance + eps)?.sqrt()?)
}
