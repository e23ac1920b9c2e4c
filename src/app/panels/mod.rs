//! The parts around the canvas. Each reads the workspace and pushes actions.

pub mod boxes;
pub mod classes;
pub mod dashboard;
pub mod learn;
pub mod list;
pub mod proposals;
pub mod status;
