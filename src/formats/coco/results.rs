//! The plain results list: scored boxes that use the ids of another file, or of the project.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use serde::de::DeserializeSeed as _;
use serde_json::Value;

use super::export::shortest_bbox;
use super::outline::edges;
use super::reader::{Elements, RowId, bbox_of};
use super::suggested::SuggestedIds;
use super::types::Detection;
use crate::document::{CategoryId, PictureId, Provenance};
use crate::formats::error::FormatError;
use crate::formats::export::options::BoxSelection;
use crate::formats::export::writer::ExportWriter;
use crate::formats::import::builder::ImportBuilder;
use crate::formats::import::picture_names::PictureNames;
use crate::formats::import::rows::{ImportedBox, ImportedPicture};
use crate::formats::input;
use crate::formats::numbers::number_of;

/// Reads a results list.
///
/// # Errors
/// If the file cannot be read, is not a JSON list, or has a row that cannot be read.
pub fn read_detections(path: &Path) -> Result<Vec<Detection>, FormatError> {
    let mut detections = Vec::new();
    let mut fault = None;
    read_rows(path, |row| match row {
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

/// Reads a results list whose ids are those of the document.
pub(in crate::formats) fn import_results(
    path: &Path,
    import: &mut ImportBuilder<'_>,
) -> Result<(), FormatError> {
    let file = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let model = Arc::new(Provenance {
        name: file.as_str().into(),
        version: "".into(),
        method: "imported".into(),
        threshold: 0.0,
    });
    let mut index_of_picture = HashMap::new();
    read_rows(path, |row| {
        let added =
            row.and_then(|detection| add(&detection, &model, import, &mut index_of_picture));
        if let Err(reason) = added {
            import.report_skipped(format!("{file}: {reason}"));
        }
    })
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
            });
        }
    }
    writer.report.boxes = detections.len();
    writer.write_json("", &detections)
}

fn read_rows(
    path: &Path,
    mut on_row: impl FnMut(Result<Detection, String>),
) -> Result<(), FormatError> {
    let text = input::read_text(path, input::MAX_DATASET_FILE_BYTES)?;
    let mut reader = serde_json::Deserializer::from_str(&text);
    let read = Elements(|row: Value| on_row(detection(&row)))
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
    })
}

fn add(
    detection: &Detection,
    model: &Arc<Provenance>,
    import: &mut ImportBuilder<'_>,
    index_of_picture: &mut HashMap<PictureId, usize>,
) -> Result<(), String> {
    let document = import.document;
    let (picture, category) = (detection.image_id, detection.category_id);
    let known = u32::try_from(picture).ok();
    let known = known.and_then(|id| document.picture(PictureId(id)));
    let known = known.ok_or_else(|| format!("picture {picture} is not in the project"))?;
    let known_category = u32::try_from(category).ok();
    let known_category = known_category.and_then(|id| document.category(CategoryId(id)));
    let category =
        known_category.ok_or_else(|| format!("class {category} is not in the project"))?;
    let index = import.category_by_name(&category.name).unwrap_or_default();
    let imported = ImportedBox::drawn(index, edges(detection.bbox));
    let imported = imported.proposed(model, detection.score);
    let imported = imported.ok_or_else(|| format!("{}: a score is not finite", known.path))?;
    let at = *index_of_picture.entry(known.id).or_insert_with(|| {
        import.pictures.push(ImportedPicture {
            names: PictureNames::written(&known.path, import.root, &[String::new()]),
            ..ImportedPicture::default()
        });
        import.pictures.len() - 1
    });
    import.pictures[at].boxes.push(imported);
    Ok(())
}
