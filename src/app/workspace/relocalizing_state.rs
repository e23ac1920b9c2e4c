//! Maps in memory, and boxes that were made from maps but are not written yet.

use std::collections::{HashSet, VecDeque};
use std::num::NonZeroUsize;
use std::sync::Arc;

use lru::LruCache;

use crate::app::workers::events::RelocalizedBoxes;
use crate::document::PictureId;
use crate::localize::PictureMaps;

/// The number of pictures whose maps are kept in memory.
const MAX_MAPS: NonZeroUsize = NonZeroUsize::new(64).expect("it is not zero");

/// The maps and what is made from them.
pub struct Relocalizing {
    /// The number of pictures whose proposals are still to be updated.
    pub remaining: usize,
    /// Boxes that wait to be written.
    pub(super) queue: VecDeque<RelocalizedBoxes>,
    pub(super) maps: LruCache<PictureId, Arc<PictureMaps>>,
    /// Pictures whose maps are not in the cache, so that they are not looked up in every frame.
    pub(super) without_maps: HashSet<PictureId>,
    /// Pictures whose maps are being read.
    pub(super) loading: HashSet<PictureId>,
}

impl Default for Relocalizing {
    fn default() -> Self {
        Self {
            remaining: 0,
            queue: VecDeque::new(),
            maps: LruCache::new(MAX_MAPS),
            without_maps: HashSet::new(),
            loading: HashSet::new(),
        }
    }
}

impl Relocalizing {
    /// Records the maps of a picture.
    pub(super) fn put(&mut self, picture: PictureId, maps: Arc<PictureMaps>) {
        self.without_maps.remove(&picture);
        self.maps.put(picture, maps);
    }

    /// Forgets the maps of a picture, because its file has changed.
    pub(super) fn forget(&mut self, picture: PictureId) {
        self.maps.pop(&picture);
        self.without_maps.remove(&picture);
        self.loading.remove(&picture);
    }

    /// Drops the boxes that are not written yet.
    pub(super) fn clear_queue(&mut self) {
        self.queue.clear();
        self.remaining = 0;
    }
}
