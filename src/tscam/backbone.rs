//! The network under the class head, of one of the kinds known here; which one a checkpoint holds
//! is told by the names of its tensors.

use std::collections::BTreeMap;

use candle_core::{Device, Result, Tensor};
use candle_nn::VarBuilder;

use super::conformer::{Conformer, ConformerConfig};
use super::transformer::{BackboneFeatures, BlockConfig, TensorShapes};
use super::vit::{VisionTransformer, VitConfig};

/// Patches of a picture for a transformer that takes any grid (DINOv2).
const DEFAULT_PATCHES: usize = 256;

/// The sizes of a backbone, read from the shapes in its checkpoint.
pub enum BackboneConfig {
    /// Of a plain vision transformer.
    Vit(VitConfig),
    /// Of a Conformer.
    Conformer(ConformerConfig),
}

impl BackboneConfig {
    /// Reads the sizes from a checkpoint's tensors.
    ///
    /// # Errors
    /// A sentence that names the tensor which is missing or does not fit.
    pub fn from_tensors(tensors: &BTreeMap<String, Tensor>) -> std::result::Result<Self, String> {
        if ConformerConfig::recognises(tensors) {
            ConformerConfig::from_tensors(tensors).map(Self::Conformer)
        } else {
            VitConfig::from_tensors(tensors).map(Self::Vit)
        }
    }

    /// Every tensor that such a backbone has, with its shape.
    pub fn expected(&self) -> TensorShapes {
        match self {
            Self::Vit(config) => config.expected(),
            Self::Conformer(config) => config.expected(),
        }
    }

    /// What such a backbone is called.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Vit(_) => "plain ViT",
            Self::Conformer(_) => "Conformer",
        }
    }

    /// Whether a tensor that comes with such backbones may be left out: a linear classifier, which
    /// gives no maps, and DINOv2's mask token.
    pub fn ignores(&self, name: &str) -> bool {
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
}

/// A backbone with its weights on one device.
pub enum Backbone {
    /// A plain vision transformer: DeiT, DINOv2.
    Vit(VisionTransformer),
    /// A transformer and a residual network side by side.
    Conformer(Box<Conformer>),
}

impl Backbone {
    /// Builds a backbone; `vb` must hold every tensor of [`BackboneConfig::expected`].
    pub fn new(config: BackboneConfig, vb: &VarBuilder) -> Result<Self> {
        match config {
            BackboneConfig::Vit(config) => VisionTransformer::new(config, vb).map(Self::Vit),
            BackboneConfig::Conformer(config) => {
                Conformer::new(config, vb).map(|conformer| Self::Conformer(Box::new(conformer)))
            }
        }
    }

    /// The sizes of a transformer block.
    pub fn block(&self) -> &BlockConfig {
        match self {
            Self::Vit(vit) => &vit.config().block,
            Self::Conformer(conformer) => &conformer.config().block,
        }
    }

    /// Number of transformer blocks.
    pub fn depth(&self) -> usize {
        match self {
            Self::Vit(vit) => vit.config().depth,
            Self::Conformer(conformer) => conformer.config().depth,
        }
    }

    /// Side of a square patch in pixels.
    pub fn patch_size(&self) -> usize {
        match self {
            Self::Vit(vit) => vit.config().patch_size,
            Self::Conformer(conformer) => conformer.config().patch_size,
        }
    }

    /// About how many patches a picture is cut into unless told otherwise: as many as the backbone
    /// was trained with, but 256 for DINOv2, which was trained to take any grid.
    pub fn default_patches(&self) -> usize {
        match self {
            Self::Vit(vit) if vit.config().block.layer_scale => DEFAULT_PATCHES,
            Self::Vit(vit) => vit.config().trained_grid.patches(),
            Self::Conformer(conformer) => conformer.config().trained_grid().patches(),
        }
    }

    /// Width of [`BackboneFeatures::pooled_map`], if there is one.
    pub fn pooled_width(&self) -> Option<usize> {
        match self {
            Self::Vit(_) => None,
            Self::Conformer(conformer) => conformer.config().stages().last().copied(),
        }
    }

    /// The device that holds the weights.
    pub fn device(&self) -> &Device {
        match self {
            Self::Vit(vit) => vit.device(),
            Self::Conformer(conformer) => conformer.device(),
        }
    }

    /// Runs over normalised pixels `[N, 3, rows * patch, columns * patch]`, keeping the tokens
    /// after each transformer block in `taps` (counted from 0).
    pub fn forward(&self, pixels: &Tensor, taps: &[usize]) -> Result<BackboneFeatures> {
        match self {
            Self::Vit(vit) => vit.forward(pixels, taps),
            Self::Conformer(conformer) => conformer.forward(pixels, taps),
        }
    }
}
