//! Decoding pictures for the canvas: the one that is shown first, then those that are likely next.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use egui::ColorImage;

use super::events::{Decoded, EventSender, WorkerEvent};
use super::shared::Shared;
use crate::document::PictureId;
use crate::pictures::{self, DecodeLimits};

/// The longest side of a preview in pixels: as much as a window shows at once.
pub const PREVIEW_SIDE_PX: u32 = 2048;
/// Threads that decode: one may be busy with a picture that is no longer wanted.
const THREADS: usize = 2;

/// The threads that decode for one opened project.
pub struct Decoder {
    queue: Arc<Shared<Queue>>,
}

#[derive(Default)]
struct Queue {
    wanted: VecDeque<(PictureId, PathBuf)>,
    under_way: Vec<PictureId>,
    has_ended: bool,
}

impl Decoder {
    /// Starts the threads.
    pub fn new(post: &EventSender) -> Self {
        let queue = Arc::<Shared<Queue>>::default();
        for _ in 0..THREADS {
            let (queue, post) = (Arc::clone(&queue), post.clone());
            thread::spawn(move || decode_all(&queue, &post));
        }
        Self { queue }
    }

    /// Asks for these pictures, the first first, in the place of all that was asked for and not
    /// begun.
    pub fn want(&self, mut pictures: Vec<(PictureId, PathBuf)>) {
        self.queue.change(|queue| {
            pictures.retain(|(picture, _)| !queue.under_way.contains(picture));
            queue.wanted = pictures.into();
        });
    }
}

impl Drop for Decoder {
    fn drop(&mut self) {
        self.queue.change(|queue| queue.has_ended = true);
    }
}

impl Queue {
    /// The next picture, or that there will be none.
    fn next(&mut self) -> Option<Option<(PictureId, PathBuf)>> {
        if self.has_ended {
            return Some(None);
        }
        let (picture, path) = self.wanted.pop_front()?;
        self.under_way.push(picture);
        Some(Some((picture, path)))
    }
}

fn decode_all(queue: &Shared<Queue>, post: &EventSender) {
    while let Some((picture, path)) = queue.wait_for(Queue::next) {
        let decoded = pictures::decode(&path, &DecodeLimits::default());
        let decoded = decoded.map(Decoded::new).map_err(|error| error.to_string());
        post.send(WorkerEvent::Decoded(picture, decoded));
        queue.change(|queue| queue.under_way.retain(|other| *other != picture));
    }
}

impl Decoded {
    /// Makes the preview of a picture that was read.
    pub fn new(picture: pictures::DecodedPicture) -> Self {
        let (width, height) = picture.rgb.dimensions();
        let full = Arc::new(picture.rgb);
        let scale = f64::from(PREVIEW_SIDE_PX) / f64::from(width.max(height));
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
