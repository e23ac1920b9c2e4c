//! Counts over the document for panels and dashboard.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::document::{BoxState, CategoryId, Document, Summary};

/// With this many pictures, counting takes a noticeable part of a frame.
const LARGE_DOCUMENT_PICTURES: usize = 5000;
/// The time between two counts of a large document.
const MIN_INTERVAL: Duration = Duration::from_millis(500);

/// The number of boxes of a class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClassCount {
    /// Boxes that are ground truth.
    pub ground_truth: usize,
    /// Proposals that wait for review.
    pub proposed: usize,
}

/// The counts without pictures that are taken out of the project, and the revision of the document that was counted.
#[derive(Default)]
pub struct Counts {
    /// None before the first count.
    revision: Option<u64>,
    counted_at: Option<Instant>,
    /// Boxes by class.
    pub classes: BTreeMap<CategoryId, ClassCount>,
    /// Pictures and boxes by state.
    pub summary: Summary,
    /// Pictures with a tag.
    pub tagged: usize,
}

impl Counts {
    /// When a large document that has changed is to be counted.
    pub fn due_in(&self, revision: u64) -> Option<Duration> {
        let counted_at = self
            .counted_at
            .filter(|_| self.revision != Some(revision))?;
        Some(MIN_INTERVAL.saturating_sub(counted_at.elapsed()))
    }

    /// Counts again if the document has changed. A large document is counted at intervals.
    pub fn update(&mut self, document: &Document, revision: u64) {
        let is_large = document.pictures().len() > LARGE_DOCUMENT_PICTURES;
        let is_recent = self
            .counted_at
            .is_some_and(|at| at.elapsed() < MIN_INTERVAL);
        if self.revision == Some(revision) || is_large && is_recent {
            return;
        }
        let mut classes: BTreeMap<CategoryId, ClassCount> = BTreeMap::new();
        for row in document
            .included_pictures()
            .flat_map(|picture| document.annotations(picture.id))
        {
            let Some(class) = document.class_of(row) else {
                continue;
            };
            let count = classes.entry(class.id).or_default();
            count.ground_truth += usize::from(row.is_ground_truth());
            count.proposed += usize::from(row.state == BoxState::Proposed);
        }
        let tagged = document.included_pictures();
        let tagged = tagged.filter(|row| !row.tags.is_empty());
        *self = Self {
            revision: Some(revision),
            counted_at: Some(Instant::now()),
            classes,
            summary: document.summary(),
            tagged: tagged.count(),
        };
    }
}
