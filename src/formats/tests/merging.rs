//! How imported boxes and pictures are matched with those of the project.

use serde_json::json;

use super::common::{coco, export_coco, insert_picture, mentions, sample, without_boxes};
use crate::document::{AnnotationId, BoxState, Picture, PictureId, ReviewState};
use crate::formats::ImportMode;
use crate::geometry::BBox;

#[test]
fn merging_adds_no_duplicates_and_replacing_keeps_identical_boxes() {
    let document = sample();
    let (file, _) = export_coco(&document, |_| {});
    let mut value = serde_json::to_value(&file).unwrap();
    for mode in [ImportMode::Merge, ImportMode::Replace] {
        let (same, report) = coco(&document, &value, mode);
        assert_eq!((same, report.present), (document.clone(), 2));
    }
    // One box was moved: merging adds it, replacing moves the box of the project.
    value["annotations"][0]["bbox"] = json!([60, 10, 10, 10]);
    let (merged, report) = coco(&document, &value, ImportMode::Merge);
    assert_eq!((merged.annotation_count(), report.boxes), (4, 1));
    assert!(mentions(&report.changed, "got a new id"));
    let (replaced, report) = coco(&document, &value, ImportMode::Replace);
    assert_eq!((report.boxes, report.removed, report.present), (1, 1, 1));
    assert_eq!(
        replaced.annotation(AnnotationId(7)).unwrap().1.rect,
        BBox::from_xywh(60.0, 10.0, 10.0, 10.0)
    );
    assert!(
        replaced.annotation(AnnotationId(11)).is_some(),
        "other pictures stay"
    );
    // A file that confirms a proposal accepts it, and the picture is done.
    let confirming = json!({
        "images": [{"id": 5, "file_name": "waits.png", "width": 100, "height": 80}],
        "annotations": [{"id": 1, "image_id": 5, "category_id": 1, "bbox": [5, 5, 20, 20]}],
        "categories": [{"id": 1, "name": "dog"}],
    });
    let (after, _) = coco(&document, &confirming, ImportMode::Merge);
    assert_eq!(
        after.annotation(AnnotationId(11)).unwrap().1.state,
        BoxState::Accepted
    );
    assert_eq!(
        after.picture(PictureId(5)).unwrap().review,
        ReviewState::Done
    );
}

#[test]
fn pictures_are_matched_by_the_end_of_their_path_if_it_is_unambiguous() {
    let mut document = without_boxes(&sample());
    insert_picture(
        &mut document,
        Picture::new(PictureId(20), "x/same.jpg", 10, 10),
    );
    insert_picture(
        &mut document,
        Picture::new(PictureId(21), "y/same.jpg", 10, 10),
    );
    let image =
        |id: u32, name: &str| json!({"id": id, "file_name": name, "width": 100, "height": 80});
    let both = json!({"images": [image(1, "train/waits.png"), image(2, "test/waits.png")],
        "annotations": [], "categories": []});
    let (after, report) = coco(&document, &both, ImportMode::Merge);
    assert_eq!((after, report.pictures), (document.clone(), 0));
    assert!(mentions(
        &report.skipped,
        "(train/waits.png, test/waits.png)"
    ));
    let file = json!({"images": [image(1, "train/waits.png"), image(2, "same.jpg"), image(3, "y/same.jpg")],
        "annotations": [], "categories": []});
    let (after, report) = coco(&document, &file, ImportMode::Merge);
    assert_eq!(after.pictures().len(), document.pictures().len());
    assert!(mentions(
        &report.changed,
        "train/waits.png was matched to waits.png"
    ));
    assert!(mentions(
        &report.skipped,
        "could be x/same.jpg or y/same.jpg"
    ));
}
