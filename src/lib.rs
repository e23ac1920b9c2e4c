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
//! From a picture to a COCO file:
//!
//! ```
//! use std::path::Path;
//! use tsukami::formats::coco::{Annotation, Category, Image, Instances};
//! use tsukami::propose::{self, ProposeSettings, Target};
//! use tsukami::{localize::Quality, nn::device::DeviceChoice, pictures, tscam::Model};
//!
//! let path = Path::new("assets/sample/images/cat/chelsea.jpg");
//! let picture = pictures::decode(path, &pictures::DecodeLimits::default())?.rgb;
//! let model = Model::embedded(&DeviceChoice::Auto.open()?.device)?;
//! let mut settings = ProposeSettings::default();
//! settings.input_options.quality = Quality::Fast;
//! let evidence = model.infer(&model.input(&picture, settings.input_options))?;
//! let size = picture.dimensions();
//! let proposals = propose::propose(&evidence, size, &Target::Automatic, &settings);
//!
//! let mut coco = Instances::default();
//! coco.categories.push(Category {
//!     id: 1,
//!     name: "cat".into(),
//!     ..Category::default()
//! });
//! coco.images.push(Image {
//!     id: 1,
//!     width: size.0,
//!     height: size.1,
//!     file_name: "chelsea.jpg".into(),
//!     ..Image::default()
//! });
//! let boxes = (1..).zip(&proposals);
//! coco.annotations = boxes
//!     .map(|(id, proposal)| Annotation::new(id, 1, 1, &proposal.bbox, Some(proposal.score)))
//!     .collect();
//! let folder = tempfile::tempdir()?;
//! coco.write(&folder.path().join("boxes.json"))?;
//! # assert!(proposals[0].bbox.area() > 0.2 * (size.0 * size.1) as f32);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
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
