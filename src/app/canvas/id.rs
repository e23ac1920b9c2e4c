//! The name of the canvas among the widgets of the toolkit.

use egui::Id;

/// The id of the canvas, to give it the focus or to ask for it.
pub fn id() -> Id {
    Id::unique("tsukami canvas")
}
