//! Classes from tags beside the window: tagged pictures are shown to a model of its own, and a class
//! head is trained on them.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use super::events::{EventSender, TrainedHeadFile, WorkerEvent};
use crate::files::write_whole;
use crate::learn;
use crate::learn::class_head::HeadTrainingError;
use crate::learn::lesson::HeadTraining;
use crate::learn::tags::TagSet;
use crate::localize::Quality;
use crate::nn::device::DeviceChoice;
use crate::tscam::{InputOptions, Model};

/// Decoding threads: the model of the review wants the rest.
const DECODERS: usize = 1;
/// Side of the kernel, in patches.
const SIDE: usize = 1;

/// A training that is under way.
pub struct TagTraining {
    /// Tagged pictures.
    pub pictures: usize,
    looked_at: Arc<AtomicUsize>,
    cancel: Arc<AtomicBool>,
}

impl TagTraining {
    /// Begins to train on these pictures; the head is written into `folder`.
    pub fn start(set: TagSet, folder: PathBuf, project: &str, post: EventSender) -> Self {
        let training = Self {
            pictures: set.pictures.len(),
            looked_at: Arc::default(),
            cancel: Arc::default(),
        };
        let (looked_at, cancel) = (
            Arc::clone(&training.looked_at),
            Arc::clone(&training.cancel),
        );
        let project = project.to_owned();
        thread::spawn(move || {
            let trained = train(&set, &folder, &project, &looked_at, &cancel);
            post.send(WorkerEvent::TagTraining(trained));
        });
        training
    }

    /// The share of the pictures that were looked at, which is nearly all of the work.
    pub fn share(&self) -> f32 {
        self.looked_at.load(Ordering::Relaxed) as f32 / self.pictures.max(1) as f32
    }

    /// Stops soon.
    pub fn cancel(&self) {
        self.cancel.store(true, Ordering::Relaxed);
    }
}

impl Drop for TagTraining {
    fn drop(&mut self) {
        self.cancel();
    }
}

/// Nothing if it was cancelled.
fn train(
    set: &TagSet,
    folder: &Path,
    project: &str,
    looked_at: &AtomicUsize,
    cancel: &AtomicBool,
) -> Result<Option<TrainedHeadFile>, String> {
    let device = DeviceChoice::default().open();
    let device = device.map_err(|error| error.to_string())?.device;
    let model = Model::embedded(&device).map_err(|error| error.to_string())?;
    let lesson = HeadTraining {
        set,
        input_options: InputOptions {
            quality: Quality::Fast,
            ..InputOptions::default()
        },
        block: learn::class_head::default_block(model.backbone().depth()),
        side: SIDE,
        decoders: DECODERS,
    };
    let mut failed = 0;
    let taught = lesson.run(&model, cancel, |failure| {
        looked_at.fetch_add(1, Ordering::Relaxed);
        failed += usize::from(failure.is_some());
    });
    let (trained, place) = match taught {
        Err(HeadTrainingError::Cancelled) => return Ok(None),
        taught => taught.map_err(|error| format!("Classes cannot be learnt: {error}"))?,
    };
    let unwritten = |error: &dyn std::fmt::Display| format!("the head cannot be kept: {error}");
    let bytes = trained.to_safetensors(&place);
    let bytes = bytes.map_err(|error| unwritten(&error))?;
    fs::create_dir_all(folder).map_err(|error| unwritten(&error))?;
    let number = xxhash_rust::xxh3::xxh3_64(&bytes);
    let path = folder.join(format!("{project}-{number:016x}.safetensors"));
    write_whole(&path, |writer| writer.write_all(&bytes)).map_err(|error| unwritten(&error))?;
    let is_better = trained.uses_background
        || trained
            .held_out_accuracy
            .is_some_and(|share| share > set.majority_share());
    let unread = match failed {
        0 => String::new(),
        number => format!("; {number} pictures could not be read"),
    };
    let right = match trained.held_out_accuracy {
        Some(share) => format!("{:.0} % right on held-out pictures", 100.0 * share),
        None => "too few pictures to hold any out".to_owned(),
    };
    let text = format!(
        "Learnt {} classes from {} tagged pictures, {right}{unread}",
        trained.classes.len(),
        trained.pictures
    );
    Ok(Some(TrainedHeadFile {
        path,
        text,
        is_better,
    }))
}
