//! The model file from which training starts.

use std::path::{Path, PathBuf};

use crate::nn::ModelError;
use crate::nn::shipped::{ModelSource, ShippedNetwork};
use crate::nn::weights::Weights;
use crate::tscam::backbone_file;

/// The model file from which training starts.
pub struct InitialModel {
    /// Its name: that of the file, or `dinov2-vits14` for the backbone that the program comes with.
    pub name: String,
    /// Its file.
    pub(super) path: PathBuf,
    /// Its weights and metadata.
    pub(super) weights: Weights,
}

impl InitialModel {
    /// The backbone that the program comes with.
    ///
    /// # Errors
    /// If its file is missing or another one.
    pub fn shipped(models: &ModelSource) -> Result<Self, ModelError> {
        let name = ShippedNetwork::Backbone.name();
        Ok(Self {
            name: name.to_owned(),
            path: PathBuf::from(name),
            weights: ShippedNetwork::Backbone.weights(models)?,
        })
    }

    /// Opens a `.safetensors` or `.pth` file of a DeiT, a DINOv2 or an official TS-CAM.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn open(path: &Path) -> Result<Self, ModelError> {
        let name = path.file_stem().unwrap_or(path.as_os_str());
        Ok(Self {
            name: name.to_string_lossy().into_owned(),
            path: path.to_owned(),
            weights: backbone_file::open(path)?,
        })
    }
}
