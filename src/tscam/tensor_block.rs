//! The transformer block as a composition of tensor operations, for accelerators.

use candle_core::{IndexOp as _, Result, Tensor};
use candle_nn::VarBuilder;

use super::block_config::{AttentionOutput, BLOCK_NORM_EPS, BlockConfig, HEAD_DIM};
use crate::nn::linear::Linear;
use crate::nn::norm::LayerNorm;
use crate::nn::ops::{add_residual, bias_gelu, scaled_softmax};

/// A transformer block; see [`super::transformer`].
pub struct TensorBlock {
    norm1: LayerNorm,
    qkv: Linear,
    proj: Linear,
    ls1: Option<Tensor>, // [D]
    norm2: LayerNorm,
    fc1: Linear,
    fc2: Linear,
    ls2: Option<Tensor>, // [D]
    heads: usize,
}

impl TensorBlock {
    /// Reads a block; `vb` must contain every tensor of [`BlockConfig::add_shapes`].
    ///
    /// # Errors
    /// If a tensor is missing or has another shape.
    pub fn new(sizes: &BlockConfig, vb: &VarBuilder) -> Result<Self> {
        let (d, hidden) = (sizes.embed_dim, sizes.mlp_dim);
        let scale = |name: &str| {
            let gamma = || vb.pp(name).get(d, "gamma");
            sizes.layer_scale.then(gamma).transpose()
        };
        let norm = |name: &str| LayerNorm::new(d, BLOCK_NORM_EPS, &vb.pp(name));
        Ok(Self {
            norm1: norm("norm1")?,
            qkv: Linear::new(d, 3 * d, &vb.pp("attn.qkv"))?,
            proj: Linear::new(d, d, &vb.pp("attn.proj"))?,
            ls1: scale("ls1")?,
            norm2: norm("norm2")?,
            fc1: Linear::new(d, hidden, &vb.pp("mlp.fc1"))?,
            fc2: Linear::new(hidden, d, &vb.pp("mlp.fc2"))?,
            ls2: scale("ls2")?,
            heads: sizes.heads,
        })
    }

    /// Tokens `[N, T, D]` -> the tokens after the block, and what its attention layer computed, with the
    /// keys if `keeps_keys`.
    ///
    /// # Errors
    /// If candle fails, for example for lack of memory.
    pub fn forward(&self, tokens: &Tensor, keeps_keys: bool) -> Result<(Tensor, AttentionOutput)> {
        let (n, t, d) = tokens.dims3()?;
        let xs = tokens.force_contiguous()?.reshape((n * t, d))?;
        let qkv = self.qkv.forward(&self.norm1.forward(&xs)?)?;
        let (output, attended) = self.attend(&qkv.reshape((n, t, 3 * d))?, keeps_keys)?;
        let xs = add_residual(xs, &self.proj.forward(&output)?, self.ls1.as_ref())?;
        let hidden = self.fc1.product(&self.norm2.forward(&xs)?)?;
        let hidden = self.fc2.forward(&bias_gelu(hidden, &self.fc1.bias)?)?;
        let xs = add_residual(xs, &hidden, self.ls2.as_ref())?;
        Ok((xs.reshape((n, t, d))?, attended))
    }

    /// Attention without the final projection: `qkv [N, T, 3D]` -> `[N * T, D]`.
    fn attend(&self, qkv: &Tensor, keeps_keys: bool) -> Result<(Tensor, AttentionOutput)> {
        let (n, t, width) = qkv.dims3()?;
        let d = width / 3;
        let part = |index: usize| {
            qkv.narrow(2, index * d, d)?
                .reshape((n, t, self.heads, HEAD_DIM))?
                .transpose(1, 2)? // [N, heads, T, 64]
                .contiguous()
        };
        let (q, k, v) = (part(0)?, part(1)?, part(2)?);
        let scale = (HEAD_DIM as f64).sqrt().recip();
        let attention = scaled_softmax(q.matmul(&k.t()?)?, scale)?; // [N, heads, T, T]
        let output = attention.matmul(&v)?.transpose(1, 2)?;
        let attended = AttentionOutput {
            class_row: attention.i((.., .., 0, 1..))?.contiguous()?.mean(1)?,
            patch_keys: keeps_keys.then(|| qkv.i((.., 1.., d..2 * d))).transpose()?,
        };
        Ok((output.reshape((n * t, d))?, attended))
    }
}
