//! Reads maps that the model has made earlier from the cache, for a picture that is shown.

use std::sync::Arc;

use super::crash::Worker;
use super::events::{EventSender, WorkerEvent};
use super::spawn::spawn_task;
use crate::app::cache::{Cache, CacheKind, maps_codec};
use crate::document::PictureId;

/// Reads maps for one opened project.
pub struct MapsLoader {
    cache: Arc<Cache>,
    events: EventSender,
}

impl MapsLoader {
    /// A loader without a request.
    pub fn new(cache: Arc<Cache>, events: EventSender) -> Self {
        Self { cache, events }
    }

    /// Reads the maps under this key. They are reported as [`WorkerEvent::Maps`].
    pub fn load(&self, picture: PictureId, key: String) {
        let (cache, events) = (Arc::clone(&self.cache), self.events.clone());
        let failed_key = key.clone();
        let work = move || {
            let bytes = cache.get(CacheKind::PictureMaps, &key);
            let maps = bytes.and_then(|bytes| maps_codec::decode(&bytes));
            events.send(WorkerEvent::Maps(picture, key, maps.map(Arc::new)));
        };
        let on_crash = move |events: &EventSender, _: String| {
            events.send(WorkerEvent::Maps(picture, failed_key.clone(), None));
        };
        spawn_task(Worker::Relocalizer, &self.events, work, on_crash);
    }
}
