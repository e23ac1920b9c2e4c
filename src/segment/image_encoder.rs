//! `TinyViT` (Wu et al., arXiv 2207.10666), the image encoder of `MobileSAM`.
//!
//! Two convolutions and a stage of inverted bottlenecks see fine detail; three stages of attention
//! within windows follow. The neck brings the last map to the width of the mask decoder.

use candle_core::{Result, Tensor, bail};
use candle_nn::VarBuilder;

use crate::nn::convolution::{Activation, Conv, DepthwiseConv, KernelWindow, Padding};
use crate::nn::linear::Linear;
use crate::nn::norm::LayerNorm;
use crate::nn::ops::{add_residual, bias_add, bias_gelu, scaled_softmax};

/// The strides between the stages; the last stage keeps the grid of the one before.
const DOWNSAMPLE_STRIDES: [usize; 3] = [2, 2, 1];
/// Epsilon of the layer norms of the attention and the MLPs.
const BLOCK_NORM_EPS: f64 = 1e-5;
/// Epsilon of the layer norms of the neck.
const NECK_NORM_EPS: f64 = 1e-6;

/// The encoder: normalised pixels -> the embedding of a picture.
pub struct ImageEncoder {
    patch_embed: [Conv; 2],
    bottlenecks: Vec<Bottleneck>,
    stages: Vec<Stage>,
    neck: Neck,
}

impl ImageEncoder {
    /// Reads the encoder; all sizes but the strides follow from the shapes.
    ///
    /// # Errors
    /// If a tensor is missing or has another shape.
    pub fn new(vb: &VarBuilder) -> Result<Self> {
        let bottlenecks = blocks(&vb.pp("layers.0"), "conv1.weight")
            .iter()
            .map(Bottleneck::new)
            .collect::<Result<_>>()?;
        let stages = DOWNSAMPLE_STRIDES
            .iter()
            .enumerate()
            .map(|(index, stride)| {
                Stage::new(
                    PatchMerging::new(*stride, &vb.pp(format!("layers.{index}.downsample")))?,
                    &vb.pp(format!("layers.{}", index + 1)),
                )
            });
        Ok(Self {
            patch_embed: [
                conv(2, &vb.pp("patch_embed.seq.0"))?,
                conv(2, &vb.pp("patch_embed.seq.2"))?,
            ],
            bottlenecks,
            stages: stages.collect::<Result<_>>()?,
            neck: Neck::new(&vb.pp("neck"))?,
        })
    }

    /// Normalised pixels `[N, 1024, 1024, 3]` -> the embedding `[N, 64, 64, 256]`.
    ///
    /// # Errors
    /// If the shapes do not fit, or candle fails.
    pub fn forward(&self, pixels: &Tensor) -> Result<Tensor> {
        let [first, second] = &self.patch_embed;
        let mut xs = second.forward(&first.gelu(pixels)?)?; // [N, 256, 256, 64]
        for block in &self.bottlenecks {
            xs = block.forward(&xs)?;
        }
        for stage in &self.stages {
            xs = stage.forward(&xs)?; // [N, 128, 128, 128], then [N, 64, 64, 160 and 320]
        }
        self.neck.forward(&xs)
    }
}

/// The blocks of a stage that have a tensor called `name`.
fn blocks<'a>(vb: &VarBuilder<'a>, name: &str) -> Vec<VarBuilder<'a>> {
    (0..)
        .map(|index| vb.pp(format!("blocks.{index}")))
        .take_while(|block| block.contains_tensor(name))
        .collect()
}

/// A convolution with the shape that its weight has.
fn conv(stride: usize, vb: &VarBuilder) -> Result<Conv> {
    let (outputs, inputs, height, width) = vb.get_unchecked("weight")?.dims4()?;
    Conv::without_norm([outputs, inputs, height, width], stride, Padding::Half, vb)
}

/// A depthwise convolution with the shape that its weight has.
fn depthwise_conv(stride: usize, vb: &VarBuilder) -> Result<DepthwiseConv> {
    let (channels, _, side, _) = vb.get_unchecked("weight")?.dims4()?;
    let window = KernelWindow {
        side,
        stride,
        padding: Padding::Half,
    };
    DepthwiseConv::new(channels, window, vb)
}

/// An inverted bottleneck (`MBConv`): expand, filter each channel, project.
struct Bottleneck {
    conv1: Conv,
    conv2: DepthwiseConv,
    conv3: Conv,
}

impl Bottleneck {
    fn new(vb: &VarBuilder) -> Result<Self> {
        Ok(Self {
            conv1: conv(1, &vb.pp("conv1"))?,
            conv2: depthwise_conv(1, &vb.pp("conv2"))?,
            conv3: conv(1, &vb.pp("conv3"))?,
        })
    }

    /// `[N, rows, columns, C]` -> the same.
    fn forward(&self, xs: &Tensor) -> Result<Tensor> {
        let hidden = self.conv1.gelu(xs)?; // [N, rows, columns, 4 C]
        let hidden = self.conv2.forward(&hidden, Activation::Gelu)?;
        let sum = add_residual(self.conv3.product(&hidden)?, xs, None)?;
        bias_gelu(sum, &self.conv3.linear.bias)
    }
}

/// Between two stages: more channels, and a coarser grid where the stride is two.
struct PatchMerging {
    conv1: Conv,
    conv2: DepthwiseConv,
    conv3: Conv,
}

impl PatchMerging {
    fn new(stride: usize, vb: &VarBuilder) -> Result<Self> {
        Ok(Self {
            conv1: conv(1, &vb.pp("conv1"))?,
            conv2: depthwise_conv(stride, &vb.pp("conv2"))?,
            conv3: conv(1, &vb.pp("conv3"))?,
        })
    }

    /// `[N, rows, columns, inputs]` -> `[N, rows / stride, columns / stride, outputs]`.
    fn forward(&self, xs: &Tensor) -> Result<Tensor> {
        let hidden = self.conv1.gelu(xs)?;
        let hidden = self.conv2.forward(&hidden, Activation::Gelu)?;
        self.conv3.forward(&hidden)
    }
}

/// Patch merging and the blocks that follow it.
struct Stage {
    downsample: PatchMerging,
    blocks: Vec<Block>,
}

impl Stage {
    fn new(downsample: PatchMerging, vb: &VarBuilder) -> Result<Self> {
        let blocks = blocks(vb, "attn.qkv.weight");
        Ok(Self {
            downsample,
            blocks: blocks.iter().map(Block::new).collect::<Result<_>>()?,
        })
    }

    /// `[N, rows, columns, inputs]` -> `[N, rows / stride, columns / stride, C]`.
    fn forward(&self, xs: &Tensor) -> Result<Tensor> {
        let mut xs = self.downsample.forward(xs)?;
        for block in &self.blocks {
            xs = block.forward(xs)?;
        }
        Ok(xs)
    }
}

/// Attention within windows, a depthwise convolution across them, and an MLP.
struct Block {
    attn: WindowAttention,
    local_conv: DepthwiseConv,
    mlp: Mlp,
}

impl Block {
    fn new(vb: &VarBuilder) -> Result<Self> {
        Ok(Self {
            attn: WindowAttention::new(&vb.pp("attn"))?,
            local_conv: depthwise_conv(1, &vb.pp("local_conv"))?,
            mlp: Mlp::new(&vb.pp("mlp"))?,
        })
    }

    /// `[N, rows, columns, C]` -> the same.
    fn forward(&self, xs: Tensor) -> Result<Tensor> {
        let attended = self.attn.forward(&xs)?;
        let xs = add_residual(xs, &attended, None)?;
        let xs = self.local_conv.forward(&xs, Activation::None)?;
        let hidden = self.mlp.forward(&xs)?;
        add_residual(xs, &hidden, None)
    }
}

/// Attention among the tokens of each window, with a learned bias for each head and offset.
struct WindowAttention {
    norm: LayerNorm,
    qkv: Linear,
    proj: Linear,
    /// For each pair of tokens, divided by `scale`, `[heads * T * T]`, T = side * side.
    biases: Tensor,
    scale: f64,
    heads: usize,
    /// The side of a window in tokens.
    side: usize,
}

impl WindowAttention {
    fn new(vb: &VarBuilder) -> Result<Self> {
        let (heads, offsets) = vb.get_unchecked("attention_biases")?.dims2()?;
        let side = offsets.isqrt();
        let width = vb.get_unchecked("proj.bias")?.dim(0)?;
        if side * side != offsets || heads == 0 || !width.is_multiple_of(heads) {
            bail!("{} has no square windows, or uneven heads", vb.prefix());
        }
        let scale = ((width / heads) as f64).sqrt().recip();
        let biases = vb.get((heads, offsets), "attention_biases")?;
        let pairs = Tensor::from_vec(offsets_of_pairs(side), offsets * offsets, vb.device())?;
        Ok(Self {
            norm: LayerNorm::new(width, BLOCK_NORM_EPS, &vb.pp("norm"))?,
            qkv: Linear::new(width, 3 * width, &vb.pp("qkv"))?,
            proj: Linear::new(width, width, &vb.pp("proj"))?,
            biases: (biases.index_select(&pairs, 1)? / scale)?.flatten_all()?,
            scale,
            heads,
            side,
        })
    }

    /// `[N, rows, columns, C]` -> the same.
    fn forward(&self, xs: &Tensor) -> Result<Tensor> {
        let (n, rows, columns, width) = xs.dims4()?;
        let side = self.side;
        let (down, across) = (rows.div_ceil(side), columns.div_ceil(side));
        // Windows reach over the edges: what lies beyond is zero and takes part.
        let windows = xs
            .pad_with_zeros(1, 0, down * side - rows)?
            .pad_with_zeros(2, 0, across * side - columns)?
            .reshape(&[n, down, side, across, side, width])?
            .permute([0, 1, 3, 2, 4, 5])?
            .contiguous()?
            .reshape(((), width))?; // [N * windows * T, C]
        let qkv = self.qkv.forward(&self.norm.forward(&windows)?)?;
        let attended = self.attend(&qkv, n * down * across)?;
        self.proj
            .forward(&attended)?
            .reshape(&[n, down, across, side, side, width])?
            .permute([0, 1, 3, 2, 4, 5])?
            .reshape((n, down * side, across * side, width))?
            .narrow(1, 0, rows)?
            .narrow(2, 0, columns)?
            .contiguous()
    }

    /// Queries, keys and values `[W * T, 3 C]` of W windows -> `[W * T, C]`.
    fn attend(&self, qkv: &Tensor, windows: usize) -> Result<Tensor> {
        let (heads, tokens) = (self.heads, self.side * self.side);
        let dim = qkv.dim(1)? / heads / 3;
        let qkv = qkv
            .reshape((windows, tokens, heads, 3, dim))?
            .permute((3, 0, 2, 1, 4))?
            .contiguous()?; // [3, W, heads, T, dim]
        let (q, k, v) = (qkv.get(0)?, qkv.get(1)?, qkv.get(2)?);
        let scores = q.matmul(&k.t()?)?.reshape((windows, ()))?;
        let scores = bias_add(scores, &self.biases)?;
        let scores = scores.reshape((windows, heads, tokens, tokens))?;
        let attention = scaled_softmax(scores, self.scale)?;
        let output = attention.matmul(&v)?.transpose(1, 2)?; // [W, T, heads, dim]
        output.reshape((windows * tokens, heads * dim))
    }
}

/// For each pair of tokens of a window, the index of their offset `(|dy|, |dx|)`, row by row.
fn offsets_of_pairs(side: usize) -> Vec<u32> {
    let tokens = side * side;
    let offset = |a: usize, b: usize| {
        let (dy, dx) = ((a / side).abs_diff(b / side), (a % side).abs_diff(b % side));
        (dy * side + dx) as u32
    };
    (0..tokens)
        .flat_map(|a| (0..tokens).map(move |b| offset(a, b)))
        .collect()
}

struct Mlp {
    norm: LayerNorm,
    fc1: Linear,
    fc2: Linear,
}

impl Mlp {
    fn new(vb: &VarBuilder) -> Result<Self> {
        let (hidden, width) = vb.get_unchecked("fc1.weight")?.dims2()?;
        Ok(Self {
            norm: LayerNorm::new(width, BLOCK_NORM_EPS, &vb.pp("norm"))?,
            fc1: Linear::new(width, hidden, &vb.pp("fc1"))?,
            fc2: Linear::new(hidden, width, &vb.pp("fc2"))?,
        })
    }

    /// `[N, rows, columns, C]` -> the same.
    fn forward(&self, xs: &Tensor) -> Result<Tensor> {
        let rows = self.norm.forward(&xs.flatten_to(2)?)?;
        let hidden = bias_gelu(self.fc1.product(&rows)?, &self.fc1.bias)?;
        self.fc2.forward(&hidden)?.reshape(xs.shape())
    }
}

/// Two convolutions, each with a layer norm over the channels.
struct Neck {
    conv1: Conv,
    norm1: LayerNorm,
    conv2: Conv,
    norm2: LayerNorm,
}

impl Neck {
    fn new(vb: &VarBuilder) -> Result<Self> {
        let width = vb.get_unchecked("0.weight")?.dim(0)?;
        Ok(Self {
            conv1: conv(1, &vb.pp("0"))?,
            norm1: LayerNorm::new(width, NECK_NORM_EPS, &vb.pp("1"))?,
            conv2: conv(1, &vb.pp("2"))?,
            norm2: LayerNorm::new(width, NECK_NORM_EPS, &vb.pp("3"))?,
        })
    }

    /// `[N, rows, columns, C]` -> `[N, rows, columns, 256]`.
    fn forward(&self, xs: &Tensor) -> Result<Tensor> {
        let xs = self.norm1.forward(&self.conv1.product(xs)?)?;
        self.norm2.forward(&self.conv2.product(&xs)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_of_tokens_share_the_bias_of_their_offset() {
        // Tokens 0 1 / 2 3.
        let expected = [0, 1, 2, 3, 1, 0, 3, 2, 2, 3, 0, 1, 3, 2, 1, 0];
        assert_eq!(offsets_of_pairs(2), expected);
    }
}
