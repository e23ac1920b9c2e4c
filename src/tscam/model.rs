//! A backbone, with an optional class head and an optional companion.

use std::collections::BTreeMap;
use std::path::Path;

use candle_core::{DType, Device};
use candle_nn::VarBuilder;
use image::RgbImage;

use super::backbone::{Backbone, BackboneConfig};
use super::backbone_file;
use super::efficientnet::EfficientNet;
use super::head::{self, Head};
use super::input::{InputOptions, ModelInput};
use crate::geometry::Grid;
use crate::localize::Quality;
use crate::nn::pixels::ChannelStats;
use crate::nn::shipped::{ModelSource, ShippedNetwork};
use crate::nn::weights::Weights;
use crate::nn::{ModelError, NetworkIdentity};
use crate::pictures;

/// The number of digits of a fingerprint in [`Model::version`].
const VERSION_DIGITS: usize = 12;

/// A backbone, with an optional class head and an optional companion, ready to run.
///
/// ```
/// use tsukami::nn::device::DeviceChoice;
/// use tsukami::nn::shipped::ModelSource;
/// use tsukami::tscam::{InputOptions, Model};
///
/// let device = DeviceChoice::Auto.open()?.device;
/// let model = Model::shipped(&ModelSource::Program, &device)?;
/// // About 256 patches at the aspect ratio of the picture.
/// let grid = model.grid_for(640, 480, InputOptions::default());
/// assert_eq!((grid.rows, grid.columns), (14, 18));
/// # Ok::<(), tsukami::tscam::ModelError>(())
/// ```
pub struct Model {
    /// `dinov2-vits14` for the shipped backbone, otherwise the name of the file.
    pub name: String,
    /// SHA-256 of the backbone's file.
    pub fingerprint: String,
    /// The tensors of the checkpoint that are known but not needed.
    pub ignored: Vec<String>,
    /// The `__metadata__` of the file.
    pub metadata: BTreeMap<String, String>,
    pub(super) backbone: Backbone,
    pub(super) head: Option<Head>,
    pub(super) companion: Option<EfficientNet>,
    pub(super) channels: ChannelStats,
}

impl Model {
    /// The backbone that the program comes with, without head and companion.
    ///
    /// # Errors
    /// If its file is missing or another one, or the device fails, for example for lack of memory.
    pub fn shipped(models: &ModelSource, device: &Device) -> Result<Self, ModelError> {
        let name = ShippedNetwork::Backbone.name();
        let weights = ShippedNetwork::Backbone.weights(models)?;
        Self::from_weights(name.to_owned(), Path::new(name), weights, device)
    }

    /// Opens a `.safetensors` or `.pth` file. If it contains a backbone, the result is that backbone, with
    /// the head in the file if there is one. If it contains only a head, the result is the shipped
    /// backbone with that head.
    ///
    /// # Errors
    /// [`ModelError::Unreadable`] and [`ModelError::BadFile`], and those of [`shipped`](Self::shipped).
    pub fn open(path: &Path, models: &ModelSource, device: &Device) -> Result<Self, ModelError> {
        let name = path.file_stem().unwrap_or(path.as_os_str());
        let name = name.to_string_lossy().into_owned();
        let weights = backbone_file::open(path)?;
        if head::is_head_only(&weights.tensors) {
            return Self::shipped(models, device)?
                .with_head(Head::open(path, device)?)
                .map_err(|reason| ModelError::bad_file(path, reason));
        }
        Self::from_weights(name, path, weights, device)
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
        let head = Head::take_from(&mut tensors, &metadata, device).map_err(bad)?;
        let config = BackboneConfig::from_tensors(&tensors).map_err(bad)?;
        let ignored = config.check(&tensors).map_err(bad)?;
        let vb = VarBuilder::from_tensors(tensors.into_iter().collect(), DType::F32, device);
        let backbone = Backbone::new(config, &vb).map_err(|error| bad(error.to_string()))?;
        for (key, actual) in [
            ("patch_size", backbone.patch_size()),
            ("num_heads", backbone.block_config().heads),
        ] {
            let stated = metadata.get(key).map(|stated| stated.parse::<usize>());
            if stated.is_some_and(|stated| stated != Ok(actual)) {
                return Err(bad(format!("its metadata's {key} is not {actual}")));
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
        let embed_dim = self.backbone.block_config().embed_dim;
        if head.token_width() != embed_dim {
            return Err(format!(
                "its head reads tokens of width {}, but those of {} have width {}",
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
                "its head reads the map of a Conformer with {width} channels, which {} does not have",
                self.name
            ));
        }
        let trained_on = head.backbone_fingerprint.as_ref();
        if trained_on.is_some_and(|fingerprint| *fingerprint != self.fingerprint) {
            return Err(format!(
                "its head was trained on another backbone than {}; train it again or load that \
                 backbone with --model",
                self.name
            ));
        }
        self.head = Some(head);
        Ok(self)
    }

    /// The same model with the companion that the program comes with.
    ///
    /// # Errors
    /// If its file is missing or another one, or the device fails, for example for lack of memory.
    pub fn with_companion(mut self, models: &ModelSource) -> Result<Self, ModelError> {
        let weights = ShippedNetwork::Companion.weights(models)?;
        self.companion = Some(EfficientNet::new(weights, self.backbone.device())?);
        Ok(self)
    }

    /// The network below the head.
    pub fn backbone(&self) -> &Backbone {
        &self.backbone
    }

    /// The class head, if there is one.
    pub fn head(&self) -> Option<&Head> {
        self.head.as_ref()
    }

    /// The convolutional network that suggests names, if there is one.
    pub fn companion(&self) -> Option<&EfficientNet> {
        self.companion.as_ref()
    }

    /// The classes of its proposals: those of the head, or without a head those of the companion.
    pub fn classes(&self) -> &[String] {
        let of_head = self.head.as_ref().map(|head| &head.classes);
        let of_companion = self.companion.as_ref().map(|companion| &companion.classes);
        of_head.or(of_companion).map_or(&[], Vec::as_slice)
    }

    /// What identifies the model in the provenance of boxes: the first digits of the backbone's
    /// fingerprint, and of the head's if that has its own file.
    pub fn version(&self) -> String {
        let start = |fingerprint: &str| -> String {
            let digits = fingerprint.chars();
            digits.take(VERSION_DIGITS).collect()
        };
        let backbone = start(&self.fingerprint);
        let head = self.head.as_ref();
        match head.and_then(|head| head.fingerprint.as_ref()) {
            Some(head) => format!("{backbone}+{}", start(head)),
            None => backbone,
        }
    }

    /// The networks that take part at a level of quality: the backbone, the head if it has its own file,
    /// and above `fast` the companion if there is one.
    pub fn networks(&self, quality: Quality) -> Vec<NetworkIdentity> {
        let head = self.head.as_ref();
        let head = head.and_then(|head| head.fingerprint.as_deref());
        let companion = self.companion.as_ref();
        let companion = companion.filter(|_| quality > Quality::Fast);
        let companion = companion.map(|companion| companion.fingerprint.as_str());
        let parts = [
            (
                ShippedNetwork::Backbone.role(),
                Some(self.fingerprint.as_str()),
            ),
            ("head", head),
            (ShippedNetwork::Companion.role(), companion),
        ];
        let networks = parts.into_iter();
        let networks =
            networks.filter_map(|(name, sha256)| Some(NetworkIdentity::new(name, sha256?)));
        networks.collect()
    }

    /// The grid of patches for a picture of `width` x `height` pixels.
    pub fn grid_for(&self, width: u32, height: u32, options: InputOptions) -> Grid {
        let patches = options.patches;
        let patches = patches.unwrap_or_else(|| self.backbone.default_patches());
        let aspect = if options.square {
            1.0
        } else {
            f64::from(height) / f64::from(width)
        };
        // A very long and narrow picture would otherwise get more patches than requested.
        let side = |ratio: f64| {
            let side = (patches as f64 * ratio).sqrt().round() as usize;
            side.clamp(1, patches.max(1))
        };
        Grid {
            rows: side(aspect),
            columns: side(aspect.recip()),
        }
    }

    /// Width and height, in pixels, of a picture that fills `grid`.
    pub fn pixels_for(&self, grid: Grid) -> (u32, u32) {
        let patch = self.backbone.patch_size();
        ((grid.columns * patch) as u32, (grid.rows * patch) as u32)
    }

    /// Resizes an upright picture for the networks.
    pub fn input(&self, picture: &RgbImage, options: InputOptions) -> ModelInput {
        let (width, height) = picture.dimensions();
        let (columns, rows) = self.pixels_for(self.grid_for(width, height, options));
        let companion = self.companion.as_ref();
        let companion = companion.filter(|_| options.quality > Quality::Fast);
        ModelInput {
            quality: options.quality,
            tap: options.tap,
            patches: pictures::resize(picture, columns, rows),
            companion: companion.map(|companion| {
                let side = companion.input_side_px as u32;
                pictures::resize(picture, side, side)
            }),
        }
    }
}
