//! Moving between pictures: the list and what is shown of it.

use super::core::Session;
use super::list_selection::{ListSelection, SelectionChange};
use super::query::PictureQuery;
use super::turn::Turn;
use crate::document::{Picture, PictureId, ReviewState};

impl Session {
    /// The search, filters and order of the list.
    pub fn query(&self) -> &PictureQuery {
        &self.state.query
    }

    /// Changes the search, filters or order of the list. After a change of the order, the first
    /// picture of the list is shown.
    pub fn set_query(&mut self, query: PictureQuery) {
        let order = |query: &PictureQuery| (query.sort, query.is_reversed);
        let is_reordered = order(&query) != order(&self.state.query);
        if query != self.state.query {
            self.state.query = query;
            self.refresh_list();
            self.leave_taken_out(false);
        }
        if is_reordered && let Some(first) = self.rows().first() {
            self.show(*first);
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

    /// Shows a picture, with its surest undecided proposal selected.
    pub fn show(&mut self, picture: PictureId) {
        if self.state.picture != Some(picture) && self.document().picture(picture).is_some() {
            self.state.picture = Some(picture);
            self.list.clear_selection();
            if self.state.query.depends_on_boxes() {
                self.refresh_list();
            }
            self.arrive();
        }
    }

    /// Shows no picture, because none is listed.
    pub(super) fn show_nothing(&mut self) {
        self.state.picture = None;
        self.selection.clear();
        self.list.clear_selection();
    }

    /// A picture begins to be shown.
    pub(super) fn arrive(&mut self) {
        if let Some(picture) = self.state.picture {
            self.visited.visit(picture);
        }
        self.select_next_proposal();
        self.awaits_proposals = self.selection.is_empty();
    }

    /// Shows the picture that was shown before this one, or after it if one has gone back. Returns
    /// whether there is one.
    pub fn revisit(&mut self, forward: bool) -> bool {
        let document = self.project.document();
        let is_included =
            |id| (document.picture(id)).is_some_and(|picture: &Picture| !picture.is_excluded);
        let is_other = |id| is_included(id) && self.state.picture != Some(id);
        let Some(picture) = self.visited.step(forward, is_other) else {
            return false;
        };
        self.show(picture);
        true
    }

    /// The picture that a person worked on before this one.
    pub(super) fn last_worked_on(&self) -> Option<PictureId> {
        self.worked_on.latest(|id| {
            let picture = self.document().picture(*id);
            Some(*id) != self.current() && picture.is_some_and(|picture| !picture.is_excluded)
        })
    }

    /// The picture `step` rows further down the list, at most its first or last. From a picture that
    /// has left the list, the steps are counted from its former place.
    pub fn neighbour(&self, step: isize) -> Option<PictureId> {
        let last = self.rows().len().checked_sub(1)?;
        let Some(picture) = self.current() else {
            return self.rows().first().copied();
        };
        let place = self.list.place(picture);
        // At the place of a picture that has left the list, there is its follower already.
        let is_gap = self.row(picture).is_none();
        let step = step.saturating_sub(isize::from(is_gap && step > 0));
        let row = place.saturating_add_signed(step).min(last);
        self.rows().get(row).copied()
    }

    /// The next picture of the list to review: it is not done and its file can be read. After the
    /// end the search continues from the top.
    pub fn next_to_review(&self) -> Option<PictureId> {
        let rows = self.rows();
        let start = self.current().map_or(0, |picture| {
            let is_listed = self.row(picture).is_some();
            self.list.place(picture) + usize::from(is_listed)
        });
        let (before, after) = rows.split_at(start.min(rows.len()));
        let is_open = |id: &&PictureId| {
            let picture = self.document().picture(**id);
            picture.is_some_and(|picture| {
                picture.review != ReviewState::Done && picture.is_available()
            }) && self.unreadable(**id).is_none()
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

    /// How far the view of a picture is turned.
    pub fn turn(&self, picture: PictureId) -> Turn {
        let turn = self.state.turns.get(&picture);
        turn.copied().unwrap_or_default()
    }

    /// Turns the view of the shown picture by a quarter, clockwise or not. Boxes and files do not
    /// change.
    pub fn turn_view(&mut self, is_clockwise: bool) {
        let Some(picture) = self.current() else {
            return;
        };
        let turn = self.turn(picture).further(is_clockwise);
        if turn.is_none() {
            self.state.turns.remove(&picture);
        } else {
            self.state.turns.insert(picture, turn);
        }
    }
}
