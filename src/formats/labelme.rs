//! labelme: one JSON file per picture, with shapes by their corners in pixels.
//!
//! Source: <https://github.com/wkentaro/labelme>. The corners of a rectangle come in any order. Of
//! other shapes the bounding box is kept, and the outline of a polygon as COCO's `segmentation`.
//! Attributes of a shape are kept under `attributes` as in COCO.
//! The embedded picture (`imageData`) is neither read nor written. Other fields of a shape and of
//! the file are kept under `labelme` in the unknown fields.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::ascii_json::write_ascii_json;
use super::error::FormatError;
use super::export::naming::ExportedPicture;
use super::export::options::PictureFiles;
use super::export::writer::ExportWriter;
use super::import::builder::ImportBuilder;
use super::import::picture_names::PictureNames;
use super::import::rows::{ImportedBox, ImportedPicture, unknown_model};
use super::json_flags::{insert_flags, take_flags};
use super::json_keys::JsonKeys;
use super::numbers::{number_of, numbers_of, picture_size};
use super::shapes::{bounds, ellipse_bounds, insert_outline};
use super::{input, paths, unknown_fields};
use crate::document::{Annotation, Flag, Provenance, ReviewState};

/// The name of the format in messages.
const FORMAT: &str = "labelme";

/// The key of labelme's own fields in the unknown fields of a row.
const FIELDS_KEY: &str = "labelme";

/// The key of the attributes of a shape, and of a box among the unknown fields.
const ATTRIBUTES_KEY: &str = "attributes";

/// Keys at the top that only labelme has. They come in any order, and `imageData` may be so long that no
/// other key is in the beginning of the file.
const OWN_KEYS: [&str; 3] = ["shapes", "imagePath", "imageData"];

/// Whether these are the keys of a labelme file.
pub(super) fn are_keys(keys: &JsonKeys) -> bool {
    !keys.is_list && keys.has_any(&OWN_KEYS)
}

/// Writes a JSON file next to where each picture is or would be.
pub(super) fn export(writer: &mut ExportWriter<'_>) -> Result<(), FormatError> {
    for one in writer.pictures.clone() {
        let folder = writer.subset_folder(one.subset);
        let ExportedPicture { picture, name, .. } = &one;
        let shapes: Vec<Value> = writer
            .ground_truth(picture)
            .map(|row| shape(row, writer.class_name(row)))
            .collect();
        writer.report.boxes += shapes.len();
        let mut file = own_fields(picture.extra.as_deref());
        file.entry("version").or_insert_with(|| "5.5.0".into());
        file.entry("flags").or_insert_with(|| json!({}));
        file.insert("shapes".to_owned(), shapes.into());
        file.insert("imageData".to_owned(), Value::Null);
        file.insert("imageHeight".to_owned(), picture.height.into());
        file.insert("imageWidth".to_owned(), picture.width.into());
        let stem = paths::without_extension(name);
        let json = paths::join(folder, &format!("{stem}.json"));
        let image_path = match writer.options.files {
            PictureFiles::Leave => writer.path_from(&json, picture),
            PictureFiles::Copy | PictureFiles::Link => paths::file_name(name).to_owned(),
        };
        file.insert("imagePath".to_owned(), image_path.into());
        writer.write_with(&json, Some(&picture.path), |out| {
            write_ascii_json(out, &file)
        })?;
        writer.add_picture_file(&one, &paths::join(folder, name))?;
    }
    Ok(())
}

fn shape(row: &Annotation, label: &str) -> Value {
    let mut shape = own_fields(row.extra.as_deref());
    insert_flags(&mut shape, "flags", row.flags.iter());
    // As X-AnyLabeling writes them; labelme keeps the keys of a shape that it does not know.
    let mut fields = unknown_fields::from_text(row.extra.as_deref());
    if let Some(attributes @ Value::Object(_)) = fields.remove(ATTRIBUTES_KEY) {
        shape.insert(ATTRIBUTES_KEY.to_owned(), attributes);
    }
    shape.entry("group_id").or_insert(Value::Null);
    shape.insert("label".to_owned(), label.into());
    shape.insert("shape_type".to_owned(), "rectangle".into());
    let rect = row.rect;
    shape.insert(
        "points".to_owned(),
        json!([[rect.x0, rect.y0], [rect.x1, rect.y1]]),
    );
    Value::Object(shape)
}

/// labelme's own fields among the unknown fields of a row.
fn own_fields(extra: Option<&str>) -> Map<String, Value> {
    match unknown_fields::from_text(extra).remove(FIELDS_KEY) {
        Some(Value::Object(own)) => own,
        _ => Map::new(),
    }
}

/// The unknown fields of a row: labelme's own, and those of COCO.
fn unknown_fields_text(
    mut own: Map<String, Value>,
    mut coco: Map<String, Value>,
) -> Option<Box<str>> {
    own.retain(|_, value| !value.is_null() && value != &json!({}) && value != "");
    if !own.is_empty() {
        coco.insert(FIELDS_KEY.to_owned(), own.into());
    }
    unknown_fields::to_text(&coco)
}

/// Reads a file, or all of a folder.
pub(super) fn import(path: &Path, import: &mut ImportBuilder<'_>) -> Result<(), FormatError> {
    let is_single = !path.is_dir();
    import.read_files(
        path,
        FORMAT,
        |file| input::has_extension(file, "json"),
        |_| true,
        |file, _, import| {
            let content = input::read_text(file, input::MAX_PICTURE_FILE_BYTES)?;
            // The content decides, since a picture may come before the shapes.
            if !is_single && !content.contains("\"shapes\"") {
                import.pass_over(file, FORMAT);
                return Ok(());
            }
            let imported = read_picture(file, &content, import)
                .map_err(|reason| FormatError::malformed(file, reason))?;
            import.pictures.push(imported);
            Ok(())
        },
    )
}

fn read_picture(
    file: &Path,
    content: &str,
    import: &mut ImportBuilder<'_>,
) -> Result<ImportedPicture, String> {
    let mut top: Map<String, Value> =
        serde_json::from_str(content).map_err(|error| format!("not labelme JSON: {error}"))?;
    let Some(Value::Array(shapes)) = top.remove("shapes") else {
        return Err("not a labelme file: it has no shapes".to_owned());
    };
    top.remove("imageData");
    let side = |value: Option<Value>| number_of(&value?).ok();
    let size = picture_size(
        side(top.remove("imageWidth")),
        side(top.remove("imageHeight")),
    );
    let written = top.remove("imagePath");
    let written = written.as_ref().and_then(Value::as_str);
    let written = written.filter(|path| !path.is_empty());
    let name = file.display().to_string();
    let names = PictureNames::of_label_file(file, import.root, written, None);
    let mut imported = ImportedPicture {
        names: import.names_of_labels(file, names),
        size,
        review: Some(ReviewState::Done),
        ..ImportedPicture::default()
    };
    let model = unknown_model(FORMAT);
    for shape in shapes {
        let one = read_shape(shape, &name, &model, import);
        import.add_box(&mut imported, &name, one);
    }
    imported.review_proposals();
    top.remove("version");
    imported.extra = unknown_fields_text(top, Map::new());
    Ok(imported)
}

fn read_shape(
    shape: Value,
    name: &str,
    model: &Arc<Provenance>,
    import: &mut ImportBuilder<'_>,
) -> Result<ImportedBox, String> {
    let Value::Object(mut shape) = shape else {
        return Err("a shape is not an object".to_owned());
    };
    let label = match shape.remove("label") {
        Some(Value::String(label)) => label,
        Some(label @ (Value::Number(_) | Value::Bool(_))) => label.to_string(),
        _ => String::new(),
    };
    let category = import
        .category_by_name(&label)
        .ok_or("a shape has no label")?;
    let kind = shape.remove("shape_type");
    let kind = kind.as_ref().and_then(Value::as_str).unwrap_or("polygon");
    let points = shape.remove("points").unwrap_or_default();
    let points = points_of(&points).map_err(|reason| format!("a {kind} {label:?}: {reason}"))?;
    if points.len() < 2 {
        return Err(format!("a {kind} {label:?} has fewer than two points"));
    }
    let edges = edges(kind, &points);
    let mut coco = Map::new();
    if kind != "rectangle" {
        import.report_change(format!(
            "{name}: a {kind} {label:?} was reduced to its bounding box"
        ));
    }
    if kind == "polygon" {
        insert_outline(&mut coco, &points);
    }
    let mut one = ImportedBox::drawn(category, edges);
    if let Some(Value::Object(flags)) = shape.get_mut("flags") {
        one.flags = take_flags(flags, Flag::ALL);
    }
    if shape.get(ATTRIBUTES_KEY).is_some_and(is_filled_object)
        && let Some(attributes) = shape.remove(ATTRIBUTES_KEY)
    {
        coco.insert(ATTRIBUTES_KEY.to_owned(), attributes);
    }
    // The pixels of a mask are too large to keep.
    shape.remove("mask");
    let score = shape.remove("score").filter(|score| !score.is_null());
    one.extra = unknown_fields_text(shape, coco);
    let Some(score) = score else {
        return Ok(one);
    };
    let score = number_of(&score).map_err(|reason| format!("the score of a {kind}: {reason}"))?;
    one.proposed(model, score)
        .ok_or_else(|| format!("the score of a {kind} {label:?} is too large"))
}

fn is_filled_object(value: &Value) -> bool {
    value.as_object().is_some_and(|object| !object.is_empty())
}

/// The corners of a shape.
fn points_of(points: &Value) -> Result<Vec<[f64; 2]>, String> {
    let points = points.as_array().map(Vec::as_slice).unwrap_or_default();
    points
        .iter()
        .map(|point| {
            let numbers = numbers_of(point)?;
            let count = numbers.len();
            numbers
                .try_into()
                .map_err(|_| format!("a point has {count} numbers"))
        })
        .collect()
}

/// Left, top, right and bottom edge of a shape. A circle has its centre and a point on it.
fn edges(kind: &str, points: &[[f64; 2]]) -> [f64; 4] {
    if kind == "circle" {
        let ([x, y], [on_x, on_y]) = (points[0], points[1]);
        let radius = (on_x - x).hypot(on_y - y);
        return ellipse_bounds([x, y], [radius, radius], 0.0);
    }
    bounds(points.iter().copied())
}
