//! VIA 2, the VGG Image Annotator: a JSON project, or its annotations alone.
//!
//! Source: <https://www.robots.ox.ac.uk/~vgg/software/via/> (`via-2.0.12`). Both forms are read, and
//! regions as a list (VIA 2) or as an object (VIA 1). A project is written, since it alone has the
//! classes. Coordinates are in pixels. VIA has no classes of its own but attributes that people define:
//! `label`, `class`, `name`, `type`, `category` or `object`, in this order, or else the only one is the
//! class. Flags are a checkbox attribute `flags`. Whether a picture is done is a file attribute
//! `tsukami` of our own files; VIA lists pictures that nobody has labelled as well.

use std::collections::HashMap;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::error::FormatError;
use super::export::naming::ExportedPicture;
use super::export::options::BoxSelection;
use super::export::writer::ExportWriter;
use super::import::builder::ImportBuilder;
use super::import::picture_names::PictureNames;
use super::import::rows::{ImportedBox, ImportedPicture, Repeats};
use super::json_flags::take_flags;
use super::json_stream::{ListOf, ObjectOf};
use super::numbers::number_of;
use super::shapes::{bounds, ellipse_bounds, with_outline};
use super::{input, paths};
use crate::document::{Annotation, Document, Flag, ReviewState};

/// The attribute that holds the class in our own files.
const CLASS_KEY: &str = "label";

/// Names of an attribute that is the class, the most likely first.
const CLASS_KEYS: [&str; 6] = ["label", "class", "name", "type", "category", "object"];

/// The attribute that holds the flags.
const FLAGS_KEY: &str = "flags";

/// The file attribute that holds the review state.
const REVIEW_KEY: &str = "tsukami";

/// The size of a file that is not known.
const UNKNOWN_SIZE: i64 = -1;

/// Whether the beginning of a JSON text is that of a project or of its annotations.
pub(super) fn is_text(head: &str) -> bool {
    let is_annotations = head.contains("\"regions\"")
        && head.contains("\"filename\"")
        && (head.contains("\"file_attributes\"") || head.contains("\"shape_attributes\""));
    head.trim_start().starts_with('{')
        && (head.contains("\"_via_img_metadata\"")
            || head.contains("\"_via_settings\"")
            || is_annotations)
}

/// Writes a project, or one for each subset next to its pictures.
pub(super) fn export(writer: &mut ExportWriter<'_>) -> Result<(), FormatError> {
    let pictures = writer.pictures.clone();
    let document = writer.document;
    for subset in writer.subsets() {
        let folder = writer.subset_folder(subset);
        let of_subset: Vec<_> = pictures.iter().filter(|one| one.subset == subset).collect();
        let sizes: HashMap<_, _> = of_subset
            .iter()
            .map(|one| (one.picture.id, writer.file_size(one.picture)))
            .collect();
        let size = |one: &ExportedPicture<'_>| {
            let size = sizes.get(&one.picture.id).copied().flatten();
            size.and_then(|size| i64::try_from(size).ok())
                .unwrap_or(UNKNOWN_SIZE)
        };
        let key = |one: &ExportedPicture<'_>| format!("{}{}", one.name, size(one));
        let metadata = ObjectOf(|| {
            let pictures = of_subset.iter();
            pictures.map(|one| (key(one), picture_json(document, one, size(one))))
        });
        let keys = ListOf(|| of_subset.iter().map(|one| key(one)));
        let project = ObjectOf(|| {
            let parts: [(&str, Part<'_, _, _>); 5] = [
                ("_via_settings", Part::Value(settings())),
                ("_via_img_metadata", Part::Pictures(&metadata)),
                ("_via_attributes", Part::Value(attributes(document))),
                ("_via_data_format_version", Part::Value("2.0.10".into())),
                ("_via_image_id_list", Part::Keys(&keys)),
            ];
            parts.into_iter()
        });
        writer.write_json(&paths::join(folder, "via_project.json"), &project)?;
        for one in of_subset {
            let rows = document.annotations(one.picture.id).iter();
            writer.report.boxes += rows
                .filter(|row| BoxSelection::GroundTruth.includes(row))
                .count();
            writer.add_picture_file(one, &paths::join(folder, &one.name))?;
        }
    }
    Ok(())
}

/// A part of a project.
#[derive(serde::Serialize)]
#[serde(untagged)]
enum Part<'a, P, K> {
    Value(Value),
    Pictures(&'a P),
    Keys(&'a K),
}

/// The settings that VIA needs in order to open a project. What is absent has VIA's defaults.
fn settings() -> Value {
    json!({
        "ui": {
            "annotation_editor_height": 25, "annotation_editor_fontsize": 0.8,
            "leftsidebar_width": 18,
            "image_grid": {
                "img_height": 80, "rshape_fill": "none", "rshape_fill_opacity": 0.3,
                "rshape_stroke": "yellow", "rshape_stroke_width": 2, "show_region_shape": true,
                "show_image_policy": "all",
            },
            "image": {
                "region_label": CLASS_KEY, "region_color": CLASS_KEY,
                "region_label_font": "10px Sans",
                "on_image_annotation_editor_placement": "NEAR_REGION",
            },
        },
        "core": { "buffer_size": 18, "filepath": {}, "default_filepath": "" },
        "project": { "name": "Tsukami" },
    })
}

/// The definitions of the attributes.
fn attributes(document: &Document) -> Value {
    let classes: Map<String, Value> = document
        .categories()
        .map(|row| (row.name.to_string(), "".into()))
        .collect();
    let flags: Map<String, Value> = Flag::ALL
        .into_iter()
        .map(|flag| (flag.name().to_owned(), "".into()))
        .collect();
    json!({
        "region": {
            CLASS_KEY: {
                "type": "dropdown", "description": "", "options": classes, "default_options": {},
            },
            FLAGS_KEY: {
                "type": "checkbox", "description": "", "options": flags, "default_options": {},
            },
        },
        "file": {
            REVIEW_KEY: { "type": "text", "description": "review state", "default_value": "" },
        },
    })
}

fn picture_json(document: &Document, one: &ExportedPicture<'_>, size: i64) -> Value {
    let rows = document.annotations(one.picture.id).iter();
    let regions: Vec<Value> = rows
        .filter(|row| BoxSelection::GroundTruth.includes(row))
        .map(|row| region(document, row))
        .collect();
    json!({
        "filename": one.name,
        "size": size,
        "regions": regions,
        "file_attributes": { REVIEW_KEY: one.picture.review },
    })
}

fn region(document: &Document, row: &Annotation) -> Value {
    let name = document.class_name(row);
    let [x0, y0, x1, y1] = [row.rect.x0, row.rect.y0, row.rect.x1, row.rect.y1].map(f64::from);
    let mut attributes = json!({ CLASS_KEY: name });
    let flags: Map<String, Value> = row
        .flags
        .iter()
        .map(|flag| (flag.name().to_owned(), true.into()))
        .collect();
    if !flags.is_empty() {
        attributes[FLAGS_KEY] = flags.into();
    }
    json!({
        "shape_attributes": { "name": "rect", "x": x0, "y": y0, "width": x1 - x0, "height": y1 - y0 },
        "region_attributes": attributes,
    })
}

/// Reads a project or annotations, or all of a folder.
pub(super) fn import(path: &Path, import: &mut ImportBuilder<'_>) -> Result<(), FormatError> {
    import.read_files(
        path,
        "VIA",
        |file| input::has_extension(file, "json"),
        |file| is_text(&input::head(file)),
        read_file,
    )
}

fn read_file(file: &Path, index: usize, import: &mut ImportBuilder<'_>) -> Result<(), FormatError> {
    let content = input::read_text(file, input::MAX_DATASET_FILE_BYTES)?;
    let mut top: Map<String, Value> = serde_json::from_str(&content)
        .map_err(|error| FormatError::malformed(file, format!("not JSON of VIA: {error}")))?;
    let attributes = top.remove("_via_attributes").unwrap_or_default();
    let key = class_key(&attributes["region"]);
    let key = key.as_deref();
    let options = key.map(|key| &attributes["region"][key]["options"]);
    for (name, _) in options.and_then(Value::as_object).into_iter().flatten() {
        import.category_by_name(name);
    }
    let pictures = match top.remove("_via_img_metadata") {
        Some(Value::Object(pictures)) => pictures,
        _ => top,
    };
    let entries = pictures.into_iter();
    let entries = entries.filter(|(key, _)| !key.starts_with("_via_"));
    for picture in entries.map(|(_, picture)| picture) {
        match read_picture((file, index), &picture, key, import) {
            Ok(imported) => import.pictures.push(imported),
            Err(reason) => import.report_skipped(format!("{}: {reason}", file.display())),
        }
    }
    Ok(())
}

fn read_picture(
    (file, index): (&Path, usize),
    picture: &Value,
    class: Option<&str>,
    import: &mut ImportBuilder<'_>,
) -> Result<ImportedPicture, String> {
    let written = picture["filename"]
        .as_str()
        .ok_or("an entry has no filename")?;
    let review = picture["file_attributes"][REVIEW_KEY].clone();
    let mut imported = ImportedPicture {
        names: PictureNames::next_to(file, import.root, written),
        repeats: Repeats::InOtherFiles(index),
        review: serde_json::from_value::<ReviewState>(review).ok(),
        ..ImportedPicture::default()
    };
    let regions: Vec<&Value> = match &picture["regions"] {
        Value::Array(regions) => regions.iter().collect(),
        Value::Object(regions) => regions.values().collect(),
        _ => return Err(format!("{written} has no regions")),
    };
    for region in regions {
        let one = read_region(region, written, class, import);
        import.add_box(&mut imported, written, one);
    }
    Ok(imported)
}

fn read_region(
    region: &Value,
    name: &str,
    class: Option<&str>,
    import: &mut ImportBuilder<'_>,
) -> Result<ImportedBox, String> {
    let shape = &region["shape_attributes"];
    let kind = shape["name"].as_str().unwrap_or_default();
    let attributes = &region["region_attributes"];
    let class = class.map(str::to_owned).or_else(|| class_key(attributes));
    let classes = class.map(|key| chosen(&attributes[key.as_str()]));
    let classes = classes.unwrap_or_default();
    let label = classes.first().map(String::as_str).unwrap_or_default();
    let points = points(shape);
    let edges = edges(shape, kind, &points).ok_or_else(|| {
        format!("a region {label:?} ({kind}) is not a box, or has no coordinates")
    })?;
    let category = import.category_by_name(label);
    let category = category.ok_or_else(|| format!("a {kind} has no class"))?;
    if kind != "rect" {
        import.report_change(format!(
            "{name}: a {kind} {label:?} was reduced to its bounding box"
        ));
    }
    if classes.len() > 1 {
        import.report_change(format!(
            "{name}: of the classes of a region, only {label:?} is kept"
        ));
    }
    let mut one = ImportedBox::drawn(category, edges);
    if let Some(flags) = attributes[FLAGS_KEY].as_object() {
        one.flags = take_flags(&mut flags.clone(), Flag::ALL);
    }
    if kind == "polygon" {
        one.extra = with_outline(Map::new(), &points);
    }
    Ok(one)
}

/// The attribute that is the class: one with a usual name, or the only one.
fn class_key(attributes: &Value) -> Option<String> {
    let attributes = attributes.as_object()?;
    let mut usual = CLASS_KEYS.into_iter();
    let usual = usual.find(|key| attributes.contains_key(*key));
    let mut others = attributes.keys().filter(|key| *key != FLAGS_KEY);
    let only = others.next().filter(|_| others.next().is_none());
    usual.or(only.map(String::as_str)).map(str::to_owned)
}

/// The values of an attribute: a text, or the options that are set.
fn chosen(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Number(number) => vec![number.to_string()],
        Value::Object(options) => {
            let set = options
                .iter()
                .filter(|(_, is_set)| is_set.as_bool() == Some(true));
            set.map(|(option, _)| option.clone()).collect()
        }
        _ => Vec::new(),
    }
}

/// The points of a polygon or polyline.
fn points(shape: &Value) -> Vec<[f64; 2]> {
    let list = |key: &str| shape[key].as_array().into_iter().flatten();
    let pairs = list("all_points_x").zip(list("all_points_y"));
    let points: Option<Vec<_>> = pairs
        .map(|(x, y)| Some([number_of(x).ok()?, number_of(y).ok()?]))
        .collect();
    points.unwrap_or_default()
}

/// Left, top, right and bottom edge of a shape.
fn edges(shape: &Value, kind: &str, points: &[[f64; 2]]) -> Option<[f64; 4]> {
    let number = |key: &str| number_of(&shape[key]).ok();
    match kind {
        "rect" => {
            let (x, y) = (number("x")?, number("y")?);
            Some([x, y, x + number("width")?, y + number("height")?])
        }
        "circle" => {
            let radius = number("r")?;
            Some(ellipse_bounds(
                [number("cx")?, number("cy")?],
                [radius, radius],
                0.0,
            ))
        }
        "ellipse" => {
            let radii = [number("rx")?, number("ry")?];
            let degrees = number("theta").unwrap_or_default().to_degrees();
            Some(ellipse_bounds(
                [number("cx")?, number("cy")?],
                radii,
                degrees,
            ))
        }
        "polygon" | "polyline" => (points.len() > 1).then(|| bounds(points.iter().copied())),
        _ => None,
    }
}
