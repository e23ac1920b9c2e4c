//! Conformer: a transformer and a residual network side by side, which tell each other what they
//! see in every block (Peng et al., arXiv 2105.03889). With a TS-CAM head on its tokens it is the
//! strongest backbone of the official model zoo.
//!
//! Tensor names are the official ones (`conv_trans_5.fusion_block.conv2.weight`). Maps have their
//! channels last, `[N, rows, columns, C]`, so that a pointwise convolution is a matrix product; a
//! batch norm is folded into the convolution before it. There is no position embedding: the
//! convolutions tell the tokens where they are, and any grid of patches fits.

use std::collections::BTreeMap;

use candle_core::{Device, IndexOp as _, Result, Tensor};
use candle_nn::VarBuilder;

use super::transformer::{
    BLOCK_NORM_EPS, BackboneFeatures, Block, BlockConfig, FeatureRecorder, PatchEmbed,
    TensorShapes, TokenChunks, highest_index,
};
use crate::geometry::Grid;
use crate::nn::convolution::{Conv, Padding, fold_batch_norm, kernel_matrix};
use crate::nn::linear::Linear;
use crate::nn::norm::LayerNorm;
use crate::nn::ops::{add_residual, bias_gelu, bias_relu, layer_norm};

/// Side in pixels of the square that the published models were trained with; no tensor tells.
const TRAINED_PIXELS: usize = 224;
/// How often the map halves the picture before the first block; patches are cut from that map.
const STEM_STRIDE: usize = 4;
/// Stages of equally many blocks; each starts by halving the map and doubling its channels.
const STAGES: usize = 3;
/// Channels of a block for one inside its bottleneck.
const EXPANSION: usize = 4;
/// Epsilon of the batch norms, but for the stem's.
const BATCH_NORM_EPS: f64 = 1e-6;
/// Epsilon of the stem's batch norm (PyTorch's default).
const STEM_NORM_EPS: f64 = 1e-5;
/// Epsilon of the layer norm over the last tokens (PyTorch's default).
const LAST_NORM_EPS: f64 = 1e-5;

/// The sizes of a Conformer, all read from the shapes in its checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConformerConfig {
    /// The sizes of a transformer block.
    pub block: BlockConfig,
    /// Number of transformer blocks, a multiple of 3.
    pub depth: usize,
    /// Side of a square patch in pixels.
    pub patch_size: usize,
    /// Channels of the stem's map.
    pub stem: usize,
    /// Channels of the first stage's map; the later ones have 2 and 4 times as many.
    pub channels: usize,
}

/// How one of the blocks `conv_trans_2`, `conv_trans_3`, ... differs from the others.
struct BlockPlan {
    name: String,
    inputs: usize,
    outputs: usize,
    /// Whether it opens a stage: its map is half the size of the one before.
    opens_stage: bool,
    /// Whether it is the last: its map leaves at half the size.
    is_last: bool,
    /// Places of the map along a side of a patch.
    pool: usize,
}

impl ConformerConfig {
    /// Whether tensors are a Conformer's, whole or not.
    pub fn recognises(tensors: &BTreeMap<String, Tensor>) -> bool {
        tensors.keys().any(|name| name.starts_with("conv_trans_"))
    }

    /// Reads the sizes from a checkpoint's tensors.
    ///
    /// # Errors
    /// A sentence that names the tensor which is missing or does not fit.
    pub fn from_tensors(tensors: &BTreeMap<String, Tensor>) -> std::result::Result<Self, String> {
        let dims = |name: &str| match tensors.get(name) {
            Some(tensor) => Ok(tensor.dims()),
            None => Err(format!("{name} is missing, so it is no whole Conformer")),
        };
        let &[embed_dim, stem, cut, cut_width] = dims("trans_patch_conv.weight")? else {
            return Err("trans_patch_conv.weight is not of shape [D, C, side, side]".to_owned());
        };
        // The last stage's map is a quarter of the first one's and must cover whole patches.
        let quarter = 1 << (STAGES - 1);
        if cut_width != cut || cut == 0 || !cut.is_multiple_of(quarter) {
            return Err(format!(
                "trans_patch_conv.weight is {cut} x {cut_width}, no square with a side that \
                 {quarter} divides"
            ));
        }
        let &[channels, _, 1, 1] = dims("conv_1.conv3.weight")? else {
            return Err("conv_1.conv3.weight is not of shape [C, C / 4, 1, 1]".to_owned());
        };
        if stem == 0 || channels == 0 || !channels.is_multiple_of(EXPANSION) {
            return Err(format!(
                "its maps have {stem} and {channels} channels, which is no Conformer's"
            ));
        }
        let &[mlp_dim, _] = dims("trans_1.mlp.fc1.weight")? else {
            return Err("trans_1.mlp.fc1.weight is not a matrix".to_owned());
        };
        let last = highest_index(tensors, "conv_trans_")
            .ok_or("it has no blocks conv_trans_2, conv_trans_3, ...")?;
        Ok(Self {
            block: BlockConfig::new(embed_dim, mlp_dim, false)?,
            // Blocks that are missing from the end are named as missing.
            depth: last.max(1).next_multiple_of(STAGES),
            patch_size: cut * STEM_STRIDE,
            stem,
            channels,
        })
    }

    /// Channels of the map in each stage.
    pub fn stages(&self) -> [usize; STAGES] {
        std::array::from_fn(|stage| self.channels << stage)
    }

    /// The grid of patches at which the published models were trained.
    pub fn trained_grid(&self) -> Grid {
        let side = (TRAINED_PIXELS / self.patch_size).max(1);
        Grid {
            rows: side,
            columns: side,
        }
    }

    /// Every tensor that such a Conformer has, with its shape.
    pub fn expected(&self) -> TensorShapes {
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
        expect_batch_norm("bn1", self.stem, &mut shapes);
        expect_conv_block("conv_1", self.stem, self.channels, true, &mut shapes);
        self.block.expect("trans_1", &mut shapes);
        for plan in self.plans() {
            let (inputs, outputs) = (plan.inputs, plan.outputs);
            let inner = outputs / EXPANSION;
            let name = |part: &str| format!("{}.{part}", plan.name);
            let (opens, ends) = (plan.opens_stage, plan.is_last);
            expect_conv_block(&name("cnn_block"), inputs, outputs, opens, &mut shapes);
            expect_conv_block(&name("fusion_block"), outputs, outputs, ends, &mut shapes);
            for (part, from, to) in [("squeeze_block", inner, d), ("expand_block", d, inner)] {
                let project = name(&format!("{part}.conv_project"));
                shapes.insert(format!("{project}.weight"), vec![to, from, 1, 1]);
                shapes.insert(format!("{project}.bias"), vec![to]);
            }
            shapes.insert(name("squeeze_block.ln.weight"), vec![d]);
            shapes.insert(name("squeeze_block.ln.bias"), vec![d]);
            expect_batch_norm(&name("expand_block.bn"), inner, &mut shapes);
            self.block.expect(&name("trans_block"), &mut shapes);
        }
        shapes
    }

    /// The blocks after the first, the only one in which the two networks do not talk.
    fn plans(&self) -> impl Iterator<Item = BlockPlan> {
        let length = self.depth / STAGES;
        (1..self.depth).map(move |index| {
            let stage = index / length;
            let outputs = self.stages()[stage];
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

fn expect_batch_norm(name: &str, channels: usize, shapes: &mut TensorShapes) {
    for part in ["weight", "bias", "running_mean", "running_var"] {
        shapes.insert(format!("{name}.{part}"), vec![channels]);
    }
}

fn expect_conv_block(
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
        expect_batch_norm(&format!("{name}.{norm}"), shape[0], shapes);
    }
}

/// A convolution and its batch norm, as all but the stem have them.
fn normed(shape: [usize; 4], stride: usize, conv: &VarBuilder, norm: &VarBuilder) -> Result<Conv> {
    Conv::new(shape, stride, Padding::Half, conv, norm, BATCH_NORM_EPS)
}

/// Pixels -> the first map, at a quarter of their size.
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

    /// `[N, 3, H, W]` -> `[N, C, H / 4, W / 4]`, channels first as patches are cut from it.
    fn forward(&self, pixels: &Tensor) -> Result<Tensor> {
        pixels
            .conv2d(&self.kernel, 3, 2, 1, 1)?
            .broadcast_add(&self.bias)?
            .relu()?
            // Zeros are no maximum of what a ReLU leaves, unless all else is zero too.
            .pad_with_zeros(2, 1, 1)?
            .pad_with_zeros(3, 1, 1)?
            .max_pool2d_with_stride(3, 2)
    }
}

/// A bottleneck of the residual network, through whose inner map it talks to the transformer.
struct ConvBlock {
    conv1: Conv,
    conv2: Conv,
    conv3: Conv,
    residual: Option<(Conv, Tensor)>, // and the bias of both branches, [outputs]
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

    /// A map `[N, rows, columns, inputs]`, and what the tokens add to it inside, `[N, rows,
    /// columns, outputs / 4]` -> the next map and the inner one, `[.., outputs]` and `[.., outputs
    /// / 4]`.
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
    project: Linear, // from outputs / 4 to D
    weight: Tensor,  // [D], of the layer norm
    zero: Tensor,    // [D], in place of the norm's bias
    bias: Tensor,    // [D], which is the norm's, left to the GELU
    pool: usize,
}

impl Squeeze {
    fn new(channels: usize, d: usize, pool: usize, vb: &VarBuilder) -> Result<Self> {
        let conv = vb.pp("conv_project");
        let bias = vb.pp("ln").get(d, "bias")?;
        Ok(Self {
            project: Linear {
                weight: kernel_matrix(&conv.get((d, channels, 1, 1), "weight")?)?,
                bias: conv.get(d, "bias")?,
            },
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
        // Pooled first: the projection is linear, so this is the same for a share of the work.
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
    project: Linear, // from D to outputs / 4
    pool: usize,
}

impl Expand {
    fn new(d: usize, channels: usize, pool: usize, vb: &VarBuilder) -> Result<Self> {
        let shape = [channels, d, 1, 1];
        let (conv, norm) = (vb.pp("conv_project"), vb.pp("bn"));
        Ok(Self {
            project: normed(shape, 1, &conv, &norm)?.linear,
            pool,
        })
    }

    /// `[N, P, D]` -> `[N, rows * pool, columns * pool, C]`: each patch's answer at all its places.
    fn forward(&self, patches: &Tensor, grid: Grid) -> Result<Tensor> {
        let n = patches.dim(0)?;
        let Grid { rows, columns } = grid;
        let product = self
            .project
            .product(&patches.contiguous()?.flatten_to(1)?)?;
        let answers = bias_relu(product, &self.project.bias, f32::INFINITY)?;
        let channels = answers.dim(1)?;
        answers
            .reshape(&[n, rows, 1, columns, 1, channels])?
            .broadcast_as(&[n, rows, self.pool, columns, self.pool, channels])?
            .reshape((n, rows * self.pool, columns * self.pool, channels))
    }
}

/// A block of both networks, with what they tell each other.
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

    /// Map `[N, rows, columns, inputs]` and tokens `[N, T, D]` -> those after the block.
    fn forward(
        &self,
        map: &Tensor,
        tokens: &Tensor,
        grid: Grid,
        recorder: &mut FeatureRecorder,
    ) -> Result<(Tensor, Tensor)> {
        let (map, inner) = self.cnn_block.forward(map, None)?;
        // A map has no class token: the old one stands in for it, and so counts twice.
        let class = tokens.i((.., ..1))?;
        let from_map = Tensor::cat(&[&class, &self.squeeze_block.forward(&inner, grid)?], 1)?;
        let tokens = TokenChunks::cut(&add_residual(from_map, tokens, None)?)?;
        let tokens = recorder.pass(&self.trans_block, tokens)?.join()?;
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
    /// Builds the network; `vb` must hold every tensor of [`ConformerConfig::expected`].
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

    /// Runs the network over normalised pixels `[N, 3, rows * patch, columns * patch]`, keeping
    /// the tokens after each transformer block in `taps` (counted from 0).
    pub fn forward(&self, pixels: &Tensor, taps: &[usize]) -> Result<BackboneFeatures> {
        let stem = self.stem.forward(pixels)?;
        let (patches, grid) = self.trans_patch_conv.forward(&stem)?;
        let class = self.cls_token.repeat((patches.dim(0)?, 1, 1))?;
        let tokens = TokenChunks::cut(&Tensor::cat(&[&class, &patches], 1)?)?;
        let mut recorder = FeatureRecorder::new(taps);
        let mut tokens = recorder.pass(&self.trans_1, tokens)?.join()?;
        let channels_last = stem.permute((0, 2, 3, 1))?.contiguous()?;
        let (mut map, _) = self.conv_1.forward(&channels_last, None)?;
        for block in &self.blocks {
            (map, tokens) = block.forward(&map, &tokens, grid, &mut recorder)?;
        }
        let pooled_map = map.mean((1, 2))?;
        recorder.finish(&self.trans_norm.forward(&tokens)?, Some(pooled_map))
    }
}
