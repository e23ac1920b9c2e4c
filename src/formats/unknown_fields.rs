//! Fields of a file that this program does not use. The document keeps them as JSON text, so
//! that an export can write them again.

use serde_json::{Map, Value};

/// The JSON text of the fields, or `None` if there are none.
pub(super) fn to_text(fields: &Map<String, Value>) -> Option<Box<str>> {
    let text = (!fields.is_empty())
        .then(|| serde_json::to_string(fields).ok())
        .flatten();
    text.map(String::into_boxed_str)
}

/// The fields in a JSON text. There are none if the text is not a JSON object.
pub(super) fn from_text(text: Option<&str>) -> Map<String, Value> {
    text.and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default()
}
