//! Notifications over the window, which disappear after some seconds.

use std::time::Duration;

use egui::{Context, Id};

use super::state::Window;
use crate::app::action::Action;
use crate::app::i18n::tr;
use crate::app::theme::ThemePalette;

/// The width of a toast in points: that of the panel that it covers.
const TOAST_WIDTH: f32 = 236.0;
/// Seconds between the end of a toast and the frame without it.
const EXPIRY_MARGIN_SECS: f64 = 0.05;

impl Window {
    /// Draws the toasts.
    pub(super) fn toasts_ui(&mut self, context: &Context, actions: &mut Vec<Action>) {
        let now = context.input(|input| input.time);
        let mut toasts: Vec<_> = self.notifications.toasts(now).cloned().collect();
        toasts.reverse();
        if toasts.is_empty() {
            return;
        }
        egui::Area::new(Id::unique("toasts"))
            .anchor(egui::Align2::RIGHT_BOTTOM, egui::vec2(-10.0, -36.0))
            .order(egui::Order::Foreground)
            .show(context, |ui| {
                for toast in &toasts {
                    let palette = ThemePalette::of(ui.visuals());
                    let frame = egui::Frame::popup(ui.style()).inner_margin(9);
                    frame.show(ui, |ui| {
                        ui.set_max_width(TOAST_WIDTH);
                        ui.horizontal_wrapped(|ui| {
                            if toast.is_problem {
                                ui.colored_label(palette.bad, "⚠");
                            }
                            ui.label(&toast.text);
                            let close = ui.small_button("✖").on_hover_text(tr!("dismiss"));
                            if close.accessible_name(tr!("dismiss")).clicked() {
                                actions.push(Action::DismissToast(toast.text.clone()));
                            }
                        });
                    });
                }
            });
        if let Some(seconds) = self.notifications.seconds_to_next_expiry(now) {
            let margin = seconds + EXPIRY_MARGIN_SECS;
            context.request_repaint_after(Duration::from_secs_f64(margin));
        }
    }
}
