//! The screen without a project: open a folder, try the sample pictures, recent projects.

use std::path::{Path, PathBuf};

use egui::{Atom, Button, RichText, ScrollArea, Ui, vec2};

use crate::app::action::Action;
use crate::app::command::Command;
use crate::app::command_state::CommandState;
use crate::app::elide;
use crate::app::i18n::tr;
use crate::app::mark;
use crate::app::theme::ThemePalette;

/// The height of the list of recent projects before it scrolls, in points.
const MAX_RECENT_HEIGHT: f32 = 220.0;
/// The side of the mark and the width of a recent project in points.
const MARK_SIDE: f32 = 88.0;
const RECENT_WIDTH: f32 = 460.0;
/// The longest name and the longest folder of a recent project, in characters.
const MAX_NAME_CHARS: usize = 28;
const MAX_FOLDER_CHARS: usize = 40;

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
        ui.add_space((ui.available_height() * 0.09).max(12.0));
        ui.add(mark::image(ui.ctx(), MARK_SIDE));
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
        if !recent.is_empty() {
            ui.add_space(22.0);
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
            let folder = elide::middle(&folder.to_string(), MAX_FOLDER_CHARS);
            let name = elide::middle(&name, MAX_NAME_CHARS);
            let folder = RichText::new(folder).weak();
            let button = Button::new((name, Atom::grow(), folder))
                .frame_when_inactive(false)
                .min_size(vec2(RECENT_WIDTH, 26.0));
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
