//! Boxes from corrections: what people made of the proposals in some pictures teaches better ones
//! for the next.
//!
//! The backbone stays as it is; all that is learnt is linear over what it says of patches, so that
//! everything is a sum over pictures and solved in closed form. Of each picture a [`PictureFeatures`] is
//! kept. In steps:
//!
//! 1. A ridge over patch tokens says for each patch how near the middle of an object it is and
//!    where that ends (`dense`). Its best boxes and those of the map at all thresholds are the
//!    candidates.
//! 2. A ridge over what lies across a candidate's sides moves them to where objects end (`sides`).
//! 3. A ridge over what can be said of a candidate (`candidates`) gives the gain that a person has
//!    from it (`rank`), and the best for each place are shown (`select`).
//!
//! The third learns from candidates that the first two made for pictures which they had not learnt
//! from: the pictures are dealt into four folds. One picture in four teaches nothing, and what was
//! learnt is to be used only if it [does better](LearnedProposer::is_better) than the program's own
//! proposals on those, and beyond chance on all (`gate`).

mod alike;
mod bytes;
mod calibration;
mod candidates;
mod categories;
mod dense;
mod gate;
mod learned;
mod learner;
mod overlap;
mod rank;
mod ridge;
mod select;
mod sides;
mod sight;
#[cfg(test)]
mod tests;

pub use alike::find_similar;
pub use gate::{GateMetrics, ReviewCost};
pub use learned::{LearnedBox, LearnedProposer};
pub use learner::BoxLearner;
pub use sight::{MapCandidate, PictureFeatures};

/// The block whose tokens are learnt from, counted from 0: half of the way up, where tokens know
/// most of where things end.
pub fn default_block(depth: usize) -> usize {
    depth / 2
}
