//! What went wrong, with files and remedies.

use egui::{Context, ScrollArea};

use crate::app::action::Action;
use crate::app::notifications::Notifications;
use crate::app::theme::ThemePalette;

/// Draws the panel.
pub fn ui(context: &Context, notifications: &mut Notifications, actions: &mut Vec<Action>) {
    notifications.mark_read();
    super::modal(context, "Problems", 640.0, actions, |ui, actions| {
        if notifications.all_problems().len() == 0 {
            ui.label("Nothing has gone wrong.");
            return;
        }
        let height = context.content_rect().height() * 0.6;
        ScrollArea::vertical()
            .max_height(height)
            .auto_shrink([false, true])
            .show(ui, |ui| {
                let colour = ThemePalette::of(ui.visuals()).bad;
                for problem in notifications.all_problems() {
                    ui.horizontal_wrapped(|ui| {
                        ui.colored_label(colour, "⚠");
                        ui.label(problem);
                    });
                }
            });
        ui.separator();
        ui.horizontal(|ui| {
            if ui.button("Copy all").clicked() {
                let all: Vec<&str> = notifications.all_problems().map(String::as_str).collect();
                context.copy_text(all.join("\n"));
            }
            if ui.button("Clear").clicked() {
                actions.push(Action::ClearProblems);
            }
        });
    });
}
