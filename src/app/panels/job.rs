//! Proposing for many pictures: progress, speed, pause and stop.

use egui::{Align, Layout, ProgressBar, Ui};

use crate::app::action::Action;
use crate::app::command::Command;
use crate::app::command_state::CommandState;
use crate::app::i18n::tr;
use crate::app::theme::ThemePalette;
use crate::app::workspace::Workspace;

/// Draws the panel, if proposing is under way.
pub fn ui(
    ui: &mut Ui,
    workspace: &Workspace,
    commands: &CommandState<'_>,
    actions: &mut Vec<Action>,
) {
    let Some(job) = &workspace.proposing.job else {
        return;
    };
    let is_paused = job.paused.is_some();
    let (done, total) = (job.done(), job.total);
    ui.add_space(3.0);
    ui.horizontal(|ui| {
        ui.label(if is_paused {
            tr!("job-paused", done = done, total = total)
        } else {
            tr!("job-proposing", done = done, total = total)
        });
        if job.failed > 0 {
            let colour = ThemePalette::of(ui.visuals()).bad;
            ui.colored_label(colour, tr!("job-failed", count = job.failed));
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let response = ui.small_button("⏹");
            if commands.named(response, Command::CancelProposing).clicked() {
                actions.push(Action::Command(Command::CancelProposing));
            }
            let response = ui.small_button(if is_paused { "▶" } else { "⏸" });
            if commands.named(response, Command::PauseProposing).clicked() {
                actions.push(Action::Command(Command::PauseProposing));
            }
        });
    });
    let share = done as f32 / total.max(1) as f32;
    let bar = ProgressBar::new(share).desired_height(8.0);
    ui.add(bar)
        .accessible_name(tr!("job-progress", done = done, total = total));
    let mut parts = Vec::new();
    if !is_paused && done > 0 {
        let rate = format!("{:.1}", job.rate());
        parts.push(tr!("job-rate", rate = rate));
    }
    if let Some(seconds) = job.seconds_left().filter(|_| !is_paused) {
        parts.push(tr!("job-time-left", time = duration_text(seconds)));
    }
    ui.weak(parts.join(", "));
}

/// A duration in seconds, in suitable units.
fn duration_text(seconds: f64) -> String {
    let seconds = seconds.round() as u64;
    let two_digits = |number: u64| format!("{number:02}");
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => tr!("duration-seconds", seconds = seconds),
        (0, minutes, seconds) => tr!(
            "duration-minutes",
            minutes = minutes,
            seconds = two_digits(seconds)
        ),
        (hours, minutes, _) => tr!(
            "duration-hours",
            hours = hours,
            minutes = two_digits(minutes)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::duration_text;

    #[test]
    fn durations_have_two_units_at_most() {
        let texts = [0.4, 59.6, 3599.0, 7265.0].map(duration_text);
        assert_eq!(texts, ["0 s", "1 min 00 s", "59 min 59 s", "2 h 01 min"]);
    }
}
