//! Asks before classes are deleted with their boxes.

use egui::{Align, Button, Context, Label, Layout, ScrollArea};

use super::modal::modal;
use crate::app::action::{Action, ClassAction};
use crate::app::i18n::tr;
use crate::app::session::Session;
use crate::document::{CategoryId, ClassUsage};

const WIDTH: f32 = 420.0;
/// The height of the list of classes before it scrolls, in points.
const MAX_LIST_HEIGHT: f32 = 160.0;

/// The classes that may be deleted.
pub struct DeleteClassesDialog {
    categories: Vec<CategoryId>,
    usage: Usage,
    had_focus: bool,
}

/// Where the classes are used.
#[derive(Default)]
struct Usage {
    /// The revision of the document that was counted.
    revision: Option<u64>,
    all: ClassUsage,
    /// The name of each class and the number of its boxes.
    each: Vec<(String, usize)>,
}

impl Usage {
    /// Counts again if the document has changed.
    fn update(&mut self, session: &Session, categories: &[CategoryId]) {
        if self.revision == Some(session.revision()) {
            return;
        }
        let document = session.document();
        let each = categories.iter().filter_map(|id| {
            let name = document.category(*id)?.name.to_string();
            Some((name, document.usage_of(&[*id]).boxes))
        });
        *self = Self {
            revision: Some(session.revision()),
            all: document.usage_of(categories),
            each: each.collect(),
        };
    }
}

impl DeleteClassesDialog {
    /// A question about these classes.
    pub fn new(categories: Vec<CategoryId>) -> Self {
        Self {
            categories,
            usage: Usage::default(),
            had_focus: false,
        }
    }

    /// Draws the dialog.
    pub fn ui(&mut self, context: &Context, session: &Session, actions: &mut Vec<Action>) {
        let document = session.document();
        // Another process may have deleted some.
        self.categories
            .retain(|id| document.category(*id).is_some());
        self.usage.update(session, &self.categories);
        let title = match &self.usage.each[..] {
            [] => {
                actions.push(Action::CloseDialog);
                return;
            }
            [(name, _)] => tr!("delete-classes-title-one", class = name.as_str()),
            all => tr!("delete-classes-title-many", count = all.len()),
        };
        modal(context, &title, WIDTH, actions, |ui, actions| {
            if self.usage.each.len() > 1 {
                self.list_ui(ui);
                ui.add_space(4.0);
            }
            let usage = self.usage.all;
            if usage.pictures == 0 {
                ui.label(tr!("delete-classes-unused"));
            } else {
                ui.label(tr!(
                    "delete-classes-usage",
                    boxes = usage.boxes,
                    pictures = usage.pictures
                ));
            }
            if usage.done > 0 {
                ui.label(tr!("delete-classes-done", count = usage.done));
            }
            ui.label(tr!("delete-classes-undo"));
            ui.add_space(8.0);
            ui.horizontal(|ui| {
                if ui.button(tr!("delete-classes-delete")).clicked() {
                    actions.push(Action::CloseDialog);
                    let delete = ClassAction::Delete(self.categories.clone());
                    actions.push(Action::Class(delete));
                }
                let cancel = ui.add(Button::new(tr!("delete-classes-cancel")));
                if !self.had_focus {
                    cancel.request_focus();
                    self.had_focus = true;
                }
                if cancel.clicked() {
                    actions.push(Action::CloseDialog);
                }
            });
        });
    }

    /// The classes, each with the number of its boxes.
    fn list_ui(&self, ui: &mut egui::Ui) {
        let height = ui.text_style_height(&egui::TextStyle::Body);
        let each = &self.usage.each;
        ScrollArea::vertical()
            .max_height(MAX_LIST_HEIGHT)
            .auto_shrink([false, true])
            .show_rows(ui, height, each.len(), |ui, range| {
                for (name, boxes) in &each[range] {
                    ui.horizontal(|ui| {
                        ui.set_height(height);
                        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                            ui.add_space(8.0);
                            ui.weak(tr!("delete-classes-boxes", boxes = *boxes));
                            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                                ui.add(Label::new(name).truncate());
                            });
                        });
                    });
                }
            });
    }
}
