//! Renaming a class in place. If another class has the name, merging is offered.

use egui::{Key, TextEdit, Ui};

use crate::app::action::{Action, ClassAction};
use crate::app::i18n::tr;
use crate::app::session::Session;
use crate::document::{Category, CategoryId};

/// A class that is being renamed.
pub(super) struct Renaming {
    /// The class.
    pub category: CategoryId,
    name: String,
    /// Whether the field has had the focus.
    had_focus: bool,
    merge: Option<Merge>,
}

/// The class that has the name, into which the renamed one may be merged.
struct Merge {
    into: CategoryId,
    /// The number of boxes that would be of the other class.
    boxes: usize,
    had_focus: bool,
}

impl Renaming {
    /// Renames this class.
    pub fn new(category: &Category) -> Self {
        Self {
            category: category.id,
            name: category.name.to_string(),
            had_focus: false,
            merge: None,
        }
    }

    /// Draws the field in the row of the class. Returns whether renaming has ended.
    pub fn field_ui(&mut self, ui: &mut Ui, session: &Session, actions: &mut Vec<Action>) -> bool {
        let field = TextEdit::singleline(&mut self.name).desired_width(f32::INFINITY);
        let response = ui.add(field).accessible_name(tr!("classes-rename"));
        if !self.had_focus {
            response.request_focus();
            self.had_focus = true;
            return false;
        }
        if response.changed() {
            self.merge = None;
        }
        if !response.lost_focus() {
            return false;
        }
        let name = self.name.trim();
        let is_entered = ui.input(|input| input.key_pressed(Key::Enter));
        if !is_entered || name.is_empty() {
            // The focus goes to the question, if there is one.
            return self.merge.is_none();
        }
        let document = session.document();
        match document
            .category_named(name)
            .filter(|row| row.id != self.category)
        {
            Some(other) => {
                self.merge = Some(Merge {
                    into: other.id,
                    boxes: document.usage_of(&[self.category]).boxes,
                    had_focus: false,
                });
                false
            }
            None => {
                let rename = ClassAction::Rename(self.category, name.to_owned());
                actions.push(Action::Class(rename));
                true
            }
        }
    }

    /// Draws the question whether to merge, if the name is taken. Returns whether renaming has ended.
    pub fn merge_ui(&mut self, ui: &mut Ui, session: &Session, actions: &mut Vec<Action>) -> bool {
        let (document, category) = (session.document(), self.category);
        let Some(merge) = &mut self.merge else {
            return false;
        };
        let rows = document
            .category(category)
            .zip(document.category(merge.into));
        let Some((from, into)) = rows else {
            // Another process has deleted one of them.
            return true;
        };
        let mut has_ended = false;
        ui.label(tr!(
            "classes-merge-question",
            from = &*from.name,
            into = &*into.name,
            boxes = merge.boxes
        ));
        ui.horizontal(|ui| {
            let button = ui.button(tr!("classes-merge-button"));
            if !merge.had_focus {
                button.request_focus();
                merge.had_focus = true;
            }
            if button.clicked() {
                actions.push(Action::Class(ClassAction::Merge {
                    from: from.id,
                    into: into.id,
                }));
                has_ended = true;
            }
            let is_escaped = ui.input(|input| input.key_pressed(Key::Escape));
            has_ended |= ui.button(tr!("classes-merge-cancel")).clicked() || is_escaped;
        });
        has_ended
    }
}
