//! How a network is trained.

use std::time::Duration;

/// The settings of a training. The defaults are those of the official implementation for CUB-200-2011.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainingSettings {
    /// The number of epochs: passes over all pictures.
    pub epochs: usize,
    /// The batch size.
    pub batch: usize,
    /// The number of pictures that are computed at once, and so must fit into memory. The gradient of a batch
    /// is the sum over its micro-batches, so the result is the same except for rounding.
    pub micro_batch: usize,
    /// The initial learning rate.
    pub learning_rate: f64,
    /// The learning rate is divided by 10 every time that this many epochs have started.
    pub decay_every: usize,
    /// Decoupled weight decay. It does not apply to biases, norms, the class token and positions.
    pub weight_decay: f64,
    /// Stochastic depth: the probability that the branches of the last block are skipped for a picture.
    /// For earlier blocks it is lower.
    pub drop_path: f64,
    /// The side in pixels to which pictures are squashed.
    pub resize: u32,
    /// The side in pixels of the random crop.
    pub crop: u32,
    /// The random seed.
    pub seed: u64,
    /// The interval between checkpoints. One is also written at an interruption.
    pub checkpoint_interval: Duration,
}

impl Default for TrainingSettings {
    fn default() -> Self {
        Self {
            epochs: 60,
            batch: 128,
            micro_batch: 4,
            learning_rate: 5e-5,
            decay_every: 30,
            weight_decay: 0.05,
            drop_path: 0.1,
            resize: 256,
            crop: 224,
            seed: 26,
            checkpoint_interval: Duration::from_secs(300),
        }
    }
}
