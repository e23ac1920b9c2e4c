//! What the workers share: pictures to process, the model, and how boxes are made.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::document::{self, PictureId};
use crate::learn::boxes::{LearnedBox, LearnedProposer};
use crate::localize::{BoxOptions, Method, Quality};

/// A picture as its file was at one time. Results for an earlier version are dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PictureVersion {
    /// The picture.
    pub picture: PictureId,
    /// Rises whenever its file changes while the project is open.
    pub version: u32,
}

/// A picture to process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PictureRequest {
    /// The picture.
    pub picture: PictureId,
    /// The version of its file.
    pub version: u32,
    /// Its file.
    pub path: PathBuf,
    /// Its part of cache keys; see [`picture_key`].
    pub key: String,
    /// Upright width and height in pixels, as the project has them.
    pub size: [u32; 2],
}

impl PictureRequest {
    /// What results for it carry.
    pub fn version(&self) -> PictureVersion {
        PictureVersion {
            picture: self.picture,
            version: self.version,
        }
    }
}

/// Which model processes pictures, and how thoroughly.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModelSettings {
    /// The model file; none for the embedded model.
    pub model: Option<PathBuf>,
    /// The quality level.
    pub quality: Quality,
    /// Whether a detector looks at pictures, too, above the lowest quality.
    pub uses_detector: bool,
}

/// A description of the model that proposes.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelInfo {
    /// Its name.
    pub name: String,
    /// The first digits of its fingerprint.
    pub version: String,
    /// The names of the classes that its proposals are of.
    pub classes: Arc<[String]>,
    /// Whether these are the companion's (ImageNet), and the detector's (COCO) if there is one, and not those
    /// of a class head of the user.
    pub has_companion_classes: bool,
    /// The quality level.
    pub quality: Quality,
    /// Whether a detector looks at pictures, too.
    pub has_detector: bool,
    /// The device that it runs on, with the reason if it is not the requested one.
    pub device: String,
}

impl ModelInfo {
    /// The provenance of boxes that are cut from its maps.
    pub fn provenance(&self, method: Method, threshold: f32) -> document::Provenance {
        document::Provenance {
            name: self.name.as_str().into(),
            version: self.version.as_str().into(),
            method: method.name().into(),
            threshold,
        }
    }

    /// What learned states are bound to: features of one model and quality are useless to others.
    pub fn model_key(&self) -> String {
        let detector = if self.has_detector { "/pool" } else { "" };
        format!("{}/{}{detector}", self.version, self.quality)
    }

    /// The provenance of boxes that were made from its features by another method. `version` is
    /// appended to its own.
    pub fn provenance_by_method(&self, method: &str, version: &str) -> document::Provenance {
        document::Provenance {
            name: self.name.as_str().into(),
            version: format!("{}{version}", self.version).into(),
            method: method.into(),
            threshold: 0.0,
        }
    }

    /// The cache key of the maps and features of a picture, from its [`picture_key`].
    pub fn cache_key(&self, picture: &str) -> String {
        format!("{picture}/{}", self.model_key())
    }
}

/// How boxes are cut from maps.
#[derive(Clone, Debug, PartialEq)]
pub struct LocalizeOptions {
    /// Which map is cut.
    pub method: Method,
    /// Where it is cut, and which regions count.
    pub boxes: BoxOptions,
}

/// The learned state that makes proposals.
#[derive(Clone)]
pub struct ActiveState {
    /// Rises with every change of the state; boxes of former generations are dropped.
    pub generation: u64,
    /// The state.
    pub learned: Arc<LearnedProposer>,
}

/// Learned boxes by picture.
pub type LearnedBoxes = Vec<(PictureId, Vec<LearnedBox>)>;

/// The part of cache keys that identifies a picture: the hash of its content where that is known, so
/// that a renamed file is found again and a changed one is not mistaken for the former.
pub fn picture_key(picture: &document::Picture, root: &Path) -> String {
    match &picture.content_hash {
        Some(hash) => hash.to_string(),
        None => root.join(&*picture.path).display().to_string(),
    }
}
