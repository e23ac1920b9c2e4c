//! Counts over the whole document.

use std::collections::{BTreeMap, HashSet};

use super::annotation::BoxState;
use super::content::Document;
use super::ids::CategoryId;
use super::picture::ReviewState;
use super::provenance::Origin;

/// The number of pictures and boxes in each state. States with a count of zero may be absent. Pictures
/// that are taken out of the project, and their boxes, count only as [`excluded`](Self::excluded).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Pictures by review state.
    pub pictures: BTreeMap<ReviewState, usize>,
    /// Pictures that are [verified empty](Document::is_verified_empty).
    pub verified_empty: usize,
    /// Pictures that are [unlabelled](Document::is_unlabelled).
    pub unlabelled: usize,
    /// Pictures whose file is missing.
    pub missing: usize,
    /// Pictures that are taken out of the project.
    pub excluded: usize,
    /// Boxes by state.
    pub annotations: BTreeMap<BoxState, usize>,
}

/// Where classes are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClassUsage {
    /// Boxes of the classes in any state.
    pub boxes: usize,
    /// Pictures with such a box, or with such a tag.
    pub pictures: usize,
    /// Of these, pictures that are done and would lose ground truth without the classes.
    pub done: usize,
}

impl Summary {
    /// The number of pictures in any review state.
    pub fn total(&self) -> usize {
        self.pictures.values().sum()
    }

    /// The number of pictures that are done.
    pub fn done(&self) -> usize {
        self.pictures.get(&ReviewState::Done).copied().unwrap_or(0)
    }
}

impl Document {
    /// Where classes are used, each picture counted once. Suggestions of their names do not count.
    pub fn usage_of(&self, categories: &[CategoryId]) -> ClassUsage {
        let categories: HashSet<CategoryId> = categories.iter().copied().collect();
        let mut usage = ClassUsage::default();
        for entry in self.pictures.values() {
            let rows = entry.annotations.iter();
            let rows: Vec<_> = rows
                .filter(|row| row.category.is_some_and(|id| categories.contains(&id)))
                .collect();
            let is_tagged = entry
                .picture
                .tags
                .iter()
                .any(|tag| categories.contains(tag));
            let is_done = entry.picture.review == ReviewState::Done;
            usage.boxes += rows.len();
            usage.pictures += usize::from(is_tagged || !rows.is_empty());
            let has_truth = rows.iter().any(|row| row.is_ground_truth());
            usage.done += usize::from(is_done && has_truth);
        }
        usage
    }

    /// How many boxes a person has confirmed, by the name that a model had given the object and the
    /// category that the person decided on. Boxes without a name are left out.
    pub fn judgements(&self) -> BTreeMap<(&str, CategoryId), usize> {
        let mut judgements: BTreeMap<_, usize> = BTreeMap::new();
        for row in self.pictures.values().flat_map(|entry| &entry.annotations) {
            if row.is_ground_truth() && row.origin != Origin::Person {
                let former = row.former.as_ref();
                let proposed = former.map_or(row.category, |former| former.category);
                let name = row.suggestion.as_deref().or_else(|| {
                    let category = self.category(proposed?)?;
                    Some(&*category.name)
                });
                if let (Some(name), Some(category)) = (name, row.category) {
                    *judgements.entry((name, category)).or_default() += 1;
                }
            }
        }
        judgements
    }

    /// Counts the pictures and boxes in each state, in one pass over the whole document.
    pub fn summary(&self) -> Summary {
        let mut summary = Summary::default();
        for entry in self.pictures.values() {
            if entry.picture.is_excluded {
                summary.excluded += 1;
                continue;
            }
            *summary.pictures.entry(entry.picture.review).or_default() += 1;
            summary.verified_empty += usize::from(entry.is_verified_empty());
            summary.unlabelled += usize::from(entry.is_unlabelled());
            summary.missing += usize::from(entry.picture.missing);
            for annotation in &entry.annotations {
                *summary.annotations.entry(annotation.state).or_default() += 1;
            }
        }
        summary
    }
}
