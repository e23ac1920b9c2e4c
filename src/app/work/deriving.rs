//! Boxes of a whole set derived anew from the kept maps, when a person has moved the threshold or
//! named classes, or wants to know which classes there are.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use super::proposing::{ModelFacts, Request};
use super::{Event, Post};
use crate::app::cache::{Cache, Kind};
use crate::app::kept_maps;
use crate::document::PictureId;
use crate::localize::{BoxOptions, Method};
use crate::propose::{self, Proposal};

/// Pictures whose boxes come back together.
const BATCH: usize = 64;

/// How maps are cut.
#[derive(Clone, Debug, PartialEq)]
pub struct Cut {
    /// Which map.
    pub method: Method,
    /// Where it is cut, and what counts.
    pub boxes: BoxOptions,
}

/// What boxes are derived for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// They take the place of untouched proposals.
    Write,
    /// Their classes are counted.
    Count,
}

/// Boxes of some pictures.
pub struct Derived {
    /// What they are for.
    pub purpose: Purpose,
    /// The number of the request; only the last one counts.
    pub generation: u64,
    /// How they were made.
    pub cut: Cut,
    /// The model whose maps they are of.
    pub model: Arc<ModelFacts>,
    /// The boxes of each picture whose maps are kept.
    pub boxes: Vec<(PictureId, Vec<Proposal>)>,
    /// Pictures that are still to come.
    pub left: usize,
}

/// Derives boxes for one opened project and one purpose.
pub struct Deriver {
    purpose: Purpose,
    generation: Arc<AtomicU64>,
    cache: Arc<Cache>,
    post: Post,
}

impl Deriver {
    /// A deriver that has nothing to do.
    pub fn new(purpose: Purpose, cache: Arc<Cache>, post: Post) -> Self {
        Self {
            purpose,
            generation: Arc::default(),
            cache,
            post,
        }
    }

    /// Whether boxes are those that were asked for last.
    pub fn asked_for(&self, derived: &Derived) -> bool {
        derived.purpose == self.purpose
            && derived.generation == self.generation.load(Ordering::Relaxed)
    }

    /// Forgets what was asked for.
    pub fn cancel(&self) {
        self.generation.fetch_add(1, Ordering::Relaxed);
    }

    /// Derives the boxes of these pictures, in the place of what was asked for before.
    pub fn derive(&self, model: Arc<ModelFacts>, cut: Cut, pictures: Vec<Request>) {
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
                let boxes_of = |request: &Request| {
                    let bytes = cache.get(Kind::Maps, &model.maps_key(&request.key))?;
                    let maps = kept_maps::from_bytes(&bytes)?;
                    let [width, height] = request.size;
                    let boxes = propose::cut(&maps, (width, height), cut.method, &cut.boxes);
                    Some((request.picture, boxes))
                };
                post.send(Event::Derived(Derived {
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
