//! What opens over the window, one at a time. Each reads the state and pushes actions.

pub mod class_picker;
pub mod exchange;
pub mod help;
pub mod open_path;
pub mod palette;
pub mod problems;
pub mod settings;
pub mod welcome;

use egui::{Id, Modal, Ui};

use super::action::Action;

/// What is open over the window.
pub enum Dialog {
    /// Any command by a part of its name.
    Palette(palette::Palette),
    /// A class for the selected boxes by a part of its name.
    ClassPicker(class_picker::ClassPicker),
    /// Every key, and what the mouse does.
    Help(help::Help),
    /// Theme, size, keys.
    Settings(settings::Settings),
    /// What went wrong.
    Problems,
    /// Annotations in.
    Import(exchange::Import),
    /// Annotations out.
    Export(exchange::Export),
    /// A path to be typed, where the system has no dialog.
    OpenPath(open_path::OpenPath),
}

/// A frame over the window with a title; Escape and a click beside it close it.
fn modal(
    context: &egui::Context,
    title: &str,
    width: f32,
    actions: &mut Vec<Action>,
    add: impl FnOnce(&mut Ui, &mut Vec<Action>),
) {
    let id = Id::unique(title);
    let room = context.content_rect().size() - egui::vec2(40.0, 80.0);
    let area = Modal::default_area(id).default_size(egui::vec2(width, room.y));
    let response = Modal::new(id).area(area).show(context, |ui| {
        ui.set_width(width.min(room.x));
        ui.horizontal(|ui| {
            ui.heading(title);
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let close = ui.button("✖").on_hover_text("Close (Esc)");
                if close.accessible_name("Close").clicked() {
                    actions.push(Action::CloseDialog);
                }
            });
        });
        ui.add_space(4.0);
        add(ui, actions);
    });
    if response.should_close() {
        actions.push(Action::CloseDialog);
    }
}
