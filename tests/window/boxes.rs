//! What is done to boxes beside judging and drawing them: zoomed steps, growing, their order.

use std::sync::Arc;

use egui::{Key, Modifiers, vec2};
use tsukami::app::action::Action;
use tsukami::app::preferences::Theme;
use tsukami::app::session::BoxOrder;
use tsukami::document::ops::{self, Candidate};
use tsukami::document::{AnnotationId, BoxState, Document, Provenance};
use tsukami::geometry::BBox;
use tsukami::store::{self, Project};

use crate::bench::Bench;

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
    let (mut project, _) = Project::create_for(&folder.path().join("pictures")).unwrap();
    store::rescan(&mut project).unwrap();
    let add = |document: &Document| Ok(ops::add_category(document, "cat"));
    project.commit_with("add a class", None, add).unwrap();
    let model = Arc::new(Provenance {
        name: "m".into(),
        version: "1".into(),
        method: "affinity".into(),
        threshold: 0.5,
    });
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
    use egui_kittest::kittest::Queryable as _;
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
