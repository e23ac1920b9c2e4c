//! TS-CAM (arXiv 2103.14862) up to the evidence: a picture in, the class token's attention, the
//! patches' similarities and the class maps out. What becomes of them is [`crate::localize`]'s.
//!
//! [`weights`] reads checkpoints, [`backbone`] is the network ([`vit`] or [`conformer`], made of
//! [`transformer`] blocks), [`head`] the class head, [`efficientnet`] the companion that names
//! things, [`device`] says where they run. candle stays
//! inside this module and `learn`.

pub mod backbone;
pub mod backbone_file;
pub mod conformer;
pub mod efficientnet;
pub mod head;
pub mod transformer;
pub mod vit;

use std::path::Path;

use candle_core::{D, DType, Device, Tensor};
use candle_nn::VarBuilder;
use image::{RgbImage, imageops};

use crate::geometry::Grid;
use crate::localize::{ClassEvidence, Evidence, PatchTokens, Quality};
pub use crate::nn::ModelError;
use crate::nn::pixels::ChannelStats;
use crate::nn::weights::Weights;
use crate::pictures;
use backbone::{Backbone, BackboneConfig};
pub use backbone_file::EMBEDDED_BACKBONE_NAME;
use efficientnet::EfficientNet;
use head::Head;
use transformer::BackboneFeatures;

/// The companion that knows ImageNet's thousand classes, EfficientNet-Lite2; see there, too.
static EMBEDDED_COMPANION: &[u8] = include_bytes!("../../models/efficientnet-lite2.safetensors");
/// How a picture is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InputOptions {
    /// About how many patches; the backbone's own number if none.
    pub patches: Option<usize>,
    /// Squash every picture to a square, as the paper does, in place of keeping its aspect.
    pub square: bool,
    /// Ignore the file's orientation tag, as the official evaluation does; boxes then refer to the
    /// picture as it is stored, so for measuring alone.
    pub as_stored: bool,
    /// How much is done for it.
    pub quality: Quality,
    /// Keep the patches' tokens after this block (counted from 0), for learning.
    pub tap: Option<usize>,
}

/// A picture as the networks take it.
pub struct ModelInput {
    /// Fills the grid of patches.
    patches: RgbImage,
    /// Squashed to the companion's square.
    companion: Option<RgbImage>,
    quality: Quality,
    tap: Option<usize>,
}

/// A backbone, with or without a class head, ready to run.
pub struct Model {
    /// `dinov2-vits14` for the embedded one, otherwise the file's name.
    pub name: String,
    /// SHA-256 of the backbone's file.
    pub fingerprint: String,
    /// Tensors of the checkpoint that are known and not needed here.
    pub ignored: Vec<String>,
    /// The `__metadata__` of its file.
    pub metadata: std::collections::BTreeMap<String, String>,
    backbone: Backbone,
    head: Option<Head>,
    companion: Option<EfficientNet>,
    channels: ChannelStats,
}

impl Model {
    /// The backbone that is compiled in.
    pub fn embedded(device: &Device) -> Result<Self, ModelError> {
        let path = Path::new(EMBEDDED_BACKBONE_NAME);
        Self::from_weights(
            EMBEDDED_BACKBONE_NAME.to_owned(),
            path,
            backbone_file::embedded()?,
            device,
        )
    }

    /// A backbone from a `.safetensors` or `.pth` file, with its head if it has one; or the embedded
    /// backbone with the head that the file holds alone.
    pub fn open(path: &Path, device: &Device) -> Result<Self, ModelError> {
        let name = path.file_stem().unwrap_or(path.as_os_str());
        let name = name.to_string_lossy().into_owned();
        let weights = backbone_file::open(path)?;
        if head::is_head_only(&weights.tensors) {
            return Self::embedded(device)?
                .with_head(Head::open(path, device)?)
                .map_err(|reason| ModelError::bad_file(path, reason));
        }
        Self::from_weights(name, path, weights, device)
    }

    /// What tells it from any other in the provenance of boxes: the beginnings of the backbone's
    /// fingerprint and of the head's, if that has a file of its own.
    pub fn version(&self) -> String {
        let head = self
            .head
            .as_ref()
            .and_then(|head| head.fingerprint.as_ref());
        let begin = |fingerprint: &str| fingerprint.chars().take(12).collect::<String>();
        let backbone = begin(&self.fingerprint);
        head.map_or(backbone.clone(), |head| {
            format!("{backbone}+{}", begin(head))
        })
    }

    fn from_weights(
        name: String,
        path: &Path,
        weights: Weights,
        device: &Device,
    ) -> Result<Self, ModelError> {
        let Weights {
            mut tensors,
            metadata,
            fingerprint,
        } = weights;
        let bad = |reason: String| ModelError::bad_file(path, reason);
        let head = Head::take(&mut tensors, &metadata, device).map_err(bad)?;
        let config = BackboneConfig::from_tensors(&tensors).map_err(bad)?;
        let ignored = check_keys(&config, &tensors).map_err(bad)?;
        let vb = VarBuilder::from_tensors(tensors.into_iter().collect(), DType::F32, device);
        let backbone = Backbone::new(config, &vb).map_err(|error| bad(error.to_string()))?;
        for (key, fact) in [
            ("patch_size", backbone.patch_size()),
            ("num_heads", backbone.block().heads),
        ] {
            let claim = metadata.get(key).map(|claim| claim.parse::<usize>());
            if claim.is_some_and(|claim| claim != Ok(fact)) {
                return Err(bad(format!("its metadata's {key} is not {fact}")));
            }
        }
        let channels = ChannelStats::from_metadata(&metadata).map_err(bad)?;
        let model = Self {
            name,
            fingerprint,
            ignored,
            metadata: metadata.into_iter().collect(),
            backbone,
            head: None,
            companion: None,
            channels,
        };
        match head {
            Some(head) => model.with_head(head).map_err(bad),
            None => Ok(model),
        }
    }

    /// The same backbone with another head.
    ///
    /// # Errors
    /// A sentence that says why the head does not fit this backbone.
    pub fn with_head(mut self, head: Head) -> Result<Self, String> {
        let embed_dim = self.backbone.block().embed_dim;
        if head.token_width() != embed_dim {
            return Err(format!(
                "its head reads tokens {} wide, but those of {} are {} wide",
                head.token_width(),
                self.name,
                embed_dim
            ));
        }
        let depth = self.backbone.depth();
        if let Some(block) = head.block.filter(|block| *block >= depth) {
            return Err(format!(
                "its head reads block {block}, but {} has only {depth}",
                self.name
            ));
        }
        if let Some(width) = head.pooled_width()
            && self.backbone.pooled_width() != Some(width)
        {
            return Err(format!(
                "its head reads the map of a Conformer with {width} channels, but {} has none such",
                self.name
            ));
        }
        if head
            .backbone
            .as_ref()
            .is_some_and(|made_for| *made_for != self.fingerprint)
        {
            return Err(format!(
                "its head was trained on another backbone than {}; train it again or load that \
                 backbone with --model",
                self.name
            ));
        }
        self.head = Some(head);
        Ok(self)
    }

    /// The same backbone with the embedded companion.
    pub fn with_companion(mut self) -> Result<Self, ModelError> {
        let weights = Weights::from_safetensors(EMBEDDED_COMPANION)?;
        self.companion = Some(EfficientNet::new(weights, self.backbone.device())?);
        Ok(self)
    }

    /// The convolutional network that names things, if there is one.
    pub fn companion(&self) -> Option<&EfficientNet> {
        self.companion.as_ref()
    }

    /// The classes that its proposals are of: the head's, or without one the companion's.
    pub fn classes(&self) -> &[String] {
        let of_head = self.head.as_ref().map(|head| &head.classes);
        let of_companion = self.companion.as_ref().map(|companion| &companion.classes);
        of_head.or(of_companion).map_or(&[], Vec::as_slice)
    }

    /// The network under the head.
    pub fn backbone(&self) -> &Backbone {
        &self.backbone
    }

    /// The class head, if there is one.
    pub fn head(&self) -> Option<&Head> {
        self.head.as_ref()
    }

    /// The grid of patches for a picture of `width` x `height` pixels.
    pub fn grid_for(&self, width: u32, height: u32, input_options: InputOptions) -> Grid {
        let patches = input_options.patches;
        let patches = patches.unwrap_or_else(|| self.backbone.default_patches());
        let aspect = if input_options.square {
            1.0
        } else {
            f64::from(height) / f64::from(width)
        };
        // A sliver of a picture would otherwise get more patches than asked for.
        let side = |ratio: f64| {
            let side = (patches as f64 * ratio).sqrt().round() as usize;
            side.clamp(1, patches.max(1))
        };
        Grid {
            rows: side(aspect),
            columns: side(aspect.recip()),
        }
    }

    /// Width and height in pixels of a picture that fills `grid`.
    pub fn pixels_for(&self, grid: Grid) -> (u32, u32) {
        let patch = self.backbone.patch_size();
        ((grid.columns * patch) as u32, (grid.rows * patch) as u32)
    }

    /// Resizes an upright picture to what the networks take.
    pub fn input(&self, picture: &RgbImage, input_options: InputOptions) -> ModelInput {
        let (width, height) = picture.dimensions();
        let (columns, rows) = self.pixels_for(self.grid_for(width, height, input_options));
        let companion = self.companion.as_ref();
        let companion = companion.filter(|_| input_options.quality > Quality::Fast);
        ModelInput {
            quality: input_options.quality,
            tap: input_options.tap,
            patches: pictures::resize(picture, columns, rows),
            companion: companion.map(|companion| {
                let side = companion.input_side as u32;
                pictures::resize(picture, side, side)
            }),
        }
    }

    /// Looks at a picture.
    ///
    /// # Errors
    /// [`ModelError::Inference`] if the device fails, for want of memory for example, and
    /// [`ModelError::NotFinite`] if the weights are damaged.
    pub fn infer(&self, input: &ModelInput) -> Result<Evidence, ModelError> {
        let mut evidence = self.evidence(&self.normalised(&input.patches)?, input.tap)?;
        evidence.quality = input.quality;
        if let (Some(companion), Some(picture)) = (&self.companion, &input.companion) {
            let see = |picture: &RgbImage| -> candle_core::Result<ClassEvidence> {
                let seen = companion.class_maps(&companion.normalised(picture)?)?;
                Ok(ClassEvidence {
                    grid: seen.grid,
                    logits: seen.logits.squeeze(0)?.to_vec1()?,
                    maps: seen.maps.squeeze(0)?.to_vec2()?,
                    is_multi_label: false,
                })
            };
            let seen = see(picture)?;
            evidence.companion = Some(match input.quality {
                Quality::Fast | Quality::Balanced => seen,
                Quality::Best => {
                    seen.averaged_with_mirrored(&see(&imageops::flip_horizontal(picture))?)
                }
            });
        }
        if evidence.is_finite() {
            Ok(evidence)
        } else {
            Err(ModelError::NotFinite)
        }
    }

    /// Evidence from normalised pixels `[1, 3, rows * patch, columns * patch]`, with the patches'
    /// tokens after block `tap`, if one is given.
    pub fn evidence(&self, pixels: &Tensor, tap: Option<usize>) -> candle_core::Result<Evidence> {
        let (_, _, height, width) = pixels.dims4()?;
        let patch = self.backbone.patch_size();
        let grid = Grid {
            rows: height / patch,
            columns: width / patch,
        };
        let head_block = self.head.as_ref().and_then(|head| head.block);
        let taps: Vec<usize> = head_block.into_iter().chain(tap).collect();
        let features = self.features(pixels, &taps)?;
        let tokens = tap.map(|block| -> candle_core::Result<PatchTokens> {
            let tokens = features.taps[&block].squeeze(0)?;
            Ok(PatchTokens {
                width: tokens.dim(1)?,
                tokens: tokens.flatten_all()?.to_vec1()?,
                keys: features.last_keys.flatten_all()?.to_vec1()?,
            })
        });
        let learnable = tokens.transpose()?;
        let keys = features.last_keys.squeeze(0)?;
        let keys = keys.broadcast_div(&keys.sqr()?.sum_keepdim(D::Minus1)?.sqrt()?)?;
        let key_similarity = keys.matmul(&keys.t()?)?;
        let tokens = features.patch_tokens.squeeze(0)?;
        let products = tokens.matmul(&tokens.t()?)?;
        let mean_square = tokens.sqr()?.sum(1)?.mean(0)?;
        let instance_similarity = (products.broadcast_div(&mean_square)? + &key_similarity)?;
        let evidence = Evidence {
            grid,
            patch_size: patch,
            attention: features.attention.squeeze(0)?.to_vec2()?,
            key_similarity: key_similarity.flatten_all()?.to_vec1()?,
            instance_similarity: instance_similarity.flatten_all()?.to_vec1()?,
            quality: Quality::default(),
            head: None,
            companion: None,
            zoomed: Vec::new(),
            tokens: learnable,
        };
        let Some(head) = &self.head else {
            return Ok(evidence);
        };
        let tokens = match head.block {
            Some(block) => &features.taps[&block],
            None => &features.patch_tokens,
        };
        let maps = head.maps(tokens, grid)?;
        let attention = Tensor::new(evidence.summed_attention(), pixels.device())?.unsqueeze(0)?;
        let logits = head.logits(&maps, &attention, features.pooled_map.as_ref())?;
        Ok(Evidence {
            head: Some(ClassEvidence {
                grid,
                logits: logits.squeeze(0)?.to_vec1()?,
                maps: maps.squeeze(0)?.to_vec2()?,
                is_multi_label: head.is_multi_label,
            }),
            ..evidence
        })
    }

    /// What the backbone alone computes from normalised pixels `[N, 3, rows * patch, columns *
    /// patch]`, with the tokens after each block in `taps`.
    pub fn features(
        &self,
        pixels: &Tensor,
        taps: &[usize],
    ) -> candle_core::Result<BackboneFeatures> {
        self.backbone.forward(pixels, taps)
    }

    fn normalised(&self, pixels: &RgbImage) -> candle_core::Result<Tensor> {
        let pixels = std::slice::from_ref(pixels);
        self.channels.normalise(pixels, self.backbone.device())
    }
}

/// Checks a checkpoint's tensors against what the backbone needs, and returns those that are known
/// to be ignorable.
pub(crate) fn check_keys(
    config: &BackboneConfig,
    tensors: &std::collections::BTreeMap<String, Tensor>,
) -> Result<Vec<String>, String> {
    let expected = config.expected();
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
        .partition(|name| config.ignores(name));
    let mut faults = Vec::new();
    if !missing.is_empty() {
        faults.push(format!("missing: {}", missing.join(", ")));
    }
    if !misshapen.is_empty() {
        faults.push(format!("wrong shape: {}", misshapen.join("; ")));
    }
    if !surplus.is_empty() {
        let names: Vec<&str> = surplus.iter().map(|name| name.as_str()).collect();
        let kind = config.kind();
        faults.push(format!("not part of a {kind}: {}", names.join(", ")));
    }
    if faults.is_empty() {
        Ok(ignored.into_iter().cloned().collect())
    } else {
        Err(faults.join("; "))
    }
}
