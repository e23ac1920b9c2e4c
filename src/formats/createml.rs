//! CreateML: a JSON list of pictures, with boxes by centre and size in pixels.
//!
//! Source: Apple's <https://developer.apple.com/documentation/createml/mlobjectdetector>.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};

use super::error::FormatError;
use super::export::writer::ExportWriter;
use super::import::builder::ImportBuilder;
use super::import::picture_names::PictureNames;
use super::import::rows::{ImportedBox, ImportedPicture, Repeats, unknown_model};
use super::json_keys::JsonKeys;
use super::numbers::number_of;
use super::{input, paths};
use crate::document::{Annotation, Provenance, ReviewState};

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
                .map(|row| annotation(row, writer.class_name(row)))
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
    import.read_files(
        path,
        "CreateML",
        |file| input::has_extension(file, "json"),
        |file| !is_other_json(file),
        import_file,
    )
}

/// Whether a file is JSON of another kind. Broken files are not, since they may have been CreateML.
fn is_other_json(file: &Path) -> bool {
    let own = ["image", "imagefilename", "annotations", "annotation"];
    JsonKeys::of_file(file).is_some_and(|keys| !keys.is_list || !keys.has_any(&own))
}

fn import_file(
    file: &Path,
    file_index: usize,
    import: &mut ImportBuilder<'_>,
) -> Result<(), FormatError> {
    let content = input::read_text(file, input::MAX_DATASET_FILE_BYTES)?;
    let list: Vec<Value> = serde_json::from_str(&content)
        .map_err(|error| FormatError::malformed(file, format!("not CreateML JSON: {error}")))?;
    for entry in list {
        if let Err(reason) = add_picture(file, file_index, &entry, import) {
            import.report_skipped(format!("{}: {reason}", file.display()));
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
    let model = unknown_model("CreateML");
    for one in boxes {
        let one = read_box(one, &model, import);
        import.add_box(&mut imported, written, one);
    }
    imported.review_proposals();
    import.pictures.push(imported);
    Ok(())
}

fn read_box(
    annotation: &Value,
    model: &Arc<Provenance>,
    import: &mut ImportBuilder<'_>,
) -> Result<ImportedBox, String> {
    let label = match annotation.get("label") {
        Some(Value::String(label)) => label.clone(),
        Some(label @ (Value::Number(_) | Value::Bool(_))) => label.to_string(),
        _ => String::new(),
    };
    let of_box = |reason: String| format!("a box {label:?}: {reason}");
    let edges = edges(annotation).map_err(of_box)?;
    let category = import
        .category_by_name(&label)
        .ok_or("a box has no label")?;
    let one = ImportedBox::drawn(category, edges);
    match annotation
        .get("confidence")
        .filter(|score| !score.is_null())
    {
        None => Ok(one),
        Some(score) => one
            .proposed(model, number_of(score).map_err(of_box)?)
            .ok_or_else(|| of_box("its confidence is too large".to_owned())),
    }
}

/// Left, top, right and bottom edge of an annotation.
fn edges(annotation: &Value) -> Result<[f64; 4], String> {
    let coordinates = annotation.get("coordinates");
    let coordinates = coordinates.ok_or("it has no coordinates")?;
    let number = |key: &str| {
        let number = coordinates.get(key);
        let number = number.ok_or_else(|| format!("it has no {key}"))?;
        number_of(number).map_err(|reason| format!("{key}: {reason}"))
    };
    let (x, y) = (number("x")?, number("y")?);
    let (w, h) = (number("width")?, number("height")?);
    Ok([x - w / 2.0, y - h / 2.0, x + w / 2.0, y + h / 2.0])
}
