//! Proposing boxes for the next pictures of the list: how many.

use egui::text::CCursorRange;
use egui::text_edit::TextEditState;
use egui::{Context, DragValue, Id, Key, Ui};

use super::modal::modal;
use crate::app::action::Action;
use crate::app::form;
use crate::app::i18n::tr;
use crate::app::workspace::Workspace;

const WIDTH: f32 = 360.0;

/// The number that is being chosen.
pub struct ProposeNextDialog {
    count: usize,
    had_focus: bool,
}

impl ProposeNextDialog {
    /// A question that suggests this number.
    pub fn new(count: usize) -> Self {
        Self {
            count,
            had_focus: false,
        }
    }

    /// Draws the dialog.
    pub fn ui(&mut self, context: &Context, workspace: &Workspace, actions: &mut Vec<Action>) {
        let title = tr!("propose-next-title");
        let open = workspace.next_new_pictures().count();
        modal(context, title, WIDTH, actions, |ui, actions| {
            let is_entered = ui.input(|input| input.key_pressed(Key::Enter));
            ui.horizontal(|ui| {
                let label = ui.label(tr!("propose-next-count"));
                let field = DragValue::new(&mut self.count).range(1..=99_999).speed(1.0);
                let response = ui.add(field).labelled_by(label.id);
                if !self.had_focus {
                    response.request_focus();
                    select_all(ui, response.id, &self.count.to_string());
                    self.had_focus = true;
                }
            });
            ui.weak(tr!("propose-next-new", count = open));
            ui.add_space(8.0);
            ui.horizontal(|ui| {
                let count = self.count.min(open);
                let text = tr!("propose-next-start", count = count);
                let start = form::primary_button(ui, count > 0, &text);
                let cancel = ui.button(tr!("dialog-cancel"));
                if start.clicked() || (is_entered && count > 0 && !cancel.has_focus()) {
                    actions.push(Action::CloseDialog);
                    actions.push(Action::ProposeNext(self.count));
                } else if cancel.clicked() {
                    actions.push(Action::CloseDialog);
                }
            });
        });
    }
}

/// Selects the text of a field, so that a number that is typed replaces it.
fn select_all(ui: &Ui, id: Id, text: &str) {
    let mut state = TextEditState::load(ui.ctx(), id).unwrap_or_default();
    let range = CCursorRange::select_all_str(text);
    state.cursor.set_char_range(Some(range));
    state.store(ui.ctx(), id);
}
