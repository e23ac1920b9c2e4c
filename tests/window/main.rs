//! The whole window, driven as a person drives it: keys, drags and names that a screen reader
//! would read, on the embedded model and the sample pictures.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod bench;
mod journey;
mod keyboard;
mod learning;
mod looks;
mod naming;
mod old_project;
mod tags;
mod trouble;
