//! What opens over the window, one at a time. Each reads the state and pushes actions.

pub mod class_names;
pub mod class_picker;
pub mod exchange;
pub mod help;
pub mod open_path;
pub mod palette;
pub mod problems;
pub mod settings;
pub mod tags;
pub mod welcome;

use egui::{Id, Modal, Ui};

use super::action::Action;

/// What is open over the window.
pub enum Dialog {
    /// Any command by a part of its name.
    Palette(palette::CommandPalette),
    /// A class for the selected boxes by a part of its name.
    ClassPicker(class_picker::ClassPicker),
    /// Which classes the selected pictures show.
    Tags(tags::Tags),
    /// What the model's classes are called.
    ClassNames(class_names::ClassNames),
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

/// A frame in the middle of the window with a title; Escape and a click beside it close it.
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
    modal_in(context, area, title, width.min(room.x), actions, add);
}

/// As [`modal`], beside something on the screen.
fn modal_at(
    context: &egui::Context,
    place: egui::Rect,
    title: &str,
    size: egui::Vec2,
    actions: &mut Vec<Action>,
    add: impl FnOnce(&mut Ui, &mut Vec<Action>),
) {
    let screen = context.content_rect().shrink(8.0);
    let right = place.right() + 12.0;
    let left = place.left() - size.x - 36.0;
    let x = if right + size.x <= screen.right() {
        right
    } else {
        left
    };
    let least = screen.min;
    let most = (screen.max - size).max(least);
    let corner = egui::pos2(x, place.top()).clamp(least, most);
    let area = egui::Area::new(Id::unique(title))
        .kind(egui::UiKind::Modal)
        .sense(egui::Sense::hover())
        .order(egui::Order::Foreground)
        .fixed_pos(corner)
        .default_size(size);
    modal_in(context, area, title, size.x, actions, add);
}

fn modal_in(
    context: &egui::Context,
    area: egui::Area,
    title: &str,
    width: f32,
    actions: &mut Vec<Action>,
    add: impl FnOnce(&mut Ui, &mut Vec<Action>),
) {
    let modal = Modal::new(Id::unique(title)).area(area);
    let response = modal.show(context, |ui| {
        ui.set_width(width);
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
