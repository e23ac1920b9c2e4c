//! How files of Label Studio are recognised.

use crate::formats::json_keys::JsonKeys;

/// Whether these are the keys of a list of tasks. A task may have so many regions that the keys behind
/// them are beyond what was read of the file.
pub(in crate::formats) fn are_keys(keys: &JsonKeys) -> bool {
    let has_task = keys.has_any(&[
        "data",
        "predictions",
        "completions",
        "drafts",
        "annotation_id",
        "lead_time",
        "annotator",
    ]);
    let has_picture = keys.has_any(&["image", "imagefilename", "image_id"]);
    keys.is_list && (has_task || (keys.has_any(&["annotations"]) && !has_picture))
}
