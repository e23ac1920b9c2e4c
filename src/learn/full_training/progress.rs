//! What happens during a training, and how it ends.

use super::loss::Loss;

/// A step of the optimiser.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrainingStep {
    /// The epoch, counted from 1.
    pub epoch: usize,
    /// The step in this epoch, counted from 1.
    pub step: usize,
    /// The number of steps per epoch.
    pub steps_per_epoch: usize,
    /// The learning rate.
    pub learning_rate: f64,
    /// The mean loss over the pictures of the batch, before the step.
    pub loss: f32,
}

/// What happens during a training.
#[derive(Debug)]
pub enum TrainingEvent<'a> {
    /// More pictures were read for the first time.
    Read {
        /// The number of pictures.
        pictures: usize,
    },
    /// A problem that does not stop the training.
    Warning(String),
    /// The training starts or continues.
    Started {
        /// The number of pictures per epoch.
        pictures: usize,
        /// The loss that is minimised.
        loss: Loss,
        /// The steps of earlier runs.
        before: &'a [TrainingStep],
    },
    /// The gradients of more pictures were computed.
    Computed {
        /// The number of pictures.
        pictures: usize,
    },
    /// The optimiser took a step.
    Stepped(TrainingStep),
}

/// How a training ended.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainingOutcome {
    /// All steps, those of earlier runs included.
    pub curve: Vec<TrainingStep>,
    /// Whether it was interrupted. The model is not written then.
    pub interrupted: bool,
    /// The number of these steps that a continued run need not repeat.
    pub saved: usize,
}
