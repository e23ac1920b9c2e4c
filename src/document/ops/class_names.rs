//! What happens when models' classes get other names.

use super::builder::EditBuilder;
use crate::document::annotation::{Annotation, BoxState};
use crate::document::content::Document;
use crate::document::edit::Edit;
use crate::document::error::EditError;
use crate::document::picture::{Picture, ReviewState};
use crate::naming::{MappedClass, ONE_OBJECT_IOU};

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
        remove_duplicates(document, |name| naming.name_of(name), picture, &mut builder);
    }
    Ok(builder.finish())
}

/// Of the proposals of a picture that new names make the same box, removes all but the best. `renamed` is
/// what a model's class is called from now on.
pub(super) fn remove_duplicates<'a>(
    document: &'a Document,
    renamed: impl Fn(&'a str) -> &'a str,
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
    let mut rows: Vec<&'a Annotation> = rows.filter(suggested).collect();
    rows.sort_by(|a, b| b.score.unwrap_or(0.0).total_cmp(&a.score.unwrap_or(0.0)));
    let mut remaining: Vec<&'a Annotation> = Vec::new();
    for row in rows {
        let is_duplicate = |other: &&'a Annotation| {
            let other: &'a Annotation = other;
            let [one, other_one] = [row, other].map(|row| row.suggestion.as_deref());
            other.rect.iou(&row.rect) >= ONE_OBJECT_IOU
                && one.map(&renamed) == other_one.map(&renamed)
                && document.name_of(row) != document.name_of(other)
        };
        if remaining.iter().any(is_duplicate) {
            builder.remove(picture.id, row.id);
        } else {
            remaining.push(row);
        }
    }
}
