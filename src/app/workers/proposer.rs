//! The model beside the window: it looks at pictures in the order in which a person wants them,
//! and keeps their maps, and for those that are near or reviewed what learning needs of them.
//!
//! One thread owns the model and drives the pipeline of [`crate::propose`], which asks it for the
//! next picture whenever a decoder is free. So a new wish is met after what is under way, which is
//! a few pictures at the most.

use std::collections::{HashMap, HashSet, VecDeque};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;

use super::events::{EventSender, ProposerEvent, WorkerEvent};
use super::shared::Shared;
use super::terms::{ActiveState, ModelInfo, ModelSettings, PictureRequest};
use crate::app::cache::{Cache, CacheKind, maps_codec};
use crate::document::PictureId;
use crate::learn::boxes::{self, LearnedBox, PictureFeatures};
use crate::localize::{BoxMode, BoxOptions, Maps, Method, Quality};
use crate::nn::device::DeviceChoice;
use crate::propose::{self, Inference, Target};
use crate::tscam::{InputOptions, Model};

/// Decoding threads: with two cores, the model takes the rest.
const DECODERS: usize = 1;

/// The thread that proposes for one opened project.
pub struct Proposer {
    queue: Arc<Shared<Queue>>,
}

#[derive(Default)]
struct Queue {
    model_settings: ModelSettings,
    /// Pictures that a person asked for one by one, before all others.
    wishes: VecDeque<PictureRequest>,
    /// The pictures that a person is likely to look at next.
    likely: Vec<PictureId>,
    /// The pictures of a run over all, in order; those that were taken out of turn are gone from
    /// `open`.
    order: VecDeque<PictureId>,
    open: HashMap<PictureId, PictureRequest>,
    /// Pictures that are looked at for learning alone, after all others.
    sights: VecDeque<PictureRequest>,
    /// The pictures of which it is kept what learning needs; all if none.
    keeps: Option<HashSet<PictureId>>,
    active_state: Option<ActiveState>,
    is_paused: bool,
    has_ended: bool,
}

/// What a picture is looked at for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum InferencePurpose {
    Boxes,
    PictureFeatures,
}

impl Proposer {
    /// Starts the thread. The model is loaded at once, so that the first wish need not wait.
    pub fn new(model_settings: ModelSettings, cache: Arc<Cache>, post: &EventSender) -> Self {
        let queue = Arc::new(Shared::new(Queue {
            model_settings,
            ..Queue::default()
        }));
        let worker = Worker {
            queue: Arc::clone(&queue),
            cache,
            post: post.clone(),
        };
        thread::spawn(move || worker.run());
        Self { queue }
    }

    /// Takes another model. What was asked for and not begun still is.
    pub fn set_model_settings(&self, model_settings: ModelSettings) {
        self.queue.change(|queue| {
            queue.model_settings = model_settings;
            queue.sights.clear();
            queue.active_state = None;
        });
    }

    /// Asks for one picture, before all others, even while these are halted.
    pub fn wish(&self, request: PictureRequest) {
        self.queue.change(|queue| {
            queue.open.remove(&request.picture);
            queue
                .wishes
                .retain(|other| other.picture != request.picture);
            queue.wishes.push_back(request);
        });
    }

    /// Asks for many pictures, beside those that were asked for before.
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

    /// Looks at pictures for learning alone, when nothing else is to be done.
    pub fn request_features(&self, requests: Vec<PictureRequest>) {
        self.queue.change(|queue| {
            for request in requests {
                let is_there = |other: &PictureRequest| other.picture == request.picture;
                if !queue.sights.iter().any(is_there) {
                    queue.sights.push_back(request);
                }
            }
        });
    }

    /// Keeps what learning needs of these pictures, or of all.
    pub fn set_feature_scope(&self, pictures: Option<HashSet<PictureId>>) {
        self.queue.change(|queue| queue.keeps = pictures);
    }

    /// Proposes by what was learnt, or not.
    pub fn set_active_state(&self, active_state: Option<ActiveState>) {
        self.queue.change(|queue| queue.active_state = active_state);
    }

    /// Of the many, these come first.
    pub fn prefer(&self, likely: Vec<PictureId>) {
        self.queue.change(|queue| queue.likely = likely);
    }

    /// Halts after what is under way, or goes on.
    pub fn pause(&self, is_paused: bool) {
        self.queue.change(|queue| queue.is_paused = is_paused);
    }

    /// Forgets what was asked for and not begun; how many pictures those were.
    pub fn cancel(&self) -> usize {
        self.queue.change(|queue| {
            let open = queue.open.len() + queue.wishes.len();
            queue.order.clear();
            queue.open.clear();
            queue.wishes.clear();
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
        let request = self.sights.pop_front().filter(|_| !self.is_paused)?;
        Some((request, InferencePurpose::PictureFeatures))
    }

    fn pop(&mut self) -> Option<PictureRequest> {
        if let Some(wish) = self.wishes.pop_front() {
            return Some(wish);
        }
        if self.is_paused {
            return None;
        }
        let likely = self.likely.iter().find_map(|id| self.open.remove(id));
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

/// What the thread works with.
struct Worker {
    queue: Arc<Shared<Queue>>,
    cache: Arc<Cache>,
    post: EventSender,
}

impl Worker {
    fn run(&self) {
        let model_wanted =
            |queue: &mut Queue| (!queue.has_ended).then(|| queue.model_settings.clone());
        while let Some(wanted) = self.queue.change(model_wanted) {
            match load(&wanted) {
                Ok((model, model_info)) => {
                    let model_info = Arc::new(model_info);
                    self.send(ProposerEvent::Model(Ok(Arc::clone(&model_info))));
                    self.look(&model, &wanted, &model_info);
                }
                Err(reason) => {
                    self.send(ProposerEvent::Model(Err(reason)));
                    self.queue.wait_for(|queue| {
                        let is_other = queue.model_settings != wanted;
                        (is_other || queue.has_ended).then_some(())
                    });
                }
            }
        }
    }

    fn send(&self, event: ProposerEvent) {
        self.post.send(WorkerEvent::Proposer(event));
    }

    /// Looks at what is asked for until another model is wanted or the project is closed.
    fn look(&self, model: &Model, model_settings: &ModelSettings, model_info: &Arc<ModelInfo>) {
        let on_seen = |(request, aim): (PictureRequest, InferencePurpose),
                       seen: Result<Inference, String>| {
            match (seen, aim) {
                (Ok(seen), aim) => self.take_seen(&request, aim, &seen, model_info),
                (Err(reason), InferencePurpose::Boxes) => {
                    self.send(ProposerEvent::Failed(request.picture, reason));
                }
                // Whoever looks at the picture is told what is wrong with it.
                (Err(_), InferencePurpose::PictureFeatures) => {
                    self.send(ProposerEvent::FeaturesReady(request.picture))
                }
            }
            ControlFlow::Continue(())
        };
        let input_options = InputOptions {
            quality: model_settings.quality,
            tap: Some(boxes::default_block(model.backbone().depth())),
            ..InputOptions::default()
        };
        propose::infer_all(
            model,
            &|| self.next(model_settings, model_info),
            input_options,
            false,
            DECODERS,
            // It ends with its pictures.
            &AtomicBool::new(false),
            on_seen,
        );
    }

    /// Keeps what was seen, and sends it.
    fn take_seen(
        &self,
        request: &PictureRequest,
        aim: InferencePurpose,
        seen: &Inference,
        model_info: &Arc<ModelInfo>,
    ) {
        let picture = request.picture;
        let key = model_info.maps_key(&request.key);
        let maps = propose::maps_for(&seen.evidence, &Target::Automatic, BoxMode::All);
        let bytes = maps_codec::encode(&maps);
        self.cache.put(CacheKind::Maps, &key, &bytes);
        let maps = maps_codec::decode(&bytes).unwrap_or(maps);
        let (keeps, active_state) = self.queue.change(|queue| {
            let keeps = queue
                .keeps
                .as_ref()
                .is_none_or(|keeps| keeps.contains(&picture));
            (keeps, queue.active_state.clone())
        });
        let keeps = keeps || aim == InferencePurpose::PictureFeatures;
        let sight = (keeps || active_state.is_some())
            .then(|| {
                let (method, options) = (Method::Affinity, BoxOptions::default());
                let own =
                    propose::proposals_from_maps(&maps, seen.size, method, &options).into_iter();
                let own = own.map(|proposal| proposal.bbox);
                PictureFeatures::new(&seen.evidence, &maps, seen.size, own)
            })
            .flatten();
        if let Some(sight) = sight.as_ref().filter(|_| keeps) {
            self.cache
                .put(CacheKind::PictureFeatures, &key, &sight.to_bytes());
        }
        if aim == InferencePurpose::Boxes {
            let learned = active_state.as_ref().zip(sight.as_ref());
            let learned = learned.map(|(active_state, sight)| {
                (active_state.generation, active_state.learned.propose(sight))
            });
            self.send_seen(picture, maps, model_info, learned);
        }
        if keeps {
            self.send(ProposerEvent::FeaturesReady(picture));
        }
    }

    /// Waits for the next picture that the model has not seen yet; nothing if it is to stop.
    fn next(
        &self,
        model_settings: &ModelSettings,
        model_info: &Arc<ModelInfo>,
    ) -> Option<((PictureRequest, InferencePurpose), PathBuf)> {
        loop {
            let (request, aim, active_state) = self.queue.wait_for(|queue| {
                let is_to_stop = queue.has_ended || queue.model_settings != *model_settings;
                if is_to_stop {
                    Some(None)
                } else {
                    let (request, aim) = queue.next()?;
                    Some(Some((request, aim, queue.active_state.clone())))
                }
            })?;
            let picture = request.picture;
            let key = model_info.maps_key(&request.key);
            let sight = || {
                let bytes = self.cache.get(CacheKind::PictureFeatures, &key)?;
                PictureFeatures::from_bytes(&bytes)
            };
            let maps = || {
                let bytes = self.cache.get(CacheKind::Maps, &key)?;
                maps_codec::decode(&bytes)
            };
            match (aim, active_state) {
                (InferencePurpose::PictureFeatures, _) if sight().is_some() => {
                    self.send(ProposerEvent::FeaturesReady(picture))
                }
                (InferencePurpose::PictureFeatures, _) => {
                    return Some(((request.clone(), aim), request.path));
                }
                (InferencePurpose::Boxes, active_state) => {
                    let sight = active_state.as_ref().map(|_| sight());
                    // Where something was learnt, that is what counts.
                    let maps = (sight != Some(None)).then(maps).flatten();
                    let Some(maps) = maps else {
                        return Some(((request.clone(), aim), request.path));
                    };
                    let learned = active_state
                        .zip(sight.flatten())
                        .map(|(active_state, sight)| {
                            (
                                active_state.generation,
                                active_state.learned.propose(&sight),
                            )
                        });
                    self.send_seen(picture, maps, model_info, learned);
                }
            }
        }
    }

    fn send_seen(
        &self,
        picture: PictureId,
        maps: Maps,
        model: &Arc<ModelInfo>,
        learned: Option<(u64, Vec<LearnedBox>)>,
    ) {
        self.send(ProposerEvent::Inference {
            picture,
            maps: Arc::new(maps),
            model: Arc::clone(model),
            learned,
        });
    }
}

fn load(model_settings: &ModelSettings) -> Result<(Model, ModelInfo), String> {
    let device = DeviceChoice::default()
        .open()
        .map_err(|error| error.to_string())?;
    let model = match &model_settings.model {
        Some(path) => Model::open(path, &device.device),
        None => Model::embedded(&device.device),
    };
    let model = model
        .and_then(|model| match model_settings.quality {
            Quality::Fast => Ok(model),
            Quality::Balanced | Quality::Best => model.with_companion(),
        })
        .map_err(|error| error.to_string())?;
    let device = match &device.notice {
        Some(notice) => format!("{}; {notice}", device.name),
        None => device.name.clone(),
    };
    let model_info = ModelInfo {
        name: model.name.clone(),
        version: model.version(),
        classes: model.classes().into(),
        is_foreign: model.head().is_none(),
        quality: model_settings.quality,
        device,
    };
    Ok((model, model_info))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(id: u32) -> PictureRequest {
        PictureRequest {
            picture: PictureId(id),
            path: PathBuf::new(),
            key: String::new(),
            size: [1, 1],
        }
    }

    #[test]
    fn wishes_come_first_then_what_is_likely_then_the_rest_in_order() {
        let mut queue = Queue::default();
        for id in 1..=5 {
            queue.order.push_back(PictureId(id));
            queue.open.insert(PictureId(id), request(id));
        }
        queue.wishes.push_back(request(9));
        queue.likely = vec![PictureId(4), PictureId(7), PictureId(3)];
        let mut order = Vec::new();
        while let Some(request) = queue.pop() {
            order.push(request.picture.0);
        }
        assert_eq!(order, [9, 4, 3, 1, 2, 5]);
    }

    #[test]
    fn only_wishes_are_taken_while_paused() {
        let mut queue = Queue {
            is_paused: true,
            ..Queue::default()
        };
        queue.order.push_back(PictureId(1));
        queue.open.insert(PictureId(1), request(1));
        assert_eq!(queue.pop(), None);
        queue.wishes.push_back(request(2));
        assert_eq!(queue.pop(), Some(request(2)));
        queue.is_paused = false;
        assert_eq!(queue.pop(), Some(request(1)));
    }
}
