//! What is done to boxes beside judging and drawing them: zoomed steps, growing, their order.

use egui::{Key, Modifiers, Role, vec2};
use egui_kittest::kittest::Queryable as _;
use tsukami::app::action::Action;
use tsukami::app::command::Command;
use tsukami::app::preferences::Theme;
use tsukami::app::session::BoxOrder;
use tsukami::document::ops::{self, Candidate};
use tsukami::document::{AnnotationId, BoxState, Document, ReviewState};
use tsukami::geometry::BBox;

use crate::bench::{Bench, model, project_with};

const CTRL: Modifiers = Modifiers::COMMAND;
const SHIFT: Modifiers = Modifiers::SHIFT;
const PICTURES: [&str; 3] = ["cat/chelsea.jpg", "cup/coffee.jpg", "rocket/rocket.jpg"];

/// A proposal: the picture, `[x, y, width, height]`, the name and the score.
type Proposed = (&'static str, [f32; 4], &'static str, f32);

const PROPOSALS: [Proposed; 6] = [
    ("chelsea.jpg", [60.0, 40.0, 200.0, 200.0], "cat", 0.91),
    ("chelsea.jpg", [300.0, 30.0, 30.0, 20.0], "cat", 0.34),
    ("chelsea.jpg", [10.0, 200.0, 60.0, 50.0], "cushion", 0.62),
    ("coffee.jpg", [120.0, 60.0, 300.0, 220.0], "cup", 0.83),
    ("coffee.jpg", [10.0, 10.0, 90.0, 60.0], "spoon", 0.55),
    ("rocket.jpg", [100.0, 60.0, 90.0, 60.0], "cup", 0.57),
];

/// A window on pictures with a class `cat` and proposals. The first picture is shown.
fn proposed() -> Bench {
    let folder = Bench::folder_of(&PICTURES);
    let mut project = project_with(&folder, &["cat"]);
    let model = model();
    let propose = |document: &Document| {
        let of = |picture: &str| {
            let rows = PROPOSALS.iter().filter(|row| row.0 == picture);
            let rows = rows.map(|(_, [x, y, w, h], name, score)| {
                Candidate::suggested(BBox::from_xywh(*x, *y, *w, *h), name, *score)
            });
            (document.picture_at(picture).unwrap().id, rows.collect())
        };
        let found = ["chelsea.jpg", "coffee.jpg", "rocket.jpg"].map(of);
        Ok(ops::replace_proposals(document, &model, &found))
    };
    project.commit_with("propose", None, propose).unwrap();
    project.close().unwrap();
    Bench::on(folder, Theme::Dark, false)
}

/// The middle of the canvas in points.
fn middle(bench: &Bench) -> egui::Pos2 {
    bench
        .harness
        .get_by_label_contains("Canvas: chelsea.jpg")
        .rect()
        .center()
}

/// The middle of the selected box on the screen.
fn selected_middle(bench: &Bench) -> egui::Pos2 {
    let session = bench.session();
    let id = session.selection().last().expect("a box is selected");
    let (_, row) = session.document().annotation(*id).unwrap();
    let rect = row.rect;
    bench.at((rect.x0 + rect.x1) / 2.0, (rect.y0 + rect.y1) / 2.0)
}

fn rects(bench: &Bench) -> Vec<BBox> {
    bench.boxes().iter().map(|row| row.rect).collect()
}

#[test]
fn shift_z_brings_each_box_that_a_key_selects_to_the_middle() {
    let mut bench = proposed();
    let whole = bench.workspace().view.canvas.scale();
    bench.keys(SHIFT, Key::Z);
    assert!(bench.workspace().view.canvas.steps_zoomed());
    let canvas = middle(&bench);
    let mut scales = Vec::new();
    let mut visited: Vec<AnnotationId> = Vec::new();
    for key in [Key::Tab, Key::Tab, Key::Tab] {
        bench.key(key);
        let at = selected_middle(&bench);
        assert!((at - canvas).length() < 1.0, "{at:?}");
        visited.extend(bench.session().selection());
        scales.push(bench.workspace().view.canvas.scale());
    }
    visited.sort_unstable();
    visited.dedup();
    assert_eq!(visited.len(), 3);
    assert!(scales.iter().all(|scale| *scale >= whole), "{scales:?}");
    assert!(scales.contains(&8.0), "the small box: {scales:?}");
    // After a judgement as after a step.
    for key in [Key::Enter, Key::X] {
        bench.key(key);
        let at = selected_middle(&bench);
        assert!((at - canvas).length() < 1.0, "{key:?}: {at:?}");
    }
    bench.keys(SHIFT, Key::Z);
    assert!(!bench.workspace().view.canvas.steps_zoomed());
    assert_eq!(bench.workspace().view.canvas.scale(), whole);
}

#[test]
fn nothing_moves_under_the_pointer_while_steps_are_zoomed() {
    let mut bench = proposed();
    bench.keys(SHIFT, Key::Z);
    bench.key(Key::Tab);
    bench.key(Key::Escape);
    bench.frames(20);
    let at = bench.at(315.0, 40.0);
    bench.click_at(at);
    assert_eq!(bench.session().selection().len(), 1);
    assert_eq!(bench.at(315.0, 40.0), at);
    bench.frames(20);
    bench.drag(at, at + vec2(30.0, 0.0));
    assert_eq!(bench.at(315.0, 40.0), at);
    assert_eq!(bench.count(BoxState::Edited), 1);
}

#[test]
fn selected_boxes_grow_and_shrink_and_a_held_key_is_one_step() {
    let mut bench = Bench::open(&["cat/chelsea.jpg"]);
    bench.draw(BBox::from_xywh(30.0, 30.0, 100.0, 80.0));
    bench.draw(BBox::from_xywh(200.0, 100.0, 60.0, 50.0));
    bench.keys(CTRL, Key::L);
    bench.keys(CTRL, Key::A);
    let before = rects(&bench);
    bench.hold(Modifiers::NONE, Key::Period, 4);
    let after = rects(&bench);
    assert_eq!(after[1], before[1], "a locked box stays");
    let grown = after[0].width() - before[0].width();
    assert!((grown - 10.0).abs() < 0.01, "5 steps of a pixel: {grown}");
    bench.key(Key::Comma);
    let shrunk = rects(&bench)[0].width() - after[0].width();
    assert!((shrunk + 2.0).abs() < 0.01, "{shrunk}");
    bench.keys(CTRL, Key::Z);
    assert_eq!(rects(&bench), after);
    bench.keys(CTRL, Key::Z);
    assert_eq!(rects(&bench), before);
    // Never beyond the picture.
    bench.hold(Modifiers::NONE, Key::Period, 60);
    let grown = rects(&bench)[0];
    assert_eq!((grown.x0, grown.y0), (0.0, 0.0));
}

#[test]
fn the_order_of_boxes_is_followed_by_tab_and_remembered() {
    let mut bench = proposed();
    let order = |bench: &Bench| -> Vec<usize> {
        let boxes = bench.boxes();
        let at = |id: &AnnotationId| boxes.iter().position(|row| row.id == *id).unwrap();
        bench.session().review_order().iter().map(at).collect()
    };
    assert_eq!(order(&bench), [0, 2, 1], "the surest first");
    bench.scroll_and_click("Order of boxes");
    bench.click("Reading order");
    assert_eq!(order(&bench), [1, 0, 2]);
    bench.key(Key::Escape);
    bench.key(Key::Tab);
    let first = bench.boxes()[1].id;
    assert_eq!(bench.session().selection(), [first]);
    let context = bench.harness.ctx.clone();
    let action = Action::SetBoxOrder(BoxOrder::Size);
    bench.harness.state_mut().perform_for_test(&context, action);
    assert_eq!(order(&bench), [0, 2, 1]);
    let bench = bench.reopen();
    assert_eq!(bench.session().box_order(), BoxOrder::Size);
}

/// The number of boxes of the project in a state, and of the pictures that are done.
fn totals(bench: &Bench, state: BoxState) -> (usize, usize) {
    let document = bench.session().document();
    let boxes = document
        .pictures()
        .flat_map(|row| document.annotations(row.id));
    let done = document.pictures();
    let done = done.filter(|row| row.review == ReviewState::Done);
    (boxes.filter(|row| row.state == state).count(), done.count())
}

#[test]
fn proposals_above_a_score_are_accepted_in_the_selected_pictures_in_one_step() {
    let mut bench = proposed();
    bench.keys(SHIFT.plus(CTRL), Key::Enter);
    assert!(bench.has("Accept above a score"));
    assert!(
        bench.says("1 proposal in 1 picture"),
        "0.91 on this picture"
    );
    bench.click("All 3 pictures of the list");
    assert!(bench.says("2 proposals in 2 pictures"));
    let slider = bench
        .harness
        .get_by_role_and_label(Role::Slider, "Lowest score");
    slider.focus();
    bench.frames(2);
    for _ in 0..15 {
        bench.key(Key::ArrowLeft);
    }
    assert!(bench.says("5 proposals in 3 pictures"), "0.55 and above");
    assert!(bench.says("1 below it is left to be judged."));
    bench.key(Key::Enter);
    assert!(!bench.has("Accept above a score"));
    assert_eq!(totals(&bench, BoxState::Accepted), (5, 0));
    assert_eq!(totals(&bench, BoxState::Proposed), (1, 0));
    bench.keys(CTRL, Key::Z);
    assert_eq!(totals(&bench, BoxState::Proposed), (6, 0));
}

#[test]
fn boxes_of_a_class_are_changed_across_pictures() {
    let mut bench = proposed();
    for _ in 0..3 {
        bench.keys(SHIFT, Key::Enter);
    }
    assert_eq!(totals(&bench, BoxState::Accepted), (6, 3));
    bench.keys(SHIFT.plus(CTRL), Key::M);
    bench.click("All 3 pictures of the list");
    bench.click("Former class");
    bench.click_last("cup");
    assert!(bench.says("2 boxes in 2 pictures"));
    bench.click_last("New class");
    bench.click_last("spoon");
    bench.click("Change 2 boxes");
    let document = bench.session().document();
    let spoon = document.category_named("spoon").unwrap().id;
    assert_eq!(document.usage_of(&[spoon]).boxes, 3);
    assert_eq!(
        totals(&bench, BoxState::Edited),
        (2, 3),
        "no picture is reopened"
    );
    // Deleting takes ground truth away, so that those pictures are not complete.
    bench.keys(SHIFT.plus(CTRL), Key::M);
    bench.click("All 3 pictures of the list");
    bench.click("Former class");
    bench.click_last("spoon");
    bench.click("Delete them");
    assert!(bench.says("2 of the pictures are done"));
    bench.click("Delete 3 boxes");
    assert_eq!(totals(&bench, BoxState::Rejected), (3, 1));
    bench.keys(CTRL, Key::Z);
    assert_eq!(totals(&bench, BoxState::Edited), (2, 3));
    bench.keys(CTRL, Key::Z);
    assert_eq!(totals(&bench, BoxState::Accepted), (6, 3));
}

#[test]
fn the_model_can_be_asked_for_the_next_pictures_only() {
    let mut bench = Bench::open(&PICTURES);
    bench.keys(SHIFT.plus(CTRL), Key::N);
    assert!(bench.says("3 pictures from here to the end of the list are new."));
    bench.type_char('2');
    bench.key(Key::Enter);
    bench.wait("two pictures", |workspace| {
        workspace.proposing.job.is_none() && !workspace.has_unwritten()
    });
    let states = |bench: &Bench| -> Vec<ReviewState> {
        let pictures = bench.session().document().pictures();
        pictures.map(|row| row.review).collect()
    };
    let expected = [
        ReviewState::Proposed,
        ReviewState::Proposed,
        ReviewState::New,
    ];
    assert_eq!(states(&bench), expected);
    let mut bench = bench.reopen();
    bench.keys(SHIFT.plus(CTRL), Key::N);
    assert!(bench.says("1 picture from here"));
    assert!(bench.has("Propose for 1 picture"));
}

#[test]
fn boxes_are_proposed_when_a_picture_is_shown() {
    let mut bench = Bench::open(&PICTURES);
    bench.keys(CTRL, Key::Comma);
    bench.click("when one is shown");
    bench.key(Key::Escape);
    bench.wait("the first picture", |workspace| {
        !workspace.session.is_current_new() && !workspace.has_unwritten()
    });
    bench.key(Key::D);
    bench.wait("the second picture", |workspace| {
        !workspace.session.is_current_new() && !workspace.has_unwritten()
    });
    let pictures = bench.session().document().pictures();
    let new = pictures.filter(|row| row.review == ReviewState::New);
    assert_eq!(new.count(), 1, "the third is not shown yet");
}

/// The middle of the part of the canvas that a screen reader calls `text`.
fn place_of(bench: &Bench, text: &str) -> egui::Rect {
    bench.harness.get_by_label_contains(text).rect()
}

#[test]
fn a_turned_view_shows_hits_and_draws_the_same_boxes() {
    let mut bench = Bench::open(&PICTURES);
    let drawn = BBox::from_xywh(30.0, 60.0, 120.0, 40.0);
    bench.draw(drawn);
    bench.frames(20);
    for turn in 1..=4 {
        bench.keys(CTRL, Key::R);
        let id = bench.boxes()[0].id;
        let before = rects(&bench)[0];
        // Where it is shown: standing in odd turns.
        let shown = place_of(&bench, &format!("Box {id}"));
        assert_eq!(shown.height() > shown.width(), turn % 2 == 1, "{turn}");
        let middle = bench.at(before.x0 + 60.0, before.y0 + 20.0);
        assert!((shown.center() - middle).length() < 1.0);
        // A click selects it.
        bench.key(Key::Escape);
        bench.frames(20);
        bench.click_at(middle);
        assert_eq!(bench.session().selection(), [id]);
        bench.frames(20);
        // A drag to the right of the screen moves it there, and back.
        bench.drag(middle, middle + vec2(40.0, 0.0));
        let moved = bench.at(
            (rects(&bench)[0].x0 + rects(&bench)[0].x1) / 2.0,
            (rects(&bench)[0].y0 + rects(&bench)[0].y1) / 2.0,
        );
        assert!((moved - middle - vec2(40.0, 0.0)).length() < 1.0, "{turn}");
        bench.keys(CTRL, Key::Z);
        // The right edge on the screen is dragged, by its handle.
        let edge = egui::pos2(shown.right(), shown.center().y);
        bench.drag(edge, edge + vec2(30.0, 0.0));
        let wider = place_of(&bench, &format!("Box {id}"));
        assert!((wider.right() - shown.right() - 30.0).abs() < 1.5, "{turn}");
        assert!((wider.left() - shown.left()).abs() < 1.5, "{turn}");
        bench.keys(CTRL, Key::Z);
        // Arrows move it as one sees it, and Ctrl moves the right or lower edge.
        bench.key(Key::ArrowDown);
        let lower = place_of(&bench, &format!("Box {id}"));
        assert!(lower.top() > shown.top() && lower.left() == shown.left());
        bench.keys(CTRL, Key::Z);
        bench.keys(CTRL, Key::ArrowRight);
        let wider = place_of(&bench, &format!("Box {id}"));
        assert!(wider.right() > shown.right() && wider.left() == shown.left());
        bench.keys(CTRL, Key::Z);
        assert_eq!(rects(&bench), [before]);
        // What is drawn is what is seen.
        bench.draw(BBox::from_xywh(200.0, 100.0, 50.0, 30.0));
        let new = rects(&bench)[1];
        let wanted = BBox::from_xywh(200.0, 100.0, 50.0, 30.0);
        assert!(new.iou(&wanted) > 0.9, "{turn}: {new:?}");
        bench.keys(CTRL, Key::Z);
        bench.frames(20);
    }
    bench.keys(CTRL.plus(SHIFT), Key::R);
    let picture = bench.session().current().unwrap();
    assert_eq!(u8::from(bench.session().turn(picture)), 3);
    // Only this picture, and also the next time.
    bench.key(Key::D);
    let other = bench.session().current().unwrap();
    assert!(bench.session().turn(other).is_none());
    let bench = bench.reopen();
    assert_eq!(u8::from(bench.session().turn(picture)), 3);
}

/// Types a text into the field that has the focus.
fn type_text(bench: &mut Bench, text: &str) {
    for character in text.chars() {
        bench.type_char(character);
    }
}

#[test]
fn attributes_are_defined_set_as_one_step_and_remembered() {
    let mut bench = Bench::open(&PICTURES);
    bench.draw(BBox::from_xywh(30.0, 60.0, 120.0, 40.0));
    let context = bench.harness.ctx.clone();
    let action = Action::Command(Command::Attributes);
    let window = bench.harness.state_mut();
    window.perform_for_test(&context, action);
    bench.frames(3);
    type_text(&mut bench, "colour");
    bench.click("Add an attribute");
    type_text(&mut bench, "occluded");
    assert!(bench.says("occluded means something else"), "it is a flag");
    for _ in 0.."occluded".len() {
        bench.key(Key::Backspace);
    }
    type_text(&mut bench, "age");
    bench
        .harness
        .get_all_by_label("Kind")
        .last()
        .unwrap()
        .click();
    bench.frames(3);
    bench.click_last("number");
    bench.click("Save");
    let names = |bench: &Bench| -> Vec<String> {
        let all = bench.session().attributes().iter();
        all.map(|one| one.name.clone()).collect()
    };
    assert_eq!(names(&bench), ["colour", "age"]);

    // What is typed into a field is one step of the history.
    let field = bench
        .harness
        .get_by_role_and_label(Role::TextInput, "colour");
    field.focus();
    bench.frames(2);
    type_text(&mut bench, "red");
    let colour = |bench: &Bench| bench.boxes()[0].attributes().get("colour").cloned();
    assert_eq!(colour(&bench).unwrap().to_text(), "red");
    bench.click("Set");
    assert_eq!(bench.boxes()[0].attributes()["age"].as_number(), Some(0.0));
    for expected in [true, false] {
        let action = Action::Command(Command::Undo);
        let window = bench.harness.state_mut();
        window.perform_for_test(&context, action);
        assert_eq!(colour(&bench).is_some(), expected);
    }
    assert_eq!(bench.boxes().len(), 1, "the box stays");
    let bench = bench.reopen();
    assert_eq!(names(&bench), ["colour", "age"]);
}
