//! Taking pictures out of the project and bringing them back.
//!
//! The list shows pictures that are taken out only with the filter for them, and only those. So the list
//! changes at once, and if the shown picture leaves it, the next one is shown.

use super::core::Session;
use super::query::ReviewFilter;
use crate::document::{AffectedRows, Picture, PictureId, ops};
use crate::store::StoreError;

impl Session {
    /// Whether the picture that is shown is taken out of the project.
    pub fn is_current_excluded(&self) -> bool {
        let shown = self.current().and_then(|id| self.document().picture(id));
        shown.is_some_and(|picture| picture.is_excluded)
    }

    /// Whether the [selected pictures](Self::selected_pictures) are taken out of the project.
    pub fn are_selected_excluded(&self) -> bool {
        if self.list_selection().is_empty() {
            self.is_current_excluded()
        } else {
            self.lists_excluded()
        }
    }

    /// Takes the selected pictures out of the project, or brings them back; returns their number.
    ///
    /// # Errors
    /// As for [`commit`](Self::commit).
    pub fn exclude_selected(&mut self, is_excluded: bool) -> Result<usize, StoreError> {
        self.set_excluded(self.selected_pictures(), is_excluded)
    }

    /// Takes all pictures out of the project whose file is missing or cannot be read, as far as that is
    /// known; returns their number.
    ///
    /// # Errors
    /// As for [`commit`](Self::commit).
    pub fn exclude_unreadable(&mut self) -> Result<usize, StoreError> {
        let is_unreadable =
            |picture: &&Picture| picture.missing || self.unreadable(picture.id).is_some();
        let unreadable = self.document().included_pictures().filter(is_unreadable);
        let unreadable: Vec<PictureId> = unreadable.map(|picture| picture.id).collect();
        self.set_excluded(unreadable, true)
    }

    fn set_excluded(
        &mut self,
        mut pictures: Vec<PictureId>,
        is_excluded: bool,
    ) -> Result<usize, StoreError> {
        pictures.retain(|id| {
            let picture = self.document().picture(*id);
            picture.is_some_and(|picture| picture.is_excluded != is_excluded)
        });
        if !pictures.is_empty() {
            let label = if is_excluded {
                "take out"
            } else {
                "bring back"
            };
            self.commit(label, |document| {
                ops::set_excluded(document, &pictures, is_excluded)
            })?;
        }
        Ok(pictures.len())
    }

    /// Whether the list shows the pictures that are taken out, instead of the others.
    fn lists_excluded(&self) -> bool {
        self.query().state == Some(ReviewFilter::TakenOut)
    }

    /// Whether a picture is taken out of the project and the list does not show such pictures.
    pub(super) fn is_out_of_sight(&self, picture: PictureId) -> bool {
        let picture = self.document().picture(picture);
        picture.is_some_and(|picture| picture.is_excluded) && !self.lists_excluded()
    }

    /// Lists again if these rows include pictures that were taken out or brought back.
    pub(super) fn follow_exclusion(&mut self, affected: &AffectedRows) {
        let pictures = &affected.pictures;
        if !self.list.differs_in_exclusion(self.document(), pictures) {
            return;
        }
        self.refresh_list();
        self.leave_taken_out(true);
        let was_brought_back = self.current().is_some_and(|shown| {
            self.lists_excluded() && self.row(shown).is_none() && pictures.contains(&shown)
        });
        if was_brought_back && let Some(next) = self.neighbour(1) {
            self.show(next);
        }
        self.normalize_selection();
    }

    /// If the shown picture has left the list because it was taken out, shows the next one, or the first
    /// one unless the list `keeps_place`. Nothing is shown if no other picture is listed.
    pub(super) fn leave_taken_out(&mut self, keeps_place: bool) {
        self.ensure_current_exists();
        let shown = self.current();
        if shown.is_some_and(|shown| self.is_out_of_sight(shown)) {
            match self.neighbour(if keeps_place { 1 } else { isize::MIN }) {
                Some(next) => self.show(next),
                None => self.show_nothing(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::app::session::{PictureQuery, SelectionChange};
    use crate::document::{ReviewState, ops};
    use crate::store::Project;

    /// A session with this many pictures, the first of which is shown.
    fn session(count: usize) -> (TempDir, Session) {
        let folder = tempfile::tempdir().unwrap();
        let mut project = Project::create_for(folder.path()).unwrap().0;
        let pictures = (1..=count).map(|at| Picture::new(PictureId(0), format!("{at}.jpg"), 9, 9));
        let edit = ops::add_pictures(project.document(), pictures.collect());
        project.commit_untracked("add pictures", &edit).unwrap();
        (folder, Session::new(project))
    }

    fn rows(session: &Session) -> Vec<u32> {
        session.rows().iter().map(|id| id.0).collect()
    }

    fn shown(session: &Session) -> Option<u32> {
        session.current().map(|id| id.0)
    }

    fn list(session: &mut Session, state: Option<ReviewFilter>) {
        session.set_query(PictureQuery {
            state,
            ..PictureQuery::default()
        });
    }

    #[test]
    fn the_next_picture_is_shown_and_undo_shows_the_former_one() {
        let (_folder, mut session) = session(3);
        session.show(PictureId(2));
        assert_eq!(session.exclude_selected(true).unwrap(), 1);
        assert_eq!((rows(&session), shown(&session)), (vec![1, 3], Some(3)));
        // After the last one, the one before it.
        session.exclude_selected(true).unwrap();
        assert_eq!((rows(&session), shown(&session)), (vec![1], Some(1)));
        session.exclude_selected(true).unwrap();
        assert_eq!((rows(&session), shown(&session)), (vec![], None));
        session.count();
        assert_eq!(
            (session.summary().total(), session.summary().excluded),
            (0, 3)
        );
        assert_eq!(session.exclude_selected(true).unwrap(), 0);

        assert_eq!(session.undo().unwrap().as_deref(), Some("take out"));
        assert_eq!((rows(&session), shown(&session)), (vec![1], Some(1)));
        session.undo().unwrap();
        assert_eq!((rows(&session), shown(&session)), (vec![1, 3], Some(3)));
        session.redo().unwrap();
        assert_eq!((rows(&session), shown(&session)), (vec![1], Some(1)));
    }

    #[test]
    fn several_are_one_step_and_only_their_filter_lists_them() {
        let (_folder, mut session) = session(5);
        session.show(PictureId(2));
        session.change_list_selection(SelectionChange::RangeBy(2));
        assert_eq!(session.exclude_selected(true).unwrap(), 3);
        assert_eq!((rows(&session), shown(&session)), (vec![1, 5], Some(5)));
        for state in ReviewFilter::ALL {
            list(&mut session, Some(state));
            let is_theirs = state == ReviewFilter::TakenOut;
            assert_eq!(rows(&session).contains(&3), is_theirs, "{state:?}");
        }
        list(&mut session, Some(ReviewFilter::TakenOut));
        assert_eq!(rows(&session), [2, 3, 4]);
        assert_eq!(session.next_to_review(), None);
        session.show(PictureId(3));
        assert!(session.is_current_excluded() && session.are_selected_excluded());
        assert_eq!(session.exclude_selected(false).unwrap(), 1);
        assert_eq!((rows(&session), shown(&session)), (vec![2, 4], Some(4)));
        session.change_list_selection(SelectionChange::All);
        assert!(session.are_selected_excluded());
        assert_eq!(session.exclude_selected(false).unwrap(), 2);
        assert_eq!(rows(&session), [0; 0]);
        session.undo().unwrap();
        assert_eq!(rows(&session), [2, 4]);
        // Without the filter, a picture that is taken out is not shown either.
        session.show(PictureId(4));
        list(&mut session, None);
        assert_eq!((rows(&session), shown(&session)), (vec![1, 3, 5], Some(1)));
        // The first step, undone last, was one.
        session.undo().unwrap();
        session.undo().unwrap();
        assert_eq!(rows(&session), [1, 2, 3, 4, 5]);
    }

    #[test]
    fn all_bad_files_go_at_once_and_progress_reaches_the_end() {
        let (_folder, mut session) = session(4);
        let missing = [PictureId(1)];
        let edit = ops::set_missing(session.document(), &missing, true).unwrap();
        session
            .project
            .commit_untracked_with("rescan", |_| Ok(edit.clone()))
            .unwrap();
        session.set_unreadable(PictureId(3), Some("it is damaged".to_owned()));
        session.show(PictureId(1));
        assert_eq!(session.exclude_unreadable().unwrap(), 2);
        assert_eq!((rows(&session), shown(&session)), (vec![2, 4], Some(2)));
        assert_eq!(session.exclude_unreadable().unwrap(), 0);
        for picture in [2, 4].map(PictureId) {
            session.show(picture);
            session.set_done(true).unwrap();
        }
        session.count();
        let summary = session.summary();
        assert_eq!(
            (summary.done(), summary.total(), summary.missing),
            (2, 2, 0)
        );
        session.undo().unwrap();
        session.undo().unwrap();
        session.undo().unwrap();
        assert_eq!(rows(&session), [1, 2, 3, 4]);
    }

    #[test]
    fn a_project_opens_on_a_picture_that_is_listed() {
        let (_folder, mut session) = session(3);
        list(&mut session, Some(ReviewFilter::TakenOut));
        assert_eq!(rows(&session), [0; 0]);
        list(&mut session, None);
        session.show(PictureId(2));
        session.save_state().unwrap();
        let path = session.project().path().to_owned();
        session.close().unwrap();
        // The command line takes it out meanwhile.
        let (mut project, _) = Project::open(&path, crate::store::Access::Add).unwrap();
        let take_out = |document: &_| ops::set_excluded(document, &[PictureId(2)], true);
        project.commit_with("take out", None, take_out).unwrap();
        project.close().unwrap();
        let (project, _) = Project::open(&path, crate::store::Access::Edit).unwrap();
        let session = Session::new(project);
        assert_eq!((rows(&session), shown(&session)), (vec![1, 3], Some(1)));
        let picture = session.document().picture(PictureId(2)).unwrap();
        assert_eq!(picture.review, ReviewState::New);
    }
}
