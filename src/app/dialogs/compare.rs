//! With what the boxes of the project are compared.

use std::path::{Path, PathBuf};

use egui::{Context, Key, TextEdit, Ui};

use super::modal::modal;
use crate::app::action::Action;
use crate::app::form;
use crate::app::i18n::tr;
use crate::app::workers::events::FilePurpose;
use crate::app::workers::path_probe::PathProbe;
use crate::app::workspace::Workspace;

const WIDTH: f32 = 520.0;
/// Room for the two buttons next to the path in points.
const BUTTONS_WIDTH: f32 = 150.0;

/// What is being chosen.
#[derive(Default)]
pub struct CompareDialog {
    path: String,
    probe: PathProbe,
    is_without_learning: bool,
    had_focus: bool,
    /// The comparison was asked for, and whether there is such a file is not known yet.
    is_entered: bool,
}

impl CompareDialog {
    /// Sets the path that was chosen in the system's file dialog.
    pub fn set_path(&mut self, path: &Path) {
        self.path = path.display().to_string();
        self.is_without_learning = false;
    }

    /// Draws the dialog.
    pub fn ui(&mut self, context: &Context, workspace: &Workspace, actions: &mut Vec<Action>) {
        let title = tr!("compare-title");
        modal(context, title, WIDTH, actions, |ui, actions| {
            let uses_learned = workspace.learning.active_state().is_some();
            self.is_without_learning &= uses_learned;
            ui.radio_value(
                &mut self.is_without_learning,
                false,
                tr!("compare-with-file"),
            );
            let exists = ui.indent("file", |ui| self.path_ui(ui, actions)).inner;
            ui.add_space(4.0);
            ui.add_enabled_ui(uses_learned, |ui| {
                let text = tr!("compare-without-learning");
                ui.radio_value(&mut self.is_without_learning, true, text);
                ui.indent("learning", |ui| {
                    ui.weak(match uses_learned {
                        true => tr!("compare-without-learning-note"),
                        false => tr!("compare-nothing-learned"),
                    });
                });
            });
            ui.add_space(8.0);
            let path = PathBuf::from(self.path.trim());
            let has_path = !self.path.trim().is_empty() && exists != Some(false);
            let can_start = self.is_without_learning || has_path;
            ui.horizontal(|ui| {
                let start = form::primary_button(ui, can_start, tr!("compare-start"));
                self.is_entered |= start.clicked();
                ui.weak(tr!("compare-effect"));
            });
            if self.is_without_learning && std::mem::take(&mut self.is_entered) {
                actions.push(Action::CloseDialog);
                actions.push(Action::CompareWithoutLearning);
            } else if exists.is_some() && std::mem::take(&mut self.is_entered) && can_start {
                actions.push(Action::CloseDialog);
                actions.push(Action::CompareWithFile(path));
            }
        });
    }

    /// Draws the field of the path. Returns whether there is such a file, if that is known.
    fn path_ui(&mut self, ui: &mut Ui, actions: &mut Vec<Action>) -> Option<bool> {
        ui.horizontal(|ui| {
            let width = ui.available_width() - BUTTONS_WIDTH;
            let field = TextEdit::singleline(&mut self.path)
                .hint_text(tr!("compare-path-hint"))
                .desired_width(width);
            let response = ui.add(field).accessible_name(tr!("compare-path"));
            if !self.had_focus {
                response.request_focus();
                self.had_focus = true;
            }
            if response.changed() {
                self.is_without_learning = false;
            }
            self.is_entered |=
                response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            if ui.button(tr!("import-file")).clicked() {
                actions.push(Action::ChooseFile(FilePurpose::CompareFile));
            }
            if ui.button(tr!("import-folder")).clicked() {
                actions.push(Action::ChooseFile(FilePurpose::CompareFolder));
            }
        });
        let path = PathBuf::from(self.path.trim());
        let repaint = ui.ctx().clone();
        let exists = self.probe.exists(&path, move || repaint.request_repaint());
        if !self.path.trim().is_empty() && exists == Some(false) {
            ui.weak(tr!("path-not-found"));
        } else {
            ui.weak(tr!("compare-formats"));
        }
        exists
    }
}
