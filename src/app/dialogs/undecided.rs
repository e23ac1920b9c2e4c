//! Asks what marking a picture as done does with undecided proposals in this project.

use egui::Context;

use super::modal::modal;
use crate::app::action::Action;
use crate::app::i18n::tr;
use crate::app::session::{Session, UndecidedRule};

const WIDTH: f32 = 440.0;

/// The question.
pub struct UndecidedDialog {
    /// Whether the picture is marked as done after the answer.
    finishes: bool,
    had_focus: bool,
}

impl UndecidedDialog {
    /// The question when a person marks a picture as done for the first time. The answer does it.
    pub fn before_finishing() -> Self {
        Self {
            finishes: true,
            had_focus: false,
        }
    }

    /// The question by itself, to change the answer.
    pub fn to_change() -> Self {
        Self {
            finishes: false,
            had_focus: false,
        }
    }

    /// Draws the dialog.
    pub fn ui(&mut self, context: &Context, session: &Session, actions: &mut Vec<Action>) {
        let title = tr!("undecided-title");
        modal(context, title, WIDTH, actions, |ui, actions| {
            if self.finishes {
                let count = session.undecided();
                ui.label(tr!("undecided-count", count = count));
            }
            ui.label(tr!("undecided-question"));
            ui.add_space(8.0);
            for (rule, text) in [
                (UndecidedRule::Reject, tr!("undecided-reject")),
                (UndecidedRule::Leave, tr!("undecided-leave")),
            ] {
                let is_chosen = session.undecided_rule() == Some(rule);
                let button = ui.selectable_label(is_chosen, text);
                if rule == UndecidedRule::Reject && !self.had_focus {
                    button.request_focus();
                    self.had_focus = true;
                }
                if button.clicked() {
                    actions.push(Action::CloseDialog);
                    actions.push(Action::SetUndecidedRule(rule, self.finishes));
                }
            }
            ui.add_space(8.0);
            ui.weak(tr!("undecided-note"));
        });
    }
}
