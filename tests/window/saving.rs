//! Saving beside the frames: a locked file, changes of other processes, closing, and what cannot be saved.

use std::time::{Duration, Instant};

use egui::{Key, Modifiers};
use rusqlite::Connection;
use tsukami::app::action::Action;
use tsukami::app::command::Command;
use tsukami::app::preferences::Theme;
use tsukami::document::{Document, ops};
use tsukami::geometry::BBox;
use tsukami::store::{Access, Project, find_project};

use crate::bench::Bench;

const LEFT: BBox = BBox {
    x0: 30.0,
    y0: 30.0,
    x1: 130.0,
    y1: 130.0,
};
const RIGHT: BBox = BBox {
    x0: 200.0,
    y0: 30.0,
    x1: 300.0,
    y1: 130.0,
};

/// The project file as another process sees it.
fn raw(bench: &Bench) -> Connection {
    Connection::open(find_project(&bench.pictures()).unwrap()).unwrap()
}

/// The number of boxes in the file.
fn boxes_in_file(bench: &Bench) -> usize {
    let file = find_project(&bench.pictures()).unwrap();
    let (project, _) = Project::open(&file, Access::View).unwrap();
    project.document().annotation_count()
}

#[track_caller]
#[test]
fn a_file_that_is_locked_is_not_waited_for() {
    let mut bench = Bench::open(&["cat/chelsea.jpg"]);
    bench.wait_until_saved();
    let other = raw(&bench);
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let begun = Instant::now();
    bench.draw(LEFT);
    bench.draw(RIGHT);
    assert_eq!(bench.boxes().len(), 2);
    bench.keys(Modifiers::COMMAND, Key::Z);
    assert_eq!(bench.boxes().len(), 1);
    bench.keys(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z);
    bench.frames(50);
    // A single commit would have waited for five seconds, and then failed.
    assert!(
        begun.elapsed() < Duration::from_secs(20),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(boxes_in_file(&bench), 0);
    std::thread::sleep(Duration::from_millis(400));
    bench.frames(1);
    assert!(bench.says("Saving…"));
    drop(other);
    bench.wait_until_saved();
    assert!(!bench.says("Saving…"));
    assert_eq!(bench.boxes().len(), 2);
    assert_eq!(boxes_in_file(&bench), 2);
    let window = bench.harness.state();
    let problems: Vec<_> = window.notifications().all_problems().collect();
    assert!(problems.is_empty(), "{problems:?}");
}

#[test]
fn a_box_that_is_drawn_while_another_process_adds_some_stays_selected() {
    let mut bench = Bench::open(&["cat/chelsea.jpg", "cup/coffee.jpg"]);
    bench.draw(LEFT);
    bench.wait_until_saved();
    let file = find_project(&bench.pictures()).unwrap();
    let (mut project, _) = Project::open(&file, Access::Add).unwrap();
    let other = raw(&bench);
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    bench.draw(RIGHT);
    let drawn = bench.session().selection().to_vec();
    assert_eq!(drawn.len(), 1);
    // They have the same id: neither knows of the other.
    let adding = std::thread::spawn(move || {
        let draw = |document: &Document| {
            let picture = document.picture_at("coffee.jpg").unwrap().id;
            let class = document.categories().next().unwrap().id;
            ops::draw(document, picture, LEFT, class)
        };
        project.commit_with("draw", None, draw).unwrap();
        project.close().unwrap();
    });
    std::thread::sleep(Duration::from_millis(50));
    drop(other);
    adding.join().unwrap();
    bench.wait_until_saved();
    bench.wait("their box", |workspace| {
        workspace.session.document().annotation_count() == 3
    });
    let session = bench.session();
    assert_eq!(session.boxes().len(), 2);
    let [selected] = session.selection() else {
        panic!("{:?}", session.selection());
    };
    let (_, row) = session.document().annotation(*selected).unwrap();
    assert!((row.rect.x0 - RIGHT.x0).abs() < 3.0, "{:?}", row.rect);
    bench.key(Key::Delete);
    assert_eq!(bench.boxes().len(), 1);
    bench.wait_until_saved();
    assert_eq!(boxes_in_file(&bench), 2);
}

#[test]
fn closing_waits_beside_the_frames_until_everything_is_saved() {
    let mut bench = Bench::open(&["cat/chelsea.jpg"]);
    bench.wait_until_saved();
    let other = raw(&bench);
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    bench.draw(LEFT);
    bench.perform(Action::Command(Command::CloseProject));
    bench.frames(5);
    assert!(bench.says("Saving…"));
    assert!(bench.harness.state().workspace().is_some());
    drop(other);
    bench.wait_window("the welcome screen", |window| window.workspace().is_none());
    let bench = bench.reopen();
    assert_eq!(bench.boxes().len(), 1);
}

#[test]
fn what_cannot_be_saved_pauses_and_says_so_and_goes_on() {
    let mut bench = Bench::open(&["cat/chelsea.jpg"]);
    bench.draw(LEFT);
    bench.wait_until_saved();
    // The file takes no box as far to the right until the index is gone, whose number is too large for it.
    let other = raw(&bench);
    let index = "CREATE INDEX in_the_way ON annotations
        (abs(iif(x0 > 150, -9223372036854775807 - 1, 0)))";
    other.execute_batch(index).unwrap();
    bench.draw(RIGHT);
    bench.wait("the failure", |workspace| workspace.session.is_paused());
    assert!(bench.says("not saved yet"));
    assert_eq!(bench.boxes().len(), 2, "what was drawn stays");
    bench.key(Key::Delete);
    assert_eq!(bench.boxes().len(), 2, "nothing more is changed");
    bench.perform(Action::Command(Command::CloseProject));
    bench.frames(3);
    assert!(bench.has("Close without saving the last changes"));
    bench.click("Keep the project open");
    other.execute_batch("DROP INDEX in_the_way").unwrap();
    bench.click("Try again");
    bench.wait_until_saved();
    bench.frames(2);
    assert!(!bench.says("not saved yet"));
    bench.draw(BBox::from_xywh(320.0, 150.0, 80.0, 80.0));
    assert_eq!(bench.boxes().len(), 3);
    bench.wait_until_saved();
    assert_eq!(boxes_in_file(&bench), 3);
}

#[test]
fn a_window_that_is_asked_to_close_saves_first() {
    let folder = Bench::folder_of(&["cat/chelsea.jpg"]);
    let mut bench = Bench::on(folder, Theme::Light, false);
    bench.wait_until_saved();
    let other = raw(&bench);
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    bench.draw(LEFT);
    bench
        .harness
        .input_mut()
        .viewports
        .entry(egui::ViewportId::ROOT)
        .or_default()
        .events
        .push(egui::ViewportEvent::Close);
    bench.frames(3);
    assert!(bench.says("Saving…"), "the window is still there");
    drop(other);
    bench.wait_window("the end", |window| window.workspace().is_none());
    let bench = bench.reopen();
    assert_eq!(bench.boxes().len(), 1);
}

#[test]
fn a_folder_without_pictures_gets_a_file_with_the_first_change() {
    let folder = Bench::folder_of(&[]);
    let pictures = folder.path().join("pictures");
    std::fs::write(pictures.join("0001.txt"), "0 0.5 0.5 0.2 0.2").unwrap();
    let mut bench = Bench::start(folder, Some(pictures.clone()), Theme::Dark);
    bench.wait("the folder", |workspace| !workspace.is_scanning);
    assert!(bench.says("contains no readable pictures"));
    let files = || {
        let files = std::fs::read_dir(&pictures).unwrap().flatten();
        let mut names: Vec<_> = files.map(|file| file.file_name()).collect();
        names.sort();
        names
    };
    assert_eq!(files(), ["0001.txt"]);
    // Pictures that come later are found.
    std::fs::copy(
        crate::bench::sample("cat/chelsea.jpg"),
        pictures.join("a.jpg"),
    )
    .unwrap();
    bench.key(Key::F5);
    bench.wait("the picture", |workspace| {
        !workspace.is_scanning && workspace.session.document().pictures().len() == 1
    });
    assert!(find_project(&pictures).is_some());

    let folder = Bench::folder_of(&[]);
    let pictures = folder.path().join("pictures");
    let mut bench = Bench::start(folder, Some(pictures.clone()), Theme::Dark);
    bench.wait("the folder", |workspace| !workspace.is_scanning);
    bench.perform(Action::Class(tsukami::app::action::ClassAction::Add(
        "cat".to_owned(),
    )));
    bench.wait_until_saved();
    let file = find_project(&pictures).unwrap();
    let (project, _) = Project::open(&file, Access::View).unwrap();
    assert!(project.document().category_named("cat").is_some());
}
