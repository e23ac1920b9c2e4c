//! The whole network.

use std::path::Path;

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use half::f16;
use image::RgbImage;

use super::frame::{Frame, INPUT_SIDE_PX};
use super::image_encoder::ImageEncoder;
use super::mask::LogitMap;
use super::mask_decoder::{DecoderOutput, EMBEDDING_SIDE, MASK_SIDE, MaskDecoder};
use super::prompt_encoder::{PromptEncoder, Role, TOKEN_DIM};
use crate::geometry::BBox;
use crate::nn::ModelError;
use crate::nn::shipped::{ModelSource, ShippedNetwork};
use crate::nn::weights::Weights;

/// What the encoder computed from a picture: all that a prompt needs of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Embedding {
    /// `[64 * 64, 256]`, the map `[1, 256, 64, 64]` with its channels last; 2 MB.
    pub values: Vec<f16>,
    /// Where the picture lies in the network's input.
    pub frame: Frame,
}

impl Embedding {
    /// The number of its values.
    pub const LENGTH: usize = EMBEDDING_SIDE * EMBEDDING_SIDE * TOKEN_DIM;
}

/// Where an object is, in upright pixels of the picture.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Prompt {
    /// Points in and outside the object.
    pub points: Vec<PromptPoint>,
    /// A rough box around the object.
    pub bbox: Option<BBox>,
}

/// A point in or outside an object, in upright pixels of the picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PromptPoint {
    /// Pixels from the left edge.
    pub x: f32,
    /// Pixels from the top edge.
    pub y: f32,
    /// Whether the object is there.
    pub is_inside: bool,
}

/// What a prompt may mean.
#[derive(Clone, Debug)]
pub struct Mask {
    /// Which of the four masks it is. SAM trained mask 0 for prompts of several points or a box, and
    /// masks 1 to 3 for the nested objects that one point may mean.
    pub head: usize,
    /// The IoU with the object that the network predicts; it may exceed 1 a little.
    pub predicted_iou: f32,
    /// The tight box around the mask, without specks, in upright pixels of the picture.
    pub bbox: BBox,
    /// Logits over the network's square input, positive in the object, `[256 * 256]`.
    pub logits: Vec<f32>,
}

/// MobileSAM with its weights on one device.
pub struct Segmenter {
    /// SHA-256 of its file.
    pub fingerprint: String,
    image_encoder: ImageEncoder,
    prompt_encoder: PromptEncoder,
    mask_decoder: MaskDecoder,
    positions: Tensor, // [64 * 64, 256]
    device: Device,
}

impl Segmenter {
    /// The network that the program comes with.
    ///
    /// # Errors
    /// If its file is missing or another one, or the device fails, for example for lack of memory.
    pub fn shipped(models: &ModelSource, device: &Device) -> Result<Self, ModelError> {
        let weights = ShippedNetwork::Segmenter.weights(models)?;
        Ok(Self::new(weights, device)?)
    }

    /// Reads a network from a file.
    ///
    /// # Errors
    /// [`ModelError::Unreadable`], and [`ModelError::BadFile`] if it is not a MobileSAM.
    pub fn open(path: &Path, device: &Device) -> Result<Self, ModelError> {
        Self::new(Weights::open(path)?, device)
            .map_err(|error| ModelError::bad_file(path, error.to_string()))
    }

    /// A network from its weights.
    ///
    /// # Errors
    /// If a tensor is missing or has another shape.
    pub fn new(weights: Weights, device: &Device) -> candle_core::Result<Self> {
        let fingerprint = weights.fingerprint;
        let vb =
            VarBuilder::from_tensors(weights.tensors.into_iter().collect(), DType::F32, device);
        let prompt_encoder = PromptEncoder::new(&vb.pp("prompt_encoder"))?;
        Ok(Self {
            fingerprint,
            image_encoder: ImageEncoder::new(&vb.pp("image_encoder"))?,
            mask_decoder: MaskDecoder::new(&vb.pp("mask_decoder"))?,
            positions: prompt_encoder.grid(EMBEDDING_SIDE, device)?,
            prompt_encoder,
            device: device.clone(),
        })
    }

    /// The embedding of an upright picture.
    ///
    /// # Errors
    /// [`ModelError::Inference`], and [`ModelError::NotFinite`] if the weights are damaged.
    pub fn embed(&self, picture: &RgbImage) -> Result<Embedding, ModelError> {
        let frame = Frame::new(picture.dimensions());
        let map = self.encode(&frame.pixels(picture, &self.device)?)?;
        let values: Vec<f16> = map.to_dtype(DType::F16)?.flatten_all()?.to_vec1()?;
        if values.iter().all(|value| value.is_finite()) {
            Ok(Embedding { values, frame })
        } else {
            Err(ModelError::NotFinite)
        }
    }

    /// The masks for a prompt, in the order of their heads, without those that are empty. An empty
    /// prompt has none.
    ///
    /// # Errors
    /// [`ModelError::Inference`], and [`ModelError::NotFinite`] if the weights are damaged or the prompt
    /// is not finite.
    pub fn masks(&self, embedding: &Embedding, prompt: &Prompt) -> Result<Vec<Mask>, ModelError> {
        let frame = &embedding.frame;
        let positions = prompt.in_input(frame);
        if positions.is_empty() {
            return Ok(Vec::new());
        }
        let shape = (EMBEDDING_SIDE * EMBEDDING_SIDE, TOKEN_DIM);
        let map = Tensor::from_slice(&embedding.values, shape, &self.device)?;
        let output = self.decode(&map.to_dtype(DType::F32)?, &positions)?;
        let predicted: Vec<f32> = output.iou.to_vec1()?;
        if predicted.iter().any(|iou| !iou.is_finite()) {
            return Err(ModelError::NotFinite);
        }
        let logits: Vec<Vec<f32>> = output.masks.flatten_from(1)?.to_vec2()?;
        let masks = predicted.into_iter().zip(logits).enumerate();
        Ok(masks
            .filter_map(|(head, (predicted_iou, logits))| {
                let bbox = bbox_in_picture(&logits, frame)?;
                Some(Mask {
                    head,
                    predicted_iou,
                    bbox,
                    logits,
                })
            })
            .collect())
    }

    /// Normalised pixels `[1, 1024, 1024, 3]` -> the embedding in f32, `[1, 64, 64, 256]`.
    ///
    /// # Errors
    /// If the shapes do not fit, or candle fails.
    pub fn encode(&self, pixels: &Tensor) -> candle_core::Result<Tensor> {
        self.image_encoder.forward(pixels)
    }

    /// The masks for an embedding `[64 * 64, 256]` and positions in pixels of the input.
    ///
    /// # Errors
    /// If the shapes do not fit, or candle fails.
    pub fn decode(
        &self,
        embedding: &Tensor,
        prompt: &[(f32, f32, Role)],
    ) -> candle_core::Result<DecoderOutput> {
        let tokens = self.prompt_encoder.tokens(prompt, &self.device)?;
        let embedding = embedding.broadcast_add(&self.prompt_encoder.no_mask)?;
        self.mask_decoder
            .forward(&embedding, &self.positions, &tokens)
    }
}

impl Prompt {
    /// The points, then the corners of the box, in pixels of the network's input.
    fn in_input(&self, frame: &Frame) -> Vec<(f32, f32, Role)> {
        let points = self.points.iter().map(|point| {
            let role = if point.is_inside {
                Role::Inside
            } else {
                Role::Outside
            };
            (point.x, point.y, role)
        });
        let corners = self.bbox.iter().flat_map(|bbox| {
            [
                (bbox.x0, bbox.y0, Role::TopLeft),
                (bbox.x1, bbox.y1, Role::BottomRight),
            ]
        });
        points
            .chain(corners)
            .map(|(x, y, role)| {
                let (x, y) = frame.to_input(x, y);
                (x, y, role)
            })
            .collect()
    }
}

/// The tight box around a mask in upright pixels of the picture, or `None` if it is empty there.
fn bbox_in_picture(logits: &[f32], frame: &Frame) -> Option<BBox> {
    // Input pixels for each pixel of the mask.
    let pitch = (INPUT_SIDE_PX / MASK_SIDE) as f32;
    let map = LogitMap {
        logits,
        side: MASK_SIDE,
        covered: (
            frame.resized.0 as f32 / pitch,
            frame.resized.1 as f32 / pitch,
        ),
    };
    let bbox = map.tight_box()?;
    frame.to_picture(&BBox {
        x0: bbox.x0 * pitch,
        y0: bbox.y0 * pitch,
        x1: bbox.x1 * pitch,
        y1: bbox.y1 * pitch,
    })
}
