//! Snapshots of the main screens in both themes. `UPDATE_SNAPSHOTS=1` updates them.
//!
//! The boxes are written to the project beforehand, so that rounding on another processor cannot
//! move them by a pixel.

use egui::{Key, Modifiers};
use tsukami::app::preferences::Theme;
use tsukami::document::ops::{self, Candidate};
use tsukami::document::{Document, PictureId};
use tsukami::geometry::BBox;

use crate::bench::{Bench, model, project_with};

/// A project with proposals, a class or two, and a picture that is done.
pub fn prepared(theme: Theme) -> Bench {
    let folder = Bench::folder_of(&[
        "cat/chelsea.jpg",
        "cup/coffee.jpg",
        "person/astronaut.jpg",
        "rocket/rocket.jpg",
        "Pliers/008002.jpg",
    ]);
    let mut project = project_with(&folder, &["cat", "cup", "tool"]);
    let model = model();
    let at = |document: &Document, path: &str| document.picture_at(path).unwrap().id;
    let candidate = |document: &Document, name: &str, rect, score| {
        Candidate::of_class(rect, document.category_named(name).unwrap().id, score)
    };
    project
        .commit_with("propose", None, |document| {
            let found: Vec<(PictureId, Vec<Candidate>)> = vec![
                (
                    at(document, "chelsea.jpg"),
                    vec![
                        candidate(
                            document,
                            "cat",
                            BBox::from_xywh(60.0, 10.0, 330.0, 280.0),
                            0.91,
                        ),
                        // A name that is no class of the project.
                        Candidate::suggested(
                            BBox::from_xywh(5.0, 200.0, 70.0, 80.0),
                            "cushion",
                            0.34,
                        ),
                    ],
                ),
                (
                    at(document, "coffee.jpg"),
                    vec![candidate(
                        document,
                        "cup",
                        BBox::from_xywh(120.0, 60.0, 300.0, 220.0),
                        0.83,
                    )],
                ),
                (
                    at(document, "008002.jpg"),
                    vec![candidate(
                        document,
                        "tool",
                        BBox::from_xywh(80.0, 60.0, 90.0, 60.0),
                        0.57,
                    )],
                ),
            ];
            Ok(ops::replace_proposals(document, &model, &found))
        })
        .unwrap();
    project
        .commit_with("done", None, |document| {
            let picture = at(document, "008002.jpg");
            let all: Vec<_> = document
                .annotations(picture)
                .iter()
                .map(|row| row.id)
                .collect();
            ops::accept_and_finish(document, picture, &all)
        })
        .unwrap();
    project.close().unwrap();
    let mut bench = Bench::on(folder, theme, false);
    bench.fold_panels();
    bench.keys(Modifiers::NONE, Key::D);
    bench.keys(Modifiers::NONE, Key::D);
    bench.wait("picture, thumbnails and model", |workspace| {
        let current = workspace.session.current();
        workspace.model_info().is_some()
            && current.is_some_and(|id| workspace.view.textures.has(id))
    });
    bench
}

/// Waits for the thumbnails.
pub fn settle(bench: &mut Bench) {
    bench.wait("the thumbnails", |workspace| {
        workspace
            .session
            .rows()
            .iter()
            .all(|id| workspace.view.textures.has_thumbnail(*id))
    });
    bench.hush();
}

fn check(theme: Theme, name: &str) {
    let mut bench = prepared(theme);
    bench.key(Key::Tab);
    settle(&mut bench);
    bench.harness.snapshot(format!("review_{name}"));
    bench.key(Key::F8);
    settle(&mut bench);
    bench.harness.snapshot(format!("dashboard_{name}"));
    bench.key(Key::F8);
    bench.keys(Modifiers::COMMAND, Key::Comma);
    settle(&mut bench);
    bench.harness.snapshot(format!("settings_{name}"));
    bench.key(Key::Escape);
    bench.key(Key::F1);
    settle(&mut bench);
    bench.harness.snapshot(format!("help_{name}"));
    bench.key(Key::Escape);
    bench.keys(Modifiers::COMMAND | Modifiers::SHIFT, Key::I);
    settle(&mut bench);
    bench.harness.snapshot(format!("import_{name}"));
    bench.key(Key::Escape);
    bench.click("More actions for cat");
    bench.click("Delete…");
    settle(&mut bench);
    bench.harness.snapshot(format!("delete_class_{name}"));
}

#[test]
fn dark() {
    check(Theme::Dark, "dark");
}

#[test]
fn light() {
    check(Theme::Light, "light");
}

#[test]
fn the_list_can_be_sorted_by_uncertainty() {
    let mut bench = prepared(Theme::Dark);
    let names = |bench: &Bench| -> Vec<String> {
        let session = bench.session();
        let name = |id: &PictureId| session.document().picture(*id).unwrap().path.to_string();
        session.rows().iter().map(name).collect()
    };
    bench.click("Order");
    bench.click("Least certain first");
    // 0.91 and 0.34 are more uncertain than 0.83. Pictures without proposals come last.
    assert_eq!(names(&bench)[..2], ["chelsea.jpg", "coffee.jpg"]);
    bench.click("Order");
    bench.click("Most certain first");
    assert_eq!(names(&bench)[..2], ["coffee.jpg", "chelsea.jpg"]);
}

#[test]
fn welcome_dark() {
    welcome(Theme::Dark, "dark");
}

#[test]
fn welcome_light() {
    welcome(Theme::Light, "light");
}

fn welcome(theme: Theme, name: &str) {
    let mut bench = Bench::start(Bench::folder_of(&[]), None, theme);
    bench.hush();
    bench.harness.snapshot(format!("welcome_{name}"));
}
