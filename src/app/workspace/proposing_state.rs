//! The model that proposes boxes, and its results that are not written yet.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::app::workers::requests::{ModelInfo, ModelSettings};
use crate::document::PictureId;
use crate::learn::boxes::LearnedBox;
use crate::localize::PictureMaps;

/// The model and its work.
pub struct Proposing {
    /// Whether the model is ready.
    pub model: ModelState,
    /// The model that was requested last.
    pub(super) requested_model: ModelSettings,
    /// The run over many pictures, if there is one.
    pub job: Option<ProposalJob>,
    /// Pictures on which the model has failed, and why. Their files can be read.
    pub(super) failures: HashMap<PictureId, String>,
    /// Pictures whose proposals were made by a former model or at a former quality.
    pub(super) outdated: HashSet<PictureId>,
    /// Pictures for which a person asked the model one by one.
    pub(super) requested: HashSet<PictureId>,
    /// The picture that was last looked at for proposing when it is shown.
    pub(super) arrived: Option<PictureId>,
    /// Results of the model that are not written yet.
    pub(super) inferences: Vec<PictureInference>,
    /// Since when the first of them has waited.
    pub(super) waiting_since: Option<Instant>,
    /// Whether the run is paused because the project cannot be written, and not by a person.
    pub(super) is_held: bool,
}

impl Proposing {
    /// The state while the first model is loaded.
    pub(super) fn new(requested_model: ModelSettings) -> Self {
        Self {
            model: ModelState::Loading,
            requested_model,
            job: None,
            failures: HashMap::new(),
            outdated: HashSet::new(),
            requested: HashSet::new(),
            arrived: None,
            inferences: Vec::new(),
            waiting_since: None,
            is_held: false,
        }
    }

    /// Why the model has failed on a picture.
    pub fn failure(&self, picture: PictureId) -> Option<&str> {
        self.failures.get(&picture).map(String::as_str)
    }

    /// The picture needs no further result: it is written, or the model has failed on it.
    pub(super) fn finish(&mut self, picture: PictureId, has_failed: bool) {
        self.requested.remove(&picture);
        if !has_failed {
            self.outdated.remove(&picture);
        }
        if let Some(job) = &mut self.job {
            let was_open = job.open.remove(&picture);
            job.failed += usize::from(was_open && has_failed);
        }
    }
}

/// The state of the model.
#[derive(Clone, Debug, PartialEq)]
pub enum ModelState {
    /// It is being loaded.
    Loading,
    /// It is ready.
    Ready(Arc<ModelInfo>),
    /// It cannot be used: a sentence that says why.
    Failed(String),
}

/// What the model found in a picture.
pub(super) struct PictureInference {
    pub picture: PictureId,
    pub maps: Arc<PictureMaps>,
    /// The boxes of the active learned state, and its generation.
    pub learned: Option<(u64, Vec<LearnedBox>)>,
}

/// A run of the model over many pictures.
#[derive(Clone, Debug)]
pub struct ProposalJob {
    /// The number of pictures that were requested.
    pub total: usize,
    /// The number of those that the model could not process.
    pub failed: usize,
    /// Since when the run is paused, if it is.
    pub paused: Option<Instant>,
    /// The pictures that are still to come.
    pub(super) open: HashSet<PictureId>,
    started: Instant,
    /// The length of earlier pauses.
    paused_for: Duration,
}

impl ProposalJob {
    /// A run without pictures.
    pub(super) fn new() -> Self {
        Self {
            total: 0,
            failed: 0,
            paused: None,
            open: HashSet::new(),
            started: Instant::now(),
            paused_for: Duration::ZERO,
        }
    }

    /// Adds pictures to the run.
    pub(super) fn add(&mut self, pictures: impl Iterator<Item = PictureId>) {
        for picture in pictures {
            self.total += usize::from(self.open.insert(picture));
        }
    }

    /// The number of pictures that are finished, including failed ones.
    pub fn done(&self) -> usize {
        self.total - self.open.len()
    }

    /// Pictures per second so far.
    pub fn rate(&self) -> f64 {
        let pause = self.paused.map_or(Duration::ZERO, |since| since.elapsed());
        let working = self.started.elapsed();
        let working = working.saturating_sub(self.paused_for + pause);
        self.done() as f64 / working.as_secs_f64().max(1e-3)
    }

    /// The estimated seconds that are left, once some pictures are finished.
    pub fn seconds_left(&self) -> Option<f64> {
        (self.done() >= 3).then(|| self.open.len() as f64 / self.rate())
    }

    /// Pauses or resumes the run.
    pub(super) fn set_paused(&mut self, is_paused: bool) {
        match (self.paused, is_paused) {
            (None, true) => self.paused = Some(Instant::now()),
            (Some(since), false) => {
                self.paused_for += since.elapsed();
                self.paused = None;
            }
            _ => {}
        }
    }
}
