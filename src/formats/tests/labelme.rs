//! labelme.

use serde_json::{Value, json};

use super::common::{Folder, coco_file, import_into, mentions, sample, without_boxes};
use crate::document::{BoxState, PictureId};
use crate::formats::{self, Format, ImportMode};
use crate::geometry::BBox;

#[test]
fn labelme_shapes_become_boxes() {
    let folder = Folder::new();
    let file = json!({
        "version": "5.0", "flags": {"blurred": true}, "imagePath": "..\\pictures\\a.jpg", "imageData": "AAAA",
        "imageHeight": 80, "imageWidth": 100,
        "shapes": [
            {"label": "dog", "shape_type": "rectangle", "points": [[30, 40], [10, 20]], "flags": {"difficult": true, "odd": true}, "group_id": 3},
            {"label": "dog", "shape_type": "polygon", "points": [[1, 1], [9, 1], [9, 9]]},
            {"label": "dog", "shape_type": "circle", "points": [[50, 50], [50, 60]]},
            {"label": "dog", "shape_type": "point", "points": [[50, 50]]},
        ],
    });
    let path = folder.write("a.json", file.to_string());
    assert_eq!(formats::detect_format(&path), Some(Format::LabelMe));
    let (after, report) = import_into(
        &without_boxes(&sample()),
        &path,
        folder.path(),
        Format::LabelMe,
        ImportMode::Merge,
    );
    let rows = after.annotations(PictureId(3));
    assert_eq!(rows.len(), 3, "{report:?}");
    assert_eq!(
        rows[0].rect,
        BBox {
            x0: 10.0,
            y0: 20.0,
            x1: 30.0,
            y1: 40.0
        }
    );
    assert!(rows[0].flags.difficult);
    assert_eq!(
        rows[0].extra.as_deref(),
        Some("{\"labelme\":{\"flags\":{\"odd\":true},\"group_id\":3}}")
    );
    assert_eq!(
        rows[2].rect,
        BBox {
            x0: 40.0,
            y0: 40.0,
            x1: 60.0,
            y1: 60.0
        }
    );
    assert!(
        mentions(&report.changed, "a polygon \"dog\" was reduced")
            && mentions(&report.skipped, "fewer than two points")
    );
}

#[test]
fn labelme_is_recognised_whatever_the_order_of_its_keys() {
    let folder = Folder::new();
    let rest = "\"imageHeight\": 80, \"imageWidth\": 100, \"imagePath\": \"a.jpg\", \"shapes\": []";
    let data = "A".repeat(200_000);
    for text in [
        format!("{{\"imageData\": \"{data}\", {rest}}}"),
        format!("{{\"version\": \"5\", \"imageData\": \"{data}\", {rest}}}"),
        format!("{{{rest}, \"images\": [], \"imageData\": \"{data}\"}}"),
    ] {
        let path = folder.write("a.json", text);
        assert_eq!(formats::detect_format(&path), Some(Format::LabelMe));
    }
}

#[test]
fn labels_and_numbers_of_other_types_are_read() {
    let folder = Folder::new();
    let rectangle = |label: Value, points: Value| json!({"label": label, "shape_type": "rectangle", "points": points, "flags": null});
    let mut scored = rectangle(json!("dog"), json!([[1, 1], [5, 5]]));
    scored["score"] = json!(0.5);
    let mut unscored = rectangle(json!("dog"), json!([[60, 60], [70, 70]]));
    unscored["score"] = json!(null);
    let file = json!({
        "imagePath": "a.jpg", "imageHeight": "80", "imageWidth": 100.0,
        "shapes": [
            rectangle(json!(7), json!([["10", "2e1"], [30.5, 40]])),
            rectangle(json!(true), json!([[50, 20], [40, 30]])),
            rectangle(json!(null), json!([[50, 20], [40, 30]])),
            rectangle(json!("dog"), json!([["1,5", 20], [40, 30]])),
            rectangle(json!("dog"), json!([[1, 20, 3], [40, 30]])),
            scored, unscored,
        ],
    });
    let path = folder.write("a.json", file.to_string());
    let document = without_boxes(&sample());
    let (after, report) = import_into(
        &document,
        &path,
        folder.path(),
        Format::LabelMe,
        ImportMode::Merge,
    );
    let rows = after.annotations(PictureId(3));
    let names = rows.iter().map(|row| &*after.class_of(row).unwrap().name);
    assert_eq!(Vec::from_iter(names), ["7", "true", "dog", "dog"]);
    assert_eq!(rows[0].rect, BBox::from_corners(10.0, 20.0, 30.5, 40.0));
    assert_eq!(rows[1].rect, BBox::from_corners(40.0, 20.0, 50.0, 30.0));
    assert_eq!(
        (rows[2].state, rows[2].score),
        (BoxState::Proposed, Some(0.5))
    );
    assert_eq!(rows[3].state, BoxState::Drawn);
    for part in [
        "no label",
        "write decimals with a point",
        "a point has 3 numbers",
    ] {
        assert!(mentions(&report.skipped, part), "{part}: {report:?}");
    }
    assert!(!mentions(&report.changed, "the file says"), "{report:?}");
}

#[test]
fn one_bad_file_does_not_stop_the_others() {
    let shape = json!({"label": "dog", "shape_type": "rectangle", "points": [[1, 1], [5, 5]]});
    let labelme = json!({"imagePath": "a.jpg", "shapes": [shape]}).to_string();
    let coordinates = json!({"x": 3, "y": 3, "width": 4, "height": 4});
    let createml =
        json!([{"image": "a.jpg", "annotations": [{"label": "dog", "coordinates": coordinates}]}]);
    let xml = "<annotation><filename>a.jpg</filename><object><name>dog</name><bndbox><xmin>2</xmin>\
               <ymin>2</ymin><xmax>5</xmax><ymax>5</ymax></bndbox></object></annotation>";
    let mut coco = coco_file(&json!([1, 1, 4, 4]));
    coco["categories"][0]["name"] = "dog".into();
    for (format, name, good) in [
        (Format::LabelMe, "a.json", labelme),
        (Format::CreateMl, "z.json", createml.to_string()),
        (Format::Voc, "a.xml", xml.to_owned()),
        (Format::Coco, "z.json", coco.to_string()),
    ] {
        let folder = Folder::new();
        folder.write(name, &good);
        let extension = name.rsplit('.').next().unwrap();
        // Cut off in the middle, and no text at all.
        folder.write(&format!("0.{extension}"), &good[..good.len() / 2]);
        folder.write(
            &format!("1.{extension}"),
            [&good.as_bytes()[..20], b"\xff\xff"].concat(),
        );
        let document = without_boxes(&sample());
        let root = folder.path();
        let (after, report) = import_into(&document, root, root, format, ImportMode::Merge);
        let rows = after.annotations(PictureId(3));
        assert_eq!(rows.len(), 1, "{format}: {report:?}");
        assert_eq!(
            rows[0].rect,
            BBox::from_corners(1.0, 1.0, 5.0, 5.0),
            "{format}"
        );
        assert!(!report.skipped.is_empty(), "{format}");
    }
}
