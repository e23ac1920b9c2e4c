//! Makes thumbnails for the pictures that are visible in the list, the last requested first.

use std::collections::HashSet;
use std::io::Cursor;
use std::sync::Arc;

use egui::ColorImage;
use image::codecs::jpeg::JpegEncoder;
use image::{ImageFormat, RgbImage};

use super::crash::Worker;
use super::events::{EventSender, WorkerEvent};
use super::monitor::Monitor;
use super::requests::{PictureRequest, PictureVersion};
use super::spawn::{attempt, spawn};
use crate::app::cache::{Cache, CacheKind};
use crate::pictures::{self, DecodeLimits};

/// The longer side of a thumbnail, in pixels.
const MAX_SIDE_PX: u32 = 192;
const JPEG_QUALITY: u8 = 85;
/// The number of thumbnails that can wait; more are never visible at once.
const MAX_QUEUED: usize = 256;

/// The thread that makes thumbnails for one opened project.
pub struct Thumbnailer {
    queue: Arc<Monitor<Queue>>,
}

#[derive(Default)]
struct Queue {
    /// The last one is made first.
    waiting: Vec<PictureRequest>,
    /// What waits or is under way.
    requested: HashSet<PictureVersion>,
    has_ended: bool,
}

impl Thumbnailer {
    /// Starts the thread.
    pub fn new(cache: Arc<Cache>, events: &EventSender) -> Self {
        let queue = Arc::<Monitor<Queue>>::default();
        let (waiting, events) = (Arc::clone(&queue), events.clone());
        let sender = events.clone();
        let work = move || make_all(&waiting, &cache, &events);
        spawn(Worker::Thumbnailer, &sender, work, |_, _| {});
        Self { queue }
    }

    /// Requests a thumbnail, to be made before all others. If it is requested already, nothing changes.
    pub fn request(&self, request: PictureRequest) {
        self.queue.change(|queue| {
            if !queue.requested.insert(request.version()) {
                return;
            }
            queue.waiting.push(request);
            if queue.waiting.len() > MAX_QUEUED {
                let forgotten = queue.waiting.remove(0);
                queue.requested.remove(&forgotten.version());
            }
        });
    }
}

impl Drop for Thumbnailer {
    fn drop(&mut self) {
        self.queue.change(|queue| queue.has_ended = true);
    }
}

impl Queue {
    /// The next request; `Some(None)` if the thread is to end.
    fn next(&mut self) -> Option<Option<PictureRequest>> {
        if self.has_ended {
            return Some(None);
        }
        self.waiting.pop().map(Some)
    }
}

fn make_all(queue: &Monitor<Queue>, cache: &Cache, events: &EventSender) {
    while let Some(request) = queue.wait_for(Queue::next) {
        let version = request.version();
        let image = attempt(Worker::Thumbnailer, events, || {
            let cached = cache.get(CacheKind::Thumbnail, &request.key);
            let cached = cached.and_then(|jpeg| from_jpeg(&jpeg));
            let thumbnail = cached.or_else(|| make(&request, cache));
            thumbnail.map(|thumbnail| colour_image(&thumbnail))
        });
        events.send(WorkerEvent::Thumbnail(version, image.unwrap_or(None)));
        queue.change(|queue| queue.requested.remove(&version));
    }
}

/// Makes a thumbnail and caches it. The result is decoded again, so that it is the same as from the
/// cache.
fn make(request: &PictureRequest, cache: &Cache) -> Option<RgbImage> {
    let picture = pictures::decode(&request.path, &DecodeLimits::default()).ok()?;
    let mut jpeg = Cursor::new(Vec::new());
    let encoder = JpegEncoder::new_with_quality(&mut jpeg, JPEG_QUALITY);
    shrink(&picture.rgb).write_with_encoder(encoder).ok()?;
    cache.put(CacheKind::Thumbnail, &request.key, jpeg.get_ref());
    from_jpeg(jpeg.get_ref())
}

fn from_jpeg(jpeg: &[u8]) -> Option<RgbImage> {
    let image = image::load_from_memory_with_format(jpeg, ImageFormat::Jpeg).ok()?;
    Some(image.into_rgb8())
}

fn shrink(picture: &RgbImage) -> RgbImage {
    let (width, height) = picture.dimensions();
    let scale = (f64::from(MAX_SIDE_PX) / f64::from(width.max(height))).min(1.0);
    let side = |length: u32| ((f64::from(length) * scale).round() as u32).max(1);
    pictures::resize(picture, side(width), side(height))
}

fn colour_image(picture: &RgbImage) -> ColorImage {
    let size = [picture.width() as usize, picture.height() as usize];
    ColorImage::from_rgb(size, picture.as_raw())
}
