//! What a model computes from a picture.

use candle_core::{D, Result, Tensor};
use image::{RgbImage, imageops};

use super::efficientnet::EfficientNet;
use super::features::BackboneFeatures;
use super::head::Head;
use super::input::ModelInput;
use super::model::Model;
use crate::geometry::Grid;
use crate::localize::{ClassEvidence, Evidence, PatchTokens, Quality};
use crate::nn::ModelError;

impl Model {
    /// The evidence in a picture.
    ///
    /// # Errors
    /// [`ModelError::Inference`] if the device fails, for example for lack of memory, and
    /// [`ModelError::NotFinite`] if the weights are damaged.
    pub fn infer(&self, input: &ModelInput) -> std::result::Result<Evidence, ModelError> {
        let picture = std::slice::from_ref(&input.patches);
        let pixels = self.channels.normalise(picture, self.backbone.device())?;
        let mut evidence = self.evidence(&pixels, input.tap)?;
        if let (Some(companion), Some(picture)) = (&self.companion, &input.companion) {
            let classes = classify(companion, picture)?;
            evidence.companion = Some(match input.quality {
                Quality::Fast | Quality::Balanced => classes,
                Quality::Best => {
                    let mirrored = imageops::flip_horizontal(picture);
                    classes.averaged_with_mirrored(&classify(companion, &mirrored)?)
                }
            });
        }
        if evidence.is_finite() {
            Ok(evidence)
        } else {
            Err(ModelError::NotFinite)
        }
    }

    /// The evidence of backbone and head in normalised pixels `[1, 3, rows * patch, columns * patch]`,
    /// with the patch tokens after the block `tap` if there is one.
    ///
    /// # Errors
    /// If the shapes do not fit, or the device fails.
    pub fn evidence(&self, pixels: &Tensor, tap: Option<usize>) -> Result<Evidence> {
        let (_, _, height, width) = pixels.dims4()?;
        let patch_size = self.backbone.patch_size();
        let grid = Grid {
            rows: height / patch_size,
            columns: width / patch_size,
        };
        let head_block = self.head.as_ref().and_then(|head| head.block);
        let taps: Vec<usize> = head_block.into_iter().chain(tap).collect();
        let features = self.features(pixels, &taps)?;
        let tokens = tap
            .map(|block| patch_tokens(&features, block))
            .transpose()?;
        let (key_similarity, instance_similarity) = similarities(&features)?;
        let mut evidence = Evidence {
            grid,
            patch_size,
            attention: features.attention.squeeze(0)?.to_vec2()?,
            key_similarity: key_similarity.flatten_all()?.to_vec1()?,
            instance_similarity: instance_similarity.flatten_all()?.to_vec1()?,
            head: None,
            companion: None,
            zoomed: Vec::new(),
            detections: None,
            tokens,
        };
        if let Some(head) = &self.head {
            let attention = evidence.attention_last_layers();
            evidence.head = Some(class_evidence(head, &features, grid, attention)?);
        }
        Ok(evidence)
    }

    /// What the backbone computes from normalised pixels `[N, 3, rows * patch, columns * patch]`, with
    /// the patch tokens after each block in `taps`.
    ///
    /// # Errors
    /// If the sides are not multiples of the patch side, or the device fails.
    pub fn features(&self, pixels: &Tensor, taps: &[usize]) -> Result<BackboneFeatures> {
        self.backbone.forward(pixels, taps)
    }
}

/// The class maps of the companion in one picture.
fn classify(companion: &EfficientNet, picture: &RgbImage) -> Result<ClassEvidence> {
    let output = companion.class_maps(&companion.normalise(picture)?)?;
    Ok(ClassEvidence {
        grid: output.grid,
        logits: output.logits.squeeze(0)?.to_vec1()?,
        maps: output.maps.squeeze(0)?.to_vec2()?,
        is_multi_label: false,
    })
}

/// The patch tokens after `block` and the last keys of one picture, for learning.
fn patch_tokens(features: &BackboneFeatures, block: usize) -> Result<PatchTokens> {
    let tokens = features.taps[&block].squeeze(0)?; // [P, D]
    Ok(PatchTokens {
        width: tokens.dim(1)?,
        tokens: tokens.flatten_all()?.to_vec1()?,
        keys: features.last_keys.flatten_all()?.to_vec1()?,
    })
}

/// [`Evidence::key_similarity`] and [`Evidence::instance_similarity`] of one picture, both `[P, P]`.
fn similarities(features: &BackboneFeatures) -> Result<(Tensor, Tensor)> {
    let keys = features.last_keys.squeeze(0)?; // [P, D]
    let keys = keys.broadcast_div(&keys.sqr()?.sum_keepdim(D::Minus1)?.sqrt()?)?;
    let key_similarity = keys.matmul(&keys.t()?)?; // [P, P]
    let tokens = features.patch_tokens.squeeze(0)?; // [P, D]
    let products = tokens.matmul(&tokens.t()?)?; // [P, P]
    let mean_square = tokens.sqr()?.sum(1)?.mean(0)?; // []
    let instance_similarity = (products.broadcast_div(&mean_square)? + &key_similarity)?;
    Ok((key_similarity, instance_similarity))
}

/// The class maps and logits of the head in one picture, given the class token's `attention [P]`.
fn class_evidence(
    head: &Head,
    features: &BackboneFeatures,
    grid: Grid,
    attention: Vec<f32>,
) -> Result<ClassEvidence> {
    let tokens = match head.block {
        Some(block) => &features.taps[&block],
        None => &features.patch_tokens,
    }; // [1, P, D]
    let maps = head.maps(tokens, grid)?; // [1, C, P]
    let attention = Tensor::new(attention, tokens.device())?.unsqueeze(0)?; // [1, P]
    let logits = head.logits(&maps, &attention, features.pooled_map.as_ref())?; // [1, C]
    Ok(ClassEvidence {
        grid,
        logits: logits.squeeze(0)?.to_vec1()?,
        maps: maps.squeeze(0)?.to_vec2()?,
        is_multi_label: head.is_multi_label,
    })
}
