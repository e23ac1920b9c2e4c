//! Fitting boxes to objects, with the real network on one small picture.

use egui::{Event, Key, Modifiers, MouseWheelUnit, PointerButton, vec2};
use tsukami::app::canvas::Tool;
use tsukami::document::BoxState;
use tsukami::geometry::BBox;

use crate::bench::Bench;

/// The cup of the sample picture.
fn cup() -> BBox {
    BBox::from_corners(162.0, 20.0, 421.0, 313.0)
}

#[test]
fn boxes_are_fitted_by_a_key_and_taken_by_pointing() {
    let mut bench = Bench::open(&["cup/coffee.jpg"]);
    let rough = BBox::from_corners(166.0, 43.0, 462.0, 352.0);
    bench.draw(rough);
    let drawn = bench.boxes()[0].clone();

    // The key waits visibly for the picture to be embedded; then the box fits.
    bench.key(Key::E);
    assert!(bench.says("Preparing this picture"));
    bench.wait("the fit", |workspace| !workspace.fitting.has_pending());
    let fitted = bench.boxes()[0].clone();
    assert_eq!(fitted.state, BoxState::Drawn);
    assert!(fitted.rect.iou(&cup()) > 0.85, "{:?}", fitted.rect);
    assert!(!bench.says("Preparing this picture"));
    // Back, forth, and undone one by one.
    bench.key(Key::E);
    assert_eq!(bench.boxes()[0].rect, drawn.rect);
    bench.key(Key::E);
    assert_eq!(bench.boxes()[0].rect, fitted.rect);
    for expected in [drawn.rect, fitted.rect, drawn.rect] {
        bench.keys(Modifiers::COMMAND, Key::Z);
        assert_eq!(bench.boxes()[0].rect, expected);
    }
    bench.keys(Modifiers::COMMAND, Key::Z);
    assert_eq!(bench.boxes(), []);

    // The point tool offers boxes under the pointer, from small to large.
    bench.key(Key::Q);
    assert_eq!(bench.workspace().view.canvas.tool(), Tool::Point);
    assert!(bench.says("Point at an object"));
    let at = bench.at(300.0, 190.0);
    bench.harness.event(Event::PointerMoved(at));
    let offers = |bench: &Bench| bench.workspace().fitting.point.offers().cloned();
    bench.wait("offers", |workspace| {
        workspace.fitting.point.offers().is_some() && !workspace.fitting.point.is_asking()
    });
    let first = offers(&bench).unwrap();
    let areas: Vec<f32> = first.boxes.iter().map(BBox::area).collect();
    assert!(areas.is_sorted() && areas.len() <= 3, "{areas:?}");
    assert!(bench.says("Offered box 1 of"));
    bench.key(Key::Tab);
    let next = offers(&bench).unwrap();
    assert_eq!(next.chosen, (first.chosen + 1) % first.boxes.len());
    for _ in 0..3 {
        bench.harness.event(Event::MouseWheel {
            unit: MouseWheelUnit::Line,
            delta: vec2(0.0, 1.0),
            phase: egui::TouchPhase::Move,
            source: egui::MouseWheelSource::Unknown,
            modifiers: Modifiers::NONE,
        });
        bench.frames(2);
    }
    let largest = offers(&bench).unwrap();
    assert_eq!(largest.chosen, largest.boxes.len() - 1);
    bench.click_at(at);
    assert_eq!(bench.count(BoxState::Drawn), 1);
    assert_eq!(bench.boxes()[0].rect, largest.chosen_box());
    assert!(offers(&bench).is_none());

    // Shift-click leaves a part out, Esc lets go of the points and then leaves the tool.
    let other = bench.at(120.0, 380.0);
    bench.click_at(other);
    bench.wait("the answer", |workspace| {
        !workspace.fitting.point.is_asking()
    });
    let exclude = bench.at(300.0, 200.0);
    bench
        .harness
        .event(Event::ModifiersChanged(Modifiers::SHIFT));
    bench.harness.event(Event::PointerMoved(exclude));
    bench.frames(1);
    for pressed in [true, false] {
        bench.harness.event(Event::PointerButton {
            pos: exclude,
            button: PointerButton::Primary,
            pressed,
            modifiers: Modifiers::SHIFT,
        });
        bench.frames(1);
    }
    bench
        .harness
        .event(Event::ModifiersChanged(Modifiers::NONE));
    bench.wait("the answer", |workspace| {
        !workspace.fitting.point.is_asking()
    });
    if let Some(offers) = offers(&bench) {
        let inside: Vec<bool> = offers.points.iter().map(|point| point.is_inside).collect();
        assert_eq!(inside, [true, false]);
        assert_eq!(offers.boxes.len(), 1);
    }
    bench.key(Key::Escape);
    assert!(offers(&bench).is_none());
    assert_eq!(bench.workspace().view.canvas.tool(), Tool::Point);
    bench.key(Key::Escape);
    assert_eq!(bench.workspace().view.canvas.tool(), Tool::Select);

    // Where drawn boxes snap, drawing and fitting are one step.
    bench.scroll_and_click("Snap boxes");
    bench.click("Always");
    bench.key(Key::Escape);
    let before = bench.session().project().history().position();
    bench.draw(rough);
    bench.wait("the fit", |workspace| !workspace.fitting.has_pending());
    let snapped = bench.boxes().last().unwrap().clone();
    assert_eq!(snapped.rect, fitted.rect);
    assert_eq!(bench.session().project().history().position(), before + 1);
}
