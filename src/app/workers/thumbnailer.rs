//! Thumbnails for the list: those that can be seen, the last ones asked for first.

use std::collections::HashSet;
use std::io::Cursor;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use egui::ColorImage;
use image::codecs::jpeg::JpegEncoder;
use image::{ImageFormat, RgbImage};

use super::events::{EventSender, WorkerEvent};
use super::shared::Shared;
use crate::app::cache::{Cache, CacheKind};
use crate::document::PictureId;
use crate::pictures::{self, DecodeLimits};

/// The longest side of a thumbnail in pixels.
pub const SIDE: u32 = 192;
const JPEG_QUALITY: u8 = 85;
/// Thumbnails that wait at the most; more cannot be seen at once.
const MAX_QUEUED: usize = 256;

/// A thumbnail that somebody wants to see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThumbnailRequest {
    /// The picture.
    pub picture: PictureId,
    /// Where its file is.
    pub path: PathBuf,
    /// What the cache knows it by.
    pub key: String,
}

/// The thread that makes thumbnails for one opened project.
pub struct Thumbnailer {
    queue: Arc<Shared<Queue>>,
}

#[derive(Default)]
struct Queue {
    /// The last one is wanted most.
    wanted: Vec<ThumbnailRequest>,
    asked: HashSet<PictureId>,
    has_ended: bool,
}

impl Thumbnailer {
    /// Starts the thread.
    pub fn new(cache: Arc<Cache>, post: &EventSender) -> Self {
        let queue = Arc::<Shared<Queue>>::default();
        let (waiting, post) = (Arc::clone(&queue), post.clone());
        thread::spawn(move || make_all(&waiting, &cache, &post));
        Self { queue }
    }

    /// Asks for a thumbnail, before all others; if it was asked for and is not made yet, nothing
    /// changes.
    pub fn want(&self, wanted: ThumbnailRequest) {
        self.queue.change(|queue| {
            if !queue.asked.insert(wanted.picture) {
                return;
            }
            queue.wanted.push(wanted);
            if queue.wanted.len() > MAX_QUEUED {
                let forgotten = queue.wanted.remove(0);
                queue.asked.remove(&forgotten.picture);
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
    /// The next thumbnail, or that there will be none.
    fn next(&mut self) -> Option<Option<ThumbnailRequest>> {
        if self.has_ended {
            return Some(None);
        }
        self.wanted.pop().map(Some)
    }
}

fn make_all(queue: &Shared<Queue>, cache: &Cache, post: &EventSender) {
    while let Some(wanted) = queue.wait_for(Queue::next) {
        let kept = cache.get(CacheKind::Thumbnail, &wanted.key);
        let kept = kept.and_then(|jpeg| from_jpeg(&jpeg));
        let thumbnail = kept.or_else(|| make(&wanted, cache));
        let image = thumbnail.map(|thumbnail| colour_image(&thumbnail));
        post.send(WorkerEvent::Thumbnail(wanted.picture, image));
        queue.change(|queue| queue.asked.remove(&wanted.picture));
    }
}

/// Makes a thumbnail and keeps it. It is what will be read from the cache, to the last pixel.
fn make(wanted: &ThumbnailRequest, cache: &Cache) -> Option<RgbImage> {
    let picture = pictures::decode(&wanted.path, &DecodeLimits::default()).ok()?;
    let mut jpeg = Cursor::new(Vec::new());
    let encoder = JpegEncoder::new_with_quality(&mut jpeg, JPEG_QUALITY);
    shrink(&picture.rgb).write_with_encoder(encoder).ok()?;
    cache.put(CacheKind::Thumbnail, &wanted.key, jpeg.get_ref());
    from_jpeg(jpeg.get_ref())
}

fn from_jpeg(jpeg: &[u8]) -> Option<RgbImage> {
    let image = image::load_from_memory_with_format(jpeg, ImageFormat::Jpeg).ok()?;
    Some(image.into_rgb8())
}

fn shrink(picture: &RgbImage) -> RgbImage {
    let (width, height) = picture.dimensions();
    let scale = (f64::from(SIDE) / f64::from(width.max(height))).min(1.0);
    let side = |length: u32| ((f64::from(length) * scale).round() as u32).max(1);
    pictures::resize(picture, side(width), side(height))
}

fn colour_image(picture: &RgbImage) -> ColorImage {
    let size = [picture.width() as usize, picture.height() as usize];
    ColorImage::from_rgb(size, picture.as_raw())
}
