//! Import: what is read, and how it is combined with the boxes of the project.

use std::path::{Path, PathBuf};

use egui::{Context, Key, TextEdit, Ui};

use super::modal::modal;
use crate::app::action::Action;
use crate::app::form;
use crate::app::i18n::tr;
use crate::app::workers::events::FilePurpose;
use crate::app::workers::path_probe::PathProbe;
use crate::formats::{ImportMode, ImportOptions, ImportedAs, MissingPictures, SizeRule};

const WIDTH: f32 = 560.0;
/// Room for the two buttons next to the path in points.
const BUTTONS_WIDTH: f32 = 150.0;

/// The options of an import that are being chosen.
#[derive(Default)]
pub struct ImportDialog {
    path: String,
    options: ImportOptions,
    probe: PathProbe,
    had_focus: bool,
    /// The import was asked for, and whether there is such a file is not known yet.
    is_entered: bool,
}

impl ImportDialog {
    /// Sets the path that was chosen in the system's file dialog or dropped on the window.
    pub fn set_path(&mut self, path: &Path) {
        self.path = path.display().to_string();
    }

    /// Draws the dialog.
    pub fn ui(&mut self, context: &Context, actions: &mut Vec<Action>) {
        modal(
            context,
            tr!("import-title"),
            WIDTH,
            actions,
            |ui, actions| {
                let label = ui.label(tr!("import-explanation"));
                ui.horizontal(|ui| {
                    let width = ui.available_width() - BUTTONS_WIDTH;
                    let field = TextEdit::singleline(&mut self.path).desired_width(width);
                    let response = ui.add(field).labelled_by(label.id);
                    if !self.had_focus {
                        response.request_focus();
                        self.had_focus = true;
                    }
                    self.is_entered |=
                        response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
                    if ui.button(tr!("import-file")).clicked() {
                        actions.push(Action::ChooseFile(FilePurpose::ImportFile));
                    }
                    if ui.button(tr!("import-folder")).clicked() {
                        actions.push(Action::ChooseFile(FilePurpose::ImportFolder));
                    }
                });
                options_ui(ui, &mut self.options);
                ui.add_space(6.0);
                let path = PathBuf::from(self.path.trim());
                let has_path = !self.path.trim().is_empty();
                let repaint = context.clone();
                let exists = self.probe.exists(&path, move || repaint.request_repaint());
                let is_missing = exists == Some(false);
                if has_path && is_missing {
                    ui.weak(tr!("path-not-found"));
                }
                let can_import = has_path && !is_missing;
                let button = form::primary_button(ui, can_import, tr!("import-start"));
                self.is_entered |= button.clicked();
                let is_entered = exists.is_some() && std::mem::take(&mut self.is_entered);
                if can_import && is_entered {
                    actions.push(Action::CloseDialog);
                    actions.push(Action::Import(path, self.options));
                }
            },
        );
    }
}

fn options_ui(ui: &mut Ui, options: &mut ImportOptions) {
    ui.add_space(6.0);
    ui.strong(tr!("import-mode"));
    ui.radio_value(&mut options.mode, ImportMode::Merge, tr!("import-add"));
    ui.radio_value(
        &mut options.mode,
        ImportMode::Replace,
        tr!("import-replace"),
    );
    ui.add_space(6.0);
    ui.strong(tr!("import-kind"));
    ui.radio_value(
        &mut options.boxes,
        ImportedAs::Truth,
        tr!("import-as-truth"),
    );
    ui.radio_value(
        &mut options.boxes,
        ImportedAs::Proposals,
        tr!("import-as-proposals"),
    );
    ui.add_space(6.0);
    ui.strong(tr!("import-sizes"));
    for (rule, text) in [
        (SizeRule::Review, tr!("import-sizes-review")),
        (SizeRule::Scale, tr!("import-sizes-scale")),
        (SizeRule::Rotate, tr!("import-sizes-rotate")),
    ] {
        ui.radio_value(&mut options.sizes, rule, text);
    }
    ui.add_space(6.0);
    let mut keeps = options.missing == MissingPictures::Keep;
    ui.checkbox(&mut keeps, tr!("import-keep-missing"))
        .on_hover_text(tr!("import-keep-missing.tooltip"));
    options.missing = if keeps {
        MissingPictures::Keep
    } else {
        MissingPictures::Skip
    };
    ui.add_space(6.0);
    ui.weak(match options.boxes {
        ImportedAs::Truth => tr!("import-effect"),
        ImportedAs::Proposals => tr!("import-effect-proposals"),
    });
}
