//! Writes a list of tasks, or one for each subset, and a labelling configuration beside a list in a
//! folder.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::address;
use crate::document::{Annotation, Document, Flag, Origin, Picture, ReviewState};
use crate::formats::ascii_json::write_ascii_json;
use crate::formats::error::FormatError;
use crate::formats::export::naming::ExportedPicture;
use crate::formats::export::options::{BoxSelection, PictureFiles};
use crate::formats::export::writer::ExportWriter;
use crate::formats::json_stream::ListOf;
use crate::formats::paths;
use crate::formats::xml_text::escaped;

/// The names of the controls in the labelling configuration.
const FROM_NAME: &str = "label";
const TO_NAME: &str = "image";

/// Writes a list of tasks for each subset. Copies of pictures are in the folder `images` beside it.
pub(in crate::formats) fn export(writer: &mut ExportWriter<'_>) -> Result<(), FormatError> {
    let pictures = writer.pictures.clone();
    let (document, selection) = (writer.document, writer.options.boxes);
    let has_copies = writer.options.files != PictureFiles::Leave;
    for subset in writer.subsets() {
        let folder = writer.subset_folder(subset);
        let of_subset: Vec<_> = pictures.iter().filter(|one| one.subset == subset).collect();
        let image_path = |one: &ExportedPicture<'_>| match has_copies {
            true => paths::join(folder, &format!("images/{}", one.name)),
            false => one.name.clone(),
        };
        let tasks = ListOf(|| {
            let pictures = of_subset.iter();
            pictures.map(|one| task(document, one.picture, &image_path(one), selection))
        });
        writer.write_with(&paths::join(folder, "tasks.json"), None, |out| {
            write_ascii_json(out, &tasks)
        })?;
        for one in of_subset {
            let rows = document.annotations(one.picture.id).iter();
            writer.report.boxes += rows.filter(|row| selection.includes(row)).count();
            writer.add_picture_file(one, &image_path(one))?;
        }
    }
    if writer.options.makes_folder() {
        let config = label_config(document);
        writer.write("label_config.xml", config.as_bytes())?;
    }
    Ok(())
}

fn task(document: &Document, picture: &Picture, path: &str, selection: BoxSelection) -> Value {
    let rows = document.annotations(picture.id).iter();
    let rows: Vec<_> = rows.filter(|row| selection.includes(row)).collect();
    let results: Vec<Value> = rows
        .iter()
        .map(|row| result(document, row, picture))
        .collect();
    let mut task = json!({
        "id": picture.id.0,
        "data": { "image": address::of_path(path) },
        "annotations": [],
        "predictions": [],
    });
    if selection == BoxSelection::Proposals {
        let scores: Vec<f32> = rows.iter().filter_map(|row| row.score).collect();
        let mean = scores.iter().sum::<f32>() / scores.len().max(1) as f32;
        let models = rows.iter().filter_map(|row| match &row.origin {
            Origin::Model(model) => Some(format!("{} {}", model.name, model.version)),
            Origin::Person => None,
        });
        let mut models: Vec<String> = models.map(|model| model.trim().to_owned()).collect();
        models.sort();
        models.dedup();
        if !rows.is_empty() {
            task["predictions"] = json!([{
                "model_version": models.join(", "), "score": mean, "result": results,
            }]);
        }
    } else if picture.review == ReviewState::Done || !rows.is_empty() {
        task["annotations"] = json!([{
            "result": results, "was_cancelled": false, "ground_truth": false,
        }]);
    }
    task
}

fn result(document: &Document, row: &Annotation, picture: &Picture) -> Value {
    let name = document.class_name(row);
    let [width, height] = [picture.width, picture.height].map(f64::from);
    let [x0, y0, x1, y1] = [row.rect.x0, row.rect.y0, row.rect.x1, row.rect.y1].map(f64::from);
    let percent = |part: f64, whole: f64| part / whole * 100.0;
    let mut result = json!({
        "id": format!("b{}", row.id.0),
        "type": "rectanglelabels",
        "from_name": FROM_NAME,
        "to_name": TO_NAME,
        "original_width": picture.width,
        "original_height": picture.height,
        "image_rotation": 0,
        "value": {
            "x": percent(x0, width), "y": percent(y0, height),
            "width": percent(x1 - x0, width), "height": percent(y1 - y0, height),
            "rotation": 0, "rectanglelabels": [name],
        },
    });
    let flags: Vec<&str> = row.flags.iter().map(Flag::name).collect();
    if !flags.is_empty() {
        result["meta"] = json!({ "text": flags });
    }
    if let Some(score) = row.score.filter(|_| !row.is_ground_truth()) {
        result["score"] = score.into();
    }
    result
}

/// The labelling configuration with all classes in the person's order.
fn label_config(document: &Document) -> String {
    let mut xml = format!(
        "<View>\n  <Image name=\"{TO_NAME}\" value=\"$image\"/>\n  \
         <RectangleLabels name=\"{FROM_NAME}\" toName=\"{TO_NAME}\">\n"
    );
    for category in document.categories() {
        let [red, green, blue] = category.colour;
        // Writing to a string cannot fail.
        let _ = writeln!(
            xml,
            "    <Label value=\"{}\" background=\"#{red:02x}{green:02x}{blue:02x}\"/>",
            escaped(&category.name)
        );
    }
    xml + "  </RectangleLabels>\n</View>\n"
}
