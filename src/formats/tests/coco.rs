//! COCO as a project, and a project as COCO.

use serde_json::{Value, json};

use super::common::{
    Folder, apply, coco, coco_file, export_coco, import_into, insert_picture, mentions, only_box,
    sample, without_boxes,
};
use crate::document::{
    AnnotationId, BoxState, CategoryId, Document, Picture, PictureId, ReviewState, ops,
};
use crate::formats::{self, BoxSelection, ExportOptions, Format, ImportMode, PictureScope};
use crate::geometry::BBox;

#[test]
fn a_default_export_has_reviewed_pictures_and_no_proposals() {
    let (file, report) = export_coco(&sample(), |_| {});
    let names: Vec<_> = file
        .images
        .iter()
        .map(|image| image.file_name.as_str())
        .collect();
    assert_eq!(names, ["a.jpg", "sub/ü 🐈.jpg"]);
    assert_eq!((report.pictures, report.boxes), (2, 2));
    let ids: Vec<_> = file.annotations.iter().map(|row| row.id).collect();
    assert_eq!(ids, [7, 9]);
    assert_eq!(file.annotations[0].bbox, [1.1, 2.3, 30.7, 40.0]);
    let order: Vec<_> = file.categories.iter().map(|row| row.id).collect();
    assert_eq!(order, [2, 1]);
    // With unfinished pictures: they are marked as such, and their proposals are not ground truth.
    let (file, _) = export_coco(&sample(), |options| options.scope = PictureScope::All);
    assert_eq!((file.images.len(), file.annotations.len()), (3, 2));
    assert_eq!(file.images[2].extra["tsukami"]["review"], "proposed");
    assert_eq!(file.images[1].extra["tsukami"]["review"], "done");
}

#[test]
fn proposals_are_exported_with_scores_and_imported_as_proposals() {
    let document = sample();
    let (file, _) = export_coco(&document, |options| options.boxes = BoxSelection::Proposals);
    assert_eq!(file.annotations.len(), 1);
    assert_eq!(file.annotations[0].score, Some(0.5));
    let (back, report) = coco(
        &without_boxes(&document),
        &serde_json::to_value(file).unwrap(),
        ImportMode::Merge,
    );
    assert_eq!((report.proposals, report.boxes), (1, 0));
    let row = &back.annotations(PictureId(5))[0];
    assert_eq!((row.state, row.score), (BoxState::Proposed, Some(0.5)));

    let folder = Folder::new();
    let out = folder.path().join("results.json");
    formats::export(
        &document,
        folder.path(),
        &ExportOptions::new(Format::CocoResults),
        &out,
    )
    .unwrap();
    assert_eq!(formats::detect_format(&out), Some(Format::CocoResults));
    let (same, report) = import_into(
        &document,
        &out,
        folder.path(),
        Format::CocoResults,
        ImportMode::Merge,
    );
    assert_eq!((same, report.present), (document.clone(), 1));
    let bare = without_boxes(&document);
    let (back, report) = import_into(
        &bare,
        &out,
        folder.path(),
        Format::CocoResults,
        ImportMode::Merge,
    );
    assert_eq!(report.proposals, 1);
    assert_eq!(
        back.picture(PictureId(5)).unwrap().review,
        ReviewState::Proposed
    );
}

#[test]
fn unknown_fields_are_kept_and_an_outline_until_its_box_moves() {
    let given = json!({
        "info": {"year": 2020}, "licenses": [{"id": 1}], "videos": [{"id": 1}],
        "images": [{"id": 1, "file_name": "a.jpg", "width": 100, "height": 80, "coco_url": "x"}],
        "annotations": [{
            "id": 5, "image_id": 1, "category_id": 3, "bbox": [10.0, 10.0, 20.5, 20.0], "area": 200.25,
            "iscrowd": 0, "segmentation": [[10, 10, 30.5, 10, 30.5, 30]], "keypoints": [1, 2, 2],
            "num_keypoints": 1, "attributes": {"occluded": true, "colour": "red"}, "track_id": 8,
        }],
        "categories": [{"id": 3, "name": "cat", "supercategory": "animal", "keypoints": ["nose"]}],
    });
    let mut known = Document::default();
    insert_picture(&mut known, Picture::new(PictureId(1), "a.jpg", 100, 80));
    let (document, report) = coco(&known, &given, ImportMode::Merge);
    assert!(report.skipped.is_empty(), "{report:?}");
    assert!(only_box(&document).flags.occluded);
    let (file, _) = export_coco(&document, |_| {});
    let mut written = serde_json::to_value(file).unwrap();
    let image = written["images"][0].as_object_mut().unwrap();
    assert_eq!(image.remove("tsukami").unwrap()["review"], "done");
    assert_eq!(written, given);

    let moved = BBox::from_xywh(11.0, 10.0, 20.0, 20.0);
    let edit = ops::reshape(&document, &[(AnnotationId(5), moved)]).unwrap();
    let mut after = document;
    apply(&mut after, edit);
    let (file, report) = export_coco(&after, |_| {});
    let row = &file.annotations[0];
    assert!(mentions(
        &report.changed,
        "box 5 were left out because the box was moved"
    ));
    assert_eq!((row.segmentation.clone(), row.area), (json!([]), 400.0));
    assert_eq!(
        row.extra,
        *json!({"attributes": {"occluded": true, "colour": "red"}, "track_id": 8})
            .as_object()
            .unwrap()
    );
}

#[test]
fn bad_boxes_are_reported_and_the_others_imported() {
    for (bbox, expected) in [
        (json!([10, 10, 0, 5]), "no area"),
        (json!([200, 10, 5, 5]), "is outside the picture"),
        (json!([1e308, 10, 1e308, 5]), "no area"),
        (json!([null, 10, 5, 5]), "no bbox"),
        (json!("everything"), "no bbox"),
        (json!([1, 2, 3]), "no bbox"),
    ] {
        let mut file = coco_file(&bbox);
        let good = json!({"id": 2, "image_id": 1, "category_id": 1, "bbox": [1, 1, 5, 5]});
        file["annotations"].as_array_mut().unwrap().push(good);
        let (after, report) = coco(&Document::default(), &file, ImportMode::Merge);
        assert!(mentions(&report.skipped, expected), "{bbox}: {report:?}");
        assert_eq!(only_box(&after).id, AnnotationId(2));
    }
    let reversed = coco_file(&json!([10, 10, -5, 5]));
    let (after, report) = coco(&Document::default(), &reversed, ImportMode::Merge);
    assert!(mentions(
        &report.changed,
        "the corners of 1 box were put in order"
    ));
    assert_eq!(only_box(&after).rect, BBox::from_xywh(5.0, 10.0, 5.0, 5.0));
    let (after, report) = coco(
        &Document::default(),
        &coco_file(&json!([-5, -5, 1e30, 1e30])),
        ImportMode::Merge,
    );
    assert!(mentions(&report.changed, "clipped"));
    assert_eq!(
        only_box(&after).rect,
        BBox::from_xywh(0.0, 0.0, 100.0, 80.0)
    );
}

#[test]
fn ids_of_any_kind_are_accepted_and_unusable_ones_renumbered() {
    let row = |id: Value, image: Value| json!({"id": id, "image_id": image, "category_id": "c", "bbox": [1, 1, 5, 5]});
    let file = json!({
        "images": [
            {"id": 0, "file_name": "a.jpg", "width": 10, "height": 10},
            {"id": "second", "file_name": "b.jpg", "width": 10, "height": 10},
            {"id": 99_999_999_999_u64, "file_name": "sub\\c.jpg", "width": 1_000_000_000, "height": 1_000_000_000},
            {"id": 4, "file_name": "d.jpg", "width": "wide", "height": -1},
            {"id": 8, "file_name": "e.jpg", "width": 10, "height": 10},
            {"id": 8, "file_name": "f.jpg", "width": 10, "height": 10},
            {"id": 0, "file_name": "a.jpg", "width": 10, "height": 10},
        ],
        "annotations": [
            row(json!(0), json!(0)), row(json!(0), json!("second")), row(json!(900_100_593_419_u64), json!(99_999_999_999_u64)),
            row(json!(3), json!(77)), row(json!(3.0), json!("0")), row(json!(null), json!(0)), row(json!(-4), json!(0)), row(json!(9), json!(8)), json!(7),
        ],
        "categories": [
            {"id": "c", "name": " cat ", "supercategory": "dog"}, {"id": "d", "name": "dog", "supercategory": "cat"},
            {"id": 5, "name": "cat"}, {"id": 6}, {"id": 4_294_967_295_u32, "name": "last"},
        ],
    });
    let (after, report) = coco(&Document::default(), &file, ImportMode::Merge);
    let paths: Vec<_> = after
        .pictures()
        .map(|row| (row.id.0, row.path.to_string()))
        .collect();
    let expected = [
        (8, "e.jpg"),
        (9, "a.jpg"),
        (10, "b.jpg"),
        (11, "sub/c.jpg"),
        (12, "f.jpg"),
    ];
    assert_eq!(paths, expected.map(|(id, path)| (id, path.to_owned())));
    assert_eq!(after.annotation_count(), 6);
    assert!(after.annotation(AnnotationId(3)).is_some());
    let names: Vec<_> = after.categories().map(|row| row.name.to_string()).collect();
    assert_eq!(names, ["cat", "dog", "class 6", "last"]);
    for part in [
        "got a new id",
        "has no width",
        "two categories are named \"cat\"",
        "no name",
    ] {
        assert!(mentions(&report.changed, part), "{part}: {report:?}");
    }
    for part in [
        "picture 77",
        "e.jpg and f.jpg have the same id 8",
        "not an object",
    ] {
        assert!(mentions(&report.skipped, part), "{part}: {report:?}");
    }
    assert!(after.next_ids().category < CategoryId(100));
}

#[test]
fn boxes_whose_class_is_ambiguous_are_left_out() {
    let mut file = coco_file(&json!([1, 1, 5, 5]));
    for (id, name) in [(1, "dog"), (2, "cow"), (2, "cow")] {
        let row = json!({"id": id, "name": name});
        file["categories"].as_array_mut().unwrap().push(row);
    }
    let row = json!({"id": 2, "image_id": 1, "category_id": 2, "bbox": [1, 1, 5, 5]});
    file["annotations"].as_array_mut().unwrap().push(row);
    let (after, report) = coco(&Document::default(), &file, ImportMode::Merge);
    let said = "\"cat\" and \"dog\" have the same id 1";
    assert!(mentions(&report.skipped, said), "{report:?}");
    assert_eq!(only_box(&after).id, AnnotationId(2));
}

#[test]
fn an_outline_that_cannot_be_read_is_replaced_by_the_box_and_said() {
    let mut file = coco_file(&json!([10, 10, 20, 20]));
    file["annotations"][0]["segmentation"] = json!([[1, 2, 3]]);
    file["annotations"][0]["area"] = 3.into();
    let (after, report) = coco(&Document::default(), &file, ImportMode::Merge);
    let said = "annotation 1 has no usable outline, because a polygon has 1 corners; its box is";
    assert!(mentions(&report.changed, said), "{report:?}");
    let (back, _) = export_coco(&after, |options| options.scope = PictureScope::All);
    let row = &back.annotations[0];
    let outline = json!([[10.0, 10.0, 30.0, 10.0, 30.0, 30.0, 10.0, 30.0]]);
    assert_eq!((row.segmentation.clone(), row.area), (outline, 400.0));
}

#[test]
fn a_mask_for_another_size_of_the_picture_is_replaced_by_the_box() {
    let mut file = coco_file(&json!([1, 1, 2, 2]));
    file["annotations"][0]["segmentation"] = json!({"size": [5, 4], "counts": "62304"});
    let (after, _) = coco(&Document::default(), &file, ImportMode::Merge);
    let (back, report) = export_coco(&after, |options| options.scope = PictureScope::All);
    let outline = json!([[1.0, 1.0, 3.0, 1.0, 3.0, 3.0, 1.0, 3.0]]);
    assert_eq!(back.annotations[0].segmentation, outline);
    assert!(
        mentions(&report.changed, "box 1 has a mask for another size"),
        "{report:?}"
    );
}

#[test]
fn an_ambiguous_class_is_neither_a_tag_nor_a_former_class() {
    let mut file = coco_file(&json!([1, 1, 5, 5]));
    let model = json!({"model": {"name": "m", "version": "1", "method": "x", "threshold": 0.0}});
    file["categories"] = json!([
        {"id": 1, "name": "cat"}, {"id": 1, "name": "dog"}, {"id": 2, "name": "cow"},
    ]);
    file["images"][0]["tsukami"] = json!({"tags": [1, 2]});
    file["annotations"][0]["category_id"] = 2.into();
    let mut own = json!({"state": "edited", "origin": model, "score": 0.5});
    own["proposal"] = json!({"rect": {"x0": 1, "y0": 1, "x1": 4, "y1": 4}, "category": 1});
    file["annotations"][0]["tsukami"] = own;
    let (after, report) = coco(&Document::default(), &file, ImportMode::Merge);
    let row = only_box(&after);
    assert_eq!(row.state, BoxState::Edited, "{report:?}");
    assert_eq!(row.former.as_ref().unwrap().category, None);
    let picture = after.pictures().next().unwrap();
    let tags: Vec<_> = picture
        .tags
        .iter()
        .map(|tag| after.category(*tag))
        .collect();
    let tags: Vec<_> = tags.into_iter().flatten().map(|row| &*row.name).collect();
    assert_eq!(tags, ["cow"]);
}

#[test]
fn a_broken_file_of_a_folder_adds_no_classes() {
    let folder = Folder::new();
    folder.picture("a.jpg", 100, 80);
    let good = coco_file(&json!([1, 1, 5, 5])).to_string();
    folder.write("good.json", &good);
    let broken = "{\"categories\": [{\"id\": 1, \"name\": \"dog\"}], \"images\": [{\"id\"";
    folder.write("broken.json", broken);
    let (after, report) = import_into(
        &Document::default(),
        folder.path(),
        folder.path(),
        Format::Coco,
        ImportMode::Merge,
    );
    assert!(mentions(&report.skipped, "broken.json"), "{report:?}");
    let names: Vec<_> = after.categories().map(|row| &*row.name).collect();
    assert_eq!(names, ["cat"], "{report:?}");
}

#[test]
fn the_outline_of_a_turned_box_is_turned_with_it() {
    let mut file = coco_file(&json!([40, 30, 20, 10]));
    file["annotations"][0]["segmentation"] = json!([[1, 2, 3]]);
    file["annotations"][0]["attributes"] = json!({"rotation": 90.0});
    let (after, report) = coco(&Document::default(), &file, ImportMode::Merge);
    for said in ["has no usable outline", "is turned by 90 degrees"] {
        assert!(mentions(&report.changed, said), "{said}: {report:?}");
    }
    let rect = BBox::from_xywh(45.0, 25.0, 10.0, 20.0);
    assert_eq!(only_box(&after).rect, rect);
    let (back, _) = export_coco(&after, |options| options.scope = PictureScope::All);
    let outline = json!([[55.0, 25.0, 55.0, 45.0, 45.0, 45.0, 45.0, 25.0]]);
    assert_eq!(back.annotations[0].segmentation, outline);
}

/// Each file may have its own boxes for a picture, as in a folder.
#[test]
fn several_files_are_one_edit() {
    let folder = Folder::new();
    folder.picture("a.png", 100, 50);
    for (name, x) in [("one.json", 1), ("two.json", 50)] {
        let text = serde_json::json!({
            "images": [{"id": 1, "file_name": "a.png", "width": 100, "height": 50}],
            "categories": [{"id": 1, "name": "cat"}],
            "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [x, 2, 20, 20]}]
        });
        folder.write(name, text.to_string());
    }
    let paths = ["one.json", "two.json"].map(|name| folder.path().join(name));
    let mut document = Document::default();
    let root = folder.path();
    let mode = ImportMode::Merge;
    let import = formats::import_files(&document, &paths, root, Format::Coco, mode).unwrap();
    document.apply(import.edit).unwrap();
    assert_eq!(document.annotation_count(), 2);
    folder.write("two.json", "{");
    let broken = formats::import_files(&document, &paths, root, Format::Coco, mode);
    assert!(broken.unwrap_err().to_string().contains("two.json"));
}
