//! The plain results list: scored boxes that use the ids of another file, or of the project.

use std::path::Path;

use serde::de::DeserializeSeed as _;
use serde_json::Value;

use super::export::shortest_bbox;
use super::reader::{Elements, RowId, bbox_of};
use super::suggested::SuggestedIds;
use super::types::Detection;
use crate::formats::error::FormatError;
use crate::formats::export::options::BoxSelection;
use crate::formats::export::writer::ExportWriter;
use crate::formats::input;
use crate::formats::numbers::number_of;

/// Reads a results list.
///
/// # Errors
/// If the file cannot be read, is not a JSON list, or has a row that cannot be read.
pub fn read_detections(path: &Path) -> Result<Vec<Detection>, FormatError> {
    let mut detections = Vec::new();
    let mut fault = None;
    read_rows(path, |row| match detection(&row) {
        Ok(detection) => detections.push(detection),
        Err(reason) => {
            fault.get_or_insert(reason);
        }
    })?;
    match fault {
        None => Ok(detections),
        Some(reason) => {
            let reason = format!("not a results list: {reason}");
            Err(FormatError::malformed(path, reason))
        }
    }
}

/// Writes the proposals with the ids of the document.
pub(in crate::formats) fn export_results(writer: &mut ExportWriter<'_>) -> Result<(), FormatError> {
    let suggested = SuggestedIds::new(writer.document, &writer.pictures, |row| {
        BoxSelection::Proposals.includes(row)
    });
    let mut detections = Vec::new();
    for one in &writer.pictures {
        for row in writer.document.annotations(one.picture.id) {
            let is_selected = BoxSelection::Proposals.includes(row);
            let Some(score) = row.score.filter(|_| is_selected) else {
                continue;
            };
            detections.push(Detection {
                image_id: one.picture.id.0.into(),
                category_id: suggested.category_id(writer.document, row),
                bbox: shortest_bbox(&row.rect),
                score: score.into(),
                file_name: Some(one.picture.path.to_string()),
            });
        }
    }
    writer.report.boxes = detections.len();
    writer.write_json("", &detections)
}

/// Reads a results list row by row.
pub(super) fn read_rows(path: &Path, on_row: impl FnMut(Value)) -> Result<(), FormatError> {
    let text = input::read_text(path, input::MAX_DATASET_FILE_BYTES)?;
    let mut reader = serde_json::Deserializer::from_str(&text);
    let read = Elements(on_row)
        .deserialize(&mut reader)
        .and_then(|()| reader.end());
    read.map_err(|error| FormatError::malformed(path, format!("not a results list: {error}")))
}

fn detection(row: &Value) -> Result<Detection, String> {
    let id = |key: &str| match RowId::parse(row.get(key).cloned()) {
        Some(RowId::Number(id)) => Ok(id),
        _ => Err(format!("a result has no usable {key}")),
    };
    let (image_id, category_id) = (id("image_id")?, id("category_id")?);
    let bbox = row.get("bbox").and_then(|bbox| bbox_of(bbox).ok());
    let score = row.get("score").and_then(|score| number_of(score).ok());
    Ok(Detection {
        image_id,
        category_id,
        bbox: bbox.ok_or_else(|| format!("a result for picture {image_id} has no bbox"))?,
        score: score.ok_or_else(|| format!("a result for picture {image_id} has no score"))?,
        file_name: row
            .get("file_name")
            .and_then(Value::as_str)
            .map(str::to_owned),
    })
}
