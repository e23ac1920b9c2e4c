//! Accepting all proposals above a score in several pictures.

use egui::{Context, Key, Ui};

use super::modal::modal;
use super::scope;
use crate::app::action::Action;
use crate::app::form;
use crate::app::i18n::tr;
use crate::app::session::{PictureScope, ScoredProposals, Session};

const WIDTH: f32 = 440.0;
/// The score at first: most proposals above it are right.
const DEFAULT_MIN_SCORE: f32 = 0.7;

/// The score and the pictures that are being chosen.
pub struct AcceptAboveDialog {
    min_score: f32,
    scope: PictureScope,
    /// The proposals of the pictures at a revision of the document.
    found: Option<(u64, PictureScope, ScoredProposals)>,
    had_focus: bool,
}

impl Default for AcceptAboveDialog {
    fn default() -> Self {
        Self {
            min_score: DEFAULT_MIN_SCORE,
            scope: PictureScope::default(),
            found: None,
            had_focus: false,
        }
    }
}

impl AcceptAboveDialog {
    /// Draws the dialog.
    pub fn ui(&mut self, context: &Context, session: &Session, actions: &mut Vec<Action>) {
        let title = tr!("accept-above-title");
        modal(context, title, WIDTH, actions, |ui, actions| {
            scope::ui(ui, session, &mut self.scope);
            ui.add_space(8.0);
            self.slider_ui(ui);
            let revision = session.revision();
            let is_current = |found: &(u64, PictureScope, ScoredProposals)| {
                (found.0, found.1) == (revision, self.scope)
            };
            let found = self.found.take().filter(is_current);
            let (.., found) = self.found.insert(found.unwrap_or_else(|| {
                let pictures = session.pictures_in(self.scope);
                (revision, self.scope, session.scored_proposals(&pictures))
            }));
            let count = found.count(self.min_score);
            ui.add_space(8.0);
            let pictures = found.pictures(self.min_score);
            ui.strong(match count {
                0 => tr!("accept-above-none").to_owned(),
                _ => tr!("accept-above-count", boxes = count, pictures = pictures),
            });
            ui.weak(tr!("accept-above-rest", count = found.total() - count));
            ui.weak(tr!("accept-above-not-done"));
            ui.add_space(8.0);
            ui.horizontal(|ui| {
                let text = tr!("accept-above-accept", count = count);
                let accept = form::primary_button(ui, count > 0, &text);
                let cancel = ui.button(tr!("dialog-cancel"));
                let is_entered =
                    !cancel.has_focus() && ui.input(|input| input.key_pressed(Key::Enter));
                if accept.clicked() || (is_entered && count > 0) {
                    actions.push(Action::CloseDialog);
                    actions.push(Action::AcceptBoxes(found.from(self.min_score)));
                } else if cancel.clicked() {
                    actions.push(Action::CloseDialog);
                }
            });
        });
    }

    fn slider_ui(&mut self, ui: &mut Ui) {
        let label = ui.label(tr!("accept-above-score"));
        ui.spacing_mut().slider_width = WIDTH - 80.0;
        let slider = form::percent_slider(&mut self.min_score, 0.0..=1.0);
        let response = ui.add(slider).labelled_by(label.id);
        if !self.had_focus {
            response.request_focus();
            self.had_focus = true;
        }
    }
}
