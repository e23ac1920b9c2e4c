//! Learning from reviewed pictures: passing them to the learner, and storing what it learns.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use super::core::Workspace;
use super::learned_states::{LEARNING_SETTING, ProposalSource, state_setting};
use super::learning_state::{ActiveProposals, Learning, ReviewedPictures};
use super::proposing_state::ModelState;
use crate::app::i18n::tr;
use crate::app::workers::events::LearningEvent;
use crate::app::workers::learner::ReviewRequest;
use crate::app::workers::requests::{ModelInfo, PictureVersion};
use crate::document::{PictureId, ReviewState};
use crate::geometry::BBox;
use crate::learn::boxes::{LearnedProposer, MIN_HELD_OUT};
use crate::store::StoreError;

/// Up to this many pictures, features of all are kept in the cache.
const SMALL_PROJECT_PICTURES: usize = 1000;
/// The number of reviewed pictures that the model processes for learning at a time. If thousands
/// were imported, the others follow when a person asks to learn again.
const MAX_WITHOUT_FEATURES: usize = 200;
/// Automatic learning rests this many times as long as it took.
const REST_FACTOR: u32 = 4;

impl Workspace {
    /// How many of [`STEPS`](crate::app::workers::learner::STEPS) are done, if learning is under way.
    pub fn learning_step(&self) -> Option<usize> {
        self.workers.learner.step()
    }

    /// Resets learning for another model, to which the features of the former one are useless.
    pub(super) fn reset_learning(&mut self) {
        let saved = std::mem::take(&mut self.learning.saved);
        let generation = self.learning.active.generation + 1;
        self.learning = Learning {
            active: ActiveProposals {
                generation,
                ..ActiveProposals::default()
            },
            reviewed: ReviewedPictures {
                model_generation: self.workers.learner.set_model(None),
                ..ReviewedPictures::default()
            },
            ..Learning::new(saved)
        };
    }

    /// The model is ready, so learning can start.
    pub(super) fn start_learning(&mut self, model_info: &Arc<ModelInfo>) {
        let reviewed = &mut self.learning.reviewed;
        reviewed.model_generation = self.workers.learner.set_model(Some(Arc::clone(model_info)));
        reviewed.is_synced = false;
        let kind = model_info.model_key();
        if let Some(id) = self.learning.saved.chosen(&kind).map(|state| state.id) {
            let learned = self.read_state(id, model_info);
            self.activate_state(learned.map(|learned| (id, learned)));
        }
        self.prefetch_features();
    }

    /// Passes changed reviewed pictures to the learner, and starts it when learning is due.
    pub fn update_learning(&mut self) {
        let is_possible = self.model_info().is_some() && self.session.is_editable();
        if !is_possible || self.learning.is_stopped {
            return;
        }
        let was_synced = self.learning.reviewed.is_synced;
        let changed = match self.session.take_changed_pictures() {
            Some(changed) if was_synced => changed,
            _ => {
                let known = self.learning.reviewed.truth.keys().copied();
                let pictures = self.session.document().pictures().map(|row| row.id);
                pictures.chain(known).collect()
            }
        };
        let mut is_new = false;
        for picture in changed {
            is_new |= self.update_reviewed(picture);
        }
        if is_new && was_synced && !self.learning.saved.is_manual {
            self.learning.schedule.set_due_automatically();
        }
        self.learning.reviewed.is_synced = true;
        self.learn_if_due();
    }

    /// Learns if that is due and the learner has everything that it needs.
    fn learn_if_due(&mut self) {
        let reviewed = &self.learning.reviewed;
        if reviewed.pending > 0 || !reviewed.without_features.is_empty() {
            return;
        }
        let now = Instant::now();
        let schedule = &mut self.learning.schedule;
        let is_resting = schedule.rests_until.is_some_and(|until| now < until);
        let is_time = |is_requested: &mut bool| *is_requested || !is_resting;
        if let Some(is_requested) = schedule.due.take_if(is_time) {
            self.workers.learner.learn(is_requested);
        }
    }

    /// Passes one picture to the learner, or removes it if it is no longer reviewed; whether anything
    /// is new.
    fn update_reviewed(&mut self, picture: PictureId) -> bool {
        let truth = self.truth_of(picture);
        if self.learning.reviewed.truth.get(&picture) == truth.as_ref() {
            return false;
        }
        let request = self.request(picture);
        let reviewed = &mut self.learning.reviewed;
        match truth.zip(request) {
            Some((truth, request)) => {
                reviewed.truth.insert(picture, truth.clone());
                reviewed.pending += 1;
                self.workers.learner.add(ReviewRequest { request, truth });
            }
            None => {
                reviewed.truth.remove(&picture);
                reviewed.without_features.remove(&picture);
                reviewed.left_out.remove(&picture);
                self.workers.learner.remove(picture);
            }
        }
        true
    }

    /// Learns a picture again whose file has changed.
    pub(super) fn learn_again(&mut self, picture: PictureId) {
        self.learning.features.attempted.remove(&picture);
        self.learning.active.updated.remove(&picture);
        if self.learning.reviewed.truth.remove(&picture).is_some() {
            self.update_reviewed(picture);
        }
    }

    /// The ground truth of a picture that is done and not taken out of the project: boxes in pixels, and
    /// their category.
    fn truth_of(&self, picture: PictureId) -> Option<Vec<(BBox, u32)>> {
        let document = self.session.document();
        let row = document.picture(picture)?;
        let is_readable = row.is_available() && self.session.unreadable(picture).is_none();
        (row.review == ReviewState::Done && is_readable).then(|| {
            let rows = document.annotations(picture).iter();
            let truth = rows.filter(|row| row.is_ground_truth());
            let classed = truth.filter_map(|row| Some((row.rect, row.category?.0)));
            classed.collect()
        })
    }

    /// Learns now, or returns why that is not possible.
    pub fn learn_now(&mut self) -> Option<String> {
        if let ModelState::Failed(reason) = &self.proposing.model {
            return Some(reason.clone());
        }
        self.learning.trouble = None;
        if std::mem::take(&mut self.learning.is_stopped) {
            self.learning.reviewed.truth.clear();
        }
        self.learning.schedule.due = Some(true);
        // Pictures that could not be processed before may be readable by now.
        self.learning.features.attempted.clear();
        let reviewed = &mut self.learning.reviewed;
        let left_out: Vec<PictureId> = reviewed
            .left_out
            .iter()
            .take(MAX_WITHOUT_FEATURES)
            .copied()
            .collect();
        for picture in left_out {
            self.learning.reviewed.left_out.remove(&picture);
            self.learning.reviewed.truth.remove(&picture);
            self.update_reviewed(picture);
        }
        None
    }

    /// The learner has panicked and lost everything. It starts again when a person asks for it, because
    /// the same pictures could make it panic again.
    fn stop_learning(&mut self, sentence: String) {
        let learning = &mut self.learning;
        learning.trouble = Some(sentence);
        learning.is_stopped = true;
        learning.remaining = 0;
        learning.search = None;
        learning.schedule.due = None;
        let reviewed = &mut learning.reviewed;
        (reviewed.pending, reviewed.is_synced) = (0, false);
        reviewed.without_features.clear();
    }

    /// Stops learning.
    pub fn cancel_learning(&mut self) {
        self.learning.schedule.due = None;
        self.workers.learner.cancel();
    }

    /// Learns automatically after every reviewed picture, or only on request.
    ///
    /// # Errors
    /// If the project cannot be written.
    pub fn set_automatic(&mut self, is_automatic: bool) -> Result<(), StoreError> {
        self.learning.saved.is_manual = !is_automatic;
        self.save_learned_states()
    }

    /// Writes the list of learned states.
    pub(super) fn save_learned_states(&mut self) -> Result<(), StoreError> {
        self.session
            .save_setting(LEARNING_SETTING, &self.learning.saved)
    }

    /// Another picture is shown, or the list has changed: the model keeps the features of pictures
    /// that come next, and their proposals are updated.
    pub(super) fn prefetch_features(&mut self) {
        if self.model_info().is_none() || !self.session.is_editable() {
            return;
        }
        let scope = (!self.is_small_project()).then(|| {
            let known = self.learning.reviewed.truth.keys().copied();
            self.upcoming().into_iter().chain(known).collect()
        });
        self.workers.proposer.set_feature_scope(scope);
        self.update_untouched(false, false);
    }

    /// Whether features of all pictures are kept.
    fn is_small_project(&self) -> bool {
        self.session.document().pictures().len() <= SMALL_PROJECT_PICTURES
    }

    /// Asks the model to process pictures for learning, each once.
    pub(super) fn request_features(&mut self, pictures: &[PictureId]) {
        let mut requests = Vec::new();
        for picture in pictures {
            let features = &mut self.learning.features;
            if !features.attempted.contains(picture) && features.open.insert(*picture) {
                requests.extend(self.request(*picture));
            }
        }
        if !requests.is_empty() {
            self.workers.proposer.request_features(requests);
        }
    }

    /// The features of a version of a picture are in the cache, or the model could not make them.
    pub fn on_features_ready(&mut self, version: PictureVersion) {
        let picture = version.picture;
        if !self.versions.is_current(version) {
            if self.learning.features.open.remove(&picture) {
                self.request_features(&[picture]);
            }
            return;
        }
        let features = &mut self.learning.features;
        if features.open.remove(&picture) {
            features.attempted.insert(picture);
        }
        let reviewed = &mut self.learning.reviewed;
        if reviewed.without_features.remove(&picture)
            && let Some(truth) = reviewed.truth.get(&picture).cloned()
            && let Some(request) = self.request(picture)
        {
            self.learning.reviewed.pending += 1;
            self.workers.learner.add(ReviewRequest { request, truth });
            if !self.learning.saved.is_manual {
                self.learning.schedule.set_due_automatically();
            }
        }
        self.continue_search(picture);
        self.propose_late(picture);
    }

    /// Handles an outcome of learning; returns a message for the person, if there is one.
    /// `model_generation` is the number of the model that it is about.
    ///
    /// # Errors
    /// If the project cannot be written.
    pub fn on_learning_event(
        &mut self,
        model_generation: u64,
        event: LearningEvent,
    ) -> Result<Option<String>, StoreError> {
        if model_generation != self.learning.reviewed.model_generation {
            return Ok(None);
        }
        match event {
            LearningEvent::Added {
                picture,
                has_features,
            } => {
                self.on_added(picture, has_features);
                Ok(None)
            }
            LearningEvent::Cancelled => Ok(None),
            LearningEvent::Crashed(sentence) => {
                self.stop_learning(sentence);
                Ok(None)
            }
            LearningEvent::Finished {
                learned,
                is_requested,
                took,
            } => {
                self.learning.schedule.rests_until = Some(Instant::now() + REST_FACTOR * took);
                match learned {
                    Some((learned, text)) => self.on_learned(learned, &text, is_requested),
                    // Automatic learning reports nothing.
                    None if !is_requested => Ok(None),
                    None => {
                        let text = self.too_few_text();
                        self.learning.trouble = Some(text.clone());
                        Ok(Some(text))
                    }
                }
            }
            LearningEvent::Boxes {
                generation,
                boxes,
                without_features,
                left,
            } => {
                if generation == self.learning.active.generation {
                    self.learning.remaining = left;
                    self.learning.active.queue.push_back((generation, boxes));
                    self.request_missing_features(&without_features);
                }
                Ok(None)
            }
            LearningEvent::SimilarBoxes {
                search,
                boxes,
                without_features,
            } => self.on_similar_boxes(search, &boxes, &without_features),
        }
    }

    /// The learner has added a reviewed picture, or needs its features first.
    fn on_added(&mut self, picture: PictureId, has_features: bool) {
        let reviewed = &mut self.learning.reviewed;
        reviewed.pending = reviewed.pending.saturating_sub(1);
        if has_features || !reviewed.truth.contains_key(&picture) {
            return;
        }
        if self.learning.features.attempted.contains(&picture) {
            // The model could not make them: the file is missing, or the cache is full.
            reviewed.without_features.remove(&picture);
        } else if reviewed.without_features.len() >= MAX_WITHOUT_FEATURES {
            reviewed.left_out.insert(picture);
        } else {
            reviewed.without_features.insert(picture);
            self.request_features(&[picture]);
        }
    }

    /// Asks the model for features that the learner lacks: in a large project only for pictures that
    /// come next.
    fn request_missing_features(&mut self, pictures: &[PictureId]) {
        if pictures.is_empty() {
            return;
        }
        if self.is_small_project() {
            return self.request_features(pictures);
        }
        let upcoming: HashSet<PictureId> = self.upcoming().into_iter().collect();
        let upcoming = pictures.iter().filter(|id| upcoming.contains(id));
        let upcoming: Vec<PictureId> = upcoming.copied().collect();
        self.request_features(&upcoming);
    }

    /// Why there is nothing to learn yet.
    fn too_few_text(&self) -> String {
        let truths = self.learning.reviewed.truth.values();
        let with_objects = truths.filter(|truth| !truth.is_empty());
        tr!("learning-too-few", done = with_objects.count())
    }

    /// Keeps a new learned state, and uses it if the choice is automatic and it is better.
    fn on_learned(
        &mut self,
        learned: Arc<LearnedProposer>,
        text: &str,
        is_requested: bool,
    ) -> Result<Option<String>, StoreError> {
        let Some(model_info) = self.model_info().cloned() else {
            return Ok(None);
        };
        self.learning.trouble = None;
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.map_or(0, |since| since.as_secs());
        let saved = &mut self.learning.saved;
        let (id, removed) = saved.add(&learned, &model_info, now, is_requested);
        self.session.save_setting(&state_setting(id), text)?;
        self.save_learned_states()?;
        for state in removed {
            self.session.remove_setting(&state_setting(state))?;
        }
        if self.learning.saved.source != ProposalSource::Automatic {
            let text = tr!("learned-kept");
            return Ok(is_requested.then(|| text.to_owned()));
        }
        if learned.is_better {
            // A state that replaces the active one changes proposals a little with every picture, so
            // only the next pictures are updated. A new one updates all.
            let former = self.learning.active_state();
            let all = is_requested || former != Some(id);
            self.activate_state(Some((id, learned)));
            self.update_untouched(is_requested, all);
            let text = tr!("learned-in-use");
            return Ok((is_requested || former.is_none()).then(|| text.to_owned()));
        }
        // A better state that is in use stays.
        let text = match self.learning.active_state() {
            Some(id) => tr!("learned-worse", id = id),
            None => not_better_text(learned.metrics.held_out).to_owned(),
        };
        Ok(is_requested.then_some(text))
    }
}

/// Why a learned state is not in use.
pub(super) fn not_better_text(held_out: usize) -> &'static str {
    if held_out < MIN_HELD_OUT {
        tr!("learning-too-early")
    } else {
        tr!("learning-not-better")
    }
}
