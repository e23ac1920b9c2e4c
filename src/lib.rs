//! Tsukami proposes bounding boxes for people who label pictures.
//!
//! Data flows in one direction: `pictures -> tscam -> localize -> propose -> document -> store`, and
//! from a document to `formats`. The window (`app`) and the command line ([`cli`]) are on top.
//!
//! Words that the whole program uses in one sense:
//! - A *picture* is an image, an *annotation* is a box of a project, and a *category* is a class of
//!   a project. A *class* alone is an index of a model's output.
//! - A *proposal* is a box by a model that nobody has reviewed. *Ground truth* is the boxes that a
//!   person accepted, edited or drew. A picture is *done* once its review is finished.
//! - *Evidence* is what the networks compute from a picture, a *map* has one value per patch of the
//!   picture, and a *region* is a connected part of a map above a threshold.
//!
//! | module | its one idea | may use |
//! |---|---|---|
//! | [`geometry`] | boxes in pixels of the upright picture, patch grids | – |
//! | [`files`] | whole-file writing, target checks, paths, hashes | – |
//! | [`naming`] | which class of a project a model's class stands for, and suggestions for it; one list of ImageNet's and COCO's classes | – |
//! | [`pictures`] | files -> upright RGB; sizes, orientation, resizing; scanning folders | files, geometry |
//! | [`localize`] | evidence -> maps -> regions -> boxes, on plain slices (the paper's A*S is in `picture_maps`) | geometry |
//! | [`evaluate`] | metrics of proposals against true boxes, on plain values | geometry |
//! | [`nn`] | what every network needs: weights, devices, convolutions, fused operations (candle) | files, geometry |
//! | [`tscam`] | the paper: a picture -> [`localize::Evidence`] with per-layer attention, not yet summed; the ViT, its heads, the companion (an ImageNet EfficientNet) | nn, localize, pictures, geometry |
//! | [`detect`] | an object detector: a picture -> boxes with scores of COCO's classes | nn, pictures, geometry |
//! | [`segment`] | MobileSAM: a picture -> its embedding; points and a box -> masks and their boxes; the window fits boxes with it | nn, pictures, geometry |
//! | [`learn`] | reviewed and tagged pictures -> weights: class heads, the judge of candidate boxes, boxes from corrections, full training; whether fitting helps | nn, tscam, localize, pictures, evaluate, files, geometry |
//! | [`propose`] | the pipeline: decode, infer, localise or judge, over bounded queues | pictures, tscam, detect, localize, learn, nn, naming, geometry |
//! | [`document`] | pictures, categories, annotations; edits with exact inverses; what counts as ground truth ([`Annotation::is_ground_truth`](document::Annotation::is_ground_truth)) | geometry, naming |
//! | [`store`] | the project file (SQLite): commits, undo across processes, rescanning its folder | document, files, pictures, geometry, naming |
//! | [`formats`] | import and export: COCO, YOLO, Pascal VOC, labelme, CreateML, CVAT, Label Studio, VIA, Open Images, CSV of tags | document, pictures, files, naming, geometry |
//! | [`bulk`] | a run over a folder: journal, resume, shards, merge, heat maps | propose, formats, pictures, tscam, localize, files, naming |
//! | `app` | the window (egui) | all but cli and bulk |
//! | [`cli`] | the command line | all |
//!
//! `tests/layers.rs` enforces this table, and that no two files use each other.
//!
//! From a picture to a COCO file:
//!
//! ```
//! use std::path::Path;
//! use tsukami::formats::coco::{Annotation, Category, Image, Instances};
//! use tsukami::propose::{self, PipelineSettings, Target};
//! use tsukami::nn::{device::DeviceChoice, shipped::ModelSource};
//! use tsukami::{localize::Quality, pictures, tscam::Model};
//!
//! let path = Path::new("assets/sample/images/cat/chelsea.jpg");
//! let picture = pictures::decode(path, &pictures::DecodeLimits::default())?.rgb;
//! let device = DeviceChoice::Auto.open()?.device;
//! let model = Model::shipped(&ModelSource::Program, &device)?;
//! let mut settings = PipelineSettings::default();
//! settings.input_options.quality = Quality::Fast;
//! let evidence = model.infer(&model.input(&picture, settings.input_options))?;
//! let size = picture.dimensions();
//! let proposals = propose::propose(&evidence, size, &Target::Automatic, &settings);
//!
//! let mut coco = Instances::default();
//! coco.categories.push(Category::new(1, "cat"));
//! coco.images.push(Image::new(1, size, "chelsea.jpg"));
//! for (id, found) in (1..).zip(&proposals) {
//!     let annotation = Annotation::new(id, 1, 1, &found.bbox, Some(found.score));
//!     coco.annotations.push(annotation);
//! }
//! # let folder = tempfile::tempdir()?;
//! # let out = folder.path().join("boxes.json");
//! coco.write(&out)?;
//! # assert!(proposals[0].bbox.area() > 0.2 * (size.0 * size.1) as f32);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Invariants:
//! - [`geometry`], [`naming`], [`localize`], [`evaluate`] and [`document`] do no input or output.
//! - Boxes are `f32` in pixels of the original picture, rotated according to EXIF.
//! - A proposal carries its provenance and a score. It is never exported as ground truth until a
//!   person accepts it. Exports that ask for proposals (`export --proposals`, the format
//!   `coco-results`) write them with their scores, and `--provenance` writes them apart from the
//!   ground truth, where only this program reads them.
//! - A file is written as a whole or not at all. An edit that was acknowledged survives `kill -9`. The window
//!   does not wait for that: its edits do so moments later, and [`store::LiveProject`] says when exactly.

#[cfg(feature = "app")]
pub mod app;
pub mod bulk;
pub mod cli;
pub mod detect;
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
pub mod segment;
pub mod store;
pub mod tscam;
