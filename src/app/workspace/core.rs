//! The workspace itself: the session, its workers, and the state of each concern.

use std::path::PathBuf;
use std::sync::Arc;

use super::comparing_state::Comparing;
use super::exchange::Exchanges;
use super::file_versions::FileVersions;
use super::fitting_state::{FITTING_SETTING, Fitting};
use super::learned_states::LEARNING_SETTING;
use super::learning_state::Learning;
use super::naming_state::NamingState;
use super::proposing_state::{ModelState, Proposing};
use super::relocalizing_state::Relocalizing;
use super::settings::model_settings_of;
use super::timing::Timing;
use super::view_state::ViewState;
use crate::app::app_dirs::AppDirs;
use crate::app::cache::Cache;
use crate::app::session::Session;
use crate::app::workers::class_head_trainer::ClassHeadTraining;
use crate::app::workers::decoder::Decoder;
use crate::app::workers::events::EventSender;
use crate::app::workers::learner::LearningWorker;
use crate::app::workers::maps_loader::MapsLoader;
use crate::app::workers::proposer::Proposer;
use crate::app::workers::relocalizer::Relocalizer;
use crate::app::workers::requests::{ModelInfo, PictureRequest, picture_key};
use crate::app::workers::segmenter::SegmenterWorker;
use crate::app::workers::thumbnailer::Thumbnailer;
use crate::document::{PictureId, ReviewState};
use crate::formats::ExportOptions;
use crate::store::{LiveProject, PollReport, StoreError};

/// An open project with its workers and their results.
pub struct Workspace {
    /// The project as a person works on it.
    pub session: Session,
    /// The number that events about this project carry.
    pub id: u64,
    /// Whether the folder is being scanned.
    pub is_scanning: bool,
    /// The imports and exports that are under way.
    pub exchange: Exchanges,
    /// Exports that wait until the file has what is in memory.
    pub waiting_exports: Vec<(Box<ExportOptions>, PathBuf)>,
    /// What is shown, and how.
    pub view: ViewState,
    /// The model and its results.
    pub proposing: Proposing,
    /// Maps and the boxes made from them.
    pub relocalizing: Relocalizing,
    /// Learning from reviewed pictures.
    pub learning: Learning,
    /// Fitting boxes to objects.
    pub fitting: Fitting,
    /// The comparison of the boxes with others, while there is one.
    pub comparing: Option<Comparing>,
    /// The training of a class head on tags, if it is under way.
    pub class_head_training: Option<ClassHeadTraining>,
    /// The time that the work took.
    pub timing: Timing,
    /// The number of the last comparison.
    pub(super) comparisons: u64,
    pub(super) versions: FileVersions,
    pub(super) naming: NamingState,
    pub(super) workers: Workers,
}

/// The workers of one open project.
pub(super) struct Workers {
    pub decoder: Decoder,
    pub thumbnailer: Thumbnailer,
    pub proposer: Proposer,
    /// Derives boxes that replace untouched proposals.
    pub relocalizer: Relocalizer,
    pub learner: LearningWorker,
    pub segmenter: SegmenterWorker,
    pub maps_loader: MapsLoader,
    /// What they keep on the disk.
    pub cache: Arc<Cache>,
}

impl Workspace {
    /// Opens a workspace for a project and starts its workers. `id` is the number that their events
    /// carry.
    pub fn new(
        project: impl Into<LiveProject>,
        id: u64,
        dirs: &AppDirs,
        events: &EventSender,
    ) -> Self {
        let project = project.into();
        let events = events.about(id);
        let waker = events.clone();
        project.set_wake(move || waker.wake());
        let cache = Arc::new(Cache::for_project(project.id(), dirs.caches.as_deref()));
        let timing = Timing::new(&project);
        let learned = project.setting(LEARNING_SETTING).ok().flatten();
        let fitting = project.setting(FITTING_SETTING).ok().flatten();
        let session = Session::new(project);
        let model_settings = model_settings_of(session.proposal_settings());
        let workers = Workers {
            decoder: Decoder::new(&events),
            thumbnailer: Thumbnailer::new(Arc::clone(&cache), &events),
            proposer: Proposer::new(
                model_settings.clone(),
                dirs.models.clone(),
                Arc::clone(&cache),
                &events,
            ),
            relocalizer: Relocalizer::new(Arc::clone(&cache), &events),
            learner: LearningWorker::new(Arc::clone(&cache), &events),
            segmenter: SegmenterWorker::new(dirs.models.clone(), Arc::clone(&cache), &events),
            maps_loader: MapsLoader::new(Arc::clone(&cache), events.clone()),
            cache,
        };
        Self {
            id,
            is_scanning: true,
            exchange: Exchanges::default(),
            waiting_exports: Vec::new(),
            view: ViewState::default(),
            proposing: Proposing::new(model_settings),
            relocalizing: Relocalizing::default(),
            learning: Learning::new(learned.unwrap_or_default()),
            fitting: Fitting::new(fitting.unwrap_or_default()),
            comparing: None,
            comparisons: 0,
            class_head_training: None,
            timing,
            versions: FileVersions::default(),
            naming: NamingState::new(session.document(), session.revision()),
            workers,
            session,
        }
    }

    /// The model, if it is ready.
    pub fn model_info(&self) -> Option<&Arc<ModelInfo>> {
        match &self.proposing.model {
            ModelState::Ready(model_info) => Some(model_info),
            ModelState::Loading | ModelState::Failed(_) => None,
        }
    }

    /// A picture of the project, as the workers need it.
    pub(super) fn request(&self, picture: PictureId) -> Option<PictureRequest> {
        let row = self.session.document().picture(picture)?;
        Some(PictureRequest {
            picture,
            version: self.versions.of(picture).version,
            path: self.session.path(picture)?,
            key: picture_key(row, self.session.project().root()),
            size: [row.width, row.height],
        })
    }

    /// Records that time has passed: it is `now` in seconds, and there was input or not.
    pub fn tick(&mut self, now: f64, has_input: bool) {
        self.timing.tick(now, self.session.current(), has_input);
    }

    /// Records the time of the shown picture, which is about to be marked as done.
    pub fn record_time(&mut self) {
        let is_open = self.session.current().is_some_and(|picture| {
            let row = self.session.document().picture(picture);
            row.is_some_and(|row| row.review != ReviewState::Done)
        });
        if is_open {
            self.timing.record(self.session.boxes());
        }
    }

    /// Takes in what other processes have written, and what has become of the edits that were made. While
    /// a box is being dragged, what others have written waits: the box could be another one afterwards.
    pub fn poll(&mut self) -> PollReport {
        let found = self.session.poll(!self.view.canvas.holds_boxes());
        for shift in &found.shifts {
            self.fitting.shift_ids(shift);
            self.view.preview = None;
        }
        // Proposals for pictures that somebody else has changed in between are made again from their maps.
        for dropped in found.dropped.iter().filter(|dropped| dropped.is_untracked) {
            self.propose_again(&dropped.pictures);
        }
        self.pause_while_unwritable();
        found
    }

    /// Saves the state of the session.
    ///
    /// # Errors
    /// If the project cannot be written.
    pub fn save(&mut self) -> Result<(), StoreError> {
        self.session.save_state()?;
        self.save_fitting()?;
        self.timing.save(&mut self.session)
    }

    /// Makes all changes that wait, before the project is closed.
    ///
    /// # Errors
    /// If nothing can be changed.
    pub fn finish_writing(&mut self) -> Result<(), StoreError> {
        let written = self.write_inferences();
        let saved = self.save();
        written.and(saved)
    }

    /// Closes the project after writing the results that wait.
    ///
    /// # Errors
    /// If the project cannot be written; the edits that were made are safe.
    pub fn close(mut self) -> Result<(), StoreError> {
        let finished = self.finish_writing();
        self.session.close()?;
        finished
    }
}
