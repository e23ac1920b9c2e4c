//! A vision transformer that keeps what TS-CAM looks at: patch tokens, the class token's
//! attention to the patches, and the last layer's keys.
//!
//! One implementation serves DeiT-T/S/B (patch 16; Touvron et al., arXiv 2012.12877) and DINOv2
//! (patch 14, layer scale, interpolated positions; Oquab et al., arXiv 2304.07193). Tensor names
//! are timm's. The full attention matrices stay inside their layer: only the class token's row,
//! averaged over heads, leaves it.

use std::collections::BTreeMap;
use std::sync::Mutex;

use candle_core::{D, Device, IndexOp as _, Result, Tensor};
use candle_nn::VarBuilder;
use rayon::prelude::*;

use super::ops::{bias_add, bias_gelu, layer_norm, residual, scaled_softmax};
use crate::geometry::Grid;

/// Width of an attention head in every ViT of the DeiT and DINOv2 families.
const HEAD_WIDTH: usize = 64;
/// Grids whose positions are kept: more than a set of pictures of the usual aspects has.
const KEPT_GRIDS: usize = 32;
/// Fewest rows of a chunk: with fewer, packing the weights for the product costs too much.
const MIN_CHUNK: usize = 64;
/// Epsilon of the layer norms of both families, as timm sets it.
const LAYER_NORM_EPS: f64 = 1e-6;
/// Epsilon of the affine-free norm over tokens tapped from inside (PyTorch's default).
const TAP_NORM_EPS: f64 = 1e-5;

/// The sizes of a vision transformer, all read from the shapes in its checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VitConfig {
    /// Width of a token, D.
    pub embed_dim: usize,
    /// Number of blocks.
    pub depth: usize,
    /// Attention heads in a block, D / 64.
    pub heads: usize,
    /// Hidden width of a block's MLP.
    pub mlp_dim: usize,
    /// Side of a square patch in pixels.
    pub patch_size: usize,
    /// Grid for which the position embedding was trained.
    pub trained_grid: Grid,
    /// Whether blocks scale their residual branches (DINOv2).
    pub layer_scale: bool,
}

impl VitConfig {
    /// Reads the sizes from a checkpoint's tensors (timm names).
    ///
    /// # Errors
    /// A sentence that names the tensor which is missing or does not fit.
    pub fn from_tensors(tensors: &BTreeMap<String, Tensor>) -> std::result::Result<Self, String> {
        let dims = |name: &str| match tensors.get(name) {
            Some(tensor) => Ok(tensor.dims()),
            None => Err(format!("{name} is missing, so it is no vision transformer")),
        };
        let &[embed_dim, 3, patch_size, patch_width] = dims("patch_embed.proj.weight")? else {
            return Err("patch_embed.proj.weight is not of shape [D, 3, patch, patch]".to_owned());
        };
        if patch_width != patch_size || patch_size == 0 {
            return Err("its patches are not square".to_owned());
        }
        if embed_dim == 0 || embed_dim % HEAD_WIDTH != 0 {
            return Err(format!(
                "its tokens are {embed_dim} wide, which is no multiple of the head width {HEAD_WIDTH}"
            ));
        }
        let &[1, positions, _] = dims("pos_embed")? else {
            return Err("pos_embed is not of shape [1, 1 + patches, D]".to_owned());
        };
        let side = positions.saturating_sub(1).isqrt();
        if side == 0 || side * side + 1 != positions {
            return Err(format!(
                "pos_embed has {positions} positions, not one and a square grid (a distilled or \
                 register variant is not supported)"
            ));
        }
        let depth = tensors
            .keys()
            .filter_map(|name| {
                name.strip_prefix("blocks.")?
                    .split('.')
                    .next()?
                    .parse()
                    .ok()
            })
            // A checkpoint has more tensors than blocks; a larger number is no block's.
            .filter(|block: &usize| *block < tensors.len())
            .map(|block| block + 1)
            .max()
            .ok_or("it has no blocks, so it is no vision transformer")?;
        let &[mlp_dim, _] = dims("blocks.0.mlp.fc1.weight")? else {
            return Err("blocks.0.mlp.fc1.weight is not a matrix".to_owned());
        };
        Ok(Self {
            embed_dim,
            depth,
            heads: embed_dim / HEAD_WIDTH,
            mlp_dim,
            patch_size,
            trained_grid: Grid {
                rows: side,
                columns: side,
            },
            layer_scale: tensors.contains_key("blocks.0.ls1.gamma"),
        })
    }

    /// Every tensor that such a transformer has, with its shape.
    pub fn expected(&self) -> BTreeMap<String, Vec<usize>> {
        let (d, hidden) = (self.embed_dim, self.mlp_dim);
        let mut shapes = BTreeMap::from([
            ("cls_token".to_owned(), vec![1, 1, d]),
            (
                "pos_embed".to_owned(),
                vec![1, 1 + self.trained_grid.patches(), d],
            ),
            (
                "patch_embed.proj.weight".to_owned(),
                vec![d, 3, self.patch_size, self.patch_size],
            ),
            ("patch_embed.proj.bias".to_owned(), vec![d]),
            ("norm.weight".to_owned(), vec![d]),
            ("norm.bias".to_owned(), vec![d]),
        ]);
        for block in 0..self.depth {
            let mut insert = |name: &str, shape: &[usize]| {
                shapes.insert(format!("blocks.{block}.{name}"), shape.to_vec());
            };
            for norm in ["norm1", "norm2"] {
                insert(&format!("{norm}.weight"), &[d]);
                insert(&format!("{norm}.bias"), &[d]);
            }
            for (linear, outputs, inputs) in [
                ("attn.qkv", 3 * d, d),
                ("attn.proj", d, d),
                ("mlp.fc1", hidden, d),
                ("mlp.fc2", d, hidden),
            ] {
                insert(&format!("{linear}.weight"), &[outputs, inputs]);
                insert(&format!("{linear}.bias"), &[outputs]);
            }
            if self.layer_scale {
                insert("ls1.gamma", &[d]);
                insert("ls2.gamma", &[d]);
            }
        }
        shapes
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

/// `x W^T + b` with the bias left to fused operations.
struct Linear {
    weight: Tensor, // [inputs, outputs]: as the product reads it
    bias: Tensor,   // [outputs]
}

impl Linear {
    fn new(inputs: usize, outputs: usize, vb: &VarBuilder) -> Result<Self> {
        Ok(Self {
            weight: vb.get((outputs, inputs), "weight")?.t()?.contiguous()?,
            bias: vb.get(outputs, "bias")?,
        })
    }

    fn forward(&self, xs: &Tensor) -> Result<Tensor> {
        bias_add(self.product(xs)?, &self.bias)
    }

    fn product(&self, xs: &Tensor) -> Result<Tensor> {
        xs.matmul(&self.weight)
    }
}

struct LayerNorm {
    weight: Tensor, // [D]
    bias: Tensor,   // [D]
}

impl LayerNorm {
    fn new(d: usize, vb: &VarBuilder) -> Result<Self> {
        Ok(Self {
            weight: vb.get(d, "weight")?,
            bias: vb.get(d, "bias")?,
        })
    }

    fn forward(&self, xs: &Tensor) -> Result<Tensor> {
        layer_norm(xs, &self.weight, &self.bias, LAYER_NORM_EPS)
    }
}

/// The convolution that cuts a picture into patches and embeds them. Its stride is its width, so
/// it is one matrix product over the patches' pixels.
struct PatchEmbed {
    proj: Linear, // from 3 * patch * patch to D
    patch_size: usize,
}

impl PatchEmbed {
    fn new(config: &VitConfig, vb: &VarBuilder) -> Result<Self> {
        let (d, patch_size) = (config.embed_dim, config.patch_size);
        let vb = vb.pp("proj");
        let weight = vb.get((d, 3, patch_size, patch_size), "weight")?;
        Ok(Self {
            proj: Linear {
                weight: weight.flatten_from(1)?.t()?.contiguous()?,
                bias: vb.get(d, "bias")?,
            },
            patch_size,
        })
    }

    /// Pixels `[N, 3, rows * patch, columns * patch]` -> tokens `[N, P, D]` and their grid.
    fn forward(&self, pixels: &Tensor) -> Result<(Tensor, Grid)> {
        let (n, channels, height, width) = pixels.dims4()?;
        let side = self.patch_size;
        let grid = Grid {
            rows: height / side,
            columns: width / side,
        };
        let patches = pixels
            .reshape((n * channels, grid.rows, side, grid.columns, side))?
            .permute((1, 3, 0, 2, 4))?; // [rows, columns, N * 3, patch, patch]
        let patches = patches
            .reshape((grid.patches(), n, channels * side * side))?
            .transpose(0, 1)?
            .reshape((n * grid.patches(), ()))?;
        let tokens = self.proj.forward(&patches)?;
        Ok((tokens.reshape((n, grid.patches(), ()))?, grid))
    }
}

/// What leaves an attention layer beside its output.
struct Attended {
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
    fn new(config: &VitConfig, vb: &VarBuilder) -> Result<Self> {
        let d = config.embed_dim;
        Ok(Self {
            qkv: Linear::new(d, 3 * d, &vb.pp("qkv"))?,
            proj: Linear::new(d, d, &vb.pp("proj"))?,
            heads: config.heads,
        })
    }

    /// Mixes values by attention, without the final projection; `qkv [N, T, 3D]`, the heads in
    /// `groups` groups that run at once.
    fn mix(&self, qkv: &Tensor, groups: usize) -> Result<Attended> {
        let (n, t, width) = qkv.dims3()?;
        let d = width / 3;
        let size = self.heads.div_ceil(groups);
        let firsts: Vec<usize> = (0..self.heads).step_by(size).collect();
        let mixed = for_each(&firsts, |&first| {
            mix_heads(qkv, first, size.min(self.heads - first))
        })?;
        let (outputs, rows): (Vec<Tensor>, Vec<Tensor>) = mixed.into_iter().unzip();
        let class_row = Tensor::cat(&rows, 1)?.mean(1)?;
        Ok(Attended {
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
            .narrow(
                2,
                index * width / 3 + first * HEAD_WIDTH,
                count * HEAD_WIDTH,
            )?
            .reshape((n, t, count, HEAD_WIDTH))?
            .transpose(1, 2)?; // [N, count, T, 64]
        // The CPU's product reads any strides; the others want plain rows.
        if heads.device().is_cpu() {
            Ok(heads)
        } else {
            heads.contiguous()
        }
    };
    let (q, k, v) = (part(0)?, part(1)?, part(2)?);
    let scale = (HEAD_WIDTH as f64).sqrt().recip();
    let attention = scaled_softmax(q.matmul(&k.t()?)?, scale)?; // [N, count, T, T]
    let output = attention.matmul(&v)?.transpose(1, 2)?;
    Ok((
        output.reshape((n, t, count * HEAD_WIDTH))?,
        attention.i((.., .., 0, 1..))?.contiguous()?,
    ))
}

struct Mlp {
    fc1: Linear,
    fc2: Linear,
}

impl Mlp {
    fn new(config: &VitConfig, vb: &VarBuilder) -> Result<Self> {
        Ok(Self {
            fc1: Linear::new(config.embed_dim, config.mlp_dim, &vb.pp("fc1"))?,
            fc2: Linear::new(config.mlp_dim, config.embed_dim, &vb.pp("fc2"))?,
        })
    }

    fn forward(&self, xs: &Tensor) -> Result<Tensor> {
        let hidden = bias_gelu(self.fc1.product(xs)?, &self.fc1.bias)?; // [rows, hidden]
        self.fc2.forward(&hidden)
    }
}

struct Block {
    norm1: LayerNorm,
    attn: Attention,
    ls1: Option<Tensor>, // [D]
    norm2: LayerNorm,
    mlp: Mlp,
    ls2: Option<Tensor>, // [D]
}

impl Block {
    fn new(config: &VitConfig, vb: &VarBuilder) -> Result<Self> {
        let d = config.embed_dim;
        let scale = |name: &str| {
            config
                .layer_scale
                .then(|| vb.pp(name).get(d, "gamma"))
                .transpose()
        };
        Ok(Self {
            norm1: LayerNorm::new(d, &vb.pp("norm1"))?,
            attn: Attention::new(config, &vb.pp("attn"))?,
            ls1: scale("ls1")?,
            norm2: LayerNorm::new(d, &vb.pp("norm2"))?,
            mlp: Mlp::new(config, &vb.pp("mlp"))?,
            ls2: scale("ls2")?,
        })
    }

    /// Runs the block over the tokens of n pictures, which come and go in `chunks` of rows.
    fn forward(&self, n: usize, chunks: Vec<Tensor>) -> Result<(Vec<Tensor>, Attended)> {
        let qkv = for_each(&chunks, |xs| {
            self.attn.qkv.forward(&self.norm1.forward(xs)?)
        })?;
        let qkv = Tensor::cat(&qkv, 0)?; // [N * T, 3D]
        let (rows, width) = qkv.dims2()?;
        let attended = self
            .attn
            .mix(&qkv.reshape((n, rows / n, width))?, chunks.len())?;
        let mut first = 0;
        let mixed = chunks.into_iter().map(|xs| {
            let mixed = attended.output.narrow(0, first, xs.dim(0)?)?;
            first += xs.dim(0)?;
            Ok((xs, mixed))
        });
        let mixed: Vec<(Tensor, Tensor)> = mixed.collect::<Result<_>>()?;
        let chunks = for_each(&mixed, |(xs, mixed)| {
            let attended = self.attn.proj.forward(mixed)?;
            // In place: nobody reads the old rows again.
            let xs = residual(xs.clone(), &attended, self.ls1.as_ref())?;
            let hidden = self.mlp.forward(&self.norm2.forward(&xs)?)?;
            residual(xs, &hidden, self.ls2.as_ref())
        })?;
        Ok((chunks, attended))
    }
}

/// What one forward pass leaves; N pictures of P patches, tokens D wide, L layers.
pub struct Features {
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
}

/// A vision transformer with its weights on one device.
pub struct VisionTransformer {
    config: VitConfig,
    patch_embed: PatchEmbed,
    cls_token: Tensor, // [1, 1, D]
    pos_embed: Tensor, // [1, 1 + P, D]
    blocks: Vec<Block>,
    norm: LayerNorm,
    positions: Mutex<BTreeMap<(usize, usize), Tensor>>,
}

impl VisionTransformer {
    /// Builds the transformer; `vb` must hold every tensor of [`VitConfig::expected`].
    pub fn new(config: VitConfig, vb: &VarBuilder) -> Result<Self> {
        let d = config.embed_dim;
        Ok(Self {
            patch_embed: PatchEmbed::new(&config, &vb.pp("patch_embed"))?,
            cls_token: vb.get((1, 1, d), "cls_token")?,
            pos_embed: vb.get((1, 1 + config.trained_grid.patches(), d), "pos_embed")?,
            blocks: (0..config.depth)
                .map(|block| Block::new(&config, &vb.pp(format!("blocks.{block}"))))
                .collect::<Result<_>>()?,
            norm: LayerNorm::new(d, &vb.pp("norm"))?,
            positions: Mutex::new(BTreeMap::new()),
            config,
        })
    }

    /// The sizes of this transformer.
    pub fn config(&self) -> &VitConfig {
        &self.config
    }

    /// The device that holds the weights.
    pub fn device(&self) -> &Device {
        self.cls_token.device()
    }

    /// Runs the transformer over normalised pixels `[N, 3, rows * patch, columns * patch]`,
    /// keeping the tokens after each block in `taps` (counted from 0).
    pub fn forward(&self, pixels: &Tensor, taps: &[usize]) -> Result<Features> {
        let (patches, grid) = self.patch_embed.forward(pixels)?;
        let (n, _, d) = patches.dims3()?;
        let class = self.cls_token.repeat((n, 1, 1))?;
        let xs = Tensor::cat(&[&class, &patches], 1)?; // [N, T, D]
        let positions = self.positions_for(grid)?.flatten_all()?;
        let xs = bias_add(xs.flatten_from(1)?, &positions)?.reshape(((), d))?;
        let mut chunks = self.chunks(&xs)?;
        let mut rows = Vec::with_capacity(self.blocks.len());
        let mut last_keys = None;
        let mut tapped = BTreeMap::new();
        let whole = |chunks: &[Tensor]| Tensor::cat(chunks, 0)?.reshape((n, (), d));
        for (index, block) in self.blocks.iter().enumerate() {
            let (tokens, attended) = block.forward(n, chunks)?;
            chunks = tokens;
            rows.push(attended.class_row);
            last_keys = Some(attended.patch_keys);
            if taps.contains(&index) {
                let patches = whole(&chunks)?.i((.., 1..))?;
                tapped.insert(index, normalised_without_affine(&patches)?);
            }
        }
        let Some(last_keys) = last_keys else {
            candle_core::bail!("the transformer has no blocks")
        };
        let xs = self.norm.forward(&whole(&chunks)?)?;
        Ok(Features {
            class_token: xs.i((.., 0))?,
            patch_tokens: xs.i((.., 1..))?,
            attention: Tensor::stack(&rows, 1)?,
            last_keys,
            taps: tapped,
        })
    }

    /// Cuts the rows into one piece a thread on the CPU, and leaves them whole elsewhere.
    fn chunks(&self, xs: &Tensor) -> Result<Vec<Tensor>> {
        let rows = xs.dim(0)?;
        let count = if self.device().is_cpu() {
            rayon::current_num_threads().min(rows / MIN_CHUNK).max(1)
        } else {
            1
        };
        let size = rows.div_ceil(count);
        (0..rows)
            .step_by(size)
            .map(|first| {
                xs.narrow(0, first, size.min(rows - first))?
                    .force_contiguous()
            })
            .collect()
    }

    /// Position embedding for a grid, `[1, 1 + P, D]`, interpolated once a grid and kept.
    fn positions_for(&self, grid: Grid) -> Result<Tensor> {
        let trained = self.config.trained_grid;
        if grid == trained {
            return Ok(self.pos_embed.clone());
        }
        let key = (grid.rows, grid.columns);
        let lock = || {
            self.positions
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner)
        };
        if let Some(positions) = lock().get(&key) {
            return Ok(positions.clone());
        }
        let d = self.config.embed_dim;
        let patches = self.pos_embed.i((0, 1..))?.flatten_all()?.to_vec1()?;
        let resized = resize_bicubic(&patches, trained, grid, d);
        let resized = Tensor::from_vec(resized, (1, grid.patches(), d), self.device())?;
        let positions = Tensor::cat(&[&self.pos_embed.i((.., ..1))?, &resized], 1)?;
        let mut kept = lock();
        if kept.len() >= KEPT_GRIDS {
            kept.clear();
        }
        kept.insert(key, positions.clone());
        Ok(positions)
    }
}

fn normalised_without_affine(xs: &Tensor) -> Result<Tensor> {
    let centred = xs.broadcast_sub(&xs.mean_keepdim(D::Minus1)?)?;
    let variance = centred.sqr()?.mean_keepdim(D::Minus1)?;
    centred.broadcast_div(&(variance + TAP_NORM_EPS)?.sqrt()?)
}

/// Bicubic interpolation (a = -0.75) between pixel centres without antialiasing, which is what
/// PyTorch's `interpolate(mode="bicubic", align_corners=False)` does; `[rows * columns, d]`.
fn resize_bicubic(values: &[f32], from: Grid, to: Grid, d: usize) -> Vec<f32> {
    let rows = bicubic_taps(from.rows, to.rows);
    let columns = bicubic_taps(from.columns, to.columns);
    let mut resized = vec![0f32; to.patches() * d];
    let targets = rows
        .iter()
        .flat_map(|row| columns.iter().map(move |column| (row, column)));
    for (target, (row, column)) in resized.chunks_exact_mut(d).zip(targets) {
        for &(y, weight_y) in row {
            for &(x, weight_x) in column {
                let source = &values[(y * from.columns + x) * d..][..d];
                for (sum, value) in target.iter_mut().zip(source) {
                    *sum += weight_y * weight_x * value;
                }
            }
        }
    }
    resized
}

/// For each target position the four source positions (clamped to the edge) and their weights.
fn bicubic_taps(from: usize, to: usize) -> Vec<[(usize, f32); 4]> {
    const A: f32 = -0.75;
    let near = |t: f32| ((A + 2.0) * t - (A + 3.0)) * t * t + 1.0;
    let far = |t: f32| ((A * t - 5.0 * A) * t + 8.0 * A) * t - 4.0 * A;
    (0..to)
        .map(|target| {
            let source = (target as f32 + 0.5) * from as f32 / to as f32 - 0.5;
            let first = source.floor();
            let t = source - first;
            let at = |offset: f32| (first + offset).clamp(0.0, from as f32 - 1.0) as usize;
            [
                (at(-1.0), far(1.0 + t)),
                (at(0.0), near(t)),
                (at(1.0), near(1.0 - t)),
                (at(2.0), far(2.0 - t)),
            ]
        })
        .collect()
}
