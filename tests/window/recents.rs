//! The projects that were open lately, and where file dialogs begin.

use std::fs;
use std::path::{Path, PathBuf};

use egui::Key;
use egui_kittest::kittest::Queryable as _;
use serde_json::json;
use tempfile::TempDir;
use tsukami::app::preferences::{Preferences, Theme};
use tsukami::app::time_text;
use tsukami::app::workers::events::FilePurpose;

use crate::bench::Bench;
use crate::looks::settle;
use crate::screens::{SIZES, project};

const DAY_SECS: u64 = 86_400;

/// Writes the settings with these recent projects.
fn write_recent(folder: &TempDir, recent: &serde_json::Value) {
    let settings = json!({"proposes_at_once": false, "prepares_fitting": false, "recent": recent});
    fs::write(
        folder.path().join("user/settings.json"),
        settings.to_string(),
    )
    .unwrap();
}

/// The settings as they are saved when the window is closed.
fn closed(bench: Bench) -> (Preferences, TempDir) {
    let Bench { harness, folder } = bench;
    let mut window = harness.into_state();
    window.close();
    let preferences = Preferences::load(&folder.path().join("user/settings.json"));
    (preferences, folder)
}

fn open_menu(bench: &mut Bench) {
    bench.click("File");
    bench.click("Open recent");
    bench.frames(5);
}

/// Some projects of long ago.
fn projects() -> serde_json::Value {
    let now = time_text::now();
    let row = |name: &str, days: u64, done: usize, pictures: usize| {
        json!({
            "path": format!("/pictures/2026/{name}/{name}.tsukami"),
            "opened": now - days * DAY_SECS - 60, "done": done, "pictures": pictures
        })
    };
    json!([
        row("kangaroo", 1, 120, 500),
        row("runway debris, second flight", 3, 38, 38),
        row("fruit", 12, 0, 5200),
        row("raccoon", 100, 17, 200),
        "/pictures/2025/older version/older version.tsukami",
    ])
}

#[test]
fn progress_and_date_are_kept_when_a_project_is_closed() {
    let mut bench = Bench::open(&["cat/chelsea.jpg", "cup/coffee.jpg"]);
    bench.key(Key::Space);
    bench.wait("a picture to be done", |workspace| {
        workspace.session.summary().done() == 1
    });
    let file = bench.session().project().path().to_owned();
    let (preferences, folder) = closed(bench);
    let [row] = &preferences.recent[..] else {
        panic!("{:?}", preferences.recent);
    };
    assert_eq!(row.path, file);
    assert!(row.opened.unwrap().abs_diff(time_text::now()) < 600);
    let progress = row.progress.unwrap();
    assert_eq!((progress.done, progress.pictures), (1, 2));

    // The welcome screen and the menu tell the same.
    let mut bench = Bench::start(folder, None, Theme::Dark);
    assert!(bench.says("pictures: 1 of 2 done"));
    open_menu(&mut bench);
    let rows = bench.harness.query_all_by_label_contains("1 of 2 done");
    assert_eq!(rows.count(), 2);
    bench
        .harness
        .get_all_by_label_contains("1 of 2 done")
        .last()
        .unwrap()
        .click();
    bench.wait("the project", |workspace| {
        workspace.session.project().path() == file
    });
}

#[test]
fn what_is_gone_is_marked_and_can_be_removed() {
    let folder = Bench::folder_of(&[]);
    let there = folder.path().join("there.tsukami");
    fs::write(&there, "").unwrap();
    // As version 0.1.0 wrote it, and as this one does.
    write_recent(
        &folder,
        &json!(["/nowhere/lost.tsukami", {"path": there}, "/nowhere/other.tsukami"]),
    );
    let mut bench = Bench::start(folder, None, Theme::Dark);
    bench.wait_for_words("lost: not found");
    bench.wait_for_words("other: not found");
    assert!(!bench.says("there: not found"));
    bench.click("Remove lost from this list");
    assert!(!bench.says("lost"));
    open_menu(&mut bench);
    bench.click_last("Remove other from this list");
    assert!(!bench.says("other"));
    bench.click_last("Clear the list");
    assert!(!bench.says("there"));
    let (preferences, _folder) = closed(bench);
    assert_eq!(preferences.recent, []);
}

#[test]
fn file_dialogs_begin_where_they_were_last_used_or_in_the_folder_of_the_project() {
    let mut bench = Bench::open(&["cat/chelsea.jpg"]);
    let root = bench.pictures();
    let begins = |bench: &Bench, purpose| -> Option<PathBuf> {
        let window = bench.harness.state();
        window.dialog_folder(purpose).map(Path::to_owned)
    };
    let purposes = [
        FilePurpose::OpenFolder,
        FilePurpose::ImportFile,
        FilePurpose::ExportFile,
        FilePurpose::ProjectCopy,
    ];
    for purpose in purposes {
        assert_eq!(begins(&bench, purpose).as_ref(), Some(&root), "{purpose:?}");
    }
    let window = bench.harness.state_mut();
    window.choose_for_test(FilePurpose::ExportFile, "/exports/yard/boxes.json".into());
    for purpose in [FilePurpose::ExportFile, FilePurpose::ExportFolder] {
        assert_eq!(begins(&bench, purpose), Some("/exports/yard".into()));
    }
    assert_eq!(begins(&bench, FilePurpose::ImportFile), Some(root));
    // In the next session, too, and without a project.
    let (preferences, folder) = closed(bench);
    assert_eq!(preferences.folders["export"], Path::new("/exports/yard"));
    let bench = Bench::start(folder, None, Theme::Dark);
    let export = begins(&bench, FilePurpose::ExportFile);
    assert_eq!(export, Some("/exports/yard".into()));
    assert_eq!(begins(&bench, FilePurpose::ImportFile), None);
}

fn welcome(theme: Theme, theme_name: &str) {
    let folder = Bench::folder_of(&[]);
    write_recent(&folder, &projects());
    let mut bench = Bench::start_with(folder, None, theme, |window| window.assume_recent_exist());
    for (size, scale, name) in SIZES {
        bench.resize(size, scale);
        bench.hush();
        bench
            .harness
            .snapshot(format!("welcome_recent_{theme_name}_{name}"));
    }
}

fn menu(theme: Theme, theme_name: &str) {
    let mut bench = project(theme);
    let mut recent = projects();
    recent.as_array_mut().unwrap().truncate(4);
    let recent = serde_json::from_value(recent).unwrap();
    bench.harness.state_mut().set_recent_for_test(recent);
    bench.harness.state().assume_recent_exist();
    for (size, scale, name) in SIZES {
        bench.resize(size, scale);
        settle(&mut bench);
        open_menu(&mut bench);
        bench
            .harness
            .snapshot(format!("menu_recent_{theme_name}_{name}"));
        bench.key(Key::Escape);
        bench.key(Key::Escape);
    }
}

#[test]
fn welcome_dark() {
    welcome(Theme::Dark, "dark");
}

#[test]
fn welcome_light() {
    welcome(Theme::Light, "light");
}

#[test]
fn menu_dark() {
    menu(Theme::Dark, "dark");
}

#[test]
fn menu_light() {
    menu(Theme::Light, "light");
}
