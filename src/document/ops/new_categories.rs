//! New rows of categories, for all operations that add some.

use crate::document::category::Category;
use crate::document::content::Document;

/// Categories of these names as they would be added one after the other. Each has the first colour
/// of the palette that the fewest others have, so that none repeats before all are used.
pub(super) fn new_categories<'a>(
    document: &Document,
    names: impl IntoIterator<Item = &'a str>,
) -> Vec<Category> {
    let is_free = |key: &char| document.categories().all(|row| row.hotkey != Some(*key));
    let mut hotkeys = ('1'..='9').filter(is_free);
    let mut id = document.next_ids().category;
    let mut uses = Category::PALETTE.map(|colour| {
        let same = document.categories().filter(|row| row.colour == colour);
        (same.count(), colour)
    });
    let mut added = Vec::new();
    for name in names {
        let mut colour = Category::PALETTE[0];
        if let Some((count, least)) = uses.iter_mut().min_by_key(|(count, _)| *count) {
            *count += 1;
            colour = *least;
        }
        added.push(Category {
            hotkey: hotkeys.next(),
            colour,
            ..Category::new(id, name)
        });
        id = id.successor();
    }
    added
}
