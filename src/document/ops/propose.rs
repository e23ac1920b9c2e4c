//! What a model does: it proposes boxes, and does not change boxes that a person has judged.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::builder::{EditBuilder, picture_of};
use super::categories::new_categories;
use crate::document::annotation::{Annotation, BoxState};
use crate::document::content::Document;
use crate::document::edit::{Change, Edit};
use crate::document::error::EditError;
use crate::document::ids::{AnnotationId, CategoryId, PictureId};
use crate::document::picture::ReviewState;
use crate::document::provenance::{Origin, Provenance};
use crate::geometry::BBox;

/// The minimum IoU with a judged box at which a proposal is about the same object.
const SAME_OBJECT_IOU: f32 = 0.5;
/// The minimum share of the smaller of the two boxes that must be inside the other one for a proposal
/// to be about the same object.
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

/// Replaces the proposals of some pictures by a model's boxes, all in one edit.
///
/// Boxes that a person has accepted, edited, drawn or rejected stay. A new box about the same object
/// as one of these, or as the former proposal of an edited or rejected one, is dropped because that
/// object has been judged. Two boxes are about the same object if
///
/// - they have the same category, or the document's [naming](Document::naming) maps both categories to
///   the same name, and either their IoU is at least one half or at least four fifths of the smaller
///   one are inside the other; or
/// - a person has confirmed the one, and the model had proposed it with exactly the rectangle of the
///   other, regardless of the category.
///
/// A box that is outside the picture is dropped as well. Pictures that are done, and pictures that
/// have exactly these proposals already, do not change.
///
/// # Errors
/// If a picture does not exist. Each picture may occur once.
pub fn replace_proposals(
    document: &Document,
    provenance: &Arc<Provenance>,
    found: &[(PictureId, Vec<Candidate>)],
) -> Result<Edit, EditError> {
    let mut builder = EditBuilder::new(document);
    for (id, candidates) in found {
        let picture = picture_of(document, *id)?;
        if picture.review == ReviewState::Done {
            continue;
        }
        if picture.review == ReviewState::New {
            builder.update_picture(picture, |after| after.review = ReviewState::Proposed);
        }
        let rows = document.annotations(*id);
        let new: Vec<Annotation> = candidates
            .iter()
            .filter_map(|candidate| {
                let rect = candidate.rect.clipped(picture.width, picture.height)?;
                let is_known = rows
                    .iter()
                    .any(|row| is_judged(document, row, rect, candidate.category));
                (!is_known).then(|| proposal(candidate, rect, provenance))
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
            builder.remove(*id, row.id);
        }
        for row in new {
            builder.insert(*id, row);
        }
    }
    Ok(builder.finish())
}

/// Adds a model's boxes to the proposals of some pictures, all in one edit.
///
/// Boxes about an object that has been judged are dropped as by [`replace_proposals`], and so are
/// boxes that overlap a proposal of the same category. Pictures that are done do not change.
///
/// # Errors
/// If a picture does not exist. Each picture may occur once.
pub fn add_proposals(
    document: &Document,
    provenance: &Arc<Provenance>,
    found: &[(PictureId, Vec<Candidate>)],
) -> Result<Edit, EditError> {
    let mut builder = EditBuilder::new(document);
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
            let is_proposed = |row: &Annotation| {
                row.state == BoxState::Proposed
                    && row.category == candidate.category
                    && row.rect.iou(&rect) >= SAME_OBJECT_IOU
            };
            let is_known = |row: &Annotation| {
                is_proposed(row) || is_judged(document, row, rect, candidate.category)
            };
            if rows.iter().any(is_known) {
                continue;
            }
            if std::mem::take(&mut is_new) {
                builder.update_picture(picture, |after| after.review = ReviewState::Proposed);
            }
            builder.insert(*id, proposal(candidate, rect, provenance));
        }
    }
    Ok(builder.finish())
}

/// A box that a model has found, with the name of its class.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedCandidate {
    /// The rectangle, in upright pixels.
    pub rect: BBox,
    /// The name of the category, which need not exist yet.
    pub class: String,
    /// The model's confidence, finite.
    pub score: f32,
}

/// As [`replace_proposals`], adding the missing categories in the same edit. Pictures that no longer
/// exist are skipped, because a person may have removed them while the model was working.
///
/// # Errors
/// As for [`replace_proposals`].
pub fn replace_proposals_named(
    document: &Document,
    provenance: &Arc<Provenance>,
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
    let existing = found
        .iter()
        .filter(|(picture, _)| document.picture(*picture).is_some());
    let found: Vec<(PictureId, Vec<Candidate>)> = existing
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
    let proposals = replace_proposals(document, provenance, &found)?;
    let added = added
        .into_iter()
        .map(|row| Edit::Category(Change::Insert(row)));
    Ok(Edit::batch(added.chain([proposals]).collect()))
}

/// A proposal of this candidate, whose id is not set yet.
fn proposal(candidate: &Candidate, rect: BBox, provenance: &Arc<Provenance>) -> Annotation {
    Annotation {
        state: BoxState::Proposed,
        origin: Origin::Model(Arc::clone(provenance)),
        score: Some(candidate.score),
        ..Annotation::drawn(AnnotationId(0), rect, candidate.category)
    }
}

/// The content of a proposal, without its id.
fn content_of(row: &Annotation) -> (BBox, CategoryId, Option<f32>, &Origin) {
    (row.rect, row.category, row.score, &row.origin)
}

/// Whether a person's judgement of `row` also applies to a box of this category, because it is about
/// the same object at another threshold or under another name.
fn is_judged(document: &Document, row: &Annotation, rect: BBox, category: CategoryId) -> bool {
    let is_same = |other: &BBox, other_category| {
        let smaller = other.area().min(rect.area());
        let is_inside = || other.intersection(&rect).area() >= SAME_OBJECT_COVER * smaller;
        (rect.iou(other) >= SAME_OBJECT_IOU || is_inside())
            && has_same_name(document, other_category, category)
    };
    let former = row.former.as_ref();
    let proposed = former.map_or(&row.rect, |former| &former.rect);
    let is_renamed = row.is_ground_truth() && row.origin != Origin::Person && *proposed == rect;
    row.state != BoxState::Proposed
        && (is_renamed
            || is_same(&row.rect, row.category)
            || former.is_some_and(|former| is_same(&former.rect, former.category)))
}

/// Whether two categories are the same, or have the same name according to the naming.
fn has_same_name(document: &Document, a: CategoryId, b: CategoryId) -> bool {
    let naming = document.naming();
    let name = |id| document.category(id).map(|row| naming.name_of(&row.name));
    a == b || !naming.is_empty() && name(a).is_some() && name(a) == name(b)
}
