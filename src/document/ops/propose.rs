//! What a model does: it proposes, and leaves alone whatever a person has judged.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::categories::new_categories;
use super::{Draft, picture_of};
use crate::document::{
    Annotation, BoxState, CategoryId, Change, Document, Edit, EditError, Model, Origin, PictureId,
    ReviewState,
};
use crate::geometry::BBox;

/// At this overlap with a box that was judged, a proposal is about the same object,
const SAME_OBJECT_IOU: f32 = 0.5;
/// and if so much of the smaller one lies in the other.
const SAME_OBJECT_COVER: f32 = 0.8;

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
/// Boxes that a person has accepted, edited, drawn or rejected stay. A new box that is about the
/// same object as one of these, or as what an edited or rejected one was before, is dropped: that
/// has been judged. It is so if it is of the same category and overlaps it by half (intersection
/// over union), or one of them lies in the other but for a fifth; categories are the same too if
/// the document's [naming](Document::naming) calls both by one name. What a person took as right is
/// also the same object if the model had proposed this very rectangle, whatever it called it then.
/// A box with nothing inside the picture is dropped too. A picture that is done is left alone, and
/// so is one whose proposals are these already.
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
        let rows = document.annotations(*id);
        let new: Vec<Annotation> = candidates
            .iter()
            .filter_map(|candidate| {
                let rect = candidate.rect.clipped(picture.width, picture.height)?;
                let is_known = rows
                    .iter()
                    .any(|row| is_judged(document, row, rect, candidate.category));
                (!is_known).then(|| Annotation {
                    state: BoxState::Proposed,
                    origin: Origin::Model(Arc::clone(model)),
                    score: Some(candidate.score),
                    ..Annotation::drawn(draft.next_annotation, rect, candidate.category)
                })
            })
            .collect();
        let former = rows.iter().filter(|row| row.state == BoxState::Proposed);
        if former
            .clone()
            .map(content_of)
            .eq(new.iter().map(content_of))
        {
            continue;
        }
        for row in former {
            draft.remove(*id, row.id);
        }
        for row in new {
            draft.insert(*id, row);
        }
    }
    Ok(draft.finish())
}

/// Adds a model's boxes to the proposals of some pictures, all in one edit.
///
/// What has been judged is left out as by [`propose`], and so is a box where there is a proposal of
/// its category already. A picture that is done is left alone.
///
/// # Errors
/// If a picture does not exist. Each picture may be named once.
pub fn add_proposals(
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
        let rows = document.annotations(*id);
        let mut is_new = picture.review == ReviewState::New;
        for candidate in candidates {
            let Some(rect) = candidate.rect.clipped(picture.width, picture.height) else {
                continue;
            };
            let is_there = |row: &Annotation| {
                row.state == BoxState::Proposed
                    && row.category == candidate.category
                    && row.rect.iou(&rect) >= SAME_OBJECT_IOU
            };
            let is_known = |row: &Annotation| {
                is_there(row) || is_judged(document, row, rect, candidate.category)
            };
            if rows.iter().any(is_known) {
                continue;
            }
            if std::mem::take(&mut is_new) {
                draft.update_picture(picture, |after| after.review = ReviewState::Proposed);
            }
            draft.insert(
                *id,
                Annotation {
                    state: BoxState::Proposed,
                    origin: Origin::Model(Arc::clone(model)),
                    score: Some(candidate.score),
                    ..Annotation::drawn(draft.next_annotation, rect, candidate.category)
                },
            );
        }
    }
    Ok(draft.finish())
}

/// A box that a model has found, with the name of its class.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedCandidate {
    /// The rectangle, in upright pixels.
    pub rect: BBox,
    /// The name of the category, which need not be there yet.
    pub class: String,
    /// The model's confidence, finite.
    pub score: f32,
}

/// As [`propose`], adding the categories that are not there in the same edit. Pictures that are
/// gone are passed over: a person may have removed them while the model was at work.
///
/// # Errors
/// As for [`propose`].
pub fn replace_proposals_named(
    document: &Document,
    model: &Arc<Model>,
    found: &[(PictureId, Vec<NamedCandidate>)],
) -> Result<Edit, EditError> {
    let names = found
        .iter()
        .flat_map(|(_, boxes)| boxes)
        .map(|found| found.class.trim());
    let names: BTreeSet<&str> = names.collect();
    let missing = names
        .into_iter()
        .filter(|name| document.category_named(name).is_none());
    let added = new_categories(document, missing);
    let id_of = |name: &str| {
        let known = document.category_named(name);
        let known = known.or_else(|| added.iter().find(|row| &*row.name == name));
        known.map(|row| row.id)
    };
    let there = found
        .iter()
        .filter(|(picture, _)| document.picture(*picture).is_some());
    let found: Vec<(PictureId, Vec<Candidate>)> = there
        .map(|(picture, boxes)| {
            let candidates = boxes.iter().filter_map(|found| {
                Some(Candidate {
                    rect: found.rect,
                    category: id_of(found.class.trim())?,
                    score: found.score,
                })
            });
            (*picture, candidates.collect())
        })
        .collect();
    let proposals = propose(document, model, &found)?;
    let added = added
        .into_iter()
        .map(|row| Edit::Category(Change::Insert(row)));
    Ok(Edit::batch(added.chain([proposals]).collect()))
}

/// All that a proposal says, but for its id.
fn content_of(row: &Annotation) -> (BBox, CategoryId, Option<f32>, &Origin) {
    (row.rect, row.category, row.score, &row.origin)
}

/// Whether a person's judgement of `row` covers a box of this category: one that is the same
/// object seen at another threshold, be it tighter or wider, or called by another name.
fn is_judged(document: &Document, row: &Annotation, rect: BBox, category: CategoryId) -> bool {
    let is_same = |other: &BBox, other_category| {
        let least = other.area().min(rect.area());
        let is_inside = || other.intersection(&rect).area() >= SAME_OBJECT_COVER * least;
        (rect.iou(other) >= SAME_OBJECT_IOU || is_inside())
            && has_same_name(document, other_category, category)
    };
    let former = row.proposal.as_ref();
    let proposed = former.map_or(&row.rect, |former| &former.rect);
    let is_renamed = row.is_ground_truth() && row.origin != Origin::Person && *proposed == rect;
    row.state != BoxState::Proposed
        && (is_renamed
            || is_same(&row.rect, row.category)
            || former.is_some_and(|former| is_same(&former.rect, former.category)))
}

/// Whether two categories are one, or are called by one name now.
fn has_same_name(document: &Document, a: CategoryId, b: CategoryId) -> bool {
    let naming = document.naming();
    let name = |id| document.category(id).map(|row| naming.name_of(&row.name));
    a == b || !naming.is_empty() && name(a).is_some() && name(a) == name(b)
}
