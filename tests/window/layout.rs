//! Where things are: panels, toolbar and toasts, at the sizes that a person has.

use egui::{Key, Modifiers, Rect};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use tsukami::app::command::Command;
use tsukami::app::preferences::{PanelOptions, Preferences, Theme};
use tsukami::geometry::BBox;

use crate::bench::Bench;
use crate::looks::prepared;

/// The share of the window's width that the canvas has.
fn canvas_share(bench: &Bench) -> f32 {
    canvas(bench).width() / bench.harness.ctx.content_rect().width()
}

fn canvas(bench: &Bench) -> Rect {
    bench.workspace().view.canvas.rect().unwrap()
}

fn rect_of(bench: &Bench, name: &str) -> Rect {
    bench.harness.get_by_label(name).rect()
}

#[test]
fn the_canvas_has_most_of_the_window() {
    let mut bench = prepared(Theme::Dark);
    for (width, height, least) in [(1280.0, 800.0, 0.60), (1024.0, 640.0, 0.55)] {
        for (proposals, thumbnails) in [(false, false), (true, false), (true, true)] {
            bench.act(tsukami::app::action::Action::SetPanelOptions(
                PanelOptions {
                    proposals,
                    learning: proposals,
                    ..PanelOptions::default()
                },
            ));
            if thumbnails {
                bench.key(Key::T);
            }
            bench.resize([width, height], 1.0);
            bench.frames(20);
            let share = canvas_share(&bench);
            assert!(share >= least, "{share} at {width}, proposals {proposals}");
            if thumbnails {
                bench.key(Key::T);
            }
        }
    }
    // From narrow back to wide.
    bench.resize([1280.0, 800.0], 1.0);
    assert!(canvas_share(&bench) >= 0.60);
}

#[test]
fn what_every_picture_needs_is_first_and_the_rest_is_folded() {
    let mut bench = prepared(Theme::Dark);
    let tops: Vec<f32> = ["Boxes", "Classes", "Proposals", "Learning"]
        .map(|name| {
            let nodes = bench.harness.get_all_by_label(name);
            nodes.last().unwrap().rect().top()
        })
        .to_vec();
    assert!(tops.is_sorted(), "{tops:?}");
    assert!(!bench.has("Quality") && !bench.has("Learn now"));
    bench.click_last("Proposals");
    bench.frames(20);
    assert!(bench.has("Quality"));
    // It stays open.
    let mut bench = {
        let Bench { harness, folder } = bench;
        let mut window = harness.into_state();
        window.close();
        drop(window);
        let settings = folder.path().join("user/settings.json");
        let panels = Preferences::load(&settings).panels;
        assert!(panels.proposals && !panels.learning && panels.boxes);
        Bench::start(folder, None, Theme::Dark)
    };
    bench.frames(2);
}

#[test]
fn the_panels_are_hidden_by_a_key_and_stay_hidden() {
    let mut bench = prepared(Theme::Dark);
    bench.key(Key::F10);
    bench.frames(4);
    assert_eq!(canvas_share(&bench), 1.0);
    assert!(!bench.has("Search names") && !bench.has("New class"));
    // Keys still do what they do.
    bench.draw(BBox::from_xywh(30.0, 30.0, 60.0, 60.0));
    assert_eq!(bench.boxes().len(), 3);
    bench.keys(Modifiers::NONE, Key::Tab);
    assert_eq!(canvas_share(&bench), 1.0, "Tab goes to the next box");
    bench.key(Key::F10);
    bench.frames(4);
    assert!(bench.has("Search names"));
    bench.key(Key::F10);
    bench.harness.state_mut().close();
    let settings = bench.folder.path().join("user/settings.json");
    assert!(Preferences::load(&settings).panels.are_hidden);
}

#[test]
fn the_widths_of_the_panels_are_remembered() {
    let mut bench = prepared(Theme::Dark);
    bench.resize([1280.0, 800.0], 1.0);
    let former = canvas(&bench);
    let edges = [(former.left() - 2.0, 70.0), (former.right() + 2.0, -50.0)];
    for (x, by) in edges {
        let edge = egui::pos2(x, former.center().y);
        bench.drag(edge, edge + egui::vec2(by, 0.0));
    }
    let chosen = canvas(&bench);
    assert!(
        (chosen.left() - former.left() - 70.0).abs() < 3.0,
        "{chosen}"
    );
    assert!(
        (chosen.right() - former.right() + 50.0).abs() < 3.0,
        "{chosen}"
    );
    assert!(bench.boxes().len() == 2, "nothing was drawn");
    let Bench { harness, folder } = bench;
    harness.into_state().close();
    let path = folder.path().join("pictures");
    let mut bench = Bench::start(folder, Some(path), Theme::Dark);
    bench.wait_window("the project", |window| window.workspace().is_some());
    bench.resize([1280.0, 800.0], 1.0);
    let again = canvas(&bench);
    assert!(
        (again.left() - chosen.left()).abs() < 1.5,
        "{again} {chosen}"
    );
    assert!(
        (again.right() - chosen.right()).abs() < 1.5,
        "{again} {chosen}"
    );
    // A narrow window keeps its canvas.
    bench.resize([1024.0, 640.0], 1.0);
    assert!(canvas_share(&bench) >= 0.55);
}

#[test]
fn the_toolbar_fits_and_draw_is_first() {
    let mut bench = prepared(Theme::Dark);
    for (width, has_labels) in [(1280.0, true), (1024.0, true), (820.0, false)] {
        bench.resize([width, 640.0], 1.0);
        let mut buttons: Vec<Rect> = Vec::new();
        for command in Command::toolbar().concat() {
            let rect = rect_of(&bench, command.label());
            assert!(
                rect.left() >= 0.0 && rect.right() <= width,
                "{command:?} {rect:?}"
            );
            for other in &buttons {
                assert!(
                    !other.shrink(1.0).intersects(rect.shrink(1.0)),
                    "{command:?}"
                );
            }
            buttons.push(rect);
        }
        let draw = rect_of(&bench, Command::DrawBox.label());
        assert!(buttons.iter().all(|rect| rect.left() >= draw.left()));
        assert!(draw.width() > 50.0, "it has a label: {draw:?}");
        let done = rect_of(&bench, Command::MarkDone.label());
        assert_eq!(done.width() > 40.0, has_labels, "{width}");
    }
}

#[test]
fn toasts_are_in_the_corner_of_the_canvas_and_count_up() {
    let mut bench = prepared(Theme::Dark);
    for size in [[1280.0, 800.0], [1024.0, 640.0]] {
        bench.resize(size, 1.0);
        for _ in 0..3 {
            bench.keys(Modifiers::COMMAND, Key::S);
        }
        let close = rect_of(&bench, "Dismiss");
        let canvas = canvas(&bench);
        assert!(canvas.contains_rect(close), "{close:?} {canvas:?}");
        let corner = canvas.right_bottom() - close.max;
        assert!(corner.x < 40.0 && corner.y < 90.0, "{corner:?}");
        assert!(bench.says("×"), "the same message three times is one");
        bench.click("Dismiss");
        assert!(!bench.has("Dismiss"));
    }
}

#[test]
fn labels_of_sliders_are_one_column() {
    let mut bench = prepared(Theme::Dark);
    bench.act(tsukami::app::action::Action::SetPanelOptions(
        PanelOptions {
            proposals: true,
            ..PanelOptions::default()
        },
    ));
    bench.use_ts_cam_only();
    bench.frames(20);
    let sliders: Vec<Rect> = ["Threshold", "Min. size", "Min. score"]
        .map(|name| {
            let nodes = bench.harness.get_all_by_label(name);
            let mut slider =
                nodes.filter(|node| node.accesskit_node().role() == egui::accesskit::Role::Slider);
            slider.next_back().unwrap().rect()
        })
        .to_vec();
    let lefts: Vec<f32> = sliders.iter().map(Rect::left).collect();
    assert!(
        lefts.windows(2).all(|pair| (pair[0] - pair[1]).abs() < 0.5),
        "{sliders:?}"
    );
    let right = bench.harness.ctx.content_rect().right();
    assert!(sliders.iter().all(|rect| rect.right() < right));
}

#[test]
fn the_dashboard_fits_its_window_and_covers_from_keys_what_it_covers() {
    let mut bench = prepared(Theme::Dark);
    let before = bench.session().document().clone();
    for size in [[1280.0, 800.0], [1024.0, 640.0]] {
        bench.resize(size, 1.0);
        bench.key(Key::F8);
        bench.frames(10);
        let window = bench.harness.ctx.content_rect();
        for name in [
            "Close the dashboard",
            "Pictures by state",
            "Boxes by class",
            "How well kept proposals fit",
            "Share of proposals kept, by score",
        ] {
            let rect = rect_of(&bench, name);
            assert!(window.contains_rect(rect), "{name} {rect:?} at {size:?}");
        }
        assert!(
            bench.says("from 20 reviewed proposals on"),
            "one is too few"
        );
        let shown = bench.shown();
        for key in [
            Key::X,
            Key::Enter,
            Key::Space,
            Key::Delete,
            Key::ArrowLeft,
            Key::Num1,
            Key::D,
            Key::I,
        ] {
            bench.key(key);
        }
        bench.keys(Modifiers::COMMAND, Key::Z);
        bench.type_char('1');
        bench.keys(Modifiers::SHIFT, Key::Enter);
        assert_eq!(bench.session().document(), &before);
        assert_eq!(bench.shown(), shown);
        bench.key(Key::Escape);
        assert!(!bench.has("Close the dashboard"));
    }
}

#[test]
fn settings_keys_are_found_and_each_is_one_line() {
    let mut bench = prepared(Theme::Dark);
    bench.resize([1024.0, 640.0], 1.0);
    bench.keys(Modifiers::COMMAND, Key::Comma);
    bench.click("Keys");
    bench.click("Search keys");
    for letter in "heat".chars() {
        bench.type_char(letter);
    }
    assert!(bench.has("Shortcut of Heat map"));
    assert!(!bench.has("Shortcut of Undo"));
    let line = rect_of(&bench, "Shortcut of Heat map");
    assert!(line.height() < 30.0, "{line:?}");
    let window = bench.harness.ctx.content_rect();
    assert!(window.contains_rect(line));
}
