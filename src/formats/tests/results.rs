//! Results lists: whose boxes they are.

use serde_json::{Value, json};

use super::common::{Folder, import_into, insert_category, insert_picture, mentions};
use crate::document::{Document, Picture, PictureId};
use crate::formats::{self, ExportOptions, Format, ImportMode, ImportReport};

/// A project with these pictures by their ids, and the class `cat` with the id 1.
fn project(pictures: &[(u32, &str)]) -> Document {
    let mut document = Document::default();
    insert_category(&mut document, 1, "cat");
    for (id, path) in pictures {
        insert_picture(&mut document, Picture::new(PictureId(*id), *path, 100, 80));
    }
    document
}

fn row(image_id: impl Into<Value>) -> Value {
    let image_id: Value = image_id.into();
    json!({"image_id": image_id, "category_id": 1, "bbox": [10, 10, 20, 20], "score": 0.5})
}

fn import(document: &Document, rows: &[Value]) -> (Document, ImportReport) {
    let folder = Folder::new();
    let path = folder.write("predictions.json", Value::from(rows).to_string());
    assert_eq!(formats::detect_format(&path), Some(Format::CocoResults));
    import_into(
        document,
        &path,
        folder.path(),
        Format::CocoResults,
        ImportMode::Merge,
    )
}

/// The paths of the pictures with boxes.
fn with_boxes(document: &Document) -> Vec<&str> {
    let pictures = document.pictures();
    let with = pictures.filter(|picture| !document.annotations(picture.id).is_empty());
    with.map(|picture| &*picture.path).collect()
}

#[test]
fn an_image_id_is_a_name_before_it_is_an_id() {
    let document = project(&[
        (1, "a/000007.jpg"),
        (2, "b/x 1.jpg"),
        (3, "c/ü.png"),
        (7, "d/0.jpg"),
    ]);
    for (rows, expected) in [
        (vec![row("x 1")], "b/x 1.jpg"),
        (vec![row("b/x 1")], "b/x 1.jpg"),
        (vec![row("u\u{308}")], "c/ü.png"),
        (vec![row(0)], "d/0.jpg"),
        (vec![row(3)], "c/ü.png"),
        (vec![row("3")], "c/ü.png"),
        (vec![row("000007")], "a/000007.jpg"),
        // Another row of the file shows that its ids are names, or ids.
        (vec![row(7), row(7.0), row("000007")], "a/000007.jpg"),
    ] {
        let (after, report) = import(&document, &rows[..1]);
        if rows.len() == 1 {
            let is_conflict = expected == "a/000007.jpg";
            assert_eq!(
                after.annotation_count(),
                usize::from(!is_conflict),
                "{report:?}"
            );
            if !is_conflict {
                assert_eq!(with_boxes(&after), [expected], "{rows:?}");
            }
        }
    }
    let (after, report) = import(&document, &[row(7)]);
    assert_eq!(after.annotation_count(), 0);
    assert!(mentions(
        &report.skipped,
        "may be a/000007.jpg by its name or d/0.jpg by its id"
    ));
    let (after, _) = import(&document, &[row(7), row("x 1")]);
    assert_eq!(with_boxes(&after), ["a/000007.jpg", "b/x 1.jpg"]);
    let (after, _) = import(&document, &[row(7), row(2)]);
    assert_eq!(with_boxes(&after), ["b/x 1.jpg", "d/0.jpg"]);
    let (_, report) = import(&document, &[row(99), row(99), row("nobody")]);
    assert!(mentions(&report.skipped, "picture 99 is neither"));
    assert!(mentions(&report.skipped, "(2 results)"));
    assert!(mentions(&report.skipped, "picture \"nobody\" is neither"));
}

#[test]
fn a_file_name_comes_first_and_ambiguous_names_get_nothing() {
    let document = project(&[
        (1, "a/7.jpg"),
        (2, "b/7.jpg"),
        (3, "c/007.jpg"),
        (4, "c/one.jpg"),
    ]);
    let named = |name: &str, id: u32| {
        let mut row = row(id);
        row["file_name"] = name.into();
        row
    };
    for name in ["b/7.jpg", "/data/b/7.jpg", "b\\7.jpg", "B/7.JPG", "b/7.png"] {
        let (after, report) = import(&document, &[named(name, 1)]);
        assert_eq!(with_boxes(&after), ["b/7.jpg"], "{name}: {report:?}");
    }
    // The same picture by its name and by its id.
    let (after, report) = import(&document, &[named("one.jpg", 9), row(4), row("one")]);
    assert_eq!(
        (with_boxes(&after), report.proposals),
        (vec!["c/one.jpg"], 3)
    );
    for rows in [[row(7)], [row("7")], [named("7.jpg", 1)]] {
        let (after, report) = import(&document, &rows);
        assert_eq!(after.annotation_count(), 0, "{rows:?}");
        assert!(mentions(&report.skipped, "could be"), "{report:?}");
    }
    let (_, report) = import(&document, &[named("nowhere.jpg", 1)]);
    assert_eq!(report.missing, 1);
}

#[test]
fn classes_that_the_project_lacks_are_named_by_their_number() {
    let document = project(&[(1, "a.jpg")]);
    let mut other = row(1);
    other["category_id"] = 17.into();
    let (after, report) = import(&document, &[row(1), other]);
    let rows = after.annotations(PictureId(1)).iter();
    let names: Vec<_> = rows.filter_map(|row| after.name_of(row)).collect();
    assert_eq!(names, ["cat", "class 17"]);
    assert_eq!(after.categories().count(), 1, "it is only suggested");
    assert!(mentions(
        &report.changed,
        "1 proposal has the suggested name \"class 17\""
    ));
}

#[test]
fn our_own_list_means_the_pictures_that_it_was_made_of() {
    // By their names alone, the numbers would lead to other pictures.
    let document = project(&[(1, "2.jpg"), (2, "1.jpg")]);
    let (document, _) = import(
        &document,
        &[json!({
            "image_id": 1, "file_name": "2.jpg", "category_id": 1, "bbox": [1, 2, 3, 4], "score": 0.25,
        })],
    );
    let folder = Folder::new();
    let out = folder.path().join("results.json");
    let options = ExportOptions::new(Format::CocoResults);
    formats::export(&document, folder.path(), &options, &out).unwrap();
    let bare = project(&[(1, "2.jpg"), (2, "1.jpg")]);
    let (back, _) = import_into(
        &bare,
        &out,
        folder.path(),
        Format::CocoResults,
        ImportMode::Merge,
    );
    assert_eq!(with_boxes(&back), ["2.jpg"]);
}
