//! Export: what is written, the format, and the destination.

use std::path::{Path, PathBuf};

use egui::{ComboBox, Context, DragValue, TextEdit, Ui};

use super::modal::modal;
use crate::app::action::Action;
use crate::app::form;
use crate::app::i18n::tr;
use crate::app::session::Session;
use crate::app::theme::ThemePalette;
use crate::app::workers::events::FilePurpose;
use crate::app::workers::path_probe::PathProbe;
use crate::document::ReviewState;
use crate::formats::{
    ExportOptions, FolderLayout, Format, PictureFiles, PictureScope, SubsetSplit,
};

const WIDTH: f32 = 560.0;
/// Room for the “Browse…” button in points.
const BROWSE_WIDTH: f32 = 90.0;
/// Percent of the pictures for training, validation and test that a split begins with.
const DEFAULT_SHARES: [u32; 3] = [80, 10, 10];

/// The options of an export that are being chosen.
pub struct ExportDialog {
    options: ExportOptions,
    /// Percent of the pictures for training, validation and test, if the export is split.
    shares: Option<[u32; 3]>,
    path: String,
    /// Whether the user has given the path, so that a suggestion does not replace it.
    is_path_edited: bool,
    /// The folder of the pictures: suggested paths are beside it.
    root: PathBuf,
    probe: PathProbe,
    /// The export was asked for, and whether it would replace something is not known yet.
    is_asked: bool,
    had_focus: bool,
}

impl ExportDialog {
    /// An export of all reviewed pictures as COCO, beside the folder of the pictures.
    pub fn new(session: &Session) -> Self {
        let mut export = Self {
            options: ExportOptions::new(Format::Coco),
            shares: None,
            path: String::new(),
            is_path_edited: false,
            root: session.project().root().to_owned(),
            probe: PathProbe::default(),
            is_asked: false,
            had_focus: false,
        };
        export.suggest_path();
        export
    }

    /// Sets the path that was chosen in the system's file dialog.
    pub fn set_path(&mut self, path: &Path) {
        self.path = path.display().to_string();
        self.is_path_edited = true;
    }

    fn options(&self) -> ExportOptions {
        let split = self.shares.map(|[train, val, test]| SubsetSplit {
            train,
            val,
            test,
            seed: 0,
        });
        ExportOptions {
            split,
            ..self.options.clone()
        }
    }

    /// Sets a path that fits the options, unless the user has given one.
    fn suggest_path(&mut self) {
        if self.is_path_edited {
            return;
        }
        let path = self.options().default_path(&self.root);
        self.path = path.display().to_string();
    }

    /// Draws the dialog.
    pub fn ui(&mut self, context: &Context, session: &Session, actions: &mut Vec<Action>) {
        modal(
            context,
            tr!("export-title"),
            WIDTH,
            actions,
            |ui, actions| {
                let before = (self.options.clone(), self.shares);
                self.format_ui(ui);
                self.pictures_ui(ui);
                if self.options.format != Format::Tags {
                    self.split_ui(ui);
                    self.files_ui(ui);
                }
                if before != (self.options.clone(), self.shares) {
                    self.suggest_path();
                }
                ui.separator();
                self.path_ui(ui, actions);
                ui.add_space(4.0);
                ui.weak(self.summary(session));
                ui.add_space(6.0);
                self.export_button(ui, actions);
            },
        );
    }

    fn format_ui(&mut self, ui: &mut Ui) {
        ui.horizontal(|ui| {
            let label = ui.label(tr!("export-format"));
            ui.label_inputs_by(label.id, |ui| {
                ComboBox::from_id_salt("format")
                    .selected_text(format_name(self.options.format))
                    .width(220.0)
                    .show_ui(ui, |ui| {
                        // Results are for programs that evaluate models.
                        let formats = Format::ALL.into_iter();
                        for format in formats.filter(|format| *format != Format::CocoResults) {
                            let name = format_name(format);
                            ui.selectable_value(&mut self.options.format, format, name);
                        }
                    });
            });
        });
    }

    fn pictures_ui(&mut self, ui: &mut Ui) {
        let scope = &mut self.options.scope;
        ui.radio_value(scope, PictureScope::Reviewed, tr!("export-reviewed"));
        ui.radio_value(scope, PictureScope::All, tr!("export-all"));
    }

    fn split_ui(&mut self, ui: &mut Ui) {
        let mut is_split = self.shares.is_some();
        ui.checkbox(&mut is_split, tr!("export-split"));
        if !is_split {
            self.shares = None;
            return;
        }
        let shares = self.shares.get_or_insert(DEFAULT_SHARES);
        let names = [
            tr!("export-train"),
            tr!("export-validate"),
            tr!("export-test"),
        ];
        ui.horizontal(|ui| {
            for (share, name) in shares.iter_mut().zip(names) {
                let label = ui.label(name);
                ui.add(DragValue::new(share).range(0..=100).suffix(" %"))
                    .labelled_by(label.id);
            }
        });
        ui.weak(tr!("export-split.note"));
    }

    fn files_ui(&mut self, ui: &mut Ui) {
        let options = &mut self.options;
        ui.horizontal(|ui| {
            ui.label(tr!("export-files"));
            ui.radio_value(
                &mut options.files,
                PictureFiles::Leave,
                tr!("export-files-leave"),
            );
            ui.radio_value(
                &mut options.files,
                PictureFiles::Copy,
                tr!("export-files-copy"),
            );
            ui.radio_value(
                &mut options.files,
                PictureFiles::Link,
                tr!("export-files-link"),
            );
        });
        if matches!(options.format, Format::Coco | Format::Yolo) {
            let mut is_roboflow = options.layout == FolderLayout::Roboflow;
            ui.checkbox(&mut is_roboflow, tr!("export-roboflow"));
            options.layout = if is_roboflow {
                FolderLayout::Roboflow
            } else {
                FolderLayout::Standard
            };
        }
        if options.format == Format::Coco {
            ui.checkbox(&mut options.provenance, tr!("export-provenance"));
        }
    }

    fn path_ui(&mut self, ui: &mut Ui, actions: &mut Vec<Action>) {
        let (text, purpose) = if self.options().makes_folder() {
            (tr!("export-to-folder"), FilePurpose::ExportFolder)
        } else {
            (tr!("export-to-file"), FilePurpose::ExportFile)
        };
        let label = ui.label(text);
        ui.horizontal(|ui| {
            let width = ui.available_width() - BROWSE_WIDTH;
            let field = TextEdit::singleline(&mut self.path).desired_width(width);
            let response = ui.add(field).labelled_by(label.id);
            self.is_path_edited |= response.changed();
            if ui.button(tr!("browse")).clicked() {
                actions.push(Action::ChooseFile(purpose));
            }
        });
    }

    fn summary(&self, session: &Session) -> String {
        let document = session.document();
        let is_all = self.options.scope == PictureScope::All;
        let pictures = document
            .included_pictures()
            .filter(|row| is_all || row.review == ReviewState::Done)
            .count();
        let waiting = document.included_pictures().count() - pictures;
        let text = match (pictures, waiting) {
            (0, _) => tr!("export-nothing-done").to_owned(),
            (_, 0) => tr!("export-summary", pictures = pictures),
            _ => tr!(
                "export-summary-partial",
                pictures = pictures,
                waiting = waiting
            ),
        };
        match session.summary().excluded {
            0 => text,
            count => format!("{text} {}", tr!("export-taken-out", count = count)),
        }
    }

    fn export_button(&mut self, ui: &mut Ui, actions: &mut Vec<Action>) {
        let path = PathBuf::from(self.path.trim());
        let has_path = !self.path.trim().is_empty();
        let context = ui.ctx().clone();
        let exists = self.probe.exists(&path, move || context.request_repaint());
        let is_known = exists.is_some();
        let exists = has_path && exists == Some(true);
        if exists {
            let colour = ThemePalette::of(ui.visuals()).waiting;
            ui.colored_label(colour, tr!("export-exists"));
        }
        let text = if exists {
            tr!("export-replace")
        } else {
            tr!("export-start")
        };
        let button = form::primary_button(ui, has_path, text);
        if !self.had_focus {
            // Enter exports.
            button.request_focus();
            self.had_focus = true;
        }
        // What the button did not say that it would replace is not replaced.
        let was_asked = is_known && std::mem::take(&mut self.is_asked) && !exists;
        self.is_asked |= button.clicked() && !is_known;
        if was_asked || button.clicked() && is_known {
            actions.push(Action::CloseDialog);
            actions.push(Action::Export(Box::new(self.options()), path));
        }
    }
}

/// The common name of a format.
fn format_name(format: Format) -> &'static str {
    match format {
        Format::Coco => tr!("format-coco"),
        Format::Yolo => tr!("format-yolo"),
        Format::Voc => tr!("format-voc"),
        Format::LabelMe => tr!("format-labelme"),
        Format::CreateMl => tr!("format-createml"),
        Format::Cvat => tr!("format-cvat"),
        Format::LabelStudio => tr!("format-label-studio"),
        Format::Via => tr!("format-via"),
        Format::OpenImages => tr!("format-open-images"),
        Format::Tags => tr!("format-tags"),
        other => other.name(),
    }
}
