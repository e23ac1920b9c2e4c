//! What is exported and where to, what is imported and how.

use std::path::{Path, PathBuf};

use egui::{Button, ComboBox, Context, Key, TextEdit, Ui};

use crate::app::action::Action;
use crate::app::session::Session;
use crate::app::theme::ThemePalette;
use crate::app::workers::events::FilePurpose;
use crate::document::ReviewState;
use crate::formats::exchange::{
    ExportOptions, Files, FolderLayout, Format, ImportMode, PictureScope, Split,
};

/// Formats that a project is exported to, and what their users call them.
const EXPORTS: [(Format, &str); 6] = [
    (Format::Coco, "COCO JSON"),
    (Format::Yolo, "YOLO"),
    (Format::Voc, "Pascal VOC XML"),
    (Format::LabelMe, "labelme JSON"),
    (Format::CreateMl, "CreateML JSON"),
    (Format::Tags, "CSV of image tags"),
];

/// An export in the making.
pub struct Export {
    options: ExportOptions,
    /// Percent of pictures for training, validation and test, if they are parted.
    shares: Option<[u32; 3]>,
    path: String,
    /// Whether the person has given the path, so that it is not put in their place.
    is_path_edited: bool,
    folder: PathBuf,
    had_focus: bool,
}

impl Export {
    /// An export of what is reviewed, as COCO, beside the project file.
    pub fn new(session: &Session) -> Self {
        let project = session.project().path();
        let mut export = Self {
            options: ExportOptions::new(Format::Coco),
            shares: None,
            path: String::new(),
            is_path_edited: false,
            folder: project.with_extension(""),
            had_focus: false,
        };
        export.suggest();
        export
    }

    /// The path that the system's dialog gave.
    pub fn set_path(&mut self, path: &Path) {
        self.path = path.display().to_string();
        self.is_path_edited = true;
    }

    fn makes_folder(&self) -> bool {
        ExportOptions {
            split: self.split(),
            ..self.options.clone()
        }
        .makes_folder()
    }

    fn split(&self) -> Option<Split> {
        self.shares.map(|[train, val, test]| Split {
            train,
            val,
            test,
            seed: 0,
        })
    }

    /// Puts a path that fits the format where the person has given none.
    fn suggest(&mut self) {
        if self.is_path_edited {
            return;
        }
        let base = self.folder.display();
        let name = self.options.format.name();
        self.path = match (self.makes_folder(), self.options.format) {
            (true, _) => format!("{base}-{name}"),
            (false, Format::Tags) => format!("{base}-tags.csv"),
            (false, _) => format!("{base}-{name}.json"),
        };
    }

    /// Draws the dialog.
    pub fn ui(&mut self, context: &Context, session: &Session, actions: &mut Vec<Action>) {
        super::modal(context, "Export", 560.0, actions, |ui, actions| {
            let before = (self.options.clone(), self.shares);
            self.choices(ui);
            if before != (self.options.clone(), self.shares) {
                self.suggest();
            }
            ui.separator();
            self.target(ui, actions);
            let pictures = self.summary(session);
            ui.add_space(4.0);
            ui.weak(&pictures);
            ui.add_space(6.0);
            let path = PathBuf::from(self.path.trim());
            let has_path = !self.path.trim().is_empty();
            let is_there = has_path && path.exists();
            if is_there {
                let colour = ThemePalette::of(ui.visuals()).waiting;
                ui.colored_label(colour, "This is there already, and would be replaced.");
            }
            let text = if is_there { "Replace" } else { "Export" };
            let button = ui.add_enabled(has_path, Button::new(text));
            if !self.had_focus {
                // Enter exports.
                button.request_focus();
                self.had_focus = true;
            }
            if button.clicked() {
                let options = ExportOptions {
                    split: self.split(),
                    ..self.options.clone()
                };
                actions.push(Action::CloseDialog);
                actions.push(Action::Export(Box::new(options), path));
            }
        });
    }

    fn choices(&mut self, ui: &mut Ui) {
        let options = &mut self.options;
        ui.horizontal(|ui| {
            let label = ui.label("Format");
            let name = EXPORTS.iter().find(|(format, _)| *format == options.format);
            ui.label_inputs_by(label.id, |ui| {
                ComboBox::from_id_salt("format")
                    .selected_text(name.map_or("", |(_, name)| name))
                    .width(220.0)
                    .show_ui(ui, |ui| {
                        for (format, name) in EXPORTS {
                            ui.selectable_value(&mut options.format, format, name);
                        }
                    });
            });
        });
        let mut is_all = options.scope == PictureScope::All;
        ui.radio_value(
            &mut is_all,
            false,
            "Pictures that are done, verified empty ones included",
        );
        ui.radio_value(
            &mut is_all,
            true,
            "All pictures, with the boxes that are right so far",
        );
        options.scope = if is_all {
            PictureScope::All
        } else {
            PictureScope::Reviewed
        };
        if options.format == Format::Tags {
            return;
        }
        let mut is_split = self.shares.is_some();
        ui.checkbox(&mut is_split, "Split into training, validation and test");
        if is_split {
            let shares = self.shares.get_or_insert([80, 10, 10]);
            ui.horizontal(|ui| {
                for (share, name) in shares.iter_mut().zip(["train", "validate", "test"]) {
                    let label = ui.label(name);
                    ui.add(egui::DragValue::new(share).range(0..=100).suffix(" %"))
                        .labelled_by(label.id);
                }
            });
            ui.weak("A picture stays in its part in every export.");
        } else {
            self.shares = None;
        }
        ui.horizontal(|ui| {
            ui.label("Picture files:");
            ui.radio_value(&mut options.files, Files::Leave, "leave");
            ui.radio_value(&mut options.files, Files::Copy, "copy");
            ui.radio_value(&mut options.files, Files::Link, "link");
        });
        if matches!(options.format, Format::Coco | Format::Yolo) {
            let mut is_roboflow = options.layout == FolderLayout::Roboflow;
            ui.checkbox(&mut is_roboflow, "Folders as Roboflow has them");
            options.layout = if is_roboflow {
                FolderLayout::Roboflow
            } else {
                FolderLayout::Standard
            };
        }
        if options.format == Format::Coco {
            ui.checkbox(
                &mut options.provenance,
                "Keep who made each box (for Tsukami to read back)",
            );
        }
    }

    fn target(&mut self, ui: &mut Ui, actions: &mut Vec<Action>) {
        let makes_folder = self.makes_folder();
        let text = if makes_folder {
            "Into the new folder"
        } else {
            "Into the file"
        };
        let label = ui.label(text);
        ui.horizontal(|ui| {
            let field =
                TextEdit::singleline(&mut self.path).desired_width(ui.available_width() - 90.0);
            let response = ui.add(field).labelled_by(label.id);
            self.is_path_edited |= response.changed();
            if ui.button("Browse…").clicked() {
                let purpose = if makes_folder {
                    FilePurpose::ExportFolder
                } else {
                    FilePurpose::ExportFile
                };
                actions.push(Action::ChooseFile(purpose));
            }
        });
    }

    fn summary(&self, session: &Session) -> String {
        let document = session.document();
        let is_in = |review| self.options.scope == PictureScope::All || review == ReviewState::Done;
        let number = document.pictures().filter(|row| is_in(row.review)).count();
        let waiting = document.pictures().len() - number;
        let written = if number == 1 {
            "1 picture".to_owned()
        } else {
            format!("{number} pictures")
        };
        match (number, waiting) {
            (0, _) => {
                "No picture is done yet: mark some as done, or choose all pictures.".to_owned()
            }
            (_, 0) => format!("{written}. Proposals that nobody has judged are left out."),
            _ => format!(
                "{written}; {waiting} more not done. Proposals that nobody has judged are \
                 left out."
            ),
        }
    }
}

/// An import in the making.
#[derive(Default)]
pub struct Import {
    path: String,
    replaces: bool,
    had_focus: bool,
}

impl Import {
    /// The path that the system's dialog gave, or that was dropped.
    pub fn set_path(&mut self, path: &Path) {
        self.path = path.display().to_string();
    }

    /// Draws the dialog.
    pub fn ui(&mut self, context: &Context, actions: &mut Vec<Action>) {
        super::modal(context, "Import", 560.0, actions, |ui, actions| {
            let label = ui.label(
                "A file or folder of COCO, YOLO, Pascal VOC, labelme or CreateML annotations, or a \
                 CSV of image tags; which it is, is seen from its content.",
            );
            let mut is_entered = false;
            ui.horizontal(|ui| {
                let width = ui.available_width() - 150.0;
                let field = TextEdit::singleline(&mut self.path).desired_width(width);
                let response = ui.add(field).labelled_by(label.id);
                if !self.had_focus {
                    response.request_focus();
                    self.had_focus = true;
                }
                is_entered =
                    response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
                if ui.button("File…").clicked() {
                    actions.push(Action::ChooseFile(FilePurpose::ImportFile));
                }
                if ui.button("Folder…").clicked() {
                    actions.push(Action::ChooseFile(FilePurpose::ImportFolder));
                }
            });
            ui.radio_value(&mut self.replaces, false, "Add to the boxes that are there");
            ui.radio_value(
                &mut self.replaces,
                true,
                "Replace the boxes of the pictures that it names",
            );
            ui.weak(
                "Its pictures count as done, and proposals on them that nobody has judged are \
                 rejected. It is one step, which can be undone.",
            );
            ui.add_space(6.0);
            let path = PathBuf::from(self.path.trim());
            let has_path = !self.path.trim().is_empty();
            let is_there = has_path && path.exists();
            if has_path && !is_there {
                ui.weak("Nothing is there yet.");
            }
            let is_clicked = ui.add_enabled(is_there, Button::new("Import")).clicked();
            if is_there && (is_clicked || is_entered) {
                let mode = if self.replaces {
                    ImportMode::Replace
                } else {
                    ImportMode::Merge
                };
                actions.push(Action::CloseDialog);
                actions.push(Action::Import(path, mode));
            }
        });
    }
}
