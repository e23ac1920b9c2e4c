//! Decode and infer many pictures.
//!
//! Pictures are decoded on several threads. On the CPU as many threads run the networks, each on a picture of
//! its own with its share of the cores: no core waits until others have finished their part of the same
//! picture. An accelerator has one such thread. The caller's thread handles the results. The queues between the stages hold a few pictures
//! each, and of large pictures as many as fit into a number of bytes, so memory use does not grow with
//! the folder, and a slow stage holds the others back. Results arrive when they are ready, each with the
//! key of its picture.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use image::RgbImage;
use rayon::{ThreadPool, ThreadPoolBuilder};

use super::inference_error::{InferenceError, contained};
use super::networks::NetworksRef;
use crate::detect::{Detector, DetectorInput, suppress};
use crate::geometry::BBox;
use crate::localize::{
    BoxOptions, DetectedBox, Evidence, Localizer, Method, PictureMaps, Quality, ZoomedEvidence,
    zoom_frames,
};
use crate::pictures::{self, DecodeLimits, MemoryBudget, Reservation};
use crate::tscam::{InputOptions, Model, ModelError, ModelInput};

/// The number of decoded pictures that wait for inference, per decoding thread.
const QUEUE_PER_DECODER: usize = 2;

/// Detected boxes below this score are no candidates. The judge decides on the others, so it is low.
const MIN_DETECTOR_SCORE: f32 = 0.03;
/// Detected boxes that overlap a better one more are no candidates.
const MAX_DETECTOR_IOU: f32 = 0.7;

/// The result of decoding a picture and running the model on it.
pub struct Inference {
    /// Width and height in pixels, of the upright picture unless [`InputOptions::as_stored`] is set.
    pub size: (u32, u32),
    /// The picture itself, if it was requested.
    pub picture: Option<RgbImage>,
    /// What the model computed.
    pub evidence: Evidence,
    /// Warnings about the file, one sentence each.
    pub warnings: Vec<String>,
}

/// A decoded picture that waits for inference.
struct PreparedPicture {
    size: (u32, u32),
    input: ModelInput,
    detector_input: Option<DetectorInput>,
    /// The picture itself, if it was requested or parts of it may be enlarged.
    picture: Option<RgbImage>,
    warnings: Vec<String>,
    /// The bytes of `picture`.
    reservation: Option<Reservation>,
}

/// Hands out `paths` one by one, each with its index, for [`infer_all`].
pub fn path_queue(paths: &[PathBuf]) -> impl Fn() -> Option<(usize, PathBuf)> + Sync {
    let next = AtomicUsize::new(0);
    move || {
        let index = next.fetch_add(1, Ordering::Relaxed);
        Some((index, paths.get(index)?.clone()))
    }
}

/// Decodes the pictures that `next` returns and runs the `networks` on them. Each result, or why there is
/// none, goes to `on_result` as soon as it is ready, with the key that `next` returned with the path. A
/// panic ends the work on its picture alone.
///
/// `in_flight` pictures are decoded at a time, and on the CPU as many go through the networks, but not more than
/// there are cores.
///
/// Returns when `next` has returned `None`, when `on_result` breaks, or soon after `cancel` is set. After
/// a cancellation, pictures that were already begun are still delivered. `next` is called by several
/// threads, and may block.
pub fn infer_all<T: Send>(
    networks: NetworksRef<'_>,
    next: &(impl Fn() -> Option<(T, PathBuf)> + Sync),
    options: InputOptions,
    keep_pictures: bool,
    in_flight: usize,
    cancel: &AtomicBool,
    mut on_result: impl FnMut(T, Result<Inference, InferenceError>) -> ControlFlow<()>,
) {
    let in_flight = in_flight.max(1);
    let (to_infer, prepared) = crossbeam_channel::bounded(QUEUE_PER_DECODER * in_flight);
    let (to_caller, results) = crossbeam_channel::bounded(QUEUE_PER_DECODER);
    let budget = &MemoryBudget::default();
    thread::scope(|scope| {
        for _ in 0..in_flight {
            let to_infer = to_infer.clone();
            scope.spawn(move || {
                while !cancel.load(Ordering::Relaxed) {
                    let Some((key, path)) = next() else { break };
                    // The file is decoded when there is room for its pixels.
                    let Some(reservation) = budget.reserve_for(&path) else {
                        break;
                    };
                    let picture = contained(&path, || {
                        prepare(networks, &path, options, keep_pictures, reservation)
                    });
                    if to_infer.send((key, path, picture)).is_err() {
                        break;
                    }
                }
            });
        }
        drop(to_infer);
        let streams = Streams::of(networks, in_flight);
        for _ in 0..streams.count {
            let (prepared, to_caller) = (prepared.clone(), to_caller.clone());
            scope.spawn(move || {
                let _cores = streams.share_of_cores();
                for (key, path, picture) in prepared {
                    let mut reservation = None;
                    let result = picture.and_then(|mut picture| {
                        reservation = picture.reservation.take();
                        contained(&path, || {
                            infer(networks, picture, options, keep_pictures).map_err(|error| {
                                InferenceError::Network(format!("{}: {error}", path.display()))
                            })
                        })
                    });
                    // The pixels live on with the result if the caller keeps them.
                    let reservation = reservation.filter(|_| keep_pictures);
                    if to_caller.send((key, result, reservation)).is_err() {
                        break;
                    }
                }
            });
        }
        drop((prepared, to_caller));
        // The loop owns its end of the queue, so when it breaks, the stages before it end too.
        for (key, result, reservation) in results {
            let flow = on_result(key, result);
            drop(reservation);
            if flow.is_break() {
                break;
            }
        }
        budget.close();
    });
}

/// How many pictures go through the networks at a time.
#[derive(Clone, Copy)]
struct Streams {
    count: usize,
    cores: usize,
}

impl Streams {
    fn of(networks: NetworksRef<'_>, in_flight: usize) -> Self {
        let cores = rayon::current_num_threads();
        let is_on_cpu = networks.model.backbone().device().is_cpu();
        let count = if is_on_cpu { in_flight.min(cores) } else { 1 };
        Self { count, cores }
    }

    /// Makes this thread, with others if there are more cores than streams, a pool for the parallel work that it
    /// begins, until the pool is dropped. A single stream has all cores without one.
    fn share_of_cores(self) -> Option<ThreadPool> {
        let pool = ThreadPoolBuilder::new()
            .num_threads(self.cores / self.count)
            .use_current_thread();
        // Without a pool of its own the thread shares that of all.
        (self.count > 1).then(|| pool.build().ok()).flatten()
    }
}

/// Runs the networks on a picture that is already decoded.
///
/// # Errors
/// If the device fails, for example for lack of memory, or the weights are damaged.
pub fn infer_picture(
    networks: NetworksRef<'_>,
    picture: RgbImage,
    options: InputOptions,
) -> Result<Inference, ModelError> {
    let prepared = PreparedPicture {
        size: picture.dimensions(),
        input: networks.model.input(&picture, options),
        detector_input: networks.detector.map(|detector| detector.input(&picture)),
        picture: Some(picture),
        warnings: Vec::new(),
        reservation: None,
    };
    infer(networks, prepared, options, false)
}

fn prepare(
    networks: NetworksRef<'_>,
    path: &Path,
    options: InputOptions,
    keep_picture: bool,
    reservation: Reservation,
) -> Result<PreparedPicture, InferenceError> {
    let decode = if options.as_stored {
        pictures::decode_as_stored
    } else {
        pictures::decode
    };
    let picture = decode(path, &DecodeLimits::default())
        .map_err(|error| InferenceError::File(error.to_string()))?;
    let mut warnings = picture.warnings;
    if picture.orientation_applied {
        warnings.push(format!(
            "{} is rotated according to EXIF; its boxes refer to the upright picture, so make sure \
             that the program that reads them rotates it too",
            path.display()
        ));
    }
    let is_needed = keep_picture || options.quality == Quality::Best;
    Ok(PreparedPicture {
        size: picture.rgb.dimensions(),
        input: networks.model.input(&picture.rgb, options),
        detector_input: networks
            .detector
            .map(|detector| detector.input(&picture.rgb)),
        picture: is_needed.then_some(picture.rgb),
        warnings,
        reservation: is_needed.then_some(reservation),
    })
}

fn infer(
    NetworksRef { model, detector }: NetworksRef<'_>,
    prepared: PreparedPicture,
    options: InputOptions,
    keep_picture: bool,
) -> Result<Inference, ModelError> {
    let mut evidence = model.infer(&prepared.input)?;
    if let (Quality::Best, Some(picture)) = (options.quality, &prepared.picture) {
        evidence.zoomed = infer_zoomed(model, &evidence, picture, options)?;
    }
    if let (Some(detector), Some(input)) = (detector, &prepared.detector_input) {
        evidence.detections = Some(detected_boxes(detector, input)?);
    }
    Ok(Inference {
        size: prepared.size,
        picture: prepared.picture.filter(|_| keep_picture),
        evidence,
        warnings: prepared.warnings,
    })
}

/// The boxes of the detector, best first.
fn detected_boxes(
    detector: &Detector,
    input: &DetectorInput,
) -> Result<Vec<DetectedBox>, ModelError> {
    let found = detector.detect(input, MIN_DETECTOR_SCORE)?;
    let found = suppress(&found, MAX_DETECTOR_IOU).into_iter();
    let boxes = found.map(|candidate| DetectedBox {
        bbox: candidate.bbox,
        score: candidate.score,
        classes: candidate
            .classes
            .iter()
            .map(|class| (class.class, class.score))
            .collect(),
    });
    Ok(boxes.collect())
}

/// Runs the model on enlarged parts of the picture, where the evidence shows small objects.
fn infer_zoomed(
    model: &Model,
    evidence: &Evidence,
    picture: &RgbImage,
    options: InputOptions,
) -> Result<Vec<ZoomedEvidence>, ModelError> {
    let size = picture.dimensions();
    let options = InputOptions {
        tap: None,
        ..options
    };
    let maps = PictureMaps::new(evidence, &[], &[]);
    let localizer = Localizer::new(&maps, Method::Affinity, None);
    let box_options = BoxOptions::default();
    let mut boxes = localizer.map_or(Vec::new(), |localizer| localizer.boxes(&box_options, size));
    boxes.retain(|found| found.score >= Method::Affinity.default_min_score());
    zoom_frames(&boxes, size)
        .into_iter()
        .map(|frame| {
            let (width, height) = (size.0 as f32, size.1 as f32);
            let (x, y) = ((frame.x0 * width) as u32, (frame.y0 * height) as u32);
            let part = image::imageops::crop_imm(
                picture,
                x,
                y,
                ((frame.x1 * width).ceil() as u32 - x).max(1),
                ((frame.y1 * height).ceil() as u32 - y).max(1),
            );
            let part = part.to_image();
            let (x, y) = (x as f32, y as f32);
            Ok(ZoomedEvidence {
                // Rounded to whole pixels, as it was cut out.
                frame: BBox {
                    x0: x / width,
                    y0: y / height,
                    x1: (x + part.width() as f32) / width,
                    y1: (y + part.height() as f32) / height,
                },
                evidence: model.infer(&model.input(&part, options))?,
            })
        })
        .collect()
}
