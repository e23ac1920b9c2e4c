//! The state of the point tool on the canvas.

use egui::Pos2;

use crate::segment::PromptPoint;

/// Where the point tool points.
#[derive(Default)]
pub(super) struct PointState {
    /// Points that were clicked, in pixels of the picture.
    pub pinned: Vec<PromptPoint>,
    /// The point under the pointer that was asked about last, in pixels of the picture.
    pub hovered: Option<Pos2>,
    /// The part of a step that a touchpad has scrolled.
    pub scrolled: f32,
}
