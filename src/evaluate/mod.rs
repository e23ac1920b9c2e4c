//! How good proposals are, measured against boxes that people drew. Pure: plain values in, plain
//! values out.
//!
//! Three questions, three families of metrics:
//! - *As a detector?* [`coco_metrics`]: AP and recall, number for number as pycocotools'
//!   `COCOeval` has them (`iouType="bbox"`, area `all`, 100 detections a picture and category).
//! - *How much work is left for a person?* [`annotation_effort`].
//! - *As weakly supervised localisation (WSOL)?* [`LocalizationCurve`]: GT-known Loc and
//!   `MaxBoxAcc` over thresholds (Choe et al. 2020, 'Evaluating Weakly Supervised Object
//!   Localization Methods Right', arXiv 2001.07437); [`ClassLocalization`]: the Top-1 and Top-5
//!   Cls and Loc of ILSVRC. [`SquashedTruth`] is the same to the pixel as the official TS-CAM code
//!   and the wsolevaluation code have it.
//!
//! Boxes are in picture pixels, as everywhere ([`crate::geometry`]). Every rate is a fraction in
//! `0..=1`, never a percentage. 'Reaches' always means `>=`: an IoU of exactly one half counts at
//! 0.5 ([`ClassLocalization::official`] is the one exception). Arithmetic is in `f64` from the `f32` edges, hence exact for whole pixels and binary
//! fractions of them; other edges are rounded by up to 1e-7 of their value, so that a pair which
//! lies on a threshold to that precision may fall on the other side than in an all-`f64` program.

mod coco;
mod effort;
mod protocol;
#[cfg(test)]
mod tests;
mod wsol;

use serde::Serialize;

use crate::geometry::BBox;

pub use coco::{CocoMetrics, coco_metrics};
pub use effort::{AnnotationEffort, annotation_effort};
pub use protocol::SquashedTruth;
pub use wsol::{
    ClassLocalization, ClassLocalizationMetrics, LocalizationCurve, LocalizationMetrics,
    LocalizationPoint, RankedClass, best_point,
};

/// A box that a person drew.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TruthBox {
    /// Where the object is.
    pub bbox: BBox,
    /// COCO category id.
    pub category: u32,
    /// A region of many objects that nobody outlined: what is proposed there cannot be judged, so
    /// it is held neither for nor against the proposals.
    pub iscrowd: bool,
}

/// A box that a model proposed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prediction {
    /// Where the model sees an object.
    pub bbox: BBox,
    /// COCO category id.
    pub category: u32,
    /// Confidence; only its order matters. NaN ranks last.
    pub score: f32,
}

/// One picture: what is there and what was proposed, both possibly empty.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EvaluationCase {
    /// Every true box, crowds too.
    pub truth: Vec<TruthBox>,
    /// Every proposed box, in any order.
    pub predictions: Vec<Prediction>,
}

/// Whether a box must also bear the right category.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Classes {
    /// The proposals name classes, and a wrong name is an error.
    Known,
    /// Only where the boxes are counts (`useCats = 0` in pycocotools).
    Agnostic,
}

/// How wide a box is: the one point in which evaluation codes differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum IouConvention {
    /// `x1 - x0`: edges are positions. COCO, and everything but the paper's mode.
    #[default]
    Continuous,
    /// `x1 - x0 + 1`: edges are pixels inside the box. The official TS-CAM and wsolevaluation code
    /// does this even to exclusive edges, which flatters small boxes; for parity only.
    PixelInclusive,
}

impl IouConvention {
    /// Intersection over union in `0..=1`; zero where the union is empty.
    pub fn iou(self, a: &BBox, b: &BBox) -> f64 {
        let shared = self.area(&a.intersection(b));
        let union = self.area(a) + self.area(b) - shared;
        if union > 0.0 { shared / union } else { 0.0 }
    }

    /// Area in square pixels; zero for a box that is inside out.
    fn area(self, bbox: &BBox) -> f64 {
        let extra = match self {
            Self::Continuous => 0.0,
            Self::PixelInclusive => 1.0,
        };
        let side = |low: f32, high: f32| (f64::from(high) - f64::from(low) + extra).max(0.0);
        side(bbox.x0, bbox.x1) * side(bbox.y0, bbox.y1)
    }
}

/// The best IoU between any of `boxes` and any of `truth`; zero where either is empty.
pub fn best_iou(boxes: &[BBox], truth: &[BBox], convention: IouConvention) -> f64 {
    let ious = boxes
        .iter()
        .flat_map(|b| truth.iter().map(move |t| convention.iou(b, t)));
    ious.fold(0.0, f64::max)
}

/// How much of a prediction lies on a true box: the IoU, or with a crowd the share of the
/// prediction that the crowd covers, as COCO defines it.
fn coco_overlap(prediction: &BBox, truth: &TruthBox) -> f64 {
    let convention = IouConvention::Continuous;
    if !truth.iscrowd {
        return convention.iou(prediction, &truth.bbox);
    }
    let shared = convention.area(&prediction.intersection(&truth.bbox));
    if shared > 0.0 {
        shared / convention.area(prediction)
    } else {
        0.0
    }
}

/// `part / whole`, or nothing where there is no whole.
fn ratio(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}
