//! Metrics of proposals against the boxes that people drew. Pure: plain values in, plain values out.
//!
//! There are three families of metrics for three questions:
//! - *How good is it as a detector?* [`coco_metrics`]: AP and recall, the same numbers as
//!   pycocotools' `COCOeval` (`iouType="bbox"`, area `all`, 100 detections per picture and category).
//! - *How much work is left for a person?* [`annotation_effort`]; [`FitEffort`] for a person with a tool
//!   that fits boxes to objects.
//! - *How good is it at weakly supervised localisation (WSOL)?* [`LocalizationCurve`]: GT-known Loc
//!   and `MaxBoxAcc` over thresholds (Choe et al. 2020, 'Evaluating Weakly Supervised Object
//!   Localization Methods Right', arXiv 2001.07437); [`ClassLocalization`]: Top-1 and Top-5 Cls and
//!   Loc of ILSVRC. [`ProtocolTruth`] reproduces the official TS-CAM code and the wsolevaluation code
//!   to the pixel.
//!
//! [`compare_boxes`] says what differs between two sets of boxes of a picture, for a person to see.
//!
//! Boxes are in picture pixels, as everywhere ([`crate::geometry`]). Every rate is a fraction in
//! `0..=1`, never a percentage. 'Reaches' always means `>=`: an IoU of exactly one half counts at 0.5
//! ([`ClassLocalization::official`] is the one exception). Arithmetic is in `f64` from the `f32`
//! edges, hence exact for whole pixels and binary fractions of them. Other edges are rounded by up to
//! 1e-7 of their value, so a pair that lies on a threshold to that precision may fall on the other
//! side than in a program that uses `f64` throughout.
//!
//! ```
//! use tsukami::evaluate::{
//!     ClassMatching, EvaluationCase, Prediction, TruthBox, annotation_effort, coco_metrics,
//! };
//! use tsukami::geometry::BBox;
//!
//! let bbox = BBox::from_xywh(10.0, 20.0, 100.0, 50.0);
//! let picture = EvaluationCase {
//!     truth: vec![TruthBox { bbox, category: 1, is_crowd: false }],
//!     predictions: vec![Prediction { bbox, category: 1, score: 0.9 }],
//! };
//! let metrics = coco_metrics(&[picture.clone()], ClassMatching::Required).expect("an object");
//! assert!(metrics.ap50 > 0.999);
//! let effort = annotation_effort(&[picture], ClassMatching::Required);
//! assert_eq!((effort.accepts, effort.draws), (1, 0));
//! ```
//!
//! | module | its one idea |
//! |---|---|
//! | `case` | the true and the proposed boxes of a picture |
//! | `iou` | how much boxes overlap |
//! | `ratio` | shares of counts |
//! | `coco` | AP and recall |
//! | `matching` | what a person does with every object and proposal of a picture |
//! | `comparison` | two sets of boxes of a picture: what is the same, and what differs |
//! | `effort` | actions that are left for a person |
//! | `fit_effort` | the same for a person who fits boxes to objects |
//! | `rough` | a true box as a person draws it in a hurry |
//! | `wsol` | localisation over thresholds, Top-1 and Top-5 |
//! | `protocol` | boxes as published evaluation code rounds and clamps them before comparison |

mod case;
mod coco;
mod comparison;
mod effort;
mod fit_effort;
mod iou;
mod matching;
mod protocol;
mod ratio;
mod rough;
#[cfg(test)]
mod tests;
mod wsol;

pub use case::{ClassMatching, EvaluationCase, Prediction, TruthBox};
pub use coco::{CocoMetrics, coco_metrics};
pub use comparison::{BoxComparison, BoxPair, compare_boxes};
pub use effort::{AnnotationEffort, annotation_effort};
pub use fit_effort::FitEffort;
pub use iou::{IouConvention, best_iou};
pub use protocol::ProtocolTruth;
pub use rough::rough_box;
pub use wsol::{
    ClassLocalization, ClassLocalizationMetrics, LocalizationCurve, LocalizationMetrics,
    LocalizationPoint, RankedClass, best_point,
};
