//! Recognises the format of a file or folder by its content.

use std::path::Path;

use super::format::Format;
use super::json_keys::JsonKeys;
use super::{coco, createml, cvat, input, label_studio, labelme, open_images, via, voc, yolo};

/// Maximum number of files of a folder that are opened.
const MAX_FILES_TRIED: usize = 100;

/// The format of a file or folder, or `None` if it is not recognised.
pub fn detect_format(path: &Path) -> Option<Format> {
    if !path.is_dir() {
        return detect_file(path);
    }
    let is_candidate = |file: &Path| {
        let extensions = ["yaml", "yml", "json", "xml", "csv", "txt"];
        extensions
            .iter()
            .any(|extension| input::has_extension(file, extension))
    };
    let files = input::files_below(path, is_candidate).ok()?;
    if files.iter().any(|file| yolo::is_description(file)) {
        return Some(Format::Yolo);
    }
    // A folder may contain stray files of other formats, but rarely many before the first of its own.
    let mut tried = files.iter().take(MAX_FILES_TRIED);
    tried.find_map(|file| detect_file(file))
}

/// Whether a file names the classes of YOLO label files that it is beside.
pub fn is_class_list(path: &Path) -> bool {
    yolo::is_class_list(path)
}

fn detect_file(path: &Path) -> Option<Format> {
    let head = input::head(path);
    let first = head.trim_start().chars().next()?;
    if let Some(keys) = JsonKeys::of_text(&head) {
        detect_json(&keys, &head)
    } else if first == '<' && cvat::is_annotations_text(&head) {
        Some(Format::Cvat)
    } else if first == '<' {
        voc::is_annotation_text(&head).then_some(Format::Voc)
    } else if yolo::is_description(path) || yolo::is_label_text(&head) {
        Some(Format::Yolo)
    } else if open_images::is_boxes_header(&head) || open_images::is_description(path) {
        Some(Format::OpenImages)
    } else {
        input::has_extension(path, "csv").then_some(Format::Tags)
    }
}

fn detect_json(keys: &JsonKeys, head: &str) -> Option<Format> {
    if coco::are_results_keys(keys) {
        Some(Format::CocoResults)
    } else if via::is_text(head) {
        Some(Format::Via)
    } else if label_studio::are_keys(keys) {
        Some(Format::LabelStudio)
    } else if createml::are_keys(keys) {
        Some(Format::CreateMl)
    } else if labelme::are_keys(keys) {
        Some(Format::LabelMe)
    } else if coco::are_instances_keys(keys) {
        Some(Format::Coco)
    } else {
        None
    }
}
