//! The work that proposals leave for a person.

use serde::Serialize;

use super::case::{ClassMatching, EvaluationCase};
use super::matching::{Action, PictureActions};
use super::ratio::ratio;

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
        let actions = PictureActions::new(case, classes);
        total.objects += actions.objects.len();
        total.rejects += actions.rejects;
        for (_, action) in &actions.objects {
            match action {
                Action::Accept => total.accepts += 1,
                Action::Edit(_) => total.edits += 1,
                Action::Draw => total.draws += 1,
            }
        }
    }
    let actions = total.accepts + 2 * total.edits + 3 * total.draws + total.rejects;
    total.effort = ratio(actions, 3 * total.objects);
    total.boxes_per_picture = ratio(total.proposals, total.pictures);
    total.false_boxes_per_empty_picture = ratio(false_boxes, total.empty_pictures);
    total
}
