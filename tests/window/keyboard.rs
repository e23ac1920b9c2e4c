//! What the keyboard and the mouse do, and what they must not do.

use egui::{Event, Key, Modifiers, PointerButton};
use egui_kittest::kittest::Queryable as _;
use tsukami::app::action::{Action, ClassAction};
use tsukami::app::canvas::Tool;
use tsukami::document::{BoxState, Labels, ReviewState};
use tsukami::geometry::BBox;

use crate::bench::Bench;

const CTRL: Modifiers = Modifiers::COMMAND;

fn two_boxes() -> Bench {
    let mut bench = Bench::open(&["cat/chelsea.jpg", "cup/coffee.jpg"]);
    bench.draw(BBox::from_xywh(30.0, 30.0, 300.0, 200.0));
    bench.draw(BBox::from_xywh(100.0, 80.0, 60.0, 50.0));
    assert_eq!(bench.count(BoxState::Drawn), 2);
    bench
}

#[test]
fn enter_and_space_on_a_focused_button_press_only_the_button() {
    let mut bench = two_boxes();
    let before = bench.session().document().clone();
    for name in ["Heat map", "Fit the picture", "Dashboard"] {
        bench.harness.get_by_label(name).focus();
        bench.frames(2);
        for key in [Key::Enter, Key::Space] {
            bench.key(key);
        }
    }
    assert_eq!(bench.session().document(), &before);
}

#[test]
fn the_key_of_a_class_comes_before_a_command_with_the_same_key() {
    let mut bench = two_boxes();
    let class = bench.session().document().categories().next().unwrap().id;
    let context = bench.harness.ctx.clone();
    let action = Action::Class(ClassAction::Hotkey(class, Some('q')));
    let window = bench.harness.state_mut();
    window.perform_for_test(&context, action);
    bench.keys_at_once(&[(Modifiers::NONE, Key::Q)]);
    assert_eq!(bench.workspace().view.canvas.tool(), Tool::Select);
    let action = Action::Class(ClassAction::Hotkey(class, None));
    let window = bench.harness.state_mut();
    window.perform_for_test(&context, action);
    bench.keys_at_once(&[(Modifiers::NONE, Key::Q)]);
    assert_eq!(bench.workspace().view.canvas.tool(), Tool::Point);
}

#[test]
fn letters_typed_into_a_text_field_run_no_commands() {
    let mut bench = two_boxes();
    let shown = bench.shown();
    bench.click("Search names");
    for key in [Key::D, Key::X, Key::N, Key::Delete] {
        bench.key(key);
    }
    assert_eq!(bench.shown(), shown);
    assert_eq!(bench.count(BoxState::Drawn), 2);
}

#[test]
fn a_click_selects_the_smallest_box_and_a_second_click_the_one_beneath() {
    let mut bench = two_boxes();
    let [large, small] = bench.boxes()[..].to_vec().try_into().unwrap();
    bench.key(Key::Escape);
    assert!(bench.session().selection().is_empty());
    let inside = bench.at(130.0, 105.0);
    bench.click_at(inside);
    assert_eq!(bench.session().selection(), [small.id]);
    bench.frames(20);
    bench.click_at(inside);
    assert_eq!(bench.session().selection(), [large.id]);
    // A frame dragged with Shift selects the boxes inside.
    bench.drag_holding(Modifiers::SHIFT, bench.at(2.0, 2.0), bench.at(400.0, 250.0));
    assert_eq!(bench.session().selection().len(), 2);
}

#[test]
fn boxes_are_moved_nudged_copied_duplicated_and_deleted() {
    let mut bench = two_boxes();
    let small = bench.boxes()[1].clone();
    // The last drawn box is selected. Drag it.
    bench.drag(bench.at(130.0, 105.0), bench.at(150.0, 115.0));
    let moved = bench.boxes()[1].rect;
    assert!((moved.x0 - small.rect.x0 - 20.0).abs() < 1.0, "{moved:?}");
    assert!((moved.width() - small.rect.width()).abs() < 0.01);
    bench.key(Key::ArrowRight);
    bench.keys(Modifiers::SHIFT, Key::ArrowDown);
    let nudged = bench.boxes()[1].rect;
    assert!((nudged.x0 - moved.x0 - 1.0).abs() < 0.01);
    assert!((nudged.y0 - moved.y0 - 10.0).abs() < 0.01);
    bench.keys(CTRL, Key::D);
    assert_eq!(bench.count(BoxState::Drawn), 3);
    bench.keys(CTRL, Key::A);
    bench.harness.event(Event::Copy);
    bench.frames(2);
    bench.key(Key::D);
    assert_eq!(bench.shown(), "coffee.jpg");
    bench
        .harness
        .event(Event::Paste("2 Tsukami boxes".to_owned()));
    bench.frames(3);
    assert_eq!(bench.count(BoxState::Drawn), 3);
    bench.key(Key::Delete);
    assert_eq!(bench.count(BoxState::Drawn), 0);
    bench.keys(CTRL, Key::P);
    assert_eq!(bench.count(BoxState::Drawn), 3, "from the previous picture");
    // A locked box does not move.
    bench.keys(CTRL, Key::L);
    let before = bench.boxes();
    bench.key(Key::ArrowLeft);
    assert_eq!(bench.boxes(), before);
}

#[test]
fn a_box_is_drawn_with_two_clicks_and_escape_cancels() {
    let mut bench = Bench::open(&["cat/chelsea.jpg"]);
    bench.key(Key::R);
    bench.click_at(bench.at(50.0, 60.0));
    bench.click_at(bench.at(150.0, 160.0));
    assert_eq!(bench.count(BoxState::Drawn), 1);
    assert!(
        bench.boxes()[0]
            .rect
            .iou(&BBox::from_xywh(50.0, 60.0, 100.0, 100.0))
            > 0.97
    );
    bench.key(Key::W);
    bench.click_at(bench.at(200.0, 60.0));
    bench.key(Key::Escape);
    assert_eq!(bench.workspace().view.canvas.tool(), Tool::Select);
    bench.click_at(bench.at(250.0, 160.0));
    assert_eq!(bench.count(BoxState::Drawn), 1);
}

#[test]
fn holding_space_pans_and_tapping_it_marks_as_done() {
    let mut bench = Bench::open(&["cat/chelsea.jpg", "cup/coffee.jpg"]);
    let before = bench.at(0.0, 0.0);
    bench.harness.key_down(Key::Space);
    bench.frames(1);
    bench.drag(bench.at(100.0, 100.0), bench.at(130.0, 120.0));
    bench.harness.key_up(Key::Space);
    bench.frames(2);
    assert_ne!(bench.at(0.0, 0.0), before);
    assert_eq!(bench.shown(), "chelsea.jpg", "it was held, not tapped");
    assert_eq!(bench.session().boxes().len(), 0);
    let before = bench.at(0.0, 0.0);
    bench.drag_with(
        PointerButton::Middle,
        bench.at(100.0, 100.0),
        bench.at(90.0, 100.0),
    );
    assert_ne!(bench.at(0.0, 0.0), before);
    bench.key(Key::Space);
    assert_eq!(bench.shown(), "coffee.jpg");
    let document = bench.session().document();
    let cat = document.picture_at("chelsea.jpg").unwrap();
    assert_eq!(cat.review, ReviewState::Done);
    assert!(document.is_verified_empty(cat.id));
}

#[test]
fn the_palette_the_help_sheet_and_the_settings_work_by_keyboard() {
    let mut bench = Bench::open(&["cat/chelsea.jpg"]);
    bench.keys(CTRL | Modifiers::SHIFT, Key::P);
    for character in "crossh".chars() {
        bench.type_char(character);
    }
    bench.key(Key::Enter);
    assert!(!bench.has("Type part of a command"));
    bench.key(Key::F1);
    assert!(bench.says("Keyboard and mouse"));
    bench.key(Key::Escape);
    assert!(!bench.says("Keyboard and mouse"));
    // Another key for the heat map, which is saved.
    bench.keys(CTRL, Key::Comma);
    bench.click("Keys");
    bench.scroll_and_click("Shortcut of Heat map");
    bench.key(Key::M);
    bench.key(Key::Escape);
    bench.key(Key::M);
    assert!(bench.workspace().view.shows_heat_map);
    bench.harness.state_mut().close();
    let settings = std::fs::read_to_string(bench.folder.path().join("user/settings.json")).unwrap();
    assert!(settings.contains("HeatMap"), "{settings}");
    assert!(settings.contains(r#""crosshair": true"#), "{settings}");
}

#[test]
fn panels_are_reached_with_f6_and_the_list_with_arrows() {
    let mut bench = Bench::open(&["cat/chelsea.jpg", "cup/coffee.jpg"]);
    bench.key(Key::F6);
    bench.key(Key::ArrowDown);
    assert_eq!(bench.shown(), "coffee.jpg");
    bench.key(Key::ArrowUp);
    assert_eq!(bench.shown(), "chelsea.jpg");
    // Enter moves the focus from the list to the canvas, where arrows move the box.
    bench.key(Key::Enter);
    bench.draw(BBox::from_xywh(30.0, 30.0, 100.0, 100.0));
    bench.draw(BBox::from_xywh(200.0, 30.0, 100.0, 100.0));
    bench.key(Key::ArrowDown);
    assert_eq!(bench.shown(), "chelsea.jpg");
    // To the list, to the boxes, to the classes, and back to the canvas.
    bench.key(Key::F6);
    bench.key(Key::F6);
    let first = bench.session().selection()[0];
    bench.key(Key::ArrowDown);
    let second = bench.session().selection()[0];
    assert_ne!(first, second);
    bench.key(Key::F6);
    bench.key(Key::F6);
    let before = bench.boxes();
    bench.key(Key::ArrowRight);
    assert_ne!(bench.boxes(), before);
}

#[test]
fn a_class_key_accepts_a_proposal_as_that_class_and_selects_the_next() {
    let mut bench = Bench::open(&["person/astronaut.jpg"]);
    let label = ClassAction::Label(Labels::One("person".into()), Vec::new());
    bench.act(Action::Class(label));
    // It finds more than one box in this picture.
    bench.use_ts_cam_only();
    bench.key(Key::I);
    bench.wait("proposals", |workspace| workspace.session.boxes().len() > 1);
    let proposed = bench.count(BoxState::Proposed);
    bench.key(Key::Tab);
    let first = bench.session().selection()[0];
    bench.type_char('1');
    assert_eq!(bench.count(BoxState::Proposed), proposed - 1);
    assert_ne!(bench.session().selection(), [first]);
    let accepted = bench
        .boxes()
        .into_iter()
        .find(|row| row.id == first)
        .unwrap();
    assert_eq!(
        accepted.state,
        BoxState::Accepted,
        "it was of this class already"
    );
}

#[test]
fn a_class_with_boxes_is_deleted_after_a_question() {
    let mut bench = two_boxes();
    let classes = |bench: &Bench| bench.session().document().categories().count();
    for (answer, left) in [("Cancel", 1), ("Delete", 0)] {
        bench.click("More actions for object");
        bench.click("Delete…");
        assert!(bench.says("2 boxes and tags on 1 picture will be deleted"));
        bench.click(answer);
        bench.frames(3);
        assert_eq!(classes(&bench), left);
    }
    bench.keys(CTRL, Key::Z);
    assert_eq!(classes(&bench), 1);
    assert_eq!(bench.session().visible().count(), 2);
}

#[test]
fn classes_are_added_renamed_merged_hidden_and_undone() {
    let mut bench = two_boxes();
    bench.harness.get_by_label("New class").click();
    bench.frames(2);
    for character in "cat".chars() {
        bench.type_char(character);
    }
    bench.click("Add");
    let names = |bench: &Bench| -> Vec<String> {
        bench
            .session()
            .document()
            .categories()
            .map(|row| row.name.to_string())
            .collect()
    };
    assert_eq!(names(&bench), ["object", "cat"]);
    bench.click("More actions for object");
    bench.click("Merge into");
    bench.click("Merge into cat");
    bench.frames(3);
    assert_eq!(names(&bench), ["cat"]);
    bench.keys(CTRL, Key::Z);
    assert_eq!(names(&bench), ["object", "cat"]);
    assert_eq!(bench.session().visible().count(), 2);
    bench.click("Hide boxes of object; Shift-click to show only these");
    assert_eq!(bench.session().visible().count(), 0);
}

#[test]
fn keys_in_one_frame_act_in_order() {
    let mut bench = two_boxes();
    bench.key(Key::Escape);
    // Select the first box, delete it and show the next picture, all in one frame.
    bench.keys_at_once(&[
        (Modifiers::NONE, Key::Tab),
        (Modifiers::NONE, Key::Delete),
        (Modifiers::NONE, Key::D),
    ]);
    assert_eq!(bench.shown(), "coffee.jpg");
    bench.see();
    assert_eq!(bench.boxes().len(), 0);
    bench.key(Key::A);
    assert_eq!(bench.count(BoxState::Drawn), 1);
}

#[test]
fn a_held_key_accepts_only_once() {
    let mut bench = Bench::open(&["cat/chelsea.jpg", "cup/coffee.jpg", "rocket/rocket.jpg"]);
    for _ in 0..3 {
        bench.draw(BBox::from_xywh(30.0, 30.0, 100.0, 100.0));
        bench.key(Key::D);
    }
    bench.key(Key::Home);
    bench.hold(Modifiers::SHIFT, Key::Enter, 5);
    let done = |bench: &Bench| {
        bench
            .session()
            .document()
            .summary()
            .pictures
            .get(&ReviewState::Done)
            .copied()
    };
    assert_eq!(done(&bench), Some(1));
    bench.hold(Modifiers::NONE, Key::A, 5);
    assert_eq!(
        bench.shown(),
        "chelsea.jpg",
        "going through pictures repeats"
    );
}

#[test]
fn an_open_menu_receives_the_keys() {
    let mut bench = two_boxes();
    let before = bench.session().document().clone();
    bench.click("Edit");
    assert!(bench.says("Duplicate"));
    for key in [Key::Delete, Key::X, Key::Space, Key::D] {
        bench.key(key);
    }
    assert_eq!(bench.session().document(), &before);
    assert_eq!(bench.shown(), "chelsea.jpg");
}

#[test]
fn a_shortcut_with_modifiers_can_be_assigned() {
    let mut bench = Bench::open(&["cat/chelsea.jpg"]);
    bench.keys(CTRL, Key::Comma);
    bench.click("Keys");
    bench.scroll_and_click("Shortcut of Crosshair");
    // A keyboard sends the modifier alone first.
    bench.keys(CTRL, Key::ControlLeft);
    bench.keys(CTRL | Modifiers::SHIFT, Key::M);
    bench.key(Key::Escape);
    let keymap = || {
        let settings = bench.folder.path().join("user/settings.json");
        tsukami::app::preferences::Preferences::load(&settings).keymap
    };
    bench.harness.state_mut().close();
    assert_eq!(
        keymap()
            .text(tsukami::app::command::Command::Crosshair)
            .as_deref(),
        Some("Ctrl+Shift+M")
    );
}

#[test]
fn a_box_is_drawn_moved_and_resized_without_a_mouse() {
    let mut bench = Bench::open(&["cat/chelsea.jpg"]);
    bench.key(Key::W);
    bench.key(Key::Enter);
    let drawn = bench.boxes()[0].rect;
    assert!(drawn.width() > 100.0 && drawn.height() > 50.0, "{drawn:?}");
    bench.key(Key::ArrowLeft);
    bench.keys(CTRL, Key::ArrowRight);
    bench.keys(CTRL | Modifiers::SHIFT, Key::ArrowUp);
    let now = bench.boxes()[0].rect;
    assert_eq!(now.x1 - drawn.x1, 0.0);
    assert_eq!(now.x0 - drawn.x0, -1.0);
    assert_eq!(now.y0 - drawn.y0, -1.0);
    assert_eq!(now.y1, drawn.y1);
}

#[test]
fn a_double_click_changes_the_class_of_the_box_under_it_and_no_other() {
    let mut bench = two_boxes();
    bench.key(Key::Escape);
    let small = bench.boxes()[1].id;
    let inside = bench.at(130.0, 105.0);
    bench.harness.event(Event::PointerMoved(inside));
    bench.frames(1);
    for _ in 0..2 {
        let click = [true, false].map(|pressed| Event::PointerButton {
            pos: inside,
            button: PointerButton::Primary,
            pressed,
            modifiers: Modifiers::NONE,
        });
        bench.harness.input_mut().events.extend(click);
        bench.harness.step();
    }
    bench.frames(2);
    assert_eq!(bench.session().selection(), [small]);
    assert!(bench.has("Type a class"));
}

#[test]
fn a_class_is_assigned_a_key_that_no_command_uses() {
    let mut bench = two_boxes();
    let key = |bench: &Bench| {
        bench
            .session()
            .document()
            .categories()
            .next()
            .unwrap()
            .hotkey
    };
    let button = "Shortcut of object: click, then press a key";
    for (press, typed, expected) in [(Key::D, 'd', Some('1')), (Key::J, 'j', Some('j'))] {
        bench.click(button);
        bench.at_once(vec![
            Event::Key {
                key: press,
                physical_key: None,
                pressed: true,
                repeat: false,
                modifiers: Modifiers::NONE,
            },
            Event::Text(typed.to_string()),
        ]);
        assert_eq!(key(&bench), expected, "{typed}");
    }
    assert_eq!(bench.shown(), "chelsea.jpg");
}
