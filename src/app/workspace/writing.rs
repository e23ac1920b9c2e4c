//! Writing proposals into the project: results of the model, boxes made from cached maps, and boxes of
//! the active learned state.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::core::Workspace;
use super::proposing_state::{PictureInference, ProposalJob};
use super::settings::localize_options_of;
use crate::app::workers::requests::{LocalizeOptions, ModelInfo};
use crate::document::ops::{Candidate, ClassNamer};
use crate::document::{PictureId, ReviewState};
use crate::learn::boxes::LearnedBox;
use crate::localize::PictureMaps;
use crate::propose::{self, Proposal};
use crate::store::StoreError;

/// The number of pictures whose boxes are written together.
const BATCH: usize = 16;
/// How long results wait for others before they are written.
pub(super) const MAX_WAIT: Duration = Duration::from_millis(400);

impl Workspace {
    /// Writes waiting boxes if there are enough of them or they have waited long enough, unless a
    /// drag is under way that they could interfere with. Returns the job if it has just ended.
    ///
    /// # Errors
    /// If the project cannot be written. The boxes keep waiting and the model is paused.
    pub fn write_due(&mut self) -> Result<Option<ProposalJob>, StoreError> {
        if self.session.is_paused() {
            return Ok(None);
        }
        if self.view.canvas.holds_boxes() || self.exchange.defers_writes() {
            return Ok(None);
        }
        let waiting_since = self.proposing.waiting_since;
        let has_waited = waiting_since.is_some_and(|since| since.elapsed() >= MAX_WAIT);
        if has_waited || self.proposing.inferences.len() >= BATCH {
            self.write_inferences()?;
        }
        if let Some(relocalized) = self.relocalizing.queue.pop_front() {
            self.relocalizing.remaining = relocalized.left;
            let current = relocalized.boxes.iter();
            let current = current.filter(|(version, _)| self.versions.is_current(*version));
            let boxes: Vec<(PictureId, Vec<Proposal>)> = current
                .map(|(version, boxes)| (version.picture, boxes.clone()))
                .collect();
            let (model, cut) = (Arc::clone(&relocalized.model), &relocalized.cut);
            let written = self.write_boxes(&model, cut, &boxes, false);
            if written.is_err() {
                // They are tried again, as results of the model are.
                self.relocalizing.queue.push_front(relocalized);
            }
            written?;
        }
        self.write_queued_learned_boxes()?;
        let job = &mut self.proposing.job;
        Ok(job.take_if(|job| job.open.is_empty()))
    }

    /// Whether boxes wait to be written.
    pub fn has_unwritten(&self) -> bool {
        !self.proposing.inferences.is_empty()
            || !self.relocalizing.queue.is_empty()
            || self.learning.has_unwritten()
    }

    /// Writes the results of the model.
    pub(super) fn write_inferences(&mut self) -> Result<(), StoreError> {
        let Some(model_info) = self.model_info().cloned() else {
            return Ok(());
        };
        let cut = localize_options_of(self.session.proposal_settings());
        while !self.proposing.inferences.is_empty() {
            // What a person requested is a step of the history. What concerns pictures in review is
            // written alone, so that other pictures do not become part of the history.
            let is_alone = |inference: &PictureInference| {
                let row = self.session.document().picture(inference.picture);
                self.proposing.requested.contains(&inference.picture)
                    || row.is_some_and(|row| row.review == ReviewState::InReview)
            };
            let inferences = &self.proposing.inferences;
            let first_alone = inferences.iter().position(is_alone);
            let number = first_alone.unwrap_or(inferences.len()).clamp(1, BATCH);
            let batch: Vec<PictureInference> = self.proposing.inferences.drain(..number).collect();
            let is_step = self.proposing.requested.contains(&batch[0].picture);
            if let Err(error) = self.write_batch(&model_info, &cut, &batch, is_step) {
                self.proposing.inferences.splice(..0, batch);
                self.proposing.waiting_since = Some(Instant::now());
                if let Some(job) = &mut self.proposing.job {
                    job.set_paused(true);
                }
                self.workers.proposer.pause(true);
                return Err(error);
            }
            for inference in batch {
                self.proposing.finish(inference.picture, false);
            }
        }
        self.proposing.waiting_since = None;
        Ok(())
    }

    /// Writes the boxes of pictures: those of the active learned state where it has made some, else
    /// those of the maps.
    fn write_batch(
        &mut self,
        model_info: &ModelInfo,
        cut: &LocalizeOptions,
        batch: &[PictureInference],
        is_step: bool,
    ) -> Result<(), StoreError> {
        let generation = self.learning.active.generation;
        let is_learned = self.learning.active_state().is_some();
        let mut learned: Vec<(PictureId, &[LearnedBox])> = Vec::new();
        let mut proposals = Vec::new();
        for inference in batch {
            match &inference.learned {
                Some((of, boxes)) if *of == generation && is_learned => {
                    learned.push((inference.picture, boxes));
                }
                _ => proposals.extend(
                    self.proposals_of(inference.picture, &inference.maps, cut)
                        .map(|boxes| (inference.picture, boxes)),
                ),
            }
        }
        self.write_learned_boxes(&learned, is_step)?;
        if !proposals.is_empty() {
            self.write_boxes(model_info, cut, &proposals, is_step)?;
            if is_learned {
                // They were made before the state became active: it proposes for them now.
                let late = proposals.iter();
                let late = late.filter_map(|(picture, _)| self.request(*picture));
                self.workers.learner.propose(late.collect(), false);
            }
        }
        Ok(())
    }

    /// Replaces the untouched proposals of pictures by boxes that were cut from maps.
    pub(super) fn write_boxes(
        &mut self,
        model_info: &ModelInfo,
        cut: &LocalizeOptions,
        proposals: &[(PictureId, Vec<Proposal>)],
        is_step: bool,
    ) -> Result<(), StoreError> {
        let threshold = cut.boxes.threshold;
        let threshold = threshold.unwrap_or(cut.method.default_threshold());
        let origin = Arc::new(model_info.provenance(cut.method, threshold));
        let namer = self.class_namer(model_info);
        let found: Vec<(PictureId, Vec<Candidate>)> = proposals
            .iter()
            .map(|(picture, boxes)| {
                let named = self.candidates(&namer, *picture, boxes, model_info);
                let candidates = named.into_iter().map(|(_, candidate)| candidate);
                (*picture, candidates.collect())
            })
            .collect();
        self.session.replace_proposals(&origin, &found, is_step)
    }

    /// The proposals from the maps of a picture.
    pub(super) fn proposals_of(
        &self,
        picture: PictureId,
        maps: &PictureMaps,
        cut: &LocalizeOptions,
    ) -> Option<Vec<Proposal>> {
        let row = self.session.document().picture(picture)?;
        let size = (row.width, row.height);
        Some(propose::proposals_from_maps(
            maps, size, cut.method, &cut.boxes,
        ))
    }

    /// Chooses the classes of proposals as the document does.
    pub(super) fn class_namer(&self, model_info: &ModelInfo) -> ClassNamer<'_> {
        ClassNamer::new(self.session.document(), model_info.has_companion_classes)
    }

    /// The proposals of a picture as boxes for the document.
    pub(super) fn candidates<'p>(
        &self,
        namer: &ClassNamer<'_>,
        picture: PictureId,
        boxes: &'p [Proposal],
        model_info: &ModelInfo,
    ) -> Vec<(&'p Proposal, Candidate)> {
        let naming = self.session.document().naming();
        let is_known = |name: &str| namer.is_known(name);
        propose::name_proposals(boxes, &model_info.classes, naming, is_known)
            .into_iter()
            .map(|(proposal, name)| {
                let class = name.map(|name| name.class);
                let candidate = namer.candidate(picture, proposal.bbox, proposal.score, class);
                (proposal, candidate)
            })
            .collect()
    }
}
