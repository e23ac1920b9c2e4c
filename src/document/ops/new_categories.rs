//! New rows of categories, for all operations that add some.

use crate::document::category::Category;
use crate::document::content::Document;

/// Categories of these names as they would be added one after the other.
pub(super) fn new_categories<'a>(
    document: &Document,
    names: impl IntoIterator<Item = &'a str>,
) -> Vec<Category> {
    let is_free = |key: &char| document.categories().all(|row| row.hotkey != Some(*key));
    let mut hotkeys = ('1'..='9').filter(is_free);
    let mut id = document.next_ids().category;
    let mut added = Vec::new();
    for name in names {
        added.push(Category {
            hotkey: hotkeys.next(),
            ..Category::new(id, name)
        });
        id = id.successor();
    }
    added
}
