//! Files that version 0.1.0 wrote before its code was reorganised still open, and mean the same.
//!
//! `tests/fixtures/README.md` describes how they were made.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use common::{Place, repository};
use serde_json::{Value, json};
use tsukami::store::{Access, Project};
use xxhash_rust::xxh3::xxh3_128;

const PROJECT: &str = "pictures/pictures.tsukami";

fn fixture(name: &str) -> PathBuf {
    repository("tests/fixtures").join(name)
}

fn fixture_json(name: &str) -> Value {
    serde_json::from_slice(&fs::read(fixture(name)).unwrap()).unwrap()
}

/// The project of the fixtures next to the sample pictures.
fn place() -> Place {
    let place = Place::new();
    place.sample("pictures");
    place.write(PROJECT, fs::read(fixture("pictures.tsukami")).unwrap());
    place
}

fn open(place: &Place) -> Project {
    let (project, opened) = Project::open(&place.path(PROJECT), Access::Edit).unwrap();
    assert!(opened.notices.is_empty(), "{:?}", opened.notices);
    project
}

/// The hash by which the fixtures identify a document, an edit or a picture.
fn hash(bytes: &[u8]) -> String {
    format!("{:032x}", xxh3_128(bytes))
}

fn document(project: &Project) -> Value {
    serde_json::to_value(project.document()).unwrap()
}

fn digest(project: &Project) -> Value {
    hash(document(project).to_string().as_bytes()).into()
}

#[test]
fn undo_and_redo_in_an_old_project_give_the_same_documents() {
    let place = place();
    let (history, documents) = (fixture_json("history.json"), fixture_json("documents.json"));
    let digests = history["digests"].as_array().unwrap();
    let mut project = open(&place);
    let position = project.history().position();
    assert_eq!(position, history["position"].as_u64().unwrap() as usize);
    assert_eq!(document(&project), documents["now"]);

    while project.undo().unwrap().is_some() {
        assert_eq!(digest(&project), digests[project.history().position()]);
    }
    assert_eq!(document(&project), documents["first"]);
    let mut steps = Vec::new();
    while let Some(step) = project.redo().unwrap() {
        steps.push(json!({ "label": step.label, "picture": step.picture.map(|id| id.0) }));
        assert_eq!(digest(&project), digests[project.history().position()]);
    }
    assert_eq!(json!(steps), history["steps"]);
    assert_eq!(document(&project), documents["last"]);

    // What this version writes, it reads.
    while project.history().position() > position {
        project.undo().unwrap();
    }
    project.close().unwrap();
    let project = open(&place);
    assert_eq!(project.history().position(), position);
    assert_eq!(document(&project), documents["now"]);
}

#[test]
fn an_undone_and_redone_step_is_stored_as_before() {
    let place = place();
    let history = fixture_json("history.json");
    let mut project = open(&place);
    while project.undo().unwrap().is_some() {}
    while project.redo().unwrap().is_some() {}
    while project.history().position() as u64 > history["position"].as_u64().unwrap() {
        project.undo().unwrap();
    }
    project.close().unwrap();
    let connection = rusqlite::Connection::open(place.path(PROJECT)).unwrap();
    let mut edits = connection
        .prepare("SELECT edit FROM steps ORDER BY seq")
        .unwrap();
    let edits = edits.query_map([], |row| row.get::<_, String>(0)).unwrap();
    let edits: Vec<Value> = edits
        .map(|edit| serde_json::from_str(&edit.unwrap()).unwrap())
        .collect();
    let crossed = history["crossed"].as_array().unwrap();
    assert_eq!(edits.len(), crossed.len());
    for (edit, digest) in edits.iter().zip(crossed) {
        assert_eq!(hash(edit.to_string().as_bytes()), *digest, "{edit}");
    }
}

#[test]
fn an_old_project_is_exported_as_before() {
    let place = place();
    place.write("exports/kept.txt", "");
    let expected = fixture_json("exports.json");
    let expected: BTreeMap<String, String> = serde_json::from_value(expected).unwrap();
    let mut found = BTreeMap::new();
    for (name, options) in [
        ("coco.json", "--format coco"),
        ("coco-all.json", "--format coco --all --provenance"),
        ("coco-proposals.json", "--format coco --proposals"),
        ("coco-results.json", "--format coco-results"),
        ("coco-split", "--format coco --split 50/30/20 --seed 3"),
        ("coco-roboflow", "--format coco --layout roboflow --link"),
        ("yolo", "--format yolo --all"),
        ("voc", "--format voc"),
        ("labelme", "--format labelme"),
        ("createml.json", "--format createml"),
        ("tags.csv", "--format tags --all"),
    ] {
        let line = format!("export pictures {options} --out exports/{name}");
        place.run(&line).exits(0);
    }
    let exports = place.path("exports");
    for entry in walkdir::WalkDir::new(&exports) {
        let entry = entry.unwrap();
        if entry.file_type().is_file() {
            let name = entry.path().strip_prefix(&exports).unwrap();
            let name = name.to_str().unwrap().replace('\\', "/");
            let text = String::from_utf8(fs::read(entry.path()).unwrap());
            // A picture is represented by its hash.
            let text = text.unwrap_or_else(|bytes| hash(bytes.as_bytes()));
            found.insert(name, text);
        }
    }
    found.remove("kept.txt");
    let stats = place.run("stats pictures --json").exits(0).stdout;
    found.insert("stats.json".to_owned(), stats);
    let names = |files: &BTreeMap<String, String>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&found), names(&expected));
    for (name, text) in &expected {
        assert_eq!(&found[name], text, "{name}");
    }
}

#[cfg(feature = "app")]
#[test]
fn an_old_learned_state_is_read() {
    use base64::Engine as _;

    let project = open(&place());
    let list: Value = project.setting("learning").unwrap().unwrap();
    let state = &list["states"][0];
    let kind = state["kind"].as_str().unwrap();
    let text: String = project.setting("learned 1").unwrap().unwrap();
    let bytes = base64::engine::general_purpose::STANDARD.decode(text);
    let bytes = bytes.unwrap();
    let learned = tsukami::learn::boxes::LearnedProposer::from_bytes(&bytes, kind).unwrap();
    assert_eq!(learned.reviewed, 9);
    assert!(!learned.is_better);
    assert_eq!(learned.metrics.held_out, 2);
    assert_eq!(learned.metrics.objects, 3);
    // Written again, it is still the same.
    let again = learned.to_bytes(kind);
    let again = tsukami::learn::boxes::LearnedProposer::from_bytes(&again, kind);
    assert_eq!(again.as_ref(), Some(&learned));
    assert!(tsukami::learn::boxes::LearnedProposer::from_bytes(&bytes, "another").is_none());
}

/// The pictures of a COCO file, each with its boxes: class name, sides and score.
fn by_picture(coco: &Value) -> BTreeMap<String, Vec<(String, [f64; 4], f64)>> {
    let rows = |key: &str| coco[key].as_array().unwrap().iter();
    let class = |id: &Value| {
        let mut classes = rows("categories");
        let class = classes.find(|row| row["id"] == *id).unwrap();
        class["name"].as_str().unwrap().to_owned()
    };
    let boxes = |image: &Value| {
        let own = rows("annotations").filter(|row| row["image_id"] == image["id"]);
        let own = own.map(|row| {
            let side = |at: usize| row["bbox"][at].as_f64().unwrap();
            let score = row["score"].as_f64().unwrap();
            (class(&row["category_id"]), [0, 1, 2, 3].map(side), score)
        });
        own.collect()
    };
    let name = |image: &Value| image["file_name"].as_str().unwrap().to_owned();
    rows("images")
        .map(|image| (name(image), boxes(image)))
        .collect()
}

/// Checks that two files contain the same boxes, except for rounding on another processor.
#[track_caller]
fn assert_close(found: &Value, expected: &Value) {
    let (found, expected) = (by_picture(found), by_picture(expected));
    let names = |files: &BTreeMap<String, Vec<_>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&found), names(&expected));
    for (name, expected) in &expected {
        assert_eq!(found[name].len(), expected.len(), "{name}");
        for (found, expected) in found[name].iter().zip(expected) {
            assert_eq!(found.0, expected.0, "{name}");
            assert!((found.2 - expected.2).abs() < 0.01, "{name}: {found:?}");
            for (found, expected) in found.1.iter().zip(expected.1) {
                assert!(
                    (found - expected).abs() < 2.0,
                    "{name}: {found}, {expected}"
                );
            }
        }
    }
}

/// The program's version is among the settings that must match, and it may differ by now.
fn of_this_version(text: &str) -> String {
    let version = concat!("\"version\":\"", env!("CARGO_PKG_VERSION"), "\"");
    text.replace("\"version\":\"0.1.0\"", version)
}

#[test]
fn stopped_runs_of_an_old_version_are_resumed() {
    let expected = fixture_json("boxes.json");
    for (name, target, done) in [
        ("boxes.json.journal", "boxes.json.journal", 9),
        ("interrupted.json", "boxes.json", 7),
    ] {
        let place = Place::new();
        place.sample("images");
        let text = fs::read_to_string(fixture(name)).unwrap();
        place.write(target, of_this_version(&text));
        let line = "propose images --quality fast --out boxes.json";
        let held = format!("{done} pictures of an unfinished run");
        place.run(line).refuses(&[&held, "--resume"]);
        let other = place.run(&format!("{line} --resume --threshold 0.5"));
        other.refuses(&["threshold: 0.53, now 0.5"]);
        place.run(&format!("{line} --resume")).exits(0);
        assert_close(&place.json("boxes.json"), &expected);
        // Results of the earlier run are kept exactly.
        let found = by_picture(&place.json("boxes.json"));
        for (picture, boxes) in by_picture(&expected).iter().take(done) {
            assert_eq!(&found[picture], boxes, "{name}");
        }
        assert_eq!(place.names("."), ["boxes.json", "images"]);
    }
}

#[test]
fn an_old_head_names_boxes_as_before() {
    let place = Place::new();
    place.sample("images");
    place.write(
        "head.safetensors",
        fs::read(fixture("head.safetensors")).unwrap(),
    );
    place
        .run("model head.safetensors")
        .exits(0)
        .prints("1 x 1 convolution, 2 classes: animal, debris");
    place
        .run("propose images --quality fast --head head.safetensors --out boxes.json")
        .exits(0);
    assert_close(&place.json("boxes.json"), &fixture_json("head-boxes.json"));
}

#[cfg(feature = "app")]
mod window {
    use tsukami::app::command::Command;
    use tsukami::app::preferences::Preferences;
    use tsukami::app::session::Session;

    use super::*;

    #[test]
    fn old_preferences_and_keys_are_read_and_written_alike() {
        let place = Place::new();
        let preferences = Preferences::load(&fixture("settings.json"));
        assert_ne!(preferences, Preferences::default());
        preferences.save(&place.path("settings.json")).unwrap();
        let (found, expected) = (place.json("settings.json"), fixture_json("settings.json"));
        for (key, value) in expected.as_object().unwrap() {
            assert_eq!(&found[key], value, "{key}");
        }
        // The fixture has keys for every command.
        let keys = expected["keymap"].as_object().unwrap();
        assert!(keys.len() > 60, "{}", keys.len());
        let text = preferences.keymap.text(Command::Accept);
        assert_eq!(text.as_deref(), Some("Alt+Shift+F"));
    }

    #[test]
    fn the_window_state_of_an_old_project_is_read_and_written_alike() {
        let place = place();
        let project = open(&place);
        let before: Value = project.setting("window").unwrap().unwrap();
        let mut session = Session::new(project);
        let shown = session.current().unwrap();
        assert_eq!(
            &*session.document().picture(shown).unwrap().path,
            "cup/coffee.jpg"
        );
        let mug = session.document().category_named("mug").unwrap().id;
        assert_eq!(session.chosen_class(), Some(mug));
        assert_eq!(session.query().search, "0");
        assert!(session.query().has_proposals);
        assert_eq!(session.proposal_settings().threshold, Some(0.375));
        // It is written only when something has changed.
        let number = session.proposal_settings().min_score;
        session.proposal_settings_mut().min_score = Some(0.5);
        session.save_state().unwrap();
        let changed: Value = session.project().setting("window").unwrap().unwrap();
        assert_ne!(changed, before);
        session.proposal_settings_mut().min_score = number;
        session.close().unwrap();
        let after: Value = open(&place).setting("window").unwrap().unwrap();
        assert_eq!(after, before);
    }

    #[test]
    fn undo_in_the_window_skips_what_the_model_did() {
        let place = place();
        let history = fixture_json("history.json");
        let mut session = Session::new(open(&place));
        for (key, is_undo) in [("undone_in_window", true), ("redone_in_window", false)] {
            let mut labels = Vec::new();
            while let Some(label) = if is_undo {
                session.undo()
            } else {
                session.redo()
            }
            .unwrap()
            {
                labels.push(label);
            }
            assert_eq!(json!(labels), history[key]);
        }
    }
}
