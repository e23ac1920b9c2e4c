//! A vision transformer that keeps what TS-CAM looks at: patch tokens, the class token's
//! attention to the patches, and the last layer's keys.
//!
//! One implementation serves DeiT-T/S/B (patch 16; Touvron et al., arXiv 2012.12877) and DINOv2
//! (patch 14, layer scale, interpolated positions; Oquab et al., arXiv 2304.07193). Tensor names
//! are timm's. The full attention matrices stay inside their layer: only the class token's row,
//! averaged over heads, leaves it.

use std::collections::BTreeMap;
use std::sync::Mutex;

use candle_core::{D, Device, IndexOp as _, Module as _, Result, Tensor};
use candle_nn::{LayerNorm, VarBuilder, layer_norm};

use super::ops::{bias_add, bias_gelu, scaled_softmax};
use crate::geometry::Grid;

/// Width of an attention head in every ViT of the DeiT and DINOv2 families.
const HEAD_WIDTH: usize = 64;
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
            .map(|block: usize| block + 1)
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

/// `x W^T + b` with the bias left to fused operations.
struct Linear {
    weight: Tensor, // [outputs, inputs]
    bias: Tensor,   // [outputs]
}

impl Linear {
    fn new(inputs: usize, outputs: usize, vb: &VarBuilder) -> Result<Self> {
        Ok(Self {
            weight: vb.get((outputs, inputs), "weight")?,
            bias: vb.get(outputs, "bias")?,
        })
    }

    fn product(&self, xs: &Tensor) -> Result<Tensor> {
        let (n, t, inputs) = xs.dims3()?;
        // One flat product instead of n: candle broadcasts a batched one.
        xs.reshape((n * t, inputs))?
            .matmul(&self.weight.t()?)?
            .reshape((n, t, ()))
    }

    fn forward(&self, xs: &Tensor) -> Result<Tensor> {
        bias_add(self.product(xs)?, &self.bias)
    }
}

/// The convolution that cuts a picture into patches and embeds them. Its stride is its width, so
/// it is one matrix product over the patches' pixels.
struct PatchEmbed {
    proj: Linear, // [D, 3 * patch * patch]
    patch_size: usize,
}

impl PatchEmbed {
    fn new(config: &VitConfig, vb: &VarBuilder) -> Result<Self> {
        let (d, patch_size) = (config.embed_dim, config.patch_size);
        let vb = vb.pp("proj");
        let weight = vb.get((d, 3, patch_size, patch_size), "weight")?;
        Ok(Self {
            proj: Linear {
                weight: weight.flatten_from(1)?,
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
            .contiguous()?;
        Ok((self.proj.forward(&patches)?, grid))
    }
}

/// What leaves an attention layer beside its output.
struct Attended {
    output: Tensor,     // [N, T, D]
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

    fn forward(&self, xs: &Tensor) -> Result<Attended> {
        let (n, t, d) = xs.dims3()?;
        let qkv = self.qkv.forward(xs)?; // [N, T, 3D]
        let part = |index: usize| {
            let heads = qkv
                .narrow(D::Minus1, index * d, d)?
                .reshape((n, t, self.heads, d / self.heads))?
                .transpose(1, 2)?; // [N, H, T, 64]
            // The CPU's product reads any strides; the others want plain rows.
            if heads.device().is_cpu() {
                Ok(heads)
            } else {
                heads.contiguous()
            }
        };
        let (q, k, v) = (part(0)?, part(1)?, part(2)?);
        let scale = ((d / self.heads) as f64).sqrt().recip();
        let attention = scaled_softmax(q.matmul(&k.t()?)?, scale)?; // [N, H, T, T]
        let class_row = attention.i((.., .., 0, 1..))?.mean(1)?;
        let mixed = attention.matmul(&v)?; // [N, H, T, 64]
        let mixed = mixed.transpose(1, 2)?.reshape((n, t, d))?;
        Ok(Attended {
            output: self.proj.forward(&mixed)?,
            class_row,
            patch_keys: qkv.i((.., 1.., d..2 * d))?,
        })
    }
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
        let hidden = bias_gelu(self.fc1.product(xs)?, &self.fc1.bias)?; // [N, T, hidden]
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
            norm1: layer_norm(d, LAYER_NORM_EPS, vb.pp("norm1"))?,
            attn: Attention::new(config, &vb.pp("attn"))?,
            ls1: scale("ls1")?,
            norm2: layer_norm(d, LAYER_NORM_EPS, vb.pp("norm2"))?,
            mlp: Mlp::new(config, &vb.pp("mlp"))?,
            ls2: scale("ls2")?,
        })
    }

    fn forward(&self, xs: &Tensor) -> Result<(Tensor, Attended)> {
        let attended = self.attn.forward(&self.norm1.forward(xs)?)?;
        let xs = add_scaled(xs, &attended.output, self.ls1.as_ref())?;
        let hidden = self.mlp.forward(&self.norm2.forward(&xs)?)?;
        let xs = add_scaled(&xs, &hidden, self.ls2.as_ref())?;
        Ok((xs, attended))
    }
}

fn add_scaled(xs: &Tensor, branch: &Tensor, gamma: Option<&Tensor>) -> Result<Tensor> {
    match gamma {
        Some(gamma) => xs + branch.broadcast_mul(gamma)?,
        None => xs + branch,
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
            norm: layer_norm(d, LAYER_NORM_EPS, vb.pp("norm"))?,
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
        let class = self.cls_token.repeat((patches.dim(0)?, 1, 1))?;
        let mut xs =
            Tensor::cat(&[&class, &patches], 1)?.broadcast_add(&self.positions_for(grid)?)?; // [N, 1 + P, D]
        let mut rows = Vec::with_capacity(self.blocks.len());
        let mut last_keys = None;
        let mut tapped = BTreeMap::new();
        for (index, block) in self.blocks.iter().enumerate() {
            let (tokens, attended) = block.forward(&xs)?;
            xs = tokens;
            rows.push(attended.class_row);
            last_keys = Some(attended.patch_keys);
            if taps.contains(&index) {
                tapped.insert(index, normalised_without_affine(&xs.i((.., 1..))?)?);
            }
        }
        let Some(last_keys) = last_keys else {
            candle_core::bail!("the transformer has no blocks")
        };
        let xs = self.norm.forward(&xs)?;
        Ok(Features {
            class_token: xs.i((.., 0))?,
            patch_tokens: xs.i((.., 1..))?,
            attention: Tensor::stack(&rows, 1)?,
            last_keys,
            taps: tapped,
        })
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
        lock().insert(key, positions.clone());
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
