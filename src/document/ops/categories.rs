//! What a person does to categories. Reordering them is [`Edit::CategoryOrder`] itself.

use std::collections::{BTreeSet, HashSet};

use super::builder::EditBuilder;
use super::new_categories::new_categories;
use crate::document::category::Category;
use crate::document::content::Document;
use crate::document::edit::{Change, Edit};
use crate::document::error::EditError;
use crate::document::ids::CategoryId;
use crate::document::picture::ReviewState;
use crate::naming::{ANY_OBJECT, MappedClass};

/// Adds a category at the end, with a colour of the palette and the first free digit as its hotkey.
/// Space around the name is dropped. A model's class of this name stands for it from now on.
pub fn add_category(document: &Document, name: &str) -> Edit {
    add_all(document, &[name.trim()])
}

/// Adds the categories of these names that do not exist yet, as [`add_category`] does. Empty names are
/// left out.
pub(super) fn add_categories<'a>(
    document: &Document,
    names: impl IntoIterator<Item = &'a str>,
) -> Edit {
    let mut seen = HashSet::new();
    let names = names.into_iter().map(str::trim);
    let new = names.filter(|name| {
        !name.is_empty() && document.category_named(name).is_none() && seen.insert(*name)
    });
    add_all(document, &new.collect::<Vec<_>>())
}

fn add_all(document: &Document, names: &[&str]) -> Edit {
    let added = new_categories(document, names.iter().copied()).into_iter();
    let added = added.map(|row| Edit::Category(Change::Insert(row)));
    let mut naming = document.naming().clone();
    for name in names {
        naming.set(name, None);
    }
    let named = (naming != *document.naming()).then_some(Edit::Naming(naming));
    Edit::batch(added.chain(named).collect())
}

/// Adds a category as [`add_category`] does, unless one of this name exists.
pub fn ensure_category(document: &Document, name: &str) -> Edit {
    match document.category_named(name.trim()) {
        Some(_) => Edit::default(),
        None => add_category(document, name),
    }
}

/// Renames a category. Space around the name is dropped. Models' classes that stand for it still do,
/// and so does the class with its former name, because otherwise the former name would be suggested
/// again.
///
/// # Errors
/// If there is no such category.
pub fn rename_category(
    document: &Document,
    category: CategoryId,
    name: &str,
) -> Result<Edit, EditError> {
    let name = name.trim();
    let renamed = update(document, category, |row| row.name = name.into())?;
    if renamed.is_empty() {
        return Ok(renamed);
    }
    let row = category_of(document, category)?;
    Ok(Edit::batch(
        [renamed]
            .into_iter()
            .chain(update_naming(document, row, name))
            .collect(),
    ))
}

/// Updates the naming, and what is labelled, for a category whose boxes become those of the category `to`.
fn update_naming(document: &Document, from: &Category, to: &str) -> Vec<Edit> {
    let mut naming = document.naming().clone();
    naming.rename_category(&from.name, to);
    if &*from.name != ANY_OBJECT {
        naming.set(&from.name, Some(MappedClass::named(to)));
    }
    let mut labels = document.labels().clone();
    labels.rename_category(&from.name, Some(to));
    let named = (naming != *document.naming()).then_some(Edit::Naming(naming));
    let labelled = (labels != *document.labels()).then_some(Edit::Labels(labels));
    named.into_iter().chain(labelled).collect()
}

/// Gives a category another colour (sRGB).
///
/// # Errors
/// If there is no such category.
pub fn recolour_category(
    document: &Document,
    category: CategoryId,
    colour: [u8; 3],
) -> Result<Edit, EditError> {
    update(document, category, |row| row.colour = colour)
}

/// Gives a category a hotkey, which the category that had it loses, or removes its hotkey.
///
/// # Errors
/// If there is no such category.
pub fn set_hotkey(
    document: &Document,
    category: CategoryId,
    hotkey: Option<char>,
) -> Result<Edit, EditError> {
    let mut edits = Vec::new();
    let mut others = document.categories().filter(|other| other.id != category);
    if let Some(other) = others.find(|other| hotkey.is_some() && other.hotkey == hotkey) {
        edits.push(update(document, other.id, |row| row.hotkey = None)?);
    }
    let own = update(document, category, |row| row.hotkey = hotkey)?;
    if !own.is_empty() {
        edits.push(own);
    }
    Ok(Edit::batch(edits))
}

/// Merges one category into another: its boxes and tags get the other category. Former proposals do
/// as well, because a merge is not a correction, and states do not change. Models' classes follow as
/// for [`rename_category`].
///
/// # Errors
/// If one of them does not exist, or both are the same.
pub fn merge_categories(
    document: &Document,
    from: CategoryId,
    into: CategoryId,
) -> Result<Edit, EditError> {
    let source = category_of(document, from)?;
    let target = category_of(document, into)?;
    if from == into {
        return Err(EditError::MergeIntoItself(source.name.clone()));
    }
    let renamed = |id: Option<CategoryId>| if id == Some(from) { Some(into) } else { id };
    let mut builder = EditBuilder::new(document);
    for picture in document.pictures() {
        for row in document.annotations(picture.id) {
            builder.update(picture.id, row, |after| {
                after.category = renamed(row.category);
                if let Some(former) = after.former.as_deref_mut() {
                    former.category = renamed(former.category);
                }
            });
        }
        if picture.tags.contains(&from) {
            builder.update_picture(picture, |after| {
                after.tags.retain(|tag| *tag != from);
                after.tags.push(into);
                after.tags.sort_unstable();
                after.tags.dedup();
            });
        }
    }
    builder.edits.push(Edit::Category(Change::Remove(from)));
    builder
        .edits
        .extend(update_naming(document, source, &target.name));
    Ok(builder.finish())
}

/// Deletes a category as [`delete_categories`] does.
///
/// # Errors
/// If there is no such category.
pub fn delete_category(document: &Document, category: CategoryId) -> Result<Edit, EditError> {
    delete_categories(document, &[category])
}

/// Deletes categories with all their boxes and tags. Proposals for which a name was only suggested stay.
/// Models' classes that stood for one keep their own names again. A picture that was done is in review
/// again if it loses ground truth, because nobody has confirmed that it is complete without it. If a deleted
/// category was the only one that is labelled, any is from now on.
///
/// # Errors
/// If a category does not exist.
pub fn delete_categories(
    document: &Document,
    categories: &[CategoryId],
) -> Result<Edit, EditError> {
    let categories: BTreeSet<CategoryId> = categories.iter().copied().collect();
    let mut naming = document.naming().clone();
    let mut labels = document.labels().clone();
    for category in &categories {
        let row = category_of(document, *category)?;
        naming.remove_category(&row.name);
        labels.rename_category(&row.name, None);
    }
    let mut builder = EditBuilder::new(document);
    if naming != *document.naming() {
        builder.edits.push(Edit::Naming(naming));
    }
    if labels != *document.labels() {
        builder.edits.push(Edit::Labels(labels));
    }
    let is_deleted = |id: &CategoryId| categories.contains(id);
    for picture in document.pictures() {
        let mut loses_truth = false;
        for row in document.annotations(picture.id) {
            if row.category.as_ref().is_some_and(is_deleted) {
                loses_truth |= row.is_ground_truth();
                builder.remove(picture.id, row.id);
            }
        }
        builder.update_picture(picture, |after| {
            after.tags.retain(|tag| !is_deleted(tag));
            if loses_truth && after.review == ReviewState::Done {
                after.review = ReviewState::InReview;
            }
        });
    }
    let removed = categories.into_iter().map(Change::Remove);
    builder.edits.extend(removed.map(Edit::Category));
    Ok(builder.finish())
}

fn update(
    document: &Document,
    category: CategoryId,
    change: impl Fn(&mut Category),
) -> Result<Edit, EditError> {
    let row = category_of(document, category)?;
    let mut after = row.clone();
    change(&mut after);
    Ok(if after == *row {
        Edit::default()
    } else {
        Edit::Category(Change::Update(after))
    })
}

fn category_of(document: &Document, id: CategoryId) -> Result<&Category, EditError> {
    document.category(id).ok_or(EditError::UnknownCategory(id))
}
