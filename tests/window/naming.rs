//! Mapping the model's classes to those of the project, by keyboard.

use std::path::Path;

use egui::{Event, Key, Modifiers};
use tsukami::app::action::Action;
use tsukami::app::preferences::Theme;
use tsukami::document::{BoxState, Document};
use tsukami::naming::ANY_OBJECT;

use crate::bench::Bench;

const CTRL: Modifiers = Modifiers::COMMAND;

/// These pictures, with proposals of the small model of five classes.
fn proposed(pictures: &[&str], theme: Theme) -> Bench {
    let mut bench = Bench::on(Bench::folder_of(pictures), theme, false);
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/tscam_reference.pth");
    let context = bench.harness.ctx.clone();
    let action = Action::UseModel(Some(model));
    bench.harness.state_mut().perform_for_test(&context, action);
    bench.wait("the model", |workspace| {
        workspace
            .model_info()
            .is_some_and(|model_info| model_info.classes.len() == 5)
    });
    bench.propose_all();
    bench
}

fn type_text(bench: &mut Bench, text: &str) {
    for character in text.chars() {
        bench.type_char(character);
    }
}

/// The names of all boxes in this state.
fn names(document: &Document, state: BoxState) -> Vec<String> {
    let rows = document
        .pictures()
        .flat_map(|row| document.annotations(row.id));
    let rows = rows.filter(|row| row.state == state);
    let name = |row| document.name_of(row).unwrap_or(ANY_OBJECT).to_owned();
    rows.map(name).collect()
}

fn proposals(bench: &Bench) -> Vec<String> {
    names(bench.session().document(), BoxState::Proposed)
}

fn followed(bench: &mut Bench) {
    bench.wait("the other pictures", |workspace| {
        workspace.relocalizing.remaining == 0 && !workspace.has_unwritten()
    });
}

#[test]
fn two_classes_are_mapped_to_one_undone_and_saved() {
    let pictures = ["cup/coffee.jpg", "cat/chelsea.jpg", "rocket/rocket.jpg"];
    let mut bench = proposed(&pictures, Theme::Dark);
    let before = proposals(&bench);
    assert!(
        before.iter().all(|name| name.starts_with("class ")),
        "{before:?}"
    );
    let mut sorts = before.clone();
    sorts.sort();
    sorts.dedup();
    assert!(sorts.len() >= 2, "{sorts:?}");

    // Accept one box as it is.
    bench.key(Key::Enter);
    let accepted = names(bench.session().document(), BoxState::Accepted);
    assert_eq!(accepted.len(), 1);
    let untouched = proposals(&bench);

    // Map the most frequent class to a new name and the next one to the same, by keyboard.
    bench.key(Key::M);
    assert!(bench.says("boxes, called its own name"));
    bench.key(Key::Enter);
    assert!(bench.says("be called?"));
    type_text(&mut bench, "thing");
    bench.key(Key::Enter);
    bench.key(Key::Enter);
    // What is typed in the very frame of Enter counts.
    let enter = |pressed| Event::Key {
        key: Key::Enter,
        physical_key: None,
        pressed,
        repeat: false,
        modifiers: Modifiers::NONE,
    };
    bench.at_once(vec![
        Event::Text("thing".to_owned()),
        enter(true),
        enter(false),
    ]);
    followed(&mut bench);
    let naming = bench.session().document().naming().clone();
    assert_eq!(naming.len(), 2);
    assert!(naming.iter().all(|(_, target)| target.name() == "thing"));
    let now = proposals(&bench);
    let is_joined = |name: &String| naming.mapped(name).is_some();
    assert!(
        now.contains(&"thing".to_owned()) && !now.iter().any(is_joined),
        "{now:?}"
    );
    assert_eq!(
        names(bench.session().document(), BoxState::Accepted),
        accepted
    );
    // The list of classes has what was accepted, and the name that the person gave.
    let classes = |bench: &Bench| {
        let document = bench.session().document();
        let names = document.categories().map(|row| row.name.to_string());
        names.collect::<Vec<_>>()
    };
    assert_eq!(classes(&bench), [accepted[0].as_str(), "thing"]);
    bench.key(Key::Escape);
    assert!(!bench.has("Search class names"));

    // Undo step by step, then redo.
    for _ in 0..2 {
        bench.keys(CTRL, Key::Z);
    }
    followed(&mut bench);
    assert!(bench.session().document().naming().is_empty());
    assert_eq!(proposals(&bench), untouched);
    bench.keys(CTRL, Key::Y);
    bench.keys(CTRL, Key::Y);
    followed(&mut bench);
    assert_eq!(bench.session().document().naming(), &naming);
    let sorted = |mut names: Vec<String>| {
        names.sort();
        names
    };
    assert_eq!(sorted(proposals(&bench)), sorted(now.clone()));
    assert_eq!(
        names(bench.session().document(), BoxState::Accepted),
        accepted
    );

    let mut bench = bench.reopen();
    assert_eq!(bench.session().document().naming(), &naming);
    bench.wait("the model", |workspace| workspace.model_info().is_some());
    bench.propose_again();
    assert_eq!(sorted(proposals(&bench)), sorted(now));
}

#[test]
fn a_suggestion_gives_its_reason_and_a_key_accepts_it() {
    let mut bench = proposed(&["cat/chelsea.jpg", "cup/coffee.jpg"], Theme::Dark);
    // A class of the project whose name is close to that of a model's class.
    let class = proposals(&bench)[0].clone();
    let own = class.replace("class ", "Class-");
    bench.click("New class");
    type_text(&mut bench, &own);
    bench.click("Add");
    bench.click("Class names…");
    assert!(bench.has(&format!("Accept {own} for {class}")));
    assert!(bench.says("same name"));
    assert!(bench.has("Accept the suggestion"));
    bench.keys(CTRL | Modifiers::SHIFT, Key::Enter);
    followed(&mut bench);
    assert_eq!(bench.session().document().naming().name_of(&class), own);
    assert!(!proposals(&bench).contains(&class));
    assert!(proposals(&bench).contains(&own));
    assert!(
        !bench.says("same name"),
        "a mapped class gets no suggestion"
    );

    // The search covers all names, and all results can be mapped at once.
    type_text(&mut bench, "class");
    bench.keys(Modifiers::SHIFT, Key::Enter);
    assert!(bench.says("these 5 classes"));
    type_text(&mut bench, "no class");
    bench.key(Key::Enter);
    followed(&mut bench);
    let named = proposals(&bench);
    assert!(named.iter().all(|name| name == "object"), "{named:?}");
    // Escape cancels the choice, and pressed again it closes the dialog.
    bench.key(Key::Enter);
    bench.key(Key::Escape);
    assert!(bench.has("Search class names"));
    bench.key(Key::Escape);
    assert!(!bench.has("Search class names"));
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
    let mut bench = proposed(
        &["cat/chelsea.jpg", "cup/coffee.jpg", "rocket/rocket.jpg"],
        theme,
    );
    for own in ["Class 2", "classes 5", "animal"] {
        bench.click("New class");
        type_text(&mut bench, own);
        bench.click("Add");
    }
    bench.key(Key::F6);
    bench.key(Key::F6);
    bench.key(Key::F6);
    bench.key(Key::M);
    bench.key(Key::Enter);
    type_text(&mut bench, "animal");
    bench.key(Key::Enter);
    followed(&mut bench);
    bench.hush();
    bench.harness.snapshot(format!("class_names_{name}"));
    bench.key(Key::Enter);
    bench.hush();
    bench.harness.snapshot(format!("class_names_pick_{name}"));
}
