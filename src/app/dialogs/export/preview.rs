//! A plan in words: what is written, what is left out and why, and what would be replaced.

use egui::{Align, Label, Layout, RichText, Ui};

use super::choices::PictureSource;
use super::file_lines::{FileLine, file_lines, size_text};
use crate::app::format_names::name_and_note;
use crate::app::i18n::tr;
use crate::app::theme::ThemePalette;
use crate::document::Flag;
use crate::files::EXPORT_MARKER;
use crate::formats::{ExportOptions, ExportPlan, FileChange, Format, LeftOut};

/// The size of the sum of what is written in points.
const TOTAL_SIZE: f32 = 16.0;
/// The most lines of files, of removed files and of sentences.
const MAX_FILE_LINES: usize = 7;
const MAX_REMOVED: usize = 3;
const MAX_SENTENCES: usize = 3;

/// A plan, with what is shown of it.
pub struct Preview {
    plan: ExportPlan,
    options: ExportOptions,
    source: PictureSource,
    lines: Vec<FileLine>,
    omitted: usize,
    replaced: usize,
}

/// What a person relies on when the export begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    pictures: usize,
    boxes: usize,
    replaced: usize,
    removed: usize,
}

impl Outcome {
    /// Whether something that exists is replaced or removed.
    pub fn overwrites(self) -> bool {
        self.replaced > 0 || self.removed > 0
    }
}

impl Preview {
    /// Of the plan of an export with these options.
    pub fn new(plan: ExportPlan, options: ExportOptions, source: PictureSource) -> Self {
        let (lines, omitted) = file_lines(&plan.files, MAX_FILE_LINES);
        let files = plan.files.iter();
        let replaced = files.filter(|file| file.change == FileChange::Replaced);
        Self {
            replaced: replaced.count(),
            lines,
            omitted,
            plan,
            options,
            source,
        }
    }

    /// What a person relies on.
    pub fn outcome(&self) -> Outcome {
        Outcome {
            pictures: self.plan.report.pictures,
            boxes: self.plan.report.boxes,
            replaced: self.replaced,
            removed: self.plan.removed.len(),
        }
    }

    /// The number of boxes of each class that an export of all classes writes.
    pub fn classes(&self) -> &[(String, usize)] {
        &self.plan.classes
    }

    /// Whether there is nothing to export.
    pub fn is_empty(&self) -> bool {
        self.plan.report.pictures == 0
    }

    /// Draws it.
    pub fn ui(&self, ui: &mut Ui) {
        let (report, options) = (&self.plan.report, &self.options);
        let format = options.format;
        if self.is_empty() {
            ui.label(why_empty(options, &report.left_out));
        } else {
            let pictures = tr!("export-pictures", count = report.pictures);
            let boxes = tr!("export-boxes", count = report.boxes);
            let text = match format {
                Format::Tags => pictures,
                _ => format!("{pictures}, {boxes}"),
            };
            ui.label(RichText::new(text).strong().size(TOTAL_SIZE));
            if options.split.is_some() {
                let [train, val, test] = report.subsets;
                let text = tr!("export-subsets", train = train, val = val, test = test);
                ui.weak(text);
            }
            self.files_ui(ui);
        }
        self.replaced_ui(ui);
        self.left_out_ui(ui, format);
        self.losses_ui(ui, format);
        let changed = &report.changed;
        if !changed.is_empty() {
            heading(ui, tr!("export-changed"));
            let texts = &changed.texts;
            for text in texts.iter().take(MAX_SENTENCES) {
                item(ui, text);
            }
            more_ui(
                ui,
                texts.len().saturating_sub(MAX_SENTENCES) + changed.omitted,
            );
        }
    }

    fn files_ui(&self, ui: &mut Ui) {
        for line in &self.lines {
            let amount = match line.count {
                1 if line.name == EXPORT_MARKER => tr!("export-marker").to_owned(),
                1 => size_text(line.bytes),
                count => tr!(
                    "export-line-files",
                    count = count,
                    size = size_text(line.bytes)
                ),
            };
            let height = ui.text_style_height(&egui::TextStyle::Body);
            ui.horizontal(|ui| {
                ui.set_height(height);
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    ui.weak(amount);
                    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                        ui.add(Label::new(&line.name).truncate());
                    });
                });
            });
        }
        if self.omitted > 0 {
            ui.weak(tr!("export-more-files", count = self.omitted));
        }
    }

    fn replaced_ui(&self, ui: &mut Ui) {
        let colour = ThemePalette::of(ui.visuals()).waiting;
        let text = |ui: &mut Ui, text: String| {
            ui.label(RichText::new(text).color(colour));
        };
        if self.replaced > 0 {
            ui.add_space(4.0);
            text(ui, tr!("export-replaces", count = self.replaced));
        }
        let removed = &self.plan.removed;
        if !removed.is_empty() {
            ui.add_space(4.0);
            text(ui, tr!("export-removes", count = removed.len()));
            for name in removed.iter().take(MAX_REMOVED) {
                item(ui, name);
            }
            more_ui(ui, removed.len().saturating_sub(MAX_REMOVED));
        }
    }

    fn left_out_ui(&self, ui: &mut Ui, format: Format) {
        let report = &self.plan.report;
        let LeftOut {
            other_pictures,
            unfinished,
            blank,
            boxes,
            emptied,
            proposals,
        } = report.left_out;
        let is_tags = format == Format::Tags;
        let others = match self.source {
            PictureSource::Selected => tr!("export-left-unselected", count = other_pictures),
            _ => tr!("export-left-unlisted", count = other_pictures),
        };
        let blanks = match is_tags {
            true => tr!("export-left-untagged", count = blank),
            false => tr!("export-left-blank", count = blank),
        };
        let of_classes = match emptied {
            0 => tr!("export-left-boxes", count = boxes),
            _ => {
                let boxes = tr!("export-left-boxes", count = boxes);
                format!("{boxes}; {}", tr!("export-left-emptied", count = emptied))
            }
        };
        let lines = [
            (boxes * usize::from(!is_tags), of_classes),
            (
                unfinished,
                tr!("export-left-unfinished", count = unfinished),
            ),
            (other_pictures, others),
            (
                report.excluded,
                tr!("export-left-excluded", count = report.excluded),
            ),
            (blank, blanks),
            (
                proposals * usize::from(!is_tags),
                tr!("export-left-proposals", count = proposals),
            ),
        ];
        let mut lines = lines.into_iter().filter(|(count, _)| *count > 0).peekable();
        if lines.peek().is_some() {
            heading(ui, tr!("export-left-out"));
            lines.for_each(|(_, text)| item(ui, &text));
        }
    }

    fn losses_ui(&self, ui: &mut Ui, format: Format) {
        let losses = &self.plan.losses;
        if losses.is_none() {
            return;
        }
        let [name, _] = name_and_note(format);
        heading(ui, &tr!("export-lost", format = name));
        if losses.boxes > 0 {
            let text = match format {
                Format::Tags => tr!("export-lost-boxes", count = losses.boxes),
                _ => tr!("export-lost-crowds", count = losses.boxes),
            };
            item(ui, &text);
        }
        for (flag, count) in &losses.flags {
            let flag = match flag {
                Flag::Crowd => tr!("step-crowd"),
                Flag::Difficult => tr!("step-difficult"),
                Flag::Occluded => tr!("step-occluded"),
                Flag::Truncated => tr!("step-truncated"),
            };
            item(ui, &tr!("export-lost-flag", flag = flag, count = *count));
        }
        let counted = [
            (
                losses.attributes,
                tr!("export-lost-attributes", count = losses.attributes),
            ),
            (
                losses.outlines,
                tr!("export-lost-outlines", count = losses.outlines),
            ),
            (losses.tags, tr!("export-lost-tags", count = losses.tags)),
        ];
        for (_, text) in counted.iter().filter(|(count, _)| *count > 0) {
            item(ui, text);
        }
    }
}

/// Why there is nothing to export, and the remedy.
fn why_empty(options: &ExportOptions, left_out: &LeftOut) -> &'static str {
    match options.format {
        Format::Tags => tr!("export-nothing-tagged"),
        _ if left_out.unfinished > 0 => tr!("export-nothing-done"),
        _ => tr!("export-nothing"),
    }
}

fn heading(ui: &mut Ui, text: &str) {
    ui.add_space(6.0);
    ui.weak(text);
}

/// A line of a list.
fn item(ui: &mut Ui, text: &str) {
    ui.add(Label::new(format!("• {text}")).wrap());
}

fn more_ui(ui: &mut Ui, count: usize) {
    if count > 0 {
        ui.weak(tr!("export-more", count = count));
    }
}
