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
        ClassAction::Delete(id) => {
            session.commit("delete a class", |document| {
                ops::delete_category(document, id)
            })?;
        }
        ClassAction::ToggleHidden(id) => session.toggle_hidden(id),
        ClassAction::Solo(id) => session.solo(id),
    }
    Ok(())
}
