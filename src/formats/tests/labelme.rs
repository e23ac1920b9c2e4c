//! labelme.

use serde_json::json;

use super::common::{Folder, import_into, mentions, sample, without_boxes};
use crate::document::PictureId;
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
