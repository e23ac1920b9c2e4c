//! Makes the boxes of a whole project again from cached maps: after a person has moved the threshold or
//! mapped classes, or to count the classes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::events::{EventSender, RelocalizePurpose, RelocalizedBoxes, WorkerEvent};
use super::requests::{LocalizeOptions, ModelInfo, PictureRequest};
use super::spawn::spawn;
use crate::app::cache::{Cache, CacheKind, maps_codec};
use crate::propose;

/// The number of pictures whose boxes are reported together.
const BATCH: usize = 64;

/// Derives boxes for one opened project and one purpose.
pub struct Relocalizer {
    purpose: RelocalizePurpose,
    generation: Arc<AtomicU64>,
    cache: Arc<Cache>,
    events: EventSender,
}

impl Relocalizer {
    /// A relocalizer without a request.
    pub fn new(purpose: RelocalizePurpose, cache: Arc<Cache>, events: EventSender) -> Self {
        Self {
            purpose,
            generation: Arc::default(),
            cache,
            events,
        }
    }

    /// Whether boxes are of the newest request.
    pub fn is_current_request(&self, relocalized: &RelocalizedBoxes) -> bool {
        relocalized.purpose == self.purpose
            && relocalized.generation == self.generation.load(Ordering::Relaxed)
    }

    /// Cancels the request.
    pub fn cancel(&self) {
        self.generation.fetch_add(1, Ordering::Relaxed);
    }

    /// Derives the boxes of these pictures; an earlier request is cancelled.
    pub fn relocalize(
        &self,
        model: Arc<ModelInfo>,
        cut: LocalizeOptions,
        pictures: Vec<PictureRequest>,
    ) {
        let generation = self.generation.fetch_add(1, Ordering::Relaxed) + 1;
        let purpose = self.purpose;
        let (latest, cache, events) = (
            Arc::clone(&self.generation),
            Arc::clone(&self.cache),
            self.events.clone(),
        );
        spawn("relocalizer", move || {
            let mut left = pictures.len();
            for batch in pictures.chunks(BATCH) {
                if latest.load(Ordering::Relaxed) != generation {
                    return;
                }
                left -= batch.len();
                let boxes_of = |request: &PictureRequest| {
                    let bytes =
                        cache.get(CacheKind::PictureMaps, &model.cache_key(&request.key))?;
                    let maps = maps_codec::decode(&bytes)?;
                    let [width, height] = request.size;
                    let boxes = propose::proposals_from_maps(
                        &maps,
                        (width, height),
                        cut.method,
                        &cut.boxes,
                    );
                    Some((request.picture, boxes))
                };
                events.send(WorkerEvent::Relocalized(RelocalizedBoxes {
                    purpose,
                    generation,
                    cut: cut.clone(),
                    model: Arc::clone(&model),
                    boxes: batch.iter().filter_map(boxes_of).collect(),
                    left,
                }));
            }
        });
    }
}

impl Drop for Relocalizer {
    fn drop(&mut self) {
        self.cancel();
    }
}
