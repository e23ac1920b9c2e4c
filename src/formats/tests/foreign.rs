//! Files as CVAT, Label Studio, VIA and Open Images write them, and proposals for Label Studio.

use std::fs;

use serde_json::{Value, json};

use super::common::insert_box;
use super::common::{
    Folder, import_into, insert_category, insert_picture, mentions, proposed, sample,
};
use crate::document::{BoxState, Document, Flags, Origin, Picture, PictureId, ReviewState};
use crate::formats::{
    self, BoxSelection, ExportOptions, Format, ImportMode, ImportReport, PictureScope,
};
use crate::geometry::BBox;

/// The boxes that a file gives for pictures of 200 x 100 pixels with these paths.
fn imported(file: &str, content: &str, format: Format, paths: &[&str]) -> (Document, ImportReport) {
    let folder = Folder::new();
    let path = folder.write(file, content);
    assert_eq!(formats::detect_format(&path), Some(format));
    let mut document = Document::default();
    for (id, path) in (1..).zip(paths) {
        insert_picture(&mut document, Picture::new(PictureId(id), *path, 200, 100));
    }
    import_into(
        &document,
        &path,
        &folder.path().join("root"),
        format,
        ImportMode::Merge,
    )
}

/// The class, the edges and the flags of each box of a picture.
fn boxes(document: &Document, picture: u32) -> Vec<(String, [f32; 4], Flags)> {
    let rows = document.annotations(PictureId(picture)).iter();
    let rows = rows.map(|row| {
        let BBox { x0, y0, x1, y1 } = row.rect;
        let name = document.name_of(row).unwrap();
        (name.to_owned(), [x0, y0, x1, y1], row.flags)
    });
    rows.collect()
}

fn review(document: &Document, picture: u32) -> ReviewState {
    document.picture(PictureId(picture)).unwrap().review
}

const OCCLUDED: Flags = Flags {
    crowd: false,
    difficult: false,
    occluded: true,
    truncated: false,
};

#[test]
fn cvat_images_are_read_with_flags_attributes_and_other_shapes() {
    let xml = r##"<?xml version="1.0" encoding="utf-8"?>
<annotations>
  <version>1.1</version>
  <meta><task><id>7</id><name>pets</name><labels>
    <label><name>dog</name><color>#ff0102</color><type>any</type>
      <attributes><attribute><name>breed</name><mutable>False</mutable><input_type>text</input_type>
        <default_value></default_value><values></values></attribute></attributes></label>
    <label><name>cat &amp; kitten</name><attributes></attributes></label>
  </labels></task><dumped>2024-01-01</dumped></meta>
  <image id="0" name="sub/a.jpg" subset="Train" task_id="7" width="200" height="100">
    <box label="cat &amp; kitten" source="manual" occluded="1" xtl="10.50" ytl="20.00" xbr="60.25" ybr="70.00" z_order="0">
      <attribute name="breed">black &lt;cat&gt;</attribute>
      <attribute name="difficult">false</attribute>
    </box>
    <box label="dog" source="file" occluded="0" xtl="80" ytl="40" xbr="120" ybr="60" rotation="90.00" z_order="0"/>
    <polygon label="dog" source="manual" occluded="0" points="1.0,2.0;31.0,2.0;31.0,42.0" z_order="0">
    </polygon>
    <ellipse label="dog" cx="100" cy="50" rx="20" ry="10" occluded="0" z_order="0"/>
    <mask label="dog" source="manual" occluded="0" rle="3, 3" left="5" top="6" width="7" height="8" z_order="0"/>
    <points label="dog" points="1,1;2,2" occluded="0"/>
    <tag label="outdoor" source="manual"></tag>
  </image>
  <image id="1" name="b.jpg" width="200" height="100">
  </image>
  <track id="0" label="dog"><box frame="0" xtl="1" ytl="1" xbr="2" ybr="2"/></track>
</annotations>"##;
    let (document, report) = imported("in.xml", xml, Format::Cvat, &["sub/a.jpg", "b.jpg"]);
    let none = Flags::default();
    assert_eq!(
        boxes(&document, 1),
        [
            (
                "cat & kitten".to_owned(),
                [10.5, 20.0, 60.25, 70.0],
                OCCLUDED
            ),
            ("dog".to_owned(), [90.0, 30.0, 110.0, 70.0], none),
            ("dog".to_owned(), [1.0, 2.0, 31.0, 42.0], none),
            ("dog".to_owned(), [80.0, 40.0, 120.0, 60.0], none),
            ("dog".to_owned(), [5.0, 6.0, 12.0, 14.0], none),
        ]
    );
    let rows = document.annotations(PictureId(1));
    assert_eq!(
        rows[0].extra.as_deref(),
        Some(r#"{"attributes":{"breed":"black <cat>"}}"#)
    );
    let outline: Value = serde_json::from_str(rows[2].extra.as_deref().unwrap()).unwrap();
    assert_eq!(
        outline["segmentation"],
        json!([[1.0, 2.0, 31.0, 2.0, 31.0, 42.0]])
    );
    let classes: Vec<_> = document
        .categories()
        .map(|row| (&*row.name, row.colour))
        .collect();
    assert_eq!(classes[0], ("dog", [255, 1, 2]));
    assert_eq!(document.picture(PictureId(1)).unwrap().tags.len(), 1);
    // A shape could not be read, so somebody has to look at the picture again.
    assert_eq!(review(&document, 1), ReviewState::InReview);
    // CVAT lists pictures that nobody has labelled.
    assert_eq!(review(&document, 2), ReviewState::New);
    assert!(
        mentions(&report.skipped, "1 track was left out"),
        "{report:?}"
    );
    assert!(
        mentions(&report.skipped, "a points \"dog\" is not a box"),
        "{report:?}"
    );

    // What is kept comes back.
    let out = Folder::new();
    let file = out.path().join("out.xml");
    let mut options = ExportOptions::new(Format::Cvat);
    options.scope = PictureScope::All;
    formats::export(&document, out.path(), &options, &file).unwrap();
    let bare = super::common::without_boxes(&document);
    let (back, _) = import_into(&bare, &file, out.path(), Format::Cvat, ImportMode::Merge);
    assert_eq!(boxes(&back, 1), boxes(&document, 1));
    assert_eq!(review(&back, 2), ReviewState::New);
    assert_eq!(back.annotations(PictureId(1))[0].extra, rows[0].extra);
}

#[test]
fn label_studio_annotations_are_truth_and_predictions_are_proposals() {
    let region = |id: &str, x: f64, label: &str| {
        json!({
            "id": id, "type": "rectanglelabels", "from_name": "label", "to_name": "image",
            "original_width": 200, "original_height": 100, "image_rotation": 0,
            "value": {"x": x, "y": 20.0, "width": 30.0, "height": 40.0, "rotation": 0,
                      "rectanglelabels": [label]},
        })
    };
    let mut noted = region("n", 10.0, "cat");
    noted["meta"] = json!({"text": ["occluded", "see me"]});
    let mut scored = region("s", 50.0, "dog");
    scored["score"] = 0.75.into();
    let rectangle = json!({
        "id": "pair", "type": "rectangle", "original_width": 200, "original_height": 100,
        "value": {"x": 0, "y": 0, "width": 10, "height": 10, "rotation": 90},
    });
    let labels = json!({
        "id": "pair", "type": "labels", "original_width": 200, "original_height": 100,
        "value": {"x": 0, "y": 0, "width": 10, "height": 10, "rotation": 90, "labels": ["car"]},
    });
    let tasks = json!([
        {"id": 1, "data": {"image": "/data/upload/1/0a1b2c3d-a.jpg", "note": "x.txt"},
         "annotations": [
            {"id": 5, "was_cancelled": true, "result": [region("no", 1.0, "no")]},
            {"id": 6, "was_cancelled": false, "ground_truth": true, "result": [
                noted, {"type": "choices", "value": {"choices": ["outdoor"]}, "id": "c"},
                {"type": "relation", "from_id": "a", "to_id": "b"}]},
            {"id": 7, "was_cancelled": false, "result": [region("later", 2.0, "no")]}],
         "predictions": [{"result": [scored]}]},
        {"id": 2, "data": {"image": "/data/local-files/?d=pics/sub%20x/b.jpg"}, "annotations": [],
         "predictions": [
            {"model_version": "old", "result": [region("o", 1.0, "no")]},
            {"model_version": "yolo-7", "score": 0.5, "result": [scored, region("u", 5.0, "cat")]}]},
        {"id": 3, "data": {"image": "s3://bucket/c.jpg"},
         "annotations": [{"id": 8, "result": []}], "predictions": []},
        {"id": 4, "data": {"image": "https://example.org/d.jpg?token=1"},
         "annotations": [{"id": 8, "result": [rectangle, labels]}]},
        {"id": 5, "data": {"image": "e.jpg"}, "annotations": [], "predictions": []},
    ]);
    let paths = ["a.jpg", "sub x/b.jpg", "c.jpg", "d.jpg", "e.jpg"];
    let text = tasks.to_string();
    let (document, report) = imported("in.json", &text, Format::LabelStudio, &paths);
    assert_eq!(report.skipped.texts.len(), 1, "{report:?}");
    let none = Flags::default();
    assert_eq!(
        boxes(&document, 1),
        [("cat".to_owned(), [20.0, 20.0, 80.0, 60.0], OCCLUDED)]
    );
    assert_eq!(document.picture(PictureId(1)).unwrap().tags.len(), 1);
    let proposals = document.annotations(PictureId(2));
    assert_eq!(
        boxes(&document, 2)[0],
        ("dog".to_owned(), [100.0, 20.0, 160.0, 60.0], none)
    );
    assert!(proposals.iter().all(|row| row.state == BoxState::Proposed));
    assert_eq!(
        proposals.iter().map(|row| row.score).collect::<Vec<_>>(),
        [Some(0.75), Some(0.5)]
    );
    let Origin::Model(model) = &proposals[0].origin else {
        panic!("not of a model")
    };
    assert_eq!(&*model.name, "yolo-7");
    // Rotated clockwise about its top left corner, in pixels: it lies to the left of the picture.
    assert_eq!(boxes(&document, 4), []);
    assert!(mentions(&report.skipped, "is outside the picture"));
    let states = [1, 2, 3, 4, 5].map(|id| review(&document, id));
    let expected = [
        ReviewState::Done,
        ReviewState::Proposed,
        ReviewState::Done,
        ReviewState::InReview,
        ReviewState::New,
    ];
    assert_eq!(states, expected);
    assert!(mentions(&report.changed, "of 2 annotations"), "{report:?}");
}

#[test]
fn the_short_form_of_label_studio_is_read() {
    let tasks = json!([
        {"image": "/data/upload/1/0a1b2c3d-a.jpg", "id": 1, "annotator": 1, "annotation_id": 3,
         "lead_time": 2.5, "label": [
            {"x": 10, "y": 20, "width": 30, "height": 40, "rotation": 0,
             "rectanglelabels": ["cat"], "original_width": 200, "original_height": 100}]},
        {"image": "b.jpg", "id": 2, "annotator": 1, "annotation_id": 4, "lead_time": 2.5},
    ]);
    let text = tasks.to_string();
    let (document, report) = imported("in.json", &text, Format::LabelStudio, &["a.jpg", "b.jpg"]);
    assert!(report.skipped.is_empty(), "{report:?}");
    assert_eq!(boxes(&document, 1)[0].1, [20.0, 20.0, 80.0, 60.0]);
    assert!(document.is_verified_empty(PictureId(2)));
}

#[test]
fn proposals_go_to_label_studio_as_predictions_and_come_back() {
    let mut document = Document::default();
    insert_category(&mut document, 1, "dog");
    for (id, review) in [
        (1, ReviewState::Proposed),
        (2, ReviewState::Done),
        (3, ReviewState::New),
    ] {
        let picture = Picture::new(PictureId(id), format!("ü {id}.jpg"), 100, 80);
        insert_picture(&mut document, Picture { review, ..picture });
    }
    insert_box(&mut document, 1, proposed(1, [5.0, 5.0, 20.0, 20.0], 1));
    let folder = Folder::new();
    let out = folder.path().join("tasks.json");
    let mut options = ExportOptions::new(Format::LabelStudio);
    options.boxes = BoxSelection::Proposals;
    let report = formats::export(&document, folder.path(), &options, &out).unwrap();
    assert_eq!((report.pictures, report.boxes), (1, 1));
    let tasks: Value = serde_json::from_str(&fs::read_to_string(&out).unwrap()).unwrap();
    assert_eq!(
        tasks[0]["data"]["image"],
        "/data/local-files/?d=%C3%BC%201.jpg"
    );
    assert_eq!(tasks[0]["annotations"], json!([]));
    assert_eq!(tasks[0]["predictions"][0]["result"][0]["score"], 0.5);
    assert_eq!(tasks[0]["predictions"][0]["model_version"], "dinov2 1");
    let bare = super::common::without_boxes(&document);
    let (back, _) = import_into(
        &bare,
        &out,
        folder.path(),
        Format::LabelStudio,
        ImportMode::Merge,
    );
    let [row] = back.annotations(PictureId(1)) else {
        panic!("not one box")
    };
    assert_eq!((row.state, row.score), (BoxState::Proposed, Some(0.5)));
    assert_eq!(row.rect, document.annotations(PictureId(1))[0].rect);
    // Other formats have no scores.
    options.format = Format::Cvat;
    assert!(formats::export(&sample(), folder.path(), &options, &out).is_err());
}

#[test]
fn via_projects_and_annotations_of_both_versions_are_read() {
    let rect = json!({"name": "rect", "x": 10, "y": 20, "width": 30, "height": 40});
    let circle = json!({"name": "circle", "cx": 50, "cy": 50, "r": 10});
    let polygon = json!({
        "name": "polygon", "all_points_x": [1, 31, 31], "all_points_y": [2, 2, 42],
    });
    let point = json!({"name": "point", "cx": 1, "cy": 1});
    let region = |shape: &Value, attributes: Value| json!({"shape_attributes": shape, "region_attributes": attributes});
    let metadata = json!({
        "a.jpg123": {"filename": "a.jpg", "size": 123, "file_attributes": {"caption": "x"}, "regions": [
            region(&rect, json!({"species": "cat"})),
            region(&circle, json!({"species": "dog"})),
        ]},
        // VIA 1 and exports of its time.
        "b.jpg-1": {"fileref": "", "size": -1, "filename": "b.jpg", "base64_img_data": "",
            "file_attributes": {}, "regions": {
            "0": region(&polygon, json!({"class": {"dog": true, "cat": false}})),
            "1": region(&point, json!({"class": "dog"})),
        }},
    });
    let paths = ["a.jpg", "b.jpg"];
    let text = metadata.to_string();
    let (document, report) = imported("in.json", &text, Format::Via, &paths);
    let none = Flags::default();
    let expected = [
        ("cat".to_owned(), [10.0, 20.0, 40.0, 60.0], none),
        ("dog".to_owned(), [40.0, 40.0, 60.0, 60.0], none),
    ];
    assert_eq!(boxes(&document, 1), expected);
    assert_eq!(
        boxes(&document, 2),
        [("dog".to_owned(), [1.0, 2.0, 31.0, 42.0], none)]
    );
    assert!(
        mentions(&report.skipped, "(point) is not a box"),
        "{report:?}"
    );
    assert_eq!(review(&document, 2), ReviewState::InReview);

    let project = json!({
        "_via_settings": {"ui": {}, "core": {}, "project": {"name": "p"}},
        "_via_img_metadata": metadata,
        "_via_attributes": {
            "region": {"species": {"type": "dropdown", "options": {"cat": "", "unused": ""}}},
            "file": {},
        },
        "_via_data_format_version": "2.0.10",
        "_via_image_id_list": ["a.jpg123", "b.jpg-1"],
    });
    let text = project.to_string();
    let (document, _) = imported("project.json", &text, Format::Via, &paths);
    assert_eq!(boxes(&document, 1), expected);
    assert!(document.category_named("unused").is_some());
}

#[test]
fn open_images_are_read_with_descriptions_flags_and_confidences() {
    let folder = Folder::new();
    let header = "ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded,IsTruncated,\
                  IsGroupOf,IsDepiction,IsInside";
    let boxes_file = format!(
        "{header}\n0001,xclick,/m/01yrx,1,0.1,0.4,0.2,0.6,1,0,0,0,0\n\
         0001,xclick,/m/0bt9lr,1,0.5,0.6,0.5,0.6,-1,-1,1,0,0\n\
         0002,activemil,/m/01yrx,1,0,x,0,1,0,0,0,0,0\n"
    );
    folder.write("annotations/oidv6-train-annotations-bbox.csv", &boxes_file);
    folder.write(
        "annotations/class-descriptions-boxable.csv",
        "/m/01yrx,Cat\n/m/0bt9lr,\"Dog, big\"\n/m/0000,Unused\n",
    );
    folder.write(
        "annotations/train-annotations-human-imagelabels.csv",
        "ImageID,Source,LabelName,Confidence\n0001,verification,/m/01yrx,1\n",
    );
    assert_eq!(
        formats::detect_format(folder.path()),
        Some(Format::OpenImages)
    );
    let mut document = Document::default();
    for id in [1, 2] {
        let picture = Picture::new(PictureId(id), format!("train/000{id}.jpg"), 200, 100);
        insert_picture(&mut document, picture);
    }
    let root = folder.path().join("root");
    let (after, report) = import_into(
        &document,
        folder.path(),
        &root,
        Format::OpenImages,
        ImportMode::Merge,
    );
    let crowd = Flags {
        crowd: true,
        ..Flags::default()
    };
    assert_eq!(
        boxes(&after, 1),
        [
            ("Cat".to_owned(), [20.0, 20.0, 80.0, 60.0], OCCLUDED),
            ("Dog, big".to_owned(), [100.0, 50.0, 120.0, 60.0], crowd),
        ]
    );
    assert_eq!(review(&after, 1), ReviewState::Done);
    assert!(
        mentions(&report.skipped, "row 4: an edge is not a number"),
        "{report:?}"
    );
    assert!(after.category_named("Unused").is_none());

    // Predictions: a file with a confidence between 0 and 1.
    let predicted = boxes_file
        .replace(",1,0.1,", ",0.8,0.1,")
        .replace("0,x,0,1", "0,1,0,1");
    let path = folder.write("predicted.csv", predicted);
    let (after, _) = import_into(
        &document,
        &path,
        &root,
        Format::OpenImages,
        ImportMode::Merge,
    );
    let rows = after.annotations(PictureId(1));
    assert!(rows.iter().all(|row| row.state == BoxState::Proposed));
    assert_eq!(rows[0].score, Some(0.8));
    assert_eq!(review(&after, 1), ReviewState::Proposed);
    assert_eq!(only_box_of(&after, 2).score, Some(1.0));
}

fn only_box_of(document: &Document, picture: u32) -> &crate::document::Annotation {
    let [row] = document.annotations(PictureId(picture)) else {
        panic!("not one box")
    };
    row
}

#[test]
fn a_set_that_is_not_of_a_format_is_refused_with_its_name() {
    let folder = Folder::new();
    for (format, file, content) in [
        (Format::Cvat, "a.xml", "<annotation></annotation>"),
        (Format::Cvat, "b.xml", "<annotations><image>"),
        (Format::LabelStudio, "c.json", "{}"),
        (Format::Via, "d.json", "[]"),
        (Format::OpenImages, "e.csv", "ImageID,LabelName\na,b\n"),
    ] {
        let path = folder.write(file, content);
        let outcome = formats::import(
            &Document::default(),
            &path,
            folder.path(),
            format,
            ImportMode::Merge,
        );
        let message = outcome.unwrap_err().to_string();
        assert!(message.contains(file), "{message}");
    }
}

#[test]
fn odd_attributes_of_a_file_of_via_are_no_fault() {
    for attributes in [json!([]), json!(""), json!(3), json!(null)] {
        let content = json!({"a.jpg1": {
            "filename": "a.jpg", "size": 1, "file_attributes": attributes,
            "regions": [{
                "shape_attributes": {"name": "rect", "x": "10", "y": 20, "width": 30, "height": 40},
                "region_attributes": {"label": "cat"},
            }],
        }});
        let (after, report) = imported("via.json", &content.to_string(), Format::Via, &["a.jpg"]);
        assert_eq!(after.annotation_count(), 1, "{report:?}");
    }
}

#[test]
fn a_file_of_a_folder_that_breaks_off_adds_nothing() {
    let image = |name: &str, class: &str| {
        format!(
            "<image name=\"{name}\" width=\"200\" height=\"100\">\
             <box label=\"{class}\" xtl=\"1\" ytl=\"2\" xbr=\"30\" ybr=\"40\"/></image>"
        )
    };
    let folder = Folder::new();
    let broken = format!("<annotations>{}<image", image("a.jpg", "dog"));
    folder.write("labels/a.xml", broken);
    let good = format!("<annotations>{}</annotations>", image("b.jpg", "cat"));
    folder.write("labels/b.xml", good);
    let mut document = Document::default();
    for (id, path) in [(1, "a.jpg"), (2, "b.jpg")] {
        insert_picture(&mut document, Picture::new(PictureId(id), path, 200, 100));
    }
    let labels = folder.path().join("labels");
    let root = folder.path().join("root");
    let mode = ImportMode::Merge;
    let (after, report) = import_into(&document, &labels, &root, Format::Cvat, mode);
    assert!(mentions(&report.skipped, "a.xml"), "{report:?}");
    let classes: Vec<_> = after.categories().map(|row| &*row.name).collect();
    assert_eq!(classes, ["cat"], "the other file is read");
    assert_eq!(after.annotations(PictureId(1)), []);
    assert_eq!(after.annotations(PictureId(2)).len(), 1);
}
