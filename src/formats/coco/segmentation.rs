//! The `segmentation` of an annotation: from what programs write to what pycocotools' `annToMask` reads,
//! which is a list of polygons with at least three corners, or a run-length encoded mask.

use serde_json::{Map, Value, json};

use super::rle::{Rle, decompress};
use crate::formats::numbers::{number_of, numbers_of};

/// The fewest numbers of a polygon. pycocotools takes four for a box, and fails.
const MIN_NUMBERS: usize = 6;

/// Coordinates beyond this are no pixels, and drawing them takes all memory.
const MAX_COORDINATE: f64 = 1e6;

/// What became of a segmentation.
#[derive(Debug, PartialEq)]
pub(super) struct Segmentation {
    /// As `annToMask` reads it; `None` if there is no outline.
    pub outline: Option<Value>,
    /// What was repaired or dropped, as the end of a sentence about the annotation. If it was dropped,
    /// the outline of the box is to be written, since `annToMask` fails where there is none.
    pub change: Option<String>,
    /// Left, top, right and bottom edge in pixels.
    pub bounds: Option<[f64; 4]>,
    /// Width and height of a mask in pixels; `None` for polygons.
    pub mask_size: Option<[u32; 2]>,
}

impl Segmentation {
    fn none() -> Self {
        Self {
            outline: None,
            change: None,
            bounds: None,
            mask_size: None,
        }
    }

    /// Reads the value of the key `segmentation`.
    pub(super) fn read(value: Value) -> Self {
        let read = match value {
            Value::Null => return Self::none(),
            Value::Array(list) if list.is_empty() => return Self::none(),
            Value::Object(mask) if mask.is_empty() => return Self::none(),
            Value::Array(list) => match <[Value; 1]>::try_from(list) {
                // Some programs write a mask as they write a polygon.
                Ok([Value::Object(mask)]) => read_mask(mask),
                Ok(list) => read_polygons(list.into()),
                Err(list) => read_polygons(list),
            },
            Value::Object(mask) => read_mask(mask),
            Value::String(text) => match serde_json::from_str(&text) {
                Ok(value @ (Value::Array(_) | Value::Object(_))) => return Self::read(value),
                _ => Err("its segmentation is neither polygons nor a mask".to_owned()),
            },
            _ => Err("its segmentation is neither polygons nor a mask".to_owned()),
        };
        read.unwrap_or_else(|reason| Self {
            change: Some(format!(
                "has no usable outline, because {reason}; its box is the outline now"
            )),
            ..Self::none()
        })
    }

    /// The same without a mask of another size than the picture, given as width and height.
    pub(super) fn for_picture(self, [width, height]: [u32; 2]) -> Self {
        match self.mask_size {
            Some(size) if size != [width, height] => Self {
                change: Some(
                    "has a mask for another size of the picture; its box is the outline now"
                        .to_owned(),
                ),
                ..Self::none()
            },
            _ => self,
        }
    }
}

/// The outline of a box, for an annotation whose own cannot be used.
pub(super) fn outline_of_box([x0, y0, x1, y1]: [f64; 4]) -> Value {
    outline_of_corners([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])
}

/// The outline with these four corners, for an annotation whose own cannot be used.
pub(super) fn outline_of_corners(corners: [[f64; 2]; 4]) -> Value {
    json!([corners.concat()])
}

fn read_polygons(list: Vec<Value>) -> Result<Segmentation, String> {
    if list.iter().all(|value| number_of(value).is_ok()) {
        let mut read = read_polygons(vec![Value::Array(list)])?;
        read.change.get_or_insert_with(|| {
            "had a polygon outside of a list, which was put into one".to_owned()
        });
        return Ok(read);
    }
    if list.len() >= MIN_NUMBERS / 2 && list.iter().all(|value| point_of(value).is_some()) {
        return read_polygons(vec![Value::Array(list)]);
    }
    let count = list.len();
    let mut outline = Vec::with_capacity(count);
    let [mut x0, mut y0, mut x1, mut y1] = [f64::MAX, f64::MAX, f64::MIN, f64::MIN];
    let mut is_repaired = false;
    let mut fault = None;
    for polygon in list {
        match polygon_of(&polygon, &mut is_repaired) {
            Ok(corners) => {
                for corner in corners.chunks_exact(2) {
                    (x0, y0) = (x0.min(corner[0]), y0.min(corner[1]));
                    (x1, y1) = (x1.max(corner[0]), y1.max(corner[1]));
                }
                outline.push(as_numbers(polygon, corners));
            }
            Err(reason) => {
                fault.get_or_insert(reason);
            }
        }
    }
    if outline.is_empty() {
        return Err(fault.unwrap_or_default());
    }
    let change = match fault {
        Some(reason) => Some(format!(
            "lost {} of {count} parts of its outline, because {reason}",
            count - outline.len()
        )),
        None => is_repaired.then(|| "had corners in pairs, which were joined".to_owned()),
    };
    Ok(Segmentation {
        outline: Some(Value::Array(outline)),
        change,
        bounds: Some([x0, y0, x1, y1]),
        mask_size: None,
    })
}

/// The polygon as it is if it is a list of numbers, and otherwise its corners as one.
fn as_numbers(polygon: Value, corners: Vec<f64>) -> Value {
    match polygon {
        Value::Array(list) if list.iter().all(Value::is_number) => Value::Array(list),
        _ => corners.into(),
    }
}

/// The corners of a polygon in one list.
fn polygon_of(polygon: &Value, is_repaired: &mut bool) -> Result<Vec<f64>, String> {
    let points: Option<Vec<[f64; 2]>> = polygon
        .as_array()
        .and_then(|points| points.iter().map(point_of).collect());
    let numbers = match points {
        Some(points) if !points.is_empty() => {
            *is_repaired = true;
            points.concat()
        }
        _ => numbers_of(polygon)
            .map_err(|reason| format!("a polygon is not a list of numbers: {reason}"))?,
    };
    if numbers.len() < MIN_NUMBERS {
        let corners = numbers.len() / 2;
        return Err(format!("a polygon has {corners} corners"));
    }
    if numbers.len() % 2 == 1 {
        return Err("a polygon has an odd count of numbers".to_owned());
    }
    if numbers.iter().any(|number| number.abs() > MAX_COORDINATE) {
        return Err("a polygon is far outside of the picture".to_owned());
    }
    Ok(numbers)
}

/// A corner as `[x, y]` or `{"x": x, "y": y}`.
fn point_of(point: &Value) -> Option<[f64; 2]> {
    match point {
        Value::Array(_) => numbers_of(point).ok()?.try_into().ok(),
        Value::Object(point) => {
            let number = |key| number_of(point.get(key)?).ok();
            Some([number("x")?, number("y")?])
        }
        _ => None,
    }
}

fn read_mask(mut mask: Map<String, Value>) -> Result<Segmentation, String> {
    let whole = |value: &Value| {
        let number = number_of(value).ok()?;
        let is_whole = number.fract() == 0.0 && (0.0..=1e15).contains(&number);
        is_whole.then_some(number as u64)
    };
    let size = mask.remove("size");
    let size: Option<Vec<u64>> = size
        .as_ref()
        .and_then(Value::as_array)
        .and_then(|size| size.iter().map(whole).collect());
    let size = size.and_then(|size| <[u64; 2]>::try_from(size).ok());
    let size = size.ok_or("its mask has no size")?;
    let [Ok(height), Ok(width)] = size.map(u32::try_from) else {
        return Err("its mask is too large".to_owned());
    };
    let (outline, runs) = match mask.remove("counts") {
        Some(Value::String(text)) => {
            let text = compressed_text(&text);
            let runs = decompress(&text)?;
            (Some(json!({"size": size, "counts": text})), runs)
        }
        Some(Value::Array(list)) => {
            let runs: Option<Vec<u64>> = list.iter().map(whole).collect();
            let runs = runs.ok_or("the runs of its mask are not whole numbers")?;
            (None, runs)
        }
        _ => return Err("its mask has no counts".to_owned()),
    };
    let count = runs.len();
    let rle = Rle::new(size, runs)?;
    let bounds = rle.bounds().ok_or("its mask is empty")?;
    let is_whole_mask = rle.runs.len() == count;
    let outline = outline
        .filter(|_| is_whole_mask)
        .unwrap_or_else(|| json!({"size": size, "counts": rle.runs}));
    Ok(Segmentation {
        outline: Some(outline),
        change: None,
        bounds: Some(bounds),
        mask_size: Some([width, height]),
    })
}

/// The text of a compressed mask, without what Python adds if it writes bytes as text.
fn compressed_text(text: &str) -> String {
    let bytes = text
        .strip_prefix("b'")
        .and_then(|text| text.strip_suffix('\''));
    match bytes {
        Some(text) => text.replace("\\\\", "\\"),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SQUARE: [f64; 8] = [10.0, 20.0, 110.0, 20.0, 110.0, 70.0, 10.0, 70.0];

    fn read(value: Value) -> (Option<Value>, String) {
        let read = Segmentation::read(value);
        assert_eq!(read.outline.is_some(), read.bounds.is_some());
        (read.outline, read.change.unwrap_or_default())
    }

    #[test]
    fn what_is_usable_is_kept_or_repaired() {
        let square = json!([[10, 20, 110, 20, 110, 70, 10, 70]]);
        for (value, said) in [
            (square.clone(), ""),
            (json!(SQUARE.map(|edge| edge as u32)), "put into one"),
            (
                json!([[[10, 20], [110, 20], [110, 70], [10, 70]]]),
                "joined",
            ),
            (json!([[10, 20], [110, 20], [110, 70], [10, 70]]), "joined"),
            (
                json!([[{"x": 10, "y": 20}, {"x": 110, "y": 20}, {"x": 110, "y": 70}, {"x": 10, "y": 70}]]),
                "joined",
            ),
            (json!([["10", "20", "1.1e2", 20, 110, 70, 10, 70]]), ""),
            (json!(square.to_string()), ""),
            (json!([square[0], []]), "lost 1 of 2 parts"),
        ] {
            let (outline, change) = read(value.clone());
            let kept = outline.clone() == Some(square.clone());
            assert!(kept || outline == Some(json!([SQUARE])), "{value}");
            assert!(
                change.contains(said) && change.is_empty() == said.is_empty(),
                "{change}"
            );
        }
        let bounds = Segmentation::read(square).bounds;
        assert_eq!(bounds, Some([10.0, 20.0, 110.0, 70.0]));
    }

    #[test]
    fn what_is_not_usable_is_dropped_with_a_reason() {
        for (value, said) in [
            (json!([[10, 20, 110, 70]]), "2 corners"),
            (json!([[]]), "0 corners"),
            (json!([[10, 20, 110, 20, 110, 70, 10]]), "odd count"),
            (json!("abc"), "neither polygons nor a mask"),
            (json!(true), "neither polygons nor a mask"),
            (json!([[10, 20, 110, 20, null, 70]]), "null is not a number"),
            (
                json!([["1,5", 20, 110, 20, 4, 70]]),
                "write decimals with a point",
            ),
            (json!([[1e9, 20, 110, 20, 4, 70]]), "far outside"),
            (
                json!({"size": [451, 300], "counts": "abc"}),
                "compressed mask is broken",
            ),
            (json!({"size": [2, 2], "counts": [1, 9]}), "a size of 2 x 2"),
            (json!({"size": [2, 2], "counts": [4]}), "its mask is empty"),
            (json!({"counts": [4]}), "no size"),
            (
                json!({"size": [5_000_000_000_u64, 4], "counts": [6, 2]}),
                "too large",
            ),
            (json!({"size": [2, 2]}), "no counts"),
            (
                json!({"size": [2, 2], "counts": [1.5, 1]}),
                "not whole numbers",
            ),
        ] {
            let (outline, change) = read(value.clone());
            assert_eq!(outline, None, "{value}");
            assert!(change.contains(said), "{value}: {change}");
        }
        for value in [json!(null), json!([]), json!({})] {
            assert_eq!(read(value), (None, String::new()));
        }
    }

    #[test]
    fn masks_are_kept_as_they_are_written() {
        let bounds = Some([1.0, 1.0, 3.0, 3.0]);
        for (value, outline) in [
            (
                json!({"size": [5, 4], "counts": "62304"}),
                json!({"size": [5, 4], "counts": "62304"}),
            ),
            (
                json!({"size": [5, 4], "counts": "b'62304'"}),
                json!({"size": [5, 4], "counts": "62304"}),
            ),
            (
                json!({"size": [5, 4], "counts": [6, 2, 3, 2]}),
                json!({"size": [5, 4], "counts": [6, 2, 3, 2, 7]}),
            ),
            (
                json!([{"size": ["5", 4.0], "counts": [6, 2, 3, 2, 7]}]),
                json!({"size": [5, 4], "counts": [6, 2, 3, 2, 7]}),
            ),
        ] {
            let read = Segmentation::read(value);
            assert_eq!((read.outline, read.bounds), (Some(outline), bounds));
        }
    }
}
