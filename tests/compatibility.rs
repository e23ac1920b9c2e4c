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
use tsukami::store::{Access, OpenNotice, Project};
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
    let is_migrated = |notice: &OpenNotice| matches!(notice, OpenNotice::Migrated(_));
    let notices = &opened.notices;
    assert!(notices.iter().all(is_migrated), "{notices:?}");
    project
}

/// The classes that the project had only because a model named boxes so.
const SUGGESTED: [&str; 6] = [
    "bolo tie",
    "hammer",
    "lighter",
    "missile",
    "screwdriver",
    "switch",
];

/// A document of version 1 as this version has it: classes that only models used are suggestions, and
/// whatever turns up is labelled.
fn migrated(document: &Value) -> Value {
    let mut document = document.clone();
    document["labels"] = json!("any");
    let is_suggested = |row: &Value| SUGGESTED.contains(&row["name"].as_str().unwrap());
    let rows = document["categories"].as_array().unwrap().iter();
    let suggested: BTreeMap<u64, Value> = rows
        .filter(|row| is_suggested(row))
        .map(|row| (row["id"].as_u64().unwrap(), row["name"].clone()))
        .collect();
    let categories = document["categories"].as_array_mut().unwrap();
    categories.retain(|row| !is_suggested(row));
    for entry in document["pictures"].as_array_mut().unwrap() {
        for row in entry["annotations"].as_array_mut().unwrap() {
            let mut name = Value::Null;
            for pointer in ["/category", "/proposal/category"] {
                let category = row.pointer_mut(pointer);
                let Some(category) = category.filter(|id| id.is_u64()) else {
                    continue;
                };
                if let Some(of_category) = suggested.get(&category.as_u64().unwrap()) {
                    *category = Value::Null;
                    name = of_category.clone();
                }
            }
            if name != Value::Null {
                row["suggestion"] = name;
            }
        }
    }
    document
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
    let mut project = open(&place);
    let position = project.history().position();
    assert_eq!(position, history["position"].as_u64().unwrap() as usize);
    assert_eq!(document(&project), migrated(&documents["now"]));

    let mut digests = BTreeMap::from([(position, digest(&project))]);
    while project.undo().unwrap().is_some() {
        digests.insert(project.history().position(), digest(&project));
    }
    assert_eq!(document(&project), migrated(&documents["first"]));
    let mut steps = Vec::new();
    while let Some(step) = project.redo().unwrap() {
        steps.push(json!({ "label": step.label, "picture": step.picture.map(|id| id.0) }));
        let at = project.history().position();
        assert_eq!(
            digest(&project),
            *digests.get(&at).unwrap_or(&digest(&project))
        );
    }
    assert_eq!(json!(steps), history["steps"]);
    assert_eq!(document(&project), migrated(&documents["last"]));

    // What this version writes, it reads.
    while project.history().position() > position {
        project.undo().unwrap();
    }
    project.close().unwrap();
    let project = open(&place);
    assert_eq!(project.history().position(), position);
    assert_eq!(document(&project), migrated(&documents["now"]));
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
    let documents = fixture_json("documents.json");
    let categories = documents["now"]["categories"].as_array().unwrap();
    for (mut edit, digest) in edits.into_iter().zip(crossed) {
        if edit.to_string().contains("category_order") {
            // An order lacks the classes that have become suggestions.
            continue;
        }
        restore_categories(&mut edit, categories);
        assert_eq!(hash(edit.to_string().as_bytes()), *digest, "{edit}");
    }
}

/// Puts the categories of version 1 back in an edit.
fn restore_categories(edit: &mut Value, categories: &[Value]) {
    let parts = edit.get_mut("batch").and_then(Value::as_array_mut);
    for part in parts.into_iter().flatten() {
        restore_categories(part, categories);
    }
    let named = |name: &Value| categories.iter().find(|row| row["name"] == *name);
    for kind in ["insert", "update"] {
        let row = edit.pointer_mut(&format!("/annotation/change/{kind}"));
        let Some(row) = row.and_then(Value::as_object_mut) else {
            continue;
        };
        let Some(name) = row.remove("suggestion") else {
            continue;
        };
        let category = named(&name).unwrap()["id"].clone();
        if row["category"].is_null() {
            row.insert("category".to_owned(), category);
        } else {
            row["proposal"]["category"] = category;
        }
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
    found.retain(|name, _| name != "kept.txt" && !name.ends_with(".tsukami-export"));
    let stats = place.run("stats pictures --json").exits(0).stdout;
    let mut stats: Value = serde_json::from_str(&stats).unwrap();
    // A count that the former version did not have.
    let pictures = stats["pictures"].as_object_mut().unwrap();
    assert_eq!(pictures.remove("taken_out"), Some(json!(0)));
    found.insert("stats.json".to_owned(), stats.to_string());
    let names = |files: &BTreeMap<String, String>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&found), names(&expected));
    let classes = [yolo_names(&found), yolo_names(&expected)];
    for (name, text) in &expected {
        let both = [&found[name], text];
        if name.starts_with("coco") && name.ends_with(".json") || name == "stats.json" {
            let [found, expected] = both.map(|text| by_name(serde_json::from_str(text).unwrap()));
            assert_eq!(found, expected, "{name}");
        } else if name.starts_with("yolo/labels") {
            let named = |(text, classes): (&String, &Vec<String>)| -> Vec<String> {
                let line = |line: &str| {
                    let (class, sides) = line.split_once(' ').unwrap();
                    format!("{} {sides}", classes[class.parse::<usize>().unwrap()])
                };
                text.lines().map(line).collect()
            };
            let [found, expected] = [(both[0], &classes[0]), (both[1], &classes[1])].map(named);
            assert_eq!(found, expected, "{name}");
        } else if name.starts_with("labelme") {
            // The path of the picture is now relative to the file.
            let [found, expected] = both.map(|text| {
                let mut file: Value = serde_json::from_str(text).unwrap();
                let path = file["imagePath"].as_str().unwrap().to_owned();
                file["imagePath"] = path.rsplit('/').next().unwrap().into();
                file
            });
            assert_eq!(found, expected, "{name}");
        } else if name != "yolo/data.yaml" {
            assert_eq!(both[0], both[1], "{name}");
        }
    }
    let [found, mut expected] = classes;
    expected.retain(|name| !SUGGESTED.contains(&name.as_str()));
    assert_eq!(found, expected);
}

/// The classes in a `data.yaml` of ours.
fn yolo_names(files: &BTreeMap<String, String>) -> Vec<String> {
    let lines = files["yolo/data.yaml"].lines();
    let names = lines.filter_map(|line| line.strip_prefix("  - "));
    names
        .map(|name| name.trim_matches('"').to_owned())
        .collect()
}

/// Replaces the ids of categories by their names.
fn name_categories(value: &mut Value, names: &BTreeMap<u64, Value>) {
    match value {
        Value::Array(rows) => rows.iter_mut().for_each(|row| name_categories(row, names)),
        Value::Object(fields) => {
            let suggestion = fields.remove("suggestion");
            fields.remove("is_suggested");
            if let Some(category) = fields
                .get_mut("proposal")
                .and_then(|was| was.get_mut("category"))
            {
                let name = category.as_u64().and_then(|id| names.get(&id).cloned());
                *category = name.or(suggestion).unwrap();
            }
            for (key, value) in fields.iter_mut() {
                let id = value.as_u64().filter(|_| key == "category_id");
                match id.and_then(|id| names.get(&id)) {
                    Some(name) => value.clone_from(name),
                    None => name_categories(value, names),
                }
            }
        }
        _ => {}
    }
}

/// A JSON file of an export without the classes that have become suggestions, with the names of classes
/// instead of their ids.
fn by_name(mut file: Value) -> Value {
    // Results have the names of their pictures in addition.
    for row in file.as_array_mut().into_iter().flatten() {
        row.as_object_mut().unwrap().remove("file_name");
    }
    let counts = file.get_mut("ground_truth_by_category");
    if let Some(rows) = counts.and_then(Value::as_array_mut) {
        rows.retain(|row| !SUGGESTED.contains(&row["name"].as_str().unwrap()));
        return file;
    }
    let Some(rows) = file.get("categories").and_then(Value::as_array) else {
        return file;
    };
    let names: BTreeMap<u64, Value> = rows
        .iter()
        .filter_map(|row| Some((row["id"].as_u64()?, row["name"].clone())))
        .collect();
    let categories = file["categories"].as_array_mut().unwrap();
    categories.retain(|row| !SUGGESTED.contains(&row["name"].as_str().unwrap()));
    name_categories(&mut file, &names);
    file
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
        assert_contains(&found, &expected);
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
        assert_contains(&after, &before);
    }

    /// Everything of an older file is there, whatever this version has in addition.
    #[track_caller]
    fn assert_contains(found: &Value, expected: &Value) {
        match expected {
            Value::Object(fields) => {
                for (name, value) in fields {
                    assert_contains(&found[name], value);
                }
            }
            value => assert_eq!(found, value),
        }
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
