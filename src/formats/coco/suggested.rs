//! Names that models suggest, as categories of a COCO file.

use std::collections::BTreeMap;

use super::extension::{SuggestedCategory, insert_extension};
use super::types;
use crate::document::{Annotation, Document};
use crate::formats::export::naming::ExportedPicture;

/// The ids of names that models suggest and that are no classes of the project: after those of the
/// project's own, in the order of the names.
pub(super) struct SuggestedIds<'a>(BTreeMap<&'a str, u64>);

impl<'a> SuggestedIds<'a> {
    /// The ids of the names on boxes of these pictures that are written.
    pub(super) fn new<'p>(
        document: &'a Document,
        pictures: impl IntoIterator<Item = &'p ExportedPicture<'p>>,
        is_written: impl Fn(&Annotation) -> bool,
    ) -> Self {
        let mut ids = BTreeMap::new();
        for one in pictures {
            for row in document.annotations(one.picture.id) {
                if is_written(row) && document.class_of(row).is_none() {
                    ids.insert(document.class_name(row), 0);
                }
            }
        }
        let first = u64::from(document.next_ids().category.0);
        for (id, of_name) in (first..).zip(ids.values_mut()) {
            *of_name = id;
        }
        Self(ids)
    }

    /// The id of a box's class, or of the name that is suggested for it.
    pub(super) fn category_id(&self, document: &Document, row: &Annotation) -> u64 {
        match document.class_of(row) {
            Some(class) => class.id.0.into(),
            None => {
                let name = document.class_name(row);
                self.0.get(name).copied().unwrap_or_default()
            }
        }
    }

    /// The names as categories.
    pub(super) fn categories(&self, provenance: bool) -> impl Iterator<Item = types::Category> {
        self.0.iter().map(move |(name, id)| {
            let mut category = types::Category::new(*id, name);
            if provenance {
                let extension = SuggestedCategory { is_suggested: true };
                insert_extension(&mut category.extra, &extension);
            }
            category
        })
    }
}
