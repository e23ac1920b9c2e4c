//! How proposals are made, in the terms of the workers.

use crate::app::session::ProposalSettings;
use crate::app::workers::requests::{LocalizeOptions, ModelSettings};
use crate::localize::{BoxOptions, Method};

/// Which model processes pictures, and how thoroughly.
pub fn model_settings_of(settings: &ProposalSettings) -> ModelSettings {
    ModelSettings {
        model: settings.model.clone(),
        quality: settings.quality(),
        uses_detector: settings.method() == Method::Pool,
    }
}

/// How maps are cut.
pub fn localize_options_of(settings: &ProposalSettings) -> LocalizeOptions {
    LocalizeOptions {
        method: settings.method(),
        boxes: BoxOptions {
            threshold: settings.threshold,
            min_area: settings.min_area,
            min_score: settings.min_score,
            ..BoxOptions::default()
        },
    }
}
