//! The state of the point tool.

use crate::app::canvas::Offers;
use crate::segment::PromptPoint;

/// The state of the point tool. One question is under way at a time; while it is, only the latest of
/// the others is kept.
#[derive(Default)]
pub struct PointTool {
    /// The question that is under way.
    pub(super) asked: Option<Asked>,
    /// The points to ask about next.
    pub(super) next: Option<Vec<PromptPoint>>,
    /// The boxes that are offered.
    pub(super) offers: Option<Offers>,
}

/// A question about points.
pub(super) struct Asked {
    /// Its number.
    pub number: u64,
    pub points: Vec<PromptPoint>,
    /// Whether its answer is still of interest.
    pub is_wanted: bool,
}

impl PointTool {
    /// The boxes that are offered.
    pub fn offers(&self) -> Option<&Offers> {
        self.offers.as_ref()
    }

    /// Whether an answer is awaited.
    pub fn is_asking(&self) -> bool {
        let is_wanted = self.asked.as_ref().is_some_and(|asked| asked.is_wanted);
        is_wanted || self.next.is_some()
    }

    /// Forgets everything; answers that are under way are dropped when they arrive.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }
}
