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
fn what_an_import_accepts_is_accepted() {
    let read = read_changed(|value| {
        value["info"] = Value::Null;
        value["licenses"] = Value::Null;
        value["images"][0]["id"] = 1.0.into();
        value["images"][0]["width"] = 10.0.into();
        value["images"][0]["height"] = "8".into();
        value["annotations"][0]["image_id"] = " 1 ".into();
        value["annotations"][0]["iscrowd"] = false.into();
        value["annotations"][0]["area"] = "12".into();
        value["annotations"][0]["score"] = "5e-1".into();
        let [x, y, width, height] = [1.01, 2.0, 3.0, 4.0];
        value["annotations"][0]["bbox"] =
            serde_json::json!({"x": x, "y": y, "width": width, "height": height.to_string()});
        value["categories"][0]["supercategory"] = Value::Null;
    });
    assert_eq!(read, Ok(sample()));
    let nulls = read_changed(|value| {
        for key in ["area", "iscrowd", "segmentation", "score"] {
            value["annotations"][0][key] = Value::Null;
        }
        value["categories"][0]["name"] = Value::Null;
        value["images"][0]["width"] = "wide".into();
    });
    let mut expected = sample();
    expected.annotations[0].segmentation = Value::Null;
    expected.annotations[0].score = None;
    expected.categories[0].name = "class 1".to_owned();
    [expected.images[0].width, expected.images[0].height] = [0, 0];
    assert_eq!(nulls, Ok(expected));
}

#[test]
fn ids_that_are_no_numbers_get_numbers_and_repeated_ones_others() {
    let read = read_changed(|value| {
        let mut other = value["images"][0].clone();
        other["id"] = (-4).into();
        other["file_name"] = "b.jpg".into();
        let images = value["images"].as_array_mut().unwrap();
        images.push(images[0].clone());
        images.push(other);
        let row = value["annotations"][0].clone();
        let mut row_of = |id: Value, image: Value| {
            let mut row = row.clone();
            row["id"] = id;
            row["image_id"] = image;
            value["annotations"].as_array_mut().unwrap().push(row);
        };
        row_of(1.into(), "1".into());
        row_of("x1".into(), "-4.0".into());
        row_of(Value::Null, (-4.0).into());
    })
    .unwrap();
    let ids: Vec<u64> = read.images.iter().map(|row| row.id).collect();
    assert_eq!(ids, [1, 2]);
    let rows = read.annotations.iter();
    let rows: Vec<_> = rows.map(|row| (row.id, row.image_id)).collect();
    assert_eq!(rows, [(1, 1), (2, 1), (3, 2), (4, 2)]);
}

#[test]
fn a_row_that_repeats_an_earlier_one_is_no_fault() {
    let repeat = |value: &mut Value, list: &str, other: Value| {
        let rows = value[list].as_array_mut().unwrap();
        let mut again = rows[0].clone();
        again["note"] = "again".into();
        rows.extend([other, rows[0].clone(), again]);
    };
    let read = read_changed(|value| {
        let image = serde_json::json!({"id": 2, "width": 5, "height": 5, "file_name": "b.jpg"});
        repeat(value, "images", image);
        let category = serde_json::json!({"id": 2, "name": "dog"});
        repeat(value, "categories", category);
    });
    let read = read.unwrap();
    assert_eq!((read.images.len(), read.categories.len()), (2, 2));
    let text = read_changed(|value| {
        let image = serde_json::json!({"id": 1, "width": 5, "height": 5, "file_name": "b.jpg"});
        value["images"].as_array_mut().unwrap().push(image);
    });
    assert!(text.unwrap_err().contains("two pictures have the id 1"));
    let text = read_changed(|value| {
        let category = serde_json::json!({"id": 1, "name": "dog"});
        value["categories"].as_array_mut().unwrap().push(category);
    });
    assert!(text.unwrap_err().contains("two categories have the id 1"));
}

#[test]
fn a_box_is_that_of_its_outline_where_it_is_absent() {
    let mask = serde_json::json!({"size": [8, 10], "counts": [17, 4, 4, 4, 4, 4, 43]});
    for (bbox, outline, expected) in [
        (
            Value::Null,
            serde_json::json!([[1, 2, 4, 2, 4, 6]]),
            [1.0, 2.0, 3.0, 4.0],
        ),
        (serde_json::json!([]), mask.clone(), [2.0, 1.0, 3.0, 4.0]),
        (serde_json::json!([0, 0, 0, 0]), mask, [2.0, 1.0, 3.0, 4.0]),
    ] {
        let read = read_changed(|value| {
            value["annotations"][0]["bbox"] = bbox.clone();
            value["annotations"][0]["segmentation"] = outline.clone();
        });
        assert_eq!(read.unwrap().annotations[0].bbox, expected);
    }
}

#[test]
fn a_mask_of_another_copy_of_the_picture_gives_no_box() {
    let text = read_changed(|value| {
        value["annotations"][0]["bbox"] = Value::Null;
        value["annotations"][0]["segmentation"] =
            serde_json::json!({"size": [10, 8], "counts": [17, 4, 59]});
    });
    let text = text.unwrap_err();
    let expected = "annotation 1 has no bbox, and its mask has 8 x 10 pixels instead of 10 x 8";
    assert!(text.contains(expected), "{text}");
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
        |file| file["annotations"][0]["image_id"] = "x".into(),
        "picture \"x\", which is not in the file",
    );
    check(
        |file| file["images"][0]["file_name"] = Value::Null,
        "no file_name",
    );
    check(
        |file| file["annotations"][0]["bbox"] = serde_json::json!(["1,5", 1, 1, 1]),
        "write decimals with a point",
    );
    check(|file| file["annotations"][0]["bbox"] = 1.into(), "no bbox");
    check(
        |file| file["annotations"][0]["score"] = "high".into(),
        "a score that is not a number",
    );
    check(|file| file["info"] = 1.into(), "`info` is not an object");
    check(|file| *file = Value::Object(Map::new()), "no `images`");
}
