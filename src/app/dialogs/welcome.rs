//! The screen without a project: open a folder, try the sample pictures, recent projects.

use std::path::Path;

use egui::{Button, RichText, Ui, vec2};

use crate::app::action::Action;
use crate::app::command::Command;
use crate::app::command_state::CommandState;
use crate::app::i18n::tr;
use crate::app::mark;
use crate::app::recent_list::RecentList;
use crate::app::theme::ThemePalette;

/// The side of the mark in points, also in a window that is lower than this.
const MARK_SIDE: f32 = 88.0;
const LOW_WINDOW: f32 = 560.0;
const LOW_MARK_SIDE: f32 = 52.0;

/// Draws the welcome screen.
pub fn ui(
    ui: &mut Ui,
    recents: &RecentList<'_>,
    opening: Option<&Path>,
    commands: &CommandState<'_>,
    actions: &mut Vec<Action>,
) {
    let palette = ThemePalette::of(ui.visuals());
    ui.vertical_centered(|ui| {
        let is_low = ui.available_height() < LOW_WINDOW;
        ui.add_space(match is_low {
            true => 8.0,
            false => ui.available_height() * 0.09,
        });
        let side = if is_low { LOW_MARK_SIDE } else { MARK_SIDE };
        ui.add(mark::image(ui.ctx(), side));
        ui.add_space(6.0);
        ui.label(RichText::new(tr!("welcome-title")).size(38.0));
        let subtitle = RichText::new(tr!("welcome-subtitle"));
        ui.label(subtitle.size(16.0).color(palette.quiet));
        ui.add_space(20.0);
        if let Some(path) = opening {
            ui.spinner();
            ui.label(tr!("welcome-opening", path = path.display().to_string()));
            return;
        }
        let size = vec2(300.0, 40.0);
        let text = RichText::new(tr!("welcome-open"))
            .size(16.0)
            .color(palette.on_accent);
        let button = Button::new(text).fill(palette.accent).min_size(size);
        let response = ui.add(button);
        if commands.named(response, Command::OpenFolder).clicked() {
            actions.push(Action::Command(Command::OpenFolder));
        }
        ui.add_space(4.0);
        let button = Button::new(RichText::new(tr!("welcome-sample")).size(16.0));
        let response = ui.add(button.min_size(size));
        if commands.named(response, Command::OpenSample).clicked() {
            actions.push(Action::Command(Command::OpenSample));
        }
        ui.add_space(8.0);
        ui.label(RichText::new(tr!("welcome-drop")).color(palette.quiet));
        recents.welcome_ui(ui, actions);
    });
}
