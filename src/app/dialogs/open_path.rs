//! A path to be typed, where the system shows no dialog of its own.

use std::path::PathBuf;

use egui::{Button, Context, Key, TextEdit};

use crate::app::action::Action;
use crate::app::workers::events::FilePurpose;

/// What a path is wanted for, and what was typed.
pub struct OpenPath {
    purpose: FilePurpose,
    text: String,
    had_focus: bool,
}

impl OpenPath {
    /// A dialog with nothing typed.
    pub fn new(purpose: FilePurpose) -> Self {
        Self {
            purpose,
            text: String::new(),
            had_focus: false,
        }
    }

    /// Draws the dialog.
    pub fn ui(&mut self, context: &Context, actions: &mut Vec<Action>) {
        super::modal(
            context,
            self.purpose.title(),
            560.0,
            actions,
            |ui, actions| {
                ui.label(
                "This system shows no file dialog to programs (it has no desktop portal), so type \
                 or paste the path here. A folder can also be dropped on the window.",
            );
                let field = TextEdit::singleline(&mut self.text)
                    .hint_text("/path/to/pictures")
                    .desired_width(f32::INFINITY);
                let response = ui.add(field).accessible_name("Path");
                if !self.had_focus {
                    response.request_focus();
                    self.had_focus = true;
                }
                let path = PathBuf::from(self.text.trim());
                let is_there = path.exists();
                if !self.text.trim().is_empty() && !is_there {
                    ui.weak("Nothing is there yet.");
                }
                let is_entered =
                    response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
                let is_clicked = ui.add_enabled(is_there, Button::new("Open")).clicked();
                if is_there && (is_clicked || is_entered) {
                    actions.push(Action::CloseDialog);
                    actions.push(match self.purpose {
                        FilePurpose::Model => Action::UseModel(Some(path)),
                        _ => Action::Open(path),
                    });
                }
            },
        );
    }
}
