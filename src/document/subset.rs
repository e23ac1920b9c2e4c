//! A part of a document by classes.

use std::collections::HashSet;

use super::content::Document;
use super::ids::CategoryId;

impl Document {
    /// A copy with only those classes that `is_kept` says of their names: without the other categories, the
    /// boxes in any state that are [called](Self::class_name) otherwise, and the tags. All pictures stay,
    /// with their review states.
    #[must_use]
    pub fn with_classes(&self, is_kept: impl Fn(&str) -> bool) -> Self {
        let mut part = self.clone();
        let categories = self.categories();
        let kept: HashSet<CategoryId> = categories
            .filter(|row| is_kept(&row.name))
            .map(|row| row.id)
            .collect();
        for entry in part.pictures.values_mut() {
            entry
                .annotations
                .retain(|row| is_kept(self.class_name(row)));
            entry.picture.tags.retain(|tag| kept.contains(tag));
        }
        part.categories.retain(|id, _| kept.contains(id));
        part.category_order.retain(|id| kept.contains(id));
        part.by_name.retain(|_, id| kept.contains(id));
        let boxes = part.pictures.iter().flat_map(|(picture, entry)| {
            let rows = entry.annotations.iter();
            rows.map(|row| (row.id, *picture))
        });
        part.picture_of = boxes.collect();
        part
    }
}
