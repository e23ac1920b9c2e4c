//! Tsukami draws the first boxes for people who label pictures.
pub mod geometry;
pub mod localize;
pub mod tscam;
