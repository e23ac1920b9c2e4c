//! What a person does to the boxes of a class in many pictures at once.

use super::boxes::set_category;
use super::builder::{EditBuilder, boxes_of};
use crate::document::annotation::BoxState;
use crate::document::content::Document;
use crate::document::edit::Edit;
use crate::document::error::EditError;
use crate::document::ids::{AnnotationId, CategoryId};
use crate::document::picture::ReviewState;

/// Gives boxes another category, as [`set_category`] does, except that proposals stay proposals:
/// nobody has judged them one by one.
///
/// # Errors
/// If a box or the category does not exist.
pub fn reclass(
    document: &Document,
    ids: &[AnnotationId],
    category: CategoryId,
) -> Result<Edit, EditError> {
    let rows = boxes_of(document, ids)?;
    let mut builder = EditBuilder::new(document);
    for (picture, row) in &rows {
        if row.state == BoxState::Proposed {
            builder.update(picture.id, row, |after| after.category = Some(category));
        }
    }
    let judged = rows.iter().map(|(_, row)| row);
    let judged = judged.filter(|row| row.state != BoxState::Proposed);
    let judged: Vec<AnnotationId> = judged.map(|row| row.id).collect();
    let changed = set_category(document, &judged, category)?;
    Ok(Edit::batch(vec![builder.finish(), changed]))
}

/// Removes boxes as [`reject`](super::reject) does. A picture that was done is in review again if it
/// loses ground truth, because nobody has confirmed that it is complete without it.
///
/// # Errors
/// If a box does not exist.
pub fn remove_and_reopen(document: &Document, ids: &[AnnotationId]) -> Result<Edit, EditError> {
    let mut builder = EditBuilder::new(document);
    let rows = boxes_of(document, ids)?;
    for group in rows.chunk_by(|(a, _), (b, _)| a.id == b.id) {
        let Some((picture, _)) = group.first() else {
            continue;
        };
        for (_, row) in group {
            if row.state == BoxState::Drawn {
                builder.remove(picture.id, row.id);
            } else {
                builder.update(picture.id, row, |after| after.state = BoxState::Rejected);
            }
        }
        let loses_truth = group.iter().any(|(_, row)| row.is_ground_truth());
        if loses_truth && picture.review == ReviewState::Done {
            builder.update_picture(picture, |after| after.review = ReviewState::InReview);
        } else if loses_truth {
            builder.review(picture);
        }
    }
    Ok(builder.finish())
}
