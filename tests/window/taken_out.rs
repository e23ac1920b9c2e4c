//! Taking pictures out of the project and bringing them back.

use std::fs;

use egui::{Event, Key, Modifiers, PointerButton};
use egui_kittest::kittest::Queryable as _;
use tsukami::app::workspace::Workspace;
use tsukami::document::ReviewState;
use tsukami::geometry::BBox;

use crate::bench::Bench;

const PICTURES: [&str; 4] = [
    "cat/chelsea.jpg",
    "cup/coffee.jpg",
    "person/astronaut.jpg",
    "rocket/rocket.jpg",
];
const ALT: Modifiers = Modifiers::ALT;
const CTRL: Modifiers = Modifiers::COMMAND;

fn listed(bench: &Bench) -> Vec<String> {
    let document = bench.session().document();
    let rows = bench.session().rows().iter();
    rows.map(|id| document.picture(*id).unwrap().path.to_string())
        .collect()
}

/// Chooses an entry of the context menu of a picture in the list.
fn choose_for(bench: &mut Bench, name: &str, entry: &str) {
    let place = bench.harness.get_by_label_contains(name).rect().center();
    bench.harness.event(Event::PointerMoved(place));
    for pressed in [true, false] {
        bench.harness.event(Event::PointerButton {
            pos: place,
            button: PointerButton::Secondary,
            pressed,
            modifiers: Modifiers::NONE,
        });
        bench.frames(2);
    }
    choose(bench, entry);
}

/// Chooses an entry of the open menu, whose name ends in its keys.
fn choose(bench: &mut Bench, entry: &str) {
    bench.harness.get_by_label_contains(entry).click();
    bench.frames(3);
    bench.see();
}

fn choose_state(bench: &mut Bench, state: &str) {
    bench.click("State");
    bench.click_last(state);
    bench.see();
}

#[test]
fn a_picture_is_taken_out_by_key_and_undo_brings_it_back() {
    let mut bench = Bench::open(&PICTURES);
    assert_eq!(bench.shown(), "astronaut.jpg");
    bench.key(Key::D);
    assert_eq!(bench.shown(), "chelsea.jpg");
    bench.draw(BBox::from_xywh(50.0, 50.0, 100.0, 80.0));
    bench.keys(ALT, Key::Delete);
    assert_eq!(bench.shown(), "coffee.jpg", "the next one");
    assert_eq!(
        listed(&bench),
        ["astronaut.jpg", "coffee.jpg", "rocket.jpg"]
    );
    assert!(bench.says("1 picture taken out of the project"));
    assert!(bench.has("0 / 3 done"));
    bench.keys(CTRL, Key::Z);
    assert_eq!(bench.shown(), "chelsea.jpg");
    assert!(!bench.says("1 picture taken out"), "it no longer holds");
    assert_eq!(bench.boxes().len(), 1);
    assert!(bench.has("0 / 4 done"));
}

#[test]
fn the_filter_lists_what_is_taken_out_and_the_menu_brings_it_back() {
    let mut bench = Bench::open(&PICTURES);
    // A right click on another picture is about that one.
    choose_for(&mut bench, "coffee.jpg, new", "Take out of the project");
    assert_eq!(
        listed(&bench),
        ["astronaut.jpg", "chelsea.jpg", "rocket.jpg"]
    );
    choose_state(&mut bench, "Taken out");
    assert_eq!(listed(&bench), ["coffee.jpg"]);
    choose_state(&mut bench, "Any state");
    bench.key(Key::End);
    assert_eq!(bench.shown(), "rocket.jpg");
    // On one of several, it is about all of them.
    bench.keys(CTRL | Modifiers::SHIFT, Key::A);
    choose_for(&mut bench, "rocket.jpg, new", "Take out of the project");
    assert!(bench.says("3 pictures taken out of the project"));
    assert!(listed(&bench).is_empty());
    assert!(bench.session().current().is_none());
    assert!(bench.says("All pictures are taken out of the project"));

    bench.click("Show them");
    bench.see();
    assert_eq!(listed(&bench).len(), 4);
    assert!(bench.has("4 taken out"));
    bench.click_last("coffee.jpg, taken out");
    bench.see();
    assert_eq!(bench.shown(), "coffee.jpg");
    // Neither the key nor the model works on it.
    bench.keys(ALT, Key::Delete);
    bench.key(Key::Space);
    bench.key(Key::I);
    assert!(bench.says("Bring it back to get proposals"));
    let states = |bench: &Bench| {
        let pictures = bench.session().document().pictures();
        let states = pictures.map(|picture| picture.review);
        states.collect::<Vec<_>>()
    };
    assert_eq!(states(&bench), [ReviewState::New; 4]);
    choose_for(&mut bench, "coffee.jpg, taken out", "Bring back");
    assert!(bench.says("1 picture brought back"));
    assert_eq!(listed(&bench).len(), 3);
    bench.keys(CTRL | Modifiers::SHIFT, Key::A);
    choose_for(&mut bench, "rocket.jpg, taken out", "Bring back");
    choose_state(&mut bench, "Any state");
    assert_eq!(listed(&bench).len(), 4);
}

#[test]
fn bad_files_go_at_once_and_all_pictures_become_done() {
    let folder = Bench::folder_of(&PICTURES);
    let mut bench = Bench::on(folder, tsukami::app::preferences::Theme::Dark, false);
    for name in ["coffee.jpg", "rocket.jpg"] {
        fs::remove_file(bench.pictures().join(name)).unwrap();
    }
    bench.key(Key::F5);
    bench.wait("the folder", |workspace: &Workspace| {
        let pictures = workspace.session.document().pictures();
        pictures.filter(|picture| picture.missing).count() == 2
    });
    bench.click("Pictures");
    choose(&mut bench, "Take out missing and unreadable pictures");
    assert!(bench.says("2 pictures taken out of the project"));
    assert_eq!(listed(&bench), ["astronaut.jpg", "chelsea.jpg"]);
    for _ in 0..2 {
        bench.key(Key::Space);
    }
    assert!(bench.has("2 / 2 done"));
    // The folder is read again, and nothing is missing that anyone waits for.
    bench.hush();
    bench.key(Key::F5);
    bench.wait("the folder", |workspace: &Workspace| !workspace.is_scanning);
    assert!(!bench.says("missing"), "it is no problem");
    assert_eq!(listed(&bench).len(), 2);
    bench.key(Key::F8);
    bench.frames(3);
    let statistics = tsukami::app::panels::dashboard::Statistics::new(bench.session().document());
    assert_eq!(statistics.pictures, [0, 0, 0, 2]);
}
