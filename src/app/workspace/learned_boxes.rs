//! Proposals by the active learned state: choosing the state, and updating untouched proposals.

use std::collections::HashSet;
use std::sync::Arc;

use super::core::Workspace;
use super::learned_states::{LearnedState, ProposalSource, state_setting};
use super::settings::localize_options_of;
use super::similar::SIMILAR_METHOD;
use crate::app::i18n::tr;
use crate::app::workers::learned_text;
use crate::app::workers::requests::{ActiveState, ModelInfo, PictureRequest};
use crate::document::ops::Candidate;
use crate::document::{BoxState, CategoryId, Origin, PictureId, ReviewState};
use crate::learn::boxes::{LearnedBox, LearnedProposer};
use crate::store::StoreError;

/// The number of upcoming pictures whose features are kept in the cache.
const MAX_UPCOMING: usize = 200;
/// The number of upcoming pictures whose proposals are updated first.
const FIRST_UPDATED: usize = 40;
/// About how many pictures are written together.
const BATCH: usize = 64;
/// The method in the provenance of learned boxes.
const LEARNED_METHOD: &str = "learned";

impl Workspace {
    /// The learned state that makes proposals.
    pub fn active_state(&self) -> Option<&LearnedState> {
        let id = self.learning.active_state()?;
        let mut states = self.learning.saved.states.iter();
        states.find(|state| state.id == id)
    }

    /// The bytes of a learned state; none if they are damaged or of another model.
    pub(super) fn read_state(
        &self,
        id: u32,
        model_info: &ModelInfo,
    ) -> Option<Arc<LearnedProposer>> {
        let text = self.session.project().setting(&state_setting(id));
        let text: String = text.ok().flatten()?;
        learned_text::decode(&text, &model_info.model_key()).map(Arc::new)
    }

    /// Chooses what makes proposals; returns a message if the choice cannot be used.
    ///
    /// # Errors
    /// If the project cannot be written.
    pub fn choose_proposal_source(
        &mut self,
        source: ProposalSource,
    ) -> Result<Option<String>, StoreError> {
        self.learning.saved.source = source;
        self.save_learned_states()?;
        let Some(model_info) = self.model_info().cloned() else {
            return Ok(None);
        };
        let state = self.learning.saved.chosen(&model_info.model_key());
        let Some(id) = state.map(|state| state.id) else {
            let is_of_another_model = matches!(source, ProposalSource::State(_));
            self.deactivate_state(true)?;
            let text = tr!("learned-other-model");
            return Ok(is_of_another_model.then(|| text.to_owned()));
        };
        let Some(learned) = self.read_state(id, &model_info) else {
            self.deactivate_state(true)?;
            let text = tr!("learned-unreadable");
            return Ok(Some(text.to_owned()));
        };
        self.activate_state(Some((id, learned)));
        self.update_untouched(true, true);
        Ok(None)
    }

    /// Makes proposals by a learned state from now on, or without learning.
    pub(super) fn activate_state(&mut self, state: Option<(u32, Arc<LearnedProposer>)>) {
        let active = &mut self.learning.active;
        active.generation += 1;
        active.updated.clear();
        active.queue.clear();
        let generation = active.generation;
        active.state = state.map(|(id, learned)| {
            let state = ActiveState {
                generation,
                learned,
            };
            (id, state)
        });
        let state = active.state.as_ref().map(|(_, state)| state.clone());
        self.learning.remaining = 0;
        if state.is_some() {
            // Boxes from maps that are under way were made without learning.
            self.relocalizing.clear_queue();
            self.workers.relocalizer.cancel();
            self.view.preview = None;
        }
        self.workers.proposer.set_active_state(state.clone());
        self.workers.learner.set_active_state(state);
    }

    /// Makes proposals without learning again. Untouched proposals of the shown picture are replaced
    /// only if `with_shown`.
    pub(super) fn deactivate_state(&mut self, with_shown: bool) -> Result<(), StoreError> {
        if self.learning.active_state().is_none() {
            return Ok(());
        }
        self.activate_state(None);
        let shown = self.session.current();
        let shown = shown.filter(|picture| with_shown && self.is_untouched(*picture));
        self.relocalize_again(shown, localize_options_of(self.session.proposal_settings()))
    }

    /// Whether the proposals of a picture may be replaced: nobody has begun to review it, and
    /// it is not taken out of the project.
    fn is_untouched(&self, picture: PictureId) -> bool {
        let document = self.session.document();
        let row = document.picture(picture);
        let is_similar = |origin: &Origin| match origin {
            Origin::Model(model) => &*model.method == SIMILAR_METHOD,
            Origin::Person => false,
        };
        let mut rows = document.annotations(picture).iter();
        row.is_some_and(|row| row.review == ReviewState::Proposed && !row.is_excluded)
            && !rows.any(|row| row.state == BoxState::Proposed && is_similar(&row.origin))
    }

    /// The pictures that come next in the review, starting with the shown one.
    pub(super) fn upcoming(&self) -> Vec<PictureId> {
        let rows = self.session.rows();
        let current = self.session.current();
        let row = current.and_then(|id| self.session.row(id));
        let (before, after) = rows.split_at(row.unwrap_or(0).min(rows.len()));
        let document = self.session.document();
        let is_open = |id: &PictureId| {
            let row = document.picture(*id);
            row.is_some_and(|row| row.review != ReviewState::Done && row.is_available())
        };
        let upcoming = after.iter().chain(before).copied().filter(is_open);
        upcoming.take(MAX_UPCOMING).collect()
    }

    /// Updates untouched proposals by the active state: those of the next pictures first, then, if
    /// `all`, those of the others. The shown picture changes only if `with_shown`.
    pub(super) fn update_untouched(&mut self, with_shown: bool, all: bool) {
        if self.learning.active_state().is_none() {
            return;
        }
        self.learning.active.spares_shown = !with_shown;
        let spared = self.session.current().filter(|_| !with_shown);
        let is_due = |picture: &PictureId| {
            !self.learning.active.updated.contains(picture)
                && Some(*picture) != spared
                && self.is_untouched(*picture)
        };
        let upcoming = self.upcoming().into_iter().take(FIRST_UPDATED);
        let upcoming: Vec<PictureId> = upcoming.collect();
        let next = upcoming.iter().filter(|id| is_due(id));
        let next: Vec<PictureRequest> = next.filter_map(|id| self.request(*id)).collect();
        if all {
            let upcoming: HashSet<PictureId> = upcoming.iter().copied().collect();
            let others = self.session.document().pictures().map(|row| row.id);
            let others = others.filter(|id| !upcoming.contains(id) && is_due(id));
            let others: Vec<PictureRequest> = others.filter_map(|id| self.request(id)).collect();
            self.learning.remaining = next.len() + others.len();
            self.workers.learner.propose(others, false);
        }
        if !next.is_empty() {
            self.workers.learner.propose(next, true);
        }
    }

    /// Proposes for a picture whose features were not there when the others were updated.
    pub(super) fn propose_late(&mut self, picture: PictureId) {
        let is_late = self.learning.active_state().is_some()
            && self.session.current() != Some(picture)
            && !self.learning.active.updated.contains(&picture)
            && self.is_untouched(picture);
        if is_late && let Some(request) = self.request(picture) {
            self.workers.learner.propose(vec![request], true);
        }
    }

    /// Writes learned boxes that wait.
    pub(super) fn write_queued_learned_boxes(&mut self) -> Result<(), StoreError> {
        let active = &mut self.learning.active;
        let generation = active.generation;
        let mut boxes = Vec::new();
        while boxes.len() < BATCH
            && let Some((of, batch)) = active.queue.pop_front()
        {
            if of == generation {
                boxes.extend(batch);
            }
        }
        let spared = self.session.current();
        let spared = spared.filter(|_| self.learning.active.spares_shown);
        let is_free = |picture: PictureId| {
            let mut inferences = self.proposing.inferences.iter();
            Some(picture) != spared
                && self.is_untouched(picture)
                && !inferences.any(|inference| inference.picture == picture)
        };
        let free: Vec<_> = boxes
            .iter()
            .filter(|(picture, _)| is_free(*picture))
            .map(|(picture, boxes)| (*picture, boxes.as_slice()))
            .collect();
        let written = self.write_learned_boxes(&free, false);
        if written.is_err() {
            // They are tried again.
            self.learning.active.queue.push_front((generation, boxes));
        }
        written
    }

    /// Replaces the untouched proposals of pictures by learned boxes.
    pub(super) fn write_learned_boxes(
        &mut self,
        found: &[(PictureId, &[LearnedBox])],
        is_step: bool,
    ) -> Result<(), StoreError> {
        let (Some(model_info), Some(id)) =
            (self.model_info().cloned(), self.learning.active_state())
        else {
            return Ok(());
        };
        if found.is_empty() {
            return Ok(());
        }
        let origin = Arc::new(model_info.provenance_by_method(LEARNED_METHOD, &format!("+{id}")));
        let namer = self.class_namer(&model_info);
        let document = self.session.document();
        let found_boxes: Vec<(PictureId, Vec<Candidate>)> = found
            .iter()
            .map(|(picture, boxes)| {
                let row = document.picture(*picture);
                let tags = row.map_or(&[][..], |row| &row.tags);
                let candidates = boxes.iter().map(|learned| {
                    // A person's tag on the whole picture takes precedence over the class that was
                    // learned for the box.
                    let category = match tags {
                        [only] => Some(*only),
                        _ => learned.category.map(CategoryId),
                    };
                    let candidate = namer.candidate(*picture, learned.bbox, learned.score, None);
                    Candidate {
                        category: category.or(candidate.category),
                        ..candidate
                    }
                });
                (*picture, candidates.collect())
            })
            .collect();
        self.session
            .replace_proposals(&origin, &found_boxes, is_step)?;
        let pictures = found.iter().map(|(picture, _)| *picture);
        self.learning.active.updated.extend(pictures);
        Ok(())
    }
}
