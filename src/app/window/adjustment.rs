//! The small window for brightness, contrast and gamma.

use egui::Context;

use crate::app::action::Action;
use crate::app::canvas::Adjustment;
use crate::app::command::Command;
use crate::app::form;
use crate::app::i18n::tr;

/// Draws it, with the adjustment that is in use.
pub(super) fn adjustment_ui(context: &Context, current: Adjustment, actions: &mut Vec<Action>) {
    let mut adjustment = current;
    egui::Window::new(tr!("adjustment-title"))
        .collapsible(false)
        .resizable(false)
        .anchor(egui::Align2::RIGHT_TOP, egui::vec2(-300.0, 80.0))
        .show(context, |ui| {
            for (value, range, name) in [
                (
                    &mut adjustment.brightness,
                    -0.5..=0.5,
                    tr!("adjustment-brightness"),
                ),
                (
                    &mut adjustment.contrast,
                    0.5..=3.0,
                    tr!("adjustment-contrast"),
                ),
                (&mut adjustment.gamma, 0.3..=3.0, tr!("adjustment-gamma")),
            ] {
                let slider = egui::Slider::new(value, range);
                form::slider_row(ui, form::PANEL_LABEL_WIDTH, [name, ""], slider);
            }
            ui.horizontal(|ui| {
                if ui.button(tr!("reset")).clicked() {
                    adjustment = Adjustment::default();
                }
                if ui.button(tr!("close")).clicked() {
                    actions.push(Action::Command(Command::BrightnessAndContrast));
                }
            });
            ui.weak(tr!("adjustment-note"));
        });
    if adjustment != current {
        actions.push(Action::SetAdjustment(adjustment));
    }
}
