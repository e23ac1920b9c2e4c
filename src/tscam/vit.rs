//! A vision transformer: DeiT-T/S/B (patch 16; Touvron et al., arXiv 2012.12877) and DINOv2
//! (patch 14, layer scale, interpolated positions; Oquab et al., arXiv 2304.07193). Tensor names are
//! timm's.

use std::collections::BTreeMap;
use std::sync::Mutex;

use candle_core::{Device, IndexOp as _, Result, Tensor};
use candle_nn::VarBuilder;

use super::block_config::{BLOCK_NORM_EPS, BlockConfig};
use super::features::{BackboneFeatures, FeatureRecorder};
use super::interpolate::resize_bicubic;
use super::patch_embed::PatchEmbed;
use super::shapes::{TensorShapes, highest_index};
use super::transformer::Block;
use crate::geometry::Grid;
use crate::nn::norm::LayerNorm;
use crate::nn::ops::bias_add;

/// The maximum number of grids whose positions are cached, more than pictures of the usual aspect
/// ratios need.
const MAX_CACHED_GRIDS: usize = 32;

/// The sizes of a vision transformer, read from the shapes in its checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VitConfig {
    /// The sizes of a block.
    pub block: BlockConfig,
    /// The number of blocks.
    pub depth: usize,
    /// The side of a square patch in pixels.
    pub patch_size: usize,
    /// The grid for which the position embedding was trained.
    pub trained_grid: Grid,
}

impl VitConfig {
    /// Reads the sizes from a checkpoint's tensors (timm names).
    ///
    /// # Errors
    /// A sentence that names the tensor that is missing or has the wrong shape.
    pub fn from_tensors(tensors: &BTreeMap<String, Tensor>) -> std::result::Result<Self, String> {
        let dims = |name: &str| match tensors.get(name) {
            Some(tensor) => Ok(tensor.dims()),
            None => Err(format!(
                "{name} is missing, so it is not a vision transformer"
            )),
        };
        let &[embed_dim, 3, patch_size, patch_width] = dims("patch_embed.proj.weight")? else {
            return Err("patch_embed.proj.weight is not of shape [D, 3, patch, patch]".to_owned());
        };
        if patch_width != patch_size || patch_size == 0 {
            return Err("its patches are not square".to_owned());
        }
        let &[1, positions, _] = dims("pos_embed")? else {
            return Err("pos_embed is not of shape [1, 1 + patches, D]".to_owned());
        };
        let side = positions.saturating_sub(1).isqrt();
        if side == 0 || side * side + 1 != positions {
            return Err(format!(
                "pos_embed has {positions} positions, not one plus a square grid (variants with \
                 distillation or register tokens are not supported)"
            ));
        }
        let last = highest_index(tensors, "blocks.");
        let depth = 1 + last.ok_or("it has no blocks, so it is not a vision transformer")?;
        let &[mlp_dim, _] = dims("blocks.0.mlp.fc1.weight")? else {
            return Err("blocks.0.mlp.fc1.weight is not a matrix".to_owned());
        };
        let layer_scale = tensors.contains_key("blocks.0.ls1.gamma");
        Ok(Self {
            block: BlockConfig::new(embed_dim, mlp_dim, layer_scale)?,
            depth,
            patch_size,
            trained_grid: Grid {
                rows: side,
                columns: side,
            },
        })
    }

    /// The name and shape of every tensor of such a transformer.
    pub fn expected_shapes(&self) -> TensorShapes {
        let d = self.block.embed_dim;
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
            self.block
                .add_shapes(&format!("blocks.{block}"), &mut shapes);
        }
        shapes
    }
}

/// A vision transformer with its weights on one device.
pub struct VisionTransformer {
    config: VitConfig,
    patch_embed: PatchEmbed,
    cls_token: Tensor, // [1, 1, D]
    pos_embed: Tensor, // [1, 1 + P, D]
    blocks: Vec<Block>,
    norm: LayerNorm,
    /// Interpolated position embeddings by rows and columns, each `[1, 1 + P, D]`.
    positions: Mutex<BTreeMap<(usize, usize), Tensor>>,
}

impl VisionTransformer {
    /// Reads the transformer; `vb` must contain every tensor of [`VitConfig::expected_shapes`].
    ///
    /// # Errors
    /// If a tensor is missing or has another shape.
    pub fn new(config: VitConfig, vb: &VarBuilder) -> Result<Self> {
        let d = config.block.embed_dim;
        Ok(Self {
            patch_embed: PatchEmbed::new(d, 3, config.patch_size, &vb.pp("patch_embed.proj"))?,
            cls_token: vb.get((1, 1, d), "cls_token")?,
            pos_embed: vb.get((1, 1 + config.trained_grid.patches(), d), "pos_embed")?,
            blocks: (0..config.depth)
                .map(|block| Block::new(&config.block, &vb.pp(format!("blocks.{block}"))))
                .collect::<Result<_>>()?,
            norm: LayerNorm::new(d, BLOCK_NORM_EPS, &vb.pp("norm"))?,
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

    /// Runs the transformer over normalised pixels `[N, 3, rows * patch, columns * patch]`, and keeps
    /// the patch tokens after each block in `taps` (counted from 0).
    ///
    /// # Errors
    /// If the sides are not multiples of the patch side, or candle fails.
    pub fn forward(&self, pixels: &Tensor, taps: &[usize]) -> Result<BackboneFeatures> {
        let (patches, grid) = self.patch_embed.forward(pixels)?;
        let (n, _, d) = patches.dims3()?;
        let class = self.cls_token.repeat((n, 1, 1))?;
        let xs = Tensor::cat(&[&class, &patches], 1)?; // [N, T, D]
        let positions = self.positions_for(grid)?.flatten_all()?;
        let mut xs = bias_add(xs.flatten_from(1)?, &positions)?.reshape((n, (), d))?;
        let mut recorder = FeatureRecorder::new(taps, self.blocks.len());
        for block in &self.blocks {
            xs = recorder.pass(block, &xs)?;
        }
        recorder.finish(&self.norm.forward(&xs)?, None)
    }

    /// The position embedding for a grid, `[1, 1 + P, D]`, interpolated once per grid.
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
        let d = self.config.block.embed_dim;
        let patches = self.pos_embed.i((0, 1..))?.flatten_all()?.to_vec1()?;
        let resized = resize_bicubic(&patches, trained, grid, d);
        let resized = Tensor::from_vec(resized, (1, grid.patches(), d), self.device())?;
        let positions = Tensor::cat(&[&self.pos_embed.i((.., ..1))?, &resized], 1)?;
        let mut cached = lock();
        if cached.len() >= MAX_CACHED_GRIDS {
            cached.clear();
        }
        cached.insert(key, positions.clone());
        Ok(positions)
    }
}
