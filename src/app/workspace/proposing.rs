//! Asking the model for proposals, and receiving its results.

use std::sync::Arc;
use std::time::Instant;

use super::core::Workspace;
use super::proposing_state::{ModelState, PictureInference, ProposalJob};
use super::settings::model_settings_of;
use super::writing::MAX_WAIT;
use crate::app::workers::events::ProposerFailure;
use crate::app::workers::requests::{ModelInfo, ModelSettings, PictureRequest, PictureVersion};
use crate::document::{PictureId, ReviewState};
use crate::learn::boxes::LearnedBox;
use crate::localize::Method;
use crate::localize::PictureMaps;
use crate::store::StoreError;

impl Workspace {
    /// Asks the model for proposals on the shown picture.
    pub fn propose_current(&mut self) {
        let current = self.session.current();
        if let Some(request) = current.and_then(|picture| self.request(picture)) {
            self.proposing.failures.remove(&request.picture);
            self.proposing.requested.insert(request.picture);
            self.workers.proposer.propose_now(request);
        }
    }

    /// Whether the model was asked for the shown picture and is about to answer: it is not paused.
    pub fn is_current_pending(&self) -> bool {
        self.session.current().is_some_and(|picture| {
            let job = self.proposing.job.as_ref();
            let job = job.filter(|job| job.paused.is_none());
            let is_in_job = job.is_some_and(|job| job.open.contains(&picture));
            is_in_job || self.proposing.requested.contains(&picture)
        })
    }

    /// Asks the model for all pictures that are not done, or only for new ones; returns their
    /// number. They are processed in the order of the list, starting at the shown picture.
    pub fn propose_all(&mut self, only_new: bool) -> usize {
        let document = self.session.document();
        let is_open = |picture: &PictureId| {
            let row = document.picture(*picture);
            row.is_some_and(|row| {
                row.is_available()
                    && match row.review {
                        ReviewState::New => true,
                        ReviewState::Proposed | ReviewState::InReview => !only_new,
                        ReviewState::Done => false,
                    }
            })
        };
        let rows = self.session.rows();
        let current = self.session.current();
        let row = current.and_then(|picture| self.session.row(picture));
        let (before, after) = rows.split_at(row.unwrap_or(0).min(rows.len()));
        let unlisted = document.pictures().map(|row| row.id);
        let unlisted = unlisted.filter(|id| self.session.row(*id).is_none());
        let open = after
            .iter()
            .chain(before)
            .copied()
            .chain(unlisted)
            .filter(is_open);
        let requests: Vec<PictureRequest> =
            open.filter_map(|picture| self.request(picture)).collect();
        let number = requests.len();
        self.start_job(requests);
        number
    }

    /// The new pictures of the list from the shown one down, whose files exist.
    pub fn next_new_pictures(&self) -> impl Iterator<Item = PictureId> {
        let session = &self.session;
        let rows = session.rows();
        let row = session.current().and_then(|picture| session.row(picture));
        let rows = rows[row.unwrap_or(0).min(rows.len())..].iter().copied();
        rows.filter(|id| {
            let picture = session.document().picture(*id);
            picture.is_some_and(|picture| picture.review == ReviewState::New && !picture.missing)
        })
    }

    /// Asks the model for the next `count` [new pictures](Self::next_new_pictures).
    pub fn propose_next(&mut self, count: usize) {
        let pictures: Vec<PictureId> = self.next_new_pictures().take(count).collect();
        let requests = pictures
            .iter()
            .filter_map(|picture| self.request(*picture))
            .collect();
        self.start_job(requests);
    }

    /// Asks the model for the shown picture once, when it is shown and new.
    pub fn propose_on_arrival(&mut self) {
        let current = self.session.current();
        if current != self.proposing.arrived {
            self.proposing.arrived = current;
            let can_propose = !matches!(self.proposing.model, ModelState::Failed(_));
            let is_wanted = self.session.is_editable() && self.session.is_current_new();
            if can_propose && is_wanted && !self.is_current_pending() {
                self.propose_current();
            }
        }
    }

    fn start_job(&mut self, requests: Vec<PictureRequest>) {
        if !requests.is_empty() {
            if self.proposing.job.is_none() {
                // A former run may have ended while it was paused.
                self.workers.proposer.pause(false);
            }
            let job = self.proposing.job.get_or_insert_with(ProposalJob::new);
            job.add(requests.iter().map(|request| request.picture));
            self.workers.proposer.propose(requests);
        }
    }

    /// Pauses the model or resumes it.
    pub fn toggle_pause(&mut self) {
        if let Some(job) = &mut self.proposing.job {
            let is_paused = job.paused.is_none();
            job.set_paused(is_paused);
            self.workers.proposer.pause(is_paused);
        }
    }

    /// Pauses the model while the project cannot be written, and resumes it afterwards.
    pub(super) fn pause_while_unwritable(&mut self) {
        let is_paused = self.session.is_paused();
        let proposing = &mut self.proposing;
        let job = proposing.job.as_mut();
        let Some(job) = job.filter(|job| {
            is_paused != proposing.is_held && (proposing.is_held || job.paused.is_none())
        }) else {
            proposing.is_held &= is_paused;
            return;
        };
        proposing.is_held = is_paused;
        job.set_paused(is_paused);
        self.workers.proposer.pause(is_paused);
    }

    /// Asks the model again for pictures that have no proposals, because those that were made could not be
    /// written.
    pub(super) fn propose_again(&mut self, pictures: &[PictureId]) {
        let is_new = |picture: &&PictureId| {
            let row = self.session.document().picture(**picture);
            row.is_some_and(|row| row.review == ReviewState::New && row.is_available())
        };
        let new = pictures.iter().filter(is_new);
        let requests: Vec<_> = new.filter_map(|picture| self.request(*picture)).collect();
        if !requests.is_empty() {
            self.workers.proposer.propose(requests);
        }
    }

    /// Stops the model; returns the number of pictures that it had not begun.
    pub fn cancel_proposing(&mut self) -> usize {
        let open = self.workers.proposer.cancel();
        self.proposing.job = None;
        let inferences = &self.proposing.inferences;
        self.proposing.requested.retain(|picture| {
            let mut pictures = inferences.iter().map(|inference| inference.picture);
            pictures.any(|other| other == *picture)
        });
        open
    }

    /// Which model processes pictures, and how thoroughly.
    pub fn model_settings(&self) -> ModelSettings {
        model_settings_of(self.session.proposal_settings())
    }

    /// Changes the model or its quality level.
    ///
    /// # Errors
    /// If results of the former model cannot be written.
    pub fn set_model_settings(&mut self, model_settings: ModelSettings) -> Result<(), StoreError> {
        self.write_inferences()?;
        self.mark_outdated();
        self.reset_learning();
        self.proposing.model = ModelState::Loading;
        self.proposing.failures.clear();
        self.relocalizing = Default::default();
        self.view.heat_map = None;
        self.view.heat_map_class = None;
        let settings = self.session.proposal_settings_mut();
        settings.model.clone_from(&model_settings.model);
        model_settings
            .quality
            .name()
            .clone_into(&mut settings.quality);
        if model_settings.uses_detector != (settings.method() == Method::Pool) {
            let method = match model_settings.uses_detector {
                true => Method::Pool,
                false => Method::Affinity,
            };
            method.name().clone_into(&mut settings.method);
            settings.threshold = None;
            settings.min_score = None;
        }
        self.proposing.requested_model = model_settings.clone();
        self.workers.proposer.set_model_settings(model_settings);
        Ok(())
    }

    /// The model with these settings is ready or cannot be used; returns the reason if it cannot.
    pub fn on_model(
        &mut self,
        settings: &ModelSettings,
        model: Result<Arc<ModelInfo>, String>,
    ) -> Option<String> {
        if *settings != self.proposing.requested_model {
            // Another one was requested since.
            return None;
        }
        match model {
            Ok(model_info) => {
                self.proposing.model = ModelState::Ready(Arc::clone(&model_info));
                self.start_learning(&model_info);
                if let Some(current) = self.session.current() {
                    self.maps_of(current);
                }
                None
            }
            Err(reason) => {
                self.cancel_proposing();
                self.proposing.model = ModelState::Failed(reason.clone());
                Some(reason)
            }
        }
    }

    /// The model has processed a picture. Its boxes are written together with those of others, or
    /// at once if a person waits for them. `learned` are the boxes of the active learned state and
    /// its generation.
    pub fn on_inference(
        &mut self,
        version: PictureVersion,
        maps: Arc<PictureMaps>,
        learned: Option<(u64, Vec<LearnedBox>)>,
        model: &Arc<ModelInfo>,
    ) {
        let picture = version.picture;
        if self.model_info() != Some(model) || !self.versions.is_current(version) {
            // The result of a former model or file is useless; the model is asked again.
            return self.ask_again(picture);
        }
        self.proposing.failures.remove(&picture);
        let is_shown = self.session.current() == Some(picture);
        if is_shown {
            self.view.heat_map = None;
        }
        self.relocalizing.put(picture, Arc::clone(&maps));
        self.proposing.inferences.push(PictureInference {
            picture,
            maps,
            learned,
        });
        let now = Instant::now();
        let is_due = is_shown || self.proposing.requested.contains(&picture);
        let due = is_due.then(|| now.checked_sub(MAX_WAIT)).flatten();
        self.proposing.waiting_since = due.or(self.proposing.waiting_since).or(Some(now));
    }

    /// The model could not process a picture. Returns the reason, if it is about the file as it is now.
    pub fn on_inference_failed(
        &mut self,
        version: PictureVersion,
        failure: ProposerFailure,
    ) -> Option<String> {
        let picture = version.picture;
        if !self.versions.is_current(version) {
            self.ask_again(picture);
            return None;
        }
        self.proposing.finish(picture, true);
        let (ProposerFailure::Unreadable(reason) | ProposerFailure::Model(reason)) = &failure;
        let reason = reason.clone();
        match failure {
            ProposerFailure::Unreadable(reason) => {
                self.session.set_unreadable(picture, Some(reason));
            }
            ProposerFailure::Model(reason) => {
                self.proposing.failures.insert(picture, reason);
            }
        }
        Some(reason)
    }

    fn ask_again(&mut self, picture: PictureId) {
        if let Some(request) = self.request(picture) {
            self.workers.proposer.propose(vec![request]);
        }
    }

    /// Loads the model again if it has failed.
    pub fn retry_model(&mut self) {
        if let ModelState::Failed(_) = self.proposing.model {
            self.proposing.model = ModelState::Loading;
            self.workers.proposer.retry();
        }
    }
}
