//! The state of learning: what the learner was given, what it waits for, and which learned state
//! makes proposals.

use std::collections::{HashMap, HashSet, VecDeque};
use std::time::Instant;

use super::learned_states::LearnedStates;
use crate::app::workers::learner::SimilarRequest;
use crate::app::workers::requests::{ActiveState, LearnedBoxes};
use crate::document::{CategoryId, PictureId};
use crate::geometry::BBox;

/// The state of learning.
#[derive(Default)]
pub struct Learning {
    /// The learned states of the project, and which of them is used.
    pub saved: LearnedStates,
    /// Why nothing was learned: a sentence.
    pub trouble: Option<String>,
    /// Whether the learner has panicked. Then nothing is learned until a person asks for it.
    pub(super) is_stopped: bool,
    /// The number of pictures whose proposals are still to be updated.
    pub remaining: usize,
    pub(super) reviewed: ReviewedPictures,
    pub(super) features: FeatureRequests,
    pub(super) schedule: Schedule,
    pub(super) active: ActiveProposals,
    pub(super) search: Option<SimilarSearch>,
    /// The number of the last search.
    pub(super) last_search: u64,
}

/// The reviewed pictures that the learner was given.
#[derive(Default)]
pub(super) struct ReviewedPictures {
    /// Whether the learner was given the pictures that were reviewed before.
    pub is_synced: bool,
    /// The ground truth that the learner was given for each: boxes in pixels, and their category.
    pub truth: HashMap<PictureId, Vec<(BBox, u32)>>,
    /// The number of the model that the learner learns with; events of others are dropped.
    pub model_generation: u64,
    /// The number of pictures that the learner has not added yet.
    pub pending: usize,
    /// The pictures that the model has to process first.
    pub without_features: HashSet<PictureId>,
    /// The pictures that are not learned from yet, because there were too many to process.
    pub left_out: HashSet<PictureId>,
}

/// Pictures that the model was asked to process for learning.
#[derive(Default)]
pub(super) struct FeatureRequests {
    /// The pictures that are requested.
    pub open: HashSet<PictureId>,
    /// The pictures that were processed since, with or without success.
    pub attempted: HashSet<PictureId>,
}

/// When to learn.
#[derive(Default)]
pub(super) struct Schedule {
    /// Whether to learn as soon as possible: `Some(true)` if a person asked for it, `Some(false)`
    /// if pictures were reviewed.
    pub due: Option<bool>,
    /// Until then it learns only on request, so that most of the time is left for other work.
    pub rests_until: Option<Instant>,
}

impl Schedule {
    /// There is something new to learn from.
    pub fn set_due_automatically(&mut self) {
        self.due = self.due.or(Some(false));
    }
}

/// The learned state that makes proposals.
#[derive(Default)]
pub(super) struct ActiveProposals {
    /// The state and its number in the project.
    pub state: Option<(u32, ActiveState)>,
    /// Rises with every change of the state; boxes of former generations are dropped.
    pub generation: u64,
    /// Whether the shown picture keeps its boxes, because no person requested others.
    pub spares_shown: bool,
    /// The pictures whose proposals are of this generation.
    pub updated: HashSet<PictureId>,
    /// Boxes that wait to be written, with their generation.
    pub queue: VecDeque<(u64, LearnedBoxes)>,
}

/// A search for objects that are similar to one.
pub(super) struct SimilarSearch {
    pub request: SimilarRequest,
    /// The class of the boxes.
    pub category: CategoryId,
    /// The pictures that the model has to process first.
    pub without_features: HashSet<PictureId>,
    /// The number of pictures that were searched.
    pub pictures: usize,
    /// The number of boxes that were found.
    pub found: usize,
}

impl Learning {
    /// The state when a project with these learned states is opened.
    pub fn new(saved: LearnedStates) -> Self {
        Self {
            saved,
            ..Self::default()
        }
    }

    /// The number of reviewed pictures that the model has to process before they are learned from.
    pub fn waiting_for_features(&self) -> usize {
        self.reviewed.without_features.len()
    }

    /// The number of reviewed pictures that are not learned from yet, because there were too many
    /// to process.
    pub fn left_out(&self) -> usize {
        self.reviewed.left_out.len()
    }

    /// The number of reviewed pictures.
    pub fn reviewed(&self) -> usize {
        self.reviewed.truth.len()
    }

    /// Whether a person asked to learn and pictures are processed first.
    pub fn is_waiting(&self) -> bool {
        self.schedule.due == Some(true)
    }

    /// The number of the learned state that makes proposals.
    pub fn active_state(&self) -> Option<u32> {
        self.active.state.as_ref().map(|(id, _)| *id)
    }

    /// Whether boxes wait to be written.
    pub(super) fn has_unwritten(&self) -> bool {
        !self.active.queue.is_empty()
    }
}
