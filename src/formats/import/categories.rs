//! Categories of a file: one with a known name is the known category, others are new.

use std::collections::{HashMap, HashSet};

use super::ids::IdAllocator;
use super::report::ImportReport;
use super::rows::ImportedCategory;
use crate::document::{Category, CategoryId, Change, Document, Edit};

/// The ids of the imported categories, in their order. New ones are added to `edits`.
pub(super) fn resolve_categories(
    document: &Document,
    imported: Vec<ImportedCategory>,
    report: &mut ImportReport,
    edits: &mut Vec<Edit>,
) -> Vec<CategoryId> {
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
    for category in imported {
        if let Some(id) = known.get(category.name.as_str()) {
            resolved.push(*id);
            continue;
        }
        let mut row = Category::new(CategoryId(ids.allocate(category.id)), category.name);
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
        row.extra = category.extra;
        resolved.push(row.id);
        report.categories_added.push(row.name.to_string());
        edits.push(Edit::Category(Change::Insert(row)));
    }
    ids.report(["class", "classes"], report);
    resolved
}
