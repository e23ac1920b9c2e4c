//! What a person does to boxes. Each of these operations puts a new or proposed picture in review.

use super::builder::{EditBuilder, SAME_BOX_IOU, boxes_of, picture_of};
use crate::document::annotation::{Annotation, BoxState};
use crate::document::attributes::AttributeValue;
use crate::document::content::Document;
use crate::document::edit::Edit;
use crate::document::error::EditError;
use crate::document::flags::Flags;
use crate::document::ids::{AnnotationId, CategoryId, PictureId};
use crate::document::picture::Picture;
use crate::document::provenance::{FormerProposal, Origin};
use crate::geometry::BBox;

/// Draws a box, in upright pixels of the picture.
///
/// # Errors
/// If the picture does not exist, or no part of the box is inside it.
pub fn draw(
    document: &Document,
    picture: PictureId,
    rect: BBox,
    category: CategoryId,
) -> Result<Edit, EditError> {
    let picture = picture_of(document, picture)?;
    let rect = clipped(picture, rect)?;
    let mut builder = EditBuilder::new(document);
    builder.review(picture);
    let id = builder.next_annotation;
    builder.insert(picture.id, Annotation::drawn(id, rect, category));
    Ok(builder.finish())
}

/// Moves or resizes boxes to new rectangles, in upright pixels. One drag is one such edit. A
/// model's box becomes edited, regardless of its state, and records what the model had proposed.
///
/// # Errors
/// If a box does not exist, or no part of its new rectangle is inside its picture.
pub fn reshape(document: &Document, rects: &[(AnnotationId, BBox)]) -> Result<Edit, EditError> {
    let mut builder = EditBuilder::new(document);
    for (id, rect) in rects {
        let found = document.annotation(*id);
        let (picture, row) = found.ok_or(EditError::UnknownAnnotation(*id))?;
        let rect = clipped(picture, *rect)?;
        if rect != row.rect {
            let class = builder.class_of(row);
            builder.revise(picture, row, |after| {
                mark_edited(after);
                after.rect = rect;
                after.category = Some(class);
            });
        }
    }
    Ok(builder.finish())
}

/// Puts a box back as it was before, for example as the proposal that it was before it was fitted.
///
/// # Errors
/// If the box does not exist.
pub fn restore(document: &Document, before: &Annotation) -> Result<Edit, EditError> {
    let mut builder = EditBuilder::new(document);
    let found = document.annotation(before.id);
    let (picture, row) = found.ok_or(EditError::UnknownAnnotation(before.id))?;
    builder.revise(picture, row, |after| after.clone_from(before));
    Ok(builder.finish())
}

/// Gives boxes a category. A model's box becomes edited, as in [`reshape`]; a proposal that stands for
/// this category already is accepted, even if it was rejected before.
///
/// # Errors
/// If a box does not exist.
pub fn set_category(
    document: &Document,
    ids: &[AnnotationId],
    category: CategoryId,
) -> Result<Edit, EditError> {
    let mut builder = EditBuilder::new(document);
    for (picture, row) in boxes_of(document, ids)? {
        revise_class(&mut builder, document, picture, row, category);
    }
    Ok(builder.finish())
}

/// Changes the flags of boxes. This accepts a proposal: a person who marks an object as occluded
/// confirms that it exists.
///
/// # Errors
/// If a box does not exist.
pub fn set_flags(
    document: &Document,
    ids: &[AnnotationId],
    change: impl Fn(&mut Flags),
) -> Result<Edit, EditError> {
    let mut builder = EditBuilder::new(document);
    for (picture, row) in boxes_of(document, ids)? {
        let mut flags = row.flags;
        change(&mut flags);
        if flags == row.flags {
            continue;
        }
        let accepted = (row.state == BoxState::Proposed).then(|| builder.class_of(row));
        builder.revise(picture, row, |after| {
            after.flags = flags;
            if accepted.is_some() {
                after.state = BoxState::Accepted;
                after.category = accepted;
            }
        });
    }
    Ok(builder.finish())
}

/// Sets an attribute of boxes, or removes it. This accepts a proposal, as [`set_flags`] does.
///
/// # Errors
/// If a box does not exist.
pub fn set_attribute(
    document: &Document,
    ids: &[AnnotationId],
    name: &str,
    value: Option<&AttributeValue>,
) -> Result<Edit, EditError> {
    let mut builder = EditBuilder::new(document);
    for (picture, row) in boxes_of(document, ids)? {
        if row.attributes().get(name) == value {
            continue;
        }
        let accepted = (row.state == BoxState::Proposed).then(|| builder.class_of(row));
        builder.revise(picture, row, |after| {
            after.set_attribute(name, value);
            if accepted.is_some() {
                after.state = BoxState::Accepted;
                after.category = accepted;
            }
        });
    }
    Ok(builder.finish())
}

/// Accepts proposals, and reverts the rejection of rejected ones. A proposal gets its class; a class
/// that is only suggested is added to the project.
///
/// # Errors
/// If a box does not exist.
pub fn accept(document: &Document, ids: &[AnnotationId]) -> Result<Edit, EditError> {
    let mut builder = EditBuilder::new(document);
    for (picture, row) in boxes_of(document, ids)? {
        if row.is_ground_truth() {
            continue;
        }
        let class = builder.class_of(row);
        builder.revise(picture, row, |after| {
            after.category = Some(class);
            after.state = confirmed(row);
        });
    }
    Ok(builder.finish())
}

/// Accepts all proposals of a picture. Its other boxes do not change.
///
/// # Errors
/// If there is no such picture.
pub fn accept_all(document: &Document, picture: PictureId) -> Result<Edit, EditError> {
    picture_of(document, picture)?;
    accept(document, &proposals_of(document, picture))
}

/// Rejects boxes. A model's box stays in the document as rejected, so that it is not proposed again.
/// A person's own box is deleted.
///
/// # Errors
/// If a box does not exist.
pub fn reject(document: &Document, ids: &[AnnotationId]) -> Result<Edit, EditError> {
    let mut builder = EditBuilder::new(document);
    for (picture, row) in boxes_of(document, ids)? {
        if row.state == BoxState::Drawn {
            builder.review(picture);
            builder.remove(picture.id, row.id);
        } else {
            builder.revise(picture, row, |after| after.state = BoxState::Rejected);
        }
    }
    Ok(builder.finish())
}

/// Deletes boxes. A model may propose them again.
///
/// # Errors
/// If a box does not exist.
pub fn delete(document: &Document, ids: &[AnnotationId]) -> Result<Edit, EditError> {
    let mut builder = EditBuilder::new(document);
    for (picture, row) in boxes_of(document, ids)? {
        builder.review(picture);
        builder.remove(picture.id, row.id);
    }
    Ok(builder.finish())
}

/// Draws copies of boxes on a picture, moved by `offset` pixels (x, y), with the same size, class and
/// flags. The copies are the person's own. Those that are outside the picture are left out.
///
/// # Errors
/// If there is no such picture.
pub fn paste(
    document: &Document,
    picture: PictureId,
    rows: &[Annotation],
    offset: [f32; 2],
) -> Result<Edit, EditError> {
    let picture = picture_of(document, picture)?;
    let mut builder = EditBuilder::new(document);
    for row in rows {
        paste_one(&mut builder, picture, row, offset);
    }
    Ok(builder.finish())
}

/// Duplicates boxes on their own pictures, moved by `offset` pixels (x, y).
///
/// # Errors
/// If a box does not exist.
pub fn duplicate(
    document: &Document,
    ids: &[AnnotationId],
    offset: [f32; 2],
) -> Result<Edit, EditError> {
    let mut builder = EditBuilder::new(document);
    for (picture, row) in boxes_of(document, ids)? {
        paste_one(&mut builder, picture, row, offset);
    }
    Ok(builder.finish())
}

/// Copies the boxes of one picture that are ground truth to another picture, at the same position.
/// Boxes that exist there already are left out, so repeating this changes nothing.
///
/// # Errors
/// If one of the pictures does not exist.
pub fn copy_from(document: &Document, from: PictureId, to: PictureId) -> Result<Edit, EditError> {
    let from = picture_of(document, from)?;
    let to = picture_of(document, to)?;
    let mut builder = EditBuilder::new(document);
    for row in document.annotations(from.id) {
        if row.is_ground_truth() {
            copy_one(&mut builder, document, to, row);
        }
    }
    Ok(builder.finish())
}

/// Draws copies of boxes on other pictures, at the same position. Boxes that exist there already are
/// left out.
///
/// # Errors
/// If a box or picture does not exist.
pub fn propagate(
    document: &Document,
    ids: &[AnnotationId],
    pictures: &[PictureId],
) -> Result<Edit, EditError> {
    let mut builder = EditBuilder::new(document);
    let rows = boxes_of(document, ids)?;
    for picture in pictures {
        let picture = picture_of(document, *picture)?;
        for (_, row) in &rows {
            copy_one(&mut builder, document, picture, row);
        }
    }
    Ok(builder.finish())
}

/// Copies a box to a picture, unless there is such a box of the same class already.
fn copy_one(builder: &mut EditBuilder<'_>, document: &Document, to: &Picture, row: &Annotation) {
    let Ok(rect) = clipped(to, row.rect) else {
        return;
    };
    let class = document.class_of(row).map(|class| class.id);
    let mut present = document.annotations(to.id).iter();
    let is_present = present.any(|other| {
        other.is_ground_truth() && other.category == class && other.rect.iou(&rect) >= SAME_BOX_IOU
    });
    if !is_present {
        paste_one(builder, to, row, [0.0, 0.0]);
    }
}

fn proposals_of(document: &Document, picture: PictureId) -> Vec<AnnotationId> {
    let rows = document.annotations(picture).iter();
    rows.filter(|row| row.state == BoxState::Proposed)
        .map(|row| row.id)
        .collect()
}

fn paste_one(builder: &mut EditBuilder<'_>, picture: &Picture, row: &Annotation, offset: [f32; 2]) {
    let moved = BBox {
        x0: row.rect.x0 + offset[0],
        y0: row.rect.y0 + offset[1],
        x1: row.rect.x1 + offset[0],
        y1: row.rect.y1 + offset[1],
    };
    if let Ok(rect) = clipped(picture, moved) {
        builder.review(picture);
        let class = builder.class_of(row);
        // Other unknown fields, such as a mask, belong to the original object only.
        let mut drawn = Annotation::drawn(builder.next_annotation, rect, class);
        drawn.flags = row.flags;
        drawn.extra = row.attributes_only();
        builder.insert(picture.id, drawn);
    }
}

/// The state of a model's box that a person confirms as it is.
fn confirmed(row: &Annotation) -> BoxState {
    if row.former.is_some() {
        BoxState::Edited
    } else {
        BoxState::Accepted
    }
}

/// Takes a box over from another set of boxes, as a box of the class of this name, which is added if it is
/// new. A person who does that accepts it: a model's box keeps its model and its score.
///
/// # Errors
/// If the picture does not exist, or no part of the box is inside it.
pub fn adopt(
    document: &Document,
    picture: PictureId,
    row: &Annotation,
    class: &str,
) -> Result<Edit, EditError> {
    let picture = picture_of(document, picture)?;
    let rect = clipped(picture, row.rect)?;
    let mut builder = EditBuilder::new(document);
    builder.review(picture);
    let category = Some(builder.class_named(class));
    let state = match row.origin {
        Origin::Person => BoxState::Drawn,
        Origin::Model(_) => confirmed(row),
    };
    let mut row = Annotation {
        category,
        rect,
        state,
        ..row.clone()
    };
    if let Some(former) = &mut row.former {
        // That is a class of the other set.
        former.category = None;
    }
    builder.insert(picture.id, row);
    Ok(builder.finish())
}

/// Gives a box the class that it has in another set of boxes, by its name, as
/// [`set_category`] does. A new class is added.
///
/// # Errors
/// If the box does not exist.
pub fn adopt_class(document: &Document, id: AnnotationId, class: &str) -> Result<Edit, EditError> {
    let mut builder = EditBuilder::new(document);
    let category = builder.class_named(class);
    for (picture, row) in boxes_of(document, &[id])? {
        revise_class(&mut builder, document, picture, row, category);
    }
    Ok(builder.finish())
}

/// Gives a box a class: a proposal that stands for it already is confirmed, not corrected.
fn revise_class(
    builder: &mut EditBuilder<'_>,
    document: &Document,
    picture: &Picture,
    row: &Annotation,
    category: CategoryId,
) {
    builder.revise(picture, row, |after| {
        if document.class_of(row).map(|class| class.id) != Some(category) {
            mark_edited(after);
        } else if !row.is_ground_truth() {
            after.state = confirmed(row);
        }
        after.category = Some(category);
    });
}

/// Marks a box as edited by a person. A model's box records what it was before.
fn mark_edited(row: &mut Annotation) {
    if row.state != BoxState::Drawn {
        let (rect, category) = (row.rect, row.category);
        row.state = BoxState::Edited;
        row.former
            .get_or_insert_with(|| Box::new(FormerProposal { rect, category }));
    }
}

fn clipped(picture: &Picture, rect: BBox) -> Result<BBox, EditError> {
    rect.clipped(picture.width, picture.height)
        .ok_or(EditError::BadRect {
            rect,
            picture: picture.id,
        })
}
