//! The model in the background: it processes pictures in the order in which a person needs them. It
//! caches their maps, and the features of pictures that learning needs.
//!
//! One thread owns the model and drives the pipeline of [`crate::propose`], which asks for the next
//! picture whenever a decoder is free. So at most a few pictures that are under way come before a new
//! request.

use std::collections::{HashMap, HashSet, VecDeque};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::crash::Worker;
use super::events::{EventSender, ProposerEvent, ProposerFailure, WorkerEvent};
use super::monitor::Monitor;
use super::requests::{ActiveState, ModelInfo, ModelSettings, PictureRequest};
use super::spawn::{attempt, spawn, tell};
use crate::app::cache::{Cache, CacheKind, maps_codec};
use crate::document::PictureId;
use crate::learn::boxes::{self, LearnedBox, PictureFeatures};
use crate::localize::{BoxMode, BoxOptions, Method, PictureMaps};
use crate::nn::device::DeviceChoice;
use crate::nn::shipped::ModelSource;
use crate::propose::{self, Inference, InferenceError, Networks, Target};
use crate::tscam::{InputOptions, Model};

/// The number of pictures at a time: all cores work on one, so that the one that is shown is ready soonest.
const IN_FLIGHT: usize = 1;

/// The thread that proposes for one opened project.
pub struct Proposer {
    queue: Arc<Monitor<Queue>>,
}

#[derive(Default)]
struct Queue {
    model_settings: ModelSettings,
    /// Rises when a model that has failed is to be tried again.
    attempts: u64,
    /// Pictures that a person requested one by one; they come before all others.
    requested: VecDeque<PictureRequest>,
    /// The pictures that are likely to be shown next.
    likely_next: Vec<PictureId>,
    /// The pictures of a run over many, in order. Those that were taken out of turn are no longer in
    /// `open`.
    order: VecDeque<PictureId>,
    open: HashMap<PictureId, PictureRequest>,
    /// Pictures that are processed only for learning; they come after all others.
    features: VecDeque<PictureRequest>,
    /// The pictures whose features are cached; none for all.
    feature_scope: Option<HashSet<PictureId>>,
    active_state: Option<ActiveState>,
    is_paused: bool,
    has_ended: bool,
}

/// What a picture is processed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum InferencePurpose {
    Boxes,
    Features,
}

impl Proposer {
    /// Starts the thread. It loads the model at once, so that the first request need not wait.
    pub fn new(
        model_settings: ModelSettings,
        models: ModelSource,
        cache: Arc<Cache>,
        events: &EventSender,
    ) -> Self {
        let queue = Arc::new(Monitor::new(Queue {
            model_settings,
            ..Queue::default()
        }));
        let worker = ModelThread {
            queue: Arc::clone(&queue),
            models,
            cache,
            events: events.clone(),
        };
        spawn(Worker::Proposer, events, move || worker.run(), |_, _| {});
        Self { queue }
    }

    /// Uses another model. Pictures that are requested and not begun stay requested.
    pub fn set_model_settings(&self, model_settings: ModelSettings) {
        self.queue.change(|queue| {
            queue.model_settings = model_settings;
            queue.features.clear();
            queue.active_state = None;
        });
    }

    /// Loads the model again, which has failed.
    pub fn retry(&self) {
        self.queue.change(|queue| queue.attempts += 1);
    }

    /// Processes a picture before all others, even while these are paused.
    pub fn propose_now(&self, request: PictureRequest) {
        self.queue.change(|queue| {
            queue.open.remove(&request.picture);
            queue
                .requested
                .retain(|other| other.picture != request.picture);
            queue.requested.push_back(request);
        });
    }

    /// Processes many pictures, after those that were requested before.
    pub fn propose(&self, requests: Vec<PictureRequest>) {
        self.queue.change(|queue| {
            for request in requests {
                let picture = request.picture;
                if queue.open.insert(picture, request).is_none() {
                    queue.order.push_back(picture);
                }
            }
        });
    }

    /// Processes pictures for learning when nothing else is to be done.
    pub fn request_features(&self, requests: Vec<PictureRequest>) {
        self.queue.change(|queue| {
            for request in requests {
                let is_same = |other: &PictureRequest| other.picture == request.picture;
                if !queue.features.iter().any(is_same) {
                    queue.features.push_back(request);
                }
            }
        });
    }

    /// Caches the features of these pictures, or of all.
    pub fn set_feature_scope(&self, pictures: Option<HashSet<PictureId>>) {
        self.queue.change(|queue| queue.feature_scope = pictures);
    }

    /// Proposes by a learned state, or without learning.
    pub fn set_active_state(&self, active_state: Option<ActiveState>) {
        self.queue.change(|queue| queue.active_state = active_state);
    }

    /// Processes these first among many.
    pub fn set_likely_next(&self, likely_next: Vec<PictureId>) {
        self.queue.change(|queue| queue.likely_next = likely_next);
    }

    /// Pauses after the pictures that are under way, or resumes.
    pub fn pause(&self, is_paused: bool) {
        self.queue.change(|queue| queue.is_paused = is_paused);
    }

    /// Drops requested pictures that have not begun; returns their number.
    pub fn cancel(&self) -> usize {
        self.queue.change(|queue| {
            let open = queue.open.len() + queue.requested.len();
            queue.order.clear();
            queue.open.clear();
            queue.requested.clear();
            queue.is_paused = false;
            open
        })
    }
}

impl Drop for Proposer {
    fn drop(&mut self) {
        self.queue.change(|queue| queue.has_ended = true);
    }
}

impl Queue {
    fn next(&mut self) -> Option<(PictureRequest, InferencePurpose)> {
        if let Some(request) = self.pop() {
            return Some((request, InferencePurpose::Boxes));
        }
        let request = self.features.pop_front().filter(|_| !self.is_paused)?;
        Some((request, InferencePurpose::Features))
    }

    /// The next picture to propose for.
    fn pop(&mut self) -> Option<PictureRequest> {
        if let Some(request) = self.requested.pop_front() {
            return Some(request);
        }
        if self.is_paused {
            return None;
        }
        let likely = self.likely_next.iter().find_map(|id| self.open.remove(id));
        if likely.is_some() {
            return likely;
        }
        while let Some(picture) = self.order.pop_front() {
            if let Some(request) = self.open.remove(&picture) {
                return Some(request);
            }
        }
        None
    }
}

/// What the thread owns.
struct ModelThread {
    queue: Arc<Monitor<Queue>>,
    models: ModelSource,
    cache: Arc<Cache>,
    events: EventSender,
}

impl ModelThread {
    fn run(&self) {
        let wanted = |queue: &mut Queue| {
            let settings = queue.model_settings.clone();
            (!queue.has_ended).then_some((settings, queue.attempts))
        };
        while let Some((settings, attempts)) = self.queue.change(wanted) {
            if let Err(reason) = self.serve(&settings) {
                self.send(ProposerEvent::Model(settings.clone(), Err(reason)));
                self.queue.wait_for(|queue| {
                    let is_other = queue.model_settings != settings || queue.attempts != attempts;
                    (is_other || queue.has_ended).then_some(())
                });
            }
        }
    }

    /// Loads a model and processes requests with it, until another one is requested or the project is
    /// closed.
    fn serve(&self, settings: &ModelSettings) -> Result<(), String> {
        let loaded = attempt(Worker::Proposer, &self.events, || {
            load(settings, &self.models)
        });
        let (networks, model_info) = loaded??;
        let model_info = Arc::new(model_info);
        let ready = Ok(Arc::clone(&model_info));
        self.send(ProposerEvent::Model(settings.clone(), ready));
        attempt(Worker::Proposer, &self.events, || {
            self.process_requests(&networks, settings, &model_info);
        })
    }

    fn send(&self, event: ProposerEvent) {
        self.events.send(WorkerEvent::Proposer(event));
    }

    /// Processes requests until another model is requested or the project is closed.
    fn process_requests(
        &self,
        networks: &Networks,
        model_settings: &ModelSettings,
        model_info: &Arc<ModelInfo>,
    ) {
        let on_inference =
            |(request, purpose): (PictureRequest, InferencePurpose),
             inference: Result<Inference, InferenceError>| {
                let handled = inference.map_err(|error| self.failure(&error));
                let handled = handled.and_then(|inference| {
                    let handled = attempt(Worker::Proposer, &self.events, || {
                        self.on_inference(&request, purpose, &inference, model_info);
                    });
                    handled.map_err(ProposerFailure::Model)
                });
                if let Err(failure) = handled {
                    self.fail(&request, purpose, failure);
                }
                ControlFlow::Continue(())
            };
        let input_options = InputOptions {
            quality: model_settings.quality,
            tap: Some(boxes::default_block(networks.model.backbone().depth())),
            ..InputOptions::default()
        };
        propose::infer_all(
            networks.as_ref(),
            &|| self.next(model_settings, model_info),
            input_options,
            false,
            IN_FLIGHT,
            // It ends with its pictures.
            &AtomicBool::new(false),
            on_inference,
        );
    }

    /// Why the pipeline has no result. The window is told of a panic in it.
    fn failure(&self, error: &InferenceError) -> ProposerFailure {
        if let InferenceError::Panic { message, .. } = error {
            tell(Worker::Proposer, &self.events, message.clone());
        }
        match error {
            InferenceError::File(reason) => ProposerFailure::Unreadable(reason.clone()),
            error => ProposerFailure::Model(error.to_string()),
        }
    }

    /// Answers a request that has failed.
    fn fail(&self, request: &PictureRequest, purpose: InferencePurpose, failure: ProposerFailure) {
        self.send(match purpose {
            InferencePurpose::Boxes => ProposerEvent::Failed(request.version(), failure),
            // The reason is reported when somebody opens the picture.
            InferencePurpose::Features => ProposerEvent::FeaturesReady(request.version()),
        });
    }

    /// Caches the maps and features of a picture, and sends its result.
    fn on_inference(
        &self,
        request: &PictureRequest,
        purpose: InferencePurpose,
        inference: &Inference,
        model_info: &Arc<ModelInfo>,
    ) {
        let picture = request.picture;
        let key = model_info.cache_key(&request.key);
        let (target, mode) = (Target::Automatic, BoxMode::All);
        let maps = propose::maps_for(&inference.evidence, &target, mode, inference.size);
        let bytes = maps_codec::encode(&maps);
        self.cache.put(CacheKind::PictureMaps, &key, &bytes);
        // The window uses maps at the precision of the cache, so that boxes are the same after a
        // restart.
        let maps = maps_codec::decode(&bytes).unwrap_or(maps);
        let (is_in_scope, active_state) = self.queue.change(|queue| {
            let scope = queue.feature_scope.as_ref();
            let is_in_scope = scope.is_none_or(|scope| scope.contains(&picture));
            (is_in_scope, queue.active_state.clone())
        });
        let is_cached = is_in_scope || purpose == InferencePurpose::Features;
        let features = (is_cached || active_state.is_some())
            .then(|| {
                // Without judged boxes, the pool consists of the regions alone.
                let (method, options) = (Method::Pool, BoxOptions::default());
                let own = propose::proposals_from_maps(&maps, inference.size, method, &options);
                let own = own.into_iter().map(|proposal| proposal.bbox);
                PictureFeatures::new(&inference.evidence, &maps, inference.size, own)
            })
            .flatten();
        if let Some(features) = features.as_ref().filter(|_| is_cached) {
            let bytes = features.to_bytes();
            self.cache.put(CacheKind::PictureFeatures, &key, &bytes);
        }
        if purpose == InferencePurpose::Boxes {
            let learned = learned_boxes(active_state, features.as_ref());
            self.send(inference_event(request, maps, model_info, learned));
        }
        if is_cached {
            self.send(ProposerEvent::FeaturesReady(request.version()));
        }
    }

    /// Waits for the next picture that the model has not processed yet, and sends the results of
    /// those that it has; none if the thread is to stop.
    fn next(
        &self,
        model_settings: &ModelSettings,
        model_info: &Arc<ModelInfo>,
    ) -> Option<((PictureRequest, InferencePurpose), PathBuf)> {
        loop {
            let (request, purpose, active_state) = self.queue.wait_for(|queue| {
                if queue.has_ended || queue.model_settings != *model_settings {
                    return Some(None);
                }
                let (request, purpose) = queue.next()?;
                Some(Some((request, purpose, queue.active_state.clone())))
            })?;
            let cached = attempt(Worker::Proposer, &self.events, || {
                self.cached(&request, purpose, active_state, model_info)
            });
            match cached {
                Ok(Some(event)) => self.send(event),
                Ok(None) => return Some(((request.clone(), purpose), request.path)),
                Err(sentence) => self.fail(&request, purpose, ProposerFailure::Model(sentence)),
            }
        }
    }

    /// The result for a picture that the model has processed earlier, if it has.
    fn cached(
        &self,
        request: &PictureRequest,
        purpose: InferencePurpose,
        active_state: Option<ActiveState>,
        model_info: &Arc<ModelInfo>,
    ) -> Option<ProposerEvent> {
        let key = model_info.cache_key(&request.key);
        let cached_features = || {
            let bytes = self.cache.get(CacheKind::PictureFeatures, &key)?;
            PictureFeatures::from_bytes(&bytes)
        };
        if purpose == InferencePurpose::Features {
            let features = cached_features();
            return features.map(|_| ProposerEvent::FeaturesReady(request.version()));
        }
        // A learned state proposes by features, so maps alone are not enough.
        let features = match &active_state {
            Some(_) => Some(cached_features()?),
            None => None,
        };
        let maps = maps_codec::decode(&self.cache.get(CacheKind::PictureMaps, &key)?)?;
        let learned = learned_boxes(active_state, features.as_ref());
        Some(inference_event(request, maps, model_info, learned))
    }
}

/// The result for a picture.
fn inference_event(
    request: &PictureRequest,
    maps: PictureMaps,
    model: &Arc<ModelInfo>,
    learned: Option<(u64, Vec<LearnedBox>)>,
) -> ProposerEvent {
    ProposerEvent::Inference {
        picture: request.version(),
        maps: Arc::new(maps),
        model: Arc::clone(model),
        learned,
    }
}

/// The boxes of the active learned state and its generation, if there is a state.
fn learned_boxes(
    active_state: Option<ActiveState>,
    features: Option<&PictureFeatures>,
) -> Option<(u64, Vec<LearnedBox>)> {
    let (state, features) = active_state.zip(features)?;
    Some((state.generation, state.learned.propose(features)))
}

/// Loads the model, or returns why it cannot be used.
fn load(
    model_settings: &ModelSettings,
    models: &ModelSource,
) -> Result<(Networks, ModelInfo), String> {
    let device = DeviceChoice::default()
        .open()
        .map_err(|error| error.to_string())?;
    let model = match &model_settings.model {
        Some(path) => Model::open(path, models, &device.device),
        None => Model::shipped(models, &device.device),
    };
    let method = match model_settings.uses_detector {
        true => Method::Pool,
        false => Method::Affinity,
    };
    let quality = model_settings.quality;
    let networks = model
        .and_then(|model| Networks::new(model, method, quality, models))
        .map_err(|error| error.to_string())?;
    let model = &networks.model;
    let device = match &device.notice {
        Some(notice) => format!("{}; {notice}", device.name),
        None => device.name.clone(),
    };
    let model_info = ModelInfo {
        name: model.name.clone(),
        version: model.version(),
        classes: networks.as_ref().class_names().into(),
        has_companion_classes: model.head().is_none(),
        quality,
        has_detector: networks.detector.is_some(),
        device,
    };
    Ok((networks, model_info))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(id: u32) -> PictureRequest {
        PictureRequest {
            picture: PictureId(id),
            version: 0,
            path: PathBuf::new(),
            key: String::new(),
            size: [1, 1],
        }
    }

    #[test]
    fn requested_pictures_come_first_then_likely_ones_then_the_others_in_order() {
        let mut queue = Queue::default();
        for id in 1..=5 {
            queue.order.push_back(PictureId(id));
            queue.open.insert(PictureId(id), request(id));
        }
        queue.requested.push_back(request(9));
        queue.likely_next = vec![PictureId(4), PictureId(7), PictureId(3)];
        let mut order = Vec::new();
        while let Some(request) = queue.pop() {
            order.push(request.picture.0);
        }
        assert_eq!(order, [9, 4, 3, 1, 2, 5]);
    }

    #[test]
    fn only_requested_pictures_are_processed_while_paused() {
        let mut queue = Queue {
            is_paused: true,
            ..Queue::default()
        };
        queue.order.push_back(PictureId(1));
        queue.open.insert(PictureId(1), request(1));
        assert_eq!(queue.pop(), None);
        queue.requested.push_back(request(2));
        assert_eq!(queue.pop(), Some(request(2)));
        queue.is_paused = false;
        assert_eq!(queue.pop(), Some(request(1)));
    }
}
