//! YOLO.

use serde_json::json;

use super::common::{Folder, coco, import_into, mentions, sample, without_boxes};
use crate::document::{BoxState, Document, PictureId, ReviewState};
use crate::formats::{self, Format, ImportMode};
use crate::geometry::BBox;

#[test]
fn empty_pictures_differ_from_unreviewed_ones() {
    let folder = Folder::new();
    let bare = without_boxes(&sample());
    folder.write("labels/a.txt", "");
    folder.write("data.yaml", "names: {0: dog, 1: 1, 2: no}\n");
    assert_eq!(formats::detect_format(folder.path()), Some(Format::Yolo));
    let (after, _) = import_into(
        &bare,
        folder.path(),
        folder.path(),
        Format::Yolo,
        ImportMode::Merge,
    );
    assert!(after.is_verified_empty(PictureId(3)));
    let names: Vec<_> = after.categories().map(|row| row.name.to_string()).collect();
    assert_eq!(names[1..], ["dog", "1", "no"]);
    let listed = json!({"images": [{"id": 1, "file_name": "a.jpg", "width": 100, "height": 80}], "annotations": []});
    let (after, report) = coco(&bare, &listed, ImportMode::Merge);
    assert_eq!(after, bare);
    assert!(mentions(&report.changed, "1 picture has no box"));
}

#[test]
fn yolo_lines_of_all_kinds_are_read() {
    let folder = Folder::new();
    folder.picture("images/train/a.png", 100, 50);
    folder.write("labels/train/a.txt", "\
        0 0.5 0.5 0.2 0.4\n1 0.5 0.5 0.2 0.4 0.75\n0 0.1 0.2 0.3 0.2 0.3 0.6\n\
        9 0.5 0.5 0.2 0.4\nx 1 1 1 1\n0 nan 0.5 0.1 0.1\n0 0.5 0.5 -0.1 0.1\n0 0.5\n0 30 30 20 20\n0 0.25 0.5 0.5 0.5 17\n");
    folder.write(
        "data.yaml",
        "train: images/train\nnames:\n  0: cat\n  1: dog\n",
    );
    let (after, report) = import_into(
        &Document::default(),
        &folder.path().join("data.yaml"),
        folder.path(),
        Format::Yolo,
        ImportMode::Merge,
    );
    let picture = after.picture_at("images/train/a.png").unwrap();
    let rows = after.annotations(picture.id);
    assert_eq!(rows.len(), 5, "{report:?}");
    assert_eq!(rows[0].rect, BBox::from_xywh(40.0, 15.0, 20.0, 20.0));
    assert_eq!(
        (rows[1].state, rows[1].score),
        (BoxState::Proposed, Some(0.75))
    );
    assert_eq!(
        rows[2].rect,
        BBox {
            x0: 10.0,
            y0: 10.0,
            x1: 30.0,
            y1: 30.0
        }
    );
    assert_eq!(report.skipped.texts.len(), 5, "{report:?}");
    assert!(mentions(&report.changed, "line 3: a polygon was reduced"));
    assert!(
        picture.review < ReviewState::Done,
        "some of its lines could not be read"
    );
}
