//! An open project on the workspace: the session, its workers, and what is kept for showing it.

use std::collections::{HashSet, VecDeque};
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use egui::{ColorImage, Context, TextureHandle, TextureOptions};
use lru::LruCache;

use super::activity::{Activity, Stopwatch};
use super::class_tally::ClassTally;
use super::learned_states::LEARNING;
use super::learning::Learning;
use crate::app::cache::{Cache, CacheKind, maps_codec};
use crate::app::canvas::Canvas;
use crate::app::canvas::{Adjustment, Textures};
use crate::app::session::{ProposalSettings, Session};
use crate::app::workers::decoder::Decoder;
use crate::app::workers::deriver::Deriver;
use crate::app::workers::events::{Decoded, DerivePurpose, DerivedBoxes, EventSender};
use crate::app::workers::learner::Learner;
use crate::app::workers::proposer::Proposer;
use crate::app::workers::tag_trainer::TagTraining;
use crate::app::workers::terms::{
    CutOptions, ModelInfo, ModelSettings, PictureRequest, picture_key,
};
use crate::app::workers::thumbnailer::{ThumbnailRequest, Thumbnailer};
use crate::document::ops::{self, ClassNamer, NamedCandidate};
use crate::document::{BoxState, CategoryId, PictureId, ReviewState};
use crate::learn::boxes::LearnedBox;
use crate::localize::{BoxOptions, LevelMap, Maps, Method};
use crate::naming::{MappedClass, Naming};
use crate::propose::{self, Proposal};
use crate::store::{Project, StoreError};

/// Maps that are kept at hand.
const MAPS_AT_HAND: NonZeroUsize = NonZeroUsize::new(64).expect("it is not zero");
/// Pictures that are looked at by the model before their boxes are written together.
const BATCH: usize = 16;
/// How long they wait for each other.
const BATCH_TIME: Duration = Duration::from_millis(400);
/// Pixels a patch of a heat map.
const HEAT_SCALE: usize = 8;
/// The setting that remembers how long the work took.
const ACTIVITY: &str = "activity";

/// The model that proposes.
#[derive(Clone, Debug, PartialEq)]
pub enum ModelState {
    /// It is being loaded.
    Loading,
    /// It is ready.
    Ready(Arc<ModelInfo>),
    /// It cannot be used: a sentence that says why.
    Failed(String),
}

/// A run of the model over many pictures.
#[derive(Clone, Debug)]
pub struct ProposalJob {
    /// Pictures that were asked for.
    pub total: usize,
    /// Of these, those that could not be looked at.
    pub failed: usize,
    /// Since when it is halted, if it is.
    pub paused: Option<Instant>,
    /// Those that are still to come.
    open: HashSet<PictureId>,
    begun: Instant,
    halted: Duration,
}

impl ProposalJob {
    fn new() -> Self {
        Self {
            total: 0,
            failed: 0,
            paused: None,
            open: HashSet::new(),
            begun: Instant::now(),
            halted: Duration::ZERO,
        }
    }

    /// Pictures that are done, one way or the other.
    pub fn done(&self) -> usize {
        self.total - self.open.len()
    }

    /// Pictures a second so far.
    pub fn rate(&self) -> f64 {
        let pause = self.paused.map_or(Duration::ZERO, |since| since.elapsed());
        let working = self.begun.elapsed().saturating_sub(self.halted + pause);
        self.done() as f64 / working.as_secs_f64().max(1e-3)
    }

    /// Seconds that are left, once there is a rate to tell it from.
    pub fn seconds_left(&self) -> Option<f64> {
        (self.done() >= 3).then(|| self.open.len() as f64 / self.rate())
    }

    fn set_paused(&mut self, is_paused: bool) {
        match (self.paused, is_paused) {
            (None, true) => self.paused = Some(Instant::now()),
            (Some(since), false) => {
                self.halted += since.elapsed();
                self.paused = None;
            }
            _ => {}
        }
    }
}

/// Boxes as they would be, while a slider is moved.
pub struct ProposalPreview {
    /// How they are made.
    pub settings: ProposalSettings,
    /// The boxes, each with the class that it would get, if there is one yet.
    pub boxes: Vec<(Proposal, Option<CategoryId>)>,
}

/// A picture that the model has looked at.
pub(super) struct Inference {
    pub picture: PictureId,
    maps: Arc<Maps>,
    /// Its boxes by what was learnt, and the number of that use.
    learned: Option<(u64, Vec<LearnedBox>)>,
}

/// The heat map of the picture that is shown.
pub(super) struct Heat {
    picture: PictureId,
    method: Method,
    class: Option<usize>,
    /// Where its map is steepest.
    steepest: f32,
    texture: TextureHandle,
}

/// Everything of an open project.
pub struct Workspace {
    /// The project as it is worked on.
    pub session: Session,
    /// What events about it carry.
    pub number: u64,
    /// Pictures on the card.
    pub textures: Textures,
    /// The canvas.
    pub canvas: Canvas,
    /// The model.
    pub model: ModelState,
    /// A run over many pictures.
    pub job: Option<ProposalJob>,
    /// Whether the folder is being read.
    pub is_scanning: bool,
    /// An import or export that is under way, in words.
    pub exchange: Option<&'static str>,
    /// Whether boxes of the model are held back: an import is under way, which they would get in
    /// the way of.
    pub defers_writes: bool,
    /// Boxes in place of untouched proposals, while a slider is moved.
    pub proposal_preview: Option<ProposalPreview>,
    /// Whether the heat map shows.
    pub shows_heat_map: bool,
    /// The class whose heat map shows, if the head knows any; the surest one if none.
    pub heat_map_class: Option<usize>,
    /// Whether boxes are hidden.
    pub are_boxes_hidden: bool,
    /// How pictures look.
    pub adjustment: Adjustment,
    /// Whether the dashboard shows in the place of the canvas.
    pub shows_dashboard: bool,
    /// How long the work took so far.
    pub activity: Activity,
    /// What is still derived anew from kept maps: so many pictures.
    pub deriving: usize,
    /// How learning stands.
    pub learning: Learning,
    /// A training of classes.
    pub training: Option<TagTraining>,
    pub(super) stopwatch: Stopwatch,
    pub(super) heat: Option<Heat>,
    pub(super) maps: LruCache<PictureId, Arc<Maps>>,
    /// Pictures that the model has looked at and whose boxes are not written yet.
    pub(super) seen: Vec<Inference>,
    pub(super) seen_since: Option<Instant>,
    /// Boxes that were derived and are not written yet.
    pub(super) derived: VecDeque<DerivedBoxes>,
    /// Pictures whose maps are not kept, so that they are not looked for in every frame.
    pub(super) mapless: HashSet<PictureId>,
    pub(super) kept_activity: Activity,
    /// Pictures that a person asked the model for by themselves.
    pub(super) wishes: HashSet<PictureId>,
    /// For which picture the workers were last told what is likely.
    pub(super) told: Option<(PictureId, u64, bool)>,
    pub(super) decoder: Decoder,
    pub(super) thumbnailer: Thumbnailer,
    pub(super) proposer: Proposer,
    pub(super) deriver: Deriver,
    pub(super) counter: Deriver,
    pub(super) learner: Learner,
    pub(super) cache: Arc<Cache>,
    /// Which of the model's classes boxes are of.
    pub(super) census: ClassTally,
    /// The naming that untouched proposals go by, and the revision of the document in which it was
    /// last looked at.
    pub(super) applied_naming: (Naming, u64),
}

impl Workspace {
    /// Puts a project on the workspace and starts its workers.
    pub fn new(project: Project, number: u64, caches: Option<&Path>, post: &EventSender) -> Self {
        let post = post.about(number);
        let cache = Arc::new(Cache::for_project(project.id(), caches));
        let activity = project.setting(ACTIVITY).ok().flatten().unwrap_or_default();
        let kept = project.setting(LEARNING).ok().flatten().unwrap_or_default();
        let session = Session::new(project);
        let model_settings = model_settings_of(session.proposal_settings());
        Self {
            number,
            textures: Textures::default(),
            canvas: Canvas::default(),
            model: ModelState::Loading,
            job: None,
            is_scanning: true,
            exchange: None,
            defers_writes: false,
            proposal_preview: None,
            shows_heat_map: false,
            heat_map_class: None,
            are_boxes_hidden: false,
            adjustment: Adjustment::default(),
            shows_dashboard: false,
            activity,
            deriving: 0,
            learning: Learning::new(kept),
            training: None,
            stopwatch: Stopwatch::default(),
            heat: None,
            maps: LruCache::new(MAPS_AT_HAND),
            seen: Vec::new(),
            seen_since: None,
            derived: VecDeque::new(),
            mapless: HashSet::new(),
            kept_activity: activity,
            wishes: HashSet::new(),
            told: None,
            decoder: Decoder::new(&post),
            thumbnailer: Thumbnailer::new(Arc::clone(&cache), &post),
            proposer: Proposer::new(model_settings, Arc::clone(&cache), &post),
            learner: Learner::new(Arc::clone(&cache), &post),
            deriver: Deriver::new(DerivePurpose::Write, Arc::clone(&cache), post.clone()),
            counter: Deriver::new(DerivePurpose::Count, Arc::clone(&cache), post),
            cache,
            census: ClassTally::default(),
            applied_naming: (session.document().naming().clone(), session.revision()),
            session,
        }
    }

    /// Tells the workers what is looked at and what is likely next, when that has changed.
    pub fn update_requests(&mut self) {
        let Some(current) = self.session.current() else {
            return;
        };
        let is_other = self.told.is_none_or(|(told, ..)| told != current);
        // What the canvas needs is about the picture that it has last drawn.
        let needs_full_resolution = self.canvas.needs_full_resolution() && !is_other;
        let state = (current, self.session.revision(), needs_full_resolution);
        if self.told == Some(state) {
            return;
        }
        self.told = Some(state);
        let likely = self.session.likely_next();
        let is_wanted = |picture: &PictureId| {
            let is_shown_whole = needs_full_resolution && *picture == current;
            (is_shown_whole || !self.textures.has(*picture))
                && self.session.unreadable(*picture).is_none()
        };
        let wanted: Vec<PictureId> = likely.iter().copied().filter(is_wanted).collect();
        let paths = wanted
            .iter()
            .filter_map(|picture| Some((*picture, self.session.path(*picture)?)));
        self.decoder.want(paths.collect());
        if is_other {
            self.proposer.prefer(likely);
            self.proposal_preview = None;
            self.prefetch_features();
        }
    }

    /// A picture was decoded, or could not be; what is good to know about its file, or why.
    ///
    /// # Errors
    /// If it could not be decoded.
    pub fn on_decoded(
        &mut self,
        context: &Context,
        picture: PictureId,
        decoded: Result<Decoded, String>,
    ) -> Result<Vec<String>, String> {
        let is_shown = self.session.current() == Some(picture);
        match decoded {
            Ok(decoded) => {
                let warnings = decoded.warnings.clone();
                self.session.set_unreadable(picture, None);
                self.textures
                    .insert(context, picture, decoded, self.adjustment, is_shown);
                Ok(warnings)
            }
            Err(reason) => {
                self.session.set_unreadable(picture, Some(reason.clone()));
                Err(reason)
            }
        }
    }

    /// Whether boxes can be judged: the picture and its boxes can be seen as they are.
    pub fn can_judge(&self) -> bool {
        let current = self.session.current();
        current.is_some_and(|picture| self.textures.has(picture))
            && !self.are_boxes_hidden
            && self.proposal_preview.is_none()
            && !self.shows_dashboard
    }

    /// Reads a picture's file again.
    pub fn reload(&mut self, picture: PictureId) {
        self.textures.forget(picture);
        self.maps.pop(&picture);
        self.mapless.remove(&picture);
        self.session.set_unreadable(picture, None);
        self.told = None;
    }

    /// Asks for the thumbnail of a picture that can be seen in the list.
    pub fn request_thumbnail(&self, picture: PictureId) {
        let (Some(row), Some(path)) = (
            self.session.document().picture(picture),
            self.session.path(picture),
        ) else {
            return;
        };
        self.thumbnailer.want(ThumbnailRequest {
            picture,
            path,
            key: picture_key(row, self.session.project().root()),
        });
    }

    // ProposalSettings.

    /// The model, if it is ready.
    pub fn model_info(&self) -> Option<&Arc<ModelInfo>> {
        match &self.model {
            ModelState::Ready(model_info) => Some(model_info),
            ModelState::Loading | ModelState::Failed(_) => None,
        }
    }

    pub(super) fn request(&self, picture: PictureId) -> Option<PictureRequest> {
        let row = self.session.document().picture(picture)?;
        Some(PictureRequest {
            picture,
            path: self.session.path(picture)?,
            key: picture_key(row, self.session.project().root()),
            size: [row.width, row.height],
        })
    }

    /// Asks the model for the picture that is shown.
    pub fn propose_current(&mut self) {
        let request = self
            .session
            .current()
            .and_then(|picture| self.request(picture));
        if let Some(request) = request {
            self.wishes.insert(request.picture);
            self.proposer.wish(request);
        }
    }

    /// Whether the model has been asked for the picture that is shown, and has not answered.
    pub fn is_current_pending(&self) -> bool {
        self.session.current().is_some_and(|picture| {
            let in_job = self
                .job
                .as_ref()
                .is_some_and(|job| job.open.contains(&picture));
            in_job || self.wishes.contains(&picture)
        })
    }

    /// Asks the model for all pictures that are not done, or for those alone that are new, beside
    /// those that it was asked for before; how many. They come in the order of the list, from the
    /// one that is shown onwards.
    pub fn propose_all(&mut self, new_alone: bool) -> usize {
        let document = self.session.document();
        let is_open = |picture: &PictureId| {
            let row = document.picture(*picture);
            row.is_some_and(|row| {
                !row.missing
                    && match row.review {
                        ReviewState::New => true,
                        ReviewState::Proposed | ReviewState::InReview => !new_alone,
                        ReviewState::Done => false,
                    }
            })
        };
        let rows = self.session.rows();
        let here = self
            .session
            .current()
            .and_then(|picture| self.session.row(picture));
        let (before, after) = rows.split_at(here.unwrap_or(0).min(rows.len()));
        let others = document.pictures().map(|row| row.id);
        let others = others.filter(|id| self.session.row(*id).is_none());
        let open = after
            .iter()
            .chain(before)
            .copied()
            .chain(others)
            .filter(is_open);
        let requests: Vec<PictureRequest> =
            open.filter_map(|picture| self.request(picture)).collect();
        let number = requests.len();
        if number > 0 {
            let job = self.job.get_or_insert_with(ProposalJob::new);
            for request in &requests {
                job.total += usize::from(job.open.insert(request.picture));
            }
            self.proposer.propose(requests);
        }
        number
    }

    /// Halts the model or lets it go on.
    pub fn toggle_pause(&mut self) {
        if let Some(job) = &mut self.job {
            let is_paused = job.paused.is_none();
            job.set_paused(is_paused);
            self.proposer.pause(is_paused);
        }
    }

    /// Stops the model; how many pictures it had not begun.
    pub fn cancel_proposing(&mut self) -> usize {
        let open = self.proposer.cancel();
        self.job = None;
        let seen = &self.seen;
        self.wishes
            .retain(|wish| seen.iter().any(|seen| seen.picture == *wish));
        open
    }

    /// Which model looks at pictures, and how.
    pub fn model_settings(&self) -> ModelSettings {
        model_settings_of(self.session.proposal_settings())
    }

    /// Takes another model, or lets it look in another way.
    ///
    /// # Errors
    /// If what the former one has seen cannot be written.
    pub fn set_model_settings(&mut self, model_settings: ModelSettings) -> Result<(), StoreError> {
        self.write_inferences()?;
        self.reset_learning();
        self.model = ModelState::Loading;
        self.maps.clear();
        self.mapless.clear();
        self.derived.clear();
        self.deriving = 0;
        self.census = ClassTally::default();
        self.heat = None;
        self.heat_map_class = None;
        let proposing = self.session.proposal_settings_mut();
        proposing.model.clone_from(&model_settings.model);
        model_settings
            .quality
            .name()
            .clone_into(&mut proposing.quality);
        self.proposer.set_model_settings(model_settings);
        Ok(())
    }

    /// The model is ready, or cannot be used.
    pub fn on_model(&mut self, model: Result<Arc<ModelInfo>, String>) -> Option<String> {
        match model {
            Ok(model_info) => {
                self.model = ModelState::Ready(Arc::clone(&model_info));
                self.start_learning(&model_info);
                None
            }
            Err(reason) => {
                self.cancel_proposing();
                self.model = ModelState::Failed(reason.clone());
                Some(reason)
            }
        }
    }

    /// The model has looked at a picture. Its boxes are written with those of others, or at once
    /// if a person waits for them.
    pub fn take_seen(
        &mut self,
        picture: PictureId,
        maps: Arc<Maps>,
        learned: Option<(u64, Vec<LearnedBox>)>,
        model: &Arc<ModelInfo>,
    ) {
        if self.model_info() != Some(model) {
            // What a former model has seen is of no use; the new one is asked again.
            if let Some(request) = self.request(picture) {
                self.proposer.propose(vec![request]);
            }
            return;
        }
        let is_shown = self.session.current() == Some(picture);
        if is_shown {
            self.heat = None;
        }
        self.mapless.remove(&picture);
        self.maps.put(picture, Arc::clone(&maps));
        self.seen.push(Inference {
            picture,
            maps,
            learned,
        });
        let now = Instant::now();
        let due = if is_shown || self.wishes.contains(&picture) {
            now.checked_sub(BATCH_TIME)
        } else {
            None
        };
        self.seen_since = due.or(self.seen_since).or(Some(now));
    }

    /// A picture could not be looked at.
    pub fn on_inference_failed(&mut self, picture: PictureId, reason: &str) {
        self.session
            .set_unreadable(picture, Some(reason.to_owned()));
        self.wishes.remove(&picture);
        if let Some(job) = &mut self.job {
            job.failed += usize::from(job.open.remove(&picture));
        }
    }

    /// Writes boxes that wait, when there are enough of them or they have waited long enough, and
    /// nothing is being dragged that they might replace; the job if it has just ended.
    ///
    /// # Errors
    /// If the project cannot be written; the boxes wait on, and the model is halted.
    pub fn write_due(&mut self) -> Result<Option<ProposalJob>, StoreError> {
        if self.canvas.is_busy() || self.defers_writes {
            return Ok(None);
        }
        let waited = self
            .seen_since
            .is_some_and(|since| since.elapsed() >= BATCH_TIME);
        if waited || self.seen.len() >= BATCH {
            self.write_inferences()?;
        }
        if let Some(derived) = self.derived.pop_front() {
            self.deriving = derived.left;
            let written = self.write_found(&derived.model, &derived.cut, &derived.boxes, false);
            if written.is_err() {
                // They are tried again, as what the model has seen is.
                self.derived.push_front(derived);
            }
            written?;
        }
        self.write_learned()?;
        let has_ended = self.job.as_ref().is_some_and(|job| job.open.is_empty());
        Ok(if has_ended { self.job.take() } else { None })
    }

    /// Whether boxes wait to be written.
    pub fn has_unwritten(&self) -> bool {
        !self.seen.is_empty() || !self.derived.is_empty() || self.learning.has_unwritten()
    }

    pub(super) fn write_inferences(&mut self) -> Result<(), StoreError> {
        let Some(model_info) = self.model_info().cloned() else {
            return Ok(());
        };
        let cut = cut_options_of(self.session.proposal_settings());
        while !self.seen.is_empty() {
            // What a person has asked for is their step; what touches their work is written by
            // itself, so that the others do not become part of their history.
            let is_alone = |workspace: &Self, picture: PictureId| {
                let row = workspace.session.document().picture(picture);
                workspace.wishes.contains(&picture)
                    || row.is_some_and(|row| row.review == ReviewState::InReview)
            };
            let first_alone = self
                .seen
                .iter()
                .position(|seen| is_alone(self, seen.picture));
            let number = first_alone.unwrap_or(self.seen.len()).clamp(1, BATCH);
            let batch: Vec<Inference> = self.seen.drain(..number).collect();
            let pictures: Vec<PictureId> = batch.iter().map(|seen| seen.picture).collect();
            let is_wish = self.wishes.contains(&pictures[0]);
            if let Err(error) = self.write_batch(&model_info, &cut, &batch, is_wish) {
                self.seen.splice(..0, batch);
                self.seen_since = Some(Instant::now());
                if let Some(job) = &mut self.job {
                    job.set_paused(true);
                }
                self.proposer.pause(true);
                return Err(error);
            }
            for picture in pictures {
                self.wishes.remove(&picture);
                if let Some(job) = &mut self.job {
                    job.open.remove(&picture);
                }
            }
        }
        self.seen_since = None;
        Ok(())
    }

    /// Writes the boxes of pictures: by what was learnt where something is in use and has come with
    /// what was seen, else by their maps.
    pub(super) fn write_batch(
        &mut self,
        model_info: &ModelInfo,
        cut: &CutOptions,
        batch: &[Inference],
        is_step: bool,
    ) -> Result<(), StoreError> {
        let generation = self.learning.generation();
        let mut learned: Vec<(PictureId, &[LearnedBox])> = Vec::new();
        let mut found = Vec::new();
        for seen in batch {
            match &seen.learned {
                Some((of, boxes))
                    if *of == generation && self.learning.active_state().is_some() =>
                {
                    learned.push((seen.picture, boxes));
                }
                _ => found.extend(
                    self.boxes_of(seen.picture, &seen.maps, cut)
                        .map(|boxes| (seen.picture, boxes)),
                ),
            }
        }
        self.write_learned_boxes(&learned, is_step)?;
        if !found.is_empty() {
            self.write_found(model_info, cut, &found, is_step)?;
            if self.learning.active_state().is_some() {
                // They came before what is in use; they follow it.
                let late = found
                    .iter()
                    .filter_map(|(picture, _)| self.request(*picture));
                self.learner.propose(late.collect(), false);
            }
        }
        Ok(())
    }

    pub(super) fn write_boxes(
        &mut self,
        picture: PictureId,
        maps: &Maps,
    ) -> Result<(), StoreError> {
        let Some(model_info) = self.model_info().cloned() else {
            return Ok(());
        };
        let cut = cut_options_of(self.session.proposal_settings());
        let boxes = self.boxes_of(picture, maps, &cut).unwrap_or_default();
        self.write_found(&model_info, &cut, &[(picture, boxes)], false)
    }

    pub(super) fn write_found(
        &mut self,
        model_info: &ModelInfo,
        cut: &CutOptions,
        found: &[(PictureId, Vec<Proposal>)],
        is_step: bool,
    ) -> Result<(), StoreError> {
        let threshold = cut
            .boxes
            .threshold
            .unwrap_or(cut.method.default_threshold());
        let origin = Arc::new(model_info.origin(cut.method, threshold));
        self.census.take(found);
        let caller = self.caller(model_info);
        let named: Vec<(PictureId, Vec<NamedCandidate>)> = found
            .iter()
            .map(|(picture, boxes)| {
                let named = self.named(&caller, *picture, boxes, model_info).into_iter();
                let named = named.map(|(proposal, class)| NamedCandidate {
                    rect: proposal.bbox,
                    class,
                    score: proposal.score,
                });
                (*picture, named.collect())
            })
            .collect();
        self.session.replace_proposals(&origin, &named, is_step)
    }

    pub(super) fn boxes_of(
        &self,
        picture: PictureId,
        maps: &Maps,
        cut: &CutOptions,
    ) -> Option<Vec<Proposal>> {
        let row = self.session.document().picture(picture)?;
        Some(propose::proposals_from_maps(
            maps,
            (row.width, row.height),
            cut.method,
            &cut.boxes,
        ))
    }

    pub(super) fn caller(&self, model_info: &ModelInfo) -> ClassNamer<'_> {
        ClassNamer::new(
            self.session.document(),
            &model_info.classes,
            model_info.is_foreign,
        )
    }

    /// The boxes of a picture with their classes, as the document calls them.
    pub(super) fn named<'p>(
        &self,
        caller: &ClassNamer<'_>,
        picture: PictureId,
        boxes: &'p [Proposal],
        model_info: &ModelInfo,
    ) -> Vec<(&'p Proposal, String)> {
        let naming = self.session.document().naming();
        let accepts = |name: &str| caller.accepts(picture, name);
        propose::name_proposals(boxes, &model_info.classes, naming, accepts)
            .into_iter()
            .map(|(proposal, name)| {
                let name = name.map_or_else(|| caller.unnamed(picture), str::to_owned);
                (proposal, name)
            })
            .collect()
    }

    /// Proposals are made in another way. While a slider is moved the picture that is shown is
    /// tried; when it is let go, its untouched proposals are made anew, and those of the other
    /// pictures in the background, all from kept maps.
    ///
    /// # Errors
    /// If the project cannot be written.
    pub fn change_proposal_settings(
        &mut self,
        proposing: ProposalSettings,
        is_final: bool,
    ) -> Result<(), StoreError> {
        let cut = cut_options_of(&proposing);
        if !is_final {
            let current = self.session.current();
            let maps = current.and_then(|picture| self.maps_of(picture));
            // By what was learnt there is nothing to try: no map is cut.
            let is_done = self.session.is_current_done() || self.learning.active_state().is_some();
            let (Some(picture), Some(maps), Some(model_info), false) =
                (current, maps, self.model_info().cloned(), is_done)
            else {
                *self.session.proposal_settings_mut() = proposing;
                return Ok(());
            };
            let boxes = self.boxes_of(picture, &maps, &cut).unwrap_or_default();
            let caller = self.caller(&model_info);
            let named = self
                .named(&caller, picture, &boxes, &model_info)
                .into_iter();
            let boxes = named.map(|(proposal, name)| {
                let category = self.session.document().category_named(&name);
                (proposal.clone(), category.map(|category| category.id))
            });
            let boxes = boxes.collect();
            self.proposal_preview = Some(ProposalPreview {
                settings: proposing,
                boxes,
            });
            return Ok(());
        }
        self.proposal_preview = None;
        *self.session.proposal_settings_mut() = proposing;
        self.derive_again(self.session.current(), cut)
    }

    /// Makes untouched proposals anew from kept maps, at once those of the picture that is shown.
    pub(super) fn derive_again(
        &mut self,
        shown: Option<PictureId>,
        cut: CutOptions,
    ) -> Result<(), StoreError> {
        if !self.session.is_editable() || self.learning.active_state().is_some() {
            return Ok(());
        }
        if let Some(picture) = shown
            && let Some(maps) = self.maps_of(picture)
        {
            self.write_boxes(picture, &maps)?;
        }
        self.derive_others(cut);
        Ok(())
    }

    // What classes are called.

    /// Says what classes of the model stand for, and lets untouched proposals follow.
    ///
    /// # Errors
    /// If a name cannot be that of a category, or the project cannot be written.
    pub fn map_classes(
        &mut self,
        changes: &[(String, Option<MappedClass>)],
    ) -> Result<(), StoreError> {
        // Where maps are kept they tell more than the name that a box has.
        let census = &self.census;
        self.session.add_mapped_classes(changes)?;
        self.session.commit("name classes", |document| {
            ops::map_classes(document, changes, |picture| !census.has(picture))
        })?;
        self.follow_naming()
    }

    /// Lets untouched proposals follow what classes are called, if that has changed: by the person,
    /// by undoing it, or by another process.
    ///
    /// # Errors
    /// If the project cannot be written.
    pub fn follow_naming(&mut self) -> Result<(), StoreError> {
        let revision = self.session.revision();
        if self.applied_naming.1 == revision || self.model_info().is_none() {
            return Ok(());
        }
        self.applied_naming.1 = revision;
        let naming = self.session.document().naming();
        if *naming == self.applied_naming.0 {
            return Ok(());
        }
        self.applied_naming.0 = naming.clone();
        self.proposal_preview = None;
        let shown = self.session.current();
        let shown = shown.filter(|_| !self.session.is_current_new());
        self.derive_again(shown, cut_options_of(self.session.proposal_settings()))
    }

    /// Which of the model's classes boxes are of.
    pub fn census(&self) -> &ClassTally {
        &self.census
    }

    /// Counts the classes of pictures that were not counted yet, from kept maps.
    pub fn request_class_tally(&mut self) {
        let Some(model_info) = self.model_info().cloned() else {
            return;
        };
        let document = self.session.document();
        let open = document
            .pictures()
            .filter(|row| row.review != ReviewState::New && !self.census.has(row.id))
            .filter_map(|row| self.request(row.id));
        let open: Vec<PictureRequest> = open.collect();
        let cut = cut_options_of(self.session.proposal_settings());
        self.counter.derive(model_info, cut, open);
    }

    pub(super) fn derive_others(&mut self, cut: CutOptions) {
        let Some(model_info) = self.model_info().cloned() else {
            return;
        };
        let document = self.session.document();
        let is_untouched = |id: PictureId, review: ReviewState| {
            let mut rows = document.annotations(id).iter();
            review == ReviewState::Proposed || rows.any(|row| row.state == BoxState::Proposed)
        };
        let current = self.session.current();
        let pictures = document
            .pictures()
            .filter(|row| row.review != ReviewState::Done && Some(row.id) != current)
            .filter(|row| is_untouched(row.id, row.review))
            .filter_map(|row| self.request(row.id));
        let pictures: Vec<PictureRequest> = pictures.collect();
        self.deriving = pictures.len();
        self.derived.clear();
        self.deriver.derive(model_info, cut, pictures);
    }

    /// Boxes were derived from kept maps; they are written when nothing is being dragged.
    pub fn on_derived(&mut self, derived: DerivedBoxes) {
        if self
            .model_info()
            .is_none_or(|model_info| **model_info != *derived.model)
        {
            return;
        }
        if self.counter.is_current_request(&derived) {
            self.census.take(&derived.boxes);
        } else if self.deriver.is_current_request(&derived) {
            self.derived.push_back(derived);
        }
    }

    /// The maps of a picture, if the model has looked at it.
    pub fn maps_of(&mut self, picture: PictureId) -> Option<Arc<Maps>> {
        if let Some(maps) = self.maps.get(&picture) {
            return Some(Arc::clone(maps));
        }
        let key = self.model_info()?.maps_key(&self.request(picture)?.key);
        if self.mapless.contains(&picture) {
            return None;
        }
        let kept = self.cache.get(CacheKind::Maps, &key);
        let Some(maps) = kept.and_then(|bytes| maps_codec::decode(&bytes)) else {
            self.mapless.insert(picture);
            return None;
        };
        let maps = Arc::new(maps);
        self.maps.put(picture, Arc::clone(&maps));
        Some(maps)
    }

    /// The classes that the head saw in the picture that is shown.
    pub fn classes_in_picture(&mut self) -> Vec<(usize, String)> {
        let (Some(picture), Some(model_info)) =
            (self.session.current(), self.model_info().cloned())
        else {
            return Vec::new();
        };
        let Some(maps) = self.maps_of(picture) else {
            return Vec::new();
        };
        let named = maps
            .classes
            .iter()
            .filter_map(|maps| Some((maps.class, model_info.classes.get(maps.class)?.clone())));
        named.collect()
    }

    /// Where the map that the heat map shows is cut, in 0..1 of its range.
    pub fn heat_map_threshold(&self) -> f32 {
        let proposal_preview = self
            .proposal_preview
            .as_ref()
            .map(|proposal_preview| &proposal_preview.settings);
        let threshold = proposal_preview
            .unwrap_or(self.session.proposal_settings())
            .effective_threshold();
        match &self.heat {
            Some(heat) => heat.method.cut(threshold, heat.steepest),
            None => threshold,
        }
    }

    /// The heat map of the picture that is shown, if it is to show and there is one.
    pub fn heat(&mut self, context: &Context) -> Option<egui::TextureId> {
        let picture = self.session.current().filter(|_| self.shows_heat_map)?;
        let proposing = self
            .proposal_preview
            .as_ref()
            .map(|proposal_preview| &proposal_preview.settings);
        let method = proposing
            .unwrap_or(self.session.proposal_settings())
            .method();
        let is_same = |heat: &&Heat| {
            (heat.picture, heat.method, heat.class) == (picture, method, self.heat_map_class)
        };
        if let Some(heat) = self.heat.as_ref().filter(is_same) {
            return Some(heat.texture.id());
        }
        let maps = self.maps_of(picture)?;
        let surest = maps.classes.first().map(|maps| maps.class);
        let map = maps
            .map(method, self.heat_map_class.or(surest))
            .or_else(|| maps.map(method, surest))?;
        let size = [map.grid.columns * HEAT_SCALE, map.grid.rows * HEAT_SCALE];
        let levels = LevelMap::new(map, size[0], size[1]);
        let pixels = levels.levels.iter().map(|level| heat_map_colour(*level));
        let image = ColorImage::new(size, pixels.collect());
        let texture = context.load_texture("heat map", image, TextureOptions::LINEAR);
        let heat = Heat {
            picture,
            method,
            class: self.heat_map_class,
            steepest: levels.steepest(),
            texture,
        };
        Some(self.heat.insert(heat).texture.id())
    }

    // Keeping.

    /// Time goes on.
    pub fn tick(&mut self, now: f64, has_input: bool) {
        self.stopwatch.tick(now, self.session.current(), has_input);
    }

    /// The picture that is shown is about to be marked as done.
    pub fn record_time(&mut self) {
        let is_open = self.session.current().is_some_and(|picture| {
            let row = self.session.document().picture(picture);
            row.is_some_and(|row| row.review != ReviewState::Done)
        });
        if is_open {
            self.stopwatch
                .book(&mut self.activity, self.session.boxes());
        }
    }

    /// Writes where the work is.
    ///
    /// # Errors
    /// If the project cannot be written.
    pub fn keep(&mut self) -> Result<(), StoreError> {
        self.session.save_state()?;
        if self.activity != self.kept_activity {
            self.session.save_setting(ACTIVITY, &self.activity)?;
            self.kept_activity = self.activity;
        }
        Ok(())
    }

    /// Closes the project, after writing what waits.
    ///
    /// # Errors
    /// If the project cannot be written; what was done is safe even so.
    pub fn close(mut self) -> Result<(), StoreError> {
        let written = self.write_inferences();
        let kept = self.keep();
        self.session.close()?;
        written.and(kept)
    }
}

fn model_settings_of(proposing: &ProposalSettings) -> ModelSettings {
    ModelSettings {
        model: proposing.model.clone(),
        quality: proposing.quality(),
    }
}

/// How maps are cut when proposals are made like this.
pub fn cut_options_of(proposing: &ProposalSettings) -> CutOptions {
    CutOptions {
        method: proposing.method(),
        boxes: BoxOptions {
            threshold: proposing.threshold,
            min_area: proposing.min_area,
            min_score: proposing.min_score,
            ..BoxOptions::default()
        },
    }
}

/// The colour of a level of a heat map (inferno: perceptually uniform, dark is low).
pub fn heat_map_colour(level: u8) -> egui::Color32 {
    let colour = colorous::INFERNO.eval_continuous(f64::from(level) / 255.0);
    egui::Color32::from_rgb(colour.r, colour.g, colour.b)
}
