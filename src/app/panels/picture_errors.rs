//! What is wrong with the shown picture: its file cannot be read, or the model has failed on it. Both can be
//! tried again.

use egui::{Label, Ui};

use crate::app::action::Action;
use crate::app::command::Command;
use crate::app::i18n::tr;
use crate::app::theme::ThemePalette;
use crate::app::workspace::Workspace;

/// Whether there is anything to draw.
pub fn is_needed(workspace: &Workspace) -> bool {
    workspace.session.current().is_some_and(|picture| {
        let is_unreadable = workspace.session.unreadable(picture).is_some();
        is_unreadable || workspace.proposing.failure(picture).is_some()
    })
}

/// Draws a line for each error.
pub fn ui(ui: &mut Ui, workspace: &Workspace, actions: &mut Vec<Action>) {
    let Some(picture) = workspace.session.current() else {
        return;
    };
    ui.add_space(2.0);
    if workspace.session.unreadable(picture).is_some() {
        // The canvas shows the reason in place of the picture.
        let text = tr!("picture-cannot-be-read");
        line_ui(ui, text, Action::Reload(picture), actions);
    } else if let Some(reason) = workspace.proposing.failure(picture) {
        let text = tr!("model-failed-here", reason = reason);
        let again = Action::Command(Command::ProposePicture);
        line_ui(ui, &text, again, actions);
    }
    ui.add_space(2.0);
}

/// What is wrong, and a button that tries again.
fn line_ui(ui: &mut Ui, text: &str, again: Action, actions: &mut Vec<Action>) {
    let colour = ThemePalette::of(ui.visuals()).bad;
    ui.horizontal(|ui| {
        ui.colored_label(colour, "⚠");
        if ui.button(tr!("try-again")).clicked() {
            actions.push(again);
        }
        ui.add(Label::new(text).truncate()).on_hover_text(text);
    });
}
