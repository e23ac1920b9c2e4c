//! U²-Net (Qin et al., arXiv 2005.09007): a U-shaped network of U-shaped blocks, which finds salient
//! objects at the resolution of its input.
//!
//! Tensor names are those of the official code, with the batch norms folded into the convolutions.
//! All widths follow from the shapes; the embedded file is the small variant, U²-Netp.

use candle_core::{DType, Device, Result, Tensor};
use candle_nn::VarBuilder;
use image::RgbImage;

use super::saliency_map::SaliencyMap;
use crate::nn::ModelError;
use crate::nn::direct_convolution::DirectConv;
use crate::nn::linear::Linear;
use crate::nn::ops::add_residual;
use crate::nn::pixels::ChannelStats;
use crate::nn::pooling::max_pool_2x2;
use crate::nn::resample::resize_bilinear;
use crate::nn::shipped::{ModelSource, ShippedNetwork};
use crate::nn::weights::Weights;
use crate::pictures;

/// The sides of the input are multiples of this: the deepest maps have 1/32 of its resolution.
const STRIDE: u32 = 32;

/// A U²-Net with its weights on one device.
pub struct U2Net {
    /// SHA-256 of its file.
    pub fingerprint: String,
    channels: ChannelStats,
    encoder: Vec<Rsu>,      // stage1 to stage6
    decoder: Vec<Rsu>,      // stage5d to stage1d
    sides: Vec<DirectConv>, // side1 to side6
    fusion: Linear,
}

impl U2Net {
    /// The network that the program comes with, U²-Netp.
    ///
    /// # Errors
    /// If its file is missing or another one, or the device fails, for example for lack of memory.
    pub fn shipped(models: &ModelSource, device: &Device) -> std::result::Result<Self, ModelError> {
        Self::new(ShippedNetwork::U2Netp.weights(models)?, device)
    }

    /// Reads a network from a checkpoint.
    ///
    /// # Errors
    /// [`ModelError::Inference`], which names the tensor or the metadata that is missing or wrong.
    pub fn new(weights: Weights, device: &Device) -> std::result::Result<Self, ModelError> {
        let channels = ChannelStats::from_metadata(&weights.metadata);
        let channels = channels.map_err(candle_core::Error::Msg)?;
        let tensors = weights.tensors.into_iter().collect();
        let vb = VarBuilder::from_tensors(tensors, DType::F32, device);
        let stage = |(name, kind): (&str, RsuKind)| Rsu::new(kind, &vb.pp(name));
        let encoder = [
            ("stage1", RsuKind::Pooled(7)),
            ("stage2", RsuKind::Pooled(6)),
            ("stage3", RsuKind::Pooled(5)),
            ("stage4", RsuKind::Pooled(4)),
            ("stage5", RsuKind::Dilated),
            ("stage6", RsuKind::Dilated),
        ];
        let decoder = [
            ("stage5d", RsuKind::Dilated),
            ("stage4d", RsuKind::Pooled(4)),
            ("stage3d", RsuKind::Pooled(5)),
            ("stage2d", RsuKind::Pooled(6)),
            ("stage1d", RsuKind::Pooled(7)),
        ];
        let levels = encoder.len();
        let sides = (1..=levels).map(|level| convolution(1, &vb.pp(format!("side{level}"))));
        let fusion = vb.pp("outconv");
        Ok(Self {
            fingerprint: weights.fingerprint,
            channels,
            encoder: encoder.into_iter().map(stage).collect::<Result<_>>()?,
            decoder: decoder.into_iter().map(stage).collect::<Result<_>>()?,
            sides: sides.collect::<Result<_>>()?,
            fusion: Linear {
                weight: fusion
                    .get((1, levels, 1, 1), "weight")?
                    .reshape((levels, 1))?,
                bias: fusion.get(1, "bias")?,
            },
        })
    }

    /// The map of an upright picture, which the network sees resized to `width` x `height` pixels;
    /// the sides are rounded up to multiples of 32. It was trained at 320 x 320 without keeping the
    /// aspect.
    ///
    /// # Errors
    /// [`ModelError::Inference`] if the device fails, for example for lack of memory, and
    /// [`ModelError::NotFinite`] if the weights are damaged.
    pub fn map(
        &self,
        picture: &RgbImage,
        (width, height): (u32, u32),
    ) -> std::result::Result<SaliencyMap, ModelError> {
        let side = |length: u32| length.max(1).next_multiple_of(STRIDE);
        let input = pictures::resize(picture, side(width), side(height));
        let values = candle_nn::ops::sigmoid(&self.logits(&self.normalise(&input)?)?.squeeze(0)?)?;
        SaliencyMap::from_tensor(&values)
    }

    /// A picture as the network takes it, `[1, height, width, 3]`: relative to its largest value, then
    /// normalised.
    fn normalise(&self, picture: &RgbImage) -> Result<Tensor> {
        let largest = picture.as_raw().iter().copied().max().unwrap_or(0).max(1);
        let device = self.fusion.bias.device();
        self.channels
            .normalise_relative_to(largest, picture, device)
    }

    /// The fused logits `[N, height, width]` of normalised pixels `[N, height, width, 3]`, whose sides
    /// are multiples of 32.
    ///
    /// # Errors
    /// If the shapes do not fit, or candle fails.
    pub fn logits(&self, pixels: &Tensor) -> Result<Tensor> {
        let mut encoded: Vec<Tensor> = Vec::with_capacity(self.encoder.len());
        for stage in &self.encoder {
            let map = match encoded.last() {
                None => stage.forward(pixels)?,
                Some(above) => stage.forward(&max_pool_2x2(above)?)?,
            };
            encoded.push(map); // [N, height / 2^level, width / 2^level, C]
        }
        let mut decoded: Vec<Tensor> = encoded.pop().into_iter().collect(); // deepest first
        for (stage, skipped) in self.decoder.iter().zip(encoded.iter().rev()) {
            let deeper = &decoded[decoded.len() - 1];
            decoded.push(stage.forward(&joined(deeper, skipped)?)?);
        }
        let (n, height, width, _) = pixels.dims4()?;
        let sides = self.sides.iter().zip(decoded.iter().rev());
        let sides: Vec<Tensor> = sides
            .map(|(side, map)| resize_bilinear(&side.forward(map)?, height, width))
            .collect::<Result<_>>()?; // [N, height, width, 1] each
        let sides = Tensor::cat(&sides, 3)?.flatten_to(2)?; // [N * height * width, 6]
        self.fusion.forward(&sides)?.reshape((n, height, width))
    }
}

/// The convolution of `vb`.
fn convolution(dilation: usize, vb: &VarBuilder) -> Result<DirectConv> {
    let inputs = vb.get_unchecked("weight")?.dim(1)?;
    DirectConv::new(inputs, dilation, vb)
}

/// The channels of `deeper`, enlarged to the size of `skipped`, followed by those of `skipped`.
fn joined(deeper: &Tensor, skipped: &Tensor) -> Result<Tensor> {
    let (_, rows, columns, _) = skipped.dims4()?;
    Tensor::cat(&[&resize_bilinear(deeper, rows, columns)?, skipped], 3)
}

/// How a residual U-block looks at larger surroundings.
#[derive(Clone, Copy)]
enum RsuKind {
    /// It halves its maps between its layers, of which there are this many (RSU-7 to RSU-4).
    Pooled(usize),
    /// It dilates its four layers instead (RSU-4F).
    Dilated,
}

impl RsuKind {
    /// The number of layers on the way down, including the one at the bottom.
    fn layers(self) -> usize {
        match self {
            Self::Pooled(layers) => layers,
            Self::Dilated => 4,
        }
    }

    /// The dilation of a layer, counted from 1.
    fn dilation(self, layer: usize) -> usize {
        match self {
            Self::Pooled(layers) if layer == layers => 2,
            Self::Pooled(_) => 1,
            Self::Dilated => 1 << (layer - 1),
        }
    }
}

/// A residual U-block.
struct Rsu {
    kind: RsuKind,
    input: DirectConv,     // rebnconvin
    down: Vec<DirectConv>, // rebnconv1 to the bottom, rebnconv{layers}
    up: Vec<DirectConv>,   // rebnconv{layers - 1}d to rebnconv1d
}

impl Rsu {
    fn new(kind: RsuKind, vb: &VarBuilder) -> Result<Self> {
        let layers = kind.layers();
        let layer = |name: String, dilation| {
            let conv = vb.pp(format!("rebnconv{name}")).pp("conv_s1");
            convolution(dilation, &conv)
        };
        let down = (1..=layers).map(|at| layer(at.to_string(), kind.dilation(at)));
        let up = (1..layers).rev();
        let up = up.map(|at| layer(format!("{at}d"), kind.dilation(at)));
        Ok(Self {
            kind,
            input: layer("in".to_owned(), 1)?,
            down: down.collect::<Result<_>>()?,
            up: up.collect::<Result<_>>()?,
        })
    }

    /// `[N, rows, columns, inputs]` -> `[N, rows, columns, outputs]`.
    fn forward(&self, map: &Tensor) -> Result<Tensor> {
        let input = self.input.relu(map)?;
        let mut encoded = vec![self.down[0].relu(&input)?];
        for (at, layer) in self.down.iter().enumerate().skip(1) {
            let above = &encoded[at - 1];
            // The bottom has the size of the layer above it.
            let is_pooled = matches!(self.kind, RsuKind::Pooled(layers) if at + 1 < layers);
            encoded.push(match is_pooled {
                true => layer.relu(&max_pool_2x2(above)?)?,
                false => layer.relu(above)?,
            });
        }
        let mut decoded = encoded.swap_remove(encoded.len() - 1);
        for (layer, skipped) in self.up.iter().zip(encoded.iter().rev()) {
            decoded = layer.relu(&joined(&decoded, skipped)?)?;
        }
        add_residual(decoded, &input, None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dilations_are_those_of_the_paper() {
        let dilations = |kind: RsuKind| -> Vec<usize> {
            let layers = 1..=kind.layers();
            layers.map(|layer| kind.dilation(layer)).collect()
        };
        assert_eq!(dilations(RsuKind::Pooled(5)), [1, 1, 1, 1, 2]);
        assert_eq!(dilations(RsuKind::Dilated), [1, 2, 4, 8]);
    }
}
