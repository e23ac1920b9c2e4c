//! The run itself: scan, check, continue an earlier run, propose, write.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use super::assembly::{PictureResult, assemble};
use super::categories::RunCategories;
use super::error::BulkError;
use super::event::{BulkEvent, BulkSummary};
use super::heatmap;
use super::info::RunInfo;
use super::job::{BulkJob, Shard};
use super::journal::Journal;
use super::resume::completed_pictures;
use super::targets::check_targets;
use crate::files::FileError;
use crate::formats::coco;
use crate::pictures::{self, Scan, ScanProblem, ScannedPicture};
use crate::propose::{self, Inference, InferenceError, NetworksRef, PipelineSettings, Target};

/// Runs the job, and reports each picture to `on_event`.
///
/// # Errors
/// If the run cannot start, or the journal or a result cannot be written. A picture that fails is
/// not an error: it is in [`BulkSummary::failed`].
pub fn run(
    job: &BulkJob,
    networks: NetworksRef<'_>,
    cancel: &AtomicBool,
    mut on_event: impl FnMut(BulkEvent<'_>),
) -> Result<BulkSummary, BulkError> {
    let mut scan = scan_pictures(job)?;
    check_targets(job, &scan.entries)?;
    // The categories are those of all pictures, also of other shards.
    let categories = RunCategories::new(&scan.entries, networks, &job.naming, job.folder_tags);
    if let Some(shard) = job.shard {
        keep_shard(&mut scan.entries, shard);
    }
    let mut info = RunInfo::new(job, networks, &categories);
    let (mut journal, done) = begin(job, &info, &scan.entries)?;
    on_event(BulkEvent::Started {
        total: scan.entries.len(),
        resumed: done.len(),
    });
    if let Some(text) = scan.skipped_exports_note() {
        on_event(BulkEvent::Warning { text: &text });
    }

    let mut progress = RunProgress {
        job,
        categories: &categories,
        open: scan
            .entries
            .iter()
            .filter(|picture| !done.contains_key(&picture.name))
            .collect(),
        journal: &mut journal,
        done,
        failed: scan.problems.iter().map(ScanProblem::to_string).collect(),
        failed_heatmaps: Vec::new(),
    };
    let paths: Vec<PathBuf> = progress
        .open
        .iter()
        .map(|picture| picture.path.clone())
        .collect();
    let mut journal_error = None;
    propose::infer_all(
        networks,
        &propose::path_queue(&paths),
        job.settings.input_options,
        job.heatmaps.is_some(),
        job.in_flight,
        cancel,
        |index, result| match progress.add(index, result, &mut on_event) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                journal_error = Some(error);
                ControlFlow::Break(())
            }
        },
    );
    if let Some(error) = journal_error {
        return Err(error.into());
    }

    let RunProgress {
        done,
        mut failed,
        failed_heatmaps,
        ..
    } = progress;
    let interrupted = done.len() + failed.len() < scan.entries.len() + scan.problems.len();
    failed.extend(failed_heatmaps);
    failed.sort();
    info.set_outcome(interrupted, &failed);
    let boxes = done.values().flat_map(|picture| &picture.annotations);
    let used = boxes.map(|annotation| annotation.category_id).collect();
    let instances = assemble(info, categories.to_coco(&used), done);
    instances.write(&job.out)?;
    if let Some(results) = &job.results {
        coco::write_detections(results, &instances.detections())?;
    }
    journal.remove()?;
    Ok(BulkSummary {
        pictures: instances.images.len(),
        boxes: instances.annotations.len(),
        failed,
        interrupted,
    })
}

/// The pictures of a job, at least one.
fn scan_pictures(job: &BulkJob) -> Result<Scan, BulkError> {
    let mut scan = pictures::scan(&job.paths);
    let heatmaps = job
        .heatmaps
        .as_ref()
        .and_then(|folder| std::path::absolute(folder).ok());
    if let Some(heatmaps) = &heatmaps {
        // Heat maps of an earlier run are not pictures of the set.
        scan.entries
            .retain(|picture| !scan.root.join(&picture.name).starts_with(heatmaps));
    }
    if scan.entries.is_empty() {
        let paths = job.paths.iter().map(|path| path.display().to_string());
        let problems = scan.problems.iter().map(ScanProblem::to_string);
        let sentences: Vec<String> = paths.chain(problems).collect();
        return Err(BulkError::NoPictures(sentences.join("; ")));
    }
    Ok(scan)
}

/// Keeps each picture of the shard: one of `count` pictures, in the order of their names.
fn keep_shard(pictures: &mut Vec<ScannedPicture>, Shard { index, count }: Shard) {
    let mut position = 0..;
    pictures.retain(|_| {
        position
            .next()
            .is_some_and(|position: usize| position % count == index - 1)
    });
}

/// Opens the journal and finds what an earlier run has done.
fn begin(
    job: &BulkJob,
    info: &RunInfo,
    pictures: &[ScannedPicture],
) -> Result<(Journal, BTreeMap<String, PictureResult>), BulkError> {
    let names: BTreeSet<&str> = pictures
        .iter()
        .map(|picture| picture.name.as_str())
        .collect();
    let (mut journal, content) = Journal::open(&job.out)?;
    let begun = completed_pictures(job, content, info, &names).and_then(|done| {
        journal.begin(info, done.values())?;
        Ok(done)
    });
    match begun {
        Ok(done) => Ok((journal, done)),
        Err(error) => {
            journal.remove_if_empty();
            Err(error)
        }
    }
}

/// A run in progress.
struct RunProgress<'a> {
    job: &'a BulkJob,
    categories: &'a RunCategories<'a>,
    /// The pictures to process, by the index of the queue.
    open: Vec<&'a ScannedPicture>,
    journal: &'a mut Journal,
    done: BTreeMap<String, PictureResult>,
    /// One sentence for each picture or path that failed.
    failed: Vec<String>,
    failed_heatmaps: Vec<String>,
}

impl RunProgress<'_> {
    /// Adds the result for a picture. An error means that the journal cannot be written.
    fn add(
        &mut self,
        index: usize,
        result: Result<Inference, InferenceError>,
        on_event: &mut impl FnMut(BulkEvent<'_>),
    ) -> Result<(), FileError> {
        let picture = self.open[index];
        let inference = match result {
            Ok(inference) => inference,
            Err(error) => {
                let reason = error.to_string();
                on_event(BulkEvent::Failed { reason: &reason });
                self.failed.push(reason);
                return Ok(());
            }
        };
        for text in &inference.warnings {
            on_event(BulkEvent::Warning { text });
        }
        let settings = &self.job.settings;
        let target = self.categories.target(picture);
        let proposals = propose::propose(&inference.evidence, inference.size, &target, settings);
        let named = self.categories.name(picture, &proposals);
        let result = PictureResult::new(&picture.name, inference.size, &named);
        if let Some(folder) = &self.job.heatmaps {
            let path = folder.join(format!("{}.png", picture.name));
            // The boxes are fine all the same. If the disk is full, the journal fails next.
            if let Err(error) = write_heatmap(&path, &inference, &target, settings) {
                self.failed_heatmaps.push(error.to_string());
            }
        }
        self.journal.append(&result)?;
        let boxes = result.annotations.len();
        self.done.insert(picture.name.clone(), result);
        on_event(BulkEvent::Done {
            name: &picture.name,
            boxes,
        });
        Ok(())
    }
}

/// Writes the map of the first target class over its picture.
fn write_heatmap(
    path: &std::path::Path,
    inference: &Inference,
    target: &Target,
    settings: &PipelineSettings,
) -> Result<(), FileError> {
    let PipelineSettings { method, boxes, .. } = settings;
    let maps = propose::maps_for(&inference.evidence, target, boxes.mode, inference.size);
    let class = maps.classes.first().map(|maps| maps.class);
    match (&inference.picture, maps.map(*method, class)) {
        (Some(picture), Some(map)) => heatmap::write(path, picture, map),
        _ => Ok(()),
    }
}
