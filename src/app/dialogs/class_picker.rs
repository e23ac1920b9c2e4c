//! The class of the selected boxes by part of its name; a new name creates a class.

use egui::{Context, Rect, Vec2, vec2};

use super::modal::modal_next_to;
use super::search_list::SearchList;
use crate::app::action::Action;
use crate::app::i18n::tr;
use crate::app::session::Session;

/// The size of the picker in points.
const SIZE: Vec2 = vec2(240.0, 380.0);

/// The class picker.
#[derive(Default)]
pub struct ClassPicker {
    list: SearchList,
}

impl ClassPicker {
    /// Draws the picker next to the selected box, which is at `anchor` on the screen.
    pub fn ui(
        &mut self,
        context: &Context,
        session: &Session,
        anchor: Rect,
        actions: &mut Vec<Action>,
    ) {
        let title = tr!("class-picker-title");
        modal_next_to(context, anchor, title, SIZE, actions, |ui, actions| {
            let categories: Vec<_> = session.document().categories().collect();
            let names: Vec<String> = categories
                .iter()
                .map(|category| category.name.to_string())
                .collect();
            let typed = self.list.text().to_owned();
            let is_new = !typed.is_empty() && !names.contains(&typed);
            let key = |index: usize| {
                let hotkey = categories.get(index).and_then(|category| category.hotkey);
                hotkey.map(String::from).unwrap_or_default()
            };
            let new = is_new.then(|| tr!("new-class-entry", name = typed.as_str()));
            let hint = tr!("class-picker-hint");
            if let Some(index) = self.list.ui(ui, hint, &names, new.as_deref(), key) {
                actions.push(Action::CloseDialog);
                actions.push(match categories.get(index) {
                    Some(category) => Action::ChooseClass(category.id),
                    None => Action::ChooseClassByName(typed),
                });
            }
        });
    }
}
