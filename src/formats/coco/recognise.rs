//! How COCO files are recognised.

use std::path::Path;

use crate::formats::json_keys::JsonKeys;
use crate::formats::labelme;

/// Whether these are the keys of an instances file.
pub(in crate::formats) fn are_instances_keys(keys: &JsonKeys) -> bool {
    // labelme files may have further keys, too.
    let is_labelme = labelme::are_keys(keys);
    !keys.is_list && !is_labelme && keys.has_any(&["images", "annotations", "categories"])
}

/// Whether these are the keys of a results list.
pub(in crate::formats) fn are_results_keys(keys: &JsonKeys) -> bool {
    keys.is_list && keys.has_any(&["image_id"])
}

/// Whether a file has the keys of an instances file.
pub(super) fn is_instances_file(path: &Path) -> bool {
    JsonKeys::of_file(path).is_some_and(|keys| are_instances_keys(&keys))
}
