//! How much boxes overlap, under the conventions of different evaluation codes.

use serde::Serialize;

use super::case::TruthBox;
use crate::geometry::BBox;

/// How the width of a box is counted, in which evaluation codes differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum IouConvention {
    /// `x1 - x0`: edges are positions. Used by COCO and everywhere except in the paper's mode.
    #[default]
    Continuous,
    /// `x1 - x0 + 1`: edges are pixels inside the box. The official TS-CAM and wsolevaluation codes do
    /// this even with exclusive edges, which favours small boxes. For parity only.
    PixelInclusive,
}

impl IouConvention {
    /// Intersection over union in `0..=1`; zero if the union is empty.
    pub fn iou(self, a: &BBox, b: &BBox) -> f64 {
        let shared = self.area(&a.intersection(b));
        let union = self.area(a) + self.area(b) - shared;
        if union > 0.0 { shared / union } else { 0.0 }
    }

    /// Area in square pixels; zero for an inverted box.
    fn area(self, bbox: &BBox) -> f64 {
        let extra = match self {
            Self::Continuous => 0.0,
            Self::PixelInclusive => 1.0,
        };
        let side = |low: f32, high: f32| (f64::from(high) - f64::from(low) + extra).max(0.0);
        side(bbox.x0, bbox.x1) * side(bbox.y0, bbox.y1)
    }
}

/// The best IoU between any of `boxes` and any of `truth`; zero if either is empty.
pub fn best_iou(boxes: &[BBox], truth: &[BBox], convention: IouConvention) -> f64 {
    let ious = boxes
        .iter()
        .flat_map(|b| truth.iter().map(move |t| convention.iou(b, t)));
    ious.fold(0.0, f64::max)
}

/// The overlap of a prediction and a true box as COCO defines it: the IoU or, for a crowd, the share
/// of the prediction that the crowd covers.
pub(super) fn coco_overlap(prediction: &BBox, truth: &TruthBox) -> f64 {
    let convention = IouConvention::Continuous;
    if !truth.is_crowd {
        return convention.iou(prediction, &truth.bbox);
    }
    let shared = convention.area(&prediction.intersection(&truth.bbox));
    if shared > 0.0 {
        shared / convention.area(prediction)
    } else {
        0.0
    }
}
