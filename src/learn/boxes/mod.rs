//! Boxes from corrections: what people did with the proposals of some pictures improves those of the next.
//!
//! The backbone stays unchanged. Everything that is learned is linear in its patch tokens, so everything is
//! a sum over pictures and solved in closed form. Of each picture a [`PictureFeatures`] is stored. The
//! steps are:
//!
//! 1. A ridge regression on patch tokens predicts for each patch how near the centre of an object is and
//!    where the object ends (`dense`). Its best boxes and those of the map at all thresholds are the
//!    candidates (`candidates`).
//! 2. A ridge regression on what lies across the sides of a candidate moves them to where the object ends
//!    (`sides`).
//! 3. A ridge regression on the relations and sources of a candidate predicts its gain, the work that it
//!    saves a person (`gain`). The best one for each object is shown (`select`).
//!
//! The third step learns from candidates of models that were learned from other pictures: the pictures are
//! divided into four folds, and each is held out once. So every picture has boxes of a model that has not
//! seen it. What was learned should only be used if these [are better](LearnedProposer::is_better) than
//! the program's own proposals (`gate`).
//!
//! | module | its one idea |
//! |---|---|
//! | `learner` | reviewed pictures in, a learned proposer out |
//! | `proposer` | the learned proposer: boxes for a picture |
//! | `proposer_file` | the learned proposer as bytes |
//! | `picture_features`, `picture_candidates` | what is learned from one picture |
//! | `picture_features_file` | that as bytes |
//! | `reviewed` | a reviewed picture and its fold |
//! | `candidates`, `dense`, `sides`, `gain`, `gain_model`, `select` | the steps above |
//! | `field` | a picture at any position, and what lies across a box |
//! | `consensus` | where the candidates that overlap a box have their sides |
//! | `ridge` | ridge regression from sums |
//! | `overlap` | how boxes overlap |
//! | `categories` | the category of the object in a box |
//! | `gate` | whether the learned proposals are better |
//! | `similar` | the boxes that look like an example |
//! | `learned_box`, `block` | the resulting box, and the block whose tokens are the input |
//! | `envelope`, `stored_proposer`, `legacy` | stored bytes, and those of the first version |

mod block;
mod candidates;
mod categories;
mod consensus;
mod dense;
mod envelope;
mod field;
mod gain;
mod gain_model;
mod gate;
mod learned_box;
mod learner;
mod legacy;
mod picture_candidates;
mod picture_features;
mod picture_features_file;
mod proposer;
mod proposer_file;
mod reviewed;
mod sides;
mod similar;
mod stored_proposer;
#[cfg(test)]
mod tests;

pub use block::default_block;
pub use gate::{GateMetrics, MIN_HELD_OUT, ReviewCost};
pub use learned_box::LearnedBox;
pub use learner::BoxLearner;
pub use picture_candidates::PictureCandidate;
pub use picture_features::PictureFeatures;
pub use proposer::LearnedProposer;
pub use similar::find_similar;
