//! What happens when models' classes get other names.

use super::builder::EditBuilder;
use crate::document::annotation::{Annotation, BoxState};
use crate::document::content::Document;
use crate::document::edit::Edit;
use crate::document::error::EditError;
use crate::document::picture::{Picture, ReviewState};
use crate::naming::{MappedClass, Naming, ONE_OBJECT_IOU};

/// Sets what some classes, given by their names, stand for. With `None` a class keeps its own name.
///
/// Proposals follow by themselves, because they store the model's own name. Of proposals on pictures
/// that are not done which become the same box, the one with the highest score stays.
///
/// # Errors
/// If a name is not valid for a category.
pub fn map_classes(
    document: &Document,
    changes: &[(String, Option<MappedClass>)],
) -> Result<Edit, EditError> {
    let mut naming = document.naming().clone();
    for (class, target) in changes {
        naming.set(class, target.clone());
    }
    if naming == *document.naming() {
        return Ok(Edit::default());
    }
    if let Some(name) = naming.invalid_name() {
        return Err(EditError::BadName(name.into()));
    }
    let mut builder = EditBuilder::new(document);
    builder.edits.push(Edit::Naming(naming.clone()));
    for picture in document.pictures() {
        remove_duplicates(document, &naming, picture, &mut builder);
    }
    Ok(builder.finish())
}

/// Of the proposals of a picture that the new naming makes the same box, removes all but the best.
fn remove_duplicates(
    document: &Document,
    naming: &Naming,
    picture: &Picture,
    builder: &mut EditBuilder<'_>,
) {
    if picture.review == ReviewState::Done {
        return;
    }
    let suggested = |row: &&Annotation| {
        row.state == BoxState::Proposed && row.category.is_none() && row.suggestion.is_some()
    };
    let rows = document.annotations(picture.id).iter();
    let mut rows: Vec<&Annotation> = rows.filter(suggested).collect();
    rows.sort_by(|a, b| b.score.unwrap_or(0.0).total_cmp(&a.score.unwrap_or(0.0)));
    let mut remaining: Vec<&Annotation> = Vec::new();
    for row in rows {
        let is_duplicate = |other: &&Annotation| {
            let agree = |naming: &Naming| {
                let [one, other] = [row, *other].map(|row| row.suggestion.as_deref());
                one.map(|name| naming.name_of(name)) == other.map(|name| naming.name_of(name))
            };
            other.rect.iou(&row.rect) >= ONE_OBJECT_IOU
                && agree(naming)
                && !agree(document.naming())
        };
        if remaining.iter().any(is_duplicate) {
            builder.remove(picture.id, row.id);
        } else {
            remaining.push(row);
        }
    }
}
