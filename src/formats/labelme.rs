//! labelme: a JSON file a picture, with shapes by their corners in pixels.
//!
//! Source: <https://github.com/wkentaro/labelme>. Rectangles come in any order of corners; of
//! other shapes the box is kept, and a polygon's outline as COCO's `segmentation`. The picture
//! itself (`imageData`) is neither read nor written. Other fields of a shape and of the file are
//! kept under `labelme` among the unknown fields.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::intake::{ImportBuilder, ImportedBox, ImportedPicture, from_text, to_text};
use super::layout::{ExportWriter, ExportedPicture};
use super::{FormatError, text, voc};
use crate::document::{Annotation, Flags, ReviewState};

const OWN: &str = "labelme";

/// Writes a JSON file beside where each picture is or would be.
pub(super) fn export(job: &mut ExportWriter<'_>) -> Result<(), FormatError> {
    for one in job.chosen.clone() {
        let folder = job.part_folder(one.part);
        let ExportedPicture { picture, name, .. } = &one;
        let shapes: Vec<Value> = job
            .truth(picture)
            .map(|row| shape(row, job.category_name(row.category)))
            .collect();
        job.report.boxes += shapes.len();
        let mut file = own_fields(picture.extra.as_deref());
        file.entry("version").or_insert_with(|| "5.5.0".into());
        file.entry("flags").or_insert_with(|| json!({}));
        file.insert("shapes".to_owned(), shapes.into());
        file.insert("imagePath".to_owned(), text::last_part(name).into());
        file.insert("imageData".to_owned(), Value::Null);
        file.insert("imageHeight".to_owned(), picture.height.into());
        file.insert("imageWidth".to_owned(), picture.width.into());
        let stem = text::without_extension(name);
        job.write_json(&text::join(folder, &format!("{stem}.json")), &file)?;
        job.put_picture(&one, &text::join(folder, name))?;
    }
    Ok(())
}

fn shape(row: &Annotation, label: &str) -> Value {
    let mut shape = own_fields(row.extra.as_deref());
    let Flags {
        crowd,
        difficult,
        occluded,
        truncated,
    } = row.flags;
    let flags = shape.entry("flags").or_insert_with(|| json!({}));
    if !flags.is_object() {
        *flags = json!({});
    }
    let set = [
        ("crowd", crowd),
        ("difficult", difficult),
        ("occluded", occluded),
        ("truncated", truncated),
    ];
    for (name, _) in set.iter().filter(|(_, is_set)| *is_set) {
        flags[*name] = true.into();
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

fn own_fields(extra: Option<&str>) -> Map<String, Value> {
    match from_text(extra).remove(OWN) {
        Some(Value::Object(own)) => own,
        _ => Map::new(),
    }
}

/// Keeps other fields for the way back; `more` are COCO's.
fn keep(mut own: Map<String, Value>, mut more: Map<String, Value>) -> Option<Box<str>> {
    own.retain(|_, value| !value.is_null() && value != &json!({}) && value != "");
    if !own.is_empty() {
        more.insert(OWN.to_owned(), own.into());
    }
    to_text(&more)
}

/// Reads a file, or all of a folder.
pub(super) fn import(path: &Path, intake: &mut ImportBuilder<'_>) -> Result<(), FormatError> {
    let is_alone = !path.is_dir();
    for file in text::files_below(path, |file| text::has_extension(file, "json"))? {
        let read = text::read(&file, text::SMALL_FILE_BYTES).and_then(|content| {
            picture(&file, &content, intake).map_err(|reason| FormatError::malformed(&file, reason))
        });
        match read {
            Ok(found) => intake.pictures.push(found),
            Err(error) if is_alone => return Err(error),
            Err(error) => intake.report.unread.add(error.to_string()),
        }
    }
    Ok(())
}

fn picture(
    file: &Path,
    content: &str,
    intake: &mut ImportBuilder<'_>,
) -> Result<ImportedPicture, String> {
    let mut top: Map<String, Value> =
        serde_json::from_str(content).map_err(|error| format!("it is no labelme JSON: {error}"))?;
    let Some(Value::Array(shapes)) = top.remove("shapes") else {
        return Err("it has no shapes, so it is no labelme file".to_owned());
    };
    top.remove("imageData");
    let side = |value: Option<Value>| value?.as_u64().and_then(|side| u32::try_from(side).ok());
    let size = side(top.remove("imageWidth")).zip(side(top.remove("imageHeight")));
    let written = top.remove("imagePath");
    let written = written.as_ref().and_then(Value::as_str).unwrap_or_default();
    // labelme itself writes `../pictures/a.jpg` for a label folder of its own: the name is enough.
    let last = written.rsplit(['/', '\\']).next().unwrap_or_default();
    let name = text::safe_path(written).or_else(|| text::safe_path(last));
    let name = name.ok_or_else(|| format!("its imagePath {written:?} is refused"))?;
    if text::safe_path(written).is_none() {
        let sentence = format!(
            "{}: of its imagePath {written:?} the name is taken",
            file.display()
        );
        intake.report.changed.add(sentence);
    }
    let mut found = ImportedPicture {
        names: voc::candidate_paths(file, intake.root, &name, None),
        size: size
            .map(|(width, height)| [width, height])
            .filter(|[w, h]| *w > 0 && *h > 0),
        review: Some(ReviewState::Done),
        ..ImportedPicture::default()
    };
    for shape in shapes {
        match read_shape(shape, &name, intake) {
            Ok(one) => found.boxes.push(one),
            Err(reason) => {
                found.is_partial = true;
                intake.report.unread.add(format!("{name}: {reason}"));
            }
        }
    }
    top.remove("version");
    found.extra = keep(top, Map::new());
    Ok(found)
}

fn read_shape(
    shape: Value,
    name: &str,
    intake: &mut ImportBuilder<'_>,
) -> Result<ImportedBox, String> {
    let Value::Object(mut shape) = shape else {
        return Err("a shape is no object".to_owned());
    };
    let label = shape.remove("label");
    let label = label.as_ref().and_then(Value::as_str).unwrap_or_default();
    let category = intake
        .category_by_name(label)
        .ok_or("a shape has no label")?;
    let kind = shape.remove("shape_type");
    let kind = kind.as_ref().and_then(Value::as_str).unwrap_or("polygon");
    let points: Option<Vec<[f64; 2]>> = shape
        .remove("points")
        .and_then(|points| serde_json::from_value(points).ok());
    let points = points.filter(|points| points.len() >= 2);
    let points = points.ok_or_else(|| format!("a {kind} {label:?} has no two corners"))?;
    let edges = if kind == "circle" {
        let ([x, y], [on_x, on_y]) = (points[0], points[1]);
        let radius = (on_x - x).hypot(on_y - y);
        [x - radius, y - radius, x + radius, y + radius]
    } else {
        points.iter().fold(
            [
                f64::INFINITY,
                f64::INFINITY,
                f64::NEG_INFINITY,
                f64::NEG_INFINITY,
            ],
            |e, [x, y]| [e[0].min(*x), e[1].min(*y), e[2].max(*x), e[3].max(*y)],
        )
    };
    let mut more = Map::new();
    if kind != "rectangle" {
        intake
            .report
            .changed
            .add(format!("{name}: of a {kind} {label:?} the box is kept"));
    }
    if kind == "polygon" && points.len() > 2 {
        let [x0, y0, x1, y1] = edges;
        more.insert("bbox".to_owned(), json!([x0, y0, x1 - x0, y1 - y0]));
        more.insert("segmentation".to_owned(), json!([points.concat()]));
    }
    let mut one = ImportedBox::new(category, edges);
    if let Some(Value::Object(flags)) = shape.get_mut("flags") {
        let mut take = |name: &str, flag: &mut bool| {
            *flag = flags.get(name) == Some(&Value::Bool(true));
            if *flag {
                flags.remove(name);
            }
        };
        take("crowd", &mut one.flags.crowd);
        take("difficult", &mut one.flags.difficult);
        take("occluded", &mut one.flags.occluded);
        take("truncated", &mut one.flags.truncated);
    }
    // The pixels of a mask are no field that outlives its box.
    shape.remove("mask");
    one.extra = keep(shape, more);
    Ok(one)
}
