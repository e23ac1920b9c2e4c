//! A run: its steps, its checkpoint and its model.

use std::sync::atomic::{AtomicBool, Ordering};

use candle_core::{Device, Tensor};

use super::checkpoint::{Checkpoint, write_model};
use super::description::{RunDescription, describe};
use super::error::FullTrainingError;
use super::gradients::{Gradients, MicroBatch};
use super::initial_state::InitialState;
use super::job::TrainingJob;
use super::loss::Loss;
use super::network::Network;
use super::optimiser::AdamW;
use super::progress::{TrainingEvent, TrainingStep};
use super::random_stream::RandomPurpose;
use super::settings::TrainingSettings;
use super::training_pictures::TrainingPictures;
use crate::learn::random::Random;
use crate::nn::pixels::ChannelStats;

/// A run.
pub struct TrainingRun<'a> {
    job: &'a TrainingJob<'a>,
    examples: &'a TrainingPictures,
    channels: ChannelStats,
    /// The metadata of the initial model.
    metadata: RunDescription,
    description: RunDescription,
    /// The loss that is minimised.
    pub loss: Loss,
    network: Network,
    optimiser: AdamW,
    /// The loss of each step so far.
    pub losses: Vec<f32>,
}

impl<'a> TrainingRun<'a> {
    /// Starts a run, or continues the one in the checkpoint.
    ///
    /// # Errors
    /// If the checkpoint cannot be read or belongs to another run.
    pub fn new(
        job: &'a TrainingJob<'a>,
        prepared: InitialState,
        examples: &'a TrainingPictures,
        device: &Device,
    ) -> Result<Self, FullTrainingError> {
        let network = Network::new(prepared.config, &prepared.tensors, device)?;
        let mut run = Self {
            description: describe(job, examples)?,
            loss: Loss::fitting(examples.classes()),
            optimiser: AdamW::new(network.variables())?,
            losses: Vec::new(),
            channels: prepared.channels,
            metadata: prepared.metadata,
            job,
            examples,
            network,
        };
        if job.resume {
            let checkpoint = Checkpoint::read(job.checkpoint, &run.description, device)?;
            checkpoint.restore(job.checkpoint, &run.network)?;
            run.optimiser = checkpoint.optimiser;
            run.losses = checkpoint.losses;
        }
        Ok(run)
    }

    fn steps_per_epoch(&self) -> usize {
        self.examples.len().div_ceil(self.job.settings.batch)
    }

    /// The number of steps of the whole training.
    pub fn total(&self) -> usize {
        self.steps_per_epoch() * self.job.settings.epochs
    }

    /// The step at `index`, counted from 0 over all epochs.
    pub(super) fn step_at(&self, index: usize, loss: f32) -> TrainingStep {
        let steps_per_epoch = self.steps_per_epoch();
        let epoch = 1 + index / steps_per_epoch;
        let decays = epoch / self.job.settings.decay_every;
        TrainingStep {
            epoch,
            step: 1 + index % steps_per_epoch,
            steps_per_epoch,
            learning_rate: self.job.settings.learning_rate * 0.1f64.powf(decays as f64),
            loss,
        }
    }

    /// All steps so far.
    pub fn curve(&self) -> Vec<TrainingStep> {
        let losses = self.losses.iter().enumerate();
        losses
            .map(|(index, loss)| self.step_at(index, *loss))
            .collect()
    }

    /// Takes the next step. Returns false if `cancel` was set before that.
    ///
    /// # Errors
    /// If a picture cannot be read, the loss is not finite or an operation fails.
    pub fn step(
        &mut self,
        cancel: &AtomicBool,
        on_event: &mut impl FnMut(TrainingEvent<'_>),
    ) -> Result<bool, FullTrainingError> {
        let settings = self.job.settings;
        let mut step = self.step_at(self.losses.len(), 0.0);
        let order = Random::from_key(&[
            settings.seed,
            RandomPurpose::Order as u64,
            step.epoch as u64,
        ])
        .permutation(self.examples.len());
        let batch = order
            .chunks(settings.batch)
            .nth(step.step - 1)
            .unwrap_or(&[]);
        let mut sum = Gradients::default();
        for indices in batch.chunks(settings.micro_batch) {
            if cancel.load(Ordering::Relaxed) {
                return Ok(false);
            }
            let micro_batch = self.micro_batch(indices, step.epoch)?;
            sum.add(&self.network, self.loss, &micro_batch, batch.len())?;
            on_event(TrainingEvent::Computed {
                pictures: indices.len(),
            });
        }
        step.loss = sum.loss;
        if !sum.loss.is_finite() {
            return Err(FullTrainingError::NotFinite {
                epoch: step.epoch,
                step: step.step,
            });
        }
        self.optimiser.step(
            self.network.variables(),
            &sum.gradients,
            step.learning_rate,
            settings.weight_decay,
        )?;
        self.losses.push(sum.loss);
        on_event(TrainingEvent::Stepped(step));
        Ok(true)
    }

    /// The input of the network for the pictures with `indices` in an epoch.
    fn micro_batch(
        &self,
        indices: &[usize],
        epoch: usize,
    ) -> Result<MicroBatch, FullTrainingError> {
        let TrainingSettings { crop, seed, .. } = *self.job.settings;
        let crops = self.examples.augmented(indices, crop, seed, epoch)?;
        let device = self.network.device();
        Ok(MicroBatch {
            pixels: self.channels.normalise(&crops, device)?,
            truth: self
                .examples
                .truth(indices, self.job.classes.len(), device)?,
            drop_path_scale: self.drop_path_scale(indices, epoch)?,
        })
    }

    /// The factor of each residual branch for each picture, `[2 * L, N]`: zero if the branch is skipped,
    /// otherwise one over the probability that it is not. The probability of being skipped grows linearly
    /// with the depth of the block.
    pub(super) fn drop_path_scale(
        &self,
        indices: &[usize],
        epoch: usize,
    ) -> candle_core::Result<Option<Tensor>> {
        let TrainingSettings {
            drop_path, seed, ..
        } = *self.job.settings;
        if drop_path == 0.0 {
            return Ok(None);
        }
        let depth = self.network.config().depth;
        let mut drop_path_scale = Vec::with_capacity(indices.len() * 2 * depth);
        for index in indices {
            let key = [
                seed,
                RandomPurpose::Depth as u64,
                epoch as u64,
                *index as u64,
            ];
            let mut random = Random::from_key(&key);
            for branch in 0..2 * depth {
                let probability = 1.0 - drop_path * (branch / 2) as f64 / (depth - 1).max(1) as f64;
                let survives = f64::from(random.uniform()) < probability;
                drop_path_scale.push(if survives {
                    probability.recip() as f32
                } else {
                    0.0
                });
            }
        }
        let drop_path_scale = Tensor::from_vec(
            drop_path_scale,
            (indices.len(), 2 * depth),
            self.network.device(),
        )?;
        drop_path_scale.t()?.contiguous().map(Some)
    }

    /// Writes the checkpoint.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write_checkpoint(&self) -> Result<(), FullTrainingError> {
        Checkpoint::write(
            self.job.checkpoint,
            &self.description,
            &self.network,
            &self.optimiser,
            &self.losses,
        )
    }

    /// Writes the model.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write_model(&self) -> Result<(), FullTrainingError> {
        let TrainingJob {
            start, settings, ..
        } = self.job;
        let mut metadata = self.metadata.clone();
        // These describe a head that is no longer there.
        for key in ["head_block", "head_pooling", "backbone_sha256"] {
            metadata.remove(key);
        }
        let facts = [
            ("classes", self.description["classes"].clone()),
            ("trained_from", start.name.clone()),
            ("trained_from_sha256", start.weights.fingerprint.clone()),
            ("epochs", settings.epochs.to_string()),
            ("seed", settings.seed.to_string()),
        ];
        metadata.extend(facts.map(|(key, value)| (key.to_owned(), value)));
        write_model(self.job.out, &self.network, &metadata)
    }
}
