//! EfficientNet-Lite: the convolutional network that knows a thousand classes by name.
//!
//! The inverted bottlenecks of EfficientNet (Tan and Le, arXiv 1905.11946) with `ReLU6` and without
//! squeeze-and-excitation, as TensorFlow's Lite release has them, down to its 'same' padding. The
//! linear classifier runs at every position of the last features in place of their mean: since it
//! is linear, the mean of these class activation maps (CAM; Zhou et al., arXiv 1512.04150) is the
//! logit. Tensor names are those of `efficientnet_lite_pytorch`.

use candle_core::{DType, Device, Result, Tensor};
use candle_nn::VarBuilder;

use super::ModelError;
use super::convolution::{Padding, Window, depthwise_relu, kernel_matrix, neighbourhoods};
use super::ops::{bias_add, bias_relu, residual};
use super::weights::Weights;
use crate::geometry::Grid;

/// Stride of each stage's first block, for every width and depth of the family.
const STAGE_STRIDES: [usize; 7] = [1, 2, 2, 2, 1, 2, 1];
/// The first convolution.
const STEM: Window = Window {
    side: 3,
    stride: 2,
    padding: Padding::Same,
};
/// Where its activations are clipped (`ReLU6`).
const CEILING: f32 = 6.0;
/// Epsilon of the batch norms, as `TensorFlow` sets it for this family.
const BATCH_NORM_EPS: f64 = 1e-3;

/// An EfficientNet-Lite with its weights on one device; batch norms are folded into the
/// convolutions.
pub struct EfficientNet {
    /// Class names in the order of the logits.
    pub classes: Vec<String>,
    /// SHA-256 of its file.
    pub fingerprint: String,
    /// Side in pixels of the square input that it was trained with.
    pub input_side: usize,
    mean: f32,
    std: f32,
    stem: Convolution,
    blocks: Vec<Block>,
    last: Convolution,
    classifier: Convolution,
}

/// Class maps of N pictures.
pub struct ClassMaps {
    /// One logit a class, `[N, C]`.
    pub logits: Tensor,
    /// One logit a class and position, `[N, C, rows * columns]`.
    pub maps: Tensor,
    /// The grid of the positions.
    pub grid: Grid,
}

impl EfficientNet {
    /// Reads one from a checkpoint; the strides come from the order of the stages, all other sizes
    /// from the shapes.
    ///
    /// # Errors
    /// [`ModelError::Inference`] names the tensor that is missing or does not fit.
    pub fn new(weights: Weights, device: &Device) -> std::result::Result<Self, ModelError> {
        let metadata = &weights.metadata;
        let number = |key: &str| -> Option<f32> {
            // `128 (on 0..255)`
            metadata.get(key)?.split_whitespace().next()?.parse().ok()
        };
        let fact = |key: &str| {
            number(key).ok_or_else(|| candle_core::Error::Msg(format!("its metadata has no {key}")))
        };
        let classes: Vec<String> = metadata
            .get("classes")
            .and_then(|json| serde_json::from_str(json).ok())
            .ok_or_else(|| candle_core::Error::Msg("its metadata has no classes".to_owned()))?;
        let (mean, std) = (fact("pixel_mean")?, fact("pixel_std")?);
        let input_side = fact("input_size")? as usize;
        let fingerprint = weights.fingerprint;
        let vb =
            VarBuilder::from_tensors(weights.tensors.into_iter().collect(), DType::F32, device);
        let (blocks, width) = blocks(&vb)?;
        let last = Convolution::pointwise(width, &vb, "_conv_head", "_bn1")?;
        let classifier = {
            let weight = vb.get((classes.len(), last.outputs()?), "_fc.weight")?;
            Convolution {
                weight: weight.t()?.contiguous()?,
                bias: vb.get(classes.len(), "_fc.bias")?,
            }
        };
        Ok(Self {
            stem: Convolution::stem(&vb)?,
            blocks,
            last,
            classifier,
            classes,
            fingerprint,
            input_side,
            mean,
            std,
        })
    }

    /// The device that holds the weights.
    pub fn device(&self) -> &Device {
        self.classifier.bias.device()
    }

    /// Normalised input `[1, height, width, 3]` from an RGB picture.
    pub fn normalised(&self, picture: &image::RgbImage) -> Result<Tensor> {
        let values: Vec<f32> = picture
            .as_raw()
            .iter()
            .map(|value| (f32::from(*value) - self.mean) / self.std)
            .collect();
        let (width, height) = picture.dimensions();
        let shape = (1, height as usize, width as usize, 3);
        Tensor::from_vec(values, shape, self.device())
    }

    /// Features before pooling `[N, rows, columns, D]` of normalised pixels `[N, height, width, 3]`.
    pub fn features(&self, pixels: &Tensor) -> Result<Tensor> {
        let xs = neighbourhoods(pixels, STEM)?;
        let mut xs = self.stem.relu6(&xs)?;
        for block in &self.blocks {
            xs = block.forward(&xs)?;
        }
        self.last.relu6(&xs)
    }

    /// Class maps and logits of normalised pixels `[N, height, width, 3]`.
    pub fn class_maps(&self, pixels: &Tensor) -> Result<ClassMaps> {
        let features = self.features(pixels)?;
        let (_, rows, columns, _) = features.dims4()?;
        let maps = self.classifier.linear(&features)?.flatten(1, 2)?; // [N, P, C]
        Ok(ClassMaps {
            logits: maps.mean(1)?,
            maps: maps.transpose(1, 2)?.contiguous()?,
            grid: Grid { rows, columns },
        })
    }
}

/// The blocks in their order and the width of what leaves them. A stage begins where the width
/// changes.
fn blocks(vb: &VarBuilder) -> Result<(Vec<Block>, usize)> {
    let mut width = vb.get_unchecked("_conv_stem.weight")?.dim(0)?;
    let mut stage = 0;
    let mut blocks = Vec::new();
    while vb.contains_tensor(&format!("_blocks.{}._project_conv.weight", blocks.len())) {
        let vb = vb.pp(format!("_blocks.{}", blocks.len()));
        let outputs = vb.get_unchecked("_project_conv.weight")?.dim(0)?;
        let is_first = blocks.is_empty() || outputs != width;
        if is_first && !blocks.is_empty() {
            stage += 1;
        }
        let stride = match (is_first, STAGE_STRIDES.get(stage)) {
            (_, None) => candle_core::bail!("it has more than {} stages", STAGE_STRIDES.len()),
            (true, Some(stride)) => *stride,
            (false, Some(_)) => 1,
        };
        blocks.push(Block::new(width, stride, &vb)?);
        width = outputs;
    }
    Ok((blocks, width))
}

/// A convolution as one matrix product a position, batch norm folded in.
struct Convolution {
    weight: Tensor, // [inputs, outputs]
    bias: Tensor,   // [outputs]
}

impl Convolution {
    fn stem(vb: &VarBuilder) -> Result<Self> {
        let weight = vb.get_unchecked("_conv_stem.weight")?;
        let folded = Folded::new(&weight, &vb.pp("_bn0"))?;
        Ok(Self {
            weight: kernel_matrix(&folded.weight)?,
            bias: folded.bias,
        })
    }

    fn pointwise(inputs: usize, vb: &VarBuilder, convolution: &str, norm: &str) -> Result<Self> {
        let weight = vb.pp(convolution).get_unchecked("weight")?;
        let outputs = weight.dim(0)?;
        let weight = weight.reshape((outputs, inputs))?;
        let folded = Folded::new(&weight, &vb.pp(norm))?;
        Ok(Self {
            weight: folded.weight.t()?.contiguous()?,
            bias: folded.bias,
        })
    }

    fn outputs(&self) -> Result<usize> {
        self.bias.dim(0)
    }

    /// `[N, rows, columns, inputs]` -> `[N, rows, columns, outputs]`.
    fn product(&self, xs: &Tensor) -> Result<Tensor> {
        let (n, rows, columns, inputs) = xs.dims4()?;
        xs.reshape((n * rows * columns, inputs))?
            .matmul(&self.weight)?
            .reshape((n, rows, columns, self.outputs()?))
    }

    fn linear(&self, xs: &Tensor) -> Result<Tensor> {
        bias_add(self.product(xs)?, &self.bias)
    }

    fn relu6(&self, xs: &Tensor) -> Result<Tensor> {
        bias_relu(self.product(xs)?, &self.bias, CEILING)
    }
}

/// An inverted bottleneck: expand, filter each channel, project.
struct Block {
    expand: Option<Convolution>,
    kernel: Tensor,      // [k * k, C]
    kernel_bias: Tensor, // [C]
    window: Window,
    project: Convolution,
    has_residual: bool,
}

impl Block {
    fn new(inputs: usize, stride: usize, vb: &VarBuilder) -> Result<Self> {
        let expand = vb
            .contains_tensor("_expand_conv.weight")
            .then(|| Convolution::pointwise(inputs, vb, "_expand_conv", "_bn0"))
            .transpose()?;
        let kernel = vb.get_unchecked("_depthwise_conv.weight")?; // [C, 1, k, k]
        let channels = kernel.dim(0)?;
        let window = Window {
            side: kernel.dim(3)?,
            stride,
            padding: Padding::Same,
        };
        let folded = Folded::new(&kernel, &vb.pp("_bn1"))?;
        let project = Convolution::pointwise(channels, vb, "_project_conv", "_bn2")?;
        Ok(Self {
            has_residual: stride == 1 && project.outputs()? == inputs,
            expand,
            kernel: folded.weight.flatten_from(1)?.t()?.contiguous()?,
            kernel_bias: folded.bias,
            window,
            project,
        })
    }

    fn forward(&self, xs: &Tensor) -> Result<Tensor> {
        let hidden = match &self.expand {
            Some(expand) => expand.relu6(xs)?,
            None => xs.clone(),
        };
        let hidden = depthwise_relu(
            &hidden,
            &self.kernel,
            &self.kernel_bias,
            self.window,
            CEILING,
        )?;
        let ys = self.project.linear(&hidden)?;
        if self.has_residual {
            residual(ys, xs, None)
        } else {
            Ok(ys)
        }
    }
}

/// A convolution's weight `[outputs, ...]` with its batch norm folded in, and the bias that is left.
struct Folded {
    weight: Tensor,
    bias: Tensor,
}

impl Folded {
    fn new(weight: &Tensor, norm: &VarBuilder) -> Result<Self> {
        let outputs = weight.dim(0)?;
        let variance = norm.get(outputs, "running_var")?;
        let scale = (norm.get(outputs, "weight")? / (variance + BATCH_NORM_EPS)?.sqrt()?)?;
        let mut shape = vec![1; weight.rank()];
        shape[0] = outputs;
        Ok(Self {
            weight: weight.broadcast_mul(&scale.reshape(shape)?)?,
            bias: (norm.get(outputs, "bias")? - (norm.get(outputs, "running_mean")? * scale)?)?,
        })
    }
}
