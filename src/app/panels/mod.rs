//! The panels around the canvas. Each reads the workspace and returns actions.

pub mod attributes;
pub mod boxes;
pub mod classes;
pub mod comparison;
pub mod dashboard;
mod heat_map;
pub mod job;
pub mod learning;
pub mod picture_errors;
pub mod picture_list;
pub mod proposals;
pub mod remaining;
pub mod snapping;
pub mod status;
