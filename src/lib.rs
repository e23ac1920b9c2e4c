//! Tsukami draws the first boxes for people who label pictures.
//!
//! Data runs one way: `pictures -> tscam -> localize -> propose -> document -> store / formats`,
//! and whoever drives it, the window (`app`), the command line ([`cli`]) or a bulk run ([`bulk`]),
//! sits on top; nothing imports them.
//!
//! | module | its one idea |
//! |---|---|
//! | [`geometry`] | boxes in upright picture pixels, patch grids |
//! | [`pictures`] | files -> upright RGB, sizes, the model's input |
//! | [`nn`] | what every network needs: weights, devices, convolutions, fused operations (candle) |
//! | [`tscam`] | a picture -> [`localize::Evidence`] |
//! | [`learn`] | pictures and their tags -> a model's weights |
//! | [`localize`] | evidence -> maps -> boxes, on plain slices |
//! | [`propose`] | the pipeline decode, infer, localise over bounded queues |
//! | [`learn`] | class heads from tags, boxes from corrections |
//! | [`naming`] | what a model's classes are called in a project, and what they might be |
//! | [`document`] | pictures, classes, boxes; every change an edit with an exact inverse |
//! | [`store`] | the project file, one SQLite database |
//! | [`formats`] | COCO, YOLO, Pascal VOC, labelme, CreateML, CSV: import and export |
//! | [`bulk`] | a run over a folder: journal, resume, shards, merge |
//! | [`evaluate`] | metrics of proposals against true boxes, on plain values |
//! | [`cli`] | what the program understands and says |
//! | `app` | the window; the only user of egui |
//!
//! Invariants:
//! - [`geometry`], [`localize`], [`naming`], [`document`] and [`evaluate`] do no IO and know
//!   neither candle nor a window.
//! - Boxes are `f32` in original, EXIF-upright pixels, always.
//! - A proposal carries its origin and a score, and is never written as ground truth until a person
//!   says so.
//! - A file appears whole or not at all, and an edit that was acknowledged survives `kill -9`.

#[cfg(feature = "app")]
pub mod app;
pub mod bulk;
pub mod cli;
pub mod document;
pub mod evaluate;
pub mod files;
pub mod formats;
pub mod geometry;
pub mod learn;
pub mod localize;
pub mod naming;
pub mod nn;
pub mod pictures;
pub mod propose;
pub mod store;
pub mod tscam;
