//! Makes thumbnails for the pictures that are visible in the list, the last requested first.

use std::collections::HashSet;
use std::io::Cursor;
use std::path::PathBuf;
use std::sync::Arc;

use egui::ColorImage;
use image::codecs::jpeg::JpegEncoder;
use image::{ImageFormat, RgbImage};

use super::events::{EventSender, WorkerEvent};
use super::monitor::Monitor;
use super::spawn::spawn;
use crate::app::cache::{Cache, CacheKind};
use crate::document::PictureId;
use crate::pictures::{self, DecodeLimits};

/// The longer side of a thumbnail, in pixels.
const MAX_SIDE_PX: u32 = 192;
const JPEG_QUALITY: u8 = 85;
/// The number of thumbnails that can wait; more are never visible at once.
const MAX_QUEUED: usize = 256;

/// A request for a thumbnail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThumbnailRequest {
    /// The picture.
    pub picture: PictureId,
    /// Its file.
    pub path: PathBuf,
    /// Its cache key.
    pub key: String,
}

/// The thread that makes thumbnails for one opened project.
pub struct Thumbnailer {
    queue: Arc<Monitor<Queue>>,
}

#[derive(Default)]
struct Queue {
    /// The last one is made first.
    waiting: Vec<ThumbnailRequest>,
    /// Pictures that wait or are under way.
    requested: HashSet<PictureId>,
    has_ended: bool,
}

impl Thumbnailer {
    /// Starts the thread.
    pub fn new(cache: Arc<Cache>, events: &EventSender) -> Self {
        let queue = Arc::<Monitor<Queue>>::default();
        let (waiting, events) = (Arc::clone(&queue), events.clone());
        spawn("thumbnailer", move || make_all(&waiting, &cache, &events));
        Self { queue }
    }

    /// Requests a thumbnail, to be made before all others. If it is requested already, nothing changes.
    pub fn request(&self, request: ThumbnailRequest) {
        self.queue.change(|queue| {
            if !queue.requested.insert(request.picture) {
                return;
            }
            queue.waiting.push(request);
            if queue.waiting.len() > MAX_QUEUED {
                let forgotten = queue.waiting.remove(0);
                queue.requested.remove(&forgotten.picture);
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
    fn next(&mut self) -> Option<Option<ThumbnailRequest>> {
        if self.has_ended {
            return Some(None);
        }
        self.waiting.pop().map(Some)
    }
}

fn make_all(queue: &Monitor<Queue>, cache: &Cache, events: &EventSender) {
    while let Some(request) = queue.wait_for(Queue::next) {
        let cached = cache.get(CacheKind::Thumbnail, &request.key);
        let cached = cached.and_then(|jpeg| from_jpeg(&jpeg));
        let thumbnail = cached.or_else(|| make(&request, cache));
        let image = thumbnail.map(|thumbnail| colour_image(&thumbnail));
        events.send(WorkerEvent::Thumbnail(request.picture, image));
        queue.change(|queue| queue.requested.remove(&request.picture));
    }
}

/// Makes a thumbnail and caches it. The result is decoded again, so that it is the same as from the
/// cache.
fn make(request: &ThumbnailRequest, cache: &Cache) -> Option<RgbImage> {
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
