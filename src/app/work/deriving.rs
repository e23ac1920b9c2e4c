//! Boxes of a whole set derived anew from the kept maps, when a person has moved the threshold or
//! named classes, or wants to know which classes there are.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use super::proposing::{ModelInfo, PictureRequest};
use super::{EventSender, WorkerEvent};
use crate::app::cache::{Cache, CacheKind};
use crate::app::kept_maps;
use crate::document::PictureId;
use crate::localize::{BoxOptions, Method};
use crate::propose::{self, Proposal};

/// Pictures whose boxes come back together.
const BATCH: usize = 64;

/// How maps are cut.
#[derive(Clone, Debug, PartialEq)]
pub struct CutOptions {
    /// Which map.
    pub method: Method,
    /// Where it is cut, and what counts.
    pub boxes: BoxOptions,
}

/// What boxes are derived for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DerivePurpose {
    /// They take the place of untouched proposals.
    Write,
    /// Their classes are counted.
    Count,
}

/// Boxes of some pictures.
pub struct DerivedBoxes {
    /// What they are for.
    pub purpose: DerivePurpose,
    /// The number of the request; only the last one counts.
    pub generation: u64,
    /// How they were made.
    pub cut: CutOptions,
    /// The model whose maps they are of.
    pub model: Arc<ModelInfo>,
    /// The boxes of each picture whose maps are kept.
    pub boxes: Vec<(PictureId, Vec<Proposal>)>,
    /// Pictures that are still to come.
    pub left: usize,
}

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
                    let maps = kept_maps::from_bytes(&bytes)?;
                    let [width, height] = request.size;
                    let boxes = propose::cut(&maps, (width, height), cut.method, &cut.boxes);
                    Some((request.picture, boxes))
                };
                post.send(WorkerEvent::DerivedBoxes(DerivedBoxes {
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

/// What the cache knows a picture by: its content where that is known, so that a renamed file is
/// found again and a changed one is not mistaken for what it was.
pub fn picture_key(picture: &crate::document::Picture, root: &Path) -> String {
    match &picture.content_hash {
        Some(hash) => hash.to_string(),
        None => root.join(&*picture.path).display().to_string(),
    }
}
