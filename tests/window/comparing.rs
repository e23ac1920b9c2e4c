//! Two sets of boxes side by side: what differs, taking it over, and that nothing else changes.

use std::fs;
use std::path::{Path, PathBuf};

use egui::{Event, Key, Modifiers, PointerButton, Pos2, vec2};
use tsukami::app::action::Action;
use tsukami::app::preferences::Theme;
use tsukami::app::session::Difference;
use tsukami::app::workspace::Workspace;
use tsukami::document::{BoxState, Document, Origin, ops};
use tsukami::geometry::BBox;
use tsukami::store::Project;

use crate::bench::{Bench, project_with};

/// The boxes that the project has on the first picture, which is 451 x 300 pixels: x, y, width, height.
const MINE: [Labelled<'_>; 3] = [
    ("cat", [20.0, 20.0, 100.0, 80.0]),
    ("cat", [160.0, 20.0, 80.0, 80.0]),
    ("cup", [300.0, 180.0, 100.0, 90.0]),
];
/// The boxes of the file on it: the first is nearly the same, the second has another class, one is
/// elsewhere.
const THEIRS: [Labelled<'_>; 3] = [
    ("cat", [24.0, 22.0, 100.0, 80.0]),
    ("dog", [160.0, 22.0, 80.0, 80.0]),
    ("cup", [40.0, 180.0, 90.0, 70.0]),
];

fn draw(project: &mut Project, path: &str, boxes: &[Labelled<'_>]) {
    for (class, [x, y, width, height]) in boxes {
        let rect = BBox::from_xywh(*x, *y, *width, *height);
        let draw = |document: &Document| {
            let picture = document.picture_at(path).unwrap().id;
            let class = document.category_named(class).unwrap().id;
            ops::draw(document, picture, rect, class)
        };
        project.commit_with("draw", None, draw).unwrap();
    }
}

/// A box: its class, and x, y, width and height.
pub type Labelled<'a> = (&'a str, [f32; 4]);

/// A picture of a label file: its name, its width and height, and its boxes.
pub type LabelledPicture<'a> = (&'a str, [u32; 2], &'a [Labelled<'a>]);

/// Writes COCO with boxes of these classes.
pub fn write_coco(path: &Path, classes: &[&str], pictures: &[LabelledPicture<'_>]) {
    let categories = (1..).zip(classes);
    let categories: Vec<String> = categories
        .map(|(id, name)| format!(r#"{{"id": {id}, "name": "{name}"}}"#))
        .collect();
    let (mut images, mut boxes) = (Vec::new(), Vec::new());
    for (id, (name, [width, height], rows)) in (1..).zip(pictures) {
        images.push(format!(
            r#"{{"id": {id}, "file_name": "{name}", "width": {width}, "height": {height}}}"#
        ));
        for (class, rect) in *rows {
            let class = 1 + classes.iter().position(|one| one == class).unwrap();
            let number = boxes.len() + 1;
            boxes.push(format!(
                r#"{{"id": {number}, "image_id": {id}, "category_id": {class}, "bbox": {rect:?}}}"#
            ));
        }
    }
    let text = format!(
        r#"{{"images": [{}], "categories": [{}], "annotations": [{}]}}"#,
        images.join(","),
        categories.join(","),
        boxes.join(",")
    );
    fs::write(path, text).unwrap();
}

/// Writes such a file next to the pictures' folder.
fn coco(bench: &Bench, pictures: &[LabelledPicture<'_>]) -> PathBuf {
    let path = bench.folder.path().join("boxes.json");
    write_coco(&path, &["cat", "cup", "dog"], pictures);
    path
}

/// A window on three pictures, of which the first and the second have boxes.
fn window() -> Bench {
    let folder = Bench::folder_of(&["cat/chelsea.jpg", "cup/coffee.jpg", "rocket/rocket.jpg"]);
    let mut project = project_with(&folder, &["cat", "cup"]);
    draw(&mut project, "chelsea.jpg", &MINE);
    draw(
        &mut project,
        "coffee.jpg",
        &[("cup", [100.0, 60.0, 300.0, 250.0])],
    );
    project.close().unwrap();
    let mut bench = Bench::on(folder, Theme::Dark, false);
    bench.key(Key::Home);
    assert_eq!(bench.shown(), "chelsea.jpg");
    bench
}

const SECOND: LabelledPicture<'_> = (
    "coffee.jpg",
    [600, 400],
    &[("cup", [104.0, 60.0, 300.0, 250.0])],
);

/// Compares by the dialog, as a person does.
fn compare(bench: &mut Bench, path: &str) {
    bench.key(Key::V);
    bench.at_once(vec![Event::Text(path.to_owned())]);
    bench.wait_for_words("the format is detected");
    bench.key(Key::Enter);
}

fn compared() -> Bench {
    let mut bench = window();
    let path = coco(&bench, &[("chelsea.jpg", [451, 300], &THEIRS), SECOND]);
    compare(&mut bench, path.to_str().unwrap());
    bench.wait_for_words("only in boxes.json");
    bench
}

fn differences(workspace: &Workspace) -> Vec<Difference> {
    let comparing = workspace.comparing.as_ref().unwrap();
    comparing
        .shown(&workspace.session)
        .unwrap()
        .found
        .differences
}

/// A point of the picture on the right side.
fn on_the_right(bench: &Bench, x: f32, y: f32) -> Pos2 {
    let left = bench.workspace().view.canvas.rect().unwrap();
    bench.at(x, y) + vec2(left.width() + 4.0, 0.0)
}

#[test]
fn what_differs_is_counted_and_nothing_is_written() {
    let mut bench = window();
    let before = bench.session().document().clone();
    let path = coco(&bench, &[("chelsea.jpg", [451, 300], &THEIRS), SECOND]);
    compare(&mut bench, path.to_str().unwrap());
    bench.wait_for_words(
        "1 of 4 boxes agree (IoU 0.5); 1 only in yours, 1 only in boxes.json, 1 of another class",
    );
    assert!(bench.has("Yours · 3 boxes") && bench.has("boxes.json · 3 boxes"));
    assert!(bench.has("Compared box: cat, yours has it too"));
    assert!(bench.has("Compared box: dog, yours has another class"));
    assert!(bench.has("Compared box: cup, only there"));
    assert_eq!(*bench.session().document(), before);
    // The next picture of the list agrees, and the one after it is not in the file.
    bench.key(Key::D);
    bench.wait_for_words("1 of 1 box agrees (IoU 0.5)");
    bench.key(Key::D);
    assert!(bench.says("boxes.json says nothing about this picture"));
    bench.key(Key::F4);
    assert_eq!(bench.shown(), "chelsea.jpg");
    bench.key(Key::F4);
    assert!(bench.says("Something differs on this picture alone"));
    assert_eq!(*bench.session().document(), before);
    let undo = bench.session().undo_redo_labels()[0].map(str::to_owned);
    assert_ne!(undo.as_deref(), Some("take over a box"));
}

#[test]
fn keys_go_through_the_differences_and_take_them_over_with_one_undo_each() {
    let mut bench = compared();
    let before = bench.session().document().clone();
    let all = differences(bench.workspace());
    assert_eq!(all.len(), 3, "{all:?}");
    assert!(
        matches!(all[0], Difference::OtherClass(..)),
        "as it is read: {all:?}"
    );
    assert!(bench.says("1 of 3: yours is cat, theirs dog"));
    bench.key(Key::F3);
    assert_eq!(bench.session().selection(), [all[0].mine().unwrap()]);
    // Its class is taken over. It is new in the project.
    bench.key(Key::Y);
    let (_, row) = bench
        .session()
        .document()
        .annotation(all[0].mine().unwrap())
        .unwrap();
    assert_eq!(bench.session().document().class_name(row), "dog");
    assert!(bench.says("2 of 4 boxes agree"));
    bench.keys(Modifiers::COMMAND, Key::Z);
    assert_eq!(
        *bench.session().document(),
        before,
        "the class is gone, too"
    );
    assert!(bench.says("1 of 4 boxes agree"));
    bench.key(Key::Y);
    // What follows is the next difference, a box that only the file has.
    assert!(bench.says("1 of 2: cup, only in boxes.json"));
    let former = bench.session().document().clone();
    bench.key(Key::Y);
    let new = bench.boxes().last().unwrap().clone();
    assert_eq!((new.state, &new.origin), (BoxState::Drawn, &Origin::Person));
    assert_eq!((new.rect.x0, new.rect.y0), (40.0, 180.0));
    assert_eq!(bench.session().selection(), [new.id]);
    assert!(bench.says("3 of 4 boxes agree (IoU 0.5); 1 only in yours"));
    // Only the project has what is left.
    bench.key(Key::Y);
    assert!(bench.says("there is nothing to take over"));
    assert_eq!(bench.boxes().len(), 4);
    bench.keys(Modifiers::COMMAND, Key::Z);
    assert_eq!(*bench.session().document(), former);
    // From the other end.
    bench.keys(Modifiers::SHIFT, Key::F3);
    bench.key(Key::F3);
    assert!(bench.says("1 of 2: cup, only in boxes.json"));
}

#[test]
fn a_click_on_the_right_takes_a_box_over_or_selects_the_own_one() {
    let mut bench = compared();
    // What both have: the project's own is selected.
    let at = on_the_right(&bench, 60.0, 60.0);
    bench.click_at(at);
    assert_eq!(bench.session().selection(), [bench.boxes()[0].id]);
    assert_eq!(bench.boxes().len(), 3);
    let at = on_the_right(&bench, 80.0, 210.0);
    bench.click_at(at);
    assert_eq!(bench.boxes().len(), 4);
    assert!(bench.says("2 of 4 boxes agree"));
    // The keys are for the canvas.
    bench.key(Key::Delete);
    assert_eq!(bench.boxes().len(), 3);
}

#[test]
fn both_sides_move_together_and_own_boxes_can_be_changed_on_the_left() {
    let mut bench = compared();
    let former = bench.at(200.0, 150.0);
    let from = on_the_right(&bench, 220.0, 140.0);
    bench.drag_with(PointerButton::Primary, from, from + vec2(30.0, 20.0));
    assert!((bench.at(200.0, 150.0) - former - vec2(30.0, 20.0)).length() < 8.0);
    assert_eq!(bench.boxes().len(), 3, "a drag on the right draws nothing");
    // Drawing the box that only the file has makes it agree.
    let (from, to) = (bench.at(40.0, 180.0), bench.at(130.0, 250.0));
    bench.drag(from, to);
    assert_eq!(bench.boxes().len(), 4);
    let new = bench.boxes().last().unwrap().id;
    let of_new = |one: &Difference| one.mine() == Some(new);
    let of_theirs = |one: &Difference| matches!(one, Difference::OnlyOther(_));
    let all = differences(bench.workspace());
    // It has the class of the last box, so it is there, with its class or another.
    assert!(!all.iter().any(of_theirs), "{all:?}");
    assert!(
        all.iter()
            .filter(|one| of_new(one))
            .all(|one| matches!(one, Difference::OtherClass(..)))
    );
}

#[test]
fn escape_and_the_command_end_it() {
    let mut bench = compared();
    let shared = bench.workspace().view.canvas.rect().unwrap().width();
    // A tool is put away first.
    bench.key(Key::W);
    bench.key(Key::Escape);
    assert!(bench.workspace().comparing.is_some());
    bench.key(Key::Escape);
    assert!(bench.workspace().comparing.is_none());
    assert!(!bench.says("boxes agree") && !bench.says("Compared box"));
    let alone = bench.workspace().view.canvas.rect().unwrap().width();
    assert!(alone > 1.9 * shared, "{alone} {shared}");
    let path = bench.folder.path().join("boxes.json");
    bench.act(Action::CompareWithFile(path));
    bench.wait_for_words("only in boxes.json");
    bench.key(Key::V);
    assert!(bench.workspace().comparing.is_none());
    // Without it, its keys do nothing.
    bench.key(Key::Y);
    assert_eq!(bench.boxes().len(), 3);
}

#[test]
fn another_project_and_a_closed_one_know_nothing_of_it() {
    let mut bench = compared();
    let other = bench.folder.path().join("other");
    fs::create_dir(&other).unwrap();
    fs::copy(
        crate::bench::sample("cat/chelsea.jpg"),
        other.join("chelsea.jpg"),
    )
    .unwrap();
    bench.act(Action::Open(other.clone()));
    bench.wait("the other project", |workspace| {
        workspace.session.project().root() == other
    });
    assert!(bench.workspace().comparing.is_none());
    assert!(!bench.says("boxes agree"));
}

#[test]
fn a_file_that_cannot_be_read_is_one_sentence_with_a_remedy() {
    let mut bench = window();
    let path = bench.folder.path().join("broken.json");
    let whole = coco(&bench, &[("chelsea.jpg", [451, 300], &THEIRS)]);
    let text = fs::read_to_string(whole).unwrap();
    fs::write(&path, &text[..text.len() - 40]).unwrap();
    compare(&mut bench, path.to_str().unwrap());
    bench.wait_window("the problem", |window| window.notifications().unread() > 0);
    assert!(bench.workspace().comparing.is_none());
    let problems: Vec<String> = bench
        .harness
        .state()
        .notifications()
        .all_problems()
        .cloned()
        .collect();
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].contains("broken.json"), "{problems:?}");
    assert!(problems[0].contains("Write the file again"), "{problems:?}");
    // A file about other pictures.
    let path = coco(&bench, &[("nobody.jpg", [451, 300], &THEIRS)]);
    bench.act(Action::CompareWithFile(path));
    bench.wait_for_words("names no picture of this project");
    assert!(bench.workspace().comparing.is_none());
}
