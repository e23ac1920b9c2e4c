//! The window on a project from version 0.1.0: its learned state still proposes.

use std::fs;
use std::path::Path;

use egui::{Key, Modifiers};
use tsukami::app::preferences::Theme;
use tsukami::document::{BoxState, Origin};
use tsukami::geometry::BBox;

use crate::bench::{Bench, sample};

/// The rectangles of the proposals on a picture, and the methods that made them.
fn proposals(bench: &Bench, path: &str) -> Vec<(BBox, String)> {
    let document = bench.session().document();
    let picture = document.picture_at(path).unwrap().id;
    let rows = document.annotations(picture).iter();
    let rows = rows.filter(|row| row.state == BoxState::Proposed);
    rows.map(|row| match &row.origin {
        Origin::Model(model) => (row.rect, model.method.to_string()),
        Origin::Person => panic!("a person proposes nothing"),
    })
    .collect()
}

#[test]
fn an_old_learned_state_proposes_as_it_did() {
    let folder = Bench::folder_of(&[]);
    let pictures = folder.path().join("pictures");
    for class in fs::read_dir(sample("")).unwrap() {
        let class = class.unwrap().path();
        let target = pictures.join(class.file_name().unwrap());
        fs::create_dir(&target).unwrap();
        for file in fs::read_dir(&class).unwrap() {
            let file = file.unwrap().path();
            fs::copy(&file, target.join(file.file_name().unwrap())).unwrap();
        }
    }
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/pictures.tsukami");
    fs::copy(fixture, pictures.join("pictures.tsukami")).unwrap();
    let mut bench = Bench::on(folder, Theme::Dark, false);
    assert_eq!(bench.shown(), "cup/coffee.jpg");
    bench.wait("the learned state", |workspace| {
        workspace.learning.active_state().is_some()
    });
    assert_eq!(bench.workspace().learning.active_state(), Some(1));

    let path = "Screwdriver/028688.jpg";
    let before = proposals(&bench, path);
    assert!(!before.is_empty());
    assert!(before.iter().all(|(_, method)| method == "learned"));
    bench.keys(Modifiers::COMMAND, Key::B);
    bench.wait("the end of the run", |workspace| {
        workspace.proposing.job.is_none() && !workspace.has_unwritten()
    });
    let after = proposals(&bench, path);
    assert_eq!(after.len(), before.len());
    for ((before, _), (after, method)) in before.iter().zip(&after) {
        assert_eq!(method, "learned");
        assert!(before.iou(after) > 0.95, "{before:?} became {after:?}");
    }
}
