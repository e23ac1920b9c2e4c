//! A training, and what makes it impossible.

use std::path::Path;

use super::error::FullTrainingError;
use super::example::TrainingExample;
use super::initial_model::InitialModel;
use super::settings::TrainingSettings;
use crate::files::{check_target, same_file};

/// A training.
pub struct TrainingJob<'a> {
    /// The pictures to train on.
    pub examples: &'a [TrainingExample],
    /// The names of the classes, in the order of the model's maps.
    pub classes: &'a [String],
    /// The model from which training starts.
    pub start: &'a InitialModel,
    /// How to train.
    pub settings: &'a TrainingSettings,
    /// The model to write.
    pub out: &'a Path,
    /// The checkpoint file. It is deleted when the model is written.
    pub checkpoint: &'a Path,
    /// Whether to continue from the checkpoint.
    pub resume: bool,
}

impl TrainingJob<'_> {
    /// Refuses a job that cannot succeed, before anything is computed.
    ///
    /// # Errors
    /// If a setting makes no sense, a file cannot be written, or the checkpoint does not fit.
    pub(super) fn check(&self) -> Result<(), FullTrainingError> {
        let settings = self.settings;
        let refuse = |text: &str| Err(FullTrainingError::Setting(text.to_owned()));
        if settings
            .epochs
            .min(settings.batch)
            .min(settings.micro_batch)
            .min(settings.decay_every)
            == 0
        {
            return refuse("--epochs, --batch, --micro-batch and --decay-every must be at least 1");
        }
        let is_rate = |rate: f64| rate.is_finite() && rate >= 0.0;
        if !is_rate(settings.learning_rate) || !is_rate(settings.weight_decay) {
            return refuse("--learning-rate and --weight-decay must be at least 0");
        }
        if !(0.0..1.0).contains(&settings.drop_path) {
            return refuse("--drop-path must be in [0, 1)");
        }
        if settings.crop == 0 || settings.crop > settings.resize {
            return refuse("the crop must not be larger than the resized picture");
        }
        check_target(self.out)?;
        check_target(self.checkpoint)?;
        if same_file(self.out, self.checkpoint) {
            return refuse("the checkpoint and the model must be different files");
        }
        match (self.resume, self.checkpoint.exists()) {
            (true, false) => {
                return Err(FullTrainingError::NoCheckpoint(self.checkpoint.to_owned()));
            }
            (false, true) => return Err(FullTrainingError::Unfinished(self.checkpoint.to_owned())),
            _ => {}
        }
        let out_of_range = |example: &&TrainingExample| {
            example
                .classes
                .iter()
                .any(|class| *class >= self.classes.len())
        };
        match self.examples.iter().find(out_of_range) {
            Some(example) => Err(FullTrainingError::Setting(format!(
                "{} has a class without a name",
                example.path.display()
            ))),
            None if self.examples.is_empty() => Err(FullTrainingError::NoExamples),
            None => Ok(()),
        }
    }
}
