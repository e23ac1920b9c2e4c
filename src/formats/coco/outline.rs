//! The outline of an object (`segmentation`, `keypoints`, `num_keypoints`, and the `area` of a
//! mask), which is kept unchanged while its box stays.
//!
//! The original `bbox` is kept together with the outline. An export compares it with the current
//! box: if the box was moved, the outline no longer fits and is left out.

use serde_json::{Map, Value};

use super::reader::bbox_of;
use crate::document::Picture;
use crate::geometry::BBox;

/// The keys that describe an object's outline.
const OUTLINE_KEYS: [&str; 4] = ["segmentation", "keypoints", "num_keypoints", "area"];

/// The key of the original box, in the unknown fields of an annotation.
const BBOX_KEY: &str = "bbox";

/// Left, top, right and bottom edge of `[x, y, width, height]`.
pub(super) fn edges([x, y, width, height]: [f64; 4]) -> [f64; 4] {
    [x, y, x + width, y + height]
}

/// Whether a `segmentation` has an outline.
pub(super) fn is_outline(segmentation: &Value) -> bool {
    match segmentation {
        Value::Array(polygons) => !polygons.is_empty(),
        Value::Object(_) => true,
        _ => false,
    }
}

/// Prepares the further keys of an imported annotation: drops an outline that contains no more than
/// the box, and keeps the box together with any other outline.
pub(super) fn keep_outline(row: &mut Map<String, Value>, bbox: [f64; 4]) {
    if !row.get("segmentation").is_some_and(is_outline) {
        row.remove("segmentation");
    }
    let [x0, y0, x1, y1] = edges(bbox);
    let box_area = (x1 - x0) * (y1 - y0);
    let area = row.get("area").and_then(Value::as_f64);
    let is_mask = area.is_some_and(|area| (area - box_area).abs() > 1e-3 * box_area.abs());
    if !is_mask || !row.contains_key("segmentation") {
        row.remove("area");
    }
    if OUTLINE_KEYS.iter().any(|key| row.contains_key(*key)) {
        row.insert(BBOX_KEY.to_owned(), bbox.to_vec().into());
    }
}

/// Prepares the further keys of an annotation for export: removes the original box, and the
/// outline if the box has changed since. Returns whether an outline was removed.
pub(super) fn remove_stale_outline(
    row: &mut Map<String, Value>,
    rect: &BBox,
    picture: &Picture,
) -> bool {
    let original = row.remove(BBOX_KEY).and_then(|bbox| bbox_of(&bbox).ok());
    let is_unmoved = original.is_some_and(|original| {
        let [x0, y0, x1, y1] = edges(original).map(|edge| edge as f32);
        let original = BBox { x0, y0, x1, y1 };
        original.clipped(picture.width, picture.height) == Some(*rect)
    });
    if is_unmoved {
        return false;
    }
    let removed = OUTLINE_KEYS.map(|key| row.remove(key));
    removed.iter().any(Option::is_some)
}
