//! The review state of a picture after an import.

use super::boxes::BoxOutcome;
use super::options::ImportMode;
use super::rows::ImportedPicture;
use crate::document::{BoxState, Change, Document, Edit, Picture, ReviewState};

/// Sets the review state. A picture that becomes done keeps no open proposals: those that the
/// file does not have are rejected.
pub(super) fn update_review(
    document: &Document,
    mode: ImportMode,
    picture: &mut Picture,
    is_new: bool,
    imported: &ImportedPicture,
    outcome: &BoxOutcome,
    edits: &mut Vec<Edit>,
) {
    let mut after = match imported.review {
        Some(review) => review,
        None if outcome.has_ground_truth && outcome.has_proposals => ReviewState::InReview,
        None if outcome.has_ground_truth => ReviewState::Done,
        None if outcome.has_proposals => ReviewState::Proposed,
        None => return,
    };
    if after == ReviewState::Done && outcome.is_partial {
        after = ReviewState::InReview;
    }
    let is_under_review = picture.review >= ReviewState::InReview && mode == ImportMode::Merge;
    if is_under_review || after <= picture.review {
        return;
    }
    picture.review = after;
    if after != ReviewState::Done || is_new {
        return;
    }
    for row in document.annotations(picture.id) {
        let is_settled = outcome.present.contains(&row.id) || outcome.removed.contains(&row.id);
        if row.state == BoxState::Proposed && !is_settled {
            let mut row = row.clone();
            row.state = BoxState::Rejected;
            edits.push(Edit::Annotation {
                picture: picture.id,
                change: Change::Update(row),
            });
        }
    }
}
