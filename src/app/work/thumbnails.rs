//! Thumbnails for the list: those that can be seen, the last ones asked for first.

use std::collections::HashSet;
use std::io::Cursor;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use egui::ColorImage;
use image::codecs::jpeg::JpegEncoder;
use image::{ImageFormat, RgbImage};

use super::{Event, Post};
use crate::app::cache::{Cache, Kind};
use crate::document::PictureId;
use crate::pictures::{self, Limits};

/// The longest side of a thumbnail in pixels.
pub const SIDE: u32 = 192;
const JPEG_QUALITY: u8 = 85;
/// Thumbnails that wait at the most; more cannot be seen at once.
const MOST_WAITING: usize = 256;

/// A thumbnail that somebody wants to see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The picture.
    pub picture: PictureId,
    /// Where its file is.
    pub path: PathBuf,
    /// What the cache knows it by.
    pub key: String,
}

/// The thread that makes thumbnails for one opened project.
pub struct Thumbnailer {
    shared: Arc<Shared>,
}

struct Shared {
    queue: Mutex<Queue>,
    changed: Condvar,
    cache: Arc<Cache>,
}

#[derive(Default)]
struct Queue {
    /// The last one is wanted most.
    wanted: Vec<Wanted>,
    asked: HashSet<PictureId>,
    has_ended: bool,
}

impl Thumbnailer {
    /// Starts the thread.
    pub fn new(cache: Arc<Cache>, post: &Post) -> Self {
        let shared = Arc::new(Shared {
            queue: Mutex::default(),
            changed: Condvar::new(),
            cache,
        });
        let (worker, post) = (Arc::clone(&shared), post.clone());
        thread::spawn(move || worker.run(&post));
        Self { shared }
    }

    /// Asks for a thumbnail, before all others; if it was asked for and is not made yet, nothing
    /// changes.
    pub fn want(&self, wanted: Wanted) {
        let mut queue = self.shared.lock();
        if queue.asked.insert(wanted.picture) {
            queue.wanted.push(wanted);
            if queue.wanted.len() > MOST_WAITING {
                let forgotten = queue.wanted.remove(0);
                queue.asked.remove(&forgotten.picture);
            }
            self.shared.changed.notify_one();
        }
    }
}

impl Drop for Thumbnailer {
    fn drop(&mut self) {
        self.shared.lock().has_ended = true;
        self.shared.changed.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self, post: &Post) {
        while let Some(wanted) = self.next() {
            let thumbnail = self.kept(&wanted.key).or_else(|| self.make(&wanted));
            let image = thumbnail.map(|thumbnail| colour_image(&thumbnail));
            post.send(Event::Thumbnail(wanted.picture, image));
            self.lock().asked.remove(&wanted.picture);
        }
    }

    fn next(&self) -> Option<Wanted> {
        let mut queue = self.lock();
        loop {
            if queue.has_ended {
                return None;
            }
            if let Some(wanted) = queue.wanted.pop() {
                return Some(wanted);
            }
            let waited = self.changed.wait(queue);
            queue = waited.unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn kept(&self, key: &str) -> Option<RgbImage> {
        from_jpeg(&self.cache.get(Kind::Thumbnail, key)?)
    }

    /// Makes a thumbnail and keeps it. It is what will be read from the cache, to the last pixel.
    fn make(&self, wanted: &Wanted) -> Option<RgbImage> {
        let picture = pictures::decode(&wanted.path, &Limits::default()).ok()?;
        let mut jpeg = Cursor::new(Vec::new());
        let encoder = JpegEncoder::new_with_quality(&mut jpeg, JPEG_QUALITY);
        shrink(&picture.rgb).write_with_encoder(encoder).ok()?;
        self.cache.put(Kind::Thumbnail, &wanted.key, jpeg.get_ref());
        from_jpeg(jpeg.get_ref())
    }
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
