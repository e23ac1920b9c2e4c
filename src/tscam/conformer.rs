//! Conformer (Peng et al., arXiv 2105.03889): a transformer and a residual network in parallel, which
//! exchange their features in every block. With a TS-CAM head on its tokens it is the strongest
//! backbone of the official model zoo.
//!
//! Tensor names are the official ones (`conv_trans_5.fusion_block.conv2.weight`). Maps have their
//! channels last, `[N, rows, columns, C]`, so that a pointwise convolution is a matrix product. Batch
//! norms are folded into the convolutions before them. There is no position embedding: the
//! convolutions encode the positions, so any grid of patches works.

use std::collections::BTreeMap;

use candle_core::{Device, IndexOp as _, Result, Tensor};
use candle_nn::VarBuilder;

use super::block_config::{BLOCK_NORM_EPS, BlockConfig};
use super::features::{BackboneFeatures, FeatureRecorder};
use super::patch_embed::PatchEmbed;
use super::shapes::{TensorShapes, highest_index};
use super::transformer::Block;
use crate::geometry::Grid;
use crate::nn::convolution::{Conv, Padding, fold_batch_norm, kernel_matrix};
use crate::nn::linear::Linear;
use crate::nn::norm::LayerNorm;
use crate::nn::ops::{add_residual, bias_gelu, bias_relu, layer_norm};

/// The side of the square pictures that the published models were trained with. No tensor depends on
/// it.
const TRAINED_SIDE_PX: usize = 224;
/// Pixels per position of the map that enters the first block. Patches are cut from that map.
const STEM_STRIDE: usize = 4;
/// The number of stages, which have the same number of blocks. Each starts by halving the map and
/// doubling its channels.
const STAGES: usize = 3;
/// The channels of a block, divided by those inside its bottleneck.
const EXPANSION: usize = 4;
/// Epsilon of the batch norms, except for the stem's.
const BATCH_NORM_EPS: f64 = 1e-6;
/// Epsilon of the stem's batch norm (PyTorch's default).
const STEM_NORM_EPS: f64 = 1e-5;
/// Epsilon of the layer norm over the last tokens (PyTorch's default).
const LAST_NORM_EPS: f64 = 1e-5;

/// The sizes of a Conformer, read from the shapes in its checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConformerConfig {
    /// The sizes of a transformer block.
    pub block: BlockConfig,
    /// The number of transformer blocks, a multiple of 3.
    pub depth: usize,
    /// The side of a square patch in pixels.
    pub patch_size: usize,
    /// The channels of the stem's map.
    pub stem: usize,
    /// The channels of the first stage's map. The later stages have 2 and 4 times as many.
    pub channels: usize,
}

/// The properties of one of the blocks `conv_trans_2`, `conv_trans_3`, ...
struct BlockPlan {
    name: String,
    inputs: usize,
    outputs: usize,
    /// Whether it is the first of a stage: its map has half the size of the one before.
    opens_stage: bool,
    /// Whether it is the last block: its output has half the size.
    is_last: bool,
    /// Positions of the map along the side of a patch.
    pool: usize,
}

impl ConformerConfig {
    /// Whether the tensors are those of a Conformer, complete or not.
    pub fn matches(tensors: &BTreeMap<String, Tensor>) -> bool {
        tensors.keys().any(|name| name.starts_with("conv_trans_"))
    }

    /// Reads the sizes from a checkpoint's tensors.
    ///
    /// # Errors
    /// A sentence that names the tensor that is missing or has the wrong shape.
    pub fn from_tensors(tensors: &BTreeMap<String, Tensor>) -> std::result::Result<Self, String> {
        let dims = |name: &str| match tensors.get(name) {
            Some(tensor) => Ok(tensor.dims()),
            None => Err(format!(
                "{name} is missing, so it is not a complete Conformer"
            )),
        };
        let &[embed_dim, stem, cut, cut_width] = dims("trans_patch_conv.weight")? else {
            return Err("trans_patch_conv.weight is not of shape [D, C, side, side]".to_owned());
        };
        // The last stage's map is a quarter of the first one's and must cover whole patches.
        let quarter = 1 << (STAGES - 1);
        if cut_width != cut || cut == 0 || !cut.is_multiple_of(quarter) {
            return Err(format!(
                "trans_patch_conv.weight is {cut} x {cut_width}, not a square whose side is a \
                 multiple of {quarter}"
            ));
        }
        let &[channels, _, 1, 1] = dims("conv_1.conv3.weight")? else {
            return Err("conv_1.conv3.weight is not of shape [C, C / 4, 1, 1]".to_owned());
        };
        if stem == 0 || channels == 0 || !channels.is_multiple_of(EXPANSION) {
            return Err(format!(
                "its maps have {stem} and {channels} channels, which does not fit a Conformer"
            ));
        }
        let &[mlp_dim, _] = dims("trans_1.mlp.fc1.weight")? else {
            return Err("trans_1.mlp.fc1.weight is not a matrix".to_owned());
        };
        let last = highest_index(tensors, "conv_trans_")
            .ok_or("it has no blocks conv_trans_2, conv_trans_3, ...")?;
        Ok(Self {
            block: BlockConfig::new(embed_dim, mlp_dim, false)?,
            // Rounded up, so that missing blocks at the end are reported.
            depth: last.max(1).next_multiple_of(STAGES),
            patch_size: cut * STEM_STRIDE,
            stem,
            channels,
        })
    }

    /// The channels of the map in each stage.
    pub fn stage_channels(&self) -> [usize; STAGES] {
        std::array::from_fn(|stage| self.channels << stage)
    }

    /// The grid of patches with which the published models were trained.
    pub fn trained_grid(&self) -> Grid {
        let side = (TRAINED_SIDE_PX / self.patch_size).max(1);
        Grid {
            rows: side,
            columns: side,
        }
    }

    /// The name and shape of every tensor of such a Conformer.
    pub fn expected_shapes(&self) -> TensorShapes {
        let (d, cut) = (self.block.embed_dim, self.patch_size / STEM_STRIDE);
        let mut shapes = TensorShapes::new();
        let mut insert = |name: &str, shape: &[usize]| {
            shapes.insert(name.to_owned(), shape.to_vec());
        };
        insert("cls_token", &[1, 1, d]);
        insert("conv1.weight", &[self.stem, 3, 7, 7]);
        insert("trans_patch_conv.weight", &[d, self.stem, cut, cut]);
        insert("trans_patch_conv.bias", &[d]);
        insert("trans_norm.weight", &[d]);
        insert("trans_norm.bias", &[d]);
        add_batch_norm_shapes("bn1", self.stem, &mut shapes);
        add_conv_block_shapes("conv_1", self.stem, self.channels, true, &mut shapes);
        self.block.add_shapes("trans_1", &mut shapes);
        for plan in self.plans() {
            let (inputs, outputs) = (plan.inputs, plan.outputs);
            let inner = outputs / EXPANSION;
            let name = |part: &str| format!("{}.{part}", plan.name);
            let (opens, ends) = (plan.opens_stage, plan.is_last);
            add_conv_block_shapes(&name("cnn_block"), inputs, outputs, opens, &mut shapes);
            add_conv_block_shapes(&name("fusion_block"), outputs, outputs, ends, &mut shapes);
            for (part, from, to) in [("squeeze_block", inner, d), ("expand_block", d, inner)] {
                let project = name(&format!("{part}.conv_project"));
                shapes.insert(format!("{project}.weight"), vec![to, from, 1, 1]);
                shapes.insert(format!("{project}.bias"), vec![to]);
            }
            shapes.insert(name("squeeze_block.ln.weight"), vec![d]);
            shapes.insert(name("squeeze_block.ln.bias"), vec![d]);
            add_batch_norm_shapes(&name("expand_block.bn"), inner, &mut shapes);
            self.block.add_shapes(&name("trans_block"), &mut shapes);
        }
        shapes
    }

    /// The blocks after the first. Only in the first do the two networks not exchange features.
    fn plans(&self) -> impl Iterator<Item = BlockPlan> {
        let length = self.depth / STAGES;
        (1..self.depth).map(move |index| {
            let stage = index / length;
            let outputs = self.stage_channels()[stage];
            let opens_stage = index.is_multiple_of(length);
            BlockPlan {
                name: format!("conv_trans_{}", index + 1),
                inputs: if opens_stage { outputs / 2 } else { outputs },
                outputs,
                opens_stage,
                is_last: index + 1 == self.depth,
                pool: (self.patch_size / STEM_STRIDE) >> stage,
            }
        })
    }
}

fn add_batch_norm_shapes(name: &str, channels: usize, shapes: &mut TensorShapes) {
    for part in ["weight", "bias", "running_mean", "running_var"] {
        shapes.insert(format!("{name}.{part}"), vec![channels]);
    }
}

fn add_conv_block_shapes(
    name: &str,
    inputs: usize,
    outputs: usize,
    residual: bool,
    shapes: &mut TensorShapes,
) {
    let inner = outputs / EXPANSION;
    let mut parts = vec![
        ("conv1", "bn1", [inner, inputs, 1, 1]),
        ("conv2", "bn2", [inner, inner, 3, 3]),
        ("conv3", "bn3", [outputs, inner, 1, 1]),
    ];
    if residual {
        parts.push(("residual_conv", "residual_bn", [outputs, inputs, 1, 1]));
    }
    for (conv, norm, shape) in parts {
        shapes.insert(format!("{name}.{conv}.weight"), shape.to_vec());
        add_batch_norm_shapes(&format!("{name}.{norm}"), shape[0], shapes);
    }
}

/// A convolution and its batch norm, as everywhere except in the stem.
fn conv_with_norm(
    shape: [usize; 4],
    stride: usize,
    conv: &VarBuilder,
    norm: &VarBuilder,
) -> Result<Conv> {
    Conv::new(shape, stride, Padding::Half, conv, norm, BATCH_NORM_EPS)
}

/// Pixels -> the first map, at a quarter of the size.
struct Stem {
    kernel: Tensor, // [C, 3, 7, 7]
    bias: Tensor,   // [C, 1, 1]
}

impl Stem {
    fn new(channels: usize, vb: &VarBuilder) -> Result<Self> {
        let shape = [channels, 3, 7, 7];
        let (kernel, bias) = fold_batch_norm(shape, &vb.pp("conv1"), &vb.pp("bn1"), STEM_NORM_EPS)?;
        Ok(Self {
            kernel,
            bias: bias.reshape((channels, 1, 1))?,
        })
    }

    /// `[N, 3, H, W]` -> `[N, C, H / 4, W / 4]`, with the channels first, because patches are cut from
    /// it.
    fn forward(&self, pixels: &Tensor) -> Result<Tensor> {
        pixels
            .conv2d(&self.kernel, 3, 2, 1, 1)?
            .broadcast_add(&self.bias)?
            .relu()?
            // After a ReLU, padding with zeros does not change the maximum.
            .pad_with_zeros(2, 1, 1)?
            .pad_with_zeros(3, 1, 1)?
            .max_pool2d_with_stride(3, 2)
    }
}

/// A bottleneck of the residual network. The transformer exchanges features with its inner map.
struct ConvBlock {
    conv1: Conv,
    conv2: Conv,
    conv3: Conv,
    residual: Option<(Conv, Tensor)>, // with the bias of both branches together, [outputs]
}

impl ConvBlock {
    fn new(
        inputs: usize,
        outputs: usize,
        stride: usize,
        residual: bool,
        vb: &VarBuilder,
    ) -> Result<Self> {
        let inner = outputs / EXPANSION;
        let conv = |name: &str, norm: &str, shape, stride| {
            let padding = Padding::Half;
            Conv::new(
                shape,
                stride,
                padding,
                &vb.pp(name),
                &vb.pp(norm),
                BATCH_NORM_EPS,
            )
        };
        let conv3 = conv("conv3", "bn3", [outputs, inner, 1, 1], 1)?;
        let residual = residual.then(|| {
            let shape = [outputs, inputs, 1, 1];
            let residual = conv("residual_conv", "residual_bn", shape, stride)?;
            let bias = (&residual.linear.bias + &conv3.linear.bias)?;
            Ok::<_, candle_core::Error>((residual, bias))
        });
        Ok(Self {
            conv1: conv("conv1", "bn1", [inner, inputs, 1, 1], 1)?,
            conv2: conv("conv2", "bn2", [inner, inner, 3, 3], stride)?,
            conv3,
            residual: residual.transpose()?,
        })
    }

    /// A map `[N, rows, columns, inputs]`, and what the tokens add to the inner map, `[N, rows, columns,
    /// outputs / 4]` -> the next map `[.., outputs]` and the inner map `[.., outputs / 4]`.
    fn forward(&self, map: &Tensor, from_tokens: Option<&Tensor>) -> Result<(Tensor, Tensor)> {
        let mut inner = self.conv1.relu(map, f32::INFINITY)?;
        if let Some(from_tokens) = from_tokens {
            inner = add_residual(inner, from_tokens, None)?;
        }
        let inner = self.conv2.relu(&inner, f32::INFINITY)?;
        let branch = self.conv3.product(&inner)?;
        let next = match &self.residual {
            Some((conv, bias)) => bias_relu(
                add_residual(branch, &conv.product(map)?, None)?,
                bias,
                f32::INFINITY,
            )?,
            None => bias_relu(
                add_residual(branch, map, None)?,
                &self.conv3.linear.bias,
                f32::INFINITY,
            )?,
        };
        Ok((next, inner))
    }
}

/// A map -> what it adds to the patch tokens.
struct Squeeze {
    project: Linear, // outputs / 4 -> D
    weight: Tensor,  // [D], the weight of the layer norm
    zero: Tensor,    // [D], instead of the bias of the layer norm
    bias: Tensor,    // [D], the bias of the layer norm, which is added with the GELU
    pool: usize,
}

impl Squeeze {
    fn new(channels: usize, d: usize, pool: usize, vb: &VarBuilder) -> Result<Self> {
        let conv = vb.pp("conv_project");
        let bias = vb.pp("ln").get(d, "bias")?;
        Ok(Self {
            project: Linear::from_matrix(
                &kernel_matrix(&conv.get((d, channels, 1, 1), "weight")?)?,
                conv.get(d, "bias")?,
            )?,
            weight: vb.pp("ln").get(d, "weight")?,
            zero: bias.zeros_like()?,
            bias,
            pool,
        })
    }

    /// `[N, rows * pool, columns * pool, C]` -> `[N, P, D]`.
    fn forward(&self, inner: &Tensor, grid: Grid) -> Result<Tensor> {
        let (n, _, _, channels) = inner.dims4()?;
        let Grid { rows, columns } = grid;
        // The projection is linear, so pooling first has the same result for less work.
        let pooled = inner
            .reshape(&[n, rows, self.pool, columns, self.pool, channels])?
            .mean((2, 4))?;
        let tokens = self.project.forward(&pooled.flatten_to(2)?)?;
        let normed = layer_norm(&tokens, &self.weight, &self.zero, BLOCK_NORM_EPS)?;
        bias_gelu(normed, &self.bias)?.reshape((n, grid.patches(), ()))
    }
}

/// Patch tokens -> what they add to a map.
struct Expand {
    project: Linear, // D -> outputs / 4
    pool: usize,
}

impl Expand {
    fn new(d: usize, channels: usize, pool: usize, vb: &VarBuilder) -> Result<Self> {
        let shape = [channels, d, 1, 1];
        let (conv, norm) = (vb.pp("conv_project"), vb.pp("bn"));
        Ok(Self {
            project: conv_with_norm(shape, 1, &conv, &norm)?.linear,
            pool,
        })
    }

    /// `[N, P, D]` -> `[N, rows * pool, columns * pool, C]`: each patch's value at all its positions.
    fn forward(&self, patches: &Tensor, grid: Grid) -> Result<Tensor> {
        let n = patches.dim(0)?;
        let Grid { rows, columns } = grid;
        let product = self
            .project
            .product(&patches.contiguous()?.flatten_to(1)?)?;
        let values = bias_relu(product, &self.project.bias, f32::INFINITY)?;
        let channels = values.dim(1)?;
        values
            .reshape(&[n, rows, 1, columns, 1, channels])?
            .broadcast_as(&[n, rows, self.pool, columns, self.pool, channels])?
            .reshape((n, rows * self.pool, columns * self.pool, channels))
    }
}

/// A block of both networks, with the exchange between them.
struct ConvTransBlock {
    cnn_block: ConvBlock,
    squeeze_block: Squeeze,
    trans_block: Block,
    expand_block: Expand,
    fusion_block: ConvBlock,
}

impl ConvTransBlock {
    fn new(plan: &BlockPlan, sizes: &BlockConfig, vb: &VarBuilder) -> Result<Self> {
        let (inputs, outputs, d) = (plan.inputs, plan.outputs, sizes.embed_dim);
        let inner = outputs / EXPANSION;
        let conv_block = |name: &str, inputs, halves| {
            let stride = if halves { 2 } else { 1 };
            ConvBlock::new(inputs, outputs, stride, halves, &vb.pp(name))
        };
        Ok(Self {
            cnn_block: conv_block("cnn_block", inputs, plan.opens_stage)?,
            squeeze_block: Squeeze::new(inner, d, plan.pool, &vb.pp("squeeze_block"))?,
            trans_block: Block::new(sizes, &vb.pp("trans_block"))?,
            expand_block: Expand::new(d, inner, plan.pool, &vb.pp("expand_block"))?,
            fusion_block: conv_block("fusion_block", outputs, plan.is_last)?,
        })
    }

    /// Map `[N, rows, columns, inputs]` and tokens `[N, T, D]` -> the map `[N, rows, columns, outputs]`
    /// (with half the rows and columns where a stage begins or the last block ends) and tokens after the
    /// block.
    fn forward(
        &self,
        map: &Tensor,
        tokens: &Tensor,
        grid: Grid,
        recorder: &mut FeatureRecorder,
    ) -> Result<(Tensor, Tensor)> {
        let (map, inner) = self.cnn_block.forward(map, None)?;
        // A map has no class token, so the old one is used, which therefore counts twice.
        let class = tokens.i((.., ..1))?;
        let from_map = Tensor::cat(&[&class, &self.squeeze_block.forward(&inner, grid)?], 1)?;
        let tokens = add_residual(from_map, tokens, None)?;
        let tokens = recorder.pass(&self.trans_block, &tokens)?;
        let from_tokens = self.expand_block.forward(&tokens.i((.., 1..))?, grid)?;
        let (map, _) = self.fusion_block.forward(&map, Some(&from_tokens))?;
        Ok((map, tokens))
    }
}

/// A Conformer with its weights on one device.
pub struct Conformer {
    config: ConformerConfig,
    cls_token: Tensor, // [1, 1, D]
    stem: Stem,
    conv_1: ConvBlock,
    trans_patch_conv: PatchEmbed,
    trans_1: Block,
    blocks: Vec<ConvTransBlock>,
    trans_norm: LayerNorm,
}

impl Conformer {
    /// Reads the network; `vb` must contain every tensor of [`ConformerConfig::expected_shapes`].
    ///
    /// # Errors
    /// If a tensor is missing or has another shape.
    pub fn new(config: ConformerConfig, vb: &VarBuilder) -> Result<Self> {
        let (d, stem) = (config.block.embed_dim, config.stem);
        let cut = config.patch_size / STEM_STRIDE;
        let block = |plan: BlockPlan| ConvTransBlock::new(&plan, &config.block, &vb.pp(&plan.name));
        Ok(Self {
            cls_token: vb.get((1, 1, d), "cls_token")?,
            stem: Stem::new(stem, vb)?,
            conv_1: ConvBlock::new(stem, config.channels, 1, true, &vb.pp("conv_1"))?,
            trans_patch_conv: PatchEmbed::new(d, stem, cut, &vb.pp("trans_patch_conv"))?,
            trans_1: Block::new(&config.block, &vb.pp("trans_1"))?,
            blocks: config.plans().map(block).collect::<Result<_>>()?,
            trans_norm: LayerNorm::new(d, LAST_NORM_EPS, &vb.pp("trans_norm"))?,
            config,
        })
    }

    /// The sizes of this Conformer.
    pub fn config(&self) -> &ConformerConfig {
        &self.config
    }

    /// The device that holds the weights.
    pub fn device(&self) -> &Device {
        self.cls_token.device()
    }

    /// Runs the network over normalised pixels `[N, 3, rows * patch, columns * patch]`, and keeps the
    /// patch tokens after each transformer block in `taps` (counted from 0).
    ///
    /// # Errors
    /// If the sides are not multiples of the patch side, or candle fails.
    pub fn forward(&self, pixels: &Tensor, taps: &[usize]) -> Result<BackboneFeatures> {
        let stem = self.stem.forward(pixels)?;
        let (patches, grid) = self.trans_patch_conv.forward(&stem)?;
        let class = self.cls_token.repeat((patches.dim(0)?, 1, 1))?;
        let tokens = Tensor::cat(&[&class, &patches], 1)?;
        let mut recorder = FeatureRecorder::new(taps, 1 + self.blocks.len());
        let mut tokens = recorder.pass(&self.trans_1, &tokens)?;
        let channels_last = stem.permute((0, 2, 3, 1))?.contiguous()?;
        let (mut map, _) = self.conv_1.forward(&channels_last, None)?;
        for block in &self.blocks {
            (map, tokens) = block.forward(&map, &tokens, grid, &mut recorder)?;
        }
        let pooled_map = map.mean((1, 2))?;
        recorder.finish(&self.trans_norm.forward(&tokens)?, Some(pooled_map))
    }
}
