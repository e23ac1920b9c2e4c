//! A region of a task: a shape in percent of the picture, with its classes and notes.

use serde_json::{Map, Value};

use crate::document::{Flag, Flags};
use crate::formats::numbers::{number_of, picture_size};
use crate::formats::shapes::{bounds, ellipse_bounds, rotated_bounds};

/// A region as a task has it.
pub(super) struct Region {
    /// Its class, without which it is no box.
    pub class: Option<String>,
    /// The number of its classes beyond the first.
    pub further_classes: usize,
    /// Left, top, right and bottom edge as shares of the picture.
    pub edges: [f64; 4],
    pub flags: Flags,
    pub score: Option<f64>,
    /// Width and height of the picture in pixels.
    pub size: Option<[u32; 2]>,
    /// What the shape was, unless it was a box.
    pub reduced: Option<&'static str>,
}

/// What a result of an annotation is.
pub(super) enum ResultItem {
    /// A region.
    Region(Region),
    /// Classes of the whole picture.
    Tags(Vec<String>),
    /// A region that is turned in a picture of unknown size: its box is unknown, since the turn is one of
    /// pixels.
    Unmeasured,
    /// Something that has no box, by its type.
    Other(String),
}

/// Reads a result of an annotation or a prediction. `classes` are those that another result gives to
/// the region, and `actual_size` is that of the picture if the project has it.
pub(super) fn read(
    result: &Value,
    classes: Option<&Vec<String>>,
    actual_size: Option<[u32; 2]>,
) -> ResultItem {
    let kind = result
        .get("type")
        .and_then(Value::as_str)
        .unwrap_or_default();
    // In the short form, a result is its value.
    let value = result.get("value").unwrap_or(result);
    let Some(value) = value.as_object() else {
        return ResultItem::Other(kind.to_owned());
    };
    let number = |key: &str| number_of(result.get(key)?).ok();
    let size = picture_size(number("original_width"), number("original_height"));
    let of_value = |key: &str| number_of(value.get(key)?).ok();
    let is_turned = of_value("rotation").is_some_and(|degrees| degrees % 180.0 != 0.0);
    let measured = size.or(actual_size);
    if is_turned && measured.is_none() {
        return ResultItem::Unmeasured;
    }
    match shape(value, measured) {
        Some((edges, reduced)) => {
            let own = classes_of(value);
            let classes = if own.is_empty() {
                classes.cloned().unwrap_or_default()
            } else {
                own
            };
            let score = number("score").or_else(|| of_value("score"));
            ResultItem::Region(Region {
                further_classes: classes.len().saturating_sub(1),
                class: classes.into_iter().next(),
                edges: edges.map(|edge| edge / 100.0),
                flags: flags(result.get("meta")),
                score,
                size,
                reduced,
            })
        }
        None => match value.get("choices").map(texts) {
            Some(tags) => ResultItem::Tags(tags),
            None => ResultItem::Other(kind.to_owned()),
        },
    }
}

/// The classes that a region has, under the name of its kind of shape.
pub(super) fn classes_of(value: &Map<String, Value>) -> Vec<String> {
    let mut keys = value.iter();
    let labels = keys.find(|(key, value)| {
        value.is_array() && (key.ends_with("labels") || *key == "hypertextlabels")
    });
    labels.map(|(_, labels)| texts(labels)).unwrap_or_default()
}

fn texts(list: &Value) -> Vec<String> {
    let list = list.as_array().into_iter().flatten();
    list.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The edges of a shape in percent, and what it was unless it was a box.
fn shape(
    value: &Map<String, Value>,
    size: Option<[u32; 2]>,
) -> Option<([f64; 4], Option<&'static str>)> {
    let number = |key: &str| number_of(value.get(key)?).ok();
    let rotation = number("rotation").unwrap_or_default();
    // A rotation is one of pixels, which are not as wide as high in percent.
    let [width, height] = size
        .unwrap_or([100, 100])
        .map(|side| f64::from(side) / 100.0);
    let in_pixels = |[x0, y0, x1, y1]: [f64; 4]| [x0 * width, y0 * height, x1 * width, y1 * height];
    let in_percent =
        |[x0, y0, x1, y1]: [f64; 4]| [x0 / width, y0 / height, x1 / width, y1 / height];
    if let Some(points) = value.get("points").and_then(Value::as_array) {
        let points: Option<Vec<[f64; 2]>> = points
            .iter()
            .map(|point| serde_json::from_value(point.clone()).ok())
            .collect();
        let points = points.filter(|points| points.len() > 1)?;
        return Some((bounds(points), Some("polygon")));
    }
    let (x, y) = (number("x")?, number("y")?);
    if let Some((rx, ry)) = number("radiusX").zip(number("radiusY")) {
        let radii = [rx * width, ry * height];
        let edges = ellipse_bounds([x * width, y * height], radii, rotation);
        return Some((in_percent(edges), Some("ellipse")));
    }
    let (right, bottom) = (x + number("width")?, y + number("height")?);
    let edges = [x, y, right, bottom];
    if rotation == 0.0 {
        // A point, for example, has a width of its own but is no box.
        return value
            .keys()
            .all(|key| key != "keypointlabels")
            .then_some((edges, None));
    }
    let rotated = rotated_bounds(in_pixels(edges), [x * width, y * height], rotation);
    Some((in_percent(rotated), Some("rotated box")))
}

/// The flags that are among the notes of a region.
fn flags(meta: Option<&Value>) -> Flags {
    let notes = meta.and_then(|meta| meta.get("text"));
    let notes = match notes {
        Some(Value::String(note)) => vec![note.clone()],
        Some(list) => texts(list),
        None => Vec::new(),
    };
    let has = |flag: &Flag| notes.iter().any(|note| note == flag.name());
    Flag::ALL.into_iter().filter(has).collect()
}
