//! Trains a network: reads the pictures, runs all steps, writes checkpoints and the model.

use std::collections::BTreeSet;
use std::fs;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use candle_core::Device;

use super::error::FullTrainingError;
use super::initial_state::InitialState;
use super::job::TrainingJob;
use super::progress::{TrainingEvent, TrainingOutcome};
use super::run::TrainingRun;
use super::training_pictures::TrainingPictures;

/// Trains a network and writes it, unless `cancel` is set meanwhile.
///
/// On the CPU of one machine the same job writes the same bytes, in one run or with interruptions.
///
/// # Errors
/// If the job cannot succeed or has to stop. The last checkpoint stays in its file.
pub fn train(
    job: &TrainingJob<'_>,
    device: &Device,
    cancel: &AtomicBool,
    mut on_event: impl FnMut(TrainingEvent<'_>),
) -> Result<TrainingOutcome, FullTrainingError> {
    job.check()?;
    let prepared = InitialState::new(job)?;
    let loaded =
        TrainingPictures::load(job.examples, job.settings.resize, cancel, |read, failed| {
            for error in failed {
                on_event(TrainingEvent::Warning(format!("left out: {error}")));
            }
            on_event(TrainingEvent::Read { pictures: read });
        });
    let Some(examples) = loaded else {
        return Ok(TrainingOutcome {
            curve: Vec::new(),
            interrupted: true,
            saved: 0,
        });
    };
    check_classes(&examples, job.classes)?;
    let mut run = TrainingRun::new(job, prepared, &examples, device)?;
    on_event(TrainingEvent::Started {
        pictures: examples.len(),
        loss: run.loss,
        before: &run.curve(),
    });
    let (mut saved, mut saved_at) = (run.losses.len(), Instant::now());
    while run.losses.len() < run.total() {
        let interrupted = !run.step(cancel, &mut on_event)?;
        let steps = run.losses.len();
        let is_due = saved_at.elapsed() >= job.settings.checkpoint_interval;
        if saved < steps && (interrupted || is_due) {
            match run.write_checkpoint() {
                Ok(()) => saved = steps,
                // Training may still succeed, or there may be space next time.
                Err(error) => on_event(TrainingEvent::Warning(format!(
                    "the checkpoint cannot be written, so an interruption would lose all steps \
                     since the last one: {error}"
                ))),
            }
            saved_at = Instant::now();
        }
        if interrupted {
            return Ok(TrainingOutcome {
                curve: run.curve(),
                interrupted,
                saved,
            });
        }
    }
    if let Err(error) = run.write_model() {
        // There may be space for the checkpoint even if there is none for the model.
        return Err(if run.write_checkpoint().is_ok() || saved > 0 {
            FullTrainingError::ModelNotWritten {
                cause: Box::new(error),
                checkpoint: job.checkpoint.to_owned(),
            }
        } else {
            error
        });
    }
    // The model is written, so a checkpoint that stays does no harm.
    let _ = fs::remove_file(job.checkpoint);
    Ok(TrainingOutcome {
        curve: run.curve(),
        interrupted: false,
        saved: run.losses.len(),
    })
}

/// Refuses pictures of fewer than two classes.
fn check_classes(examples: &TrainingPictures, names: &[String]) -> Result<(), FullTrainingError> {
    let present: BTreeSet<usize> = examples.classes().flatten().copied().collect();
    let mut present = present.into_iter();
    match (present.next(), present.next()) {
        (Some(_), Some(_)) => Ok(()),
        (Some(only), None) => Err(FullTrainingError::OneClass(names[only].clone())),
        (None, _) => Err(FullTrainingError::NoExamples),
    }
}
