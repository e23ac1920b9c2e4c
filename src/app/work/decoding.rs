//! Decoding pictures for the canvas: the one that is shown first, then those that are likely next.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;

use egui::ColorImage;
use image::RgbImage;

use super::{Event, Post};
use crate::document::PictureId;
use crate::pictures::{self, Limits};

/// The longest side of a preview in pixels: as much as a window shows at once.
pub const PREVIEW_SIDE: u32 = 2048;
/// Threads that decode: one may be busy with a picture that is no longer wanted.
const THREADS: usize = 2;

/// A picture for the canvas.
pub struct Decoded {
    /// Upright width and height in pixels.
    pub size: [u32; 2],
    /// The picture at most [`PREVIEW_SIDE`] long.
    pub preview: Arc<RgbImage>,
    /// The same for the card, as it is.
    pub colours: ColorImage,
    /// The whole picture, if the preview is smaller.
    pub full: Option<Arc<RgbImage>>,
    /// What a person should know about the file, a sentence each.
    pub warnings: Vec<String>,
}

impl Decoded {
    /// Makes the preview of a picture that was read.
    pub fn new(picture: pictures::Picture) -> Self {
        let (width, height) = picture.rgb.dimensions();
        let full = Arc::new(picture.rgb);
        let scale = f64::from(PREVIEW_SIDE) / f64::from(width.max(height));
        let (preview, full) = if scale < 1.0 {
            let side = |length: u32| ((f64::from(length) * scale).round() as u32).max(1);
            let preview = pictures::resize(&full, side(width), side(height));
            (Arc::new(preview), Some(full))
        } else {
            (full, None)
        };
        let sides = [preview.width() as usize, preview.height() as usize];
        Self {
            size: [width, height],
            colours: ColorImage::from_rgb(sides, preview.as_raw()),
            preview,
            full,
            warnings: picture.warnings,
        }
    }
}

/// The threads that decode for one opened project.
pub struct Decoder {
    shared: Arc<Shared>,
}

struct Shared {
    queue: Mutex<Queue>,
    changed: Condvar,
}

#[derive(Default)]
struct Queue {
    wanted: VecDeque<(PictureId, PathBuf)>,
    under_way: Vec<PictureId>,
    has_ended: bool,
}

impl Decoder {
    /// Starts the threads.
    pub fn new(post: &Post) -> Self {
        let shared = Arc::new(Shared {
            queue: Mutex::default(),
            changed: Condvar::new(),
        });
        for _ in 0..THREADS {
            let (shared, post) = (Arc::clone(&shared), post.clone());
            thread::spawn(move || shared.decode(&post));
        }
        Self { shared }
    }

    /// Asks for these pictures, the first first, in the place of all that was asked for and not
    /// begun.
    pub fn want(&self, pictures: Vec<(PictureId, PathBuf)>) {
        let mut queue = self.shared.lock();
        let is_new = |picture: &PictureId| !queue.under_way.contains(picture);
        let wanted = pictures.into_iter().filter(|(id, _)| is_new(id)).collect();
        queue.wanted = wanted;
        self.shared.changed.notify_all();
    }
}

impl Drop for Decoder {
    fn drop(&mut self) {
        let mut queue = self.shared.lock();
        queue.has_ended = true;
        self.shared.changed.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn decode(&self, post: &Post) {
        while let Some((picture, path)) = self.next() {
            let decoded = pictures::decode(&path, &Limits::default());
            let decoded = decoded.map(Decoded::new).map_err(|error| error.to_string());
            post.send(Event::Decoded(picture, decoded));
            self.lock().under_way.retain(|other| *other != picture);
        }
    }

    fn next(&self) -> Option<(PictureId, PathBuf)> {
        let mut queue = self.lock();
        loop {
            if queue.has_ended {
                return None;
            }
            if let Some((picture, path)) = queue.wanted.pop_front() {
                queue.under_way.push(picture);
                return Some((picture, path));
            }
            let waited = self.changed.wait(queue);
            queue = waited.unwrap_or_else(PoisonError::into_inner);
        }
    }
}
