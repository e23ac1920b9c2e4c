//! Learning from reviewed pictures: weights from tags, and better boxes from corrections.
//!
//! Plain values go in; documents and files of tags are read elsewhere.
//!
//! | module | its one idea |
//! |---|---|
//! | [`judge`] | candidates from several sources -> boxes, before anything was learned |
//! | [`boxes`] | corrected boxes -> better boxes |
//! | [`fit_gate`] | whether fitting drawn boxes to objects helps |
//! | [`class_head`] | image-level tags -> a class head on a frozen backbone |
//! | [`full_training`] | image-level tags -> backbone and head together, as the paper trains them |
//! | [`tags`] | which picture shows which classes |
//! | `logistic` | the convex problem of a class head |
//! | `gram`, `ridge` | sums of products over rows, and ridge regression from them |
//! | `overlap`, `gain`, `select`, `calibration` | how boxes overlap, how much work a box saves, which candidates become boxes, and how probable it is that a person accepts them |
//! | [`random`] | pseudorandom numbers that are the same everywhere |
//! | `tensor_file` | tensors as safetensors, always the same bytes |

pub mod boxes;
mod calibration;
pub mod class_head;
pub mod fit_gate;
pub mod full_training;
mod gain;
mod gram;
pub mod judge;
mod logistic;
mod overlap;
pub mod random;
mod ridge;
mod select;
pub mod tags;
mod tensor_file;
