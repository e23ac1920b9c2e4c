//! What the workers share: which picture, which model, and how boxes are made.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::document::{self, PictureId};
use crate::learn::boxes::{LearnedBox, LearnedProposer};
use crate::localize::{BoxOptions, Method, Quality};

/// A picture to propose boxes for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PictureRequest {
    /// The picture.
    pub picture: PictureId,
    /// Where its file is.
    pub path: PathBuf,
    /// What the cache knows it by, whatever the model.
    pub key: String,
    /// Upright width and height, as the project knows them.
    pub size: [u32; 2],
}

/// Which model looks at pictures, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModelSettings {
    /// Another model than the embedded one.
    pub model: Option<PathBuf>,
    /// How much is done for a picture.
    pub quality: Quality,
}

/// What the window knows of the model that proposes.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelInfo {
    /// Its name.
    pub name: String,
    /// The beginning of its fingerprint.
    pub version: String,
    /// The names of the classes that its proposals are of.
    pub classes: Arc<[String]>,
    /// Whether these are a companion's, trained for nobody's project.
    pub is_foreign: bool,
    /// How much is done for a picture.
    pub quality: Quality,
    /// Where it runs, and why there if that is not where it was to.
    pub device: String,
}

impl ModelInfo {
    /// The provenance of boxes that it proposes.
    pub fn origin(&self, method: Method, threshold: f32) -> document::Provenance {
        document::Provenance {
            name: self.name.as_str().into(),
            version: self.version.as_str().into(),
            method: method.name().into(),
            threshold,
        }
    }

    /// What learning is bound to: what one model has seen at one quality says nothing to another.
    pub fn features_kind(&self) -> String {
        format!("{}/{}", self.version, self.quality)
    }

    /// The provenance of boxes by what it saw and something else: what was learnt, or an example.
    pub fn origin_with_method(&self, method: &str, version: &str) -> document::Provenance {
        document::Provenance {
            name: self.name.as_str().into(),
            version: format!("{}{version}", self.version).into(),
            method: method.into(),
            threshold: 0.0,
        }
    }

    /// What the cache knows the maps of a picture by.
    pub fn maps_key(&self, picture: &str) -> String {
        format!("{picture}/{}/{}", self.version, self.quality)
    }
}

/// How maps are cut.
#[derive(Clone, Debug, PartialEq)]
pub struct CutOptions {
    /// Which map.
    pub method: Method,
    /// Where it is cut, and what counts.
    pub boxes: BoxOptions,
}

/// What was learnt, as proposers use it.
#[derive(Clone)]
pub struct ActiveState {
    /// The number of the use: what was proposed by a former one is dropped.
    pub generation: u64,
    /// What was learnt.
    pub learned: Arc<LearnedProposer>,
}

/// Boxes of pictures.
pub type LearnedBoxes = Vec<(PictureId, Vec<LearnedBox>)>;

/// What the cache knows a picture by: its content where that is known, so that a renamed file is
/// found again and a changed one is not mistaken for what it was.
pub fn picture_key(picture: &document::Picture, root: &Path) -> String {
    match &picture.content_hash {
        Some(hash) => hash.to_string(),
        None => root.join(&*picture.path).display().to_string(),
    }
}
