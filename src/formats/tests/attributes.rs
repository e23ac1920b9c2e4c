//! Attributes of boxes in the formats that have them.

use serde_json::{Value, json};

use super::common::{Folder, import_into, sample, without_boxes};
use crate::document::{AnnotationId, AttributeValue, Document, PictureId, ops};
use crate::formats::{self, ExportOptions, Format, ImportMode};

/// The sample with attributes on its first box.
fn attributed() -> Document {
    let mut document = sample();
    for (name, value) in [
        ("colour", AttributeValue::Text("red".to_owned())),
        ("age", AttributeValue::Number(3.5)),
        ("<é \"x\">", AttributeValue::Text("a, b & c".to_owned())),
    ] {
        let edit = ops::set_attribute(&document, &[AnnotationId(7)], name, Some(&value));
        document.apply(edit.unwrap()).unwrap();
    }
    document
}

#[test]
fn attributes_survive_coco_cvat_and_labelme() {
    let document = attributed();
    let expected = document.annotation(AnnotationId(7)).unwrap().1.attributes();
    for format in [Format::Coco, Format::Cvat, Format::LabelMe] {
        let folder = Folder::new();
        let options = ExportOptions::new(format);
        let name = if options.makes_folder() {
            "out"
        } else {
            "out.json"
        };
        let out = folder.path().join(name);
        formats::export(&document, folder.path(), &options, &out).unwrap();
        let bare = without_boxes(&document);
        let (back, _) = import_into(&bare, &out, folder.path(), format, ImportMode::Merge);
        let rows = back.annotations(PictureId(3)).iter();
        let row = rows.min_by(|a, b| a.rect.x0.total_cmp(&b.rect.x0)).unwrap();
        let mut found = row.attributes();
        // CVAT writes its flags as attributes of every box, too.
        found.retain(|name, _| expected.contains_key(name));
        assert_eq!(found.len(), 3, "{format:?}");
        for (name, value) in &expected {
            assert_eq!(found[name].to_text(), value.to_text(), "{format:?} {name}");
            assert_eq!(found[name].as_number(), value.as_number());
        }
    }
}

#[test]
fn attributes_of_shapes_are_read_and_written_by_labelme() {
    let folder = Folder::new();
    let file = json!({
        "imagePath": "a.jpg", "imageHeight": 80, "imageWidth": 100,
        "shapes": [{
            "label": "dog", "shape_type": "rectangle", "points": [[1, 2], [30, 40]],
            "attributes": {"colour": "red"}, "flags": {"wet": true}, "group_id": 4,
        }],
    });
    let path = folder.write("a.json", file.to_string());
    let bare = without_boxes(&sample());
    let mode = ImportMode::Merge;
    let (after, _) = import_into(&bare, &path, folder.path(), Format::LabelMe, mode);
    let row = &after.annotations(PictureId(3))[0];
    let colour = AttributeValue::Text("red".to_owned());
    assert_eq!(row.attributes().get("colour"), Some(&colour));
    let blue = AttributeValue::Text("blue".to_owned());
    let edit = ops::set_attribute(&after, &[row.id], "colour", Some(&blue)).unwrap();
    let mut changed = after.clone();
    changed.apply(edit).unwrap();
    let out = folder.path().join("out");
    let options = ExportOptions::new(Format::LabelMe);
    formats::export(&changed, folder.path(), &options, &out).unwrap();
    let text = std::fs::read_to_string(out.join("a.json")).unwrap();
    let written: Value = serde_json::from_str(&text).unwrap();
    let shape = &written["shapes"][0];
    assert_eq!(shape["attributes"], json!({"colour": "blue"}));
    assert_eq!(
        (&shape["flags"]["wet"], &shape["group_id"]),
        (&json!(true), &json!(4))
    );
}
