//! What COCO has no key for, under our own key `tsukami` that other programs ignore.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::document::{BoxState, FormerProposal, Origin, ReviewState};

/// The key in rows and at the top of a file.
pub(super) const EXTENSION_KEY: &str = "tsukami";

/// What the row of a picture has in addition.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct PictureExtension {
    pub review: Option<ReviewState>,
    /// Ids of categories.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_hash: Option<Box<str>>,
    /// Whether the picture is taken out of the project.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_excluded: bool,
}

/// What the row of a category has in addition if it is only the name that a model gives.
#[derive(Serialize, Deserialize)]
pub(super) struct SuggestedCategory {
    pub is_suggested: bool,
}

/// What the row of a category has in addition.
#[derive(Serialize, Deserialize)]
pub(super) struct CategoryExtension {
    pub colour: [u8; 3],
    pub hotkey: Option<char>,
}

/// What the row of a box has in addition.
#[derive(Serialize, Deserialize)]
pub(super) struct BoxExtension {
    pub state: BoxState,
    pub origin: Origin,
    pub score: Option<f32>,
    pub proposal: Option<Box<FormerProposal>>,
    /// What the model calls the object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<Box<str>>,
    /// Whether the box has no class of the project, so that `category_id` is only a suggestion.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_suggested: bool,
}

/// Adds an extension to the further keys of a row.
pub(super) fn insert_extension(row: &mut Map<String, Value>, extension: &impl Serialize) {
    if let Ok(value) = serde_json::to_value(extension) {
        row.insert(EXTENSION_KEY.to_owned(), value);
    }
}

/// Takes the extension out of the keys of a row, if there is one that can be read.
pub(super) fn remove_extension<T: for<'de> Deserialize<'de>>(
    row: &mut Map<String, Value>,
) -> Option<T> {
    row.remove(EXTENSION_KEY)
        .and_then(|extension| serde_json::from_value(extension).ok())
}
