//! The screen without a project: open a folder, try the sample pictures, recent projects.

use std::path::{Path, PathBuf};

use egui::{Button, RichText, ScrollArea, Ui, vec2};

use crate::app::action::Action;
use crate::app::command::Command;
use crate::app::command_state::CommandState;
use crate::app::i18n::tr;
use crate::app::theme::ThemePalette;

/// The height of the list of recent projects before it scrolls, in points.
const MAX_RECENT_HEIGHT: f32 = 260.0;

/// Draws the welcome screen.
pub fn ui(
    ui: &mut Ui,
    recent: &[PathBuf],
    opening: Option<&Path>,
    commands: &CommandState<'_>,
    actions: &mut Vec<Action>,
) {
    let palette = ThemePalette::of(ui.visuals());
    ui.vertical_centered(|ui| {
        ui.add_space((ui.available_height() * 0.12).max(16.0));
        ui.label(RichText::new(tr!("welcome-title")).size(44.0));
        let subtitle = RichText::new(tr!("welcome-subtitle"));
        ui.label(subtitle.size(16.0).color(palette.quiet));
        ui.add_space(26.0);
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
        if !recent.is_empty() {
            ui.add_space(26.0);
            ui.label(RichText::new(tr!("welcome-recent")).strong());
            recent_ui(ui, recent, actions);
        }
    });
}

fn recent_ui(ui: &mut Ui, recent: &[PathBuf], actions: &mut Vec<Action>) {
    let area = ScrollArea::vertical().max_height(MAX_RECENT_HEIGHT);
    area.show(ui, |ui| {
        for path in recent {
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            let folder = path.parent().unwrap_or(Path::new("")).display();
            let text = format!("{name}    {folder}");
            let button = Button::new(text)
                .truncate()
                .frame(false)
                .min_size(vec2(420.0, 24.0));
            let response = ui.add(button).on_hover_text(path.display().to_string());
            if response.clicked() {
                actions.push(Action::Open(path.clone()));
            }
            response.context_menu(|ui| {
                if ui.button(tr!("welcome-forget")).clicked() {
                    actions.push(Action::ForgetRecent(path.clone()));
                    ui.close();
                }
            });
        }
    });
}
