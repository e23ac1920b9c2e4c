//! Decodes pictures for the canvas: the shown one first, then those that are likely to be shown next.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;

use egui::ColorImage;

use super::crash::Worker;
use super::events::{Decoded, EventSender, WorkerEvent};
use super::monitor::Monitor;
use super::pyramid::Pyramid;
use super::requests::{PictureRequest, PictureVersion};
use super::spawn::{attempt, spawn};
use crate::pictures::{self, DecodeLimits, MemoryBudget, Reservation};

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
    waiting: VecDeque<PictureRequest>,
    /// What is being decoded.
    active: Vec<PictureVersion>,
    has_ended: bool,
}

impl Decoder {
    /// Starts the threads.
    pub fn new(events: &EventSender) -> Self {
        let queue = Arc::<Monitor<Queue>>::default();
        let budget = MemoryBudget::default();
        for _ in 0..THREADS {
            let (queue, events, budget) = (Arc::clone(&queue), events.clone(), budget.clone());
            let sender = events.clone();
            let work = move || decode_all(&queue, &events, &budget);
            spawn(Worker::Decoder, &sender, work, |_, _| {});
        }
        Self { queue, budget }
    }

    /// Requests these pictures in order. Earlier requests that are not begun are cancelled.
    pub fn request(&self, mut pictures: Vec<PictureRequest>) {
        self.queue.change(|queue| {
            pictures.retain(|request| !queue.active.contains(&request.version()));
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
    fn next(&mut self) -> Option<Option<PictureRequest>> {
        if self.has_ended {
            return Some(None);
        }
        let request = self.waiting.pop_front()?;
        self.active.push(request.version());
        Some(Some(request))
    }
}

fn decode_all(queue: &Monitor<Queue>, events: &EventSender, budget: &MemoryBudget) {
    while let Some(request) = queue.wait_for(Queue::next) {
        let (version, path) = (request.version(), &request.path);
        let decoded = attempt(Worker::Decoder, events, || {
            Some(decode(path, budget.reserve_for(path)?))
        });
        let decoded = match decoded {
            Ok(Some(decoded)) => decoded,
            Ok(None) => return,
            Err(sentence) => Err(format!("{}: {sentence}", path.display())),
        };
        events.send(WorkerEvent::Decoded(version, decoded));
        queue.change(|queue| queue.active.retain(|other| *other != version));
    }
}

fn decode(path: &Path, reservation: Reservation) -> Result<Decoded, String> {
    let decoded = pictures::decode(path, &DecodeLimits::default());
    let picture = decoded.map_err(|error| error.to_string())?;
    Ok(Decoded {
        reservation: Some(reservation),
        ..Decoded::new(picture)
    })
}

impl Decoded {
    /// Makes the preview of a picture.
    pub fn new(picture: pictures::DecodedPicture) -> Self {
        let (width, height) = picture.rgb.dimensions();
        let full = picture.rgb;
        let scale = f64::from(PREVIEW_SIDE_PX) / f64::from(width.max(height));
        let (preview, full) = if scale < 1.0 {
            let side = |length: u32| ((f64::from(length) * scale).round() as u32).max(1);
            let preview = pictures::resize(&full, side(width), side(height));
            let pyramid = Pyramid::new(full, PREVIEW_SIDE_PX);
            (Arc::new(preview), Some(Arc::new(pyramid)))
        } else {
            (Arc::new(full), None)
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
