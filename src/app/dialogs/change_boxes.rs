//! Changing the boxes of a class in several pictures: another class for them, or none of them.

use egui::{ComboBox, Context, Ui};

use super::modal::modal;
use super::scope;
use crate::app::action::Action;
use crate::app::form;
use crate::app::i18n::tr;
use crate::app::session::{BoxesOfClass, PictureScope, Session};
use crate::document::CategoryId;

const WIDTH: f32 = 440.0;
/// The width of the fields with a class in points.
const CLASS_WIDTH: f32 = 200.0;

/// What is being chosen.
pub struct ChangeBoxesDialog {
    scope: PictureScope,
    class: Option<CategoryId>,
    /// The class that the boxes get, unless they are deleted.
    into: Option<CategoryId>,
    deletes: bool,
    with_proposals: bool,
    /// The boxes that are meant, and what they were looked up for.
    found: Option<(Lookup, BoxesOfClass)>,
}

/// What boxes were looked up for: the revision of the document, the pictures, the class, and whether
/// proposals count.
type Lookup = (u64, PictureScope, CategoryId, bool);

impl ChangeBoxesDialog {
    /// A question about the class of the selected box, or of the first class.
    pub fn new(session: &Session) -> Self {
        let document = session.document();
        let selected = session.selection().last();
        let selected = selected.and_then(|id| document.annotation(*id));
        let class = selected.and_then(|(_, row)| document.class_of(row));
        let class = class.or_else(|| document.categories().next());
        Self {
            scope: PictureScope::default(),
            class: class.map(|class| class.id),
            into: None,
            deletes: false,
            with_proposals: false,
            found: None,
        }
    }

    /// Draws the dialog.
    pub fn ui(&mut self, context: &Context, session: &Session, actions: &mut Vec<Action>) {
        let title = tr!("change-boxes-title");
        modal(context, title, WIDTH, actions, |ui, actions| {
            scope::ui(ui, session, &mut self.scope);
            ui.add_space(8.0);
            let exists = |id: &CategoryId| session.document().category(*id).is_some();
            self.class = self.class.filter(exists);
            self.into = self.into.filter(|id| exists(id) && Some(*id) != self.class);
            ui.horizontal(|ui| {
                ui.label(tr!("change-boxes-of"));
                let name = tr!("change-boxes-of.name");
                class_ui(ui, name, session, &mut self.class, None);
            });
            ui.checkbox(&mut self.with_proposals, tr!("change-boxes-proposals"))
                .on_hover_text(tr!("change-boxes-proposals.tooltip"));
            ui.add_space(8.0);
            ui.horizontal(|ui| {
                let label = tr!("change-boxes-into");
                ui.radio_value(&mut self.deletes, false, label);
                let former = self.into;
                let name = tr!("change-boxes-into.name");
                class_ui(ui, name, session, &mut self.into, self.class);
                if self.into != former {
                    self.deletes = false;
                }
            });
            ui.radio_value(&mut self.deletes, true, tr!("change-boxes-delete"));
            ui.add_space(8.0);
            self.outcome_ui(ui, session, actions);
        });
    }

    /// What will change, and the buttons.
    fn outcome_ui(&mut self, ui: &mut Ui, session: &Session, actions: &mut Vec<Action>) {
        let found = self.look_up(session);
        let count = found.ids.len();
        ui.strong(tr!(
            "change-boxes-count",
            boxes = count,
            pictures = found.pictures
        ));
        match (self.deletes, found.done) {
            (true, 0) | (false, _) => ui.weak(tr!("change-boxes-undo")),
            (true, done) => ui.label(tr!("change-boxes-done", count = done)),
        };
        ui.add_space(8.0);
        ui.horizontal(|ui| {
            let text = match self.deletes {
                true => tr!("change-boxes-delete-now", count = count),
                false => tr!("change-boxes-now", count = count),
            };
            let can_change = count > 0 && (self.deletes || self.into.is_some());
            if form::primary_button(ui, can_change, &text).clicked() {
                actions.push(Action::CloseDialog);
                actions.push(match self.into.filter(|_| !self.deletes) {
                    Some(class) => Action::ReclassBoxes(found.ids, class),
                    None => Action::DeleteBoxes(found.ids),
                });
            }
            if ui.button(tr!("dialog-cancel")).clicked() {
                actions.push(Action::CloseDialog);
            }
        });
    }

    /// The boxes that are meant.
    fn look_up(&mut self, session: &Session) -> BoxesOfClass {
        let Some(class) = self.class else {
            return BoxesOfClass::default();
        };
        let lookup = (session.revision(), self.scope, class, self.with_proposals);
        let found = self.found.take().filter(|(known, _)| *known == lookup);
        let (_, found) = self.found.insert(found.unwrap_or_else(|| {
            let pictures = session.pictures_in(self.scope);
            let found = session.boxes_of_class(&pictures, class, self.with_proposals);
            (lookup, found)
        }));
        found.clone()
    }
}

/// A field with a class, to be chosen among all but one.
fn class_ui(
    ui: &mut Ui,
    name: &str,
    session: &Session,
    class: &mut Option<CategoryId>,
    except: Option<CategoryId>,
) {
    let document = session.document();
    let chosen = class.and_then(|id| document.category(id));
    let text = chosen.map_or(tr!("change-boxes-choose"), |class| &*class.name);
    ComboBox::from_id_salt(name)
        .selected_text(text)
        .width(CLASS_WIDTH)
        .show_ui(ui, |ui| {
            let classes = document.categories();
            for other in classes.filter(|other| Some(other.id) != except) {
                ui.selectable_value(class, Some(other.id), &*other.name);
            }
        })
        .response
        .accessible_name(name);
}
