//! What a model does: it proposes boxes, and does not change boxes that a person has judged.

use std::sync::Arc;

use super::builder::EditBuilder;
use crate::document::annotation::{Annotation, BoxState};
use crate::document::content::Document;
use crate::document::edit::Edit;
use crate::document::flags::Flags;
use crate::document::ids::{AnnotationId, CategoryId, PictureId};
use crate::document::picture::{Picture, ReviewState};
use crate::document::provenance::{Origin, Provenance};
use crate::geometry::BBox;
use crate::naming::ONE_OBJECT_IOU;

/// The minimum IoU with a judged box at which a proposal is about the same object.
const SAME_OBJECT_IOU: f32 = 0.5;
/// The minimum share of the smaller of the two boxes that must be inside the other one for a proposal
/// to be about the same object.
const SAME_OBJECT_COVER: f32 = 0.8;

/// A box that a model has found.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// The rectangle, in upright pixels.
    pub rect: BBox,
    /// The category, if one of the person's classes is meant whatever the model calls the object.
    pub category: Option<CategoryId>,
    /// What the model calls the object, in its own words.
    pub suggestion: Option<Box<str>>,
    /// The model's confidence, finite.
    pub score: f32,
}

impl Candidate {
    /// A box of one of the person's classes.
    pub fn of_class(rect: BBox, category: CategoryId, score: f32) -> Self {
        Self {
            rect,
            category: Some(category),
            suggestion: None,
            score,
        }
    }

    /// A box that the model calls by this name.
    pub fn suggested(rect: BBox, name: &str, score: f32) -> Self {
        Self {
            rect,
            category: None,
            suggestion: Some(name.into()),
            score,
        }
    }
}

/// Replaces the proposals of some pictures by a model's boxes, all in one edit.
///
/// Boxes that a person has accepted, edited, drawn or rejected stay. A new box about the same object
/// as one of these, or as the former proposal of an edited or rejected one, is dropped because that
/// object has been judged. Two boxes are about the same object if
///
/// - they have the same [name](Document::name_of), or the document's [naming](Document::naming) maps
///   both to the same name, and either their IoU is at least one half or at least four fifths of the smaller
///   one are inside the other; or
/// - a person has confirmed the one, and the model had proposed it with exactly the rectangle of the
///   other, regardless of the category.
///
/// A box that is outside the picture is dropped as well. Pictures that are done or taken out of the
/// project, and pictures that have exactly these proposals already, do not change. Pictures that no longer exist are skipped,
/// because a person may have removed them while the model was working. Each picture may occur once.
pub fn replace_proposals(
    document: &Document,
    provenance: &Arc<Provenance>,
    found: &[(PictureId, Vec<Candidate>)],
) -> Edit {
    let mut builder = EditBuilder::new(document);
    for (id, candidates) in found {
        let Some(picture) = open_picture(document, *id) else {
            continue;
        };
        if picture.review == ReviewState::New {
            builder.update_picture(picture, |after| after.review = ReviewState::Proposed);
        }
        let rows = document.annotations(*id);
        let mut new: Vec<Annotation> = Vec::new();
        for candidate in candidates {
            let Some(rect) = candidate.rect.clipped(picture.width, picture.height) else {
                continue;
            };
            let row = proposal(document, candidate, rect, provenance);
            let is_known = rows.iter().any(|other| is_judged(document, other, &row));
            if !is_known && !new.iter().any(|other| is_duplicate(document, other, &row)) {
                new.push(row);
            }
        }
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
    builder.finish()
}

/// Adds a model's boxes to the proposals of some pictures, all in one edit.
///
/// Boxes about an object that has been judged are dropped as by [`replace_proposals`], and so are
/// boxes that overlap a proposal of the same name. Pictures that are done, taken out of the
/// project or no longer exist do not change. Each picture may occur once.
pub fn add_proposals(
    document: &Document,
    provenance: &Arc<Provenance>,
    found: &[(PictureId, Vec<Candidate>)],
) -> Edit {
    let mut builder = EditBuilder::new(document);
    for (id, candidates) in found {
        let Some(picture) = open_picture(document, *id) else {
            continue;
        };
        let rows = document.annotations(*id);
        let mut is_new = picture.review == ReviewState::New;
        for candidate in candidates {
            let Some(rect) = candidate.rect.clipped(picture.width, picture.height) else {
                continue;
            };
            let row = proposal(document, candidate, rect, provenance);
            let is_proposed = |other: &Annotation| {
                other.state == BoxState::Proposed
                    && document.name_of(other) == document.name_of(&row)
                    && other.rect.iou(&rect) >= SAME_OBJECT_IOU
            };
            let is_known =
                |other: &Annotation| is_proposed(other) || is_judged(document, other, &row);
            if rows.iter().any(is_known) {
                continue;
            }
            if std::mem::take(&mut is_new) {
                builder.update_picture(picture, |after| after.review = ReviewState::Proposed);
            }
            builder.insert(*id, row);
        }
    }
    builder.finish()
}

/// Whether a model has found one object twice, under two names that do not matter because only one class
/// is labelled. The better box comes first.
fn is_duplicate(document: &Document, better: &Annotation, row: &Annotation) -> bool {
    document.labels().only().is_some()
        && better.suggestion != row.suggestion
        && better.rect.iou(&row.rect) >= ONE_OBJECT_IOU
}

/// A picture that may get proposals: it exists, is not done and not taken out of the project.
fn open_picture(document: &Document, id: PictureId) -> Option<&Picture> {
    let picture = document.picture(id)?;
    let is_open = picture.review != ReviewState::Done && !picture.is_excluded;
    is_open.then_some(picture)
}

/// A proposal of this candidate, whose id is not set yet. A category that no longer exists is left out.
fn proposal(
    document: &Document,
    candidate: &Candidate,
    rect: BBox,
    provenance: &Arc<Provenance>,
) -> Annotation {
    let exists = |id: &CategoryId| document.category(*id).is_some();
    Annotation {
        id: AnnotationId(0),
        category: candidate.category.filter(exists),
        suggestion: candidate.suggestion.clone(),
        rect,
        state: BoxState::Proposed,
        flags: Flags::default(),
        origin: Origin::Model(Arc::clone(provenance)),
        score: Some(candidate.score),
        former: None,
        extra: None,
    }
}

/// The content of a proposal, without its id.
fn content_of(row: &Annotation) -> impl PartialEq + use<'_> {
    let suggestion = row.suggestion.as_deref();
    (row.rect, row.category, suggestion, row.score, &row.origin)
}

/// Whether a person's judgement of `judged` also applies to a proposal, because it is about the same
/// object at another threshold or under another name. [`replace_proposals`] states the rule.
pub fn is_judged(document: &Document, judged: &Annotation, proposal: &Annotation) -> bool {
    let rect = proposal.rect;
    let is_same = |other: &BBox, category, suggestion: Option<&str>| {
        let smaller = other.area().min(rect.area());
        let is_inside = || other.intersection(&rect).area() >= SAME_OBJECT_COVER * smaller;
        let name = mapped_name(document, category, suggestion);
        let proposed = document
            .labels()
            .only()
            .or_else(|| mapped_name(document, proposal.category, proposal.suggestion.as_deref()));
        (rect.iou(other) >= SAME_OBJECT_IOU || is_inside()) && name == proposed
    };
    let former = judged.former.as_ref();
    let proposed = former.map_or(&judged.rect, |former| &former.rect);
    let is_renamed =
        judged.is_ground_truth() && judged.origin != Origin::Person && *proposed == rect;
    let suggestion = judged.suggestion.as_deref();
    judged.state != BoxState::Proposed
        && (is_renamed
            || is_same(&judged.rect, judged.category, suggestion)
            || former.is_some_and(|former| is_same(&former.rect, former.category, suggestion)))
}

/// The name of a box, or what the naming calls a class of that name.
fn mapped_name<'a>(
    document: &'a Document,
    category: Option<CategoryId>,
    suggestion: Option<&'a str>,
) -> Option<&'a str> {
    let name = document.name_for(category, suggestion)?;
    Some(match category {
        Some(_) => document.naming().name_of(name),
        None => name,
    })
}
