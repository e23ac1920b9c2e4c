//! The small window for brightness, contrast and gamma.

use egui::Context;

use crate::app::action::Action;
use crate::app::canvas::Adjustment;
use crate::app::command::Command;

/// Draws it, with the adjustment that is in use.
pub(super) fn adjustment_ui(context: &Context, current: Adjustment, actions: &mut Vec<Action>) {
    let mut adjustment = current;
    egui::Window::new("Brightness and contrast")
        .collapsible(false)
        .resizable(false)
        .anchor(egui::Align2::RIGHT_TOP, egui::vec2(-300.0, 80.0))
        .show(context, |ui| {
            for (value, range, name) in [
                (&mut adjustment.brightness, -0.5..=0.5, "brightness"),
                (&mut adjustment.contrast, 0.5..=3.0, "contrast"),
                (&mut adjustment.gamma, 0.3..=3.0, "gamma"),
            ] {
                ui.add(egui::Slider::new(value, range).text(name));
            }
            ui.horizontal(|ui| {
                if ui.button("As it is").clicked() {
                    adjustment = Adjustment::default();
                }
                if ui.button("Close").clicked() {
                    actions.push(Action::Command(Command::BrightnessAndContrast));
                }
            });
            ui.weak("For the eye alone: files are not changed.");
        });
    if adjustment != current {
        actions.push(Action::SetAdjustment(adjustment));
    }
}
