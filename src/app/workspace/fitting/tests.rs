//! What becomes of answers, without waiting for the network.

use crate::app::app_dirs::AppDirs;
use crossbeam_channel::{Receiver, unbounded};
use tempfile::TempDir;

use super::*;
use crate::app::workers::WorkerEvent;
use crate::app::workers::events::EventSender;
use crate::app::workers::requests::PictureVersion;
use crate::app::workspace::SnapChoice;
use crate::document::ops::{self, Candidate};
use crate::document::{BoxState, Picture, Provenance};
use crate::segment::{NestedBoxes, PromptPoint};
use crate::store::Project;

const FIRST: PictureId = PictureId(1);
const SECOND: PictureId = PictureId(2);

struct Fixture {
    workspace: Workspace,
    _folder: TempDir,
    _events: Receiver<(u64, WorkerEvent)>,
}

/// A project with two pictures of 100 × 100 pixels, whose files do not exist, and a proposal on the
/// first.
fn fixture() -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let mut project = Project::create_for(folder.path()).unwrap().0;
    let pictures = ["1.jpg", "2.jpg"].map(|path| Picture::new(PictureId(0), path, 100, 100));
    let model = Provenance {
        name: "m".into(),
        version: "1".into(),
        method: "affinity".into(),
        threshold: 0.5,
    };
    project
        .commit_untracked_with("add pictures", |document| {
            Ok(ops::add_pictures(document, pictures.to_vec()))
        })
        .unwrap();
    project
        .commit_untracked_with("add a class", |document| {
            Ok(ops::add_category(document, "cat"))
        })
        .unwrap();
    project
        .commit_untracked_with("propose", |document| {
            let found = [(FIRST, vec![Candidate::suggested(rough(), "cat", 0.5)])];
            Ok(ops::replace_proposals(
                document,
                &model.clone().into(),
                &found,
            ))
        })
        .unwrap();
    let (sender, events) = unbounded();
    let sender = EventSender::new(sender, || ());
    let mut workspace = Workspace::new(project, 1, &AppDirs::default(), &sender);
    workspace.update_fitting(false);
    Fixture {
        workspace,
        _folder: folder,
        _events: events,
    }
}

fn rough() -> BBox {
    BBox::from_xywh(20.0, 20.0, 40.0, 40.0)
}

fn fitted() -> BBox {
    BBox::from_xywh(25.0, 25.0, 30.0, 30.0)
}

fn boxes(workspace: &Workspace) -> Vec<(BoxState, BBox)> {
    let rows = workspace.session.boxes().iter();
    rows.map(|row| (row.state, row.rect)).collect()
}

fn steps(workspace: &Workspace) -> usize {
    workspace.session.project().history().position()
}

fn select_all(workspace: &mut Workspace) {
    let ids = workspace.session.visible().map(|row| row.id).collect();
    workspace.session.select(ids);
}

/// Answers the only fit that is pending.
fn answer(workspace: &mut Workspace, fitted: Option<BBox>) -> Option<String> {
    let [pending] = &workspace.fitting.pending[..] else {
        panic!("{:?}", workspace.fitting.pending);
    };
    let event = SegmenterEvent::Answer {
        number: pending.number,
        answer: Ok(PromptAnswer::Fitted(fitted)),
    };
    workspace.on_segmenter_event(event).unwrap()
}

#[test]
fn a_proposal_is_fitted_in_one_step_and_goes_back_to_being_a_proposal() {
    let mut fixture = fixture();
    let workspace = &mut fixture.workspace;
    select_all(workspace);
    let before = steps(workspace);
    workspace.fit_selected().unwrap();
    assert!(workspace.fitting.is_waiting(), "it is not embedded");
    assert_eq!(boxes(workspace), [(BoxState::Proposed, rough())]);
    assert_eq!(answer(workspace, Some(fitted())), None);
    assert_eq!(boxes(workspace), [(BoxState::Edited, fitted())]);
    assert_eq!(steps(workspace), before + 1);
    assert!(!workspace.fitting.is_waiting());
    // Back, forth without asking the network again, and back by undo.
    workspace.fit_selected().unwrap();
    assert_eq!(boxes(workspace), [(BoxState::Proposed, rough())]);
    workspace.fit_selected().unwrap();
    assert_eq!(boxes(workspace), [(BoxState::Edited, fitted())]);
    assert!(!workspace.fitting.has_pending());
    workspace.session.undo().unwrap();
    assert_eq!(boxes(workspace), [(BoxState::Proposed, rough())]);
}

#[test]
fn a_box_that_was_changed_in_the_meantime_is_left_alone() {
    let mut fixture = fixture();
    let workspace = &mut fixture.workspace;
    select_all(workspace);
    workspace.fit_selected().unwrap();
    workspace.session.nudge(1.0, 0.0, false).unwrap();
    let moved = boxes(workspace);
    assert_eq!(answer(workspace, Some(fitted())), None);
    assert_eq!(boxes(workspace), moved);
}

#[test]
fn nothing_is_changed_on_a_picture_that_is_no_longer_shown() {
    let mut fixture = fixture();
    let workspace = &mut fixture.workspace;
    select_all(workspace);
    workspace.fit_selected().unwrap();
    let number = workspace.fitting.pending[0].number;
    workspace.session.show(SECOND);
    workspace.update_fitting(false);
    assert!(!workspace.fitting.has_pending());
    let late = SegmenterEvent::Answer {
        number,
        answer: Ok(PromptAnswer::Fitted(Some(fitted()))),
    };
    assert_eq!(workspace.on_segmenter_event(late).unwrap(), None);
    workspace.session.show(FIRST);
    assert_eq!(boxes(workspace), [(BoxState::Proposed, rough())]);
}

#[test]
fn a_person_hears_that_nothing_was_found_if_they_asked() {
    let mut fixture = fixture();
    let workspace = &mut fixture.workspace;
    select_all(workspace);
    workspace.fit_selected().unwrap();
    let text = answer(workspace, None).unwrap();
    assert!(text.contains("No object"), "{text}");
    workspace.fit_selected().unwrap();
    let text = answer(workspace, Some(rough())).unwrap();
    assert!(text.contains("already"), "{text}");
    assert_eq!(boxes(workspace), [(BoxState::Proposed, rough())]);
    workspace.set_snap(SnapChoice::On).unwrap();
    workspace.draw(FIRST, rough()).unwrap();
    assert_eq!(answer(workspace, None), None, "drawing is no question");
}

#[test]
fn drawing_and_fitting_are_one_step_where_boxes_snap() {
    let mut fixture = fixture();
    let workspace = &mut fixture.workspace;
    let before = steps(workspace);
    workspace.draw(SECOND, rough()).unwrap();
    assert!(
        !workspace.fitting.has_pending(),
        "nothing says that it helps"
    );
    workspace.session.undo().unwrap();
    workspace.session.show(SECOND);
    workspace.update_fitting(false);
    workspace.set_snap(SnapChoice::On).unwrap();
    workspace.draw(SECOND, rough()).unwrap();
    assert_eq!(boxes(workspace), [(BoxState::Drawn, rough())]);
    answer(workspace, Some(fitted()));
    assert_eq!(boxes(workspace), [(BoxState::Drawn, fitted())]);
    assert_eq!(steps(workspace), before + 1);
    workspace.fit_selected().unwrap();
    assert_eq!(boxes(workspace), [(BoxState::Drawn, rough())]);
    workspace.session.undo().unwrap();
    assert_eq!(boxes(workspace), [(BoxState::Drawn, fitted())]);
    workspace.session.undo().unwrap();
    assert_eq!(boxes(workspace), []);
}

/// A point in the object.
fn point(x: f32) -> Vec<PromptPoint> {
    vec![PromptPoint {
        x,
        y: 30.0,
        is_inside: true,
    }]
}

fn nested() -> PromptAnswer {
    PromptAnswer::Nested(NestedBoxes {
        boxes: vec![fitted(), rough()],
        best: 0,
    })
}

#[test]
fn of_the_points_that_the_pointer_passes_only_the_latest_is_asked_about() {
    let mut fixture = fixture();
    let workspace = &mut fixture.workspace;
    workspace.point_at(point(1.0));
    let first = workspace.fitting.last_number;
    for x in [2.0, 3.0, 4.0] {
        workspace.point_at(point(x));
    }
    assert_eq!(workspace.fitting.last_number, first, "one at a time");
    let answer = |number| SegmenterEvent::Answer {
        number,
        answer: Ok(nested()),
    };
    workspace.on_segmenter_event(answer(first)).unwrap();
    assert_eq!(workspace.fitting.last_number, first + 1);
    workspace.on_segmenter_event(answer(first + 1)).unwrap();
    let offers = workspace.fitting.point.offers().unwrap();
    assert_eq!(offers.points, point(4.0));
    assert!(!workspace.fitting.point.is_asking());
}

#[test]
fn a_taken_box_is_a_drawn_one_and_is_not_offered_again() {
    let mut fixture = fixture();
    let workspace = &mut fixture.workspace;
    workspace.point_at(point(30.0));
    let answer = |workspace: &mut Workspace| {
        let number = workspace.fitting.last_number;
        let answer = Ok(nested());
        let event = SegmenterEvent::Answer { number, answer };
        workspace.on_segmenter_event(event).unwrap()
    };
    assert_eq!(answer(workspace), None);
    let before = steps(workspace);
    workspace.step_offer(1, false);
    workspace.step_offer(-1, false);
    assert_eq!(workspace.take_offer().unwrap(), None);
    assert!(boxes(workspace).contains(&(BoxState::Drawn, fitted())));
    assert_eq!(steps(workspace), before + 1);
    assert!(workspace.take_offer().unwrap().is_some(), "nothing is left");
    workspace.point_at(point(30.0));
    answer(workspace);
    let offers = workspace.fitting.point.offers().unwrap();
    assert_eq!(offers.boxes, [rough()]);
    // What the pointer has left is not offered, even if its answer is under way.
    workspace.point_at(point(31.0));
    workspace.point_at(Vec::new());
    answer(workspace);
    assert_eq!(workspace.fitting.point.offers(), None);
}

#[test]
fn measurements_leave_out_boxes_that_were_made_by_fitting() {
    let mut fixture = fixture();
    let workspace = &mut fixture.workspace;
    workspace.session.show(SECOND);
    workspace.update_fitting(false);
    workspace.draw(SECOND, rough()).unwrap();
    let (own, _) = workspace.session.draw(SECOND, fitted()).unwrap();
    workspace.session.set_done(true).unwrap();
    let fitted_id = workspace.session.boxes()[0].id;
    workspace.mark_as_fitted(fitted_id);
    workspace
        .on_segmenter_event(SegmenterEvent::Embedded(PictureVersion {
            picture: SECOND,
            version: 0,
        }))
        .unwrap();
    workspace.update_fitting(false);
    let expected = vec![(u64::from(own.0), fitted())];
    assert_eq!(workspace.fitting.truth.get(&SECOND), Some(&expected));
    let sample = crate::learn::fit_gate::FitSample {
        before: 0.5,
        after: 1.0,
    };
    for picture in [SECOND, FIRST] {
        let samples = vec![sample; 8];
        let event = SegmenterEvent::Measured { picture, samples };
        workspace.on_segmenter_event(event).unwrap();
    }
    assert!(workspace.fitting.settings.is_snapping(), "it helps");
}
