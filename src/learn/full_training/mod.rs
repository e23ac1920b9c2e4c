//! The paper's training: backbone and head together, from pictures and their tags alone.
//!
//! `AdamW` trains a vision transformer (DeiT, DINOv2) and a 3x3 convolution over its patch tokens, so that
//! the mean of each class's map predicts whether the class is in the picture. A run that was interrupted
//! or killed continues from its checkpoint and writes the same bytes as a run in one go.
//!
//! The defaults are those of the official implementation (vasgaowei/TS-CAM) for CUB-200-2011, according to
//! its script, configuration and code; see [`TrainingSettings`].
//!
//! | module | its one idea |
//! |---|---|
//! | `train` | the training as a whole |
//! | `job`, `settings`, `example` | what to train, and how |
//! | `progress`, `error` | what happens, and why it fails |
//! | `initial_model`, `initial_state` | the model file to start from, and the network made of it |
//! | `run` | the steps of a run |
//! | `training_pictures` | the pictures: squashed, cropped at random, mirrored half of the time |
//! | `network` | transformer and head, differentiable |
//! | `loss` | what is minimised |
//! | `gradients` | the gradients of a batch |
//! | `optimiser` | `AdamW` |
//! | `checkpoint`, `description` | the state of a run as a file, and how it is recognised |
//! | `random_stream` | a stream of random numbers for each purpose |

mod checkpoint;
mod description;
mod error;
mod example;
mod gradients;
mod initial_model;
mod initial_state;
mod job;
mod loss;
mod network;
mod optimiser;
mod progress;
mod random_stream;
mod run;
mod settings;
#[cfg(test)]
mod tests;
mod train;
mod training_pictures;

pub use error::FullTrainingError;
pub use example::TrainingExample;
pub use initial_model::InitialModel;
pub use job::TrainingJob;
pub use loss::Loss;
pub use progress::{TrainingEvent, TrainingOutcome, TrainingStep};
pub use settings::TrainingSettings;
pub use train::train;
