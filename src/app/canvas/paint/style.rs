//! What a box looks like.

use egui::{Color32, Rect};

use crate::document::BoxState;

/// The side of a handle in points.
pub(super) const HANDLE_SIDE: f32 = 8.0;

/// How a box looks.
#[derive(Clone, Debug, PartialEq)]
pub struct BoxStyle {
    /// Its place on the screen, in points.
    pub rect: Rect,
    /// The colour of its class.
    pub colour: Color32,
    /// Its review state.
    pub state: BoxState,
    /// Whether it is selected.
    pub is_selected: bool,
    /// Whether the pointer is over it.
    pub is_hovered: bool,
    /// Whether it is locked.
    pub is_locked: bool,
    /// The text of its badge: class, and score if it is a proposal.
    pub label: String,
}
