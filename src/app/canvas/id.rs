//! The name of the canvas among the widgets of the toolkit.

use egui::Id;

/// The id of the canvas, to set or query the focus.
pub fn id() -> Id {
    Id::unique("tsukami canvas")
}
