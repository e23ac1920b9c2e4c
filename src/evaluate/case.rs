//! What is evaluated: the true boxes of a picture and the proposed ones.

use serde::Serialize;

use crate::geometry::BBox;

/// A box that a person drew.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TruthBox {
    /// Where the object is, in picture pixels.
    pub bbox: BBox,
    /// COCO category id.
    pub category: u32,
    /// A region of many objects that nobody outlined. Proposals there cannot be judged, so they count
    /// neither as right nor as wrong.
    pub is_crowd: bool,
}

/// A box that a model proposed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prediction {
    /// Where the model proposes an object, in picture pixels.
    pub bbox: BBox,
    /// COCO category id.
    pub category: u32,
    /// Confidence. Only the order matters; NaN ranks last.
    pub score: f32,
}

/// One picture: its true boxes and the proposed ones. Either list may be empty.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EvaluationCase {
    /// All true boxes, crowds included.
    pub truth: Vec<TruthBox>,
    /// All proposed boxes, in any order.
    pub predictions: Vec<Prediction>,
}

/// Whether a box must also have the right category.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ClassMatching {
    /// The category must match too.
    #[serde(rename = "known")]
    Required,
    /// Only the position counts (`useCats = 0` in pycocotools).
    Agnostic,
}
