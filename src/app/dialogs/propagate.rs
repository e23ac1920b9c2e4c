//! Copies the selected boxes to the next pictures of the list.

use egui::{Context, DragValue, Key};

use super::modal::modal;
use crate::app::action::Action;
use crate::app::form;
use crate::app::i18n::tr;
use crate::app::session::Session;

const WIDTH: f32 = 400.0;

/// The dialog.
pub struct PropagateDialog {
    number: usize,
    had_focus: bool,
}

impl PropagateDialog {
    /// A dialog that proposes this number of pictures.
    pub fn new(number: usize) -> Self {
        Self {
            number,
            had_focus: false,
        }
    }

    /// Draws the dialog.
    pub fn ui(&mut self, context: &Context, session: &Session, actions: &mut Vec<Action>) {
        let title = tr!("propagate-title");
        modal(context, title, WIDTH, actions, |ui, actions| {
            let max = session.propagation_targets(usize::MAX).len();
            ui.horizontal(|ui| {
                ui.label(tr!("propagate-number"));
                let value = DragValue::new(&mut self.number).range(1..=max.max(1));
                let response = ui.add(value).accessible_name(tr!("propagate-number"));
                if !self.had_focus {
                    response.request_focus();
                    self.had_focus = true;
                }
                ui.weak(tr!("propagate-available", count = max));
            });
            ui.label(tr!("propagate-boxes", count = session.selection().len()));
            ui.weak(tr!("propagate-note"));
            ui.add_space(8.0);
            let is_entered = ui.input(|input| input.key_pressed(Key::Enter));
            let button = form::primary_button(ui, max > 0, tr!("propagate-copy"));
            if max > 0 && (button.clicked() || is_entered) {
                actions.push(Action::CloseDialog);
                actions.push(Action::Propagate(self.number));
            }
        });
    }
}
