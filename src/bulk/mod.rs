//! A bulk run: pictures in, one COCO file of proposals out, however the run ends.
//!
//! While it runs, each finished picture is a line in `<out>.journal`, so that a kill loses at
//! most the pictures under way. At the end the COCO file is written whole and the journal goes.
//! A run that was interrupted writes what is done as a valid file marked `info.interrupted`;
//! [`BulkJob::resume`] goes on from either. Ids follow from the sorted names alone, so a resumed run,
//! and shards put together by [`merge()`], give the very bytes of one undisturbed run.

mod assembly;
mod classes;
mod journal;
mod merge;

use std::collections::BTreeSet;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use serde_json::{Map, Value, json};

use crate::files::{FileError, check_target, same_file};
use crate::formats::{FormatError, coco};
use crate::heatmap;
use crate::naming::Naming;
use crate::pictures::{self, ScanProblem, ScannedPicture};
use crate::propose::{self, Inference, ProposeSettings, Target};
use crate::tscam::Model;
use assembly::{PictureResult, assemble};
use classes::Classes;
use journal::{Journal, completed_pictures};

pub use merge::merge;

/// Which part of the pictures a run does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// From 1 to `count`.
    pub index: usize,
    /// How many runs share the pictures.
    pub count: usize,
}

impl std::fmt::Display for Shard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

impl std::str::FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once('/');
        let numbers = parts.and_then(|(i, n)| Some((i.parse().ok()?, n.parse().ok()?)));
        match numbers {
            Some((index, count)) if (1..=count).contains(&index) => Ok(Self { index, count }),
            _ => Err(format!(
                "{text:?} is no shard; write I/N with I from 1 to N"
            )),
        }
    }
}

/// What a bulk run is to do.
#[derive(Clone, Debug)]
pub struct BulkJob {
    /// Folders, pictures and text lists.
    pub paths: Vec<PathBuf>,
    /// The COCO instances file to write.
    pub out: PathBuf,
    /// The plain results list to write, if any.
    pub results: Option<PathBuf>,
    /// The folder for map overlays, if any.
    pub heatmaps: Option<PathBuf>,
    /// Whether to go on from what an earlier run left.
    pub resume: bool,
    /// Which part of the pictures to do.
    pub shard: Option<Shard>,
    /// Whether a picture's folder names its class.
    pub folder_tags: bool,
    /// Decoding threads.
    pub decoders: usize,
    /// What to propose.
    pub settings: ProposeSettings,
    /// What the model's classes are called.
    pub naming: Naming,
}

/// Why a run could not start, or had to stop.
#[derive(Debug, thiserror::Error)]
pub enum BulkError {
    /// None of the paths holds a picture.
    #[error("no pictures found in {0}")]
    NoPictures(String),
    /// An earlier run was not finished and this one was not told to go on from it.
    #[error(
        "{} holds {done} pictures of an unfinished run: add --resume to go on from it, or delete \
         it to start anew",
        path.display()
    )]
    Unfinished {
        /// The journal.
        path: PathBuf,
        /// How many pictures it holds.
        done: usize,
    },
    /// What an earlier run left was made with other settings.
    #[error(
        "{} was made with other settings ({differences}): use the same ones, or another --out",
        path.display()
    )]
    OtherSettings {
        /// The journal or the COCO file.
        path: PathBuf,
        /// Which, with both values.
        differences: String,
    },
    /// What an earlier run left is of other pictures.
    #[error(
        "{} holds {done} pictures, none of which is among those given: give the same paths, or \
         another --out",
        path.display()
    )]
    OtherPictures {
        /// The journal or the COCO file.
        path: PathBuf,
        /// How many pictures it holds.
        done: usize,
    },
    /// Another run has the same output.
    #[error("another run is writing {}: wait for it, or give another --out", .0.display())]
    Busy(PathBuf),
    /// A file to write is one that is read, or that is written already.
    #[error("{} would be written over: give another file to write to", .0.display())]
    OverInput(PathBuf),
    /// Files to merge that do not fit together.
    #[error("{0}")]
    Unmergeable(String),
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A file is not in its format.
    #[error(transparent)]
    Format(#[from] FormatError),
}

/// What happens while a run goes on.
pub enum BulkEvent<'a> {
    /// The pictures are known; `resumed` of `total` were done before.
    Started {
        /// All pictures of this run.
        total: usize,
        /// Those that need not be done again.
        resumed: usize,
    },
    /// A picture is done.
    Done {
        /// Its name.
        name: &'a str,
        /// How many boxes it got.
        boxes: usize,
    },
    /// A picture failed.
    Failed {
        /// Why, in one sentence that names it.
        reason: &'a str,
    },
    /// Something to know about a picture that was done nevertheless.
    Warning {
        /// One sentence that names it.
        text: &'a str,
    },
}

/// How a run ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunSummary {
    /// Pictures in the file.
    pub pictures: usize,
    /// Boxes in the file.
    pub boxes: usize,
    /// One sentence for each picture or path that failed.
    pub failed: Vec<String>,
    /// Whether it was cancelled before all pictures were done.
    pub interrupted: bool,
}
/// What the run was made with: the provenance of every box, and what a resumed run must repeat.
fn run_info(job: &BulkJob, model: &Model, classes: &Classes) -> Map<String, Value> {
    let ProposeSettings {
        method,
        input_options,
        boxes,
    } = &job.settings;
    let mut info = json!({
        "description": "Box proposals by Tsukami, not reviewed by a person",
        "version": env!("CARGO_PKG_VERSION"),
        "model": model.name,
        "model_sha256": model.fingerprint,
        "method": method.name(),
        "patches": input_options.patches.unwrap_or_else(|| model.backbone().default_patches()),
        "square": input_options.square,
        "quality": input_options.quality.name(),
        "tags": if job.folder_tags { "folders" } else { "none" },
    });
    let boxes = serde_json::to_value(boxes);
    if let (Some(info), Ok(Value::Object(boxes))) = (info.as_object_mut(), boxes) {
        info.extend(boxes);
        let threshold = job.settings.boxes.threshold;
        let threshold = threshold.unwrap_or(method.default_threshold());
        info.insert("threshold".to_owned(), shortest_decimal(threshold));
        info.insert(
            "min_score".to_owned(),
            shortest_decimal(job.settings.boxes.min_score),
        );
        if job.folder_tags {
            // Ids follow from the folders, so a run with other folders cannot go on from this one.
            info.insert("classes".to_owned(), classes.of_folders().collect());
        }
        if !job.naming.is_empty() {
            let naming = serde_json::to_value(&job.naming);
            info.insert("class_map".to_owned(), naming.unwrap_or_default());
        }
        if let Some(head) = model.head().and_then(|head| head.fingerprint.clone()) {
            info.insert("head_sha256".to_owned(), head.into());
        }
        if let Some(shard) = job.shard {
            info.insert("shard".to_owned(), shard.to_string().into());
        }
    }
    match info {
        Value::Object(info) => info,
        _ => Map::new(),
    }
}
/// A number as it was written, without the digits that 64 bits would add.
fn shortest_decimal(number: f32) -> Value {
    number
        .to_string()
        .parse::<f64>()
        .map_or(Value::Null, Value::from)
}

/// Keys of `info` that tell how a run ended, not how it was made.
const OUTCOME_KEYS: [&str; 2] = ["interrupted", "failed"];

/// The settings that differ, as `key: theirs, now ours`.
fn differences(theirs: &Map<String, Value>, ours: &Map<String, Value>) -> Option<String> {
    let keys: BTreeSet<&String> = theirs.keys().chain(ours.keys()).collect();
    let differing: Vec<String> = keys
        .into_iter()
        .filter(|key| !OUTCOME_KEYS.contains(&key.as_str()) && theirs.get(*key) != ours.get(*key))
        .map(|key| {
            let show = |value: Option<&Value>| value.map_or("none".to_owned(), Value::to_string);
            format!(
                "{key}: {}, now {}",
                show(theirs.get(key)),
                show(ours.get(key))
            )
        })
        .collect();
    (!differing.is_empty()).then(|| differing.join("; "))
}
/// Refuses targets that would destroy what they are made from, or each other.
fn check_targets(job: &BulkJob, entries: &[ScannedPicture]) -> Result<(), BulkError> {
    let targets: Vec<&Path> = job
        .results
        .iter()
        .chain([&job.out])
        .map(PathBuf::as_path)
        .collect();
    for target in &targets {
        check_target(target)?;
        let inputs = entries.iter().map(|entry| &entry.path);
        let inputs = inputs.filter(|path| path.file_name() == target.file_name());
        if inputs
            .chain(&job.paths)
            .any(|input| same_file(input, target))
        {
            return Err(BulkError::OverInput(target.to_path_buf()));
        }
    }
    if let Some(folder) = job
        .heatmaps
        .as_ref()
        .filter(|folder| folder.exists() && !folder.is_dir())
    {
        let cause = io::Error::from(io::ErrorKind::NotADirectory);
        return Err(FileError::unwritable(folder)(cause).into());
    }
    if let [results, out] = targets[..]
        && (same_file(results, out) || same_file(results, &Journal::path_for(out)))
    {
        return Err(BulkError::OverInput(out.to_owned()));
    }
    Ok(())
}
/// Runs the job; `on_event` is told of each picture.
///
/// # Errors
/// Where nothing could start, or the journal or a result could not be written. Pictures that
/// fail are no error: they are in [`RunSummary::failed`].
pub fn run(
    job: &BulkJob,
    model: &Model,
    cancel: &AtomicBool,
    mut on_event: impl FnMut(BulkEvent<'_>),
) -> Result<RunSummary, BulkError> {
    let mut scan = pictures::scan(&job.paths);
    let overlays = job
        .heatmaps
        .as_ref()
        .and_then(|folder| std::path::absolute(folder).ok());
    if let Some(overlays) = &overlays {
        // What an earlier run drew is no picture of the set.
        scan.entries
            .retain(|entry| !scan.root.join(&entry.name).starts_with(overlays));
    }
    let mut failed: Vec<String> = scan.problems.iter().map(ScanProblem::to_string).collect();
    if scan.entries.is_empty() {
        let named = job.paths.iter().map(|path| path.display().to_string());
        let sentences = named.chain(failed).collect::<Vec<_>>();
        return Err(BulkError::NoPictures(sentences.join("; ")));
    }
    check_targets(job, &scan.entries)?;
    let classes = Classes::new(&scan.entries, model, &job.naming, job.folder_tags);
    if let Some(Shard { index, count }) = job.shard {
        let mut position = 0..;
        scan.entries.retain(|_| {
            position
                .next()
                .is_some_and(|p: usize| p % count == index - 1)
        });
    }
    let info = run_info(job, model, &classes);
    let names: BTreeSet<&str> = scan
        .entries
        .iter()
        .map(|entry| entry.name.as_str())
        .collect();
    let (mut journal, left) = Journal::open(&job.out)?;
    let begun = completed_pictures(job, left, &info, &names).and_then(|done| {
        journal.begin(&info, done.values())?;
        Ok(done)
    });
    let mut done = match begun {
        Ok(done) => done,
        Err(error) => {
            journal.remove_if_empty();
            return Err(error);
        }
    };
    on_event(BulkEvent::Started {
        total: scan.entries.len(),
        resumed: done.len(),
    });

    let open: Vec<&ScannedPicture> = scan
        .entries
        .iter()
        .filter(|entry| !done.contains_key(&entry.name))
        .collect();
    let paths: Vec<PathBuf> = open.iter().map(|entry| entry.path.clone()).collect();
    let settings = &job.settings;
    let keep = job.heatmaps.is_some();
    let mut stopped_by = None;
    let mut undrawn = Vec::new();
    let on_seen = |index: usize, result: Result<Inference, String>| {
        let entry = open[index];
        let seen = match result {
            Ok(seen) => seen,
            Err(reason) => {
                on_event(BulkEvent::Failed { reason: &reason });
                failed.push(reason);
                return ControlFlow::Continue(());
            }
        };
        for text in &seen.warnings {
            on_event(BulkEvent::Warning { text });
        }
        let target = classes.target(entry);
        let proposals = propose::propose(&seen.evidence, seen.size, &target, settings);
        let named = classes.name(entry, &proposals);
        let picture = PictureResult::new(&entry.name, seen.size, &named);
        let drawn = job.heatmaps.as_ref().map_or(Ok(()), |folder| {
            draw(folder, &entry.name, &seen, &target, settings)
        });
        if let Err(error) = drawn {
            // The boxes are done all the same; a disk that is full stops at the journal.
            undrawn.push(error.to_string());
        }
        if let Err(error) = journal.append(&picture) {
            stopped_by = Some(error);
            return ControlFlow::Break(());
        }
        let boxes = picture.annotations.len();
        done.insert(entry.name.clone(), picture);
        on_event(BulkEvent::Done {
            name: &entry.name,
            boxes,
        });
        ControlFlow::Continue(())
    };
    propose::infer_all(
        model,
        &propose::path_queue(&paths),
        settings.input_options,
        keep,
        job.decoders,
        cancel,
        on_seen,
    );
    if let Some(error) = stopped_by {
        return Err(error.into());
    }

    let interrupted = done.len() + failed.len() < scan.entries.len() + scan.problems.len();
    failed.extend(undrawn);
    failed.sort();
    let mut info = info;
    if interrupted {
        info.insert("interrupted".to_owned(), true.into());
    }
    if !failed.is_empty() {
        info.insert("failed".to_owned(), json!(failed));
    }
    let boxes = done.values().flat_map(|picture| &picture.annotations);
    let used = boxes.map(|annotation| annotation.category_id).collect();
    let instances = assemble(info, classes.categories(&used), done);
    instances.write(&job.out)?;
    if let Some(results) = &job.results {
        coco::write_detections(results, &instances.detections())?;
    }
    journal.remove()?;
    Ok(RunSummary {
        pictures: instances.images.len(),
        boxes: instances.annotations.len(),
        failed,
        interrupted,
    })
}
/// Writes the map of the first class sought over its picture.
fn draw(
    folder: &Path,
    name: &str,
    seen: &Inference,
    target: &Target,
    settings: &ProposeSettings,
) -> Result<(), FormatError> {
    let ProposeSettings { method, boxes, .. } = settings;
    let maps = propose::maps_for(&seen.evidence, target, boxes.mode);
    let class = maps.classes.first().map(|maps| maps.class);
    match (&seen.picture, maps.map(*method, class)) {
        (Some(picture), Some(map)) => {
            heatmap::write(&folder.join(format!("{name}.png")), picture, map)
        }
        _ => Ok(()),
    }
}
