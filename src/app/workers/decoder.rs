//! Decodes pictures for the canvas: the shown one first, then those that are likely to be shown next.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;

use egui::ColorImage;

use super::events::{Decoded, EventSender, WorkerEvent};
use super::monitor::Monitor;
use super::spawn::spawn;
use crate::document::PictureId;
use crate::pictures::{self, DecodeLimits, MemoryBudget};

/// The longer side of a preview, in pixels: as much as a window shows at once.
pub const PREVIEW_SIDE_PX: u32 = 2048;
/// The number of threads: one may be busy with a picture that is no longer needed.
const THREADS: usize = 2;

/// The threads that decode for one opened project.
pub struct Decoder {
    queue: Arc<Monitor<Queue>>,
    /// Decoded pictures wait for the window, which may be hidden.
    budget: MemoryBudget,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<(PictureId, PathBuf)>,
    /// Pictures that are being decoded.
    active: Vec<PictureId>,
    has_ended: bool,
}

impl Decoder {
    /// Starts the threads.
    pub fn new(events: &EventSender) -> Self {
        let queue = Arc::<Monitor<Queue>>::default();
        let budget = MemoryBudget::default();
        for _ in 0..THREADS {
            let (queue, events, budget) = (Arc::clone(&queue), events.clone(), budget.clone());
            spawn("decoder", move || decode_all(&queue, &events, &budget));
        }
        Self { queue, budget }
    }

    /// Requests these pictures in order. Earlier requests that are not begun are cancelled.
    pub fn request(&self, mut pictures: Vec<(PictureId, PathBuf)>) {
        self.queue.change(|queue| {
            pictures.retain(|(picture, _)| !queue.active.contains(picture));
            queue.waiting = pictures.into();
        });
    }
}

impl Drop for Decoder {
    fn drop(&mut self) {
        self.queue.change(|queue| queue.has_ended = true);
        self.budget.close();
    }
}

impl Queue {
    /// The next picture; `Some(None)` if the thread is to end.
    fn next(&mut self) -> Option<Option<(PictureId, PathBuf)>> {
        if self.has_ended {
            return Some(None);
        }
        let (picture, path) = self.waiting.pop_front()?;
        self.active.push(picture);
        Some(Some((picture, path)))
    }
}

fn decode_all(queue: &Monitor<Queue>, events: &EventSender, budget: &MemoryBudget) {
    while let Some((picture, path)) = queue.wait_for(Queue::next) {
        let Some(reservation) = budget.reserve_for(&path) else {
            return;
        };
        let decoded = pictures::decode(&path, &DecodeLimits::default());
        let decoded = decoded.map_err(|error| error.to_string());
        let decoded = decoded.map(|picture| Decoded {
            reservation: Some(reservation),
            ..Decoded::new(picture)
        });
        events.send(WorkerEvent::Decoded(picture, decoded));
        queue.change(|queue| queue.active.retain(|other| *other != picture));
    }
}

impl Decoded {
    /// Makes the preview of a picture.
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
            reservation: None,
        }
    }
}
