//! The class of the selected boxes, or of new ones, by part of its name; a new name creates a class.

use egui::{Context, Rect, Vec2, vec2};

use super::modal::modal_next_to;
use super::search_list::{Choice, ListTexts, SearchList};
use crate::app::action::Action;
use crate::app::i18n::tr;
use crate::app::session::Session;
use crate::document::CategoryId;

/// The size of the picker in points.
const SIZE: Vec2 = vec2(240.0, 380.0);

/// The class picker.
#[derive(Default)]
pub struct ClassPicker {
    list: SearchList,
    entries: Entries,
}

/// The classes of the project, the recently used ones first.
#[derive(Default)]
struct Entries {
    /// The revision of the document that they are of.
    revision: Option<u64>,
    ids: Vec<CategoryId>,
    names: Vec<String>,
    /// The number of classes that were used recently.
    recent: usize,
}

impl Entries {
    fn update(&mut self, session: &Session) {
        if self.revision == Some(session.revision()) {
            return;
        }
        let document = session.document();
        let recent: Vec<CategoryId> = session.recent_classes().collect();
        let others = document.categories().map(|row| row.id);
        let others = others.filter(|id| !recent.contains(id));
        let ids: Vec<CategoryId> = recent.iter().copied().chain(others).collect();
        let names = ids.iter().filter_map(|id| document.category(*id));
        *self = Self {
            revision: Some(session.revision()),
            names: names.map(|row| row.name.to_string()).collect(),
            recent: recent.len(),
            ids,
        };
    }
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
        self.entries.update(session);
        let title = match session.selection() {
            [] => tr!("class-picker-title-new"),
            [_] => tr!("class-picker-title"),
            selected => &tr!("class-picker-title-many", count = selected.len()),
        };
        let suggested = suggested_name(session);
        modal_next_to(context, anchor, title, SIZE, actions, |ui, actions| {
            let document = session.document();
            let entries = &self.entries;
            let note = |index: usize| {
                let category = entries.ids.get(index).and_then(|id| document.category(*id));
                let key = category.and_then(|category| category.hotkey);
                match (key, index < entries.recent) {
                    (Some(key), _) => key.to_string(),
                    (None, true) => tr!("class-picker-recent").to_owned(),
                    (None, false) => String::new(),
                }
            };
            let new = |typed: &str| match (typed, suggested) {
                ("", None) => None,
                ("", Some(name)) => Some(tr!("class-picker-suggested", name = name)),
                (typed, _) => Some(tr!("new-class-entry", name = typed)),
            };
            let texts = ListTexts {
                hint: tr!("class-picker-hint"),
                new: &new,
                note: &note,
            };
            let chosen = self.list.ui(ui, &entries.names, &texts);
            let Some(chosen) = chosen else { return };
            let action = match chosen {
                Choice::Name(index) => entries.ids.get(index).copied().map(Action::ChooseClass),
                Choice::New(typed) if typed.is_empty() => {
                    suggested.map(|name| Action::ChooseClassByName(name.to_owned()))
                }
                Choice::New(typed) => Some(Action::ChooseClassByName(typed)),
            };
            actions.push(Action::CloseDialog);
            actions.extend(action);
        });
    }
}

/// The name that is suggested for the selected box, if it is no class of the project yet.
fn suggested_name(session: &Session) -> Option<&str> {
    let document = session.document();
    let (_, row) = document.annotation(*session.selection().last()?)?;
    let name = document.name_of(row)?;
    document.category_named(name).is_none().then_some(name)
}
