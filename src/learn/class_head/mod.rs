//! Image-level tags -> a class head: the TS-CAM head on a frozen backbone, which is a convex problem.
//!
//! ```
//! use std::ops::ControlFlow;
//! use tsukami::learn::class_head::{HeadExample, PooledTokens, train};
//!
//! let example = |object: [f32; 2], class: usize| HeadExample {
//!     pooled: PooledTokens { object: object.to_vec(), background: vec![0.0; 2] },
//!     classes: vec![class],
//! };
//! let examples = [
//!     example([1.0, 0.1], 0),
//!     example([0.9, 0.0], 0),
//!     example([0.0, 1.0], 1),
//!     example([0.1, 0.9], 1),
//! ];
//! let names = ["cat".to_owned(), "dog".to_owned()];
//! let head = train(&examples, &names, |_| ControlFlow::Continue(()))?;
//! let logits = head.classifier.logits(&[1.0, 0.0]);
//! assert!(logits[0] > logits[1]);
//! # Ok::<(), tsukami::learn::class_head::HeadTrainingError>(())
//! ```
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

pub use crate::learn::logistic::Classifier;
pub use block::default_block;
pub use example::HeadExample;
pub use head_file::HeadOrigin;
pub use pooled::PooledTokens;
pub use training::{FitProgress, HeadTrainingError, TrainedHead, train};
