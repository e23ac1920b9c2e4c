//! Attributes of boxes: values under names that people define, such as a colour or an age.
//!
//! They are where COCO and CVAT have them: the object `attributes` among the
//! [unknown fields](Annotation::extra) of a box. So what was imported can be changed here, and what is
//! set here is exported, and earlier versions of the program keep it.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::annotation::Annotation;

/// The key among the unknown fields.
const KEY: &str = "attributes";

/// The value of an attribute.
#[derive(Clone, Debug, PartialEq)]
pub enum AttributeValue {
    /// A text, or the choice among several.
    Text(String),
    /// A finite number.
    Number(f64),
}

impl AttributeValue {
    /// A value of a file. Lists and objects are none.
    fn from_json(value: &Value) -> Option<Self> {
        match value {
            Value::String(text) => Some(Self::Text(text.clone())),
            Value::Number(number) => number.as_f64().map(Self::Number),
            Value::Bool(is_set) => Some(Self::Text(is_set.to_string())),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }
    }

    /// The value as a file has it. A whole number is written without a fraction.
    fn to_json(&self) -> Value {
        match self {
            Self::Text(text) => text.as_str().into(),
            Self::Number(number) if number.fract() == 0.0 && number.abs() < 1e15 => {
                (*number as i64).into()
            }
            Self::Number(number) => (*number).into(),
        }
    }

    /// The number that it is, or that its text is: files of CVAT have texts only.
    pub fn as_number(&self) -> Option<f64> {
        let number = match self {
            Self::Number(number) => Some(*number),
            Self::Text(text) => text.trim().parse().ok(),
        };
        number.filter(|number| number.is_finite())
    }

    /// The value as a text.
    pub fn to_text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
        }
    }
}

impl Annotation {
    /// The attributes of the box by their names.
    pub fn attributes(&self) -> BTreeMap<String, AttributeValue> {
        let mut fields = fields(self.extra.as_deref());
        let Some(Value::Object(attributes)) = fields.remove(KEY) else {
            return BTreeMap::new();
        };
        let attributes = attributes.into_iter();
        attributes
            .filter_map(|(name, value)| Some((name, AttributeValue::from_json(&value)?)))
            .collect()
    }

    /// Sets an attribute, or removes it. Other unknown fields stay as they are.
    pub(super) fn set_attribute(&mut self, name: &str, value: Option<&AttributeValue>) {
        let mut fields = fields(self.extra.as_deref());
        let mut attributes = match fields.remove(KEY) {
            Some(Value::Object(attributes)) => attributes,
            _ => Map::new(),
        };
        match value {
            Some(value) => drop(attributes.insert(name.to_owned(), value.to_json())),
            None => drop(attributes.remove(name)),
        }
        if !attributes.is_empty() {
            fields.insert(KEY.to_owned(), attributes.into());
        }
        self.extra = text_of(fields);
    }

    /// The attributes alone, as the unknown fields of a copy of the box.
    pub(super) fn attributes_only(&self) -> Option<Box<str>> {
        let mut fields = fields(self.extra.as_deref());
        fields.retain(|key, value| key == KEY && value.is_object());
        text_of(fields)
    }
}

/// The unknown fields in a JSON text; none if it is not an object.
fn fields(text: Option<&str>) -> Map<String, Value> {
    // Most boxes have none: they need not be parsed.
    text.and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default()
}

fn text_of(fields: Map<String, Value>) -> Option<Box<str>> {
    (!fields.is_empty()).then(|| Value::Object(fields).to_string().into_boxed_str())
}
