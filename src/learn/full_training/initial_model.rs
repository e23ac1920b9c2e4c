//! The model file from which training starts.

use std::path::{Path, PathBuf};

use crate::nn::ModelError;
use crate::nn::weights::Weights;
use crate::tscam::{EMBEDDED_BACKBONE_NAME, backbone_file};

/// The model file from which training starts.
pub struct InitialModel {
    /// Its name: that of the file, or `dinov2-vits14` for the embedded model.
    pub name: String,
    /// Its file.
    pub(super) path: PathBuf,
    /// Its weights and metadata.
    pub(super) weights: Weights,
}

impl InitialModel {
    /// The embedded backbone.
    ///
    /// # Errors
    /// If the embedded file cannot be read.
    pub fn embedded() -> Result<Self, ModelError> {
        Ok(Self {
            name: EMBEDDED_BACKBONE_NAME.to_owned(),
            path: PathBuf::from(EMBEDDED_BACKBONE_NAME),
            weights: backbone_file::embedded()?,
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
