//! The flow of a review: from box to box, from picture to picture, and back.

use egui::{Event, Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use tsukami::document::{BoxState, ReviewState};
use tsukami::geometry::BBox;
use tsukami::store::{Access, Project};

use crate::bench::Bench;

const CTRL: Modifiers = Modifiers::COMMAND;
const SHIFT: Modifiers = Modifiers::SHIFT;
const ALT: Modifiers = Modifiers::ALT;

/// Three pictures with proposals; the first, in which there is more than one, is shown.
fn proposed() -> Bench {
    let mut bench = Bench::open(&["person/astronaut.jpg", "cat/chelsea.jpg", "cup/coffee.jpg"]);
    bench.use_ts_cam_only();
    bench.propose_all();
    bench.key(Key::Home);
    assert_eq!(bench.shown(), "astronaut.jpg");
    assert!(bench.count(BoxState::Proposed) > 1);
    bench
}

fn review(bench: &Bench, name: &str) -> ReviewState {
    let document = bench.session().document();
    document.picture_at(name).unwrap().review
}

#[test]
fn enter_alone_reviews_a_picture_and_goes_on() {
    let mut bench = proposed();
    let order = bench.session().review_order();
    assert_eq!(bench.session().selection(), &order[..1], "the surest one");
    assert!(bench.says(&format!("{} boxes to review", order.len())));
    for (at, id) in order.iter().enumerate() {
        assert_eq!(bench.session().selection(), [*id]);
        bench.key(Key::Enter);
        assert_eq!(bench.count(BoxState::Accepted), at + 1);
    }
    assert_eq!(
        bench.shown(),
        "astronaut.jpg",
        "what is missing can be drawn"
    );
    assert!(bench.session().selection().is_empty());
    assert!(bench.says("All reviewed"));
    bench.key(Key::Enter);
    assert_eq!(bench.shown(), "chelsea.jpg");
    assert_eq!(review(&bench, "astronaut.jpg"), ReviewState::Done);
    assert_eq!(bench.count(BoxState::Proposed), bench.boxes().len());
    assert_eq!(bench.session().selection().len(), 1);
}

#[test]
fn the_next_box_is_the_one_after_the_judged_one() {
    let mut bench = proposed();
    let order = bench.session().review_order();
    bench.key(Key::Tab);
    assert_eq!(bench.session().selection(), [order[1]]);
    bench.key(Key::X);
    let next = order.get(2).unwrap_or(&order[0]);
    assert_eq!(bench.session().selection(), [*next]);
}

#[test]
fn a_picture_without_boxes_is_verified_empty_by_space_alone() {
    let mut bench = proposed();
    while bench.count(BoxState::Proposed) > 0 {
        bench.key(Key::X);
    }
    assert!(bench.says("Space marks the picture as verified empty"));
    bench.key(Key::Enter);
    assert_eq!(review(&bench, "astronaut.jpg"), ReviewState::InReview);
    assert_eq!(bench.shown(), "astronaut.jpg");
    bench.key(Key::Space);
    assert!(bench.says("Verified empty"));
    assert_eq!(bench.shown(), "chelsea.jpg");
}

#[test]
fn space_asks_once_what_undecided_proposals_mean() {
    let mut bench = proposed();
    bench.key(Key::Space);
    assert_eq!(review(&bench, "astronaut.jpg"), ReviewState::Proposed);
    assert!(bench.says("undecided"));
    bench.click("Keep them: the picture stays in review, and the next one is shown");
    assert_eq!(bench.shown(), "chelsea.jpg");
    assert_eq!(review(&bench, "astronaut.jpg"), ReviewState::InReview);
    assert_eq!(bench.count(BoxState::Rejected), 0);
    // It is remembered, and can be changed.
    bench.key(Key::Space);
    assert_eq!(bench.shown(), "coffee.jpg");
    assert_eq!(review(&bench, "chelsea.jpg"), ReviewState::InReview);
    bench.click("Pictures");
    let entry = "Undecided proposals…";
    bench.harness.get_by_label_contains(entry).click();
    bench.frames(3);
    bench.click("Reject them, and the picture is done");
    assert_eq!(
        review(&bench, "coffee.jpg"),
        ReviewState::Proposed,
        "not yet"
    );
    bench.key(Key::Space);
    assert_eq!(review(&bench, "coffee.jpg"), ReviewState::Done);
    // The answer belongs to the project.
    let mut bench = bench.reopen();
    bench.key(Key::Home);
    bench.key(Key::Space);
    assert_eq!(review(&bench, "astronaut.jpg"), ReviewState::Done);
}

#[test]
fn the_dialog_about_undecided_proposals_can_be_cancelled() {
    let mut bench = proposed();
    let before = bench.session().document().clone();
    bench.key(Key::Space);
    bench.key(Key::Escape);
    assert_eq!(bench.session().document(), &before);
    bench.key(Key::Space);
    assert!(bench.says("what happens to the proposals"));
    bench.key(Key::Enter);
    assert_eq!(review(&bench, "astronaut.jpg"), ReviewState::Done);
}

#[test]
fn space_that_is_held_does_nothing_when_it_is_released() {
    let mut bench = Bench::open(&["cat/chelsea.jpg", "cup/coffee.jpg"]);
    bench.hold(Modifiers::NONE, Key::Space, 4);
    assert_eq!(bench.shown(), "chelsea.jpg");
    assert_eq!(review(&bench, "chelsea.jpg"), ReviewState::New);
    bench.key(Key::Space);
    assert_eq!(bench.shown(), "coffee.jpg");
}

#[test]
fn shift_enter_accepts_all_and_goes_on() {
    let mut bench = proposed();
    let count = bench.count(BoxState::Proposed);
    bench.keys(SHIFT, Key::Enter);
    assert_eq!(bench.shown(), "chelsea.jpg");
    bench.keys(ALT, Key::ArrowLeft);
    assert_eq!(bench.count(BoxState::Accepted), count);
    assert_eq!(review(&bench, "astronaut.jpg"), ReviewState::Done);
}

#[test]
fn a_drag_moves_only_a_selected_box_and_draws_elsewhere() {
    let mut bench = Bench::open(&["cat/chelsea.jpg"]);
    bench.draw(BBox::from_xywh(60.0, 60.0, 200.0, 150.0));
    bench.key(Key::Escape);
    let first = bench.boxes()[0].clone();
    // No box is selected: a drag that begins on one draws another.
    bench.drag(bench.at(100.0, 100.0), bench.at(180.0, 160.0));
    assert_eq!(bench.boxes()[0], first);
    assert_eq!(bench.count(BoxState::Drawn), 2);
    let second = bench.boxes()[1].clone();
    assert_eq!(bench.session().selection(), [second.id]);
    // The new one is selected and moves.
    bench.drag(bench.at(140.0, 130.0), bench.at(150.0, 130.0));
    let moved = bench.boxes()[1].rect;
    assert!((moved.x0 - second.rect.x0 - 10.0).abs() < 1.0, "{moved:?}");
    assert_eq!(bench.boxes()[0], first);
    // With Shift a drag selects.
    bench.key(Key::Escape);
    bench.drag_holding(SHIFT, bench.at(2.0, 2.0), bench.at(400.0, 250.0));
    assert_eq!(bench.session().selection().len(), 2);
    assert_eq!(bench.count(BoxState::Drawn), 2);
}

#[test]
fn the_draw_tool_stays_in_use_if_asked_to() {
    let mut bench = Bench::open(&["cat/chelsea.jpg"]);
    bench.keys(SHIFT, Key::W);
    bench.key(Key::W);
    bench.drag(bench.at(60.0, 60.0), bench.at(120.0, 120.0));
    // While it is in use, it draws even over the box that is selected.
    bench.drag(bench.at(70.0, 70.0), bench.at(110.0, 110.0));
    bench.drag(bench.at(200.0, 60.0), bench.at(260.0, 120.0));
    assert_eq!(bench.count(BoxState::Drawn), 3);
    bench.key(Key::Escape);
    assert_eq!(
        bench.workspace().view.canvas.tool(),
        tsukami::app::canvas::Tool::Select
    );
    assert_eq!(bench.count(BoxState::Drawn), 3);
}

#[test]
fn enter_places_corners_while_the_draw_tool_is_in_use() {
    let mut bench = proposed();
    let before = bench.count(BoxState::Proposed);
    bench.key(Key::W);
    for corner in [bench.at(50.0, 60.0), bench.at(150.0, 160.0)] {
        bench.harness.event(Event::PointerMoved(corner));
        bench.frames(2);
        bench.key(Key::Enter);
    }
    assert_eq!(
        bench.count(BoxState::Proposed),
        before,
        "nothing is accepted"
    );
    let boxes = bench.boxes();
    let drawn = boxes.iter().find(|row| row.state == BoxState::Drawn);
    let expected = BBox::from_xywh(50.0, 60.0, 100.0, 100.0);
    assert!(drawn.unwrap().rect.iou(&expected) > 0.97);
}

#[test]
fn rejected_boxes_are_shown_and_taken_back() {
    let mut bench = proposed();
    let first = bench.session().selection()[0];
    let boxes = bench.session().review_order().len();
    bench.key(Key::X);
    assert_eq!(bench.session().review_order().len(), boxes - 1);
    bench.keys(SHIFT, Key::G);
    assert!(bench.says("1 rejected box is shown"));
    assert_eq!(bench.session().review_order().last(), Some(&first));
    // It is no proposal: accepting all leaves it.
    assert_eq!(bench.session().undecided(), boxes - 1);
    let rect = bench
        .boxes()
        .iter()
        .find(|row| row.id == first)
        .unwrap()
        .rect;
    while bench.session().selection() != [first] {
        bench.click_at(bench.at((rect.x0 + rect.x1) / 2.0, (rect.y0 + rect.y1) / 2.0));
        bench.frames(20);
    }
    bench.key(Key::Enter);
    assert_eq!(bench.count(BoxState::Rejected), 0);
    assert_eq!(bench.count(BoxState::Accepted), 1);
    bench.keys(CTRL, Key::Z);
    assert_eq!(bench.count(BoxState::Rejected), 1);
}

#[test]
fn one_goes_back_and_forward_through_visited_pictures() {
    let mut bench = Bench::open(&["cat/chelsea.jpg", "cup/coffee.jpg", "rocket/rocket.jpg"]);
    bench.key(Key::End);
    bench.key(Key::A);
    assert_eq!(bench.shown(), "coffee.jpg");
    bench.keys(ALT, Key::ArrowLeft);
    assert_eq!(bench.shown(), "rocket.jpg");
    bench.keys(ALT, Key::ArrowLeft);
    assert_eq!(bench.shown(), "chelsea.jpg");
    bench.keys(ALT, Key::ArrowLeft);
    assert_eq!(bench.shown(), "chelsea.jpg", "there is nothing before it");
    bench.keys(ALT, Key::ArrowRight);
    assert_eq!(bench.shown(), "rocket.jpg");
    // Another way makes another future.
    bench.key(Key::Home);
    bench.keys(ALT, Key::ArrowRight);
    assert_eq!(bench.shown(), "chelsea.jpg");
}

#[test]
fn d_and_a_go_on_from_where_a_picture_has_left_the_list() {
    let names = [
        "cat/chelsea.jpg",
        "cup/coffee.jpg",
        "Pliers/008002.jpg",
        "rocket/rocket.jpg",
    ];
    let mut bench = Bench::open(&names);
    bench.click("State");
    bench.click("To review");
    bench.key(Key::F6);
    bench.key(Key::F6);
    bench.key(Key::Home);
    bench.key(Key::D);
    assert_eq!(bench.shown(), "chelsea.jpg");
    bench.draw(BBox::from_xywh(60.0, 60.0, 100.0, 100.0));
    bench.key(Key::Enter);
    assert_eq!(bench.shown(), "coffee.jpg");
    // Back to the picture that has left the list.
    bench.keys(ALT, Key::ArrowLeft);
    assert_eq!(bench.shown(), "chelsea.jpg");
    assert_eq!(
        bench.session().row(bench.session().current().unwrap()),
        None
    );
    bench.key(Key::D);
    assert_eq!(bench.shown(), "coffee.jpg");
    bench.keys(ALT, Key::ArrowLeft);
    bench.key(Key::A);
    assert_eq!(bench.shown(), "008002.jpg");
}

#[test]
fn a_new_order_begins_at_its_first_picture() {
    let mut bench = proposed();
    bench.key(Key::D);
    bench.click("Order");
    bench.click("Least certain first");
    let first = bench.session().rows()[0];
    assert_eq!(bench.session().current(), Some(first));
}

#[test]
fn the_place_is_kept_at_once() {
    let mut bench = Bench::open(&["cat/chelsea.jpg", "cup/coffee.jpg"]);
    bench.key(Key::D);
    bench.frames(3);
    let project = bench.session().project().path().to_owned();
    let (stored, _) = Project::open(&project, Access::View).unwrap();
    let state: serde_json::Value = stored.setting("window").unwrap().unwrap();
    let shown = bench.session().current().unwrap();
    assert_eq!(state["picture"], serde_json::json!(shown.0));
}

#[test]
fn boxes_are_copied_from_the_picture_above_or_from_the_last_edited_one() {
    let names = ["cat/chelsea.jpg", "cup/coffee.jpg", "rocket/rocket.jpg"];
    let mut bench = Bench::open(&names);
    bench.draw(BBox::from_xywh(60.0, 60.0, 100.0, 100.0));
    bench.key(Key::D);
    bench.draw(BBox::from_xywh(30.0, 30.0, 50.0, 50.0));
    bench.draw(BBox::from_xywh(90.0, 30.0, 50.0, 50.0));
    bench.key(Key::Home);
    bench.key(Key::Tab);
    bench.key(Key::ArrowRight);
    bench.key(Key::End);
    bench.keys(CTRL, Key::P);
    assert_eq!(bench.count(BoxState::Drawn), 2, "of the picture above");
    bench.keys(CTRL, Key::Z);
    bench.key(Key::End);
    bench.keys(CTRL | ALT, Key::P);
    assert_eq!(bench.count(BoxState::Drawn), 1, "of the one last worked on");
}

#[test]
fn selected_boxes_are_propagated_in_one_step() {
    let names = [
        "cat/chelsea.jpg",
        "cup/coffee.jpg",
        "rocket/rocket.jpg",
        "person/astronaut.jpg",
    ];
    let mut bench = Bench::open(&names);
    bench.draw(BBox::from_xywh(60.0, 60.0, 100.0, 100.0));
    bench.key(Key::D);
    bench.draw(BBox::from_xywh(30.0, 30.0, 100.0, 100.0));
    bench.key(Key::Enter);
    bench.key(Key::Home);
    let drawn = |bench: &Bench| {
        let document = bench.session().document();
        let rows = document
            .pictures()
            .map(|row| document.annotations(row.id).len());
        rows.collect::<Vec<_>>()
    };
    let before = drawn(&bench);
    bench.key(Key::Tab);
    bench.keys(CTRL | SHIFT, Key::B);
    assert!(bench.says("of 2 that follow and are not done"));
    bench.key(Key::Enter);
    assert!(bench.says("Copied to 2 pictures"));
    assert_eq!(
        drawn(&bench).iter().sum::<usize>(),
        before.iter().sum::<usize>() + 2
    );
    bench.keys(CTRL, Key::Z);
    assert_eq!(drawn(&bench), before);
}

#[test]
fn a_picture_is_found_by_number_and_by_name() {
    let names = ["cat/chelsea.jpg", "cup/coffee.jpg", "rocket/rocket.jpg"];
    let mut bench = Bench::open(&names);
    for (typed, expected) in [("3", "rocket.jpg"), ("coff", "coffee.jpg")] {
        bench.keys(CTRL, Key::G);
        typed
            .chars()
            .for_each(|character| bench.type_char(character));
        bench.key(Key::Enter);
        assert_eq!(bench.shown(), expected);
    }
    // The search filters the list; Enter shows what it finds and Escape ends it.
    bench.keys(CTRL, Key::F);
    "chel"
        .chars()
        .for_each(|character| bench.type_char(character));
    assert_eq!(bench.session().rows().len(), 1);
    bench.key(Key::Enter);
    assert_eq!(bench.shown(), "chelsea.jpg");
    bench.keys(CTRL, Key::F);
    bench.key(Key::Escape);
    assert_eq!(bench.session().rows().len(), 3);
    bench.key(Key::D);
    assert_eq!(bench.shown(), "coffee.jpg", "the canvas has the focus");
}

#[test]
fn proposals_that_come_later_are_selected_unless_a_person_has_begun() {
    let mut bench = Bench::open(&["person/astronaut.jpg", "cat/chelsea.jpg"]);
    bench.use_ts_cam_only();
    bench.key(Key::Home);
    bench.key(Key::I);
    bench.wait("proposals", |workspace| {
        !workspace.session.boxes().is_empty()
    });
    assert_eq!(bench.session().selection().len(), 1);
    // Nobody pulls the selection away from a person.
    bench.key(Key::D);
    bench.draw(BBox::from_xywh(10.0, 10.0, 60.0, 60.0));
    let drawn = bench.session().selection().to_vec();
    bench.key(Key::I);
    bench.wait("proposals", |workspace| workspace.session.boxes().len() > 1);
    assert_eq!(bench.session().selection(), drawn);
}
