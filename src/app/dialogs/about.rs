//! What the program is, its version and its licence.

use egui::{Context, RichText};

use super::modal::modal;
use crate::app::action::Action;
use crate::app::i18n::tr;
use crate::app::mark;

const WIDTH: f32 = 400.0;
/// The side of the mark in points.
const MARK_SIDE: f32 = 72.0;

/// Draws the dialog.
pub fn ui(context: &Context, actions: &mut Vec<Action>) {
    modal(context, tr!("about-title"), WIDTH, actions, |ui, _| {
        ui.horizontal(|ui| {
            ui.add(mark::image(ui.ctx(), MARK_SIDE));
            ui.add_space(8.0);
            ui.vertical(|ui| {
                ui.label(RichText::new(tr!("welcome-title")).size(24.0));
                ui.label(tr!("welcome-subtitle"));
                let version = env!("CARGO_PKG_VERSION");
                ui.weak(tr!("about-version", version = version));
            });
        });
        ui.add_space(8.0);
        ui.label(tr!("about-private"));
        ui.add_space(4.0);
        ui.weak(tr!("about-networks"));
        ui.weak(tr!("about-licence"));
    });
}
