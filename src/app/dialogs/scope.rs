//! Which pictures a change of many applies to, to be chosen.

use egui::Ui;

use crate::app::i18n::tr;
use crate::app::session::{PictureScope, Session};

/// Draws the choice.
pub fn ui(ui: &mut Ui, session: &Session, scope: &mut PictureScope) {
    let selected = session.list_selection().len();
    let text = match selected {
        0 => tr!("scope-shown").to_owned(),
        count => tr!("scope-selected", count = count),
    };
    ui.radio_value(scope, PictureScope::Selected, text);
    let text = tr!("scope-listed", count = session.rows().len());
    ui.radio_value(scope, PictureScope::Listed, text);
}
