//! Changes to classes, and choosing the class of boxes.

use super::state::Window;
use crate::app::action::ClassAction;
use crate::app::dialogs::Dialog;
use crate::app::session::Session;
use crate::app::workspace::Workspace;
use crate::document::{Edit, EditError, ops};
use crate::store::StoreError;

/// Marks the gestures of colour changes, so that they differ from those of keys.
const RECOLOUR_GESTURE: u64 = 1 << 63;

impl Window {
    /// Opens the class picker for the selected boxes, or for new boxes if none is selected.
    pub(super) fn pick_class(&mut self) {
        self.dialog = Some(Dialog::ClassPicker(Default::default()));
    }

    /// Opens the class picker for a box that was just drawn, if the person wants to be asked and there is
    /// more than one answer.
    pub(super) fn ask_class_of_new_box(&mut self) {
        let session = self.workspace.as_ref().map(|workspace| &workspace.session);
        let is_open = session.is_some_and(|session| {
            let is_decided = session.document().labels().only().is_some();
            !is_decided && session.sticky_class().is_none() && session.selection().len() == 1
        });
        if self.preferences.ask_class && is_open && self.dialog.is_none() {
            self.pick_class();
        }
    }

    /// Whether the proposals that would be accepted next need a class that only a person can choose. They
    /// are selected then.
    pub(super) fn must_pick_class(&mut self) -> bool {
        let session = self
            .workspace
            .as_mut()
            .map(|workspace| &mut workspace.session);
        session.is_some_and(Session::select_proposals_without_class)
    }
}

/// Performs a change to a class.
///
/// # Errors
/// If the change is not possible, or the project cannot be written.
pub(super) fn change_class(
    workspace: &mut Workspace,
    action: ClassAction,
) -> Result<(), StoreError> {
    let session = &mut workspace.session;
    match action {
        ClassAction::Add(name) => {
            session.ensure_class(&name)?;
        }
        ClassAction::Rename(id, name) => {
            session.commit("rename a class", |document| {
                ops::rename_category(document, id, &name)
            })?;
        }
        ClassAction::Merge { from, into } => {
            session.commit("merge classes", |document| {
                ops::merge_categories(document, from, into)
            })?;
        }
        ClassAction::Recolour(id, colour) => {
            // Changes while the colour picker is open are one step.
            let gesture = RECOLOUR_GESTURE | u64::from(id.0);
            session.commit_in_gesture("recolour a class", Some(gesture), |document| {
                ops::recolour_category(document, id, colour)
            })?;
        }
        ClassAction::Hotkey(id, key) => {
            session.commit("change the key of a class", |document| {
                ops::set_hotkey(document, id, key)
            })?;
        }
        ClassAction::Move(id, by) => {
            session.commit("reorder classes", |document| {
                let mut order: Vec<_> = document.categories().map(|row| row.id).collect();
                let at = order.iter().position(|other| *other == id);
                let at = at.ok_or(EditError::UnknownCategory(id))?;
                let to = at.saturating_add_signed(by).min(order.len() - 1);
                let moved = order.remove(at);
                order.insert(to, moved);
                Ok(Edit::CategoryOrder(order))
            })?;
        }
        ClassAction::Delete(ids) => {
            let label = if ids.len() == 1 {
                "delete a class"
            } else {
                "delete classes"
            };
            session.commit(label, |document| ops::delete_categories(document, &ids))?;
        }
        ClassAction::Stick(id) => session.set_sticky_class(id),
        ClassAction::Label(labels, names) => session.set_labels(&labels, &names)?,
        ClassAction::DismissLabels => session.dismiss_labels(),
        ClassAction::ToggleHidden(id) => session.toggle_hidden(id),
        ClassAction::Solo(id) => session.solo(id),
    }
    Ok(())
}
