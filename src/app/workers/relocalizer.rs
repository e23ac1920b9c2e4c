//! Makes the boxes of a whole project again from cached maps: after a person has moved the threshold or
//! mapped classes.
//!
//! The latest request wins. A key that is held down makes a request with every repeat, so a request rests
//! a moment before it is begun, and a newer one ends it within a picture.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::crash::Worker;
use super::events::{EventSender, RelocalizedBoxes, WorkerEvent};
use super::monitor::Monitor;
use super::requests::{LocalizeOptions, ModelInfo, PictureRequest, PictureVersion};
use super::spawn::{attempt, spawn};
use crate::app::cache::{Cache, CacheKind, maps_codec};
use crate::propose::{self, Proposal};

/// The number of pictures whose boxes are reported together.
const BATCH: usize = 64;
/// How long a request waits for a newer one: longer than between two repeats of a key.
const REST: Duration = Duration::from_millis(150);

/// The thread that derives boxes for one opened project.
pub struct Relocalizer {
    queue: Arc<Monitor<Queue>>,
    /// The number of the newest request.
    newest: Arc<AtomicU64>,
}

#[derive(Default)]
struct Queue {
    job: Option<Job>,
    has_ended: bool,
}

/// A request.
struct Job {
    generation: u64,
    model: Arc<ModelInfo>,
    cut: LocalizeOptions,
    pictures: Vec<PictureRequest>,
}

impl Relocalizer {
    /// Starts the thread, which waits.
    pub fn new(cache: Arc<Cache>, events: &EventSender) -> Self {
        let queue = Arc::<Monitor<Queue>>::default();
        let newest = Arc::<AtomicU64>::default();
        let worker = Derivation {
            queue: Arc::clone(&queue),
            newest: Arc::clone(&newest),
            cache,
            events: events.clone(),
        };
        spawn(Worker::Relocalizer, events, move || worker.run(), |_, _| {});
        Self { queue, newest }
    }

    /// Whether boxes are of the newest request.
    pub fn is_current_request(&self, relocalized: &RelocalizedBoxes) -> bool {
        relocalized.generation == self.newest.load(Ordering::Relaxed)
    }

    /// Cancels the request.
    pub fn cancel(&self) {
        self.newest.fetch_add(1, Ordering::Relaxed);
        self.queue.change(|queue| queue.job = None);
    }

    /// Derives the boxes of these pictures; an earlier request is cancelled.
    pub fn relocalize(
        &self,
        model: Arc<ModelInfo>,
        cut: LocalizeOptions,
        pictures: Vec<PictureRequest>,
    ) {
        let generation = self.newest.fetch_add(1, Ordering::Relaxed) + 1;
        let job = Job {
            generation,
            model,
            cut,
            pictures,
        };
        self.queue.change(|queue| queue.job = Some(job));
    }
}

impl Drop for Relocalizer {
    fn drop(&mut self) {
        self.cancel();
        self.queue.change(|queue| queue.has_ended = true);
    }
}

impl Queue {
    /// The next request; `Some(None)` if the thread is to end.
    fn next(&mut self) -> Option<Option<Job>> {
        if self.has_ended {
            return Some(None);
        }
        self.job.take().map(Some)
    }
}

/// What the thread owns.
struct Derivation {
    queue: Arc<Monitor<Queue>>,
    newest: Arc<AtomicU64>,
    cache: Arc<Cache>,
    events: EventSender,
}

impl Derivation {
    fn run(&self) {
        while let Some(job) = self.next() {
            let derived = attempt(Worker::Relocalizer, &self.events, || self.derive(&job));
            if derived.is_err() {
                // Nothing more is to come.
                self.send(&job, Vec::new(), 0);
            }
        }
    }

    /// The next request, once no newer one has followed for a moment; none if the thread is to end.
    fn next(&self) -> Option<Job> {
        let mut job = self.queue.wait_for(Queue::next)?;
        while let Some(newer) = self.queue.wait_at_most(REST, Queue::next) {
            job = newer?;
        }
        Some(job)
    }

    fn derive(&self, job: &Job) {
        let mut left = job.pictures.len();
        for batch in job.pictures.chunks(BATCH) {
            left -= batch.len();
            let mut boxes = Vec::new();
            for request in batch {
                if self.newest.load(Ordering::Relaxed) != job.generation {
                    return;
                }
                let found = boxes_from_cache(&self.cache, request, &job.model, &job.cut);
                boxes.extend(found.map(|found| (request.version(), found)));
            }
            self.send(job, boxes, left);
        }
    }

    fn send(&self, job: &Job, boxes: Vec<(PictureVersion, Vec<Proposal>)>, left: usize) {
        self.events.send(WorkerEvent::Relocalized(RelocalizedBoxes {
            generation: job.generation,
            cut: job.cut.clone(),
            model: Arc::clone(&job.model),
            boxes,
            left,
        }));
    }
}

/// The boxes of a picture whose maps are cached.
pub(super) fn boxes_from_cache(
    cache: &Cache,
    request: &PictureRequest,
    model: &ModelInfo,
    cut: &LocalizeOptions,
) -> Option<Vec<Proposal>> {
    let key = model.cache_key(&request.key);
    let maps = maps_codec::decode(&cache.get(CacheKind::PictureMaps, &key)?)?;
    let [width, height] = request.size;
    Some(propose::proposals_from_maps(
        &maps,
        (width, height),
        cut.method,
        &cut.boxes,
    ))
}

#[cfg(test)]
mod tests {
    use crossbeam_channel::unbounded;

    use super::*;
    use crate::document::PictureId;
    use crate::localize::{BoxOptions, Method, Quality};

    #[test]
    fn requests_in_a_row_are_derived_once_and_the_latest_wins() {
        let (sender, results) = unbounded();
        let events = EventSender::new(sender, || {});
        let relocalizer = Relocalizer::new(Arc::new(Cache::open(None, 0)), &events);
        let model = Arc::new(ModelInfo {
            name: "m".to_owned(),
            version: "1".to_owned(),
            classes: Arc::new([]),
            has_companion_classes: true,
            quality: Quality::Fast,
            has_detector: false,
            device: "cpu".to_owned(),
        });
        let picture = PictureRequest {
            picture: PictureId(1),
            version: 0,
            path: Default::default(),
            key: String::new(),
            size: [1, 1],
        };
        for repeat in 1..=20_u8 {
            let cut = LocalizeOptions {
                method: Method::Affinity,
                boxes: BoxOptions {
                    threshold: Some(f32::from(repeat) / 100.0),
                    ..BoxOptions::default()
                },
            };
            relocalizer.relocalize(Arc::clone(&model), cut, vec![picture.clone()]);
        }
        let mut derived = 0;
        let last = loop {
            let (_, event) = results.recv_timeout(Duration::from_secs(60)).unwrap();
            let WorkerEvent::Relocalized(boxes) = event else {
                panic!("nothing else works");
            };
            derived += 1;
            if relocalizer.is_current_request(&boxes) {
                break boxes;
            }
        };
        assert_eq!((last.cut.boxes.threshold, last.left), (Some(0.2), 0));
        // One, unless this machine rests between two requests.
        assert!(derived <= 3, "{derived} derivations");
        std::thread::sleep(2 * REST);
        assert!(results.try_recv().is_err(), "nothing follows");
    }
}
