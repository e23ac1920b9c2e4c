//! CreateML: a JSON list of pictures, with boxes by centre and size in pixels.
//!
//! Source: Apple's <https://developer.apple.com/documentation/createml/mlobjectdetector>.

use std::path::Path;

use serde_json::{Value, json};

use super::error::FormatError;
use super::export::writer::ExportWriter;
use super::import::builder::ImportBuilder;
use super::import::picture_names::PictureNames;
use super::import::rows::{ImportedBox, ImportedPicture, Repeats};
use super::json_keys::JsonKeys;
use super::{input, paths};
use crate::document::{Annotation, ReviewState};

/// Whether these are the keys of a CreateML file.
pub(super) fn are_keys(keys: &JsonKeys) -> bool {
    keys.is_list && keys.has_any(&["image", "imagefilename"])
}

/// Writes one list, or one for each subset next to its pictures.
pub(super) fn export(writer: &mut ExportWriter<'_>) -> Result<(), FormatError> {
    let pictures = writer.pictures.clone();
    for subset in writer.subsets() {
        let folder = writer.subset_folder(subset);
        let mut list = Vec::new();
        for one in pictures.iter().filter(|one| one.subset == subset) {
            let rows = writer.ground_truth_without_crowds(one.picture);
            writer.report.boxes += rows.len();
            let boxes = rows.into_iter();
            let boxes: Vec<Value> = boxes
                .map(|row| annotation(row, writer.category_name(row.category)))
                .collect();
            list.push(json!({ "image": one.name, "annotations": boxes }));
            writer.add_picture_file(one, &paths::join(folder, &one.name))?;
        }
        writer.write_json(&paths::join(folder, "_annotations.createml.json"), &list)?;
    }
    Ok(())
}

fn annotation(row: &Annotation, label: &str) -> Value {
    let [x0, y0, x1, y1] = [row.rect.x0, row.rect.y0, row.rect.x1, row.rect.y1].map(f64::from);
    json!({
        "label": label,
        "coordinates": {
            "x": (x0 + x1) / 2.0, "y": (y0 + y1) / 2.0,
            "width": x1 - x0, "height": y1 - y0,
        },
    })
}

/// Reads a list, or all of a folder.
pub(super) fn import(path: &Path, import: &mut ImportBuilder<'_>) -> Result<(), FormatError> {
    let files = input::files_below(path, |file| input::has_extension(file, "json"))?;
    for (file_index, file) in files.into_iter().enumerate() {
        let content = input::read_text(&file, input::MAX_DATASET_FILE_BYTES)?;
        let list: Vec<Value> = serde_json::from_str(&content).map_err(|error| {
            FormatError::malformed(&file, format!("not CreateML JSON: {error}"))
        })?;
        for entry in list {
            if let Err(reason) = add_picture(&file, file_index, &entry, import) {
                import.report_skipped(format!("{}: {reason}", file.display()));
            }
        }
    }
    Ok(())
}

fn add_picture(
    file: &Path,
    file_index: usize,
    entry: &Value,
    import: &mut ImportBuilder<'_>,
) -> Result<(), String> {
    let either = |one: &str, other: &str| entry.get(one).or_else(|| entry.get(other));
    let written = either("image", "imagefilename").and_then(Value::as_str);
    let written = written.ok_or("an entry has no picture name")?;
    let boxes = either("annotations", "annotation").and_then(Value::as_array);
    let boxes = boxes.ok_or_else(|| format!("{written} has no annotations"))?;
    let mut imported = ImportedPicture {
        names: PictureNames::next_to(file, import.root, written),
        repeats: Repeats::InOtherFiles(file_index),
        review: Some(ReviewState::Done),
        ..ImportedPicture::default()
    };
    for one in boxes {
        let label = one.get("label").and_then(Value::as_str).unwrap_or_default();
        let category = import.category_by_name(label);
        if let (Some(edges), Some(category)) = (edges(one), category) {
            imported.boxes.push(ImportedBox::drawn(category, edges));
        } else {
            imported.is_partial = true;
            import.report_skipped(format!(
                "{written}: a box {label:?} has no label or no coordinates"
            ));
        }
    }
    import.pictures.push(imported);
    Ok(())
}

/// Left, top, right and bottom edge of an annotation.
fn edges(annotation: &Value) -> Option<[f64; 4]> {
    let coordinates = annotation.get("coordinates")?;
    let number = |key: &str| coordinates.get(key)?.as_f64();
    let (x, y) = (number("x")?, number("y")?);
    let (w, h) = (number("width")?, number("height")?);
    Some([x - w / 2.0, y - h / 2.0, x + w / 2.0, y + h / 2.0])
}
