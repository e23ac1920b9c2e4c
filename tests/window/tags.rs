//! Selecting and tagging several pictures at once.

use std::time::{Duration, Instant};

use egui::{Event, Key, Modifiers, PointerButton};
use egui_kittest::kittest::Queryable as _;
use tsukami::app::action::Action;
use tsukami::app::preferences::Theme;
use tsukami::document::ops;
use tsukami::document::{Document, Picture, PictureId};
use tsukami::store::{self, Project};

use crate::bench::Bench;

const CTRL: Modifiers = Modifiers::COMMAND;
const PICTURES: [&str; 4] = [
    "cat/chelsea.jpg",
    "cup/coffee.jpg",
    "person/astronaut.jpg",
    "rocket/rocket.jpg",
];

/// Clicks a list entry with modifiers held.
fn click_with(bench: &mut Bench, name: &str, modifiers: Modifiers) {
    let place = bench.harness.get_by_label_contains(name).rect().center();
    bench.harness.event(Event::ModifiersChanged(modifiers));
    bench.harness.event(Event::PointerMoved(place));
    for pressed in [true, false] {
        bench.harness.event(Event::PointerButton {
            pos: place,
            button: PointerButton::Primary,
            pressed,
            modifiers,
        });
        bench.frames(1);
    }
    bench
        .harness
        .event(Event::ModifiersChanged(Modifiers::NONE));
    bench.frames(2);
}

fn type_text(bench: &mut Bench, text: &str) {
    for character in text.chars() {
        bench.type_char(character);
    }
}

/// The tags of each picture, in the order of the list.
fn tags(bench: &Bench) -> Vec<Vec<String>> {
    let document = bench.session().document();
    let name = |id| document.category(id).unwrap().name.to_string();
    let of = |id: &PictureId| document.picture(*id).unwrap().tags.iter().copied();
    let rows = bench.session().rows().iter();
    rows.map(|id| of(id).map(name).collect()).collect()
}

#[test]
fn pictures_are_selected_as_in_a_file_manager() {
    let mut bench = Bench::open(&PICTURES);
    assert_eq!(bench.shown(), "astronaut.jpg");
    click_with(&mut bench, "coffee.jpg,", CTRL);
    assert_eq!(bench.session().list_selection().len(), 2);
    assert!(bench.has("2 selected"));
    assert_eq!(bench.shown(), "astronaut.jpg", "the canvas stays");
    click_with(&mut bench, "rocket.jpg,", Modifiers::SHIFT);
    assert_eq!(
        bench.session().list_selection().len(),
        2,
        "from coffee to rocket"
    );
    // Now the list has the focus, and keys extend the selection.
    bench.keys(Modifiers::SHIFT, Key::ArrowUp);
    assert_eq!(bench.shown(), "coffee.jpg", "one alone is shown");
    bench.keys(Modifiers::SHIFT, Key::Home);
    assert_eq!(bench.session().list_selection().len(), 3);
    bench.keys(CTRL, Key::A);
    assert!(bench.has("4 selected"));
    assert!(bench.session().selection().is_empty(), "no box is meant");
    bench.key(Key::Escape);
    assert!(bench.session().list_selection().is_empty());
    bench.keys(CTRL | Modifiers::SHIFT, Key::A);
    assert_eq!(bench.session().list_selection().len(), 4);
    // Pictures that the filter hides are no longer selected.
    bench.click("Search names");
    type_text(&mut bench, "co");
    assert!(bench.session().list_selection().is_empty());
    for _ in 0..2 {
        bench.key(Key::Backspace);
    }
    bench.key(Key::F6);
    bench.keys(CTRL | Modifiers::SHIFT, Key::A);
    assert_eq!(bench.session().list_selection().len(), 4);
    bench.click("Clear the selection");
    assert!(bench.session().list_selection().is_empty());
    // A plain click shows one picture and clears the selection.
    bench.keys(CTRL | Modifiers::SHIFT, Key::A);
    click_with(&mut bench, "rocket.jpg,", Modifiers::NONE);
    assert_eq!(bench.shown(), "rocket.jpg");
    assert!(bench.session().list_selection().is_empty());
}

#[test]
fn several_pictures_are_tagged_by_keyboard_in_one_step() {
    let mut bench = Bench::open(&PICTURES);
    bench.keys(CTRL, Key::T);
    assert!(bench.says("Type a name to create one"));
    type_text(&mut bench, "person");
    bench.key(Key::Enter);
    bench.key(Key::Escape);
    let own = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(tags(&bench)[0], own(&["person"]));
    assert!(bench.says("astronaut.jpg, new, tagged person"));

    bench.keys(CTRL | Modifiers::SHIFT, Key::A);
    bench.click("Tags…");
    assert!(bench.has("4 selected pictures"));
    assert!(bench.has("person, 1 of 4"));
    type_text(&mut bench, "thing");
    bench.key(Key::Enter);
    assert!(bench.has("thing, all 4"));
    assert_eq!(tags(&bench)[0], own(&["person", "thing"]));
    assert_eq!(tags(&bench)[3], own(&["thing"]));
    // If only some have the tag, all get it. If all have it, it is removed from all.
    type_text(&mut bench, "per");
    bench.key(Key::Enter);
    assert!(bench.has("person, all 4"));
    bench.click("Tag person");
    assert!(bench.has("person, not tagged"));
    bench.key(Key::Escape);
    for expected in [own(&["person", "thing"]), own(&["thing"]), own(&[])] {
        bench.keys(CTRL, Key::Z);
        assert_eq!(tags(&bench)[3], expected, "one step each");
    }
    assert_eq!(tags(&bench)[0], own(&["person"]));
    assert!(bench.session().document().category_named("thing").is_none());
}

#[test]
fn looks_dark() {
    looks(Theme::Dark, "dark");
}

#[test]
fn looks_light() {
    looks(Theme::Light, "light");
}

fn looks(theme: Theme, name: &str) {
    let mut bench = Bench::on(Bench::folder_of(&PICTURES), theme, false);
    for class in ["person", "a cup of something hot", "rocket"] {
        bench.keys(CTRL, Key::T);
        type_text(&mut bench, class);
        bench.key(Key::Enter);
        bench.key(Key::Escape);
        bench.key(Key::D);
    }
    click_with(&mut bench, "coffee.jpg,", Modifiers::NONE);
    click_with(&mut bench, "astronaut.jpg,", CTRL);
    click_with(&mut bench, "chelsea.jpg,", CTRL);
    bench.keys(CTRL, Key::T);
    type_text(&mut bench, "pet");
    bench.key(Key::Enter);
    bench.key(Key::ArrowDown);
    bench.wait("the thumbnails and the model", |workspace| {
        let mut rows = workspace.session.rows().iter();
        workspace.model_info().is_some()
            && rows.all(|id| workspace.view.textures.has_thumbnail(*id))
    });
    bench.hush();
    bench.harness.snapshot(format!("tags_{name}"));
}

#[test]
fn ten_thousand_selected_pictures_stay_responsive() {
    const PICTURES: usize = 10_000;
    let folder = Bench::folder_of(&["cat/chelsea.jpg"]);
    let (mut project, _) = Project::create_for(&folder.path().join("pictures")).unwrap();
    store::rescan(&mut project).unwrap();
    let rows = (0..PICTURES).map(|at| Picture::new(PictureId(1), format!("{at}.jpg"), 64, 48));
    let rows: Vec<Picture> = rows.collect();
    let add = |document: &Document| Ok(ops::add_pictures(document, rows.clone()));
    project.commit_with("add", None, add).unwrap();
    project.close().unwrap();
    let mut bench = Bench::start(folder, None, Theme::Dark);
    let path = bench.pictures();
    let context = bench.harness.ctx.clone();
    let open = Action::Open(path);
    bench.harness.state_mut().perform_for_test(&context, open);
    bench.wait("the pictures", |workspace| !workspace.is_scanning);
    let mut times = Vec::new();
    let mut timed =
        |bench: &mut Bench, what: &'static str, perform_for_test: &dyn Fn(&mut Bench)| {
            let begun = Instant::now();
            perform_for_test(bench);
            times.push((what, begun.elapsed()));
        };
    timed(&mut bench, "idle", &|bench| bench.frames(3));
    timed(&mut bench, "select", &|bench| {
        bench.keys(CTRL | Modifiers::SHIFT, Key::A);
    });
    assert_eq!(bench.session().list_selection().len(), PICTURES + 1);
    timed(&mut bench, "open", &|bench| bench.keys(CTRL, Key::T));
    type_text(&mut bench, "cat");
    timed(&mut bench, "tag", &|bench| bench.key(Key::Enter));
    assert!(bench.has("cat, all 10001"));
    timed(&mut bench, "look", &|bench| bench.frames(3));
    timed(&mut bench, "undo", &|bench| {
        bench.key(Key::Escape);
        bench.keys(CTRL, Key::Z);
    });
    assert!(tags(&bench).iter().all(Vec::is_empty));
    // An unoptimised build is slow, but quadratic work would take minutes.
    let slowest = times.iter().map(|(_, time)| *time).max().unwrap();
    assert!(slowest < Duration::from_secs(20), "{times:?}");
    eprintln!("{times:?}");
}
