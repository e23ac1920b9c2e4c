//! Moving between pictures: the list and what is shown of it.

use super::core::Session;
use super::list_selection::{ListSelection, SelectionChange};
use super::query::PictureQuery;
use crate::document::{PictureId, ReviewState};

impl Session {
    /// The search, filters and order of the list.
    pub fn query(&self) -> &PictureQuery {
        &self.state.query
    }

    /// Changes the search, filters or order of the list.
    pub fn set_query(&mut self, query: PictureQuery) {
        if query != self.state.query {
            self.state.query = query;
            self.refresh_list();
        }
    }

    /// The pictures of the list, in order.
    pub fn rows(&self) -> &[PictureId] {
        self.list.rows()
    }

    /// The index of a picture in the list.
    pub fn row(&self, picture: PictureId) -> Option<usize> {
        self.list.row(picture)
    }

    /// The pictures of the list that are selected together, if there are several.
    pub fn list_selection(&self) -> &ListSelection {
        self.list.selection()
    }

    /// Changes which pictures are selected together.
    pub fn change_list_selection(&mut self, change: SelectionChange) {
        let only = self.list.change_selection(change, self.current());
        if let Some(picture) = only {
            self.show(picture);
        }
    }

    /// The pictures that a change of several applies to: those selected together in the order of
    /// the list, or the one that is shown.
    pub fn selected_pictures(&self) -> Vec<PictureId> {
        let selection = self.list_selection();
        if selection.is_empty() {
            return self.current().into_iter().collect();
        }
        let rows = self.rows().iter().copied();
        rows.filter(|id| selection.contains(*id)).collect()
    }

    /// Why the file of a picture cannot be read.
    pub fn unreadable(&self, picture: PictureId) -> Option<&str> {
        self.list.unreadable(picture)
    }

    /// Forgets which files cannot be read, because they are about to be tried again.
    pub fn clear_unreadable(&mut self) {
        self.list.clear_unreadable();
    }

    /// Records that the file of a picture cannot be read, or can be again.
    pub fn set_unreadable(&mut self, picture: PictureId, reason: Option<String>) {
        self.list.set_unreadable(picture, reason);
    }

    /// Shows a picture, with nothing selected.
    pub fn show(&mut self, picture: PictureId) {
        if self.state.picture != Some(picture) && self.document().picture(picture).is_some() {
            self.previously_shown = self.state.picture.replace(picture);
            self.selection.clear();
            self.list.clear_selection();
            if self.state.query.depends_on_boxes() {
                self.refresh_list();
            }
        }
    }

    /// The picture that was shown before this one, else the one above it in the list.
    pub(super) fn previous(&self) -> Option<PictureId> {
        let exists = |id: &PictureId| self.document().picture(*id).is_some();
        let above = || {
            self.neighbour(-1)
                .filter(|above| Some(*above) != self.current())
        };
        self.previously_shown.filter(exists).or_else(above)
    }

    /// The picture `step` rows further down the list, at most its first or last. From a picture
    /// that is not in the list, its first.
    pub fn neighbour(&self, step: isize) -> Option<PictureId> {
        let row = self.current().and_then(|picture| self.row(picture));
        let last = self.rows().len().checked_sub(1)?;
        let row = row.map_or(0, |row| row.saturating_add_signed(step).min(last));
        self.rows().get(row).copied()
    }

    /// The next picture of the list to review: it is not done and its file can be read. After the
    /// end the search continues from the top.
    pub fn next_to_review(&self) -> Option<PictureId> {
        let rows = self.rows();
        let current = self.current().and_then(|picture| self.row(picture));
        let start = current.map_or(0, |row| row + 1);
        let (before, after) = rows.split_at(start.min(rows.len()));
        let is_open = |id: &&PictureId| {
            let picture = self.document().picture(**id);
            picture.is_some_and(|picture| picture.review != ReviewState::Done && !picture.missing)
                && self.unreadable(**id).is_none()
                && Some(**id) != self.current()
        };
        after.iter().chain(before).find(is_open).copied()
    }

    /// The pictures that are likely to be shown next, the current one first.
    pub fn likely_next(&self) -> Vec<PictureId> {
        let neighbours = [1, 2, -1].map(|step| self.neighbour(step));
        let mut likely: Vec<PictureId> = Vec::new();
        for picture in [self.current(), self.next_to_review()]
            .into_iter()
            .chain(neighbours)
            .flatten()
        {
            if !likely.contains(&picture) {
                likely.push(picture);
            }
        }
        likely
    }
}
