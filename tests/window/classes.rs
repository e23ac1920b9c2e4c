//! Classes are the person's: what is labelled, the picker, the sticky class, and the list of classes.

use std::fmt::Write as _;

use egui::{Event, Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use tempfile::TempDir;
use tsukami::app::action::{Action, ClassAction};
use tsukami::app::preferences::Theme;
use tsukami::document::ops::{self, Candidate};
use tsukami::document::{BoxState, Labels};
use tsukami::geometry::BBox;

use crate::bench::{Bench, model, project_with};

const CTRL: Modifiers = Modifiers::COMMAND;

/// A folder whose first picture has proposals of these names, from left to right, the surest first. They
/// do not depend on the processor.
fn suggested(names: &[&str], classes: &[&str]) -> TempDir {
    let folder = Bench::folder_of(&["cat/chelsea.jpg", "cup/coffee.jpg"]);
    let mut project = project_with(&folder, classes);
    let model = model();
    let found = names.iter().enumerate().map(|(at, name)| {
        let rect = BBox::from_xywh(20.0 + 105.0 * at as f32, 60.0, 90.0, 150.0);
        Candidate::suggested(rect, name, 0.9 - 0.1 * at as f32)
    });
    let found: Vec<_> = found.collect();
    project
        .commit_with("propose", None, |document| {
            let picture = document.picture_at("chelsea.jpg").unwrap().id;
            let found = [(picture, found.clone())];
            Ok(ops::replace_proposals(document, &model, &found))
        })
        .unwrap();
    project.close().unwrap();
    folder
}

fn open(names: &[&str], classes: &[&str]) -> Bench {
    Bench::on(suggested(names, classes), Theme::Dark, false)
}

fn type_text(bench: &mut Bench, text: &str) {
    for character in text.chars() {
        bench.type_char(character);
    }
}

fn class_names(bench: &Bench) -> Vec<String> {
    let categories = bench.session().document().categories();
    categories.map(|row| row.name.to_string()).collect()
}

/// What the boxes of the picture are called, and their states.
fn boxes(bench: &Bench) -> Vec<(String, BoxState)> {
    let document = bench.session().document();
    let rows = bench.session().boxes().iter();
    rows.map(|row| (document.class_name(row).to_owned(), row.state))
        .collect()
}

fn select(bench: &mut Bench, places: &[usize]) {
    let ids = places.iter().map(|at| bench.boxes()[*at].id).collect();
    bench.act(Action::Select(ids));
}

fn of(name: &str, state: BoxState) -> (String, BoxState) {
    (name.to_owned(), state)
}

#[test]
fn one_class_is_said_in_the_line_above_the_canvas_and_enter_is_all_that_a_box_takes() {
    let mut bench = open(&["badger", "weasel"], &[]);
    assert!(bench.says("What are you labelling?"));
    bench.click("One class…");
    type_text(&mut bench, "raccoon");
    bench.key(Key::Enter);
    assert!(!bench.says("What are you labelling?"));
    assert_eq!(class_names(&bench), ["raccoon"]);
    assert!(bench.says("raccoon, proposed"));
    for _ in 0..2 {
        bench.key(Key::Enter);
    }
    let accepted = of("raccoon", BoxState::Accepted);
    assert_eq!(boxes(&bench), [accepted.clone(), accepted]);
    bench.draw(BBox::from_xywh(300.0, 10.0, 60.0, 40.0));
    assert_eq!(boxes(&bench)[2], of("raccoon", BoxState::Drawn));
    assert_eq!(class_names(&bench), ["raccoon"]);
    // It is kept, and can be changed under Classes.
    let mut bench = bench.reopen();
    assert!(!bench.says("What are you labelling?"));
    bench.click("What is labelled: only raccoon");
    bench.click("Decide as I go");
    assert_eq!(bench.session().document().labels(), &Labels::Any);
}

#[test]
fn the_question_can_be_dismissed_and_never_comes_twice() {
    let mut bench = open(&["badger"], &[]);
    assert!(bench.says("What are you labelling?"));
    bench.click("Close the question");
    assert!(!bench.says("What are you labelling?"));
    bench.key(Key::Enter);
    assert_eq!(
        boxes(&bench),
        [of("badger", BoxState::Accepted)],
        "the keys are the canvas's"
    );

    let folder = suggested(&["badger"], &[]);
    let bench = Bench::on(folder, Theme::Dark, false);
    assert!(bench.says("What are you labelling?"));
    let mut bench = bench.reopen();
    assert!(!bench.says("What are you labelling?"), "it was asked");
    // A command opens it again, and Escape closes it.
    bench.keys(CTRL | Modifiers::SHIFT, Key::P);
    type_text(&mut bench, "what is labelled");
    bench.key(Key::Enter);
    assert!(bench.says("What are you labelling?"));
    bench.key(Key::Escape);
    assert!(!bench.says("What are you labelling?"));
}

#[test]
fn a_drawn_box_or_a_class_ends_the_question() {
    let mut bench = open(&[], &[]);
    assert!(bench.says("What are you labelling?"));
    bench.draw(BBox::from_xywh(30.0, 30.0, 300.0, 200.0));
    bench.frames(3);
    assert!(!bench.says("What are you labelling?"));
    let bench = open(&[], &["cat"]);
    assert!(!bench.says("What are you labelling?"));
}

#[test]
fn several_classes_are_pasted_or_read_from_a_file_and_other_names_wait_for_a_class() {
    let mut bench = open(&["lynx", "toaster"], &[]);
    bench.click("Several classes…");
    bench.at_once(vec![Event::Paste("bear\nlynx\n".to_owned())]);
    let list = bench.folder.path().join("classes.txt");
    std::fs::write(&list, "wolf\r\nbear\r\n").unwrap();
    bench.act(Action::ReadClassList(list));
    bench.wait_window("the list", |_| true);
    bench.frames(10);
    bench.wait_for_words("Names of the classes");
    std::thread::sleep(std::time::Duration::from_millis(200));
    bench.frames(5);
    bench.click("OK");
    assert_eq!(class_names(&bench), ["bear", "lynx", "wolf"]);
    assert_eq!(bench.session().document().labels(), &Labels::Listed);
    // Enter takes the name that is in the list, and asks for the class of the other.
    select(&mut bench, &[0]);
    bench.key(Key::Enter);
    assert_eq!(boxes(&bench)[0], of("lynx", BoxState::Accepted));
    bench.key(Key::Enter);
    assert!(bench.has("Type a class"));
    type_text(&mut bench, "wo");
    bench.key(Key::Enter);
    assert!(!bench.has("Type a class"));
    assert_eq!(boxes(&bench)[1], of("wolf", BoxState::Edited));
    assert_eq!(class_names(&bench).len(), 3);
}

#[test]
fn accepting_all_leaves_names_that_are_not_in_the_list() {
    let mut bench = open(&["lynx", "toaster"], &[]);
    let names = vec!["lynx".to_owned()];
    bench.act(Action::Class(ClassAction::Label(Labels::Listed, names)));
    bench.keys(Modifiers::SHIFT, Key::Enter);
    let expected = [
        of("lynx", BoxState::Accepted),
        of("toaster", BoxState::Proposed),
    ];
    assert_eq!(boxes(&bench), expected);
    assert_eq!(bench.shown(), "chelsea.jpg");
    assert!(bench.says("not in your list"));
    assert_eq!(bench.session().selection(), [bench.boxes()[1].id]);
}

#[test]
fn a_class_is_chosen_by_typing_and_the_next_box_follows() {
    let mut bench = open(&["badger", "weasel", "otter"], &["cat", "carpet", "dog"]);
    select(&mut bench, &[0]);
    // The slash opens the picker and is not typed into it. Enter takes the first match.
    bench.at_once(slash());
    bench.frames(2);
    type_text(&mut bench, "d");
    bench.key(Key::Enter);
    assert_eq!(boxes(&bench)[0], of("dog", BoxState::Edited));
    assert_eq!(bench.session().selection(), [bench.boxes()[1].id]);
    // A new name makes the class, accepts the box and goes on.
    bench.keys(CTRL, Key::E);
    type_text(&mut bench, "stoat");
    bench.key(Key::Enter);
    assert_eq!(boxes(&bench)[1], of("stoat", BoxState::Edited));
    assert_eq!(bench.session().selection(), [bench.boxes()[2].id]);
    // The class that was used last is the first: Enter alone takes it.
    bench.key(Key::C);
    bench.key(Key::Enter);
    assert_eq!(boxes(&bench)[2], of("stoat", BoxState::Edited));
    // Ctrl+Enter makes a new class although others match.
    select(&mut bench, &[2]);
    bench.key(Key::C);
    type_text(&mut bench, "ca");
    bench.keys(CTRL, Key::Enter);
    assert_eq!(boxes(&bench)[2].0, "ca");
    assert_eq!(class_names(&bench), ["cat", "carpet", "dog", "stoat", "ca"]);
}

/// A slash, as a keyboard sends it.
fn slash() -> Vec<Event> {
    let key = |pressed| Event::Key {
        key: Key::Slash,
        physical_key: None,
        pressed,
        repeat: false,
        modifiers: Modifiers::NONE,
    };
    vec![key(true), Event::Text("/".to_owned()), key(false)]
}

#[test]
fn what_is_typed_together_with_enter_counts() {
    let mut bench = open(&["badger"], &["cat"]);
    select(&mut bench, &[0]);
    bench.key(Key::C);
    let enter = |pressed| Event::Key {
        key: Key::Enter,
        physical_key: None,
        pressed,
        repeat: false,
        modifiers: Modifiers::NONE,
    };
    let typed = Event::Text("stoat".to_owned());
    bench.at_once(vec![typed, enter(true), enter(false)]);
    assert_eq!(boxes(&bench), [of("stoat", BoxState::Edited)]);
    assert_eq!(class_names(&bench), ["cat", "stoat"]);
}

#[test]
fn more_than_nine_classes_are_given_by_keyboard() {
    let names: Vec<String> = (1..=30).map(|number| format!("kind {number:02}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut bench = open(&["badger", "weasel"], &names);
    select(&mut bench, &[0]);
    bench.key(Key::C);
    type_text(&mut bench, "27");
    bench.key(Key::Enter);
    bench.key(Key::C);
    for _ in 0..3 {
        bench.key(Key::ArrowDown);
    }
    bench.key(Key::Enter);
    // The first entry is the class used last, and the others follow in their order.
    let expected = [
        of("kind 27", BoxState::Edited),
        of("kind 03", BoxState::Edited),
    ];
    assert_eq!(boxes(&bench), expected);
}

#[test]
fn the_sticky_class_is_in_sight_and_overrides_suggestions() {
    let mut bench = open(&["badger", "weasel"], &["cat", "dog"]);
    assert!(bench.has("New boxes: cat"));
    select(&mut bench, &[0]);
    bench.type_char('2');
    assert_eq!(boxes(&bench)[0], of("dog", BoxState::Edited));
    assert!(bench.has("New boxes: dog"));
    // The sticky class is that of the selected box.
    select(&mut bench, &[0]);
    bench.keys(Modifiers::SHIFT, Key::C);
    assert_eq!(
        bench.session().sticky_class(),
        bench.session().chosen_class()
    );
    select(&mut bench, &[1]);
    bench.key(Key::Enter);
    assert_eq!(boxes(&bench)[1], of("dog", BoxState::Edited));
    select(&mut bench, &[1]);
    bench.type_char('1');
    assert!(bench.has("New boxes: dog"), "it sticks");
    bench.draw(BBox::from_xywh(300.0, 10.0, 60.0, 40.0));
    assert_eq!(boxes(&bench)[2], of("dog", BoxState::Drawn));
    let mut bench = bench.reopen();
    bench.click("New boxes: dog");
    assert_eq!(bench.session().sticky_class(), None);
}

#[test]
fn a_class_key_decides_the_proposals_of_a_mixed_selection() {
    let mut bench = open(&["badger"], &["cat", "dog"]);
    bench.draw(BBox::from_xywh(300.0, 10.0, 60.0, 40.0));
    bench.keys(CTRL, Key::A);
    assert_eq!(bench.session().selection().len(), 2);
    bench.type_char('2');
    let expected = [of("dog", BoxState::Edited), of("dog", BoxState::Drawn)];
    assert_eq!(boxes(&bench), expected);
}

#[test]
fn a_box_that_is_drawn_in_a_hidden_class_is_seen() {
    let mut bench = open(&[], &["cat", "dog"]);
    bench.click("Hide boxes of cat; Shift-click to show only these");
    bench.draw(BBox::from_xywh(30.0, 30.0, 300.0, 200.0));
    assert_eq!(bench.session().visible().count(), 1);
    assert_eq!(bench.session().selection().len(), 1);
    assert!(bench.has("Hide boxes of cat; Shift-click to show only these"));
}

#[test]
fn the_class_of_a_new_box_is_asked_for_if_the_person_wants_it() {
    let mut bench = open(&[], &["cat", "dog"]);
    bench.draw(BBox::from_xywh(30.0, 30.0, 100.0, 100.0));
    assert!(!bench.has("Type a class"));
    bench.keys(CTRL, Key::Comma);
    bench.click("Ask for the class of each new box");
    bench.key(Key::Escape);
    bench.draw(BBox::from_xywh(200.0, 30.0, 100.0, 100.0));
    assert!(bench.has("Type a class"));
    type_text(&mut bench, "dog");
    bench.key(Key::Enter);
    assert_eq!(boxes(&bench)[1], of("dog", BoxState::Drawn));
    // Escape leaves the class that the box has. With a sticky class there is nothing to ask.
    bench.draw(BBox::from_xywh(320.0, 30.0, 100.0, 100.0));
    bench.key(Key::Escape);
    assert_eq!(boxes(&bench)[2], of("dog", BoxState::Drawn));
    bench.keys(Modifiers::SHIFT, Key::C);
    bench.draw(BBox::from_xywh(320.0, 180.0, 100.0, 100.0));
    assert!(!bench.has("Type a class"));
}

#[test]
fn renaming_to_a_name_that_exists_offers_to_merge_in_place() {
    let mut bench = open(&["badger"], &["cat", "kitten"]);
    bench.type_char('2');
    bench.draw(BBox::from_xywh(300.0, 10.0, 60.0, 40.0));
    let rename = |bench: &mut Bench, name: &str| {
        bench.click("More actions for kitten");
        bench.click("Rename");
        bench.keys(CTRL, Key::A);
        type_text(bench, name);
        bench.key(Key::Enter);
    };
    let drawn = bench.boxes().len();
    rename(&mut bench, "cat");
    assert!(bench.says("Merge the"), "it asks, with the count");
    bench.click("Cancel");
    assert_eq!(class_names(&bench), ["cat", "kitten"]);
    rename(&mut bench, "cat");
    bench.click("Merge");
    assert_eq!(class_names(&bench), ["cat"]);
    assert_eq!(bench.boxes().len(), drawn);
    assert!(boxes(&bench).contains(&of("cat", BoxState::Drawn)));
    // It holds for what is proposed later.
    let document = bench.session().document();
    assert_eq!(document.naming().name_of("kitten"), "cat");
    bench.keys(CTRL, Key::Z);
    assert_eq!(class_names(&bench), ["cat", "kitten"]);
}

#[test]
fn several_classes_are_deleted_together_and_undone_together() {
    let mut bench = open(&[], &["cat", "dog", "cow", "pig"]);
    bench.draw(BBox::from_xywh(30.0, 30.0, 100.0, 100.0));
    bench.act(Action::Select(Vec::new()));
    bench.type_char('3');
    bench.draw(BBox::from_xywh(200.0, 30.0, 100.0, 100.0));
    bench.act(Action::Select(Vec::new()));
    click_with(&mut bench, CTRL, "cat");
    click_with(&mut bench, Modifiers::SHIFT, "cow");
    assert!(bench.says("3 selected"));
    bench.click("Delete…");
    assert!(bench.says("Delete 3 classes?"));
    assert!(bench.says("2 boxes and tags on 1 picture"));
    bench.click("Delete");
    assert_eq!(class_names(&bench), ["pig"]);
    assert!(bench.boxes().is_empty());
    bench.keys(CTRL, Key::Z);
    assert_eq!(class_names(&bench), ["cat", "dog", "cow", "pig"]);
    assert_eq!(bench.boxes().len(), 2);
}

fn click_with(bench: &mut Bench, modifiers: Modifiers, name: &str) {
    bench.harness.get_by_label(name).click_modifiers(modifiers);
    bench.frames(3);
}

#[test]
fn the_list_of_classes_is_found_added_to_and_used_by_keyboard() {
    let mut bench = open(&["badger"], &["cat", "dog", "cow"]);
    select(&mut bench, &[0]);
    for _ in 0..3 {
        bench.key(Key::F6);
    }
    // Arrows move, Enter gives the class to the selected box and goes back to the canvas.
    bench.key(Key::ArrowDown);
    bench.key(Key::Enter);
    assert_eq!(boxes(&bench), [of("dog", BoxState::Edited)]);
    bench.key(Key::D);
    assert_eq!(bench.shown(), "coffee.jpg", "the canvas has the focus");
    // Delete asks for the class at the cursor, and not for the boxes.
    bench.key(Key::A);
    select(&mut bench, &[0]);
    for _ in 0..3 {
        bench.key(Key::F6);
    }
    bench.key(Key::Delete);
    assert!(bench.says("Delete the class dog?"));
    bench.key(Key::Escape);
    assert_eq!(bench.boxes().len(), 1);
    // The field narrows the list down, and Enter chooses what exists.
    bench.click("New class");
    type_text(&mut bench, "co");
    assert!(!bench.has("Shortcut of cat: click, then press a key"));
    type_text(&mut bench, "w");
    bench.key(Key::Enter);
    assert!(bench.has("New boxes: cow"));
    assert_eq!(class_names(&bench).len(), 3);
}

#[test]
fn two_thousand_classes_cost_no_more_rows_than_thirty() {
    let rows = |bench: &Bench| {
        let all = bench
            .harness
            .query_all_by_label_contains("Shortcut of kind");
        all.count()
    };
    let drawn = |count: usize| {
        let mut names = String::new();
        for number in 0..count {
            writeln!(names, "kind {number:04}").unwrap();
        }
        let mut bench = Bench::open(&["cat/chelsea.jpg"]);
        let names = names.lines().map(str::to_owned).collect();
        bench.act(Action::Class(ClassAction::Label(Labels::Listed, names)));
        bench.frames(3);
        let at_top = rows(&bench);
        // The class that is chosen comes into view.
        let last = bench.session().document().categories().last().unwrap().id;
        bench.act(Action::ChooseClass(last));
        bench.frames(3);
        assert!(bench.says(&format!("Shortcut of kind {:04}", count - 1)));
        // So it is in the picker.
        bench.keys(CTRL, Key::E);
        bench.key(Key::ArrowUp);
        let in_picker = bench.harness.query_all_by_label_contains("kind ").count();
        assert!(in_picker < 100, "{in_picker}");
        bench.key(Key::Escape);
        // And in the dialog of tags, and in the filter of the list.
        bench.keys(CTRL, Key::T);
        bench.key(Key::ArrowUp);
        let in_tags = bench.harness.query_all_by_label_contains("kind ").count();
        assert!(in_tags < 150, "{in_tags}");
        bench.key(Key::Escape);
        bench.click("Class");
        let in_filter = bench.harness.query_all_by_label_contains("kind ").count();
        assert!(in_filter < 150, "{in_filter}");
        bench.key(Key::Escape);
        at_top.max(rows(&bench))
    };
    let (few, many) = (drawn(30), drawn(2000));
    assert!(many <= few, "{many} rows against {few}");
    assert!(few < 30);
}

#[test]
fn looks_dark() {
    looks(Theme::Dark, "dark");
}

#[test]
fn looks_light() {
    looks(Theme::Light, "light");
}

/// The line above the canvas, and the picker over suggestions and a class.
fn looks(theme: Theme, name: &str) {
    let mut bench = Bench::on(suggested(&["badger", "cat"], &[]), theme, false);
    bench.wait("the model", |workspace| workspace.model_info().is_some());
    bench.hush();
    bench.harness.snapshot(format!("labels_line_{name}"));
    let names = ["cat", "dog", "fire hydrant"].map(str::to_owned).to_vec();
    bench.act(Action::Class(ClassAction::Label(Labels::Any, names)));
    select(&mut bench, &[0]);
    bench.key(Key::C);
    bench.hush();
    bench.harness.snapshot(format!("class_picker_{name}"));
}
