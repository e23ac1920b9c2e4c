//! The whole window, operated as a person would: by keys, drags and the names that a screen reader
//! reads, with the embedded model and the sample pictures.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod bench;
mod boxes;
mod canvas;
mod classes;
mod comparing;
mod dropping;
mod exporting;
mod faults;
mod fitting;
mod flow;
mod importing;
mod journey;
mod keyboard;
mod layout;
mod learning;
mod looks;
mod naming;
mod old_project;
mod outdated;
mod recents;
mod saving;
mod screens;
mod tags;
mod taken_out;
mod tour;
mod trouble;
mod workers;
