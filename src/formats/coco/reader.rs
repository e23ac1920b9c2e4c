//! The one reader of instances files. It hands out the rows one by one, in the order of the file, so
//! that only one row at a time is in memory as JSON.
//!
//! It accepts what programs write for ids, sizes and names. Which fields are required is the
//! caller's decision: an import into a project leaves out the faulty rows, and
//! [`Instances::read`](super::types::Instances::read) refuses the file.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

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
    /// The name, which may be blank. A number counts as its digits.
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
    pub is_crowd: bool,
    /// The score, of any type.
    pub score: Option<Value>,
    /// All other keys.
    pub extra: Map<String, Value>,
}

/// The id of a row: a number, or text that another program wrote.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum RowId {
    /// A non-negative integer. Text of digits counts as one.
    Number(u64),
    /// Anything else.
    Text(Box<str>),
}

impl RowId {
    fn parse(value: Option<Value>) -> Option<Self> {
        let text = match value? {
            Value::Number(number) => match number.as_f64() {
                // Some programs write 3.0 for 3.
                Some(float) if number.is_f64() && float.fract() == 0.0 && float >= 0.0 => {
                    return Some(Self::Number(float as u64));
                }
                _ => number.to_string(),
            },
            Value::String(text) => text,
            _ => return None,
        };
        Some(
            text.parse()
                .map_or_else(|_| Self::Text(text.into()), Self::Number),
        )
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

fn parse_image(row: Value) -> Result<Row, String> {
    let Value::Object(mut row) = row else {
        return Err("a picture is not an object".to_owned());
    };
    let id = RowId::parse(row.remove("id")).ok_or("a picture has no id")?;
    let file_name = match row.remove("file_name") {
        Some(Value::String(name)) => Some(name),
        _ => None,
    };
    let mut side = |key: &str| row.remove(key).and_then(|side| side.as_f64());
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
    let bbox = row.remove("bbox");
    let bbox = bbox.as_ref().and_then(four_numbers);
    let bbox = bbox.ok_or_else(|| format!("annotation {name} has no bbox of four numbers"))?;
    let is_crowd = row.remove("iscrowd").is_some_and(|value| match value {
        Value::Bool(is_crowd) => is_crowd,
        other => other.as_f64().is_some_and(|number| number != 0.0),
    });
    let score = row.remove("score");
    Ok(Row::Annotation(AnnotationRow {
        id,
        image_id,
        category_id,
        bbox,
        is_crowd,
        score,
        extra: row,
    }))
}

/// The numbers of a `bbox`.
pub(super) fn four_numbers(bbox: &Value) -> Option<[f64; 4]> {
    let numbers: Option<Vec<f64>> = bbox.as_array()?.iter().map(Value::as_f64).collect();
    numbers?.try_into().ok()
}
