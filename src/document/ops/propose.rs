//! What a model does: it proposes, and leaves alone whatever a person has judged.

use std::sync::Arc;

use super::boxes::proposals_of;
use super::{Draft, SAME_BOX_IOU, picture_of};
use crate::document::{
    Annotation, BoxState, CategoryId, Document, Edit, EditError, Model, Origin, PictureId,
    ReviewState,
};
use crate::geometry::BBox;

/// A box that a model has found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candidate {
    /// The rectangle, in upright pixels.
    pub rect: BBox,
    /// The category.
    pub category: CategoryId,
    /// The model's confidence, finite.
    pub score: f32,
}

/// Puts a model's boxes in the place of the proposals of some pictures, all in one edit.
///
/// Boxes that a person has accepted, edited, drawn or rejected stay. A new box that is the same
/// (same category, intersection over union of 0.9 or more) as one of these, or as what an edited
/// or rejected one was before, is dropped: that has been judged. So is one with nothing inside
/// the picture. A picture that is done is left alone.
///
/// # Errors
/// If a picture does not exist. Each picture may be named once.
pub fn propose(
    document: &Document,
    model: &Arc<Model>,
    found: &[(PictureId, Vec<Candidate>)],
) -> Result<Edit, EditError> {
    let mut draft = Draft::new(document);
    for (id, candidates) in found {
        let picture = picture_of(document, *id)?;
        if picture.review == ReviewState::Done {
            continue;
        }
        if picture.review == ReviewState::New {
            draft.update_picture(picture, |after| after.review = ReviewState::Proposed);
        }
        for former in proposals_of(document, *id) {
            draft.remove(*id, former);
        }
        for candidate in candidates {
            let Some(rect) = candidate.rect.clipped(picture.width, picture.height) else {
                continue;
            };
            let rows = document.annotations(*id);
            if rows
                .iter()
                .any(|row| is_judged(row, rect, candidate.category))
            {
                continue;
            }
            let row = Annotation {
                state: BoxState::Proposed,
                origin: Origin::Model(Arc::clone(model)),
                score: Some(candidate.score),
                ..Annotation::drawn(draft.next_annotation, rect, candidate.category)
            };
            draft.insert(*id, row);
        }
    }
    Ok(draft.finish())
}

/// Whether a person's judgement of `row` covers a box of this category.
fn is_judged(row: &Annotation, rect: BBox, category: CategoryId) -> bool {
    let is_same = |other_rect: &BBox, other_category| {
        other_category == category && rect.iou(other_rect) >= SAME_BOX_IOU
    };
    let former = row.proposal.as_ref();
    row.state != BoxState::Proposed
        && (is_same(&row.rect, row.category)
            || former.is_some_and(|former| is_same(&former.rect, former.category)))
}
