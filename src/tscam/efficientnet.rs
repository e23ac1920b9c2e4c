//! EfficientNet-Lite: the companion, a convolutional network for ImageNet's 1000 classes.
//!
//! These are the inverted bottlenecks of EfficientNet (Tan and Le, arXiv 1905.11946) with `ReLU6` and
//! without squeeze-and-excitation, as in TensorFlow's Lite release, including its 'same' padding. The
//! linear classifier runs at every position of the last features instead of on their mean. Since it is
//! linear, the mean of these class activation maps (CAM; Zhou et al., arXiv 1512.04150) is the logit.
//! Tensor names are those of `efficientnet_lite_pytorch`.

use candle_core::{DType, Device, Result, Tensor};
use candle_nn::VarBuilder;

use crate::geometry::Grid;
use crate::nn::ModelError;
use crate::nn::convolution::{Activation, Conv, KernelWindow, Padding, depthwise, fold_batch_norm};
use crate::nn::linear::Linear;
use crate::nn::ops::add_residual;
use crate::nn::weights::Weights;

/// The stride of the first block of each stage, for every width and depth of the family.
const STAGE_STRIDES: [usize; 7] = [1, 2, 2, 2, 1, 2, 1];
/// The stride of the first convolution.
const STEM_STRIDE: usize = 2;
/// The value at which activations are clipped (`ReLU6`).
const CEILING: f32 = 6.0;
/// Epsilon of the batch norms, as in the `TensorFlow` release.
const BATCH_NORM_EPS: f64 = 1e-3;

/// An EfficientNet-Lite with its weights on one device; batch norms are folded into the
/// convolutions.
pub struct EfficientNet {
    /// The names of the classes, in the order of the logits.
    pub classes: Vec<String>,
    /// SHA-256 of its file.
    pub fingerprint: String,
    /// The side of the square input that it was trained with, in pixels.
    pub input_side_px: usize,
    mean: f32,
    std: f32,
    stem: Conv,
    blocks: Vec<Bottleneck>,
    last: Conv,
    classifier: Linear,
}

/// The logits and class maps of N pictures, of C classes.
pub struct ClassifierOutput {
    /// One logit per class, `[N, C]`.
    pub logits: Tensor,
    /// One logit per class and position, `[N, C, rows * columns]`.
    pub maps: Tensor,
    /// The grid of the positions.
    pub grid: Grid,
}

impl EfficientNet {
    /// Reads a network from a checkpoint. The strides follow from the order of the stages, all other
    /// sizes from the shapes.
    ///
    /// # Errors
    /// [`ModelError::Inference`], which names the tensor or the metadata that is missing or wrong.
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
        let input_side_px = fact("input_size")? as usize;
        let fingerprint = weights.fingerprint;
        let vb =
            VarBuilder::from_tensors(weights.tensors.into_iter().collect(), DType::F32, device);
        let last = conv(&vb, "_conv_head", "_bn1", 1)?;
        let features = last.linear.bias.dim(0)?;
        let classifier = Linear::new(features, classes.len(), &vb.pp("_fc"))?;
        Ok(Self {
            stem: conv(&vb, "_conv_stem", "_bn0", STEM_STRIDE)?,
            blocks: blocks(&vb)?,
            last,
            classifier,
            classes,
            fingerprint,
            input_side_px,
            mean,
            std,
        })
    }

    /// The device that holds the weights.
    pub fn device(&self) -> &Device {
        self.classifier.bias.device()
    }

    /// A picture as the network takes it, `[1, height, width, 3]`.
    ///
    /// # Errors
    /// If the device has no memory for it.
    pub fn normalise(&self, picture: &image::RgbImage) -> Result<Tensor> {
        let values: Vec<f32> = picture
            .as_raw()
            .iter()
            .map(|value| (f32::from(*value) - self.mean) / self.std)
            .collect();
        let (width, height) = picture.dimensions();
        let shape = (1, height as usize, width as usize, 3);
        Tensor::from_vec(values, shape, self.device())
    }

    /// Normalised pixels `[N, height, width, 3]` -> the features before pooling, `[N, rows, columns, D]`.
    ///
    /// # Errors
    /// If the shapes do not fit, or candle fails.
    pub fn features(&self, pixels: &Tensor) -> Result<Tensor> {
        let mut xs = self.stem.relu(pixels, CEILING)?;
        for block in &self.blocks {
            xs = block.forward(&xs)?;
        }
        self.last.relu(&xs, CEILING)
    }

    /// The class maps and logits of normalised pixels `[N, height, width, 3]`.
    ///
    /// # Errors
    /// If the shapes do not fit, or candle fails.
    pub fn class_maps(&self, pixels: &Tensor) -> Result<ClassifierOutput> {
        let features = self.features(pixels)?;
        let (n, rows, columns, _) = features.dims4()?;
        let maps = self.classifier.forward(&features.flatten_to(2)?)?;
        let maps = maps.reshape((n, rows * columns, ()))?; // [N, P, C]
        Ok(ClassifierOutput {
            logits: maps.mean(1)?,
            maps: maps.transpose(1, 2)?.contiguous()?,
            grid: Grid { rows, columns },
        })
    }
}

/// The blocks in order. A stage begins where the width changes.
fn blocks(vb: &VarBuilder) -> Result<Vec<Bottleneck>> {
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
        blocks.push(Bottleneck::new(width, stride, &vb)?);
        width = outputs;
    }
    Ok(blocks)
}

/// The convolution called `name`, with the batch norm called `norm` folded in.
fn conv(vb: &VarBuilder, name: &str, norm: &str, stride: usize) -> Result<Conv> {
    let (vb, norm) = (vb.pp(name), vb.pp(norm));
    let (outputs, inputs, height, width) = vb.get_unchecked("weight")?.dims4()?;
    let shape = [outputs, inputs, height, width];
    Conv::new(shape, stride, Padding::Same, &vb, &norm, BATCH_NORM_EPS)
}

/// An inverted bottleneck: expand, filter each channel, project.
struct Bottleneck {
    expand: Option<Conv>,
    kernel: Tensor,      // [k * k, C]
    kernel_bias: Tensor, // [C]
    window: KernelWindow,
    project: Conv,
    has_residual: bool,
}

impl Bottleneck {
    fn new(inputs: usize, stride: usize, vb: &VarBuilder) -> Result<Self> {
        let expand = vb
            .contains_tensor("_expand_conv.weight")
            .then(|| conv(vb, "_expand_conv", "_bn0", 1))
            .transpose()?;
        let depthwise = vb.pp("_depthwise_conv");
        let (channels, _, side, _) = depthwise.get_unchecked("weight")?.dims4()?;
        let shape = [channels, 1, side, side];
        let (kernel, kernel_bias) =
            fold_batch_norm(shape, &depthwise, &vb.pp("_bn1"), BATCH_NORM_EPS)?;
        let project = conv(vb, "_project_conv", "_bn2", 1)?;
        Ok(Self {
            has_residual: stride == 1 && project.linear.bias.dim(0)? == inputs,
            expand,
            kernel: kernel.flatten_from(1)?.t()?.contiguous()?,
            kernel_bias,
            window: KernelWindow {
                side,
                stride,
                padding: Padding::Same,
            },
            project,
        })
    }

    /// `[N, rows, columns, inputs]` -> `[N, rows / stride, columns / stride, outputs]`.
    fn forward(&self, xs: &Tensor) -> Result<Tensor> {
        let hidden = match &self.expand {
            Some(expand) => expand.relu(xs, CEILING)?,
            None => xs.clone(),
        };
        let hidden = depthwise(
            &hidden,
            &self.kernel,
            &self.kernel_bias,
            self.window,
            Activation::Relu { ceiling: CEILING },
        )?;
        let ys = self.project.forward(&hidden)?;
        if self.has_residual {
            add_residual(ys, xs, None)
        } else {
            Ok(ys)
        }
    }
}
