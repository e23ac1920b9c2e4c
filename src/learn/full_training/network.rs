//! The differentiable network: a vision transformer and the TS-CAM head on its patch tokens. Every weight is
//! a variable with the name that checkpoints use (timm's).
//!
//! This is the network of [`crate::tscam`], which uses fused operations that overwrite their input, written
//! with the differentiable operations of [`crate::nn::autograd`]. Only the logits are computed, because the
//! loss needs nothing else.

use std::collections::BTreeMap;

use candle_core::{DType, Device, IndexOp as _, Result, Tensor, Var};

use crate::geometry::Grid;
use crate::nn::autograd::{gelu, layer_norm, linear, scale_rows, scaled_softmax};
use crate::tscam::block_config::BLOCK_NORM_EPS;
use crate::tscam::interpolate::resize_bicubic;
use crate::tscam::vit::VitConfig;

/// The kernel size of the head in patches (section 3.2 of the paper).
pub const HEAD_SIDE: usize = 3;
/// The name of the weight of the head, `[C, D, 3, 3]`.
pub const HEAD_WEIGHT: &str = "head.weight";
/// The name of the bias of the head, `[C]`.
pub const HEAD_BIAS: &str = "head.bias";

/// A trainable vision transformer with a TS-CAM head.
pub struct Network {
    config: VitConfig,
    variables: BTreeMap<String, Var>,
    device: Device,
}

impl Network {
    /// Makes a variable of each tensor: those of [`VitConfig::expected_shapes`] and those of the head.
    ///
    /// # Errors
    /// If the device runs out of memory.
    pub fn new(
        config: VitConfig,
        tensors: &BTreeMap<String, Tensor>,
        device: &Device,
    ) -> Result<Self> {
        let variable = |(name, tensor): (&String, &Tensor)| {
            let variable = Var::from_tensor(&tensor.to_device(device)?)?;
            Ok((name.clone(), variable))
        };
        Ok(Self {
            config,
            variables: tensors.iter().map(variable).collect::<Result<_>>()?,
            device: device.clone(),
        })
    }

    /// The sizes of the transformer.
    pub fn config(&self) -> &VitConfig {
        &self.config
    }

    /// The weights by name.
    pub fn variables(&self) -> &BTreeMap<String, Var> {
        &self.variables
    }

    /// The device on which it runs.
    pub fn device(&self) -> &Device {
        &self.device
    }

    fn weight(&self, name: &str) -> Result<&Tensor> {
        match self.variables.get(name) {
            Some(variable) => Ok(variable.as_tensor()),
            None => candle_core::bail!("there is no weight {name}"),
        }
    }

    /// Logits `[N, C]` of normalised pixels `[N, 3, rows * patch, columns * patch]`.
    ///
    /// `drop_path_scale [2 * L, N]` contains the factor of each residual branch for each picture, for
    /// stochastic depth (Huang et al., arXiv 1603.09382): attention and MLP of the first block, then those of the next.
    ///
    /// # Errors
    /// If a weight is missing or an operation fails.
    pub fn logits(&self, pixels: &Tensor, drop_path_scale: Option<&Tensor>) -> Result<Tensor> {
        let n = pixels.dim(0)?;
        let (patches, grid) = self.embed_patches(pixels)?; // [N, P, D]
        let d = self.config.block.embed_dim;
        let class = self.weight("cls_token")?.broadcast_as((n, 1, d))?;
        let tokens = Tensor::cat(&[&class, &patches], 1)?.broadcast_add(&self.positions(grid)?)?;
        let mut xs = tokens.reshape((n * (1 + grid.patches()), d))?; // [N * T, D]
        for block in 0..self.config.depth {
            let name = |part: &str| format!("blocks.{block}.{part}");
            let survives = |branch: usize| {
                drop_path_scale
                    .map(|all| all.i(2 * block + branch))
                    .transpose()
            };
            let mixed = self.attention(&name("attn"), n, &self.norm(&name("norm1"), &xs)?)?;
            xs = (xs + self.branch(&mixed, &name("ls1.gamma"), survives(0)?)?)?;
            let hidden = self.mlp(&name("mlp"), &self.norm(&name("norm2"), &xs)?)?;
            xs = (xs + self.branch(&hidden, &name("ls2.gamma"), survives(1)?)?)?;
        }
        let tokens = self
            .norm("norm", &xs)?
            .reshape((n, 1 + grid.patches(), d))?;
        self.head(&tokens.narrow(1, 1, grid.patches())?.contiguous()?, grid)
    }

    /// Tokens `[N, P, D]` of the patches, and their grid.
    fn embed_patches(&self, pixels: &Tensor) -> Result<(Tensor, Grid)> {
        let (n, channels, height, width) = pixels.dims4()?;
        let side = self.config.patch_size;
        let grid = Grid {
            rows: height / side,
            columns: width / side,
        };
        let patches = pixels
            .reshape(&[n, channels, grid.rows, side, grid.columns, side])?
            .permute(vec![0, 2, 4, 1, 3, 5])? // [N, rows, columns, 3, side, side]
            .reshape((n * grid.patches(), channels * side * side))?;
        let weight = self.weight("patch_embed.proj.weight")?.flatten_from(1)?;
        let tokens = linear(&patches, &weight, self.weight("patch_embed.proj.bias")?)?;
        Ok((tokens.reshape((n, grid.patches(), ()))?, grid))
    }

    /// The position embedding for a grid, `[1, 1 + P, D]`. Interpolation is a product with a matrix, so
    /// gradients flow back to the trained positions.
    fn positions(&self, grid: Grid) -> Result<Tensor> {
        let positions = self.weight("pos_embed")?;
        let trained = self.config.trained_grid;
        if grid == trained {
            return Ok(positions.clone());
        }
        let count = trained.patches();
        let one_at_a_time = Tensor::eye(count, DType::F32, &Device::Cpu)?;
        let one_at_a_time = one_at_a_time.flatten_all()?.to_vec1()?;
        let matrix = resize_bicubic(&one_at_a_time, trained, grid, count);
        let matrix = Tensor::from_vec(matrix, (grid.patches(), count), &self.device)?
            .to_dtype(positions.dtype())?;
        let patches = matrix.matmul(&positions.i((0, 1..))?)?.unsqueeze(0)?;
        Tensor::cat(&[&positions.i((.., ..1))?, &patches], 1)
    }

    fn norm(&self, name: &str, xs: &Tensor) -> Result<Tensor> {
        let weight = self.weight(&format!("{name}.weight"))?;
        let bias = self.weight(&format!("{name}.bias"))?;
        layer_norm(xs, weight, bias, BLOCK_NORM_EPS)
    }

    fn linear(&self, name: &str, xs: &Tensor) -> Result<Tensor> {
        let weight = self.weight(&format!("{name}.weight"))?;
        linear(xs, weight, self.weight(&format!("{name}.bias"))?)
    }

    /// Self-attention of the tokens `[N * T, D]` of N pictures, within each picture.
    fn attention(&self, name: &str, n: usize, xs: &Tensor) -> Result<Tensor> {
        let (rows, d) = xs.dims2()?;
        let (t, heads) = (rows / n, self.config.block.heads);
        let qkv = self
            .linear(&format!("{name}.qkv"), xs)?
            .reshape((n, t, 3, heads, d / heads))?
            .permute((2, 0, 3, 1, 4))?
            .contiguous()?; // [3, N, heads, T, 64]
        let (q, k, v) = (qkv.i(0)?, qkv.i(1)?, qkv.i(2)?);
        let scale = ((d / heads) as f64).sqrt().recip();
        let weights = scaled_softmax(&q.matmul(&k.t()?)?, scale)?; // [N, heads, T, T]
        let mixed = weights.matmul(&v)?.transpose(1, 2)?.reshape((rows, d))?;
        self.linear(&format!("{name}.proj"), &mixed)
    }

    fn mlp(&self, name: &str, xs: &Tensor) -> Result<Tensor> {
        let hidden = gelu(&self.linear(&format!("{name}.fc1"), xs)?)?;
        self.linear(&format!("{name}.fc2"), &hidden)
    }

    /// The contribution of a branch to the tokens `[N * T, D]`, scaled by the layer scale, if there is one,
    /// and by the survival factors `[N]`.
    fn branch(&self, xs: &Tensor, gamma: &str, survives: Option<Tensor>) -> Result<Tensor> {
        let mut xs = xs.clone();
        if self.config.block.layer_scale {
            xs = scale_rows(&xs, self.weight(gamma)?)?;
        }
        let Some(survives) = survives else {
            return Ok(xs);
        };
        let n = survives.dim(0)?;
        let scaled = xs
            .reshape((n, ()))?
            .broadcast_mul(&survives.unsqueeze(1)?)?;
        scaled.reshape(xs.dims())
    }

    /// Logits `[N, C]` of patch tokens `[N, P, D]`: the mean of the head's maps over all positions.
    ///
    /// Convolution and mean are linear, so the mean is computed first: for each tap of the kernel, over the
    /// tokens that it visits.
    fn head(&self, tokens: &Tensor, grid: Grid) -> Result<Tensor> {
        let (n, p, d) = tokens.dims3()?;
        let pooling = Tensor::from_vec(pooling(grid), (HEAD_SIDE * HEAD_SIDE, p), &self.device)?
            .to_dtype(tokens.dtype())?;
        let means = pooling.broadcast_left(n)?.contiguous()?.matmul(tokens)?; // [N, 9, D]
        let kernel = self.weight(HEAD_WEIGHT)?;
        let outputs = kernel.dim(0)?;
        let kernel = kernel.permute((0, 2, 3, 1))?.reshape((outputs, ()))?; // [C, 9 * D]
        linear(
            &means.reshape((n, HEAD_SIDE * HEAD_SIDE * d))?,
            &kernel,
            self.weight(HEAD_BIAS)?,
        )
    }
}

/// `[9, P]`: the weight of each patch in the mean over the patches that each tap of a 3x3 kernel visits
/// while its centre moves over all patches. Positions beyond the edges count as zero.
fn pooling(grid: Grid) -> Vec<f32> {
    let share = 1.0 / grid.patches() as f32;
    let half = HEAD_SIDE / 2;
    // The tap `tap` visits the patch `at` when the centre of the kernel is at `at + half - tap`, if there is
    // such a patch.
    let is_visited = |at: usize, tap: usize, count: usize| {
        (at + half)
            .checked_sub(tap)
            .is_some_and(|middle| middle < count)
    };
    let mut weights = Vec::with_capacity(HEAD_SIDE * HEAD_SIDE * grid.patches());
    for tap_y in 0..HEAD_SIDE {
        for tap_x in 0..HEAD_SIDE {
            for row in 0..grid.rows {
                for column in 0..grid.columns {
                    let is_covered = is_visited(row, tap_y, grid.rows)
                        && is_visited(column, tap_x, grid.columns);
                    weights.push(if is_covered { share } else { 0.0 });
                }
            }
        }
    }
    weights
}
