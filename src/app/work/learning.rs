//! Learning beside the window: it takes in what people made of proposals, learns from it, and
//! proposes by what was learnt.
//!
//! One thread owns the learner. It reads what it needs of pictures from the cache, where the
//! thread of the model puts it; what is not there it says, so that the model can look again.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rayon::{ThreadPool, ThreadPoolBuilder};

use super::proposing::{ModelFacts, Request};
use super::shared::Shared;
use super::{Event, Post};
use crate::app::cache::{Cache, Kind};
use crate::app::learned;
use crate::document::PictureId;
use crate::geometry::BBox;
use crate::learn::boxes::{BoxLearner, Learned, LearnedBox, Sight, more_like};

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
pub struct Lesson {
    /// The picture.
    pub request: Request,
    /// Its true boxes, which may be none.
    pub truth: Vec<(BBox, u32)>,
}

/// A wish for boxes that are like one.
#[derive(Clone, Debug)]
pub struct Example {
    /// The number of the search that it is a part of.
    pub search: u64,
    /// The picture with the box.
    pub request: Request,
    /// The box.
    pub bbox: BBox,
    /// Where to look for others.
    pub pictures: Vec<Request>,
}

/// What was learnt, as proposers use it.
#[derive(Clone)]
pub struct InUse {
    /// The number of the use: what was proposed by a former one is dropped.
    pub generation: u64,
    /// What was learnt.
    pub learned: Arc<Learned>,
}

/// Boxes of pictures.
pub type Found = Vec<(PictureId, Vec<LearnedBox>)>;

/// Something that has come of learning.
pub enum Learnt {
    /// A reviewed picture was taken in; or it was not, because what is to be learnt from it is not
    /// kept, and the model has to look at it again.
    Taken(PictureId, bool),
    /// It was learnt, with the text that a setting keeps of it, or the pictures were too few;
    /// whether a person had asked for it, and how long it took.
    Learned(Option<(Arc<Learned>, String)>, bool, Duration),
    /// A person has stopped it.
    Cancelled,
    /// Boxes by what was learnt.
    Boxes {
        /// The number of the use.
        generation: u64,
        /// The boxes of each picture.
        boxes: Found,
        /// Pictures that the model has to look at again.
        unseen: Vec<PictureId>,
        /// Pictures that are still to come.
        left: usize,
    },
    /// Boxes that are like an example.
    Alike {
        /// The number of the search.
        search: u64,
        /// The boxes of each picture.
        boxes: Found,
        /// Pictures that the model has to look at again, the example's own in front.
        unseen: Vec<PictureId>,
    },
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
    Take(Lesson),
    Drop(PictureId),
}

#[derive(Default)]
struct Queue {
    facts: Option<Arc<ModelFacts>>,
    /// Rises with every model: what one has seen says nothing to another.
    epoch: u64,
    changes: VecDeque<Change>,
    /// Whether to learn, and whether a person has asked for it.
    learns: Option<bool>,
    in_use: Option<InUse>,
    /// Pictures to propose for, in order.
    wanted: VecDeque<Request>,
    examples: VecDeque<Example>,
    has_ended: bool,
}

/// The next thing to do.
enum Task {
    Alike(Example),
    Change(Change),
    Learn(bool),
    Propose(InUse, Vec<Request>, usize),
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
        let in_use = self.in_use.clone()?;
        let number = self.wanted.len().min(BATCH);
        let batch: Vec<Request> = self.wanted.drain(..number).collect();
        (number > 0).then_some(Task::Propose(in_use, batch, self.wanted.len()))
    }
}

impl Learner {
    /// Starts the thread.
    pub fn new(cache: Arc<Cache>, post: &Post) -> Self {
        let queue = Arc::<Shared<Queue>>::default();
        let busy = Arc::<Busy>::default();
        let worker = Worker {
            queue: Arc::clone(&queue),
            busy: Arc::clone(&busy),
            cache,
            post: post.clone(),
            facts: None,
            learner: BoxLearner::new(SEED),
            order: VecDeque::new(),
            pool: ThreadPoolBuilder::new().num_threads(threads()).build().ok(),
        };
        thread::spawn(move || worker.run());
        Self { queue, busy }
    }

    /// Another model looks at pictures, or none: all that was learnt from is forgotten. The number
    /// that comes with what is learnt from now on.
    pub fn use_model(&self, facts: Option<Arc<ModelFacts>>) -> u64 {
        self.busy.is_cancelled.store(true, Ordering::Relaxed);
        self.queue.change(|queue| {
            *queue = Queue {
                facts,
                epoch: queue.epoch + 1,
                ..Queue::default()
            };
            queue.epoch
        })
    }

    /// Takes a reviewed picture in, in the place of what was said of it before.
    pub fn take(&self, lesson: Lesson) {
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
    pub fn use_learned(&self, in_use: Option<InUse>) {
        self.queue.change(|queue| {
            queue.in_use = in_use;
            queue.wanted.clear();
        });
    }

    /// Proposes for these pictures, before those that were asked for already or after them.
    pub fn propose(&self, pictures: Vec<Request>, is_urgent: bool) {
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
    pub fn more_like(&self, example: Example) {
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
    post: Post,
    /// The model that has seen what is learnt from, and its number.
    facts: Option<(Arc<ModelFacts>, u64)>,
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
                let facts = queue.facts.clone()?;
                let task = queue.pop()?;
                Some(Some((facts, queue.epoch, task)))
            });
            let Some((facts, epoch, task)) = next else {
                return;
            };
            if self.facts.as_ref().is_none_or(|(_, known)| *known != epoch) {
                self.facts = Some((Arc::clone(&facts), epoch));
                self.learner = BoxLearner::new(SEED);
                self.order.clear();
            }
            match task {
                Task::Change(Change::Take(lesson)) => self.take(&facts, &lesson),
                Task::Change(Change::Drop(picture)) => self.forget(picture),
                Task::Learn(is_asked) => self.learn(&facts, is_asked),
                Task::Propose(in_use, batch, left) => self.propose(&facts, &in_use, &batch, left),
                Task::Alike(example) => self.more_like(&facts, &example),
            }
        }
    }

    fn send(&self, learnt: Learnt) {
        let epoch = self.facts.as_ref().map_or(0, |(_, epoch)| *epoch);
        self.post.send(Event::Learnt(epoch, learnt));
    }

    fn sight(&self, facts: &ModelFacts, request: &Request) -> Option<Sight> {
        let bytes = self.cache.get(Kind::Sight, &facts.maps_key(&request.key))?;
        let sight = Sight::from_bytes(&bytes)?;
        let [width, height] = request.size;
        (sight.size() == (width, height)).then_some(sight)
    }

    fn take(&mut self, facts: &ModelFacts, lesson: &Lesson) {
        let picture = lesson.request.picture;
        let Some(sight) = self.sight(facts, &lesson.request) else {
            self.forget(picture);
            return self.send(Learnt::Taken(picture, false));
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
        self.send(Learnt::Taken(picture, true));
    }

    fn forget(&mut self, picture: PictureId) {
        self.order.retain(|other| *other != picture);
        self.learner.remove(picture.0.into());
    }

    fn learn(&self, facts: &ModelFacts, is_asked: bool) {
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
                let text = learned::to_text(&learned, &facts.sight_kind());
                (Arc::new(learned), text)
            })
        };
        let learned = match &self.pool {
            Some(pool) => pool.install(solve),
            None => solve(),
        };
        busy.is_learning.store(false, Ordering::Relaxed);
        if busy.is_cancelled.load(Ordering::Relaxed) {
            return self.send(Learnt::Cancelled);
        }
        self.send(Learnt::Learned(learned, is_asked, begun.elapsed()));
    }

    fn propose(&self, facts: &ModelFacts, in_use: &InUse, batch: &[Request], left: usize) {
        let (mut boxes, mut unseen) = (Vec::new(), Vec::new());
        for request in batch {
            match self.sight(facts, request) {
                Some(sight) => boxes.push((request.picture, in_use.learned.propose(&sight))),
                None => unseen.push(request.picture),
            }
        }
        self.send(Learnt::Boxes {
            generation: in_use.generation,
            boxes,
            unseen,
            left,
        });
    }

    fn more_like(&self, facts: &ModelFacts, example: &Example) {
        let (mut boxes, mut unseen) = (Vec::new(), Vec::new());
        let own = self.sight(facts, &example.request);
        match &own {
            Some(own) => {
                for request in &example.pictures {
                    match self.sight(facts, request) {
                        Some(sight) => {
                            let alike = more_like(&sight, (own, example.bbox));
                            boxes.push((request.picture, alike));
                        }
                        None => unseen.push(request.picture),
                    }
                }
            }
            None => unseen.push(example.request.picture),
        }
        self.send(Learnt::Alike {
            search: example.search,
            boxes,
            unseen,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(id: u32) -> Request {
        Request {
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
