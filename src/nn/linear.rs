//! The linear layer.

use candle_core::{Result, Tensor};
use candle_nn::VarBuilder;

use super::ops::bias_add;

/// `x W^T + b`. The bias can be left to a fused operation that comes next.
pub struct Linear {
    /// `[inputs, outputs]`, the layout that the product reads.
    pub weight: Tensor,
    /// `[outputs]`.
    pub bias: Tensor,
}

impl Linear {
    /// Reads `weight [outputs, inputs]` and `bias [outputs]`.
    ///
    /// # Errors
    /// If a tensor is missing or has another shape.
    pub fn new(inputs: usize, outputs: usize, vb: &VarBuilder) -> Result<Self> {
        Ok(Self {
            weight: vb.get((outputs, inputs), "weight")?.t()?.contiguous()?,
            bias: vb.get(outputs, "bias")?,
        })
    }

    /// Rows `[R, inputs]` -> `[R, outputs]`.
    ///
    /// # Errors
    /// If the shapes do not fit.
    pub fn forward(&self, xs: &Tensor) -> Result<Tensor> {
        bias_add(self.product(xs)?, &self.bias)
    }

    /// As [`forward`](Self::forward), without the bias.
    ///
    /// # Errors
    /// If the shapes do not fit.
    pub fn product(&self, xs: &Tensor) -> Result<Tensor> {
        xs.matmul(&self.weight)
    }
}
