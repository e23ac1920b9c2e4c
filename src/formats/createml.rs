//! CreateML: a JSON list of pictures, with boxes by their centre and size in pixels.
//!
//! Source: Apple's <https://developer.apple.com/documentation/createml/mlobjectdetector>.

use std::path::Path;

use serde_json::{Value, json};

use super::intake::{ImportBuilder, ImportedBox, ImportedPicture};
use super::layout::ExportWriter;
use super::{FormatError, text, voc};
use crate::document::ReviewState;

/// Writes a list, or one for each part beside its pictures.
pub(super) fn export(job: &mut ExportWriter<'_>) -> Result<(), FormatError> {
    let chosen = job.chosen.clone();
    for part in job.parts() {
        let folder = job.part_folder(part);
        let mut list = Vec::new();
        for one in chosen.iter().filter(|one| one.part == part) {
            let rows = job.ground_truth_without_crowds(one.picture);
            job.report.boxes += rows.len();
            let boxes: Vec<Value> = rows
                .iter()
                .map(|row| {
                    let [x0, y0, x1, y1] =
                        [row.rect.x0, row.rect.y0, row.rect.x1, row.rect.y1].map(f64::from);
                    json!({
                        "label": job.category_name(row.category),
                        "coordinates": {
                            "x": (x0 + x1) / 2.0, "y": (y0 + y1) / 2.0,
                            "width": x1 - x0, "height": y1 - y0,
                        },
                    })
                })
                .collect();
            list.push(json!({ "image": one.name, "annotations": boxes }));
            job.put_picture(one, &text::join(folder, &one.name))?;
        }
        job.write_json(&text::join(folder, "_annotations.createml.json"), &list)?;
    }
    Ok(())
}

/// Reads a list, or all of a folder.
pub(super) fn import(path: &Path, intake: &mut ImportBuilder<'_>) -> Result<(), FormatError> {
    for file in text::files_below(path, |file| text::has_extension(file, "json"))? {
        let content = text::read(&file, text::LARGE_FILE_BYTES)?;
        let list: Vec<Value> = serde_json::from_str(&content).map_err(|error| {
            FormatError::malformed(&file, format!("it is no CreateML JSON: {error}"))
        })?;
        for entry in list {
            if let Err(reason) = picture(&file, &entry, intake) {
                intake
                    .report
                    .unread
                    .add(format!("{}: {reason}", file.display()));
            }
        }
    }
    Ok(())
}

fn picture(file: &Path, entry: &Value, intake: &mut ImportBuilder<'_>) -> Result<(), String> {
    let either = |one: &str, other: &str| entry.get(one).or_else(|| entry.get(other));
    let written = either("image", "imagefilename").and_then(Value::as_str);
    let written = written.ok_or("an entry names no image")?;
    let name = text::safe_path(written)
        .ok_or_else(|| format!("{written:?} is refused: it may lead out of the folder"))?;
    let boxes = either("annotations", "annotation").and_then(Value::as_array);
    let boxes = boxes.ok_or_else(|| format!("{name} has no annotations"))?;
    let mut found = ImportedPicture {
        names: voc::candidate_paths(file, intake.root, &name, None),
        review: Some(ReviewState::Done),
        ..ImportedPicture::default()
    };
    for one in boxes {
        let label = one.get("label").and_then(Value::as_str).unwrap_or_default();
        let number = |key: &str| one.get("coordinates")?.get(key)?.as_f64();
        let edges = number("x")
            .zip(number("y"))
            .zip(number("width"))
            .zip(number("height"));
        let (Some((((x, y), w), h)), Some(category)) = (edges, intake.category_by_name(label))
        else {
            found.is_partial = true;
            intake.report.unread.add(format!(
                "{name}: a box {label:?} has no label or coordinates"
            ));
            continue;
        };
        let edges = [x - w / 2.0, y - h / 2.0, x + w / 2.0, y + h / 2.0];
        found.boxes.push(ImportedBox::new(category, edges));
    }
    intake.pictures.push(found);
    Ok(())
}
