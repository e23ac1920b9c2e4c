//! Boxes of a whole set derived anew from the kept maps, when a person has moved the threshold or
//! named classes, or wants to know which classes there are.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use super::events::{DerivePurpose, DerivedBoxes, EventSender, WorkerEvent};
use super::terms::{CutOptions, ModelInfo, PictureRequest};
use crate::app::cache::{Cache, CacheKind, maps_codec};
use crate::propose;

/// Pictures whose boxes come back together.
const BATCH: usize = 64;

/// Derives boxes for one opened project and one purpose.
pub struct Deriver {
    purpose: DerivePurpose,
    generation: Arc<AtomicU64>,
    cache: Arc<Cache>,
    post: EventSender,
}

impl Deriver {
    /// A deriver that has nothing to do.
    pub fn new(purpose: DerivePurpose, cache: Arc<Cache>, post: EventSender) -> Self {
        Self {
            purpose,
            generation: Arc::default(),
            cache,
            post,
        }
    }

    /// Whether boxes are those that were asked for last.
    pub fn is_current_request(&self, derived: &DerivedBoxes) -> bool {
        derived.purpose == self.purpose
            && derived.generation == self.generation.load(Ordering::Relaxed)
    }

    /// Forgets what was asked for.
    pub fn cancel(&self) {
        self.generation.fetch_add(1, Ordering::Relaxed);
    }

    /// Derives the boxes of these pictures, in the place of what was asked for before.
    pub fn derive(&self, model: Arc<ModelInfo>, cut: CutOptions, pictures: Vec<PictureRequest>) {
        let generation = self.generation.fetch_add(1, Ordering::Relaxed) + 1;
        let purpose = self.purpose;
        let (latest, cache, post) = (
            Arc::clone(&self.generation),
            Arc::clone(&self.cache),
            self.post.clone(),
        );
        thread::spawn(move || {
            let mut left = pictures.len();
            for batch in pictures.chunks(BATCH) {
                if latest.load(Ordering::Relaxed) != generation {
                    return;
                }
                left -= batch.len();
                let boxes_of = |request: &PictureRequest| {
                    let bytes = cache.get(CacheKind::Maps, &model.maps_key(&request.key))?;
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
                post.send(WorkerEvent::Derived(DerivedBoxes {
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

impl Drop for Deriver {
    fn drop(&mut self) {
        self.cancel();
    }
}
