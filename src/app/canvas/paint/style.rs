//! What a box looks like.

use egui::{Color32, Rect};

use crate::document::BoxState;

/// The side of a handle in points.
pub(super) const HANDLE_SIDE: f32 = 8.0;

/// How much a box is to be noticed, apart from being selected or under the pointer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Emphasis {
    /// As much as any.
    #[default]
    Usual,
    /// Less: another set has it, too.
    Quiet,
    /// More: another set has it not, or differently.
    Strong,
    /// Most: a person looks at this difference.
    Chosen,
    /// As [`Chosen`](Self::Chosen), where the box is missing.
    ChosenGhost,
}

/// How a box looks.
#[derive(Clone, Debug, PartialEq)]
pub struct BoxStyle {
    /// Its place on the screen, in points.
    pub rect: Rect,
    /// The colour of its class.
    pub colour: Color32,
    /// Its review state.
    pub state: BoxState,
    /// How much it is to be noticed.
    pub emphasis: Emphasis,
    /// Whether it is selected.
    pub is_selected: bool,
    /// Whether the pointer is over it.
    pub is_hovered: bool,
    /// Whether it is locked.
    pub is_locked: bool,
    /// The text of its badge: class, and score if it is a proposal.
    pub label: String,
}
