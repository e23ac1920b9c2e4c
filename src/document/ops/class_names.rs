//! What happens when models' classes get other names.

use std::collections::{BTreeMap, BTreeSet};

use super::builder::EditBuilder;
use super::categories::new_categories;
use crate::document::annotation::{Annotation, BoxState};
use crate::document::category::Category;
use crate::document::content::Document;
use crate::document::edit::{Change, Edit};
use crate::document::error::EditError;
use crate::document::ids::{CategoryId, PictureId};
use crate::document::picture::ReviewState;
use crate::naming::{ANY_OBJECT, MappedClass, Naming, ONE_OBJECT_IOU};

/// Sets what some classes, given by their names, stand for. With `None` a class keeps its own name.
///
/// On pictures for which `by_name` is true, proposals that nobody has judged follow at once if their
/// category identifies their class, as it does while the class keeps its own name. Of
/// proposals that become the same box, the one with the highest score stays. For other pictures the
/// caller proposes again, which can also separate classes that had the same name.
///
/// # Errors
/// If a name is not valid for a category.
pub fn map_classes(
    document: &Document,
    changes: &[(String, Option<MappedClass>)],
    by_name: impl Fn(PictureId) -> bool,
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
    let renamed = renamed(document, &naming);
    let renamed_boxes = |picture| {
        let rows = document.annotations(picture).iter();
        rows.filter(|row| row.state == BoxState::Proposed && renamed.contains_key(&row.category))
    };
    let open = document.pictures().filter(|row| {
        row.review != ReviewState::Done && by_name(row.id) && renamed_boxes(row.id).next().is_some()
    });
    let open: Vec<PictureId> = open.map(|row| row.id).collect();
    let new_names: BTreeSet<&str> = open
        .iter()
        .flat_map(|picture| renamed_boxes(*picture))
        .map(|row| renamed[&row.category])
        .collect();
    let added = new_names
        .into_iter()
        .filter(|name| document.category_named(name).is_none());
    let added = new_categories(document, added);
    let id_of = |name: &str| {
        let known = document.category_named(name);
        let known = known.or_else(|| added.iter().find(|row| &*row.name == name));
        known.map(|row| row.id)
    };
    let target = |row: &Annotation| renamed.get(&row.category).and_then(|name| id_of(name));

    let mut builder = EditBuilder::new(document);
    let insert = |row: &Category| Edit::Category(Change::Insert(row.clone()));
    builder.edits.extend(added.iter().map(insert));
    builder.edits.push(Edit::Naming(naming.clone()));
    for picture in open {
        let rows = document.annotations(picture).iter();
        let mut rows: Vec<&Annotation> =
            rows.filter(|row| row.state == BoxState::Proposed).collect();
        rows.sort_by(|a, b| b.score.unwrap_or(0.0).total_cmp(&a.score.unwrap_or(0.0)));
        let mut remaining: Vec<(&Annotation, CategoryId)> = Vec::new();
        for row in rows {
            let category = target(row).unwrap_or(row.category);
            let is_double = remaining.iter().any(|(other, of)| {
                *of == category
                    && other.category != row.category
                    && other.rect.iou(&row.rect) >= ONE_OBJECT_IOU
            });
            if is_double {
                builder.remove(picture, row.id);
            } else {
                builder.update(picture, row, |after| after.category = category);
                remaining.push((row, category));
            }
        }
    }
    Ok(builder.finish())
}

/// The categories whose boxes all come from one class that gets another name, and that name.
fn renamed<'a>(document: &Document, naming: &'a Naming) -> BTreeMap<CategoryId, &'a str> {
    let changed = naming
        .iter()
        .filter(|(class, target)| document.naming().mapped(class) != Some(target));
    changed
        .filter(|(class, _)| document.naming().mapped(class).is_none() && &***class != ANY_OBJECT)
        .filter_map(|(class, target)| Some((document.category_named(class)?.id, target.name())))
        .collect()
}

/// Removes the categories that exist only because a model named them and that are no longer used
/// since their class stands for another category: no box, no tag and no former proposal has them.
pub fn remove_unused_model_categories(document: &Document) -> Edit {
    let naming = document.naming();
    let is_renamed = |name: &str| naming.mapped(name).is_some();
    let mut unused: BTreeSet<CategoryId> = document
        .categories()
        .filter(|row| is_renamed(&row.name) && naming.iter().all(|(_, to)| to.name() != &*row.name))
        .map(|row| row.id)
        .collect();
    for picture in document.pictures() {
        for tag in &picture.tags {
            unused.remove(tag);
        }
        for row in document.annotations(picture.id) {
            unused.remove(&row.category);
            if let Some(former) = &row.former {
                unused.remove(&former.category);
            }
        }
    }
    let removed = unused
        .into_iter()
        .map(|id| Edit::Category(Change::Remove(id)));
    Edit::batch(removed.collect())
}
