//! Image-level tags -> a class head: the TS-CAM head on a frozen backbone, which is a convex problem.
//!
//! | module | its one idea |
//! |---|---|
//! | `pooled` | the tokens of a picture, pooled to the vector that a head is trained on |
//! | `example` | a tagged picture |
//! | `training_set` | tagged pictures as a problem of logistic regression |
//! | `cross_validation` | the choice of the penalty |
//! | `training` | the training |
//! | `head_file` | the head as a file |
//! | `block` | which tokens a head reads |

mod block;
mod cross_validation;
mod example;
mod head_file;
mod pooled;
#[cfg(test)]
mod tests;
mod training;
mod training_set;

pub use block::default_block;
pub use example::HeadExample;
pub use head_file::HeadOrigin;
pub use pooled::PooledTokens;
pub use training::{FitProgress, HeadTrainingError, TrainedHead, train};
