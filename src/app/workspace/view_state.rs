//! What the window shows of the open project, and how.

use std::sync::Arc;

use egui::TextureHandle;

use crate::app::canvas::{Adjustment, Canvas, Textures};
use crate::app::session::ProposalSettings;
use crate::document::{CategoryId, PictureId};
use crate::localize::Method;
use crate::propose::Proposal;

/// The view of the open project.
#[derive(Default)]
pub struct ViewState {
    /// Zoom, gestures and the draw mode.
    pub canvas: Canvas,
    /// Decoded pictures and thumbnails on the graphics card.
    pub textures: Textures,
    /// Brightness and contrast.
    pub adjustment: Adjustment,
    /// Whether boxes are hidden.
    pub are_boxes_hidden: bool,
    /// Whether the dashboard is shown instead of the canvas.
    pub shows_dashboard: bool,
    /// Whether the heat map is shown.
    pub shows_heat_map: bool,
    /// The class of the heat map, if the model has classes; `None` for the most probable one.
    pub heat_map_class: Option<usize>,
    /// Proposals as they would be, while a slider is dragged.
    pub preview: Option<ProposalPreview>,
    /// The heat map of the shown picture, if it is shown and there is one.
    pub(super) heat_map: Option<HeatMap>,
    /// The picture, document revision and need of full resolution that the workers were last asked
    /// for.
    pub(super) requested: Option<(PictureId, u64, bool)>,
}

impl ViewState {
    /// The picture whose heat map is kept.
    pub(super) fn heat_map_picture(&self) -> Option<PictureId> {
        self.heat_map.as_ref().map(|heat_map| heat_map.picture)
    }
}

/// Proposals as they would be with other settings.
pub struct ProposalPreview {
    /// The settings.
    pub settings: ProposalSettings,
    /// The proposals, each with the class that it would get, if that exists.
    pub boxes: Vec<(Proposal, Option<CategoryId>)>,
}

/// The heat map of a picture.
pub(super) struct HeatMap {
    pub picture: PictureId,
    pub method: Method,
    pub class: Option<usize>,
    /// The level at which the map is steepest, in 0..1.
    pub steepest: f32,
    pub texture: TextureHandle,
    /// The classes that the model found in the picture, by index and name.
    pub classes: Arc<[(usize, String)]>,
}
