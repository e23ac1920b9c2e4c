//! What happens to pictures: they are added, removed, renamed, tagged and marked as done.

use std::collections::HashSet;

use super::builder::{EditBuilder, picture_of};
use crate::document::annotation::BoxState;
use crate::document::content::Document;
use crate::document::edit::{Change, Edit};
use crate::document::error::EditError;
use crate::document::ids::{AnnotationId, CategoryId, PictureId};
use crate::document::picture::{Picture, ReviewState};

/// Adds pictures in this order, under new ids that replace their own.
pub fn add_pictures(document: &Document, pictures: Vec<Picture>) -> Edit {
    let mut id = document.next_ids().picture;
    let mut edits = Vec::with_capacity(pictures.len());
    for picture in pictures {
        edits.push(Edit::Picture(Change::Insert(Picture { id, ..picture })));
        id = id.successor();
    }
    Edit::batch(edits)
}

/// Removes pictures from the project, with their boxes.
///
/// # Errors
/// If a picture does not exist. Each picture may be named once.
pub fn remove_pictures(document: &Document, pictures: &[PictureId]) -> Result<Edit, EditError> {
    let mut builder = EditBuilder::new(document);
    for id in pictures {
        picture_of(document, *id)?;
        for row in document.annotations(*id) {
            builder.remove(*id, row.id);
        }
        builder.edits.push(Edit::Picture(Change::Remove(*id)));
    }
    Ok(builder.finish())
}

/// Gives pictures new paths. Their boxes stay with them. Pictures may exchange their paths.
///
/// # Errors
/// If a picture does not exist.
pub fn rename_pictures(
    document: &Document,
    paths: &[(PictureId, Box<str>)],
) -> Result<Edit, EditError> {
    let mut builder = EditBuilder::new(document);
    let new_paths: HashSet<&str> = paths.iter().map(|(_, path)| &**path).collect();
    let mut renamed = Vec::with_capacity(paths.len());
    for (id, path) in paths {
        let picture = picture_of(document, *id)?;
        if picture.path == *path {
            continue;
        }
        // A path that another picture gets is freed first, so that paths can be exchanged.
        if new_paths.contains(&*picture.path) {
            let temporary = format!(".tsukami-renaming/{id}");
            builder.update_picture(picture, |after| after.path = temporary.into());
        }
        let mut after = picture.clone();
        after.path.clone_from(path);
        renamed.push(Edit::Picture(Change::Update(after)));
    }
    builder.edits.extend(renamed);
    Ok(builder.finish())
}

/// Marks pictures whose file is missing, or was found again.
///
/// # Errors
/// If a picture does not exist.
pub fn set_missing(
    document: &Document,
    pictures: &[PictureId],
    missing: bool,
) -> Result<Edit, EditError> {
    update_each(document, pictures, |picture| picture.missing = missing)
}

/// Takes pictures out of the project, or brings them back. Nothing else about them changes.
///
/// # Errors
/// If a picture does not exist.
pub fn set_excluded(
    document: &Document,
    pictures: &[PictureId],
    is_excluded: bool,
) -> Result<Edit, EditError> {
    update_each(document, pictures, |picture| {
        picture.is_excluded = is_excluded;
    })
}

/// Records that the file of a picture has another content, of `[width, height]` upright pixels. Boxes
/// are clipped to this size, and boxes outside it are deleted. A picture that was done is in review
/// again, because nobody has looked at this content.
///
/// # Errors
/// If there is no such picture.
pub fn set_content(
    document: &Document,
    picture: PictureId,
    [width, height]: [u32; 2],
    content_hash: Option<Box<str>>,
) -> Result<Edit, EditError> {
    let picture = picture_of(document, picture)?;
    let mut builder = EditBuilder::new(document);
    // Boxes change first, so that they fit both sizes when the picture changes.
    for row in document.annotations(picture.id) {
        match row.rect.clipped(width, height) {
            Some(rect) => {
                builder.update(picture.id, row, |after| after.rect = rect);
            }
            None => builder.remove(picture.id, row.id),
        }
    }
    builder.update_picture(picture, |after| {
        (after.width, after.height) = (width, height);
        after.content_hash = content_hash;
        after.review = after.review.min(ReviewState::InReview);
    });
    Ok(builder.finish())
}

/// Adds the tag of a category to pictures, or removes it.
///
/// # Errors
/// If a picture does not exist.
pub fn set_tag(
    document: &Document,
    pictures: &[PictureId],
    category: CategoryId,
    is_present: bool,
) -> Result<Edit, EditError> {
    update_each(document, pictures, |picture| {
        match (picture.tags.binary_search(&category), is_present) {
            (Err(at), true) => picture.tags.insert(at, category),
            (Ok(at), false) => {
                picture.tags.remove(at);
            }
            (Ok(_), true) | (Err(_), false) => {}
        }
    })
}

/// Accepts some proposals of a picture, rejects the others and marks the picture as done.
///
/// # Errors
/// If there is no such picture.
pub fn accept_and_finish(
    document: &Document,
    picture: PictureId,
    accepted: &[AnnotationId],
) -> Result<Edit, EditError> {
    let picture = picture_of(document, picture)?;
    let mut builder = EditBuilder::new(document);
    for row in document.annotations(picture.id) {
        if row.state != BoxState::Proposed {
            continue;
        }
        let class = accepted.contains(&row.id).then(|| builder.class_of(row));
        builder.update(picture.id, row, |after| {
            if class.is_some() {
                after.state = BoxState::Accepted;
                after.category = class;
            } else {
                after.state = BoxState::Rejected;
            }
        });
    }
    builder.update_picture(picture, |after| after.review = ReviewState::Done);
    Ok(builder.finish())
}

/// Marks pictures as done, or reopens them, which puts them in review.
///
/// Done means that the boxes are right and complete, so the remaining proposals are rejected. If no
/// box is ground truth, the picture is verified empty.
///
/// # Errors
/// If a picture does not exist.
pub fn set_done(
    document: &Document,
    pictures: &[PictureId],
    is_done: bool,
) -> Result<Edit, EditError> {
    let mut edits = Vec::new();
    for id in pictures {
        let picture = picture_of(document, *id)?;
        if is_done {
            edits.push(accept_and_finish(document, *id, &[])?);
        } else if picture.review == ReviewState::Done {
            let mut after = picture.clone();
            after.review = ReviewState::InReview;
            edits.push(Edit::Picture(Change::Update(after)));
        }
    }
    Ok(Edit::batch(edits))
}

/// Puts pictures in review because a person works on them. Pictures that are done stay done.
///
/// # Errors
/// If a picture does not exist.
pub fn begin_review(document: &Document, pictures: &[PictureId]) -> Result<Edit, EditError> {
    update_each(document, pictures, |picture| {
        picture.review = picture.review.max(ReviewState::InReview);
    })
}

fn update_each(
    document: &Document,
    pictures: &[PictureId],
    change: impl Fn(&mut Picture),
) -> Result<Edit, EditError> {
    let mut builder = EditBuilder::new(document);
    for id in pictures {
        builder.update_picture(picture_of(document, *id)?, &change);
    }
    Ok(builder.finish())
}
