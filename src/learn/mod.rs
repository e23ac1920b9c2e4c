//! Learning from reviewed pictures: weights from tags, and better boxes from corrections.
//!
//! Plain values go in; documents and files of tags are read elsewhere.
//!
//! | module | its one idea |
//! |---|---|
//! | [`boxes`] | corrected boxes -> better boxes |
//! | [`fit_gate`] | whether fitting drawn boxes to objects helps |
//! | [`class_head`] | image-level tags -> a class head on a frozen backbone |
//! | [`full_training`] | image-level tags -> backbone and head together, as the paper trains them |
//! | [`tags`] | which picture shows which classes |
//! | `logistic` | the convex problem of a class head |
//! | `gram` | sums of products over rows |
//! | [`random`] | pseudorandom numbers that are the same everywhere |
//! | `tensor_file` | tensors as safetensors, always the same bytes |

pub mod boxes;
pub mod class_head;
pub mod fit_gate;
pub mod full_training;
mod gram;
mod logistic;
pub mod random;
pub mod tags;
mod tensor_file;
