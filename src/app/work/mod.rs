//! What runs beside the frame: opening, decoding, thumbnails, the model, import and export.
//!
//! Each worker owns its threads and is told what to do by a call that never waits. What it has
//! done comes back as an [`WorkerEvent`] over one channel, which the window drains before it draws.
//! An event carries the number of the opened project that it is about, so that what comes late,
//! for a project that is no longer open, is dropped.

pub mod decoding;
pub mod deriving;
pub mod exchanging;
pub mod learning;
pub mod opening;
pub mod proposing;
mod shared;
pub mod tagged;
pub mod thumbnails;

use std::sync::Arc;

use crossbeam_channel::Sender;

use self::decoding::Decoded;
use self::exchanging::Exchanged;
use self::learning::LearningEvent;
use self::opening::Opening;
use self::proposing::Proposed;
use super::files::{FileChoice, FilePurpose};
use crate::document::PictureId;

/// Something that a worker has done.
pub enum WorkerEvent {
    /// A project was opened, or its folder read.
    Opening(Opening),
    /// A picture was decoded for the canvas.
    Decoded(PictureId, Result<Decoded, String>),
    /// A thumbnail was made; nothing if the picture cannot be read.
    Thumbnail(PictureId, Option<egui::ColorImage>),
    /// The model has looked at a picture, or could not.
    Proposed(Proposed),
    /// Boxes were derived from kept maps.
    DerivedBoxes(deriving::DerivedBoxes),
    /// Something has come of learning from what one model has seen, by its number.
    LearningEvent(u64, LearningEvent),
    /// A class head was trained, or why not; nothing if it was cancelled.
    TrainedHeadFile(Result<Option<tagged::TrainedHeadFile>, String>),
    /// An import or export has ended.
    Exchanged(Exchanged),
    /// Something went wrong with a project that is no longer on the desk.
    Trouble(String),
    /// What came of a dialog of the system.
    Chosen(FilePurpose, FileChoice),
}

/// Events that may wait for the window. Beyond that workers wait, so that memory stays flat.
pub const MAX_QUEUED_EVENTS: usize = 512;

/// The worker's end of the channel. Sending wakes the window.
#[derive(Clone)]
pub struct EventSender {
    sender: Sender<(u64, WorkerEvent)>,
    wake: Arc<dyn Fn() + Send + Sync>,
    /// The opened project that events are about.
    session: u64,
}

impl EventSender {
    /// A post into `sender`; `wake` makes the window look.
    pub fn new(
        sender: Sender<(u64, WorkerEvent)>,
        wake: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        Self {
            sender,
            wake: Arc::new(wake),
            session: 0,
        }
    }

    /// The same post for events about another opened project.
    pub fn about(&self, session: u64) -> Self {
        Self {
            session,
            ..self.clone()
        }
    }

    /// Sends an event. If the window is gone, nobody wants it.
    pub fn send(&self, event: WorkerEvent) {
        let _ = self.sender.send((self.session, event));
        (self.wake)();
    }
}
