//! How proposals are made: model, quality, method and where its maps are cut.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::localize::{Method, Quality};

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
    /// The lowest score of a proposal, in 0..1; none for that of the method.
    pub min_score: Option<f32>,
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
            min_score: None,
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

    /// The lowest score in effect: the chosen one or that of the method.
    pub fn effective_min_score(&self) -> f32 {
        let method = match self.is_judged() {
            true => self.method(),
            false => self.method().of_maps(),
        };
        self.min_score.unwrap_or(method.default_min_score())
    }

    /// Whether a detector looks at pictures, too, so that boxes are judged and not cut from maps.
    pub fn is_judged(&self) -> bool {
        self.method().needs_detector(self.quality())
    }

    /// The same with threshold, smallest size and lowest score of the method. The model, its quality and
    /// the method stay, because they are chosen elsewhere.
    pub fn with_default_sliders(&self) -> Self {
        Self {
            threshold: None,
            min_area: None,
            min_score: None,
            ..self.clone()
        }
    }

    /// The threshold in effect: the chosen one or that of the method.
    pub fn effective_threshold(&self) -> f32 {
        self.threshold.unwrap_or(self.method().default_threshold())
    }
}
