//! The pipeline that the window and the command line share: decode | infer | localise.
//!
//! Decoding runs on several threads, inference on one (it shares its own work among the cores),
//! and what is made of the evidence on the caller's, over queues that hold a few pictures each:
//! memory stays flat however long the folder, and a slow stage holds the others back. Results
//! come as they are ready, each with the index it was asked for.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use image::RgbImage;

use crate::geometry::BBox;
use crate::localize::{
    BoxMode, BoxOptions, ClassSource, Evidence, Localizer, Maps, Method, Quality, ZoomedEvidence,
    zoom_frames,
};
use crate::naming::{Naming, ONE_OBJECT_IOU};
use crate::pictures::{self, DecodeLimits};
use crate::tscam::{InputOptions, Model, ModelError, ModelInput};

/// A class below this probability is not looked for, unless it is a tag.
const MIN_CLASS_PROBABILITY: f32 = 0.1;
/// Classes looked for in one picture, at the most, unless they are tags.
const MAX_CLASSES: usize = 5;
/// What a box may be called is chosen among this many classes, the likeliest of the whole picture.
const MAX_NAME_CANDIDATES: usize = 8;
/// PreparedPicture pictures that wait for inference, for each decoding thread.
const QUEUE_PER_DECODER: usize = 2;

/// What to propose, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct ProposeSettings {
    /// How maps are made.
    pub method: Method,
    /// How a picture is looked at.
    pub input_options: InputOptions,
    /// How maps become boxes.
    pub boxes: BoxOptions,
}

impl ProposeSettings {
    /// Whether `model` can do what is asked.
    ///
    /// # Errors
    /// A sentence that says what is missing.
    pub fn check(&self, model: &Model) -> Result<(), String> {
        let has_companion =
            self.input_options.quality > Quality::Fast && model.companion().is_some();
        if self.method.needs_classes() && model.head().is_none() && !has_companion {
            return Err(format!(
                "the method {} needs class maps: give a --head, or a --model that has one, or a \
                 --quality above fast",
                self.method
            ));
        }
        Ok(())
    }
}

/// What to look for in a picture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Target {
    /// The classes that the head sees; without a head any object, called what the companion takes
    /// it for.
    #[default]
    Anything,
    /// Objects of no particular class, without a name.
    AnyObject,
    /// These of the [model's classes](Model::classes): the picture's tags.
    Classes(Vec<usize>),
}

/// A picture that went through decoding and inference.
pub struct Inference {
    /// Width and height in pixels: upright, unless the input was asked for as it is stored.
    pub size: (u32, u32),
    /// The picture itself, if it was to be kept.
    pub picture: Option<RgbImage>,
    /// What the model saw.
    pub evidence: Evidence,
    /// What a person should know about the file, one sentence each.
    pub warnings: Vec<String>,
}

/// A proposed box.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    /// Where, in upright pixels of the original.
    pub bbox: BBox,
    /// The [model's classes](Model::classes) that it may be of, if it is an object, each with its
    /// probability, best first; none for any object.
    pub classes: Vec<(usize, f32)>,
    /// Confidence in 0..=1: the region's score, times the class's probability where a head gives
    /// one.
    pub score: f32,
}

/// A decoded picture on its way to inference.
struct PreparedPicture {
    size: (u32, u32),
    input: ModelInput,
    /// If it was to be kept or is to be looked at again.
    picture: Option<RgbImage>,
    warnings: Vec<String>,
}

/// Gives the pictures at `paths` in this order, each with its index: for [`infer_all`].
pub fn path_queue(paths: &[PathBuf]) -> impl Fn() -> Option<(usize, PathBuf)> + Sync {
    let next = AtomicUsize::new(0);
    move || {
        let index = next.fetch_add(1, Ordering::Relaxed);
        Some((index, paths.get(index)?.clone()))
    }
}

/// Shows the pictures that `next` gives to `model`, and gives each result (or the sentence that
/// says why there is none), under the name that `next` gave it, to `on_result` as it is ready.
/// Returns when `next` has given its last, when `on_result` breaks off, or soon after `cancel` is
/// set: pictures that were under way are still delivered, the rest not begun. `next` is called by
/// several threads, and may wait.
pub fn infer_all<T: Send>(
    model: &Model,
    next: &(impl Fn() -> Option<(T, PathBuf)> + Sync),
    input_options: InputOptions,
    keep_pictures: bool,
    decoders: usize,
    cancel: &AtomicBool,
    mut on_result: impl FnMut(T, Result<Inference, String>) -> ControlFlow<()>,
) {
    let decoders = decoders.max(1);
    let (to_infer, decoded) = crossbeam_channel::bounded(QUEUE_PER_DECODER * decoders);
    let (to_caller, seen) = crossbeam_channel::bounded(QUEUE_PER_DECODER);
    thread::scope(|scope| {
        for _ in 0..decoders {
            let to_infer = to_infer.clone();
            scope.spawn(move || {
                while !cancel.load(Ordering::Relaxed) {
                    let Some((name, path)) = next() else { break };
                    let prepared = prepare(model, &path, input_options, keep_pictures);
                    if to_infer.send((name, path, prepared)).is_err() {
                        break;
                    }
                }
            });
        }
        drop(to_infer);
        scope.spawn(move || {
            for (name, path, prepared) in decoded {
                let seen = prepared.and_then(|prepared| {
                    let seen = infer(model, prepared, input_options, keep_pictures);
                    seen.map_err(|error| format!("{}: {error}", path.display()))
                });
                if to_caller.send((name, seen)).is_err() {
                    break;
                }
            }
        });
        // The loop owns its end of the queue: where it breaks off, the stages before it end too.
        for (name, result) in seen {
            if on_result(name, result).is_break() {
                break;
            }
        }
    });
}

fn prepare(
    model: &Model,
    path: &Path,
    input_options: InputOptions,
    keep: bool,
) -> Result<PreparedPicture, String> {
    let decode = if input_options.as_stored {
        pictures::decode_as_stored
    } else {
        pictures::decode
    };
    let picture = decode(path, &DecodeLimits::default()).map_err(|error| error.to_string())?;
    let mut warnings = picture.warnings;
    if picture.orientation_applied {
        warnings.push(format!(
            "{} is turned by its EXIF orientation; its boxes refer to the upright picture, so see \
             that the program which reads them turns it too",
            path.display()
        ));
    }
    let is_wanted = keep || input_options.quality == Quality::Best;
    Ok(PreparedPicture {
        size: picture.rgb.dimensions(),
        input: model.input(&picture.rgb, input_options),
        picture: is_wanted.then_some(picture.rgb),
        warnings,
    })
}

fn infer(
    model: &Model,
    prepared: PreparedPicture,
    input_options: InputOptions,
    keep: bool,
) -> Result<Inference, ModelError> {
    let mut evidence = model.infer(&prepared.input)?;
    if let (Quality::Best, Some(picture)) = (input_options.quality, &prepared.picture) {
        evidence.zoomed = infer_zoomed(model, &evidence, picture, input_options)?;
    }
    Ok(Inference {
        size: prepared.size,
        picture: prepared.picture.filter(|_| keep),
        evidence,
        warnings: prepared.warnings,
    })
}

/// Looks once more at the small objects that the evidence gives.
fn infer_zoomed(
    model: &Model,
    evidence: &Evidence,
    picture: &RgbImage,
    input_options: InputOptions,
) -> Result<Vec<ZoomedEvidence>, ModelError> {
    let size = picture.dimensions();
    let input_options = InputOptions {
        tap: None,
        ..input_options
    };
    let maps = Maps::new(evidence, &[], &[]);
    let localizer = Localizer::new(&maps, Method::Affinity, None);
    let options = BoxOptions::default();
    let mut found = localizer.map_or(Vec::new(), |localizer| localizer.boxes(&options, size));
    found.retain(|found| found.score >= options.min_score);
    zoom_frames(&found, size)
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
                // Of whole pixels, as it was cut out.
                frame: BBox {
                    x0: x / width,
                    y0: y / height,
                    x1: (x + part.width() as f32) / width,
                    y1: (y + part.height() as f32) / height,
                },
                evidence: model.infer(&model.input(&part, input_options))?,
            })
        })
        .collect()
}

/// The maps of what is sought in a picture.
pub fn maps(evidence: &Evidence, target: &Target, mode: BoxMode) -> Maps {
    let names = match (target, evidence.classes()) {
        (Target::Anything, Some((ClassSource::Companion, companion))) => {
            let ranked = companion.ranked().into_iter().take(MAX_NAME_CANDIDATES);
            ranked.map(|(class, _)| class).collect()
        }
        _ => Vec::new(),
    };
    Maps::new(evidence, &target_classes(evidence, target, mode), &names)
}

/// The boxes that the evidence gives, best first.
pub fn propose(
    evidence: &Evidence,
    size: (u32, u32),
    target: &Target,
    settings: &ProposeSettings,
) -> Vec<Proposal> {
    let ProposeSettings { method, boxes, .. } = settings;
    cut(&maps(evidence, target, boxes.mode), size, *method, boxes)
}

/// The boxes that maps give in a picture of `size` pixels, best first.
pub fn cut(maps: &Maps, size: (u32, u32), method: Method, boxes: &BoxOptions) -> Vec<Proposal> {
    let mut proposals = Vec::new();
    for (class, probability) in maps.target() {
        let localizer = Localizer::new(maps, method, class);
        for found in localizer
            .iter()
            .flat_map(|localizer| localizer.boxes(boxes, size))
        {
            // What a class's own map shows is of that class, if it is there at all.
            let of_class = class.map(|class| vec![(class, 1.0)]);
            proposals.push(Proposal {
                bbox: found.bbox,
                classes: of_class.unwrap_or(found.classes),
                score: found.score * probability,
            });
        }
    }
    if boxes.mode == BoxMode::All {
        proposals.retain(|proposal| proposal.score >= boxes.min_score);
    }
    proposals.sort_by(|a, b| b.score.total_cmp(&a.score));
    proposals.truncate(boxes.max_boxes);
    proposals
}

impl Proposal {
    /// The class that it is most probably of; none for any object.
    pub fn likeliest(&self) -> Option<usize> {
        self.classes.first().map(|(class, _)| *class)
    }
}

/// What each of a picture's boxes, best first, is called: nothing where its classes say nothing, or
/// what is not accepted. Where two classes are called by one name, two boxes of theirs that lie on one another are of one
/// object, and the better one stays.
pub fn named<'p, 'n>(
    proposals: &'p [Proposal],
    class_names: &'n [String],
    naming: &'n Naming,
    accepts: impl Fn(&str) -> bool,
) -> Vec<(&'p Proposal, Option<&'n str>)> {
    let mut named: Vec<(&Proposal, Option<&str>)> = Vec::new();
    for proposal in proposals {
        let name = naming.name(class_names, &proposal.classes);
        let name = name.map(|name| name.text).filter(|name| accepts(name));
        let is_double = !naming.is_empty()
            && named.iter().any(|(better, other)| {
                name.is_some()
                    && *other == name
                    && better.likeliest() != proposal.likeliest()
                    && better.bbox.iou(&proposal.bbox) >= ONE_OBJECT_IOU
            });
        if !is_double {
            named.push((proposal, name));
        }
    }
    named
}

/// Which classes to look for, most probable first, and how probable each is; none for any object.
fn target_classes(evidence: &Evidence, target: &Target, mode: BoxMode) -> Vec<(usize, f32)> {
    let classes = match (target, &evidence.head) {
        (Target::Classes(tags), _) => return tags.iter().map(|&tag| (tag, 1.0)).collect(),
        (Target::AnyObject, _) | (_, None) => return Vec::new(),
        (Target::Anything, Some(classes)) => classes,
    };
    let most = match mode {
        BoxMode::Largest => 1,
        BoxMode::All => MAX_CLASSES,
    };
    classes
        .ranked()
        .into_iter()
        .take(most)
        .enumerate()
        .filter(|(rank, (_, probability))| *rank == 0 || *probability >= MIN_CLASS_PROBABILITY)
        .map(|(_, ranked)| ranked)
        .collect()
}
