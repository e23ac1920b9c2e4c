//! `tsukami propose --project`: proposals into a project, which a window may have open meanwhile.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::exit_code::{FAILED, INTERRUPTED};
use super::plural::counted;
use super::progress::Progress;
use super::project_access::{open, rescan};
use crate::document::ops::{self, Candidate, ClassNamer};
use crate::document::{Document, PictureId, Provenance, ReviewState};
use crate::naming::{MappedClass, Naming};
use crate::propose::{self, NetworksRef, PipelineSettings, Proposal, Target};
use crate::store::{Access, Project, StoreError};

/// Number of pictures that are written to the project in one transaction.
const PICTURES_PER_COMMIT: usize = 32;

/// Proposes boxes for the pictures of a project that have none yet, and with `again` also for
/// those whose review has not ended. Returns the exit code.
///
/// # Errors
/// If the project cannot be opened or written.
pub fn run(
    file: &Path,
    networks: NetworksRef<'_>,
    settings: &PipelineSettings,
    in_flight: usize,
    again: bool,
    naming: Option<&Naming>,
    cancel: &AtomicBool,
) -> anyhow::Result<u8> {
    let mut project = open(file, Access::Add)?;
    if let Some(naming) = naming {
        apply_naming(&mut project, naming)?;
    }
    let mut failed = rescan(&mut project)?;
    let unreadable = failed.len();
    let pictures = pictures_to_process(&project, again);
    let paths: Vec<PathBuf> = pictures.iter().map(|(_, path)| path.clone()).collect();
    let mut writer = ProposalWriter::new(&mut project, networks, settings);
    let mut progress = Progress::new(paths.len(), 0);
    let mut store_error = None;
    propose::infer_all(
        networks,
        &propose::path_queue(&paths),
        settings.input_options,
        false,
        in_flight,
        cancel,
        |index, result| {
            progress.advance();
            let inference = match result {
                Ok(inference) => inference,
                Err(error) => {
                    progress.println(&format!("failed: {error}"));
                    failed.push(error.to_string());
                    return ControlFlow::Continue(());
                }
            };
            for text in &inference.warnings {
                progress.println(&format!("warning: {text}"));
            }
            let target = Target::Automatic;
            let proposals =
                propose::propose(&inference.evidence, inference.size, &target, settings);
            match writer.add(pictures[index].0, proposals) {
                Ok(()) => ControlFlow::Continue(()),
                Err(error) => {
                    store_error = Some(error);
                    ControlFlow::Break(())
                }
            }
        },
    );
    progress.finish();
    if let Some(error) = store_error {
        return Err(error.into());
    }
    let (done, boxes) = writer.finish()?;
    let interrupted =
        cancel.load(Ordering::Relaxed) && done + (failed.len() - unreadable) < paths.len();
    let path = project.path().to_owned();
    status!(
        "{}{done} of {}, {}, {} failed, {:.1} pictures/s -> {}",
        if interrupted { "interrupted: " } else { "" },
        counted(paths.len(), "picture"),
        counted(boxes, "box"),
        failed.len(),
        progress.rate(),
        path.display()
    );
    for reason in &failed {
        status!("  {reason}");
    }
    // What was proposed is in the file, and has been reported, whatever closing it says.
    project.close()?;
    Ok(match (interrupted, failed.is_empty()) {
        (true, _) => INTERRUPTED,
        (_, true) => 0,
        _ => FAILED,
    })
}

/// The pictures to process, with their files.
fn pictures_to_process(project: &Project, again: bool) -> Vec<(PictureId, PathBuf)> {
    project
        .document()
        .pictures()
        .filter(|picture| picture.is_available())
        .filter(|picture| match picture.review {
            ReviewState::New => true,
            ReviewState::Proposed | ReviewState::InReview => again,
            ReviewState::Done => false,
        })
        .map(|picture| (picture.id, project.root().join(&*picture.path)))
        .collect()
}

/// Stores a class map in the project.
fn apply_naming(project: &mut Project, naming: &Naming) -> Result<(), StoreError> {
    let changes: Vec<(String, Option<MappedClass>)> = naming
        .iter()
        .map(|(class, mapped)| (class.to_string(), Some(mapped.clone())))
        .collect();
    project.commit_with("name classes", None, |document| {
        ops::map_classes(document, &changes)
    })?;
    Ok(())
}

/// Writes proposals to the project, several pictures at a time.
struct ProposalWriter<'a> {
    project: &'a mut Project,
    /// The names of the classes of proposals, by index.
    classes: Vec<String>,
    /// Whether the classes are those of the companion and the detector.
    is_companion: bool,
    provenance: Arc<Provenance>,
    /// Pictures that are not written yet.
    pending: Vec<(PictureId, Vec<Proposal>)>,
    pictures: usize,
    boxes: usize,
}

impl<'a> ProposalWriter<'a> {
    fn new(
        project: &'a mut Project,
        networks: NetworksRef<'_>,
        settings: &PipelineSettings,
    ) -> Self {
        let model = networks.model;
        let threshold = settings.boxes.threshold;
        Self {
            project,
            classes: networks.class_names(),
            is_companion: model.head().is_none(),
            provenance: Arc::new(Provenance {
                name: model.name.as_str().into(),
                version: model.version().into(),
                method: settings.method.name().into(),
                threshold: threshold.unwrap_or(settings.method.default_threshold()),
            }),
            pending: Vec::new(),
            pictures: 0,
            boxes: 0,
        }
    }

    fn add(&mut self, picture: PictureId, proposals: Vec<Proposal>) -> Result<(), StoreError> {
        self.pictures += 1;
        self.boxes += proposals.len();
        self.pending.push((picture, proposals));
        if self.pending.len() >= PICTURES_PER_COMMIT {
            self.write()?;
        }
        Ok(())
    }

    /// Writes what is pending. Returns the number of pictures and of boxes written in all.
    fn finish(mut self) -> Result<(usize, usize), StoreError> {
        self.write()?;
        Ok((self.pictures, self.boxes))
    }

    fn write(&mut self) -> Result<(), StoreError> {
        let pending = std::mem::take(&mut self.pending);
        let (classes, is_companion) = (&self.classes, self.is_companion);
        // The names are looked up in the transaction, because a window may change them meanwhile.
        let candidates = |document: &Document| -> Vec<(PictureId, Vec<Candidate>)> {
            let namer = ClassNamer::new(document, is_companion);
            let named = |picture: PictureId, proposals| -> Vec<Candidate> {
                let is_known = |name: &str| namer.is_known(name);
                propose::name_proposals(proposals, classes, document.naming(), is_known)
                    .into_iter()
                    .map(|(proposal, name)| {
                        let class = name.map(|name| name.class);
                        namer.candidate(picture, proposal.bbox, proposal.score, class)
                    })
                    .collect()
            };
            pending
                .iter()
                .map(|(picture, proposals)| (*picture, named(*picture, proposals)))
                .collect()
        };
        let provenance = &self.provenance;
        self.project.commit_with("propose", None, |document| {
            let found = candidates(document);
            Ok(ops::replace_proposals(document, provenance, &found))
        })?;
        Ok(())
    }
}
