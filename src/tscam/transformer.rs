//! What the backbones here share: the transformer block, and what one pass through a stack of them
//! leaves for TS-CAM, which is patch tokens, the class token's attention to the patches, and the
//! last layer's keys.
//!
//! Tensor names are timm's. The full attention matrices stay inside their layer: only the class
//! token's row, averaged over heads, leaves it.

use std::collections::BTreeMap;

use candle_core::{IndexOp as _, Result, Tensor};
use candle_nn::VarBuilder;
use rayon::prelude::*;

use crate::geometry::Grid;
use crate::nn::linear::Linear;
use crate::nn::norm::{LayerNorm, normalise_without_affine};
use crate::nn::ops::{add_residual, bias_gelu, scaled_softmax};

/// Width of an attention head in every transformer of the DeiT, DINOv2 and Conformer families.
const HEAD_DIM: usize = 64;
/// Fewest rows of a chunk: with fewer, packing the weights for the product costs too much.
const MIN_CHUNK_ROWS: usize = 64;
/// Epsilon of the layer norms inside a block, as all three families set it.
pub const BLOCK_NORM_EPS: f64 = 1e-6;
/// Epsilon of the affine-free norm over tokens tapped from inside (PyTorch's default).
const TAP_NORM_EPS: f64 = 1e-5;

/// Named tensor shapes: what a checkpoint must hold.
pub type TensorShapes = BTreeMap<String, Vec<usize>>;

/// The highest number that comes after `prefix` in a tensor's name: blocks are numbered.
pub fn highest_index(tensors: &BTreeMap<String, Tensor>, prefix: &str) -> Option<usize> {
    let number = |name: &String| {
        let (number, _) = name.strip_prefix(prefix)?.split_once('.')?;
        number.parse().ok()
    };
    let numbers = tensors.keys().filter_map(number);
    // A checkpoint has more tensors than blocks; a larger number is no block's.
    numbers.filter(|number| *number < tensors.len()).max()
}

/// The sizes of a transformer block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockConfig {
    /// Width of a token, D.
    pub embed_dim: usize,
    /// Attention heads, D / 64.
    pub heads: usize,
    /// Hidden width of the MLP.
    pub mlp_dim: usize,
    /// Whether the residual branches are scaled (DINOv2).
    pub layer_scale: bool,
}

impl BlockConfig {
    /// Sizes for tokens `embed_dim` wide.
    ///
    /// # Errors
    /// A sentence, if no whole number of heads fits.
    pub fn new(
        embed_dim: usize,
        mlp_dim: usize,
        layer_scale: bool,
    ) -> std::result::Result<Self, String> {
        if embed_dim == 0 || !embed_dim.is_multiple_of(HEAD_DIM) {
            return Err(format!(
                "its tokens are {embed_dim} wide, which is no multiple of the head width {HEAD_DIM}"
            ));
        }
        Ok(Self {
            embed_dim,
            heads: embed_dim / HEAD_DIM,
            mlp_dim,
            layer_scale,
        })
    }

    /// Adds every tensor of a block called `name`.
    pub fn expect(&self, name: &str, shapes: &mut TensorShapes) {
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

/// Runs `work` on each item: at once on the CPU's threads where there are several. One large
/// piece of work a thread shares the cores better than many operations that each split up.
fn for_each<T: Sync, R: Send>(
    items: &[T],
    work: impl Fn(&T) -> Result<R> + Send + Sync,
) -> Result<Vec<R>> {
    if items.len() == 1 {
        return Ok(vec![work(&items[0])?]);
    }
    items.par_iter().map(work).collect()
}

/// The convolution that cuts a picture, or a map, into patches and embeds them. Its stride is its
/// width, so it is one matrix product over what each patch holds.
pub struct PatchEmbed {
    proj: Linear, // from C * side * side to D
    side: usize,
}

impl PatchEmbed {
    /// Reads `weight [d, channels, side, side]` and `bias [d]`.
    pub fn new(d: usize, channels: usize, side: usize, vb: &VarBuilder) -> Result<Self> {
        let weight = vb.get((d, channels, side, side), "weight")?;
        Ok(Self {
            proj: Linear {
                weight: weight.flatten_from(1)?.t()?.contiguous()?,
                bias: vb.get(d, "bias")?,
            },
            side,
        })
    }

    /// `[N, C, rows * side, columns * side]` -> tokens `[N, P, D]` and their grid.
    pub fn forward(&self, xs: &Tensor) -> Result<(Tensor, Grid)> {
        let (n, channels, height, width) = xs.dims4()?;
        let side = self.side;
        let grid = Grid {
            rows: height / side,
            columns: width / side,
        };
        let patches = xs
            .reshape((n * channels, grid.rows, side, grid.columns, side))?
            .permute((1, 3, 0, 2, 4))?; // [rows, columns, N * C, side, side]
        let patches = patches
            .reshape((grid.patches(), n, channels * side * side))?
            .transpose(0, 1)?
            .reshape((n * grid.patches(), ()))?;
        let tokens = self.proj.forward(&patches)?;
        Ok((tokens.reshape((n, grid.patches(), ()))?, grid))
    }
}

/// What leaves an attention layer beside its output.
struct AttentionOutput {
    output: Tensor,     // [N * T, D]
    class_row: Tensor,  // [N, P]: class token's attention to the patches, mean over heads
    patch_keys: Tensor, // [N, P, D]: all heads side by side
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

    /// Mixes values by attention, without the final projection; `qkv [N, T, 3D]`, the heads in
    /// `groups` groups that run at once.
    fn mix(&self, qkv: &Tensor, groups: usize) -> Result<AttentionOutput> {
        let (n, t, width) = qkv.dims3()?;
        let d = width / 3;
        let size = self.heads.div_ceil(groups);
        let firsts: Vec<usize> = (0..self.heads).step_by(size).collect();
        let mixed = for_each(&firsts, |&first| {
            mix_heads(qkv, first, size.min(self.heads - first))
        })?;
        let (outputs, rows): (Vec<Tensor>, Vec<Tensor>) = mixed.into_iter().unzip();
        let class_row = Tensor::cat(&rows, 1)?.mean(1)?;
        Ok(AttentionOutput {
            output: Tensor::cat(&outputs, 2)?.reshape((n * t, d))?,
            class_row,
            patch_keys: qkv.i((.., 1.., d..2 * d))?,
        })
    }
}

/// Heads `first..first + count`: their output `[N, T, 64 * count]` and the class token's rows
/// `[N, count, P]`.
fn mix_heads(qkv: &Tensor, first: usize, count: usize) -> Result<(Tensor, Tensor)> {
    let (n, t, width) = qkv.dims3()?;
    let part = |index: usize| {
        let heads = qkv
            .narrow(2, index * width / 3 + first * HEAD_DIM, count * HEAD_DIM)?
            .reshape((n, t, count, HEAD_DIM))?
            .transpose(1, 2)?; // [N, count, T, 64]
        // The CPU's product reads one picture's heads where they lie; else it wants plain rows.
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

    fn forward(&self, xs: &Tensor) -> Result<Tensor> {
        let hidden = bias_gelu(self.fc1.product(xs)?, &self.fc1.bias)?; // [rows, hidden]
        self.fc2.forward(&hidden)
    }
}

/// The tokens of N pictures, cut by rows into one piece a thread on the CPU and whole elsewhere.
pub struct TokenChunks {
    rows: Vec<Tensor>, // [some of N * T, D]
    pictures: usize,   // N
}

impl TokenChunks {
    /// Cuts tokens `[N, T, D]`, which stay as they are: the pieces are copies.
    pub fn cut(tokens: &Tensor) -> Result<Self> {
        let pictures = tokens.dim(0)?;
        let xs = tokens.flatten_to(1)?;
        let count = xs.dim(0)?;
        let pieces = if xs.device().is_cpu() {
            rayon::current_num_threads()
                .min(count / MIN_CHUNK_ROWS)
                .max(1)
        } else {
            1
        };
        let size = count.div_ceil(pieces);
        let piece = |first| {
            xs.narrow(0, first, size.min(count - first))?
                .force_contiguous()
        };
        Ok(Self {
            rows: (0..count).step_by(size).map(piece).collect::<Result<_>>()?,
            pictures,
        })
    }

    /// The tokens `[N, T, D]`.
    pub fn join(&self) -> Result<Tensor> {
        let rows = Tensor::cat(&self.rows, 0)?;
        let (count, d) = rows.dims2()?;
        rows.reshape((self.pictures, count / self.pictures, d))
    }
}

/// A transformer block: attention and an MLP, each normed before and added to what came in.
pub struct Block {
    norm1: LayerNorm,
    attn: Attention,
    ls1: Option<Tensor>, // [D]
    norm2: LayerNorm,
    mlp: Mlp,
    ls2: Option<Tensor>, // [D]
}

impl Block {
    /// Builds a block; `vb` must hold every tensor of [`BlockConfig::expect`].
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

    fn forward(&self, tokens: TokenChunks) -> Result<(TokenChunks, AttentionOutput)> {
        let TokenChunks { rows, pictures } = tokens;
        let qkv = for_each(&rows, |xs| self.attn.qkv.forward(&self.norm1.forward(xs)?))?;
        let qkv = Tensor::cat(&qkv, 0)?; // [N * T, 3D]
        let (count, width) = qkv.dims2()?;
        let qkv = qkv.reshape((pictures, count / pictures, width))?;
        let attended = self.attn.mix(&qkv, rows.len())?;
        let mut first = 0;
        let mixed = rows.into_iter().map(|xs| {
            let mixed = attended.output.narrow(0, first, xs.dim(0)?)?;
            first += xs.dim(0)?;
            Ok((xs, mixed))
        });
        let mixed: Vec<(Tensor, Tensor)> = mixed.collect::<Result<_>>()?;
        let rows = for_each(&mixed, |(xs, mixed)| {
            let attended = self.attn.proj.forward(mixed)?;
            // In place: nobody reads the old rows again.
            let xs = add_residual(xs.clone(), &attended, self.ls1.as_ref())?;
            let hidden = self.mlp.forward(&self.norm2.forward(&xs)?)?;
            add_residual(xs, &hidden, self.ls2.as_ref())
        })?;
        Ok((TokenChunks { rows, pictures }, attended))
    }
}

/// What one forward pass leaves; N pictures of P patches, tokens D wide, L layers.
pub struct BackboneFeatures {
    /// Layer-normed class token, `[N, D]`.
    pub class_token: Tensor,
    /// Layer-normed patch tokens of the last block, `[N, P, D]`.
    pub patch_tokens: Tensor,
    /// The class token's attention to each patch, mean over heads, `[N, L, P]`.
    pub attention: Tensor,
    /// Keys of the last layer's patches, all heads side by side, `[N, P, D]`.
    pub last_keys: Tensor,
    /// Patch tokens after each tapped block, layer-normed without affine, `[N, P, D]`.
    pub taps: BTreeMap<usize, Tensor>,
    /// Mean over places of the convolutional branch's last map, `[N, M]`, where there is one
    /// (Conformer).
    pub pooled_map: Option<Tensor>,
}

/// Takes down what [`BackboneFeatures`] keeps while tokens pass the blocks of a stack one after the other.
pub struct FeatureRecorder<'a> {
    taps: &'a [usize],
    class_rows: Vec<Tensor>,
    last_keys: Option<Tensor>,
    tapped: BTreeMap<usize, Tensor>,
}

impl<'a> FeatureRecorder<'a> {
    /// Keeps the tokens after each block in `taps`, counted from 0.
    pub fn new(taps: &'a [usize]) -> Self {
        Self {
            taps,
            class_rows: Vec::new(),
            last_keys: None,
            tapped: BTreeMap::new(),
        }
    }

    /// Runs tokens, the class token first, through the next block.
    pub fn pass(&mut self, block: &Block, tokens: TokenChunks) -> Result<TokenChunks> {
        let (tokens, attended) = block.forward(tokens)?;
        let index = self.class_rows.len();
        if self.taps.contains(&index) {
            let patches = tokens.join()?.i((.., 1..))?;
            self.tapped
                .insert(index, normalise_without_affine(&patches, TAP_NORM_EPS)?);
        }
        self.class_rows.push(attended.class_row);
        self.last_keys = Some(attended.patch_keys);
        Ok(tokens)
    }

    /// What is left when the last tokens have been normed, `[N, T, D]`.
    pub fn finish(self, normed: &Tensor, pooled_map: Option<Tensor>) -> Result<BackboneFeatures> {
        let Some(last_keys) = self.last_keys else {
            candle_core::bail!("the transformer has no blocks")
        };
        Ok(BackboneFeatures {
            class_token: normed.i((.., 0))?,
            patch_tokens: normed.i((.., 1..))?,
            attention: Tensor::stack(&self.class_rows, 1)?,
            last_keys,
            taps: self.tapped,
            pooled_map,
        })
    }
}
