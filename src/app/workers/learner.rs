//! Learning beside the window: it takes in what people made of proposals, learns from it, and
//! proposes by what was learnt.
//!
//! One thread owns the learner. It reads what it needs of pictures from the cache, where the
//! thread of the model puts it; what is not there it says, so that the model can look again.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use rayon::{ThreadPool, ThreadPoolBuilder};

use super::events::{EventSender, LearningEvent, WorkerEvent};
use super::learned_text;
use super::shared::Shared;
use super::terms::{ActiveState, ModelInfo, PictureRequest};
use crate::app::cache::{Cache, CacheKind};
use crate::document::PictureId;
use crate::geometry::BBox;
use crate::learn::boxes::{BoxLearner, PictureFeatures, find_similar};

/// Decides which pictures are held out, which is to be the same in every session. With this one it
/// is close to one in four, and the others are dealt evenly, however few are reviewed.
const SEED: u64 = 1716;
/// Pictures that are learnt from, the latest ones: what is kept of each takes 200 kB.
const MOST_PICTURES: usize = 1000;
/// Pictures that come back together.
const BATCH: usize = 8;
/// How often what is being learnt asks whether to go on.
pub const STEPS: usize = 6;

/// A picture that a person went through.
#[derive(Clone, Debug)]
pub struct ReviewedPicture {
    /// The picture.
    pub request: PictureRequest,
    /// Its true boxes, which may be none.
    pub truth: Vec<(BBox, u32)>,
}

/// A wish for boxes that are like one.
#[derive(Clone, Debug)]
pub struct SimilarRequest {
    /// The number of the search that it is a part of.
    pub search: u64,
    /// The picture with the box.
    pub request: PictureRequest,
    /// The box.
    pub bbox: BBox,
    /// Where to look for others.
    pub pictures: Vec<PictureRequest>,
}

/// The thread that learns for one opened project.
pub struct Learner {
    queue: Arc<Shared<Queue>>,
    busy: Arc<Busy>,
}

/// What the window sees of the thread.
#[derive(Default)]
struct Busy {
    is_learning: AtomicBool,
    step: AtomicUsize,
    is_cancelled: AtomicBool,
}

enum Change {
    Take(ReviewedPicture),
    Drop(PictureId),
}

#[derive(Default)]
struct Queue {
    model_info: Option<Arc<ModelInfo>>,
    /// Rises with every model: what one has seen says nothing to another.
    epoch: u64,
    changes: VecDeque<Change>,
    /// Whether to learn, and whether a person has asked for it.
    learns: Option<bool>,
    active_state: Option<ActiveState>,
    /// Pictures to propose for, in order.
    wanted: VecDeque<PictureRequest>,
    examples: VecDeque<SimilarRequest>,
    has_ended: bool,
}

/// The next thing to do.
enum Task {
    Alike(SimilarRequest),
    Change(Change),
    Learn(bool),
    Propose(ActiveState, Vec<PictureRequest>, usize),
}

impl Queue {
    /// What a person waits for comes first; proposals for what is looked at next come before the
    /// next learning.
    fn pop(&mut self) -> Option<Task> {
        if let Some(example) = self.examples.pop_front() {
            return Some(Task::Alike(example));
        }
        if let Some(change) = self.changes.pop_front() {
            return Some(Task::Change(change));
        }
        if let Some(is_asked) = self.learns.take() {
            return Some(Task::Learn(is_asked));
        }
        let active_state = self.active_state.clone()?;
        let number = self.wanted.len().min(BATCH);
        let batch: Vec<PictureRequest> = self.wanted.drain(..number).collect();
        (number > 0).then_some(Task::Propose(active_state, batch, self.wanted.len()))
    }
}

impl Learner {
    /// Starts the thread.
    pub fn new(cache: Arc<Cache>, post: &EventSender) -> Self {
        let queue = Arc::<Shared<Queue>>::default();
        let busy = Arc::<Busy>::default();
        let worker = Worker {
            queue: Arc::clone(&queue),
            busy: Arc::clone(&busy),
            cache,
            post: post.clone(),
            model_info: None,
            learner: BoxLearner::new(SEED),
            order: VecDeque::new(),
            pool: ThreadPoolBuilder::new().num_threads(threads()).build().ok(),
        };
        thread::spawn(move || worker.run());
        Self { queue, busy }
    }

    /// Another model looks at pictures, or none: all that was learnt from is forgotten. The number
    /// that comes with what is learnt from now on.
    pub fn use_model(&self, model_info: Option<Arc<ModelInfo>>) -> u64 {
        self.busy.is_cancelled.store(true, Ordering::Relaxed);
        self.queue.change(|queue| {
            *queue = Queue {
                model_info,
                epoch: queue.epoch + 1,
                ..Queue::default()
            };
            queue.epoch
        })
    }

    /// Takes a reviewed picture in, in the place of what was said of it before.
    pub fn take(&self, lesson: ReviewedPicture) {
        self.queue
            .change(|queue| queue.changes.push_back(Change::Take(lesson)));
    }

    /// A picture is no longer reviewed.
    pub fn drop_lesson(&self, picture: PictureId) {
        self.queue
            .change(|queue| queue.changes.push_back(Change::Drop(picture)));
    }

    /// Learns from what was taken in, after all that was asked for so far.
    pub fn learn(&self, is_asked: bool) {
        self.busy.is_cancelled.store(false, Ordering::Relaxed);
        self.queue.change(|queue| {
            let is_asked = is_asked || queue.learns == Some(true);
            queue.learns = Some(is_asked);
        });
    }

    /// Stops learning.
    pub fn cancel(&self) {
        self.busy.is_cancelled.store(true, Ordering::Relaxed);
        self.queue.change(|queue| queue.learns = None);
    }

    /// How far learning is, of [`STEPS`], if it is under way.
    pub fn step(&self) -> Option<usize> {
        let is_learning = self.busy.is_learning.load(Ordering::Relaxed);
        is_learning.then(|| self.busy.step.load(Ordering::Relaxed))
    }

    /// Proposes by something else, or not at all. What was asked for before is forgotten.
    pub fn set_active_state(&self, active_state: Option<ActiveState>) {
        self.queue.change(|queue| {
            queue.active_state = active_state;
            queue.wanted.clear();
        });
    }

    /// Proposes for these pictures, before those that were asked for already or after them.
    pub fn propose(&self, pictures: Vec<PictureRequest>, is_urgent: bool) {
        self.queue.change(|queue| {
            let new: HashSet<PictureId> = pictures.iter().map(|other| other.picture).collect();
            queue.wanted.retain(|other| !new.contains(&other.picture));
            if is_urgent {
                for request in pictures.into_iter().rev() {
                    queue.wanted.push_front(request);
                }
            } else {
                queue.wanted.extend(pictures);
            }
        });
    }

    /// Looks for boxes that are like one.
    pub fn find_similar(&self, example: SimilarRequest) {
        self.queue.change(|queue| queue.examples.push_back(example));
    }
}

impl Drop for Learner {
    fn drop(&mut self) {
        self.busy.is_cancelled.store(true, Ordering::Relaxed);
        self.queue.change(|queue| queue.has_ended = true);
    }
}

/// The window wants one core for itself.
fn threads() -> usize {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    (cores - 1).max(1)
}

struct Worker {
    queue: Arc<Shared<Queue>>,
    busy: Arc<Busy>,
    cache: Arc<Cache>,
    post: EventSender,
    /// The model that has seen what is learnt from, and its number.
    model_info: Option<(Arc<ModelInfo>, u64)>,
    learner: BoxLearner,
    /// Pictures in the order in which they came.
    order: VecDeque<PictureId>,
    pool: Option<ThreadPool>,
}

impl Worker {
    fn run(mut self) {
        loop {
            let next = self.queue.wait_for(|queue| {
                if queue.has_ended {
                    return Some(None);
                }
                let model_info = queue.model_info.clone()?;
                let task = queue.pop()?;
                Some(Some((model_info, queue.epoch, task)))
            });
            let Some((model_info, epoch, task)) = next else {
                return;
            };
            if self
                .model_info
                .as_ref()
                .is_none_or(|(_, known)| *known != epoch)
            {
                self.model_info = Some((Arc::clone(&model_info), epoch));
                self.learner = BoxLearner::new(SEED);
                self.order.clear();
            }
            match task {
                Task::Change(Change::Take(lesson)) => self.take(&model_info, &lesson),
                Task::Change(Change::Drop(picture)) => self.forget(picture),
                Task::Learn(is_asked) => self.learn(&model_info, is_asked),
                Task::Propose(active_state, batch, left) => {
                    self.propose(&model_info, &active_state, &batch, left)
                }
                Task::Alike(example) => self.find_similar(&model_info, &example),
            }
        }
    }

    fn send(&self, learnt: LearningEvent) {
        let epoch = self.model_info.as_ref().map_or(0, |(_, epoch)| *epoch);
        self.post.send(WorkerEvent::Learning(epoch, learnt));
    }

    fn sight(&self, model_info: &ModelInfo, request: &PictureRequest) -> Option<PictureFeatures> {
        let bytes = self.cache.get(
            CacheKind::PictureFeatures,
            &model_info.maps_key(&request.key),
        )?;
        let sight = PictureFeatures::from_bytes(&bytes)?;
        let [width, height] = request.size;
        (sight.size() == (width, height)).then_some(sight)
    }

    fn take(&mut self, model_info: &ModelInfo, lesson: &ReviewedPicture) {
        let picture = lesson.request.picture;
        let Some(sight) = self.sight(model_info, &lesson.request) else {
            self.forget(picture);
            return self.send(LearningEvent::Added(picture, false));
        };
        self.order.retain(|other| *other != picture);
        self.order.push_back(picture);
        self.learner
            .add(picture.0.into(), Arc::new(sight), &lesson.truth);
        if self.order.len() > MOST_PICTURES
            && let Some(oldest) = self.order.pop_front()
        {
            self.learner.remove(oldest.0.into());
        }
        self.send(LearningEvent::Added(picture, true));
    }

    fn forget(&mut self, picture: PictureId) {
        self.order.retain(|other| *other != picture);
        self.learner.remove(picture.0.into());
    }

    fn learn(&self, model_info: &ModelInfo, is_asked: bool) {
        let busy = Arc::clone(&self.busy);
        busy.step.store(0, Ordering::Relaxed);
        busy.is_learning.store(true, Ordering::Relaxed);
        let begun = Instant::now();
        let solve = || {
            let learned = self.learner.solve(&|| {
                busy.step.fetch_add(1, Ordering::Relaxed);
                busy.is_cancelled.load(Ordering::Relaxed)
            });
            learned.map(|learned| {
                let text = learned_text::encode(&learned, &model_info.features_kind());
                (Arc::new(learned), text)
            })
        };
        let learned = match &self.pool {
            Some(pool) => pool.install(solve),
            None => solve(),
        };
        busy.is_learning.store(false, Ordering::Relaxed);
        if busy.is_cancelled.load(Ordering::Relaxed) {
            return self.send(LearningEvent::Cancelled);
        }
        self.send(LearningEvent::Finished(learned, is_asked, begun.elapsed()));
    }

    fn propose(
        &self,
        model_info: &ModelInfo,
        active_state: &ActiveState,
        batch: &[PictureRequest],
        left: usize,
    ) {
        let (mut boxes, mut unseen) = (Vec::new(), Vec::new());
        for request in batch {
            match self.sight(model_info, request) {
                Some(sight) => boxes.push((request.picture, active_state.learned.propose(&sight))),
                None => unseen.push(request.picture),
            }
        }
        self.send(LearningEvent::Boxes {
            generation: active_state.generation,
            boxes,
            unseen,
            left,
        });
    }

    fn find_similar(&self, model_info: &ModelInfo, example: &SimilarRequest) {
        let (mut boxes, mut unseen) = (Vec::new(), Vec::new());
        let own = self.sight(model_info, &example.request);
        match &own {
            Some(own) => {
                for request in &example.pictures {
                    match self.sight(model_info, request) {
                        Some(sight) => {
                            let alike = find_similar(&sight, (own, example.bbox));
                            boxes.push((request.picture, alike));
                        }
                        None => unseen.push(request.picture),
                    }
                }
            }
            None => unseen.push(example.request.picture),
        }
        self.send(LearningEvent::SimilarBoxes {
            search: example.search,
            boxes,
            unseen,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(id: u32) -> PictureRequest {
        PictureRequest {
            picture: PictureId(id),
            path: Default::default(),
            key: String::new(),
            size: [1, 1],
        }
    }

    #[test]
    fn lessons_come_before_learning_and_that_before_proposals() {
        let mut queue = Queue {
            learns: Some(false),
            ..Queue::default()
        };
        queue.wanted.extend((1..=10).map(request));
        queue.changes.push_back(Change::Drop(PictureId(3)));
        assert!(matches!(queue.pop(), Some(Task::Change(_))));
        assert!(matches!(queue.pop(), Some(Task::Learn(false))));
        assert!(queue.pop().is_none(), "nothing is in use");
        assert_eq!(queue.wanted.len(), 10);
    }
}
