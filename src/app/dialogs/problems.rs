//! What went wrong, with files and remedies.

use egui::{Context, ScrollArea};

use super::modal::modal;
use crate::app::action::Action;
use crate::app::i18n::tr;
use crate::app::notifications::Notifications;
use crate::app::theme::ThemePalette;
use crate::app::workers::events::FilePurpose;

const WIDTH: f32 = 640.0;
/// The height of the list before it scrolls, as a share of the window.
const MAX_HEIGHT_SHARE: f32 = 0.6;

/// Draws the dialog. `has_crashed` is whether there is a report of a panic to save.
pub fn ui(
    context: &Context,
    notifications: &Notifications,
    has_crashed: bool,
    actions: &mut Vec<Action>,
) {
    if notifications.unread() > 0 {
        actions.push(Action::MarkProblemsRead);
    }
    modal(
        context,
        tr!("problems-title"),
        WIDTH,
        actions,
        |ui, actions| {
            if notifications.all_problems().len() == 0 {
                ui.label(tr!("problems-empty"));
                return;
            }
            let height = context.content_rect().height() * MAX_HEIGHT_SHARE;
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
                if ui.button(tr!("problems-copy")).clicked() {
                    let all: Vec<&str> = notifications.all_problems().map(String::as_str).collect();
                    context.copy_text(all.join("\n"));
                }
                if has_crashed {
                    let button = ui.button(tr!("problems-report"));
                    if button
                        .on_hover_text(tr!("problems-report.tooltip"))
                        .clicked()
                    {
                        actions.push(Action::ChooseFile(FilePurpose::CrashReport));
                    }
                }
                if ui.button(tr!("problems-clear")).clicked() {
                    actions.push(Action::ClearProblems);
                }
            });
        },
    );
}
