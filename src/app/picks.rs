//! The pictures of the list that are selected together, as file managers do it: a click selects
//! one, with Ctrl one more or one less, with Shift all from the one before.
//!
//! One picture alone is no selection of its own: it is the one that is shown.

use std::collections::{HashMap, HashSet};

use crate::document::PictureId;

/// A change of what is selected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SelectionChange {
    /// Take this picture out, or in.
    Toggle(PictureId),
    /// Select from where the selection began to this picture, in the place of what was selected, or
    /// beside it.
    To(PictureId, bool),
    /// As [`To`](Self::To), so many rows further on than the last time.
    By(isize),
    /// Select all pictures of the list.
    All,
    /// Select no more than the picture that is shown.
    Nothing,
}

/// Several pictures, or none.
#[derive(Debug, Default)]
pub struct ListSelection {
    ids: HashSet<PictureId>,
    /// Where a range begins and where it ends; the picture that is shown if none.
    range: Option<(PictureId, PictureId)>,
    /// Rises whenever something changes.
    version: u64,
}

impl ListSelection {
    /// Whether a picture is among them.
    pub fn has(&self, picture: PictureId) -> bool {
        self.ids.contains(&picture)
    }

    /// How many there are: two at least, or none.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// A number that rises whenever something changes.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Where the last range ended, for scrolling.
    pub fn end(&self) -> Option<PictureId> {
        self.range.map(|(_, end)| end)
    }

    /// Selects none.
    pub fn clear(&mut self) {
        if !self.ids.is_empty() || self.range.is_some() {
            self.ids.clear();
            self.range = None;
            self.version += 1;
        }
    }

    /// Keeps those that the list still shows.
    pub fn keep(&mut self, row_of: &HashMap<PictureId, usize>) {
        let number = self.ids.len();
        self.ids.retain(|id| row_of.contains_key(id));
        let is_listed = |(begin, end): (PictureId, PictureId)| {
            row_of.contains_key(&begin) && row_of.contains_key(&end)
        };
        self.range = self.range.filter(|range| is_listed(*range));
        self.version += u64::from(self.ids.len() != number);
        self.tidy();
    }

    /// Changes what is selected among `rows`, while `shown` is shown; the one that is left if it is
    /// one alone, which is then to be shown.
    pub fn pick(
        &mut self,
        pick: SelectionChange,
        rows: &[PictureId],
        row_of: &HashMap<PictureId, usize>,
        shown: Option<PictureId>,
    ) -> Option<PictureId> {
        self.version += 1;
        let shown = shown.filter(|id| row_of.contains_key(id));
        let begin = self.range.map(|(begin, _)| begin).or(shown);
        let (to, is_added) = match pick {
            SelectionChange::Nothing => {
                self.clear();
                return None;
            }
            SelectionChange::All => {
                self.ids = rows.iter().copied().collect();
                return self.tidy();
            }
            SelectionChange::Toggle(id) => {
                if self.ids.is_empty() {
                    self.ids.extend(shown);
                }
                if !self.ids.remove(&id) {
                    self.ids.insert(id);
                }
                self.range = Some((id, id));
                return self.tidy();
            }
            SelectionChange::To(id, is_added) => (id, is_added),
            SelectionChange::By(step) => {
                let from = self.end().or(shown).and_then(|id| row_of.get(&id));
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
        self.tidy()
    }

    /// One alone is none; which one that is.
    fn tidy(&mut self) -> Option<PictureId> {
        if self.ids.len() > 1 {
            return None;
        }
        self.ids.drain().next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ListSelection one after the other in a list of six while the third is shown.
    fn picked(picks: &[SelectionChange]) -> Vec<u32> {
        let rows: Vec<PictureId> = (1..=6).map(PictureId).collect();
        let row_of = rows
            .iter()
            .enumerate()
            .map(|(row, id)| (*id, row))
            .collect();
        let mut all = ListSelection::default();
        for pick in picks {
            all.pick(*pick, &rows, &row_of, Some(PictureId(3)));
        }
        let mut ids: Vec<u32> = all.ids.iter().map(|id| id.0).collect();
        ids.sort_unstable();
        ids
    }

    #[test]
    fn picks_are_those_of_file_managers() {
        let toggle = |id| SelectionChange::Toggle(PictureId(id));
        let to = |id| SelectionChange::To(PictureId(id), false);
        assert_eq!(picked(&[toggle(5)]), [3, 5], "beside the one that is shown");
        assert_eq!(picked(&[toggle(5), toggle(1), toggle(5)]), [1, 3]);
        assert_eq!(picked(&[to(5)]), [3, 4, 5]);
        assert_eq!(picked(&[to(5), to(2)]), [2, 3], "from the same beginning");
        assert_eq!(picked(&[toggle(5), to(6)]), [5, 6], "from the last click");
        let too = SelectionChange::To(PictureId(6), true);
        assert_eq!(picked(&[toggle(1), toggle(5), too]), [1, 3, 5, 6]);
        assert_eq!(
            picked(&[
                SelectionChange::By(1),
                SelectionChange::By(1),
                SelectionChange::By(-1)
            ]),
            [3, 4]
        );
        assert_eq!(
            picked(&[SelectionChange::By(1), SelectionChange::By(-1)]),
            [0; 0]
        );
        assert_eq!(picked(&[SelectionChange::By(isize::MIN)]), [1, 2, 3]);
        assert_eq!(picked(&[SelectionChange::All]), [1, 2, 3, 4, 5, 6]);
        assert_eq!(
            picked(&[SelectionChange::All, SelectionChange::Nothing]),
            [0; 0]
        );
    }

    #[test]
    fn one_that_is_left_is_to_be_shown() {
        let rows: Vec<PictureId> = (1..=3).map(PictureId).collect();
        let row_of = rows
            .iter()
            .enumerate()
            .map(|(row, id)| (*id, row))
            .collect();
        let mut all = ListSelection::default();
        let shown = Some(PictureId(1));
        let pick = |all: &mut ListSelection, id| {
            all.pick(
                SelectionChange::Toggle(PictureId(id)),
                &rows,
                &row_of,
                shown,
            )
        };
        assert_eq!(pick(&mut all, 3), None);
        assert_eq!(pick(&mut all, 1), Some(PictureId(3)));
        assert!(all.is_empty());
    }

    #[test]
    fn what_the_list_no_longer_shows_is_no_longer_selected() {
        let rows: Vec<PictureId> = (1..=6).map(PictureId).collect();
        let mut row_of: HashMap<_, _> = rows
            .iter()
            .enumerate()
            .map(|(row, id)| (*id, row))
            .collect();
        let mut all = ListSelection::default();
        all.pick(SelectionChange::All, &rows, &row_of, None);
        row_of.retain(|id, _| id.0 < 3);
        all.keep(&row_of);
        assert_eq!(all.len(), 2);
        row_of.remove(&PictureId(1));
        all.keep(&row_of);
        assert!(all.is_empty());
    }
}
