//! The lines at the bottom: which picture this is, and what the model is doing.

use egui::{Align, Layout, ProgressBar, Ui};

use crate::app::action::Action;
use crate::app::command::Command;
use crate::app::command_state::CommandState;
use crate::app::notifications::Notifications;
use crate::app::panels::list;
use crate::app::theme::{self, ThemePalette};
use crate::app::workspace::Workspace;

/// Letters of a picture's tags that the line shows.
const MAX_TAG_CHARS: usize = 32;

/// The line of the picture.
pub fn ui(
    ui: &mut Ui,
    workspace: &Workspace,
    notifications: &Notifications,
    actions: &mut Vec<Action>,
) {
    let session = &workspace.session;
    let palette = ThemePalette::of(ui.visuals());
    ui.horizontal(|ui| {
        if let Some(row) = session
            .current()
            .and_then(|id| session.document().picture(id))
        {
            let is_empty = session.document().is_verified_empty(row.id);
            let state = theme::review_name(row.review, is_empty);
            let sign = theme::review_symbol(row.review, is_empty);
            ui.colored_label(palette.review(row.review), format!("{sign} {state}"));
            ui.separator();
            if let Some(at) = session.row(row.id) {
                ui.label(format!("{} of {}", at + 1, session.rows().len()));
                ui.separator();
            }
            if !row.tags.is_empty() {
                let tags = list::tag_names(workspace, row);
                let text: String = tags.chars().take(MAX_TAG_CHARS).collect();
                let is_whole = text.len() == tags.len();
                ui.weak(format!("🏷 {text}{}", if is_whole { "" } else { "…" }))
                    .on_hover_text(format!("Tagged {tags}"));
                ui.separator();
            }
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if notifications.unread() > 0 {
                let text = match notifications.unread() {
                    1 => "⚠ 1 problem".to_owned(),
                    number => format!("⚠ {number} problems"),
                };
                let button = egui::Button::new(egui::RichText::new(text).color(palette.bad));
                if ui
                    .add(button.frame(false))
                    .on_hover_text("What went wrong, with remedies")
                    .clicked()
                {
                    actions.push(Action::Command(Command::Problems));
                }
                ui.separator();
            }
            if let Some(row) = session
                .current()
                .and_then(|id| session.document().picture(id))
            {
                let percent = workspace.canvas.scale() * ui.pixels_per_point() * 100.0;
                ui.weak(format!("{percent:.0} %"));
                ui.separator();
                ui.weak(format!("{} × {}", row.width, row.height));
                ui.separator();
            }
            if !session.is_editable() {
                ui.colored_label(palette.waiting, "read only");
                ui.separator();
            }
            if let Some(exchange) = &workspace.exchange {
                ui.spinner();
                ui.label(*exchange);
            } else if workspace.is_scanning {
                ui.spinner();
                ui.label("Reading the folder…");
            }
            if workspace.is_current_pending() {
                ui.spinner();
                ui.label("The model looks at it…");
            }
            if workspace.canvas.is_draw_mode() {
                ui.colored_label(
                    palette.accent,
                    "Draw: drag, click two corners, or Enter; Esc gives up",
                );
            }
            // What is left of the line is for the name, however long.
            if let Some(row) = session
                .current()
                .and_then(|id| session.document().picture(id))
            {
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    let name = row.path.replace(char::is_control, " ");
                    ui.add(egui::Label::new(name).truncate())
                        .on_hover_text(&*row.path);
                });
            }
        });
    });
}

/// The model's run over many pictures, below the list: what comes and goes must not move the
/// picture.
pub fn job_ui(
    ui: &mut Ui,
    workspace: &Workspace,
    offer: &CommandState<'_>,
    actions: &mut Vec<Action>,
) {
    let Some(job) = &workspace.job else { return };
    let is_paused = job.paused.is_some();
    ui.add_space(3.0);
    ui.horizontal(|ui| {
        let words = if is_paused { "Halted" } else { "Proposing" };
        ui.label(format!("{words}, {} / {}", job.done(), job.total));
        if job.failed > 0 {
            ui.colored_label(
                ThemePalette::of(ui.visuals()).bad,
                format!("{} failed", job.failed),
            );
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let response = ui.small_button("⏹");
            if offer.named(response, Command::CancelProposing).clicked() {
                actions.push(Action::Command(Command::CancelProposing));
            }
            let response = ui.small_button(if is_paused { "▶" } else { "⏸" });
            if offer.named(response, Command::PauseProposing).clicked() {
                actions.push(Action::Command(Command::PauseProposing));
            }
        });
    });
    let share = job.done() as f32 / job.total.max(1) as f32;
    let bar = ProgressBar::new(share).desired_height(8.0);
    let response = ui.add(bar);
    response.accessible_name(format!(
        "Proposing, {} of {} pictures",
        job.done(),
        job.total
    ));
    let mut parts = Vec::new();
    if !is_paused && job.done() > 0 {
        parts.push(format!("{:.1} pictures/s", job.rate()));
    }
    if let Some(seconds) = job.seconds_left().filter(|_| !is_paused) {
        parts.push(format!("{} left", duration(seconds)));
    }
    ui.weak(parts.join(", "));
}

/// A time as a person says it.
fn duration(seconds: f64) -> String {
    let seconds = seconds.round() as u64;
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds:02} s"),
        (hours, minutes, _) => format!("{hours} h {minutes:02} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::duration;

    #[test]
    fn times_are_as_people_say_them() {
        let said = [0.4, 59.6, 3599.0, 7265.0].map(duration);
        assert_eq!(said, ["0 s", "1 min 00 s", "59 min 59 s", "2 h 01 min"]);
    }
}
