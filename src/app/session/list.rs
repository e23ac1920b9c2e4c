//! The rows of the picture list: what the query finds, in order, and what is selected among it.

use std::collections::{HashMap, HashSet};

use super::list_selection::{ListSelection, SelectionChange};
use super::query::{self, PictureQuery};
use crate::document::{Document, PictureId};

/// The pictures that the list shows.
#[derive(Default)]
pub struct PictureList {
    /// All pictures of the document in the order of their names.
    by_name: Vec<PictureId>,
    rows: Vec<PictureId>,
    /// The index of each picture in `rows`.
    row_of: HashMap<PictureId, usize>,
    /// The pictures that were taken out of the project when the list was last made.
    excluded: HashSet<PictureId>,
    /// If the picture that is shown is not listed, the index of the row that follows its place.
    gap: usize,
    selection: ListSelection,
    /// Pictures whose file cannot be read, and why.
    unreadable: HashMap<PictureId, String>,
}

impl PictureList {
    /// Lists again after pictures were added, removed or renamed.
    pub fn rebuild(&mut self, document: &Document, query: &PictureQuery, shown: Option<PictureId>) {
        self.by_name = query::by_name(document);
        self.refresh(document, query, shown);
    }

    /// Lists again after the query or boxes have changed, while `shown` is shown.
    pub fn refresh(&mut self, document: &Document, query: &PictureQuery, shown: Option<PictureId>) {
        let unreadable = &self.unreadable;
        let is_unreadable = |picture| unreadable.contains_key(&picture);
        let rows = query.run(document, &self.by_name, is_unreadable);
        let row_of: HashMap<_, _> = rows
            .iter()
            .enumerate()
            .map(|(row, id)| (*id, row))
            .collect();
        let place = shown.map_or(self.gap, |shown| self.place(shown));
        let mut followers = self.rows.iter().skip(place);
        let follower = followers.find_map(|id| row_of.get(id).copied());
        self.gap = follower.unwrap_or(rows.len());
        (self.rows, self.row_of) = (rows, row_of);
        let excluded = document.pictures().filter(|picture| picture.is_excluded);
        self.excluded = excluded.map(|picture| picture.id).collect();
        self.selection.retain_listed(&self.row_of);
    }

    /// The index of a picture in the list. If the picture that is shown has left the list, the index
    /// of what follows its former place.
    pub fn place(&self, shown: PictureId) -> usize {
        self.row(shown).unwrap_or(self.gap)
    }

    /// The number of pictures in the document when the list was last rebuilt.
    pub fn picture_count(&self) -> usize {
        self.by_name.len()
    }

    /// Whether any of these pictures was taken out of the project or brought back since the list was made.
    pub fn differs_in_exclusion(&self, document: &Document, pictures: &[PictureId]) -> bool {
        pictures.iter().any(|id| {
            let picture = document.picture(*id);
            picture.is_some_and(|row| row.is_excluded != self.excluded.contains(id))
        })
    }

    /// The pictures of the list, in order.
    pub fn rows(&self) -> &[PictureId] {
        &self.rows
    }

    /// The index of a picture in the list.
    pub fn row(&self, picture: PictureId) -> Option<usize> {
        self.row_of.get(&picture).copied()
    }

    /// The pictures that are selected together.
    pub fn selection(&self) -> &ListSelection {
        &self.selection
    }

    /// Changes the selection while `current` is shown. If one picture is left, it is returned: it is
    /// to be shown instead.
    pub fn change_selection(
        &mut self,
        change: SelectionChange,
        current: Option<PictureId>,
    ) -> Option<PictureId> {
        self.selection
            .change(change, &self.rows, &self.row_of, current)
    }

    /// Selects nothing.
    pub fn clear_selection(&mut self) {
        self.selection.clear();
    }

    /// Why the file of a picture cannot be read.
    pub fn unreadable(&self, picture: PictureId) -> Option<&str> {
        self.unreadable.get(&picture).map(String::as_str)
    }

    /// Records that the file of a picture cannot be read, or can be again.
    pub fn set_unreadable(&mut self, picture: PictureId, reason: Option<String>) {
        match reason {
            Some(reason) => drop(self.unreadable.insert(picture, reason)),
            None => drop(self.unreadable.remove(&picture)),
        }
    }

    /// Forgets which files cannot be read.
    pub fn clear_unreadable(&mut self) {
        self.unreadable.clear();
    }
}
