//! How proposals are made: model, quality, method and where its maps are cut.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::localize::{BoxOptions, Method, Quality};

/// The settings of proposals, as the project stores them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProposalSettings {
    /// The name of the method.
    pub method: String,
    /// Where maps are cut, in 0..1; none for the method's own threshold.
    pub threshold: Option<f32>,
    /// The smallest region as a share of the picture; none for four patches.
    pub min_area: Option<f32>,
    /// The lowest score of a proposal, in 0..1.
    pub min_score: f32,
    /// The model file; none for the embedded model.
    pub model: Option<PathBuf>,
    /// The name of the quality level.
    pub quality: String,
}

impl Default for ProposalSettings {
    fn default() -> Self {
        Self {
            method: Method::default().name().to_owned(),
            threshold: None,
            min_area: None,
            min_score: BoxOptions::default().min_score,
            model: None,
            quality: Quality::default().name().to_owned(),
        }
    }
}

impl ProposalSettings {
    /// The quality level, or the default if another version wrote an unknown name.
    pub fn quality(&self) -> Quality {
        self.quality.parse().unwrap_or_default()
    }

    /// The method, or the default if another version wrote an unknown name.
    pub fn method(&self) -> Method {
        self.method.parse().unwrap_or_default()
    }

    /// The threshold in effect: the chosen one or that of the method.
    pub fn effective_threshold(&self) -> f32 {
        self.threshold.unwrap_or(self.method().default_threshold())
    }
}
