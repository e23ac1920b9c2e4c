//! The transformer block on the CPU as one operation: each thread takes some tokens through the whole block,
//! with intermediate results that stay in its cache and in memory that is used again.
//!
//! A composition of candle's operations writes each intermediate result to fresh memory and lays out the
//! weights again for each product.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor, bail};
use candle_nn::VarBuilder;
use rayon::prelude::*;

use super::block_config::{AttentionOutput, BLOCK_NORM_EPS, BlockConfig, HEAD_DIM};
use crate::nn::kernels::contiguous;
use crate::nn::linear::task_rows;
use crate::nn::panels::{PackedMatrix, Panels, packed_len};
use crate::nn::row_ops;
use crate::nn::scratch::with_scratch;

/// A transformer block; see [`super::transformer`].
pub struct CpuBlock {
    norm1: Norm,
    qkv: Layer,
    proj: Layer,
    ls1: Option<Vec<f32>>, // [D]
    norm2: Norm,
    fc1: Layer,
    fc2: Layer,
    ls2: Option<Vec<f32>>, // [D]
    sizes: BlockConfig,
}

struct Norm {
    weight: Vec<f32>,
    bias: Vec<f32>,
}

impl Norm {
    fn new(d: usize, vb: &VarBuilder) -> Result<Self> {
        Ok(Self {
            weight: vb.get(d, "weight")?.to_vec1()?,
            bias: vb.get(d, "bias")?.to_vec1()?,
        })
    }

    fn forward(&self, xs: &[f32], normed: &mut [f32]) {
        let (weight, bias) = (&self.weight, &self.bias);
        row_ops::layer_norm(xs, normed, weight, bias, BLOCK_NORM_EPS as f32);
    }
}

/// A linear layer whose bias is added by what comes next.
struct Layer {
    weight: PackedMatrix,
    bias: Vec<f32>,
}

impl Layer {
    fn new(inputs: usize, outputs: usize, vb: &VarBuilder) -> Result<Self> {
        Ok(Self {
            weight: PackedMatrix::new(&vb.get((outputs, inputs), "weight")?.t()?)?,
            bias: vb.get(outputs, "bias")?.to_vec1()?,
        })
    }

    /// Rows `[R, inputs]` -> `[R, outputs]`, without the bias.
    fn product(&self, rows: &[f32], products: &mut [f32]) {
        let panels = self.weight.panels();
        let (inputs, outputs) = (panels.inputs(), panels.outputs());
        panels.multiply(rows.len() / inputs, (rows, inputs), (products, outputs));
    }
}

/// The tokens of one picture that a thread takes, from the token `first`.
struct Task<'a> {
    picture: usize,
    first: usize,
    tokens: &'a mut [f32], // [R, D]
    /// Where the class token's attention goes, if that is the first token of these.
    class_row: Option<&'a mut [f32]>, // [P]
}

/// Keys and values of all heads of all pictures, laid out for products.
struct Heads<'a> {
    /// For each picture and head the panels of the keys `[64, T]` and of the values `[T, 64]`.
    storage: &'a [f32],
    tokens: usize,
    heads: usize,
}

impl CpuBlock {
    /// Reads a block; `vb` must contain every tensor of [`BlockConfig::add_shapes`].
    ///
    /// # Errors
    /// If a tensor is missing or has another shape.
    pub fn new(sizes: &BlockConfig, vb: &VarBuilder) -> Result<Self> {
        let (d, hidden) = (sizes.embed_dim, sizes.mlp_dim);
        let scale = |name: &str| {
            let gamma = || vb.pp(name).get(d, "gamma")?.to_vec1();
            sizes.layer_scale.then(gamma).transpose()
        };
        Ok(Self {
            norm1: Norm::new(d, &vb.pp("norm1"))?,
            qkv: Layer::new(d, 3 * d, &vb.pp("attn.qkv"))?,
            proj: Layer::new(d, d, &vb.pp("attn.proj"))?,
            ls1: scale("ls1")?,
            norm2: Norm::new(d, &vb.pp("norm2"))?,
            fc1: Layer::new(d, hidden, &vb.pp("mlp.fc1"))?,
            fc2: Layer::new(hidden, d, &vb.pp("mlp.fc2"))?,
            ls2: scale("ls2")?,
            sizes: sizes.clone(),
        })
    }

    /// Tokens `[N, T, D]` -> the tokens after the block, and what its attention layer computed, with the keys if
    /// `keeps_keys`.
    ///
    /// # Errors
    /// If the tokens have another shape.
    pub fn forward(&self, tokens: &Tensor, keeps_keys: bool) -> Result<(Tensor, AttentionOutput)> {
        let (n, t, d) = tokens.dims3()?;
        let patches = t - 1;
        let pass = Pass {
            block: self,
            keeps_keys,
        };
        let output = tokens.contiguous()?.apply_op1_no_bwd(&pass)?;
        let (rows, row) = (n * t * d, n * patches);
        let keys = || {
            let keys = output.narrow(0, rows + row, row * d)?;
            keys.reshape((n, patches, d))
        };
        let attended = AttentionOutput {
            class_row: output.narrow(0, rows, row)?.reshape((n, patches))?,
            patch_keys: keeps_keys.then(keys).transpose()?,
        };
        Ok((output.narrow(0, 0, rows)?.reshape((n, t, d))?, attended))
    }

    /// The queries, keys and values `[R, 3D]` of tokens `[R, D]`.
    fn project(&self, tokens: &[f32], qkv: &mut [f32]) {
        with_scratch(tokens.len(), |normed| {
            self.norm1.forward(tokens, normed);
            self.qkv.product(normed, qkv);
        });
        row_ops::bias_add(qkv, &self.qkv.bias);
    }

    /// Attention with its projection and residual, given the queries, keys and values `[N, T, 3D]`.
    fn attend(&self, task: &mut Task<'_>, qkv: &[f32], heads: &Heads<'_>) {
        let (d, t) = (self.sizes.embed_dim, heads.tokens);
        let rows = task.tokens.len() / d;
        let queries = &qkv[(task.picture * t + task.first) * 3 * d..];
        let scale = (HEAD_DIM as f32).sqrt().recip();
        with_scratch(rows * d, |attended| {
            with_scratch(rows * t, |scores| {
                for head in 0..self.sizes.heads {
                    let (keys, values) = heads.of(task.picture, head);
                    let column = head * HEAD_DIM;
                    keys.multiply(rows, (&queries[column..], 3 * d), (scores, t));
                    row_ops::softmax(scores, t, scale);
                    if let Some(sums) = &mut task.class_row {
                        let share = (self.sizes.heads as f32).recip();
                        let row = &scores[1..t];
                        sums.iter_mut()
                            .zip(row)
                            .for_each(|(sum, x)| *sum += share * x);
                    }
                    values.multiply(rows, (scores, t), (&mut attended[column..], d));
                }
            });
            with_scratch(rows * d, |projected| {
                self.proj.product(attended, projected);
                let (bias, gamma) = (&self.proj.bias, self.ls1.as_deref());
                row_ops::add_branch(task.tokens, projected, bias, gamma);
            });
        });
    }

    /// The MLP with its residual.
    fn mlp(&self, tokens: &mut [f32]) {
        let rows = tokens.len() / self.sizes.embed_dim;
        with_scratch(tokens.len(), |normed| {
            self.norm2.forward(tokens, normed);
            with_scratch(rows * self.sizes.mlp_dim, |hidden| {
                self.fc1.product(normed, hidden);
                row_ops::bias_gelu(hidden, &self.fc1.bias);
                self.fc2.product(hidden, normed);
            });
            let (bias, gamma) = (&self.fc2.bias, self.ls2.as_deref());
            row_ops::add_branch(tokens, normed, bias, gamma);
        });
    }
}

impl<'a> Heads<'a> {
    /// The numbers that a head of T tokens takes.
    fn len(tokens: usize) -> usize {
        packed_len(HEAD_DIM, tokens) + packed_len(tokens, HEAD_DIM)
    }

    /// Lays out the keys and values of `qkv [N, T, 3D]` in `storage`.
    fn pack(qkv: &[f32], tokens: usize, heads: usize, storage: &'a mut [f32]) -> Self {
        let width = 3 * heads * HEAD_DIM;
        let each = storage.par_chunks_exact_mut(Self::len(tokens)).enumerate();
        each.for_each(|(index, storage)| {
            let (picture, head) = (index / heads, index % heads);
            let rows = &qkv[picture * tokens * width..][..tokens * width];
            let part = |part: usize| &rows[(part * heads + head) * HEAD_DIM..];
            let (keys, values) = storage.split_at_mut(packed_len(HEAD_DIM, tokens));
            Panels::pack(part(1), [1, width], HEAD_DIM, tokens, keys);
            Panels::pack(part(2), [width, 1], tokens, HEAD_DIM, values);
        });
        Self {
            storage,
            tokens,
            heads,
        }
    }

    /// The keys `[64, T]` and values `[T, 64]` of a head.
    fn of(&self, picture: usize, head: usize) -> (Panels<'a>, Panels<'a>) {
        let len = Self::len(self.tokens);
        let storage = &self.storage[(picture * self.heads + head) * len..][..len];
        let (keys, values) = storage.split_at(packed_len(HEAD_DIM, self.tokens));
        (
            Panels::packed(keys, HEAD_DIM, self.tokens),
            Panels::packed(values, self.tokens, HEAD_DIM),
        )
    }
}

/// A pass of tokens through the block.
struct Pass<'a> {
    block: &'a CpuBlock,
    keeps_keys: bool,
}

impl CustomOp1 for Pass<'_> {
    fn name(&self) -> &'static str {
        "transformer-block"
    }

    /// `[N, T, D]` -> the tokens `[N, T, D]`, the class token's attention `[N, P]` and, if they are kept, the keys
    /// of the patches `[N, P, D]`, one after the other.
    fn cpu_fwd(&self, tokens: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let block = self.block;
        let (d, heads) = (block.sizes.embed_dim, block.sizes.heads);
        let &[n, t, width] = layout.dims() else {
            bail!("expected tokens [N, T, D], not {:?}", layout.dims())
        };
        if width != d || t < 2 {
            bail!("expected at least two tokens of {d} numbers, not {t} of {width}")
        }
        let patches = t - 1;
        let keys = if self.keeps_keys { patches * d } else { 0 };
        let len = n * (t * d + patches + keys);
        let mut output = Vec::with_capacity(len);
        output.extend_from_slice(contiguous(tokens, layout)?);
        output.resize(len, 0.0);
        let (tokens, attended) = output.split_at_mut(n * t * d);
        let (class_rows, patch_keys) = attended.split_at_mut(n * patches);
        let size = task_rows(t);
        with_scratch(n * t * 3 * d, |qkv| {
            let chunks = tokens
                .par_chunks(size * d)
                .zip(qkv.par_chunks_mut(size * 3 * d));
            chunks.for_each(|(tokens, qkv)| block.project(tokens, qkv));
            // None if they are not kept.
            for (picture, keys) in patch_keys.chunks_exact_mut(patches * d).enumerate() {
                let rows = qkv[picture * t * 3 * d..].chunks_exact(3 * d).skip(1);
                for (keys, row) in keys.chunks_exact_mut(d).zip(rows) {
                    keys.copy_from_slice(&row[d..2 * d]);
                }
            }
            with_scratch(n * heads * Heads::len(t), |storage| {
                let packed = Heads::pack(qkv, t, heads, storage);
                let pictures = tokens
                    .chunks_exact_mut(t * d)
                    .zip(class_rows.chunks_exact_mut(patches));
                let tasks = pictures
                    .enumerate()
                    .flat_map(|(picture, (tokens, class_row))| {
                        let mut class_row = Some(class_row);
                        let chunks = tokens.chunks_mut(size * d).enumerate();
                        chunks.map(move |(index, tokens)| Task {
                            picture,
                            first: index * size,
                            tokens,
                            class_row: class_row.take(),
                        })
                    });
                let tasks: Vec<Task<'_>> = tasks.collect();
                tasks.into_par_iter().for_each(|mut task| {
                    block.attend(&mut task, qkv, &packed);
                    block.mlp(task.tokens);
                });
            });
        });
        let shape = output.len().into();
        Ok((CpuStorage::F32(output), shape))
    }
}
