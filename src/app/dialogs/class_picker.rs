//! The class of the selected boxes, by its first letters; a new name makes a new class.

use egui::{Context, Rect, Vec2, vec2};

use super::palette::Finder;
use crate::app::action::Action;
use crate::app::session::Session;

/// The size of the picker in points.
const SIZE: Vec2 = vec2(240.0, 380.0);

/// What was typed.
#[derive(Default)]
pub struct ClassPicker {
    finder: Finder,
}

impl ClassPicker {
    /// Draws the picker beside a box at `place`.
    pub fn ui(
        &mut self,
        context: &Context,
        session: &Session,
        place: Rect,
        actions: &mut Vec<Action>,
    ) {
        super::modal_at(context, place, "Class", SIZE, actions, |ui, actions| {
            let categories: Vec<_> = session.document().categories().collect();
            let names: Vec<String> = categories
                .iter()
                .map(|category| category.name.to_string())
                .collect();
            let typed = self.finder.text().to_owned();
            let is_new = !typed.is_empty() && !names.contains(&typed);
            let key = |at: usize| {
                let hotkey = categories.get(at).and_then(|category| category.hotkey);
                hotkey.map(String::from).unwrap_or_default()
            };
            let added = is_new.then(|| format!("New class “{typed}”"));
            if let Some(at) = self
                .finder
                .ui(ui, "Type a class", &names, added.as_deref(), key)
            {
                actions.push(Action::CloseDialog);
                actions.push(match categories.get(at) {
                    Some(category) => Action::ChooseClass(category.id),
                    None => Action::ChooseClassByName(typed),
                });
            }
        });
    }
}
