//! The network below the class head, of one of the supported kinds. The names of the tensors show
//! which kind a checkpoint contains.

use std::collections::BTreeMap;

use candle_core::{Device, Result, Tensor};
use candle_nn::VarBuilder;

use super::block_config::BlockConfig;
use super::conformer::{Conformer, ConformerConfig};
use super::features::BackboneFeatures;
use super::shapes::TensorShapes;
use super::vit::{VisionTransformer, VitConfig};

/// The default number of patches for a transformer that accepts any grid (DINOv2).
const DEFAULT_PATCHES: usize = 256;

/// The sizes of a backbone, read from the shapes in its checkpoint.
pub enum BackboneConfig {
    /// A plain vision transformer.
    Vit(VitConfig),
    /// A Conformer.
    Conformer(ConformerConfig),
}

impl BackboneConfig {
    /// Reads the sizes from a checkpoint's tensors.
    ///
    /// # Errors
    /// A sentence that names the tensor that is missing or has the wrong shape.
    pub fn from_tensors(tensors: &BTreeMap<String, Tensor>) -> std::result::Result<Self, String> {
        if ConformerConfig::matches(tensors) {
            ConformerConfig::from_tensors(tensors).map(Self::Conformer)
        } else {
            VitConfig::from_tensors(tensors).map(Self::Vit)
        }
    }

    /// The name and shape of every tensor of such a backbone.
    pub fn expected_shapes(&self) -> TensorShapes {
        match self {
            Self::Vit(config) => config.expected_shapes(),
            Self::Conformer(config) => config.expected_shapes(),
        }
    }

    /// The name of this kind in messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Vit(_) => "plain ViT",
            Self::Conformer(_) => "Conformer",
        }
    }

    /// Whether a tensor that is not needed may be present: a linear classifier, which yields no maps,
    /// or DINOv2's mask token.
    fn is_ignorable(&self, name: &str) -> bool {
        match self {
            Self::Vit(_) => {
                matches!(name, "head.weight" | "head.bias" | "mask_token")
                    || name.starts_with("classifier.")
            }
            Self::Conformer(_) => {
                name.starts_with("trans_cls_head.") || name.starts_with("conv_cls_head.")
            }
        }
    }

    /// Compares the tensors of a checkpoint with those that the backbone needs. Returns the names of
    /// tensors that are not needed.
    ///
    /// # Errors
    /// A sentence that lists the tensors that are missing, have the wrong shape, or do not belong to
    /// such a backbone.
    pub fn check(
        &self,
        tensors: &BTreeMap<String, Tensor>,
    ) -> std::result::Result<Vec<String>, String> {
        let expected = self.expected_shapes();
        let missing: Vec<&str> = expected
            .keys()
            .filter(|name| !tensors.contains_key(*name))
            .map(String::as_str)
            .collect();
        let misshapen: Vec<String> = expected
            .iter()
            .filter_map(|(name, shape)| {
                let found = tensors.get(name)?.dims();
                (found != shape).then(|| format!("{name} is {found:?}, expected {shape:?}"))
            })
            .collect();
        let (ignored, surplus): (Vec<&String>, Vec<&String>) = tensors
            .keys()
            .filter(|name| !expected.contains_key(*name))
            .partition(|name| self.is_ignorable(name));
        let mut faults = Vec::new();
        if !missing.is_empty() {
            faults.push(format!("missing: {}", missing.join(", ")));
        }
        if !misshapen.is_empty() {
            faults.push(format!("wrong shape: {}", misshapen.join("; ")));
        }
        if !surplus.is_empty() {
            let names: Vec<&str> = surplus.iter().map(|name| name.as_str()).collect();
            let kind = self.kind();
            faults.push(format!("not part of a {kind}: {}", names.join(", ")));
        }
        if faults.is_empty() {
            Ok(ignored.into_iter().cloned().collect())
        } else {
            Err(faults.join("; "))
        }
    }
}

/// A backbone with its weights on one device.
pub enum Backbone {
    /// A plain vision transformer: DeiT, DINOv2.
    Vit(Box<VisionTransformer>),
    /// A transformer and a residual network in parallel.
    Conformer(Box<Conformer>),
}

impl Backbone {
    /// Reads a backbone; `vb` must contain every tensor of [`BackboneConfig::expected_shapes`].
    ///
    /// # Errors
    /// If a tensor is missing or has another shape.
    pub fn new(config: BackboneConfig, vb: &VarBuilder) -> Result<Self> {
        match config {
            BackboneConfig::Vit(config) => {
                VisionTransformer::new(config, vb).map(|vit| Self::Vit(Box::new(vit)))
            }
            BackboneConfig::Conformer(config) => {
                Conformer::new(config, vb).map(|conformer| Self::Conformer(Box::new(conformer)))
            }
        }
    }

    /// The sizes of a transformer block.
    pub fn block_config(&self) -> &BlockConfig {
        match self {
            Self::Vit(vit) => &vit.config().block,
            Self::Conformer(conformer) => &conformer.config().block,
        }
    }

    /// The number of transformer blocks, L.
    pub fn depth(&self) -> usize {
        match self {
            Self::Vit(vit) => vit.config().depth,
            Self::Conformer(conformer) => conformer.config().depth,
        }
    }

    /// The side of a square patch in pixels.
    pub fn patch_size(&self) -> usize {
        match self {
            Self::Vit(vit) => vit.config().patch_size,
            Self::Conformer(conformer) => conformer.config().patch_size,
        }
    }

    /// The default approximate number of patches per picture: the number that the
    /// backbone was trained with, or 256 for DINOv2, which was trained to accept any grid.
    pub fn default_patches(&self) -> usize {
        match self {
            Self::Vit(vit) if vit.config().block.layer_scale => DEFAULT_PATCHES,
            Self::Vit(vit) => vit.config().trained_grid.patches(),
            Self::Conformer(conformer) => conformer.config().trained_grid().patches(),
        }
    }

    /// Width M of [`BackboneFeatures::pooled_map`], if there is one.
    pub fn pooled_width(&self) -> Option<usize> {
        match self {
            Self::Vit(_) => None,
            Self::Conformer(conformer) => conformer.config().stage_channels().last().copied(),
        }
    }

    /// The device that holds the weights.
    pub fn device(&self) -> &Device {
        match self {
            Self::Vit(vit) => vit.device(),
            Self::Conformer(conformer) => conformer.device(),
        }
    }

    /// Runs over normalised pixels `[N, 3, rows * patch, columns * patch]`, and keeps the patch tokens
    /// after each transformer block in `taps` (counted from 0).
    ///
    /// # Errors
    /// If the sides are not multiples of the patch side, or candle fails.
    pub fn forward(&self, pixels: &Tensor, taps: &[usize]) -> Result<BackboneFeatures> {
        match self {
            Self::Vit(vit) => vit.forward(pixels, taps),
            Self::Conformer(conformer) => conformer.forward(pixels, taps),
        }
    }
}
