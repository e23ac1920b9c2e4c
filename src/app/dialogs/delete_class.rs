//! Asks before a class is deleted with its boxes.

use egui::{Button, Context};

use super::modal::modal;
use crate::app::action::{Action, ClassAction};
use crate::app::i18n::tr;
use crate::app::session::Session;
use crate::document::CategoryId;

const WIDTH: f32 = 420.0;

/// The class that may be deleted.
pub struct DeleteClassDialog {
    category: CategoryId,
    had_focus: bool,
}

impl DeleteClassDialog {
    /// A question about this class.
    pub fn new(category: CategoryId) -> Self {
        Self {
            category,
            had_focus: false,
        }
    }

    /// Draws the dialog.
    pub fn ui(&mut self, context: &Context, session: &Session, actions: &mut Vec<Action>) {
        let document = session.document();
        let Some(class) = document.category(self.category) else {
            // Another process has deleted it.
            actions.push(Action::CloseDialog);
            return;
        };
        let usage = document.usage_of(class.id);
        let title = tr!("delete-class-title", class = &*class.name);
        modal(context, &title, WIDTH, actions, |ui, actions| {
            ui.label(tr!(
                "delete-class-usage",
                boxes = usage.boxes,
                pictures = usage.pictures
            ));
            if usage.done > 0 {
                ui.label(tr!("delete-class-done", count = usage.done));
            }
            ui.label(tr!("delete-class-undo"));
            ui.add_space(8.0);
            ui.horizontal(|ui| {
                if ui.button(tr!("delete-class-delete")).clicked() {
                    actions.push(Action::CloseDialog);
                    actions.push(Action::Class(ClassAction::Delete(class.id)));
                }
                let cancel = ui.add(Button::new(tr!("delete-class-cancel")));
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
}
