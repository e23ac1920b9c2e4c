//! How the picture moves and what is written on it: wheel, zoom, edges, labels.

use egui::{
    Event, Key, Modifiers, MouseWheelSource, MouseWheelUnit, PointerButton, TouchPhase, Vec2, vec2,
};
use tsukami::app::action::Action;
use tsukami::app::preferences::{CanvasOptions, Preferences, WheelUse};
use tsukami::geometry::BBox;

use crate::bench::Bench;

fn turn_wheel(bench: &mut Bench, delta: Vec2, modifiers: Modifiers) {
    let at = bench.at(200.0, 150.0);
    bench.harness.event(Event::PointerMoved(at));
    bench.frames(1);
    bench.harness.event(Event::MouseWheel {
        source: MouseWheelSource::Wheel,
        unit: MouseWheelUnit::Point,
        delta,
        phase: TouchPhase::Move,
        modifiers,
    });
    bench.frames(30);
}

#[test]
fn the_wheel_moves_or_zooms_as_the_settings_say() {
    let mut bench = Bench::open(&["cat/chelsea.jpg"]);
    let scale = |bench: &Bench| bench.workspace().view.canvas.scale();
    let (before, top) = (scale(&bench), bench.at(0.0, 0.0).y);
    turn_wheel(&mut bench, vec2(0.0, -60.0), Modifiers::NONE);
    assert_eq!(scale(&bench), before);
    assert!(bench.at(0.0, 0.0).y < top - 20.0);
    bench.act(Action::SetCanvasOptions(CanvasOptions {
        wheel: WheelUse::Zoom,
        ..CanvasOptions::default()
    }));
    let under = bench.at(200.0, 150.0);
    turn_wheel(&mut bench, vec2(0.0, 60.0), Modifiers::NONE);
    assert!(scale(&bench) > before * 1.1, "{}", scale(&bench));
    assert!((bench.at(200.0, 150.0) - under).length() < 1.0);
    // The setting is kept.
    bench.harness.state_mut().close();
    let settings = bench.folder.path().join("user/settings.json");
    assert_eq!(Preferences::load(&settings).canvas.wheel, WheelUse::Zoom);
}

#[test]
fn a_picture_is_shown_again_as_it_was_left() {
    let mut bench = Bench::open(&["cat/chelsea.jpg", "cup/coffee.jpg"]);
    let scale = |bench: &Bench| bench.workspace().view.canvas.scale();
    bench.keys(Modifiers::COMMAND, Key::Plus);
    bench.keys(Modifiers::COMMAND, Key::Plus);
    let (zoomed, corner) = (scale(&bench), bench.at(0.0, 0.0));
    bench.key(Key::D);
    let fitted = scale(&bench);
    assert_ne!(fitted, zoomed, "the other picture is fitted");
    bench.key(Key::A);
    assert_eq!(scale(&bench), zoomed);
    assert!((bench.at(0.0, 0.0) - corner).length() < 0.5);
    // A picture that was fitted is fitted again.
    bench.key(Key::F);
    bench.key(Key::D);
    bench.key(Key::A);
    assert!(scale(&bench) < zoomed);
}

#[test]
fn a_drag_to_the_edge_moves_the_picture() {
    let mut bench = Bench::open(&["cat/chelsea.jpg"]);
    for _ in 0..6 {
        bench.keys(Modifiers::COMMAND, Key::Plus);
    }
    bench.key(Key::W);
    let canvas = bench.workspace().view.canvas.rect().unwrap();
    let from = canvas.center();
    let start = bench.workspace().view.canvas.to_picture(from);
    let edge = canvas.right_center() - vec2(4.0, -60.0);
    let press = |bench: &Bench, pos, pressed| {
        bench.harness.event(Event::PointerButton {
            pos,
            button: PointerButton::Primary,
            pressed,
            modifiers: Modifiers::NONE,
        });
    };
    let visible = bench.workspace().view.canvas.to_picture(canvas.max).x;
    bench.harness.event(Event::PointerMoved(from));
    bench.frames(1);
    press(&bench, from, true);
    bench.frames(1);
    bench.harness.event(Event::PointerMoved(edge));
    bench.frames(20);
    press(&bench, edge, false);
    bench.frames(3);
    let drawn = bench.boxes()[0].rect;
    assert!((drawn.x0 - start.x).abs() < 2.0, "{drawn:?} {start:?}");
    assert!(
        drawn.x1 > visible,
        "{drawn:?}: nothing beyond {visible} was visible"
    );
    // Without a drag the picture stays where it is.
    let corner = bench.at(0.0, 0.0);
    bench.harness.event(Event::PointerMoved(edge));
    bench.frames(20);
    assert_eq!(bench.at(0.0, 0.0), corner);
}

#[test]
fn a_crowd_of_boxes_is_drawn_with_labels_apart() {
    let mut bench = Bench::open(&["cat/chelsea.jpg"]);
    for at in 0..8 {
        bench.draw(BBox::from_xywh(20.0 + 12.0 * at as f32, 40.0, 10.0, 60.0));
    }
    bench.key(Key::Escape);
    bench.frames(3);
    assert_eq!(bench.boxes().len(), 8);
    // What is placed is tested in `canvas/paint/badges.rs`; here it must only be fast and whole.
    assert!(bench.harness.render().is_ok());
}
