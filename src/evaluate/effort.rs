//! How much work the proposals leave for a person.

use serde::Serialize;

use super::{Classes, EvaluationCase, IouConvention, Prediction, TruthBox, coco_overlap, ratio};

/// From this IoU on a proposal is good enough to keep as it is.
const ACCEPT_IOU: f64 = 0.75;
/// From this IoU on, correcting a proposal is quicker than drawing the box anew.
const EDIT_IOU: f64 = 0.5;
/// From this share on a proposal counts as lying on a crowd.
const MIN_CROWD_SHARE: f64 = 0.5;

/// What the proposals leave for a person to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct AnnotationEffort {
    /// `(accepts + 2 edits + 3 draws + rejects) / (3 objects)`: 1.0 is everything drawn by hand,
    /// one third is every proposal right. Nothing where there is no object.
    pub effort: Option<f64>,
    /// Objects whose proposal is kept as it is.
    pub accepts: usize,
    /// Objects whose proposal has its edges or its class corrected.
    pub edits: usize,
    /// Objects that are drawn by hand.
    pub draws: usize,
    /// Proposals that are thrown away.
    pub rejects: usize,
    /// True boxes, crowds left out: `accepts + edits + draws`.
    pub objects: usize,
    /// Proposed boxes.
    pub proposals: usize,
    /// Pictures.
    pub pictures: usize,
    /// Proposed boxes in a picture, on average.
    pub boxes_per_picture: Option<f64>,
    /// Pictures without any true box, crowds counted as true boxes.
    pub empty_pictures: usize,
    /// Proposed boxes in a picture without any true box, on average.
    pub false_boxes_per_empty_picture: Option<f64>,
}

/// Annotation effort over all pictures.
///
/// Objects and proposals are matched one to one. A match of IoU 0.75 or more is an accept, of 0.5
/// or more an edit; with a wrong class, where classes are [known](Classes::Known), never more than
/// an edit. Boxes that overlap less are no match: the object is drawn and the proposal rejected.
///
/// Of all assignments the one of **least effort** counts, and of several such the one with the
/// largest sum of IoU. So effort is an edit distance: the fewest actions that turn the proposals
/// into the truth. Taking pairs greedily by IoU, as detectors are scored, would charge for work
/// that nobody does: of two proposals on one object it may pick the one with the wrong class, an
/// edit and a reject, where a person accepts the other; and its result hangs on how ties are
/// broken. Scores play no part, for a person looks at the boxes.
///
/// A crowd is no object to be drawn, and an unmatched proposal at least half of which lies on one
/// (whatever its class) is no reject: nobody knows what is there.
pub fn annotation_effort(cases: &[EvaluationCase], classes: Classes) -> AnnotationEffort {
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
fn add_picture(total: &mut AnnotationEffort, case: &EvaluationCase, classes: Classes) {
    let (crowds, objects): (Vec<&TruthBox>, Vec<&TruthBox>) =
        case.truth.iter().partition(|t| t.iscrowd);
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
        let right_class = classes == Classes::Agnostic || p.category == object.category;
        if iou >= ACCEPT_IOU && right_class {
            Some((Match::Accept, iou))
        } else {
            (iou >= EDIT_IOU).then_some((Match::Edit, iou))
        }
    };
    // What a match saves: the draw (3) and the reject (1) less the action. Below it, in the lower
    // 40 bits, the IoU, which can only decide between equal savings.
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

/// One column at most for every row, so that the gains (none negative) sum to the maximum; a gain
/// of zero is no pair. The Hungarian algorithm with potentials, `O(rows^2 (rows + columns))`.
pub(super) fn best_assignment(gains: &[Vec<i64>]) -> Vec<Option<usize>> {
    let rows = gains.len();
    let real = gains.first().map_or(0, Vec::len);
    // Each row may stay alone: there are as many more columns that bring nothing.
    let columns = real + rows;
    let cost = |row: usize, column: usize| {
        if column < real {
            -gains[row][column]
        } else {
            0
        }
    };

    let mut row_potential = vec![0; rows];
    let mut column_potential = vec![0; columns + 1];
    // The row of each column; the last, extra column stands for the row that is being placed.
    let mut owner: Vec<Option<usize>> = vec![None; columns + 1];
    for row in 0..rows {
        owner[columns] = Some(row);
        let mut slack = vec![i64::MAX; columns];
        let mut reached_from = vec![columns; columns];
        let mut tree: Vec<usize> = Vec::new();
        let mut outside: Vec<usize> = (0..columns).collect();
        let mut column = columns;
        // Grow a tree of tight pairs until it reaches a free column.
        while let Some(current) = owner[column] {
            tree.push(column);
            for &next in &outside {
                let reduced = cost(current, next) - row_potential[current] - column_potential[next];
                if reduced < slack[next] {
                    slack[next] = reduced;
                    reached_from[next] = column;
                }
            }
            let Some(nearest) = (0..outside.len()).min_by_key(|&i| slack[outside[i]]) else {
                break;
            };
            column = outside.remove(nearest);
            let delta = slack[column];
            for &inside in &tree {
                if let Some(r) = owner[inside] {
                    row_potential[r] += delta;
                }
                column_potential[inside] -= delta;
            }
            for &next in &outside {
                slack[next] -= delta;
            }
        }
        // Turn the pairs on the way back over.
        while column != columns {
            let previous = reached_from[column];
            owner[column] = owner[previous];
            column = previous;
        }
    }

    let mut chosen = vec![None; rows];
    for (column, row) in owner[..real].iter().enumerate() {
        if let Some(row) = row.filter(|&row| gains[row][column] > 0) {
            chosen[row] = Some(column);
        }
    }
    chosen
}
