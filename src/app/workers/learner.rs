//! Learning in the background: the learner adds reviewed pictures, learns from them, and proposes by
//! the learned state.
//!
//! One thread owns the learner. It reads the features of pictures from the cache, where the thread of
//! the model has put them. Where they are missing it reports that, so that the model can process the
//! picture again.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use rayon::{ThreadPool, ThreadPoolBuilder};

use super::crash::Worker;
use super::events::{EventSender, LearningEvent, WorkerEvent};
use super::learned_text;
use super::monitor::Monitor;
use super::requests::{ActiveState, LearnedBoxes, ModelInfo, PictureRequest};
use super::spawn::{attempt, spawn};
use crate::app::cache::{Cache, CacheKind};
use crate::document::PictureId;
use crate::geometry::BBox;
use crate::learn::boxes::{BoxLearner, PictureFeatures, find_similar};

/// Decides the folds of the pictures, so that they are the same in every session.
const SEED: u64 = 1716;
/// The number of pictures that are learned from, the latest ones. The features of each take 200 kB.
const MAX_PICTURES: usize = 1000;
/// The number of pictures whose boxes are reported together.
const BATCH: usize = 8;
/// The number of steps in which learning reports its progress.
pub const STEPS: usize = 6;

/// A reviewed picture.
#[derive(Clone, Debug)]
pub struct ReviewRequest {
    /// The picture.
    pub request: PictureRequest,
    /// Its ground truth, which may be empty: boxes in pixels, and their category.
    pub truth: Vec<(BBox, u32)>,
}

/// A request for boxes that are similar to one.
#[derive(Clone, Debug)]
pub struct SimilarRequest {
    /// The number of the search that it is part of.
    pub search: u64,
    /// The picture of the box.
    pub request: PictureRequest,
    /// The box, in pixels.
    pub bbox: BBox,
    /// The pictures to search.
    pub pictures: Vec<PictureRequest>,
}

/// The thread that learns for one opened project.
pub struct LearningWorker {
    queue: Arc<Monitor<Queue>>,
    progress: Arc<Progress>,
}

/// The progress of learning, which the window reads.
#[derive(Default)]
struct Progress {
    is_learning: AtomicBool,
    step: AtomicUsize,
    is_cancelled: AtomicBool,
}

/// A change of the reviewed pictures.
enum Change {
    Add(ReviewRequest),
    Remove(PictureId),
}

#[derive(Default)]
struct Queue {
    model_info: Option<Arc<ModelInfo>>,
    /// Rises with every model: the features of one model are useless to another.
    model_generation: u64,
    changes: VecDeque<Change>,
    /// Whether to learn, and whether a person asked for it.
    learning: Option<bool>,
    active_state: Option<ActiveState>,
    /// Pictures to propose for, in order.
    pictures: VecDeque<PictureRequest>,
    searches: VecDeque<SimilarRequest>,
    has_ended: bool,
}

/// The next task.
enum Task {
    FindSimilar(SimilarRequest),
    Change(Change),
    Learn { is_requested: bool },
    Propose(ActiveState, Vec<PictureRequest>, usize),
}

impl Queue {
    /// What a person waits for comes first; learning comes before proposals.
    fn pop(&mut self) -> Option<Task> {
        if let Some(search) = self.searches.pop_front() {
            return Some(Task::FindSimilar(search));
        }
        if let Some(change) = self.changes.pop_front() {
            return Some(Task::Change(change));
        }
        if let Some(is_requested) = self.learning.take() {
            return Some(Task::Learn { is_requested });
        }
        let active_state = self.active_state.clone()?;
        let number = self.pictures.len().min(BATCH);
        let batch: Vec<PictureRequest> = self.pictures.drain(..number).collect();
        (number > 0).then_some(Task::Propose(active_state, batch, self.pictures.len()))
    }
}

impl LearningWorker {
    /// Starts the thread.
    pub fn new(cache: Arc<Cache>, events: &EventSender) -> Self {
        let queue = Arc::<Monitor<Queue>>::default();
        let progress = Arc::<Progress>::default();
        let worker = LearnerThread {
            queue: Arc::clone(&queue),
            progress: Arc::clone(&progress),
            cache,
            events: events.clone(),
            model_generation: 0,
            learner: BoxLearner::new(SEED),
            order: VecDeque::new(),
            pool: ThreadPoolBuilder::new().num_threads(threads()).build().ok(),
        };
        spawn(Worker::Learner, events, move || worker.run(), |_, _| {});
        Self { queue, progress }
    }

    /// Another model is used, or none: all pictures are forgotten. Returns the number that events
    /// carry from now on.
    pub fn set_model(&self, model_info: Option<Arc<ModelInfo>>) -> u64 {
        self.progress.is_cancelled.store(true, Ordering::Relaxed);
        self.queue.change(|queue| {
            *queue = Queue {
                model_info,
                model_generation: queue.model_generation + 1,
                ..Queue::default()
            };
            queue.model_generation
        })
    }

    /// Adds a reviewed picture, or replaces it.
    pub fn add(&self, picture: ReviewRequest) {
        self.queue
            .change(|queue| queue.changes.push_back(Change::Add(picture)));
    }

    /// Removes a picture that is no longer reviewed.
    pub fn remove(&self, picture: PictureId) {
        self.queue
            .change(|queue| queue.changes.push_back(Change::Remove(picture)));
    }

    /// Learns from the pictures that were added so far.
    pub fn learn(&self, is_requested: bool) {
        self.progress.is_cancelled.store(false, Ordering::Relaxed);
        self.queue.change(|queue| {
            let is_requested = is_requested || queue.learning == Some(true);
            queue.learning = Some(is_requested);
        });
    }

    /// Stops learning.
    pub fn cancel(&self) {
        self.progress.is_cancelled.store(true, Ordering::Relaxed);
        self.queue.change(|queue| queue.learning = None);
    }

    /// How many of [`STEPS`] are done, if learning is under way.
    pub fn step(&self) -> Option<usize> {
        let is_learning = self.progress.is_learning.load(Ordering::Relaxed);
        is_learning.then(|| self.progress.step.load(Ordering::Relaxed))
    }

    /// Proposes by another learned state, or not at all. Earlier requests are forgotten.
    pub fn set_active_state(&self, active_state: Option<ActiveState>) {
        self.queue.change(|queue| {
            queue.active_state = active_state;
            queue.pictures.clear();
        });
    }

    /// Proposes for these pictures, before or after those that were requested already.
    pub fn propose(&self, pictures: Vec<PictureRequest>, is_urgent: bool) {
        self.queue.change(|queue| {
            let new: HashSet<PictureId> = pictures.iter().map(|other| other.picture).collect();
            queue.pictures.retain(|other| !new.contains(&other.picture));
            if is_urgent {
                for request in pictures.into_iter().rev() {
                    queue.pictures.push_front(request);
                }
            } else {
                queue.pictures.extend(pictures);
            }
        });
    }

    /// Searches for boxes that are similar to one.
    pub fn find_similar(&self, search: SimilarRequest) {
        self.queue.change(|queue| queue.searches.push_back(search));
    }
}

impl Drop for LearningWorker {
    fn drop(&mut self) {
        self.progress.is_cancelled.store(true, Ordering::Relaxed);
        self.queue.change(|queue| queue.has_ended = true);
    }
}

/// The number of threads for learning: all cores but one, which is left for the window.
fn threads() -> usize {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    (cores - 1).max(1)
}

/// What the thread owns.
struct LearnerThread {
    queue: Arc<Monitor<Queue>>,
    progress: Arc<Progress>,
    cache: Arc<Cache>,
    events: EventSender,
    /// The number of the model whose features are learned from; 0 before the first.
    model_generation: u64,
    learner: BoxLearner,
    /// The pictures in the order in which they were added.
    order: VecDeque<PictureId>,
    pool: Option<ThreadPool>,
}

impl LearnerThread {
    fn run(mut self) {
        loop {
            let next = self.queue.wait_for(|queue| {
                if queue.has_ended {
                    return Some(None);
                }
                let model_info = queue.model_info.clone()?;
                let task = queue.pop()?;
                Some(Some((model_info, queue.model_generation, task)))
            });
            let Some((model_info, model_generation, task)) = next else {
                return;
            };
            if self.model_generation != model_generation {
                self.model_generation = model_generation;
                self.learner = BoxLearner::new(SEED);
                self.order.clear();
            }
            let events = self.events.clone();
            let done = attempt(Worker::Learner, &events, || {
                self.run_task(&model_info, task);
            });
            if let Err(sentence) = done {
                self.forget_all(model_generation);
                self.send(LearningEvent::Crashed(sentence));
            }
        }
    }

    fn run_task(&mut self, model_info: &ModelInfo, task: Task) {
        match task {
            Task::Change(Change::Add(picture)) => self.add(model_info, &picture),
            Task::Change(Change::Remove(picture)) => self.remove(picture),
            Task::Learn { is_requested } => self.learn(model_info, is_requested),
            Task::Propose(active_state, batch, left) => {
                self.propose(model_info, &active_state, &batch, left);
            }
            Task::FindSimilar(search) => self.find_similar(model_info, &search),
        }
    }

    /// Starts from nothing after a panic, which may have left the learner half changed. The window gives it
    /// the reviewed pictures again.
    fn forget_all(&mut self, model_generation: u64) {
        self.learner = BoxLearner::new(SEED);
        self.order.clear();
        self.progress.is_learning.store(false, Ordering::Relaxed);
        self.queue.change(|queue| {
            if queue.model_generation == model_generation {
                queue.changes.clear();
                queue.learning = None;
                queue.pictures.clear();
                queue.searches.clear();
            }
        });
    }

    fn send(&self, event: LearningEvent) {
        self.events
            .send(WorkerEvent::Learning(self.model_generation, event));
    }

    /// The features of a picture; none if they are not cached, or of another size.
    fn features(
        &self,
        model_info: &ModelInfo,
        request: &PictureRequest,
    ) -> Option<PictureFeatures> {
        let key = model_info.cache_key(&request.key);
        let bytes = self.cache.get(CacheKind::PictureFeatures, &key)?;
        let features = PictureFeatures::from_bytes(&bytes)?;
        let [width, height] = request.size;
        (features.size() == (width, height)).then_some(features)
    }

    fn add(&mut self, model_info: &ModelInfo, reviewed: &ReviewRequest) {
        let picture = reviewed.request.picture;
        let features = self.features(model_info, &reviewed.request);
        let has_features = features.is_some();
        self.order.retain(|other| *other != picture);
        match features {
            Some(features) => {
                self.order.push_back(picture);
                let id = picture.0.into();
                self.learner.add(id, Arc::new(features), &reviewed.truth);
                if self.order.len() > MAX_PICTURES
                    && let Some(oldest) = self.order.pop_front()
                {
                    self.learner.remove(oldest.0.into());
                }
            }
            None => self.learner.remove(picture.0.into()),
        }
        self.send(LearningEvent::Added {
            picture,
            has_features,
        });
    }

    fn remove(&mut self, picture: PictureId) {
        self.order.retain(|other| *other != picture);
        self.learner.remove(picture.0.into());
    }

    fn learn(&self, model_info: &ModelInfo, is_requested: bool) {
        let progress = Arc::clone(&self.progress);
        progress.step.store(0, Ordering::Relaxed);
        progress.is_learning.store(true, Ordering::Relaxed);
        let started = Instant::now();
        let solve = || {
            let learned = self.learner.solve(&|| {
                progress.step.fetch_add(1, Ordering::Relaxed);
                progress.is_cancelled.load(Ordering::Relaxed)
            });
            learned.map(|learned| {
                let text = learned_text::encode(&learned, &model_info.model_key());
                (Arc::new(learned), text)
            })
        };
        let learned = match &self.pool {
            Some(pool) => pool.install(solve),
            None => solve(),
        };
        progress.is_learning.store(false, Ordering::Relaxed);
        if progress.is_cancelled.load(Ordering::Relaxed) {
            return self.send(LearningEvent::Cancelled);
        }
        self.send(LearningEvent::Finished {
            learned,
            is_requested,
            took: started.elapsed(),
        });
    }

    fn propose(
        &self,
        model_info: &ModelInfo,
        active_state: &ActiveState,
        batch: &[PictureRequest],
        left: usize,
    ) {
        let (mut boxes, mut without_features) = (LearnedBoxes::new(), Vec::new());
        for request in batch {
            match self.features(model_info, request) {
                Some(features) => {
                    boxes.push((request.picture, active_state.learned.propose(&features)));
                }
                None => without_features.push(request.picture),
            }
        }
        self.send(LearningEvent::Boxes {
            generation: active_state.generation,
            boxes,
            without_features,
            left,
        });
    }

    fn find_similar(&self, model_info: &ModelInfo, search: &SimilarRequest) {
        let (mut boxes, mut without_features) = (LearnedBoxes::new(), Vec::new());
        match self.features(model_info, &search.request) {
            Some(own) => {
                for request in &search.pictures {
                    match self.features(model_info, request) {
                        Some(features) => {
                            let similar = find_similar(&features, (&own, search.bbox));
                            boxes.push((request.picture, similar));
                        }
                        None => without_features.push(request.picture),
                    }
                }
            }
            None => without_features.push(search.request.picture),
        }
        self.send(LearningEvent::SimilarBoxes {
            search: search.search,
            boxes,
            without_features,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(id: u32) -> PictureRequest {
        PictureRequest {
            picture: PictureId(id),
            version: 0,
            path: Default::default(),
            key: String::new(),
            size: [1, 1],
        }
    }

    #[test]
    fn changes_come_before_learning_and_learning_before_proposals() {
        let mut queue = Queue {
            learning: Some(false),
            ..Queue::default()
        };
        queue.pictures.extend((1..=10).map(request));
        queue.changes.push_back(Change::Remove(PictureId(3)));
        assert!(matches!(queue.pop(), Some(Task::Change(_))));
        let task = queue.pop();
        assert!(matches!(
            task,
            Some(Task::Learn {
                is_requested: false
            })
        ));
        assert!(queue.pop().is_none(), "no state is active");
        assert_eq!(queue.pictures.len(), 10);
    }
}
