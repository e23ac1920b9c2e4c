//! Instances files as values.

use std::fs;

use serde_json::{Map, Value};

use crate::formats::coco::{Annotation, Category, Image, Instances};
use crate::geometry::BBox;

fn sample() -> Instances {
    Instances {
        images: vec![Image {
            id: 1,
            width: 10,
            height: 8,
            file_name: "猫/\u{1f431} \"a\".jpg".to_owned(),
            extra: Map::new(),
        }],
        annotations: vec![Annotation::new(
            1,
            1,
            1,
            &BBox::from_xywh(1.006, 2.0, 3.0, 4.0),
            Some(0.5),
        )],
        categories: vec![Category {
            id: 1,
            name: "猫".to_owned(),
            supercategory: String::new(),
            extra: Map::new(),
        }],
        ..Instances::default()
    }
}

#[test]
fn a_written_file_is_ascii_and_reads_back_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.json");
    sample().write(&path).unwrap();
    assert!(fs::read(&path).unwrap().is_ascii());
    assert_eq!(Instances::read(&path).unwrap(), sample());
    let json: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let annotation = &json["annotations"][0];
    assert_eq!(annotation["segmentation"], Value::Array(Vec::new()));
    assert_eq!(annotation["iscrowd"], 0);
    assert_eq!(annotation["area"], 12.0);
    assert!(json["info"].is_object());
}

#[test]
fn unknown_keys_are_kept() {
    let mut value = serde_json::to_value(sample()).unwrap();
    value["annotations"][0]["keypoints"] = serde_json::json!([1, 2, 2]);
    value["videos"] = serde_json::json!([{"id": 1}]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("in.json");
    fs::write(&path, value.to_string()).unwrap();
    let instances = Instances::read(&path).unwrap();
    assert_eq!(serde_json::to_value(instances).unwrap(), value);
}

#[test]
fn broken_references_and_repeated_ids_are_reported() {
    let check = |change: &dyn Fn(&mut Instances)| {
        let mut instances = sample();
        change(&mut instances);
        instances.check().unwrap_err()
    };
    let text = check(&|file| file.annotations[0].image_id = 7);
    assert!(text.contains("picture 7"), "{text}");
    let text = check(&|file| file.annotations[0].category_id = 9);
    assert!(text.contains("category 9"), "{text}");
    let text = check(&|file| file.images.push(file.images[0].clone()));
    assert!(text.contains("id 1"), "{text}");
}

#[test]
fn a_failed_write_leaves_the_file_unchanged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.json");
    fs::write(&path, "before").unwrap();
    let mut broken = sample();
    broken.annotations[0].image_id = 7;
    assert!(broken.write(&path).is_err());
    assert_eq!(fs::read_to_string(&path).unwrap(), "before");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

/// Reads the sample after a change to its JSON.
fn read_changed(change: impl Fn(&mut Value)) -> Result<Instances, String> {
    let mut value = serde_json::to_value(sample()).unwrap();
    change(&mut value);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("in.json");
    fs::write(&path, format!("\u{feff}{value}")).unwrap();
    Instances::read(&path).map_err(|error| error.to_string())
}

#[test]
fn ids_and_encodings_are_accepted_as_in_an_import() {
    let read = read_changed(|value| {
        value["images"][0]["id"] = 1.0.into();
        value["annotations"][0]["image_id"] = "1".into();
        value["annotations"][0]["iscrowd"] = false.into();
    });
    assert_eq!(read, Ok(sample()));
}

#[test]
fn a_row_that_cannot_be_read_is_an_error() {
    let check = |change: fn(&mut Value), expected: &str| {
        let text = read_changed(change).unwrap_err();
        assert!(
            text.contains("in.json: ") && text.contains(expected),
            "{text}"
        );
    };
    check(
        |file| file["images"][0]["width"] = "wide".into(),
        "no usable width",
    );
    check(
        |file| file["images"][0]["id"] = "x".into(),
        "the picture id \"x\"",
    );
    check(|file| file["annotations"][0]["bbox"] = 1.into(), "no bbox");
    check(
        |file| file["annotations"][0]["score"] = "high".into(),
        "a score that is not a number",
    );
    check(
        |file| file["categories"][0]["name"] = Value::Null,
        "has no name",
    );
    check(|file| file["info"] = 1.into(), "`info` is not an object");
    check(|file| *file = Value::Object(Map::new()), "no `images`");
}
