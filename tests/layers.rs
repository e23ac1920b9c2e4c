//! The layers of the program, as `src/lib.rs` draws them: who may know of whom.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::Path;

/// Every line of the sources that is no comment, with its file relative to `src`.
fn lines() -> Vec<(String, String)> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = walkdir::WalkDir::new(&src).into_iter().map(Result::unwrap);
    let files = files.filter(|file| file.path().extension().is_some_and(|ext| ext == "rs"));
    let mut lines = Vec::new();
    for file in files {
        let name = file
            .path()
            .strip_prefix(&src)
            .unwrap()
            .to_string_lossy()
            .replace('\\', "/");
        for line in fs::read_to_string(file.path()).unwrap().lines() {
            if !line.trim_start().starts_with("//") {
                lines.push((name.clone(), line.to_owned()));
            }
        }
    }
    assert!(lines.len() > 10_000, "these are the sources");
    lines
}

/// The files in which one of these words stands, but for those below these places.
fn outsiders(words: &[&str], places: &[&str]) -> Vec<(String, String)> {
    let is_inside = |file: &str| places.iter().any(|place| file.starts_with(place));
    let knows = |line: &str| words.iter().any(|word| line.contains(word));
    let mut found = lines();
    found.retain(|(file, line)| !is_inside(file) && knows(line));
    found
}

#[test]
fn candle_stays_where_models_run() {
    let candle = ["candle_core", "candle_nn"];
    assert_eq!(outsiders(&candle, &["nn/", "tscam/", "learn/"]), []);
}

#[test]
fn the_toolkit_stays_in_the_window() {
    assert_eq!(
        outsiders(&["egui::", "use egui", "eframe::", "rfd::"], &["app/"]),
        []
    );
}

#[test]
fn nothing_imports_what_sits_on_top() {
    let imports = ["crate::app", "super::app"];
    assert_eq!(outsiders(&imports, &["app/", "cli/"]), []);
    assert_eq!(outsiders(&["crate::cli"], &["cli/"]), []);
}

#[test]
fn the_pure_modules_do_no_io() {
    let pure = [
        "document/",
        "geometry.rs",
        "localize/",
        "naming/",
        "evaluate/",
    ];
    let io = [
        "std::fs",
        "std::io",
        "std::net",
        "std::time",
        "std::thread",
        "rusqlite",
    ];
    let mut found = lines();
    found.retain(|(file, line)| {
        let is_pure = pure.iter().any(|place| file.starts_with(place));
        is_pure && io.iter().any(|word| line.contains(word))
    });
    assert_eq!(found, []);
}
