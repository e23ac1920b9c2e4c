//! Files and folders that are dropped on the window.

use std::fs;
use std::path::{Path, PathBuf};
use std::slice;
use std::sync::Arc;

use egui::{HoveredFile, Key};
use tempfile::TempDir;
use tsukami::app::preferences::Theme;
use tsukami::app::window::Window;
use tsukami::app::workers::crash::Worker;
use tsukami::document::BoxState;

use crate::bench::Bench;
use crate::looks::settle;
use crate::screens::{SIZES, project};

/// A file of the system.
#[derive(Debug)]
struct NativeFile(PathBuf);

impl egui::DroppedFile for NativeFile {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        fs::read(&self.0).map_err(|error| error.to_string())
    }
}

/// Holds files over the window until it says these words.
#[track_caller]
fn hover(bench: &mut Bench, paths: &[PathBuf], words: &str) {
    let files = paths.iter().map(|path| HoveredFile {
        path: Some(path.clone()),
        ..HoveredFile::default()
    });
    bench.harness.input_mut().hovered_files = files.collect();
    bench.wait_for_words(words);
}

/// Lets go of files over the window.
fn drop_files(bench: &mut Bench, paths: &[PathBuf]) {
    let input = bench.harness.input_mut();
    input.hovered_files.clear();
    for path in paths {
        input.dropped_files.push(Arc::new(NativeFile(path.clone())));
    }
    bench.frames(3);
}

/// Writes a file beside the pictures of a folder.
fn write(folder: &TempDir, name: &str, text: &str) -> PathBuf {
    let path = folder.path().join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, text).unwrap();
    path
}

/// A window on two sample pictures.
fn bench() -> Bench {
    Bench::open(&["cat/chelsea.jpg", "cup/coffee.jpg"])
}

/// The labels of both pictures, and their classes.
fn labels(bench: &Bench) -> [PathBuf; 3] {
    [
        write(&bench.folder, "labels/chelsea.txt", "0 0.5 0.5 0.2 0.4\n"),
        write(&bench.folder, "labels/coffee.txt", "1 0.5 0.5 0.2 0.4\n"),
        write(&bench.folder, "labels/classes.txt", "cat\ncup\n"),
    ]
}

#[test]
fn an_overlay_says_what_a_drop_would_do_and_goes_with_the_files() {
    let mut bench = bench();
    let notes = write(&bench.folder, "notes.txt", "Buy milk\n");
    let project = write(&bench.folder, "other/other.tsukami", "");
    let folder = bench.folder.path().join("user");
    for (paths, words) in [
        (vec![folder], "Open the folder user"),
        (vec![project], "Open the project other.tsukami"),
        (vec![bench.pictures().join("coffee.jpg")], "Show coffee.jpg"),
        (
            labels(&bench).to_vec(),
            "Import 3 label files into this project: YOLO",
        ),
        (
            vec![notes],
            "Cannot open notes.txt: not a picture, a label file or a project",
        ),
    ] {
        hover(&mut bench, &paths, words);
        bench.harness.input_mut().hovered_files.clear();
        bench.frames(2);
        assert!(!bench.says(words), "{words}");
    }
    assert_eq!(bench.shown(), "chelsea.jpg", "nothing was dropped");
}

#[test]
fn several_label_files_are_imported_by_the_dialog_in_one_step() {
    let mut bench = bench();
    let paths = labels(&bench);
    drop_files(&mut bench, &paths);
    bench.wait_for_words("3 files: chelsea.txt, coffee.txt, classes.txt");
    bench.key(Key::Enter);
    bench.wait("the import", |workspace| {
        let document = workspace.session.document();
        workspace.exchange.is_none() && document.annotation_count() == 2
    });
    let document = bench.session().document();
    let names: Vec<_> = document
        .categories()
        .map(|row| row.name.to_string())
        .collect();
    assert_eq!(names, ["cat", "cup"]);
    assert_eq!(bench.count(BoxState::Drawn), 1);
    bench.keys(egui::Modifiers::COMMAND, Key::Z);
    bench.wait_until_saved();
    assert_eq!(bench.session().document().annotation_count(), 0);
}

#[test]
fn a_label_file_fills_in_the_path_of_the_import() {
    let mut bench = bench();
    let [path, ..] = labels(&bench);
    drop_files(&mut bench, &[path]);
    bench.wait_window("the import dialog", Window::has_dialog);
    bench.key(Key::Enter);
    bench.wait("the import", |workspace| {
        workspace.session.document().annotation_count() == 1
    });
}

#[test]
fn without_a_project_labels_wait_for_pictures() {
    let folder = Bench::folder_of(&["cat/chelsea.jpg"]);
    let label = write(&folder, "labels/chelsea.txt", "0 0.5 0.5 0.2 0.4\n");
    let mut bench = Bench::start(folder, None, Theme::Dark);
    let words = "Cannot import chelsea.txt: open a folder of pictures first";
    hover(&mut bench, slice::from_ref(&label), words);
    drop_files(&mut bench, &[label]);
    bench.wait_for_words(words);
    assert!(bench.harness.state().workspace().is_none());
    assert_eq!(bench.harness.state().notifications().unread(), 1);
}

#[test]
fn dropped_pictures_open_their_folder_and_the_first_of_them_is_shown() {
    let folder = Bench::folder_of(&["cat/chelsea.jpg", "cup/coffee.jpg", "rocket/rocket.jpg"]);
    let mut bench = Bench::start(folder, None, Theme::Dark);
    let pictures = bench.pictures();
    let paths = ["rocket.jpg", "coffee.jpg"].map(|name| pictures.join(name));
    let words = "Open the folder pictures and show coffee.jpg, the first of these 2 pictures";
    hover(&mut bench, &paths, words);
    drop_files(&mut bench, &paths);
    bench.wait("the folder", |workspace| !workspace.is_scanning);
    bench.frames(3);
    assert_eq!(bench.shown(), "coffee.jpg");
    // A picture of the open project is shown without opening anything.
    let number = bench.workspace().id;
    drop_files(&mut bench, &[pictures.join("rocket.jpg")]);
    bench.wait("the picture", |workspace| {
        let session = &workspace.session;
        let picture = session
            .current()
            .and_then(|id| session.document().picture(id));
        picture.is_some_and(|picture| &*picture.path == "rocket.jpg")
    });
    assert_eq!(bench.workspace().id, number);
}

#[test]
fn a_dropped_folder_is_opened_and_a_mixed_drop_is_not() {
    let mut bench = bench();
    let other = bench.folder.path().join("other");
    fs::create_dir(&other).unwrap();
    fs::copy(bench.pictures().join("coffee.jpg"), other.join("x.jpg")).unwrap();
    let pictures = bench.pictures();
    drop_files(&mut bench, &[other.clone(), pictures.join("chelsea.jpg")]);
    bench.wait_for_words("Cannot open other and chelsea.jpg at once");
    assert_eq!(bench.session().project().root(), pictures);
    drop_files(&mut bench, slice::from_ref(&other));
    bench.wait("the other folder", |workspace| {
        workspace.session.project().root() == other
    });
}

#[test]
fn a_reader_that_dies_refuses_the_drop() {
    let mut bench = bench();
    bench.harness.state().doom(Worker::DropReader);
    let path = bench.pictures();
    drop_files(&mut bench, slice::from_ref(&path));
    bench.wait_for_words("Cannot open pictures");
    drop_files(&mut bench, &[path]);
    bench.wait_for_words("This project is already open");
}

fn looks(theme: Theme, theme_name: &str) {
    let mut bench = project(theme);
    let labels =
        ["1.txt", "2.txt", "3.txt"].map(|name| write(&bench.folder, name, "0 0.5 0.5 0.2 0.4\n"));
    let notes = write(&bench.folder, "notes.txt", "Buy milk\n");
    for (size, scale, name) in SIZES {
        bench.resize(size, scale);
        settle(&mut bench);
        hover(&mut bench, &labels, "Import 3 label files");
        bench.harness.snapshot(format!("drop_{theme_name}_{name}"));
        hover(&mut bench, slice::from_ref(&notes), "Cannot open notes.txt");
        bench
            .harness
            .snapshot(format!("drop_refused_{theme_name}_{name}"));
        bench.harness.input_mut().hovered_files.clear();
        bench.frames(2);
    }
}

#[test]
fn dark() {
    looks(Theme::Dark, "dark");
}

#[test]
fn light() {
    looks(Theme::Light, "light");
}
