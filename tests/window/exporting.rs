//! Exporting: what a person chooses, what the dialog says of it beforehand, and what is then written.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use egui::{Event, Key, Modifiers};
use tsukami::app::action::Action;
use tsukami::app::preferences::Theme;
use tsukami::app::session::SelectionChange;
use tsukami::document::PictureId;
use tsukami::document::ops::{self, Candidate};
use tsukami::formats::coco::Instances;
use tsukami::geometry::BBox;

use crate::bench::{Bench, model, project_with};

const CTRL_SHIFT: Modifiers = Modifiers::COMMAND.plus(Modifiers::SHIFT);
const PICTURES: [&str; 4] = [
    "cat/chelsea.jpg",
    "cup/coffee.jpg",
    "person/astronaut.jpg",
    "rocket/rocket.jpg",
];
/// The classes of the boxes on each picture, by name; the last picture is not done.
const BOXES: [(&str, &[usize]); 4] = [
    ("astronaut.jpg", &[0, 1]),
    ("chelsea.jpg", &[0, 0]),
    ("coffee.jpg", &[1]),
    ("rocket.jpg", &[0, 1, 1]),
];
const DONE: usize = 3;

/// A window on four pictures, three of them done, with boxes of these classes.
fn bench(classes: &[&str]) -> Bench {
    let folder = Bench::folder_of(&PICTURES);
    let mut project = project_with(&folder, classes);
    let model = model();
    let ids: Vec<PictureId> = BOXES
        .iter()
        .map(|(name, _)| project.document().picture_at(name).unwrap().id)
        .collect();
    project
        .commit_with("propose", None, |document| {
            let classes: Vec<_> = document.categories().map(|row| row.id).collect();
            let found = ids.iter().zip(BOXES).map(|(id, (_, boxes))| {
                let candidates = boxes.iter().enumerate().map(|(at, class)| {
                    let rect = BBox::from_xywh(10.0 + 60.0 * at as f32, 20.0, 50.0, 40.0);
                    Candidate::of_class(rect, classes[*class], 0.9)
                });
                (*id, candidates.collect())
            });
            let found: Vec<(PictureId, Vec<Candidate>)> = found.collect();
            Ok(ops::replace_proposals(document, &model, &found))
        })
        .unwrap();
    for id in &ids[..DONE] {
        let accept = |document: &tsukami::document::Document| {
            let rows = document.annotations(*id).iter();
            let rows: Vec<_> = rows.map(|row| row.id).collect();
            ops::accept_and_finish(document, *id, &rows)
        };
        project.commit_with("done", None, accept).unwrap();
    }
    project.close().unwrap();
    let mut bench = Bench::on(folder, Theme::Dark, false);
    bench.fold_panels();
    bench
}

/// Opens the dialog and waits for the preview.
fn open(bench: &mut Bench, expected: &str) {
    bench.keys(CTRL_SHIFT, Key::E);
    bench.wait_for_words(expected);
}

fn out(bench: &Bench, name: &str) -> PathBuf {
    bench.folder.path().join(name)
}

fn export(bench: &mut Bench, button: &str, out: &Path) {
    bench.click_last(button);
    bench.wait_window("the export", |_| out.exists());
    bench.wait("its end", |workspace| workspace.exchange.is_none());
    assert!(!bench.has("What is written"), "the dialog is closed");
}

fn read(out: &Path) -> (BTreeSet<String>, BTreeSet<String>, usize) {
    let written = Instances::read(out).unwrap();
    written.validate().unwrap();
    let pictures = written.images.into_iter().map(|row| row.file_name);
    let classes = written.categories.into_iter().map(|row| row.name);
    (
        pictures.collect(),
        classes.collect(),
        written.annotations.len(),
    )
}

fn set<const N: usize>(names: [&str; N]) -> BTreeSet<String> {
    names.map(str::to_owned).into()
}

#[test]
fn a_class_that_is_not_ticked_is_not_in_the_file_and_the_window_says_so() {
    let mut bench = bench(&["cat", "cup"]);
    let out = out(&bench, "pictures-coco.json");
    open(&mut bench, "3 pictures, 5 boxes");
    assert!(bench.says("2 of 2"));
    assert!(bench.says("1 picture that is not done"));
    bench.click_last("cup");
    bench.wait_for_words("3 pictures, 3 boxes");
    assert!(bench.says("1 of 2"));
    let left_out = "2 boxes of classes that are not ticked; 1 picture has no other box";
    assert!(bench.says(left_out));
    export(&mut bench, "Export", &out);
    bench.wait_for_words("2 boxes of other classes were left out");
    let pictures = set(["astronaut.jpg", "chelsea.jpg", "coffee.jpg"]);
    assert_eq!(read(&out), (pictures, set(["cat"]), 3));
}

#[test]
fn many_classes_are_searched_and_ticked_at_once() {
    let names: Vec<String> = (0..14).map(|number| format!("thing {number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut bench = bench(&names);
    open(&mut bench, "3 pictures, 5 boxes");
    bench.click_last("None");
    bench.wait_for_words("3 pictures, no box");
    assert!(bench.says("0 of 14"));
    bench.click_last("Search classes");
    bench.at_once(vec![Event::Text("THING 1".to_owned())]);
    // 1 and 10 to 13.
    bench.click_last("All");
    bench.wait_for_words("3 pictures, 2 boxes");
    assert!(bench.says("5 of 14"));
}

#[test]
fn the_listed_pictures_and_the_selected_ones_are_exported_alone() {
    let mut bench = bench(&["cat", "cup"]);
    let out = out(&bench, "pictures-coco.json");
    bench.click("Search names");
    bench.at_once(vec![Event::Text("c".to_owned())]);
    assert_eq!(bench.session().rows().len(), 3);
    open(&mut bench, "3 pictures, 5 boxes");
    bench.click_last("Those in the list: 3");
    bench.click_last("Only those that are done");
    bench.wait_for_words("3 proposals that nobody has judged");
    assert!(bench.says("1 picture that is not in the list"));
    assert!(bench.says("3 pictures, 3 boxes"));
    export(&mut bench, "Export", &out);
    bench.wait_for_words("1 picture that was not chosen was left out");
    let (pictures, _, boxes) = read(&out);
    assert_eq!(pictures, set(["chelsea.jpg", "coffee.jpg", "rocket.jpg"]));
    assert_eq!(boxes, 3);

    bench.click("Show all");
    bench.key(Key::Home);
    bench.act(Action::SelectPictures(SelectionChange::RangeBy(1)));
    open(&mut bench, "3 pictures, 5 boxes");
    bench.click_last("The 2 that are selected");
    bench.wait_for_words("2 pictures that are not selected");
    export(&mut bench, "Replace", &out);
    bench.wait_for_words("2 pictures that were not chosen were left out");
    assert_eq!(read(&out).0, set(["astronaut.jpg", "chelsea.jpg"]));
}

/// What the dialog says of the files is what is then in the folder.
#[test]
fn the_preview_agrees_with_what_is_then_written() {
    let mut bench = bench(&["cat", "cup"]);
    let out = out(&bench, "pictures-yolo");
    open(&mut bench, "3 pictures, 5 boxes");
    bench.click_last("Format");
    bench.click_last("YOLO, Ultralytics (TXT)");
    bench.click_last("With copies of the pictures");
    bench.wait_for_words("images/train/astronaut.jpg … coffee.jpg");
    assert!(bench.says("labels/train/astronaut.txt … coffee.txt"));
    assert!(bench.says("data.yaml"));
    assert!(!out.exists(), "a preview writes nothing");
    export(&mut bench, "Export", &out);
    let names = |folder: &str| {
        let entries = fs::read_dir(out.join(folder)).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.collect::<BTreeSet<_>>()
    };
    let own = [".tsukami-export", "data.yaml", "images", "labels"];
    assert_eq!(names(""), set(own));
    let labels = set(["astronaut.txt", "chelsea.txt", "coffee.txt"]);
    assert_eq!(names("labels/train"), labels);
    let copies = set(["astronaut.jpg", "chelsea.jpg", "coffee.jpg"]);
    assert_eq!(names("images/train"), copies);

    // A smaller one into the same folder.
    open(&mut bench, "3 pictures, 5 boxes");
    bench.click_last("Format");
    bench.click_last("YOLO, Ultralytics (TXT)");
    bench.wait_for_words("3 files of an earlier export are removed");
    assert!(bench.says("5 files exist and are replaced"));
    export(&mut bench, "Replace", &out);
    assert_eq!(names(""), set([".tsukami-export", "data.yaml", "labels"]));

    // Another format would mix with it.
    open(&mut bench, "3 pictures, 5 boxes");
    bench.click_last("Format");
    bench.click_last("Pascal VOC 1.1 (XML)");
    bench.harness.run_steps(2);
    let path = out.to_str().unwrap().to_owned();
    set_path(&mut bench, "To a new folder", path);
    bench.wait_for_words("this folder holds an export in the format yolo");
    bench.key(Key::Enter);
    bench.frames(10);
    assert!(bench.has("What is written"), "it is refused beforehand");
    bench.key(Key::Escape);
    bench.key(Key::Escape);
    assert!(!bench.has("What is written"));
    assert_eq!(names("labels/train"), labels);
}

fn set_path(bench: &mut Bench, label: &str, path: String) {
    use egui_kittest::kittest::Queryable as _;
    let field = bench.harness.get_all_by_label(label).last().unwrap();
    field.focus();
    bench.frames(2);
    bench.keys(Modifiers::COMMAND, Key::A);
    bench.at_once(vec![Event::Text(path)]);
}

#[test]
fn a_file_that_appears_after_the_preview_is_not_replaced_unasked() {
    let mut bench = bench(&["cat", "cup"]);
    let out = out(&bench, "pictures-coco.json");
    open(&mut bench, "3 pictures, 5 boxes");
    fs::write(&out, "mine").unwrap();
    // Enter does what the button is for.
    bench.key(Key::Enter);
    bench.wait_for_words("1 file exists and is replaced");
    assert_eq!(fs::read_to_string(&out).unwrap(), "mine");
    bench.click_last("Replace");
    bench.wait("the export", |workspace| workspace.exchange.is_none());
    bench.wait_window("the file", |_| Instances::read(&out).is_ok());
    assert_eq!(read(&out).2, 5);
}

#[test]
fn what_a_format_cannot_hold_is_said_before() {
    let mut bench = bench(&["cat", "cup"]);
    bench.key(Key::Home);
    bench.act(Action::SelectPictures(SelectionChange::All));
    bench.act(Action::TagByName("cat".to_owned()));
    let first = bench.boxes()[0].id;
    bench.act(Action::Select(vec![first]));
    bench.act(Action::Command(tsukami::app::command::Command::Occluded));
    bench.wait_until_saved();
    open(&mut bench, "3 pictures, 5 boxes");
    assert!(!bench.says("cannot hold"));
    bench.click_last("Format");
    bench.click_last("YOLO, Ultralytics (TXT)");
    bench.wait_for_words("What YOLO, Ultralytics (TXT) cannot hold");
    assert!(bench.says("That 1 box is marked as occluded"));
    assert!(bench.says("The tags of 3 pictures"));
}

#[test]
fn a_project_without_a_finished_picture_says_what_to_do() {
    let mut bench = Bench::open(&PICTURES[..2]);
    open(&mut bench, "No picture is done yet.");
    let out = out(&bench, "pictures-coco.json");
    bench.key(Key::Enter);
    bench.frames(10);
    assert!(!out.exists() && bench.has("What is written"));
    bench.click_last("Only those that are done");
    bench.wait_for_words("2 pictures, no box");
    bench.key(Key::Enter);
    bench.wait_window("the export", |_| out.exists());
}

#[test]
fn a_folder_without_pictures_has_nothing_to_export() {
    let folder = Bench::folder_of(&[]);
    let path = folder.path().join("pictures");
    let mut bench = Bench::start(folder, Some(path), Theme::Dark);
    bench.wait("the project", |workspace| !workspace.is_scanning);
    open(&mut bench, "There is nothing to export.");
    bench.key(Key::Enter);
    bench.frames(10);
    assert!(bench.has("What is written"));
    let entries = fs::read_dir(bench.pictures()).unwrap();
    assert_eq!(entries.count(), 0, "no file is made by looking");
}
