//! Import: what is read, and how it is combined with the boxes of the project.

use std::path::{Path, PathBuf};

use egui::{Align, Context, Key, Label, Layout, TextEdit, Ui, vec2};

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

/// The number of names that are listed of several files.
const MAX_NAMES: usize = 20;

/// The options of an import that are being chosen.
#[derive(Default)]
pub struct ImportDialog {
    path: String,
    /// Several files, instead of the path.
    files: Vec<PathBuf>,
    options: ImportOptions,
    probe: PathProbe,
    had_focus: bool,
    /// The import was asked for, and whether there is such a file is not known yet.
    is_entered: bool,
}

impl ImportDialog {
    /// A dialog for a file or folder, or for several files of one format.
    pub fn of(paths: Vec<PathBuf>) -> Self {
        let mut dialog = Self::default();
        match &paths[..] {
            [path] => dialog.set_path(path),
            _ => dialog.files = paths,
        }
        dialog
    }

    /// Sets the path that was chosen in the system's file dialog.
    pub fn set_path(&mut self, path: &Path) {
        self.files.clear();
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
                    if self.files.is_empty() {
                        let field = TextEdit::singleline(&mut self.path).desired_width(width);
                        let response = ui.add(field).labelled_by(label.id);
                        if !self.had_focus {
                            response.request_focus();
                            self.had_focus = true;
                        }
                        self.is_entered |= response.lost_focus()
                            && ui.input(|input| input.key_pressed(Key::Enter));
                    } else {
                        files_ui(ui, &self.files, width);
                    }
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
                let has_files = !self.files.is_empty();
                let has_path = has_files || !self.path.trim().is_empty();
                let repaint = context.clone();
                // Files that were dropped were looked at.
                let exists = match has_files {
                    true => Some(true),
                    false => self.probe.exists(&path, move || repaint.request_repaint()),
                };
                let is_missing = exists == Some(false);
                if has_path && is_missing {
                    ui.weak(tr!("path-not-found"));
                }
                let can_import = has_path && !is_missing;
                let button = form::primary_button(ui, can_import, tr!("import-start"));
                if has_files && !self.had_focus {
                    // Enter imports.
                    button.request_focus();
                    self.had_focus = true;
                }
                self.is_entered |= button.clicked();
                let is_entered = exists.is_some() && std::mem::take(&mut self.is_entered);
                if can_import && is_entered {
                    let paths = match has_files {
                        true => self.files.clone(),
                        false => vec![path],
                    };
                    actions.push(Action::CloseDialog);
                    actions.push(Action::Import(paths, self.options));
                }
            },
        );
    }
}

/// Draws the names of several files, as many as there is room for, and their folder on hover.
fn files_ui(ui: &mut Ui, files: &[PathBuf], width: f32) {
    let name = |path: &PathBuf| {
        let name = path.file_name().unwrap_or(path.as_os_str());
        name.to_string_lossy().into_owned()
    };
    let names: Vec<String> = files.iter().take(MAX_NAMES).map(name).collect();
    let text = tr!(
        "import-files",
        count = files.len(),
        names = names.join(", ")
    );
    let size = vec2(width, ui.spacing().interact_size.y);
    let layout = Layout::left_to_right(Align::Center);
    let label = ui.allocate_ui_with_layout(size, layout, |ui| {
        ui.set_min_width(width);
        ui.add(Label::new(text).truncate())
    });
    let folder = files[0].parent().unwrap_or(Path::new("")).display();
    label.inner.on_hover_text(folder.to_string());
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
