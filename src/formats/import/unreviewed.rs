//! Boxes that a person has to review although the file has them as confirmed.

use std::sync::Arc;

use super::rows::{ImportedBox, ImportedPicture, unknown_model};
use crate::document::{BoxState, Origin, Provenance, ReviewState};

/// Such boxes were surely drawn; only where they are on this picture is to be reviewed.
const SCORE: f32 = 1.0;

/// Makes the confirmed boxes of a picture proposals. The picture is not done then, and without boxes
/// nothing is said about it.
pub(super) fn make_proposals(imported: &mut ImportedPicture) {
    let model = unknown_model("imported boxes");
    for one in &mut imported.boxes {
        if one.is_ground_truth() {
            make_proposal(one, &model);
        }
    }
    let has_proposals = imported
        .boxes
        .iter()
        .any(|one| one.state == BoxState::Proposed);
    imported.review = has_proposals.then_some(ReviewState::Proposed);
}

fn make_proposal(one: &mut ImportedBox, model: &Arc<Provenance>) {
    one.state = BoxState::Proposed;
    one.score = Some(one.score.unwrap_or(SCORE));
    one.former = None;
    if one.origin == Origin::Person {
        one.origin = Origin::Model(Arc::clone(model));
    }
}
