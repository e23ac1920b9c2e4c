//! The judge: which candidates of a picture become boxes before anything was learned from a person.
//!
//! Candidates come from two sources: the regions of the map of any object at all thresholds, and the boxes
//! of a detector. A ridge regression over numbers that depend neither on the size of a picture nor on its
//! content predicts the gain of each, the work that it saves a person. The best one for each object is kept,
//! with the probability that a person accepts it.
//!
//! The weights are in `models/judge.json`. `tsukami judge` fits them.
//!
//! | module | its one idea |
//! |---|---|
//! | `candidate` | the candidates of a picture, from all sources |
//! | `features` | what is known about a candidate |
//! | `prior` | features -> expected gain, and its fit |
//! | `verdict` | the judge itself: a picture -> judged boxes |

mod candidate;
mod features;
mod prior;
#[cfg(test)]
mod tests;
mod verdict;

pub use crate::learn::calibration::Calibration;
pub use candidate::{Candidate, CandidateSource, MAX_CANDIDATES, regions_at_all_thresholds};
pub use prior::{Prior, PriorExample};
pub use verdict::{Judge, JudgedCandidates, candidate_gains};
