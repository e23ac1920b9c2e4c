//! Typing a path, for systems without a file dialog.

use std::path::PathBuf;

use egui::{Button, Context, Key, TextEdit};

use super::modal::modal;
use crate::app::action::Action;
use crate::app::i18n::tr;
use crate::app::workers::events::FilePurpose;

const WIDTH: f32 = 560.0;

/// What the path is for, and the text so far.
pub struct OpenPathDialog {
    purpose: FilePurpose,
    text: String,
    had_focus: bool,
}

impl OpenPathDialog {
    /// A dialog without text.
    pub fn new(purpose: FilePurpose) -> Self {
        Self {
            purpose,
            text: String::new(),
            had_focus: false,
        }
    }

    /// Draws the dialog.
    pub fn ui(&mut self, context: &Context, actions: &mut Vec<Action>) {
        let title = self.purpose.title();
        modal(context, title, WIDTH, actions, |ui, actions| {
            ui.label(tr!("open-path-explanation"));
            let field = TextEdit::singleline(&mut self.text)
                .hint_text(tr!("open-path-hint"))
                .desired_width(f32::INFINITY);
            let response = ui.add(field).accessible_name(tr!("open-path"));
            if !self.had_focus {
                response.request_focus();
                self.had_focus = true;
            }
            let path = PathBuf::from(self.text.trim());
            let exists = path.exists();
            if !self.text.trim().is_empty() && !exists {
                ui.weak(tr!("path-not-found"));
            }
            let is_entered =
                response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            let button = ui.add_enabled(exists, Button::new(tr!("open-path-open")));
            if exists && (button.clicked() || is_entered) {
                actions.push(Action::CloseDialog);
                actions.push(match self.purpose {
                    FilePurpose::Model => Action::UseModel(Some(path)),
                    FilePurpose::ClassList => Action::ReadClassList(path),
                    _ => Action::Open(path),
                });
            }
        });
    }
}
