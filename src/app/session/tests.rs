use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::core::Session;
use super::query::{PictureQuery, ReviewFilter};
use crate::document::ops::{self, Candidate};
use crate::document::{BoxState, Document, Picture, PictureId, Provenance, ReviewState};
use crate::geometry::BBox;
use crate::store::{Access, Project};

pub(super) const FIRST: PictureId = PictureId(1);
const SECOND: PictureId = PictureId(2);

/// A session with three pictures of 100 × 100 pixels, the first of which is shown.
pub(super) fn session() -> (TempDir, Session) {
    let folder = tempfile::tempdir().unwrap();
    let mut project = Project::create_for(folder.path()).unwrap().0;
    let pictures = ["1.jpg", "2.jpg", "3.jpg"];
    let pictures = pictures.map(|path| Picture::new(PictureId(0), path, 100, 100));
    project
        .commit_untracked_with("add pictures", |document| {
            Ok(ops::add_pictures(document, pictures.to_vec()))
        })
        .unwrap();
    (folder, Session::new(project))
}

pub(super) fn rect(x: f32) -> BBox {
    BBox::from_xywh(x, 10.0, 20.0, 20.0)
}

pub(super) fn provenance() -> Arc<Provenance> {
    Arc::new(Provenance {
        name: "m".into(),
        version: "1".into(),
        method: "affinity".into(),
        threshold: 0.5,
    })
}

/// Lets the model propose a box of a class.
pub(super) fn propose(session: &mut Session, picture: PictureId, class: &str, x: f32) {
    let provenance = provenance();
    let candidate = Candidate::suggested(rect(x), class, 0.5);
    session
        .replace_proposals(&provenance, &[(picture, vec![candidate])], false)
        .unwrap();
}

pub(super) fn states(session: &Session) -> Vec<BoxState> {
    session.boxes().iter().map(|row| row.state).collect()
}

#[test]
fn undo_takes_back_a_step_and_leaves_what_the_model_did_since() {
    let (_folder, mut session) = session();
    session.draw(FIRST, rect(10.0)).unwrap();
    propose(&mut session, FIRST, "cat", 50.0);
    let both = [BoxState::Drawn, BoxState::Proposed];
    assert_eq!(states(&session), both);
    assert_eq!(session.undo_redo_labels(), [Some("draw a box"), None]);

    session.show(SECOND);
    assert_eq!(session.undo().unwrap().as_deref(), Some("draw a box"));
    assert_eq!(session.current(), Some(FIRST), "the picture of the step");
    assert_eq!(states(&session), [BoxState::Proposed]);
    let review = |session: &Session| session.document().picture(FIRST).unwrap().review;
    assert_eq!(review(&session), ReviewState::Proposed);

    assert_eq!(session.redo().unwrap().as_deref(), Some("draw a box"));
    assert_eq!(states(&session), both);
    assert_eq!(review(&session), ReviewState::InReview);
    session.undo().unwrap();
    assert_eq!(states(&session), [BoxState::Proposed]);
}

#[test]
fn a_proposal_does_not_stay_on_a_box_that_comes_back() {
    let (_folder, mut session) = session();
    let cat = session.ensure_class("cat").unwrap();
    let (id, _) = session.draw(FIRST, rect(10.0)).unwrap();
    session.select(vec![id]);
    session.delete().unwrap();
    let found = Candidate::of_class(rect(11.0), cat, 0.5);
    session
        .replace_proposals(&provenance(), &[(FIRST, vec![found])], false)
        .unwrap();
    assert_eq!(states(&session), [BoxState::Proposed]);
    session.undo().unwrap();
    assert_eq!(states(&session), [BoxState::Drawn]);
}

#[test]
fn what_the_model_did_is_undone_with_a_step_that_it_needs() {
    let (_folder, mut session) = session();
    let cat = session.ensure_class("cat").unwrap();
    session.draw(FIRST, rect(10.0)).unwrap();
    let provenance = provenance();
    let learned = Candidate::of_class(rect(50.0), cat, 0.5);
    session
        .replace_proposals(&provenance, &[(FIRST, vec![learned])], false)
        .unwrap();
    assert_eq!(session.undo().unwrap().as_deref(), Some("draw a box"));
    assert_eq!(states(&session), [BoxState::Proposed]);
    // Without the class there is no such proposal.
    assert_eq!(session.undo().unwrap().as_deref(), Some("add a class"));
    assert_eq!(states(&session), []);
    assert_eq!(session.document().categories().count(), 0);
    for expected in ["add a class", "draw a box"] {
        assert_eq!(session.redo().unwrap().as_deref(), Some(expected));
    }
    assert_eq!(states(&session), [BoxState::Drawn, BoxState::Proposed]);
}

#[test]
fn a_picture_that_no_longer_matches_stays_listed_until_another_one_is_shown() {
    let (_folder, mut session) = session();
    session.set_query(PictureQuery {
        state: Some(ReviewFilter::ToReview),
        ..PictureQuery::default()
    });
    session.set_done(true).unwrap();
    assert_eq!(session.row(FIRST), Some(0));
    session.show(SECOND);
    assert_eq!(session.row(FIRST), None);
    assert_eq!(session.rows().len(), 2);
}

#[test]
fn boxes_are_pasted_with_an_offset_on_their_own_picture_only() {
    let (_folder, mut session) = session();
    session.draw(FIRST, rect(10.0)).unwrap();
    assert_eq!(session.copy(), 1);
    assert_eq!(session.paste().unwrap(), 1);
    assert_eq!(session.boxes()[1].rect.x0, 22.0);
    session.show(SECOND);
    assert_eq!(session.paste().unwrap(), 1);
    assert_eq!(session.boxes()[0].rect.x0, 10.0);
}

#[test]
fn proposals_of_hidden_classes_keep_a_picture_open() {
    let (_folder, mut session) = session();
    propose(&mut session, FIRST, "cat", 50.0);
    let cat = session.ensure_class("cat").unwrap();
    session.toggle_hidden(cat);
    assert_eq!(session.hidden_proposals(), 1);
    session.accept_all_and_finish().unwrap();
    assert!(!session.is_current_done());
    assert_eq!(states(&session), [BoxState::Proposed]);
    session.toggle_hidden(cat);
    session.accept_all_and_finish().unwrap();
    assert!(session.is_current_done());
    assert_eq!(states(&session), [BoxState::Accepted]);
}

#[test]
fn a_session_opens_where_the_last_one_was_left() {
    let (_folder, mut session) = session();
    session.show(SECOND);
    session.proposal_settings_mut().threshold = Some(0.25);
    let path = session.project().path().to_owned();
    session.close().unwrap();
    let (project, _) = Project::open(&path, Access::Edit).unwrap();
    let session = Session::new(project);
    assert_eq!(session.current(), Some(SECOND));
    assert_eq!(session.proposal_settings().threshold, Some(0.25));
}

#[test]
fn what_another_process_changes_concerns_only_the_pictures_that_it_names() {
    let (_folder, mut session) = session();
    let (id, _) = session.draw(FIRST, rect(10.0)).unwrap();
    session.select(vec![id]);
    let path = session.project().path().to_owned();
    let mut other = Project::open(&path, Access::Add).unwrap().0;
    wait(&mut session, |session| {
        session.project().saving_since().is_none()
    });
    session.take_changed_pictures();
    other.poll().unwrap();
    let candidate = Candidate::suggested(rect(50.0), "cat", 0.5);
    let found = [(SECOND, vec![candidate])];
    let propose = |document: &Document| Ok(ops::replace_proposals(document, &provenance(), &found));
    other.commit_untracked_with("propose", propose).unwrap();
    let is_there = |session: &Session| session.document().annotations(SECOND).len() == 1;
    wait(&mut session, is_there);
    let changed = session.take_changed_pictures();
    assert_eq!(changed, Some([SECOND].into()));
    assert_eq!(session.selection(), [id]);
}

/// Polls until a condition holds.
fn wait(session: &mut Session, is_so: impl Fn(&Session) -> bool) {
    let begun = Instant::now();
    while !is_so(session) {
        session.request_poll();
        let found = session.poll(true);
        assert!(found.errors.is_empty(), "{found:?}");
        assert!(begun.elapsed() < Duration::from_secs(60), "waited in vain");
        sleep(Duration::from_millis(2));
    }
}
