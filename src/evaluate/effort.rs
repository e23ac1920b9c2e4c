//! The work that proposals leave for a person.

use pathfinding::kuhn_munkres::kuhn_munkres;
use pathfinding::matrix::Matrix;
use serde::Serialize;

use super::case::{ClassMatching, EvaluationCase, Prediction, TruthBox};
use super::iou::{IouConvention, coco_overlap};
use super::ratio::ratio;

/// The minimum IoU at which a proposal is accepted without changes.
const ACCEPT_IOU: f64 = 0.75;
/// The minimum IoU at which it is quicker to correct a proposal than to draw the box.
const EDIT_IOU: f64 = 0.5;
/// The minimum share of its area with which a proposal lies on a crowd.
const MIN_CROWD_SHARE: f64 = 0.5;

/// The actions that proposals leave for a person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct AnnotationEffort {
    /// `(accepts + 2 edits + 3 draws + rejects) / (3 objects)`: 1.0 if everything is drawn by hand, one
    /// third if every proposal is right. `None` if there is no object.
    pub effort: Option<f64>,
    /// Objects whose proposal is accepted without changes.
    pub accepts: usize,
    /// Objects whose proposal needs another position or class.
    pub edits: usize,
    /// Objects that are drawn by hand.
    pub draws: usize,
    /// Proposals that are rejected.
    pub rejects: usize,
    /// True boxes without crowds: `accepts + edits + draws`.
    pub objects: usize,
    /// Proposed boxes.
    pub proposals: usize,
    /// Pictures.
    pub pictures: usize,
    /// Mean number of proposed boxes per picture.
    pub boxes_per_picture: Option<f64>,
    /// Pictures without any true box, where crowds count as true boxes.
    pub empty_pictures: usize,
    /// Mean number of proposed boxes per picture without any true box.
    pub false_boxes_per_empty_picture: Option<f64>,
}

/// Annotation effort over all pictures.
///
/// Objects and proposals are matched one to one. A match of IoU 0.75 or more is an accept, of 0.5
/// or more an edit. With a wrong class, if classes are [required](ClassMatching::Required), it is never
/// more than an edit. Boxes that overlap less do not match: the object is drawn and the proposal
/// rejected.
///
/// Of all assignments the one with the **least effort** counts and, among those, the one with the
/// largest sum of IoU. So effort is an edit distance: the fewest actions that turn the proposals into
/// the ground truth. Greedy matching by IoU, with which detectors are scored, would count work that
/// nobody does: of two proposals on one object it may pick the one with the wrong class (an edit and a
/// reject) although a person would accept the other, and its result depends on how ties are broken.
/// Scores play no part, because a person looks at the boxes.
///
/// A crowd is not an object to be drawn. An unmatched proposal that lies on a crowd with at least half
/// of its area, regardless of its class, is not a reject: the objects there are unknown.
pub fn annotation_effort(cases: &[EvaluationCase], classes: ClassMatching) -> AnnotationEffort {
    let mut total = AnnotationEffort {
        pictures: cases.len(),
        ..AnnotationEffort::default()
    };
    let mut false_boxes = 0;
    for case in cases {
        total.proposals += case.predictions.len();
        if case.truth.is_empty() {
            total.empty_pictures += 1;
            false_boxes += case.predictions.len();
        }
        add_picture(&mut total, case, classes);
    }
    let actions = total.accepts + 2 * total.edits + 3 * total.draws + total.rejects;
    total.effort = ratio(actions, 3 * total.objects);
    total.boxes_per_picture = ratio(total.proposals, total.pictures);
    total.false_boxes_per_empty_picture = ratio(false_boxes, total.empty_pictures);
    total
}

#[derive(Clone, Copy, PartialEq)]
enum Match {
    Accept,
    Edit,
}

/// Adds the accepts, edits, draws, rejects and objects of one picture.
fn add_picture(total: &mut AnnotationEffort, case: &EvaluationCase, classes: ClassMatching) {
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
    let kind = |object: &TruthBox, p: &Prediction| {
        let iou = IouConvention::Continuous.iou(&p.bbox, &object.bbox);
        let right_class = classes == ClassMatching::Agnostic || p.category == object.category;
        if iou >= ACCEPT_IOU && right_class {
            Some((Match::Accept, iou))
        } else {
            (iou >= EDIT_IOU).then_some((Match::Edit, iou))
        }
    };
    // The savings of a match: the draw (3) and the reject (1) minus the action. The IoU is in the lower
    // 40 bits, where it only decides between equal savings.
    let savings: Vec<Vec<i64>> = objects
        .iter()
        .map(|object| {
            let saving = |(p, &reject)| {
                kind(object, p).map_or(0, |(kind, iou)| {
                    let action = if kind == Match::Accept { 1 } else { 2 };
                    ((3 + i64::from(reject) - action) << 40) + (iou * f64::from(1 << 20)) as i64
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
    for (object, proposal) in objects.iter().zip(best_assignment(&savings)) {
        let matched = proposal.and_then(|p| kind(object, &case.predictions[p]));
        match matched {
            Some((Match::Accept, _)) => total.accepts += 1,
            Some((Match::Edit, _)) => total.edits += 1,
            None => total.draws += 1,
        }
        if let Some(p) = proposal {
            unmatched[p] = false;
        }
    }
    total.objects += objects.len();
    total.rejects += unmatched.iter().filter(|&&reject| reject).count();
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
