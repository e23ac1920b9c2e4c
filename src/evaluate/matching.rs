//! What a person does with every object and proposal of a picture.

use pathfinding::kuhn_munkres::kuhn_munkres;
use pathfinding::matrix::Matrix;

use super::case::{ClassMatching, EvaluationCase, Prediction, TruthBox};
use super::iou::{IouConvention, coco_overlap};
use crate::geometry::BBox;

/// The minimum IoU at which a proposal is accepted without changes.
pub(super) const ACCEPT_IOU: f64 = 0.75;
/// The minimum IoU at which it is quicker to correct a proposal than to draw the box.
const EDIT_IOU: f64 = 0.5;
/// The minimum share of its area with which a proposal lies on a crowd.
const MIN_CROWD_SHARE: f64 = 0.5;

/// How the box of an object is made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Action {
    /// Its proposal is accepted without changes.
    Accept,
    /// This proposal needs another position or class.
    Edit(BBox),
    /// It is drawn by hand.
    Draw,
}

/// What a person does with the proposals of one picture.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct PictureActions {
    /// Each object, crowds left out, with its action.
    pub objects: Vec<(BBox, Action)>,
    /// The number of proposals that are rejected.
    pub rejects: usize,
}

impl PictureActions {
    /// The actions of least effort, as [`annotation_effort`](super::annotation_effort) describes them.
    pub fn new(case: &EvaluationCase, classes: ClassMatching) -> Self {
        let (crowds, objects): (Vec<&TruthBox>, Vec<&TruthBox>) =
            case.truth.iter().partition(|t| t.is_crowd);
        let to_reject: Vec<bool> = case
            .predictions
            .iter()
            .map(|p| {
                !crowds
                    .iter()
                    .any(|crowd| coco_overlap(&p.bbox, crowd) >= MIN_CROWD_SHARE)
            })
            .collect();
        let action = |object: &TruthBox, p: &Prediction| {
            let iou = IouConvention::Continuous.iou(&p.bbox, &object.bbox);
            let right_class = classes == ClassMatching::Agnostic || p.category == object.category;
            if iou >= ACCEPT_IOU && right_class {
                Some((Action::Accept, iou))
            } else {
                (iou >= EDIT_IOU).then_some((Action::Edit(p.bbox), iou))
            }
        };
        // The savings of a match: the draw (3) and the reject (1) minus the action. The IoU is in the
        // lower 40 bits, where it only decides between equal savings.
        let savings: Vec<Vec<i64>> = objects
            .iter()
            .map(|object| {
                let saving = |(p, &reject)| {
                    action(object, p).map_or(0, |(action, iou)| {
                        let cost = if action == Action::Accept { 1 } else { 2 };
                        ((3 + i64::from(reject) - cost) << 40) + (iou * f64::from(1 << 20)) as i64
                    })
                };
                case.predictions
                    .iter()
                    .zip(&to_reject)
                    .map(saving)
                    .collect()
            })
            .collect();

        let mut unmatched = to_reject;
        let pairs = objects.iter().zip(best_assignment(&savings));
        let objects = pairs
            .map(|(object, proposal)| {
                let matched = proposal.and_then(|p| action(object, &case.predictions[p]));
                if let Some(p) = proposal {
                    unmatched[p] = false;
                }
                (
                    object.bbox,
                    matched.map_or(Action::Draw, |(action, _)| action),
                )
            })
            .collect();
        Self {
            objects,
            rejects: unmatched.iter().filter(|&&reject| reject).count(),
        }
    }
}

/// At most one column for each row, so that the sum of the gains is maximal. No gain is negative, and a
/// gain of zero is not a pair.
pub(super) fn best_assignment(gains: &[Vec<i64>]) -> Vec<Option<usize>> {
    let rows = gains.len();
    let columns = gains.first().map_or(0, Vec::len);
    if rows == 0 || columns == 0 {
        return vec![None; rows];
    }
    // Each row may stay unpaired: there is one column without gain for each.
    let weights = Matrix::from_fn(rows, columns + rows, |(row, column)| {
        gains[row].get(column).copied().unwrap_or(0)
    });
    let (_, assigned) = kuhn_munkres(&weights);
    let pairs = assigned.into_iter().zip(gains);
    pairs
        .map(|(column, gains)| Some(column).filter(|&column| gains.get(column) > Some(&0)))
        .collect()
}
