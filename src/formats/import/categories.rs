//! Categories of a file: one with a known name is the known category, others are new, and names that
//! only a model gives are no categories.

use std::collections::{HashMap, HashSet};

use super::ids::IdAllocator;
use super::report::ImportReport;
use super::rows::{ImportedBox, ImportedCategory, ImportedPicture};
use crate::document::{Category, CategoryId, Change, Document, Edit};

/// Which imported categories are classes of the project. Of a file in which every box is a proposal, none
/// is just because the file lists it: they are the model's names. A colour shows that a person made it
/// in this program.
pub(super) fn needed_categories(
    categories: &[ImportedCategory],
    pictures: &[ImportedPicture],
) -> Vec<bool> {
    let boxes = || pictures.iter().flat_map(|picture| &picture.boxes);
    let is_of_model = boxes().any(|one| one.is_suggested)
        && !boxes().any(ImportedBox::is_ground_truth)
        && pictures.iter().all(|picture| picture.tags.is_empty());
    let listed = categories
        .iter()
        .map(|row| !row.is_suggested && (!is_of_model || row.colour.is_some()));
    let mut needed: Vec<bool> = listed.collect();
    let own = boxes()
        .filter(|one| !one.is_suggested)
        .map(|one| one.category);
    let former = boxes().filter_map(|one| one.former?.1);
    let tags = pictures
        .iter()
        .flat_map(|picture| picture.tags.iter().copied());
    for index in own.chain(former).chain(tags) {
        needed[index] = true;
    }
    needed
}

/// The ids of the imported categories, in their order; none for those that are not `needed` and not
/// known. New ones are added to `edits`.
pub(super) fn resolve_categories(
    document: &Document,
    imported: &[ImportedCategory],
    needed: &[bool],
    report: &mut ImportReport,
    edits: &mut Vec<Edit>,
) -> Vec<Option<CategoryId>> {
    let mut ids = IdAllocator::new(
        document.next_ids().category.0,
        imported.iter().filter_map(|category| category.id),
    );
    let known: HashMap<&str, CategoryId> = document
        .categories()
        .map(|row| (&*row.name, row.id))
        .collect();
    let mut free_digits: Vec<char> = ('1'..='9').rev().collect();
    let mut keys: HashSet<char> = document.categories().filter_map(|row| row.hotkey).collect();
    let mut resolved = Vec::with_capacity(imported.len());
    for (category, is_needed) in imported.iter().zip(needed) {
        let id = known.get(category.name.as_str()).copied();
        if id.is_some() || !is_needed {
            resolved.push(id);
            continue;
        }
        let id = CategoryId(ids.allocate(category.id));
        let mut row = Category::new(id, category.name.as_str());
        let free_digit = || loop {
            let digit = free_digits.pop()?;
            if !keys.contains(&digit) {
                return Some(digit);
            }
        };
        row.hotkey = category
            .hotkey
            .unwrap_or_else(free_digit)
            .filter(|key| !keys.contains(key));
        keys.extend(row.hotkey);
        row.colour = category.colour.unwrap_or(row.colour);
        row.extra.clone_from(&category.extra);
        resolved.push(Some(row.id));
        report.categories_added.push(row.name.to_string());
        edits.push(Edit::Category(Change::Insert(row)));
    }
    ids.report(["class", "classes"], report);
    resolved
}
