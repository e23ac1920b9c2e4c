//! Which classes of the list are selected, to be deleted together.

use std::collections::BTreeSet;

use egui::Modifiers;

use crate::app::session::Session;
use crate::document::CategoryId;

/// The selected classes.
#[derive(Default)]
pub(super) struct SelectedClasses {
    ids: BTreeSet<CategoryId>,
    /// The class from which Shift selects.
    anchor: Option<CategoryId>,
}

impl SelectedClasses {
    /// Whether a class is selected.
    pub fn has(&self, id: CategoryId) -> bool {
        self.ids.contains(&id)
    }

    /// The selected classes in the order of the list.
    pub fn ids(&self, session: &Session) -> Vec<CategoryId> {
        let classes = session.document().categories().map(|row| row.id);
        classes.filter(|id| self.has(*id)).collect()
    }

    /// Whether any class is selected that still exists.
    pub fn is_any(&self, session: &Session) -> bool {
        let document = session.document();
        self.ids.iter().any(|id| document.category(*id).is_some())
    }

    /// Selects nothing. Shift selects from this class next.
    pub fn clear(&mut self, anchor: Option<CategoryId>) {
        self.ids.clear();
        self.anchor = anchor;
    }

    /// Selects a class, or deselects it.
    pub fn toggle(&mut self, id: CategoryId) {
        if !self.ids.remove(&id) {
            self.ids.insert(id);
        }
        self.anchor = Some(id);
    }

    /// Changes the selection as a click with these modifiers does. `listed` are the classes of the list.
    /// Returns whether it was such a click: one without modifiers chooses the class instead.
    pub fn click(&mut self, id: CategoryId, modifiers: Modifiers, listed: &[CategoryId]) -> bool {
        let place = |id: CategoryId| listed.iter().position(|other| *other == id);
        if modifiers.shift {
            let from = self.anchor.and_then(place);
            if let (Some(from), Some(to)) = (from.or(place(id)), place(id)) {
                self.ids.extend(&listed[from.min(to)..=from.max(to)]);
            }
        } else if modifiers.command {
            self.toggle(id);
        } else {
            self.clear(Some(id));
        }
        modifiers.shift || modifiers.command
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ctrl_adds_and_shift_selects_up_to_a_class() {
        let listed: Vec<CategoryId> = (1..=6).map(CategoryId).collect();
        let mut selected = SelectedClasses::default();
        assert!(!selected.click(listed[1], Modifiers::NONE, &listed));
        assert!(selected.click(listed[3], Modifiers::SHIFT, &listed));
        assert!(selected.click(listed[5], Modifiers::COMMAND, &listed));
        assert!(selected.click(listed[2], Modifiers::COMMAND, &listed));
        let ids: Vec<u32> = selected.ids.iter().map(|id| id.0).collect();
        assert_eq!(ids, [2, 4, 6]);
        selected.click(listed[0], Modifiers::NONE, &listed);
        assert!(selected.ids.is_empty());
    }
}
