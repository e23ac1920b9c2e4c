//! The one reader of instances files. It hands out the rows one by one, in the order of the file, so
//! that only one row at a time is in memory as JSON.
//!
//! It accepts what programs write for ids, sizes and names. Which fields are required is the
//! caller's decision: an import into a project leaves out the faulty rows, and
//! [`Instances::read`](super::types::Instances::read) refuses the file.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::segmentation::{Segmentation, outline_of_corners};
use crate::formats::numbers::{number_of, numbers_of, parse_number};
use crate::formats::shapes::{bounds, rotated_bounds};

/// A row of an instances file.
#[derive(Debug)]
pub(super) enum Row {
    /// The list of pictures begins.
    Images,
    /// A picture.
    Image(ImageRow),
    /// A category.
    Category(CategoryRow),
    /// A box.
    Annotation(AnnotationRow),
    /// Another key at the top.
    Other(String, Value),
    /// A row that cannot be read, with the reason.
    Unreadable(String),
}

/// A picture as the file has it.
#[derive(Debug)]
pub(super) struct ImageRow {
    pub id: RowId,
    pub file_name: Option<String>,
    /// Width in pixels, unchecked.
    pub width: Option<f64>,
    /// Height in pixels, unchecked.
    pub height: Option<f64>,
    /// All other keys.
    pub extra: Map<String, Value>,
}

/// A category as the file has it.
#[derive(Debug)]
pub(super) struct CategoryRow {
    pub id: RowId,
    /// The name, not blank. A number counts as its digits.
    pub name: Option<String>,
    /// All other keys.
    pub extra: Map<String, Value>,
}

/// A box as the file has it.
#[derive(Debug)]
pub(super) struct AnnotationRow {
    pub id: Option<RowId>,
    pub image_id: RowId,
    pub category_id: RowId,
    /// `[x, y, width, height]` in pixels, unchecked.
    pub bbox: [f64; 4],
    /// Width and height of the mask in pixels, if the box is that of a mask.
    pub mask_size: Option<[u32; 2]>,
    pub is_crowd: bool,
    /// The score, of any type but null.
    pub score: Option<Value>,
    /// All other keys. A `segmentation` is as pycocotools' `annToMask` reads it.
    pub extra: Map<String, Value>,
    /// What was repaired, dropped or turned, as sentences.
    pub changes: Vec<String>,
}

/// The id of a row: a number, or text that another program wrote.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum RowId {
    /// A non-negative integer. Text of one counts as one, and so does 3.0.
    Number(u64),
    /// Anything else.
    Text(Box<str>),
}

impl RowId {
    pub(super) fn parse(value: Option<Value>) -> Option<Self> {
        let text = match value? {
            Value::Number(number) => number.to_string(),
            Value::String(text) => text.trim().to_owned(),
            _ => return None,
        };
        if let Ok(number) = text.parse() {
            return Some(Self::Number(number));
        }
        let number = parse_number(&text).ok();
        Some(match number.filter(|number| number.fract() == 0.0) {
            Some(number) if (0.0..MAX_EXACT_ID).contains(&number) => Self::Number(number as u64),
            // Whether -4 or -4.0 is written makes no difference.
            Some(number) if number.abs() < MAX_EXACT_ID => Self::Text(number.to_string().into()),
            _ => Self::Text(text.into()),
        })
    }

    /// The name of a category that has none in the file.
    pub(super) fn name_of_category(&self) -> String {
        format!("class {self}")
    }

    /// The number, or 0, which is not a valid id, for text.
    pub(super) fn number(&self) -> u64 {
        match self {
            Self::Number(number) => *number,
            Self::Text(_) => 0,
        }
    }
}

impl fmt::Display for RowId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => write!(f, "{text:?}"),
        }
    }
}

/// Integers from here on are not exact as floating point numbers.
const MAX_EXACT_ID: f64 = 9_007_199_254_740_992.0;

/// Reads the text of an instances file and passes its rows to `on_row`.
///
/// # Errors
/// Why the text is not COCO JSON. Rows before the fault have been given by then.
pub(super) fn read_rows(text: &str, on_row: impl FnMut(Row)) -> Result<(), String> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let read = reader
        .deserialize_map(Top(on_row))
        .and_then(|()| reader.end());
    read.map_err(|error| {
        let hint = if error.to_string().contains("expected value") {
            " (JSON has no NaN and no Infinity)"
        } else {
            ""
        };
        format!("not COCO JSON: {error}{hint}")
    })
}

/// The object at the top of a file.
struct Top<F>(F);

impl<'de, F: FnMut(Row)> Visitor<'de> for Top<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with `images`, `annotations` and `categories`")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            let parse: fn(Value) -> Result<Row, String> = match key.as_str() {
                "images" => {
                    (self.0)(Row::Images);
                    parse_image
                }
                "annotations" => parse_annotation,
                "categories" => parse_category,
                _ => {
                    (self.0)(Row::Other(key, map.next_value()?));
                    continue;
                }
            };
            map.next_value_seed(Elements(|row| {
                let row = parse(row);
                (self.0)(row.unwrap_or_else(Row::Unreadable));
            }))?;
        }
        Ok(())
    }
}

/// A list whose elements are passed to a function one by one.
pub(super) struct Elements<F>(pub F);

impl<'de, F: FnMut(Value)> DeserializeSeed<'de> for Elements<F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de, F: FnMut(Value)> Visitor<'de> for Elements<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        while let Some(row) = list.next_element()? {
            (self.0)(row);
        }
        Ok(())
    }
}

pub(super) fn parse_image(row: Value) -> Result<Row, String> {
    let Value::Object(mut row) = row else {
        return Err("a picture is not an object".to_owned());
    };
    let id = RowId::parse(row.remove("id")).ok_or("a picture has no id")?;
    let file_name = match row.remove("file_name") {
        Some(Value::String(name)) => Some(name),
        _ => None,
    };
    let mut side = |key: &str| row.remove(key).and_then(|side| number_of(&side).ok());
    let (width, height) = (side("width"), side("height"));
    Ok(Row::Image(ImageRow {
        id,
        file_name,
        width,
        height,
        extra: row,
    }))
}

fn parse_category(row: Value) -> Result<Row, String> {
    let Value::Object(mut row) = row else {
        return Err("a category is not an object".to_owned());
    };
    let id = RowId::parse(row.remove("id")).ok_or("a category has no id")?;
    let name = match row.remove("name") {
        Some(Value::String(name)) => Some(name),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    };
    let name = name.filter(|name| !name.trim().is_empty());
    Ok(Row::Category(CategoryRow {
        id,
        name,
        extra: row,
    }))
}

/// Reads a row of `annotations`.
///
/// # Errors
/// Why it cannot be read.
pub(super) fn parse_annotation(row: Value) -> Result<Row, String> {
    let Value::Object(mut row) = row else {
        return Err("an annotation is not an object".to_owned());
    };
    let id = RowId::parse(row.remove("id"));
    let name = id
        .as_ref()
        .map_or_else(|| "without an id".to_owned(), RowId::to_string);
    let image_id = RowId::parse(row.remove("image_id"));
    let category_id = RowId::parse(row.remove("category_id"));
    let (Some(image_id), Some(category_id)) = (image_id, category_id) else {
        return Err(format!(
            "annotation {name} refers to no picture or no category"
        ));
    };
    let segmentation = row.remove("segmentation").unwrap_or_default();
    let had_list = segmentation.as_array().is_some_and(Vec::is_empty);
    let segmentation = Segmentation::read(segmentation);
    let mut mask_size = None;
    let bbox = match (
        row.remove("bbox").as_ref().map(bbox_of),
        segmentation.bounds,
    ) {
        (Some(Ok(bbox)), bounds) if bounds.is_none() || (bbox[2] != 0.0 && bbox[3] != 0.0) => bbox,
        (_, Some([x0, y0, x1, y1])) => {
            mask_size = segmentation.mask_size;
            [x0, y0, x1 - x0, y1 - y0]
        }
        (bbox, None) => {
            let fault = bbox.and_then(Result::err);
            let fault = fault.map_or_else(String::new, |reason| format!(": {reason}"));
            return Err(format!(
                "annotation {name} has no bbox of four numbers and no outline{fault}"
            ));
        }
    };
    let rotation = match &segmentation.outline {
        Some(_) => None,
        None => take_rotation(&mut row),
    };
    let is_dropped = segmentation.outline.is_none() && segmentation.change.is_some();
    let mut changes = Vec::new();
    if let Some(change) = segmentation.change {
        changes.push(format!("annotation {name} {change}"));
    }
    let corners = corners_of(bbox, rotation.unwrap_or_default());
    let bbox = match rotation {
        None => bbox,
        Some(degrees) => {
            changes.push(format!(
                "annotation {name} is turned by {degrees} degrees, and the box around it was taken"
            ));
            let [x0, y0, x1, y1] = bounds(corners);
            [x0, y0, x1 - x0, y1 - y0]
        }
    };
    match segmentation.outline {
        Some(outline) => {
            row.insert("segmentation".to_owned(), outline);
        }
        None => {
            if is_dropped {
                row.insert("segmentation".to_owned(), outline_of_corners(corners));
                row.remove("area");
            } else if had_list {
                row.insert("segmentation".to_owned(), Value::Array(Vec::new()));
            }
        }
    }
    let is_crowd = row.remove("iscrowd").is_some_and(|value| match value {
        Value::Bool(is_crowd) => is_crowd,
        Value::String(text) => text.trim().eq_ignore_ascii_case("true") || text.trim() == "1",
        other => other.as_f64().is_some_and(|number| number != 0.0),
    });
    let score = row.remove("score").filter(|score| !score.is_null());
    Ok(Row::Annotation(AnnotationRow {
        id,
        image_id,
        category_id,
        bbox,
        mask_size,
        is_crowd,
        score,
        extra: row,
        changes,
    }))
}

/// The rotation of a box of CVAT, whose `bbox` is that before the rotation. It is taken out, since our box
/// is the one around the turned rectangle.
fn take_rotation(row: &mut Map<String, Value>) -> Option<f64> {
    let attributes = row.get_mut("attributes")?.as_object_mut()?;
    let degrees = number_of(attributes.get("rotation")?).ok()?;
    if degrees == 0.0 {
        return None;
    }
    attributes.remove("rotation");
    Some(degrees)
}

/// The corners of `[x, y, width, height]`, turned about its centre.
fn corners_of([x, y, width, height]: [f64; 4], degrees: f64) -> [[f64; 2]; 4] {
    let centre = [x + width / 2.0, y + height / 2.0];
    let (right, bottom) = (x + width, y + height);
    [[x, y], [right, y], [right, bottom], [x, bottom]].map(|[x, y]| {
        let [x, y, ..] = rotated_bounds([x, y, x, y], centre, degrees);
        [x, y]
    })
}

/// Whether the box of a mask fits a picture whose size the file states.
///
/// # Errors
/// If the mask was made on another copy of the picture.
pub(super) fn check_mask(
    mask_size: Option<[u32; 2]>,
    picture_size: Option<[u32; 2]>,
) -> Result<(), String> {
    match mask_size.zip(picture_size) {
        Some((mask, picture)) if mask != picture => {
            let [[mask_width, mask_height], [width, height]] = [mask, picture];
            Err(format!(
                "has no bbox, and its mask has {mask_width} x {mask_height} pixels instead of \
                 {width} x {height}"
            ))
        }
        _ => Ok(()),
    }
}

/// The names that programs give to the four numbers of a box in an object.
const BBOX_KEYS: [[&str; 4]; 3] = [
    ["x", "y", "width", "height"],
    ["left", "top", "width", "height"],
    ["x", "y", "w", "h"],
];

/// The numbers of a `bbox`: a list of numbers or of text, text with four numbers, or an object.
///
/// # Errors
/// Why it is none of these.
pub(super) fn bbox_of(bbox: &Value) -> Result<[f64; 4], String> {
    let numbers = match bbox {
        Value::Array(list) if matches!(list[..], [Value::Array(_)]) => numbers_of(&list[0])?,
        Value::Array(_) => numbers_of(bbox)?,
        Value::String(text) => {
            let text = text.trim_matches(|c: char| c.is_whitespace() || "[]()".contains(c));
            let separator = if text.contains(", ") || !text.contains(char::is_whitespace) {
                ','
            } else {
                ' '
            };
            let words = text.split(separator).filter(|word| !word.trim().is_empty());
            words.map(parse_number).collect::<Result<_, _>>()?
        }
        Value::Object(object) => {
            let has_all = |keys: &&[&str; 4]| keys.iter().all(|key| object.contains_key(*key));
            let keys = BBOX_KEYS.iter().find(has_all);
            let keys = keys.ok_or("the bbox has no x, y, width and height")?;
            let numbers = keys.iter().map(|key| number_of(&object[*key]));
            numbers.collect::<Result<_, _>>()?
        }
        _ => return Err("the bbox is not a list".to_owned()),
    };
    let count = numbers.len();
    numbers
        .try_into()
        .map_err(|_| format!("the bbox has {count} numbers"))
}
