//! Label files from real situations: each folder of `tests/cases` is imported with the command line, and
//! the project is compared with the `expect.json` of the folder.
//!
//! | key | what it says |
//! |---|---|
//! | `about` | what the case is |
//! | `pictures_folder` | the folder of the project; `pics` unless given |
//! | `pictures` | pictures that are made for the test, with width and height, relative to that folder: names that a checkout could not hold are no problem |
//! | `files` | further files, with their text (or the bytes as numbers), relative to the case |
//! | `import` | files or folders relative to the case, each one run of `tsukami import` |
//! | `arguments` | further arguments of each of these runs |
//! | `exit` | the exit code of the last import; 0 unless given |
//! | `report` | texts that the imports print on standard error |
//! | `not_reported` | texts that they do not print |
//! | `categories` | all classes of the project, in their order |
//! | `boxes` | by the path of a picture, its boxes in any order: `class`, `bbox` (x, y, width, height, to 0.01 pixels), `state` (`drawn` unless given), and `score` if it has one |
//! | `other_boxes` | whether pictures that `boxes` does not name may have boxes; `false` unless given |
//! | `reviews` | by the path of a picture, its review state |
//! | `picture_count` | the number of pictures of the project |
//! | `missing_pictures` | how many of them are not in the folder; 0 unless given |
//! | `then` | further runs of the command line, in order: `run` (the arguments in one line, from the folder of the case), `exit`, `prints` and `says` (texts on standard output and error) |
//!
//! A test with the folder's name in `CASE` runs that folder alone.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use common::{Place, Run, jpeg, png, repository, scene};
use serde::Deserialize;
use tsukami::document::{Annotation, Document};
use tsukami::store::{Access, Project, find_project};

/// An `expect.json`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    #[serde(rename = "about")]
    _about: String,
    #[serde(default = "default_folder")]
    pictures_folder: String,
    #[serde(default)]
    pictures: BTreeMap<String, [u32; 2]>,
    #[serde(default)]
    files: BTreeMap<String, FileContent>,
    #[serde(default)]
    import: Vec<String>,
    #[serde(default)]
    arguments: Vec<String>,
    #[serde(default)]
    exit: i32,
    #[serde(default)]
    report: Vec<String>,
    #[serde(default)]
    not_reported: Vec<String>,
    categories: Option<Vec<String>>,
    #[serde(default)]
    boxes: BTreeMap<String, Vec<ExpectedBox>>,
    #[serde(default)]
    other_boxes: bool,
    #[serde(default)]
    reviews: BTreeMap<String, String>,
    picture_count: Option<usize>,
    #[serde(default)]
    missing_pictures: usize,
    #[serde(default)]
    then: Vec<FurtherRun>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum FileContent {
    Text(String),
    Bytes(Vec<u8>),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectedBox {
    class: String,
    bbox: [f32; 4],
    #[serde(default = "default_state")]
    state: String,
    score: Option<f32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FurtherRun {
    run: String,
    #[serde(default)]
    exit: i32,
    #[serde(default)]
    prints: Vec<String>,
    #[serde(default)]
    says: Vec<String>,
}

fn default_folder() -> String {
    "pics".to_owned()
}

fn default_state() -> String {
    "drawn".to_owned()
}

#[test]
fn every_case_gives_what_its_folder_expects() {
    let only = std::env::var("CASE").ok();
    let mut names: Vec<String> = fs::read_dir(repository("tests/cases"))
        .unwrap()
        .map(Result::unwrap)
        .filter(|entry| entry.file_type().unwrap().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .filter(|name| only.as_ref().is_none_or(|only| only == name))
        .collect();
    names.sort();
    assert!(!names.is_empty(), "there is no such case");
    let faults: Vec<String> = names
        .iter()
        .flat_map(|name| {
            run_case(name)
                .into_iter()
                .map(move |it| format!("{name}: {it}"))
        })
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Runs a case. Returns what is not as it expects.
fn run_case(name: &str) -> Vec<String> {
    let source = repository("tests/cases").join(name);
    let text = fs::read_to_string(source.join("expect.json")).unwrap();
    let expected: Expected =
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
    let place = Place::new();
    copy(&source, &place);
    make_files(&expected, &place);

    let folder = &expected.pictures_folder;
    let created = run(&place, &["project", "new", folder]);
    let mut faults = Vec::new();
    let mut report = created.stderr.clone();
    if created.code != Some(0) && created.code != Some(1) {
        return vec![format!("no project: {created:#?}")];
    }
    let mut last = None;
    for path in &expected.import {
        let mut arguments = vec!["import", folder, path];
        arguments.extend(expected.arguments.iter().map(String::as_str));
        let import = run(&place, &arguments);
        report += &import.stderr;
        last = Some(import.code);
    }
    if last.is_some_and(|code| code != Some(expected.exit)) {
        faults.push(format!("exit {last:?} instead of {}", expected.exit));
    }
    for text in &expected.report {
        if !report.contains(text) {
            faults.push(format!("{text:?} is not reported"));
        }
    }
    for text in &expected.not_reported {
        if report.contains(text) {
            faults.push(format!("{text:?} is reported"));
        }
    }
    let file = find_project(&place.path(folder)).expect("a project");
    let (project, _) = Project::open(&file, Access::View).unwrap();
    faults.extend(compare(&expected, project.document()));
    project.close().unwrap();
    for further in &expected.then {
        let words: Vec<&str> = further.run.split_whitespace().collect();
        faults.extend(compare_run(further, &run(&place, &words)));
    }
    if !faults.is_empty() {
        faults.push(format!("it printed:\n{report}"));
    }
    faults
}

fn run(place: &Place, arguments: &[&str]) -> Run {
    place.command("").args(arguments).output().unwrap().into()
}

/// Copies the files of a case.
fn copy(source: &Path, place: &Place) {
    for entry in walkdir::WalkDir::new(source) {
        let entry = entry.unwrap();
        if entry.file_type().is_file() && entry.file_name() != "expect.json" {
            let name = entry.path().strip_prefix(source).unwrap();
            place.write(name, fs::read(entry.path()).unwrap());
        }
    }
}

/// Makes the pictures and files that the case lists.
fn make_files(expected: &Expected, place: &Place) {
    fs::create_dir_all(place.path(&expected.pictures_folder)).unwrap();
    for (seed, (name, [width, height])) in (0..).zip(&expected.pictures) {
        let picture = scene(*width, *height, seed);
        let is_png = name.to_lowercase().ends_with(".png");
        let bytes = if is_png {
            png(&picture)
        } else {
            jpeg(&picture)
        };
        place.write(format!("{}/{name}", expected.pictures_folder), bytes);
    }
    for (name, content) in &expected.files {
        match content {
            FileContent::Text(text) => place.write(name, text),
            FileContent::Bytes(bytes) => place.write(name, bytes),
        }
    }
}

fn compare_run(further: &FurtherRun, run: &Run) -> Vec<String> {
    let is_missing = |texts: &[String], output: &str| -> Vec<String> {
        let missing = texts.iter().filter(|text| !output.contains(*text));
        missing.cloned().collect()
    };
    let mut missing = is_missing(&further.prints, &run.stdout);
    missing.extend(is_missing(&further.says, &run.stderr));
    if run.code == Some(further.exit) && missing.is_empty() {
        return Vec::new();
    }
    vec![format!(
        "`{}` should exit with {} and print {missing:?}: {run:#?}",
        further.run, further.exit
    )]
}

/// What in the project is not as it is expected.
fn compare(expected: &Expected, document: &Document) -> Vec<String> {
    let mut faults = Vec::new();
    let categories: Vec<String> = document
        .categories()
        .map(|row| row.name.to_string())
        .collect();
    if let Some(names) = expected.categories.as_ref().filter(|it| **it != categories) {
        faults.push(format!(
            "the classes are {categories:?} instead of {names:?}"
        ));
    }
    let missing = document.pictures().filter(|picture| picture.missing);
    let missing: Vec<_> = missing.map(|picture| picture.path.to_string()).collect();
    if missing.len() != expected.missing_pictures {
        faults.push(format!("missing pictures: {missing:?}"));
    }
    let count = document.pictures().len();
    if expected.picture_count.is_some_and(|other| other != count) {
        faults.push(format!("there are {count} pictures"));
    }
    for path in expected.boxes.keys().chain(expected.reviews.keys()) {
        if document.picture_at(path).is_none() {
            faults.push(format!("{path} is not in the project"));
        }
    }
    for picture in document.pictures() {
        let rows = document.annotations(picture.id);
        match expected.boxes.get(&*picture.path) {
            Some(boxes) => faults.extend(
                compare_boxes(document, rows, boxes).map(|it| format!("{}: {it}", picture.path)),
            ),
            None if rows.is_empty() || expected.other_boxes => {}
            None => faults.push(format!("{} has boxes: {rows:?}", picture.path)),
        }
        let review = format!("{:?}", picture.review).to_lowercase();
        if let Some(other) = expected.reviews.get(&*picture.path)
            && other.replace(' ', "") != review
        {
            faults.push(format!("{} is {review} instead of {other}", picture.path));
        }
    }
    faults
}

/// Why the boxes of a picture are not as they are expected, if they are not.
fn compare_boxes(
    document: &Document,
    rows: &[Annotation],
    boxes: &[ExpectedBox],
) -> Option<String> {
    let mut open: Vec<&Annotation> = rows.iter().collect();
    for one in boxes {
        let Some(at) = open.iter().position(|row| is_same(document, row, one)) else {
            return Some(format!("{one:?} is not among {rows:?}"));
        };
        open.remove(at);
    }
    (!open.is_empty()).then(|| format!("these boxes are not expected: {open:?}"))
}

fn is_same(document: &Document, row: &Annotation, one: &ExpectedBox) -> bool {
    let [x, y, width, height] = one.bbox;
    let edges = [x, y, x + width, y + height];
    let own = [row.rect.x0, row.rect.y0, row.rect.x1, row.rect.y1];
    let is_near = |(a, b): (&f32, &f32)| (a - b).abs() <= 0.01;
    edges.iter().zip(&own).all(is_near)
        && class_of(document, row) == one.class
        && format!("{:?}", row.state).to_lowercase() == one.state
        && match (row.score, one.score) {
            (Some(own), Some(other)) => (own - other).abs() < 1e-4,
            (own, other) => own == other,
        }
}

/// The name of the class of a box.
fn class_of(document: &Document, row: &Annotation) -> String {
    document.name_of(row).unwrap_or_default().to_owned()
}
