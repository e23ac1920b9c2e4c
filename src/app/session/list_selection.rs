//! The pictures of the list that are selected together, as in file managers: a click selects one,
//! Ctrl+click adds or removes one, Shift+click selects a range.
//!
//! A single picture is not a selection: it is the picture that is shown.

use std::collections::{HashMap, HashSet};

use crate::document::PictureId;

/// A change of the selection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SelectionChange {
    /// Add this picture, or remove it.
    Toggle(PictureId),
    /// Select the range from where the selection began to this picture. If true, the range is added
    /// to the selection, else it replaces the selection.
    RangeTo(PictureId, bool),
    /// Move the end of the range by some rows.
    RangeBy(isize),
    /// Select all pictures of the list.
    All,
    /// Select nothing: only the shown picture counts.
    Clear,
}

/// Several pictures, or none.
#[derive(Debug, Default)]
pub struct ListSelection {
    ids: HashSet<PictureId>,
    /// The first and last picture of the range; none if it starts at the shown picture.
    range: Option<(PictureId, PictureId)>,
    /// Rises whenever something changes.
    version: u64,
}

impl ListSelection {
    /// Whether a picture is selected.
    pub fn contains(&self, picture: PictureId) -> bool {
        self.ids.contains(&picture)
    }

    /// The number of pictures: at least two, or none.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether nothing is selected.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// A number that rises whenever something changes.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The end of the last range, to scroll to.
    pub fn range_end(&self) -> Option<PictureId> {
        self.range.map(|(_, end)| end)
    }

    /// Selects nothing.
    pub fn clear(&mut self) {
        if !self.ids.is_empty() || self.range.is_some() {
            self.ids.clear();
            self.range = None;
            self.version += 1;
        }
    }

    /// Drops the pictures that are no longer listed.
    pub fn retain_listed(&mut self, row_of: &HashMap<PictureId, usize>) {
        let number = self.ids.len();
        self.ids.retain(|id| row_of.contains_key(id));
        let is_listed = |(begin, end): (PictureId, PictureId)| {
            row_of.contains_key(&begin) && row_of.contains_key(&end)
        };
        self.range = self.range.filter(|range| is_listed(*range));
        self.version += u64::from(self.ids.len() != number);
        self.drop_single();
    }

    /// Changes the selection among `rows` while `shown` is shown. If a single picture is left, it is
    /// returned: it is to be shown instead.
    pub fn change(
        &mut self,
        change: SelectionChange,
        rows: &[PictureId],
        row_of: &HashMap<PictureId, usize>,
        shown: Option<PictureId>,
    ) -> Option<PictureId> {
        self.version += 1;
        let shown = shown.filter(|id| row_of.contains_key(id));
        let begin = self.range.map(|(begin, _)| begin).or(shown);
        let (to, is_added) = match change {
            SelectionChange::Clear => {
                self.clear();
                return None;
            }
            SelectionChange::All => {
                self.ids = rows.iter().copied().collect();
                return self.drop_single();
            }
            SelectionChange::Toggle(id) => {
                if self.ids.is_empty() {
                    self.ids.extend(shown);
                }
                if !self.ids.remove(&id) {
                    self.ids.insert(id);
                }
                self.range = Some((id, id));
                return self.drop_single();
            }
            SelectionChange::RangeTo(id, is_added) => (id, is_added),
            SelectionChange::RangeBy(step) => {
                let from = self.range_end().or(shown).and_then(|id| row_of.get(&id));
                let last = rows.len().saturating_sub(1);
                let row = from.map_or(0, |row| row.saturating_add_signed(step).min(last));
                (*rows.get(row)?, false)
            }
        };
        let begin = begin.unwrap_or(to);
        let (first, last) = (row_of.get(&begin)?, row_of.get(&to)?);
        let (first, last) = (*first.min(last), *first.max(last));
        if !is_added {
            self.ids.clear();
        }
        self.ids.extend(&rows[first..=last]);
        self.range = Some((begin, to));
        self.drop_single()
    }

    /// A single picture is not a selection; returns that picture.
    fn drop_single(&mut self) -> Option<PictureId> {
        if self.ids.len() > 1 {
            return None;
        }
        self.ids.drain().next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What changes select in a list of six while the third is shown.
    fn selected(changes: &[SelectionChange]) -> Vec<u32> {
        let rows: Vec<PictureId> = (1..=6).map(PictureId).collect();
        let row_of = rows
            .iter()
            .enumerate()
            .map(|(row, id)| (*id, row))
            .collect();
        let mut all = ListSelection::default();
        for change in changes {
            all.change(*change, &rows, &row_of, Some(PictureId(3)));
        }
        let mut ids: Vec<u32> = all.ids.iter().map(|id| id.0).collect();
        ids.sort_unstable();
        ids
    }

    #[test]
    fn selection_works_as_in_file_managers() {
        let toggle = |id| SelectionChange::Toggle(PictureId(id));
        let to = |id| SelectionChange::RangeTo(PictureId(id), false);
        assert_eq!(selected(&[toggle(5)]), [3, 5], "the shown picture is kept");
        assert_eq!(selected(&[toggle(5), toggle(1), toggle(5)]), [1, 3]);
        assert_eq!(selected(&[to(5)]), [3, 4, 5]);
        assert_eq!(selected(&[to(5), to(2)]), [2, 3], "from the same start");
        assert_eq!(selected(&[toggle(5), to(6)]), [5, 6], "from the last click");
        let range_too = SelectionChange::RangeTo(PictureId(6), true);
        assert_eq!(selected(&[toggle(1), toggle(5), range_too]), [1, 3, 5, 6]);
        assert_eq!(
            selected(&[
                SelectionChange::RangeBy(1),
                SelectionChange::RangeBy(1),
                SelectionChange::RangeBy(-1)
            ]),
            [3, 4]
        );
        assert_eq!(
            selected(&[SelectionChange::RangeBy(1), SelectionChange::RangeBy(-1)]),
            [0; 0]
        );
        assert_eq!(selected(&[SelectionChange::RangeBy(isize::MIN)]), [1, 2, 3]);
        assert_eq!(selected(&[SelectionChange::All]), [1, 2, 3, 4, 5, 6]);
        assert_eq!(
            selected(&[SelectionChange::All, SelectionChange::Clear]),
            [0; 0]
        );
    }

    #[test]
    fn a_single_picture_that_is_left_is_returned_to_be_shown() {
        let rows: Vec<PictureId> = (1..=3).map(PictureId).collect();
        let row_of = rows
            .iter()
            .enumerate()
            .map(|(row, id)| (*id, row))
            .collect();
        let mut all = ListSelection::default();
        let shown = Some(PictureId(1));
        let toggle = |all: &mut ListSelection, id| {
            all.change(
                SelectionChange::Toggle(PictureId(id)),
                &rows,
                &row_of,
                shown,
            )
        };
        assert_eq!(toggle(&mut all, 3), None);
        assert_eq!(toggle(&mut all, 1), Some(PictureId(3)));
        assert!(all.is_empty());
    }

    #[test]
    fn pictures_that_are_no_longer_listed_are_dropped() {
        let rows: Vec<PictureId> = (1..=6).map(PictureId).collect();
        let mut row_of: HashMap<_, _> = rows
            .iter()
            .enumerate()
            .map(|(row, id)| (*id, row))
            .collect();
        let mut all = ListSelection::default();
        all.change(SelectionChange::All, &rows, &row_of, None);
        row_of.retain(|id, _| id.0 < 3);
        all.retain_listed(&row_of);
        assert_eq!(all.len(), 2);
        row_of.remove(&PictureId(1));
        all.retain_listed(&row_of);
        assert!(all.is_empty());
    }
}
