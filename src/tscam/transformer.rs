//! The transformer block that the backbones share.
//!
//! Tensor names are timm's. The full attention matrices never leave their layer, except for the
//! class token's row, averaged over heads.

use candle_core::{IndexOp as _, Result, Tensor};
use candle_nn::VarBuilder;
use rayon::prelude::*;

use super::shapes::TensorShapes;
use crate::nn::linear::Linear;
use crate::nn::norm::LayerNorm;
use crate::nn::ops::{add_residual, bias_gelu, scaled_softmax};

/// Width of an attention head in every transformer of the DeiT, DINOv2 and Conformer families.
const HEAD_DIM: usize = 64;
/// The minimum number of rows of a chunk. With fewer, packing the weights for the product costs too
/// much.
const MIN_CHUNK_ROWS: usize = 64;
/// Epsilon of the layer norms inside a block, the same in all three families.
pub const BLOCK_NORM_EPS: f64 = 1e-6;

/// The sizes of a transformer block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockConfig {
    /// Width of a token, D.
    pub embed_dim: usize,
    /// The number of attention heads, D / 64.
    pub heads: usize,
    /// Hidden width of the MLP, H.
    pub mlp_dim: usize,
    /// Whether the residual branches have a layer scale (DINOv2).
    pub layer_scale: bool,
}

impl BlockConfig {
    /// Sizes for tokens `embed_dim` wide.
    ///
    /// # Errors
    /// A sentence, if the width is not a multiple of the head width.
    pub fn new(
        embed_dim: usize,
        mlp_dim: usize,
        layer_scale: bool,
    ) -> std::result::Result<Self, String> {
        if embed_dim == 0 || !embed_dim.is_multiple_of(HEAD_DIM) {
            return Err(format!(
                "its tokens are {embed_dim} wide, which is not a multiple of the head width {HEAD_DIM}"
            ));
        }
        Ok(Self {
            embed_dim,
            heads: embed_dim / HEAD_DIM,
            mlp_dim,
            layer_scale,
        })
    }

    /// Adds the shapes of all tensors of the block called `name`.
    pub fn add_shapes(&self, name: &str, shapes: &mut TensorShapes) {
        let (d, hidden) = (self.embed_dim, self.mlp_dim);
        let mut insert = |tensor: String, shape: &[usize]| {
            shapes.insert(format!("{name}.{tensor}"), shape.to_vec());
        };
        for norm in ["norm1", "norm2"] {
            insert(format!("{norm}.weight"), &[d]);
            insert(format!("{norm}.bias"), &[d]);
        }
        for (linear, outputs, inputs) in [
            ("attn.qkv", 3 * d, d),
            ("attn.proj", d, d),
            ("mlp.fc1", hidden, d),
            ("mlp.fc2", d, hidden),
        ] {
            insert(format!("{linear}.weight"), &[outputs, inputs]);
            insert(format!("{linear}.bias"), &[outputs]);
        }
        if self.layer_scale {
            insert("ls1.gamma".to_owned(), &[d]);
            insert("ls2.gamma".to_owned(), &[d]);
        }
    }
}

/// Runs `work` on each item; several items in parallel. One large piece of work per thread uses the
/// cores better than many operations that are each split among threads.
fn for_each<T: Sync, R: Send>(
    items: &[T],
    work: impl Fn(&T) -> Result<R> + Send + Sync,
) -> Result<Vec<R>> {
    if items.len() == 1 {
        return Ok(vec![work(&items[0])?]);
    }
    items.par_iter().map(work).collect()
}

/// The results of an attention layer for N pictures of T tokens, P of which are patches.
pub struct AttentionOutput {
    output: Tensor, // [N * T, D]
    /// The class token's attention to each patch, mean over heads, `[N, P]`.
    pub class_row: Tensor,
    /// The keys of the patches, all heads concatenated, `[N, P, D]`.
    pub patch_keys: Tensor,
}

struct Attention {
    qkv: Linear,
    proj: Linear,
    heads: usize,
}

impl Attention {
    fn new(sizes: &BlockConfig, vb: &VarBuilder) -> Result<Self> {
        let d = sizes.embed_dim;
        Ok(Self {
            qkv: Linear::new(d, 3 * d, &vb.pp("qkv"))?,
            proj: Linear::new(d, d, &vb.pp("proj"))?,
            heads: sizes.heads,
        })
    }

    /// Attention without the final projection, from `qkv [N, T, 3D]`. The heads are divided into
    /// `groups` groups that run in parallel.
    fn attend(&self, qkv: &Tensor, groups: usize) -> Result<AttentionOutput> {
        let (n, t, width) = qkv.dims3()?;
        let d = width / 3;
        let size = self.heads.div_ceil(groups);
        let firsts: Vec<usize> = (0..self.heads).step_by(size).collect();
        let attended = for_each(&firsts, |&first| {
            attend_heads(qkv, first, size.min(self.heads - first))
        })?;
        let (outputs, rows): (Vec<Tensor>, Vec<Tensor>) = attended.into_iter().unzip();
        let class_row = Tensor::cat(&rows, 1)?.mean(1)?;
        Ok(AttentionOutput {
            output: Tensor::cat(&outputs, 2)?.reshape((n * t, d))?,
            class_row,
            patch_keys: qkv.i((.., 1.., d..2 * d))?,
        })
    }
}

/// Heads `first..first + count` of `qkv [N, T, 3D]`: their output `[N, T, 64 * count]` and the class
/// token's rows `[N, count, P]`.
fn attend_heads(qkv: &Tensor, first: usize, count: usize) -> Result<(Tensor, Tensor)> {
    let (n, t, width) = qkv.dims3()?;
    let part = |index: usize| {
        let heads = qkv
            .narrow(2, index * width / 3 + first * HEAD_DIM, count * HEAD_DIM)?
            .reshape((n, t, count, HEAD_DIM))?
            .transpose(1, 2)?; // [N, count, T, 64]
        // The CPU's product reads the heads of one picture in place. Otherwise it needs contiguous
        // rows.
        if heads.device().is_cpu() && n == 1 {
            Ok(heads)
        } else {
            heads.contiguous()
        }
    };
    let (q, k, v) = (part(0)?, part(1)?, part(2)?);
    let scale = (HEAD_DIM as f64).sqrt().recip();
    let attention = scaled_softmax(q.matmul(&k.t()?)?, scale)?; // [N, count, T, T]
    let output = attention.matmul(&v)?.transpose(1, 2)?;
    Ok((
        output.reshape((n, t, count * HEAD_DIM))?,
        attention.i((.., .., 0, 1..))?.contiguous()?,
    ))
}

struct Mlp {
    fc1: Linear,
    fc2: Linear,
}

impl Mlp {
    fn new(sizes: &BlockConfig, vb: &VarBuilder) -> Result<Self> {
        Ok(Self {
            fc1: Linear::new(sizes.embed_dim, sizes.mlp_dim, &vb.pp("fc1"))?,
            fc2: Linear::new(sizes.mlp_dim, sizes.embed_dim, &vb.pp("fc2"))?,
        })
    }

    /// `[R, D]` -> `[R, D]`.
    fn forward(&self, xs: &Tensor) -> Result<Tensor> {
        let hidden = bias_gelu(self.fc1.product(xs)?, &self.fc1.bias)?; // [R, H]
        self.fc2.forward(&hidden)
    }
}

/// The tokens of N pictures: on the CPU split by rows into one chunk per thread, elsewhere in one
/// piece.
pub struct TokenChunks {
    chunks: Vec<Tensor>, // [some of the N * T rows, D]
    pictures: usize,     // N
}

impl TokenChunks {
    /// Splits tokens `[N, T, D]` into chunks, which are copies.
    ///
    /// # Errors
    /// If `tokens` does not have three dimensions.
    pub fn split(tokens: &Tensor) -> Result<Self> {
        let pictures = tokens.dim(0)?;
        let xs = tokens.flatten_to(1)?;
        let count = xs.dim(0)?;
        let chunks = if xs.device().is_cpu() {
            rayon::current_num_threads()
                .min(count / MIN_CHUNK_ROWS)
                .max(1)
        } else {
            1
        };
        let size = count.div_ceil(chunks);
        let chunk = |first| {
            xs.narrow(0, first, size.min(count - first))?
                .force_contiguous()
        };
        Ok(Self {
            chunks: (0..count).step_by(size).map(chunk).collect::<Result<_>>()?,
            pictures,
        })
    }

    /// The tokens `[N, T, D]`.
    ///
    /// # Errors
    /// If candle fails, for example for lack of memory.
    pub fn join(&self) -> Result<Tensor> {
        let rows = Tensor::cat(&self.chunks, 0)?;
        let (count, d) = rows.dims2()?;
        rows.reshape((self.pictures, count / self.pictures, d))
    }
}

/// A transformer block: attention and an MLP, each after a layer norm and added to its input.
pub struct Block {
    norm1: LayerNorm,
    attn: Attention,
    ls1: Option<Tensor>, // [D]
    norm2: LayerNorm,
    mlp: Mlp,
    ls2: Option<Tensor>, // [D]
}

impl Block {
    /// Reads a block; `vb` must contain every tensor of [`BlockConfig::add_shapes`].
    ///
    /// # Errors
    /// If a tensor is missing or has another shape.
    pub fn new(sizes: &BlockConfig, vb: &VarBuilder) -> Result<Self> {
        let d = sizes.embed_dim;
        let scale = |name: &str| {
            sizes
                .layer_scale
                .then(|| vb.pp(name).get(d, "gamma"))
                .transpose()
        };
        Ok(Self {
            norm1: LayerNorm::new(d, BLOCK_NORM_EPS, &vb.pp("norm1"))?,
            attn: Attention::new(sizes, &vb.pp("attn"))?,
            ls1: scale("ls1")?,
            norm2: LayerNorm::new(d, BLOCK_NORM_EPS, &vb.pp("norm2"))?,
            mlp: Mlp::new(sizes, &vb.pp("mlp"))?,
            ls2: scale("ls2")?,
        })
    }

    /// The tokens after the block, and what its attention layer computed.
    ///
    /// # Errors
    /// If candle fails, for example for lack of memory.
    pub fn forward(&self, tokens: TokenChunks) -> Result<(TokenChunks, AttentionOutput)> {
        let TokenChunks { chunks, pictures } = tokens;
        let qkv = for_each(&chunks, |xs| {
            self.attn.qkv.forward(&self.norm1.forward(xs)?)
        })?;
        let qkv = Tensor::cat(&qkv, 0)?; // [N * T, 3D]
        let (count, width) = qkv.dims2()?;
        let qkv = qkv.reshape((pictures, count / pictures, width))?;
        let attended = self.attn.attend(&qkv, chunks.len())?;
        let mut first = 0;
        let pairs = chunks.into_iter().map(|xs| {
            let output = attended.output.narrow(0, first, xs.dim(0)?)?;
            first += xs.dim(0)?;
            Ok((xs, output))
        });
        let pairs: Vec<(Tensor, Tensor)> = pairs.collect::<Result<_>>()?;
        let chunks = for_each(&pairs, |(xs, output)| {
            let attended = self.attn.proj.forward(output)?;
            // In place, because the old rows are not read again.
            let xs = add_residual(xs.clone(), &attended, self.ls1.as_ref())?;
            let hidden = self.mlp.forward(&self.norm2.forward(&xs)?)?;
            add_residual(xs, &hidden, self.ls2.as_ref())
        })?;
        Ok((TokenChunks { chunks, pictures }, attended))
    }
}
