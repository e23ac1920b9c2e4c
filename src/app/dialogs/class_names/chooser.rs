//! Choosing the class of the project that one or several classes of the model are mapped to.

use egui::Ui;

use super::rows::{Rows, reason_text};
use crate::app::dialogs::search_list::{Choice, ListTexts, SearchList};
use crate::app::i18n::tr;
use crate::app::session::Session;
use crate::naming::{ANY_OBJECT, MappedClass, Suggestion};

/// Classes that a name is being chosen for.
pub struct NameChooser {
    classes: Vec<String>,
    list: SearchList,
}

/// What classes of the model are mapped to; `None` stands for their own names.
pub type Mapping = Vec<(String, Option<MappedClass>)>;

impl NameChooser {
    /// Chooses a name for these classes, at least one.
    pub fn new(classes: Vec<String>) -> Self {
        Self {
            classes,
            list: SearchList::default(),
        }
    }

    /// Draws the list of names. Returns the mapping once a name is chosen.
    pub fn ui(&mut self, ui: &mut Ui, session: &Session, rows: &Rows) -> Option<Mapping> {
        let (question, own_names) = match &self.classes[..] {
            [class] => (
                tr!("class-names-question-one", class = class.as_str()),
                tr!("class-names-keep-one", class = class.as_str()),
            ),
            classes => (
                tr!("class-names-question-many", count = classes.len()),
                tr!("class-names-keep-many").to_owned(),
            ),
        };
        ui.strong(question);
        ui.add_space(2.0);
        let first = rows.all.iter().find(|row| row.class == self.classes[0]);
        let suggestion = first.and_then(|row| row.suggestion.as_ref());
        let mut names = self.names(session, suggestion);
        let count = names.len();
        names.push(tr!("class-names-object").to_owned());
        names.push(own_names);
        let new = |typed: &str| {
            let is_typed = !typed.is_empty();
            is_typed.then(|| tr!("new-class-entry", name = typed))
        };
        let reason = |index: usize| match (index, suggestion) {
            (0, Some(suggestion)) => reason_text(&suggestion.reason),
            _ => String::new(),
        };
        let texts = ListTexts {
            hint: tr!("class-names-pick-hint"),
            new: &new,
            note: &reason,
        };
        let target = match self.list.ui(ui, &names, &texts)? {
            Choice::Name(index) => match index.checked_sub(count) {
                None => Some(MappedClass::named(&names[index])),
                Some(0) => Some(MappedClass::Object),
                Some(_) => None,
            },
            Choice::New(typed) => Some(MappedClass::named(&typed)),
        };
        let classes = self.classes.drain(..);
        Some(classes.map(|class| (class, target.clone())).collect())
    }

    /// The suggestion, then the classes of the project.
    fn names(&self, session: &Session, suggestion: Option<&Suggestion>) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        names.extend(suggestion.map(|suggestion| suggestion.category.clone()));
        let categories = session.document().categories();
        let categories = categories.map(|row| row.name.to_string());
        for name in categories.filter(|name| name != ANY_OBJECT && !self.classes.contains(name)) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }
}
