//! Trains a class head on tagged pictures in the background, with a separate model.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::crash::Worker;
use super::events::{EventSender, TrainedHeadFile, WorkerEvent};
use super::spawn::spawn_task;
use crate::app::i18n::{self, tr};
use crate::files::write_whole;
use crate::learn::class_head::{HeadTrainingError, default_block};
use crate::learn::tags::TagSet;
use crate::localize::Quality;
use crate::nn::device::DeviceChoice;
use crate::nn::shipped::ModelSource;
use crate::propose::HeadTraining;
use crate::tscam::{InputOptions, Model};

/// The number of pictures at a time: the model that proposes works meanwhile.
const IN_FLIGHT: usize = 1;
/// Side of the convolution kernel, in patches.
const KERNEL_SIDE: usize = 1;

/// A training that is under way.
pub struct ClassHeadTraining {
    /// The number of tagged pictures.
    pub pictures: usize,
    processed: Arc<AtomicUsize>,
    cancel: Arc<AtomicBool>,
}

impl ClassHeadTraining {
    /// Starts training on these pictures. The head is written into `folder`; its file is named after
    /// the `project`.
    pub fn start(
        set: TagSet,
        models: ModelSource,
        folder: PathBuf,
        project: &str,
        events: EventSender,
    ) -> Self {
        let training = Self {
            pictures: set.pictures.len(),
            processed: Arc::default(),
            cancel: Arc::default(),
        };
        let (processed, cancel) = (
            Arc::clone(&training.processed),
            Arc::clone(&training.cancel),
        );
        let project = project.to_owned();
        let sender = events.clone();
        let work = move || {
            let trained = train(&set, &models, &folder, &project, &processed, &cancel);
            events.send(WorkerEvent::ClassHeadTraining(trained));
        };
        spawn_task(
            Worker::ClassHeadTrainer,
            &sender,
            work,
            |events, sentence| {
                events.send(WorkerEvent::ClassHeadTraining(Err(sentence)));
            },
        );
        training
    }

    /// The share of the pictures that are processed, which is nearly all of the work, in 0..=1.
    pub fn share(&self) -> f32 {
        self.processed.load(Ordering::Relaxed) as f32 / self.pictures.max(1) as f32
    }

    /// Stops after the pictures that are under way.
    pub fn cancel(&self) {
        self.cancel.store(true, Ordering::Relaxed);
    }
}

impl Drop for ClassHeadTraining {
    fn drop(&mut self) {
        self.cancel();
    }
}

/// Trains the head; none if it was cancelled.
fn train(
    set: &TagSet,
    models: &ModelSource,
    folder: &Path,
    project: &str,
    processed: &AtomicUsize,
    cancel: &AtomicBool,
) -> Result<Option<TrainedHeadFile>, String> {
    let device = DeviceChoice::default().open();
    let device = device.map_err(|error| error.to_string())?.device;
    let model = Model::shipped(models, &device).map_err(|error| error.to_string())?;
    let training = HeadTraining {
        set,
        input_options: InputOptions {
            quality: Quality::Fast,
            ..InputOptions::default()
        },
        block: default_block(model.backbone().depth()),
        side: KERNEL_SIDE,
        in_flight: IN_FLIGHT,
    };
    let mut failed = 0;
    let result = training.run(&model, cancel, |failure| {
        processed.fetch_add(1, Ordering::Relaxed);
        failed += usize::from(failure.is_some());
    });
    let (trained, origin) = match result {
        Err(HeadTrainingError::Cancelled) => return Ok(None),
        result => result.map_err(|error| {
            let error = error.to_string();
            tr!("classes-not-learned", error = error)
        })?,
    };
    let unwritten = |error: &dyn std::fmt::Display| {
        let error = error.to_string();
        tr!("head-not-saved", error = error)
    };
    let bytes = trained.to_safetensors(&origin);
    let bytes = bytes.map_err(|error| unwritten(&error))?;
    fs::create_dir_all(folder).map_err(|error| unwritten(&error))?;
    let number = xxhash_rust::xxh3::xxh3_64(&bytes);
    let path = folder.join(format!("{project}-{number:016x}.safetensors"));
    write_whole(&path, |writer| writer.write_all(&bytes)).map_err(|error| unwritten(&error))?;
    let is_better = trained.uses_background
        || trained
            .held_out_accuracy
            .is_some_and(|share| share > set.majority_share());
    let accuracy = match trained.held_out_accuracy {
        // There is nothing to tell it from.
        Some(_) if trained.classes.len() < 2 => tr!("classes-one").to_owned(),
        Some(share) => tr!("classes-accuracy", accuracy = i18n::percent(share)),
        None => tr!("classes-no-held-out").to_owned(),
    };
    let mut text = tr!(
        "classes-learned",
        classes = trained.classes.len(),
        pictures = trained.pictures,
        accuracy = accuracy
    );
    if failed > 0 {
        text = tr!("classes-unreadable", text = text, count = failed);
    }
    Ok(Some(TrainedHeadFile {
        path,
        text,
        is_better,
    }))
}
