//! The controls for what is chosen, except for the classes.

use egui::{Button, ComboBox, DragValue, Label, RichText, Ui};

use super::choices::{Choices, DEFAULT_SHARES, PictureSource};
use crate::app::format_names::{name_and_note, offered};
use crate::app::i18n::tr;
use crate::document::Document;
use crate::formats::{FolderLayout, Format, PictureFiles};

/// The largest height of the list of formats in points.
const FORMATS_HEIGHT: f32 = 420.0;
/// The size of a note there, as a share of that of a name.
const NOTE_SCALE: f32 = 0.86;
/// The width of that list in points, which fits most of the notes.
const FORMATS_WIDTH: f32 = 380.0;

/// Draws the format, and what it is for.
pub fn format_ui(ui: &mut Ui, choices: &mut Choices) {
    let [name, note] = name_and_note(choices.format);
    ui.horizontal(|ui| {
        let label = ui.weak(tr!("export-format"));
        ui.label_inputs_by(label.id, |ui| {
            ComboBox::from_id_salt("format")
                .selected_text(name)
                .width(ui.available_width() - crate::app::form::COMBO_MARGIN)
                .height(FORMATS_HEIGHT)
                .show_ui(ui, |ui| {
                    ui.set_min_width(FORMATS_WIDTH);
                    for format in offered() {
                        entry_ui(ui, &mut choices.format, format);
                    }
                });
        });
    });
    ui.add(Label::new(RichText::new(note).weak()).wrap());
}

/// A format in the list, with its note below.
fn entry_ui(ui: &mut Ui, chosen: &mut Format, format: Format) {
    let [name, note] = name_and_note(format);
    let is_chosen = *chosen == format;
    let mut text = egui::text::LayoutJob::default();
    let style = ui.style();
    let colour = match is_chosen {
        true => style.visuals.selection.stroke.color,
        false => style.visuals.text_color(),
    };
    let body = egui::TextStyle::Body.resolve(style);
    let mut small = body.clone();
    small.size *= NOTE_SCALE;
    text.append(name, 0.0, egui::TextFormat::simple(body, colour));
    text.append("\n", 0.0, egui::TextFormat::default());
    let quiet = match is_chosen {
        true => colour,
        false => style.visuals.weak_text_color(),
    };
    text.append(note, 0.0, egui::TextFormat::simple(small, quiet));
    text.wrap.max_width = FORMATS_WIDTH;
    let button = Button::selectable(is_chosen, text);
    if ui.add(button).accessible_name(name).clicked() {
        *chosen = format;
    }
}

/// Draws the choice of pictures.
pub fn pictures_ui(ui: &mut Ui, choices: &mut Choices, document: &Document) {
    ui.weak(tr!("export-which"));
    let all = document.included_pictures().count();
    let source = &mut choices.source;
    ui.radio_value(
        source,
        PictureSource::Project,
        tr!("export-project", count = all),
    );
    let listed = choices.listed.len();
    ui.radio_value(
        source,
        PictureSource::Listed,
        tr!("export-listed", count = listed),
    );
    let selected = choices.selected.len();
    ui.add_enabled_ui(selected > 0, |ui| {
        let text = match selected {
            0 => tr!("export-none-selected").to_owned(),
            count => tr!("export-selected", count = count),
        };
        ui.radio_value(source, PictureSource::Selected, text)
            .on_disabled_hover_text(tr!("export-none-selected.tooltip"));
    });
    if choices.format != Format::Tags {
        ui.checkbox(&mut choices.is_done_only, tr!("export-done-only"))
            .on_hover_text(tr!("export-done-only.tooltip"));
    }
}

/// Draws how the files are arranged.
pub fn files_ui(ui: &mut Ui, choices: &mut Choices) {
    if choices.format == Format::Tags {
        return;
    }
    ui.weak(tr!("export-files"));
    for (kind, text) in [
        (PictureFiles::Leave, tr!("export-files-leave")),
        (PictureFiles::Copy, tr!("export-files-copy")),
        (PictureFiles::Link, tr!("export-files-link")),
    ] {
        ui.radio_value(&mut choices.files, kind, text);
    }
    split_ui(ui, &mut choices.shares);
    if choices.has_layouts() {
        let mut is_roboflow = choices.layout == FolderLayout::Roboflow;
        ui.checkbox(&mut is_roboflow, tr!("export-roboflow"));
        choices.layout = match is_roboflow {
            true => FolderLayout::Roboflow,
            false => FolderLayout::Standard,
        };
    }
    if choices.format == Format::Coco {
        ui.checkbox(&mut choices.provenance, tr!("export-provenance"))
            .on_hover_text(tr!("export-provenance.tooltip"));
    }
}

fn split_ui(ui: &mut Ui, shares: &mut Option<[u32; 3]>) {
    let mut is_split = shares.is_some();
    ui.checkbox(&mut is_split, tr!("export-split"))
        .on_hover_text(tr!("export-split.note"));
    if !is_split {
        *shares = None;
        return;
    }
    let shares = shares.get_or_insert(DEFAULT_SHARES);
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
}
