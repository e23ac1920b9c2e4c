//! The attributes that boxes of a project can have.

use serde::{Deserialize, Serialize};

use crate::document::{AnnotationId, AttributeValue, Flag};

/// A name that means a turned box in files of CVAT.
const ROTATION: &str = "rotation";

/// An attribute that boxes of the project can have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttributeDefinition {
    /// Its name.
    pub name: String,
    /// What its values are.
    pub kind: AttributeKind,
}

/// What the values of an attribute are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttributeKind {
    /// Any text.
    #[default]
    Text,
    /// A number.
    Number,
    /// One of these texts.
    Choice(Vec<String>),
}

/// The value that several boxes have.
#[derive(Clone, Debug, PartialEq)]
pub enum SharedValue {
    /// None of them has one.
    Absent,
    /// All have this one.
    Same(AttributeValue),
    /// They have different ones, or only some have one.
    Mixed,
}

/// An attribute that is being edited: its boxes, its name, and the gesture that its changes are part of.
pub(super) type AttributeEdit = (Vec<AnnotationId>, String, u64);

/// Whether a name can be that of an attribute: it is not empty, and files do not use it for anything
/// else.
pub fn is_attribute_name(name: &str) -> bool {
    let is_flag = Flag::ALL.into_iter().any(|flag| flag.name() == name);
    !name.is_empty() && name.trim() == name && !is_flag && name != ROTATION
}
