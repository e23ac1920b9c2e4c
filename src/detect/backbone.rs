//! NanoDet-g's backbone: cross-stage partial blocks (`CSPNet`; Wang et al., arXiv 1911.11929).

use candle_core::{Result, Tensor};
use candle_nn::VarBuilder;

use crate::nn::convolution::{Conv, KernelWindow, Padding};
use crate::nn::pooling::max_pool;

/// By what negative activations are multiplied.
pub const NEGATIVE_SLOPE: f32 = 0.1;
/// The pooling after the first convolution.
const POOL: KernelWindow = KernelWindow {
    side: 3,
    stride: 2,
    padding: Padding::Half,
};
/// The number of residual blocks in the stages 2 to 5. Stage 0 is the stem, and stage 1 the pooling.
const RESIDUAL_BLOCKS: [usize; 4] = [1, 2, 2, 3];

/// The backbone.
pub struct Backbone {
    stem: Conv,
    stages: Vec<CspBlock>,
}

impl Backbone {
    /// Reads `stages.*`.
    ///
    /// # Errors
    /// If a tensor is missing or has another shape.
    pub fn new(vb: &VarBuilder) -> Result<Self> {
        let vb = vb.pp("stages");
        let stages = RESIDUAL_BLOCKS.iter().enumerate().map(|(index, blocks)| {
            // The pooling has already halved the map that stage 2 sees.
            let stride = if index == 0 { 1 } else { 2 };
            CspBlock::new(*blocks, stride, &vb.pp(index + 2))
        });
        Ok(Self {
            stem: conv(2, &vb.pp(0))?,
            stages: stages.collect::<Result<_>>()?,
        })
    }

    /// Normalised pixels `[N, height, width, 3]` -> the maps at strides 8, 16 and 32, `[N, height /
    /// stride, width / stride, 128 | 256 | 512]`.
    ///
    /// # Errors
    /// If the shapes do not fit, or candle fails.
    pub fn forward(&self, pixels: &Tensor) -> Result<Vec<Tensor>> {
        let xs = self.stem.leaky_relu(pixels, NEGATIVE_SLOPE)?; // [N, height / 2, width / 2, 32]
        let mut xs = max_pool(&xs, POOL)?; // [N, height / 4, width / 4, 32]
        let mut maps = Vec::with_capacity(self.stages.len());
        for stage in &self.stages {
            xs = stage.forward(&xs)?;
            maps.push(xs.clone());
        }
        // The first has stride 4.
        maps.remove(0);
        Ok(maps)
    }
}

/// A cross-stage partial block: one part goes through residual blocks, the other around them.
struct CspBlock {
    in_conv: Conv,
    res_blocks: Vec<ResidualBlock>,
    res_out_conv: Conv,
}

impl CspBlock {
    fn new(blocks: usize, stride: usize, vb: &VarBuilder) -> Result<Self> {
        let blocks = (0..blocks).map(|index| ResidualBlock::new(&vb.pp("res_blocks").pp(index)));
        Ok(Self {
            in_conv: conv(stride, &vb.pp("in_conv"))?,
            res_blocks: blocks.collect::<Result<_>>()?,
            res_out_conv: conv(1, &vb.pp("res_out_conv"))?,
        })
    }

    /// `[N, rows, columns, C]` -> `[N, rows / stride, columns / stride, 2 C]`.
    fn forward(&self, xs: &Tensor) -> Result<Tensor> {
        let around = self.in_conv.leaky_relu(xs, NEGATIVE_SLOPE)?;
        let mut through = around.clone();
        for block in &self.res_blocks {
            through = block.forward(&through)?;
        }
        let through = self.res_out_conv.leaky_relu(&through, NEGATIVE_SLOPE)?;
        Tensor::cat(&[through, around], 3)
    }
}

/// Two convolutions whose outputs are joined instead of added.
struct ResidualBlock {
    in_conv: Conv,
    mid_conv: Conv,
}

impl ResidualBlock {
    fn new(vb: &VarBuilder) -> Result<Self> {
        Ok(Self {
            in_conv: conv(1, &vb.pp("in_conv"))?,
            mid_conv: conv(1, &vb.pp("mid_conv"))?,
        })
    }

    /// `[N, rows, columns, C]` -> the same shape.
    fn forward(&self, xs: &Tensor) -> Result<Tensor> {
        let inner = self.in_conv.leaky_relu(xs, NEGATIVE_SLOPE)?; // [N, rows, columns, C / 2]
        let middle = self.mid_conv.leaky_relu(&inner, NEGATIVE_SLOPE)?; // [N, rows, columns, C / 2]
        Tensor::cat(&[middle, inner], 3)
    }
}

/// A convolution whose shape follows from its weights.
///
/// # Errors
/// If a tensor is missing or has another shape.
pub fn conv(stride: usize, vb: &VarBuilder) -> Result<Conv> {
    let (outputs, inputs, height, width) = vb.get_unchecked("weight")?.dims4()?;
    let shape = [outputs, inputs, height, width];
    Conv::without_norm(shape, stride, Padding::Half, vb)
}
