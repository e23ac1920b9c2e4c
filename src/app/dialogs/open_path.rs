//! Typing a path, for systems without a file dialog.

use std::path::PathBuf;

use egui::{Button, Context, Key, TextEdit};

use super::modal::modal;
use crate::app::action::Action;
use crate::app::i18n::tr;
use crate::app::workers::events::FilePurpose;
use crate::app::workers::path_probe::PathProbe;

const WIDTH: f32 = 560.0;

/// What the path is for, and the text so far.
pub struct OpenPathDialog {
    purpose: FilePurpose,
    text: String,
    probe: PathProbe,
    had_focus: bool,
    /// It was asked for, and whether there is such a file is not known yet.
    is_entered: bool,
}

impl OpenPathDialog {
    /// A dialog without text.
    pub fn new(purpose: FilePurpose) -> Self {
        Self {
            purpose,
            text: String::new(),
            probe: PathProbe::default(),
            had_focus: false,
            is_entered: false,
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
            // A copy has a new name.
            let is_new = self.purpose == FilePurpose::ProjectCopy;
            let path = PathBuf::from(self.text.trim());
            let repaint = context.clone();
            let exists = self.probe.exists(&path, move || repaint.request_repaint());
            let has_text = !self.text.trim().is_empty();
            if has_text && exists == Some(false) && !is_new {
                ui.weak(tr!("path-not-found"));
            }
            self.is_entered |=
                response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            let can_open = has_text && (exists != Some(false) || is_new);
            let button = ui.add_enabled(can_open, Button::new(tr!("open-path-open")));
            self.is_entered |= button.clicked();
            let is_entered = exists.is_some() && std::mem::take(&mut self.is_entered);
            if can_open && is_entered {
                actions.push(Action::CloseDialog);
                actions.push(match self.purpose {
                    FilePurpose::Model => Action::UseModel(Some(path)),
                    FilePurpose::ProjectCopy => Action::SaveCopy(path),
                    FilePurpose::ClassList => Action::ReadClassList(path),
                    _ => Action::Open(path),
                });
            }
        });
    }
}
