//! `tsukami propose --project`: proposals into a project, beside a window that may have it open.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::exit_code::{FAILED, INTERRUPTED};
use super::progress::Progress;
use super::project::{open, reconcile};
use crate::document::ops::{self, ClassNamer, NamedCandidate};
use crate::document::{self, Document, PictureId, ReviewState};
use crate::naming::{MappedClass, Naming};
use crate::propose::{self, Proposal, ProposeSettings, Target};
use crate::store::{Access, Project, StoreError};
use crate::tscam::Model;

/// Pictures that are written to the project at a time.
const BATCH: usize = 32;

/// Proposes boxes for the pictures of a project that have had none yet; the exit code.
pub fn run(
    file: &std::path::Path,
    model: &Model,
    settings: &ProposeSettings,
    decoders: usize,
    again: bool,
    naming: Option<&Naming>,
    cancel: &AtomicBool,
) -> anyhow::Result<u8> {
    let mut project = open(file, Access::Add)?;
    if let Some(naming) = naming {
        apply_naming(&mut project, naming)?;
    }
    let mut failed = reconcile(&mut project)?;
    let unreadable = failed.len();
    let open: Vec<(PictureId, PathBuf)> = project
        .document()
        .pictures()
        .filter(|picture| !picture.missing)
        .filter(|picture| match picture.review {
            ReviewState::New => true,
            ReviewState::Proposed | ReviewState::InReview => again,
            ReviewState::Done => false,
        })
        .map(|picture| (picture.id, project.root().join(&*picture.path)))
        .collect();
    let paths: Vec<PathBuf> = open.iter().map(|(_, path)| path.clone()).collect();
    let mut writer = ProposalWriter::new(&mut project, model, settings);
    let mut progress = Progress::new(paths.len(), 0);
    let mut stopped_by = None;
    propose::infer_all(
        model,
        &propose::path_queue(&paths),
        settings.input_options,
        false,
        decoders,
        cancel,
        |index, seen| {
            progress.advance();
            match seen {
                Ok(seen) => {
                    for text in &seen.warnings {
                        progress.println(&format!("warning: {text}"));
                    }
                    let found =
                        propose::propose(&seen.evidence, seen.size, &Target::Automatic, settings);
                    if let Err(error) = writer.add(open[index].0, found) {
                        stopped_by = Some(error);
                        return ControlFlow::Break(());
                    }
                }
                Err(reason) => {
                    progress.println(&format!("failed: {reason}"));
                    failed.push(reason);
                }
            }
            ControlFlow::Continue(())
        },
    );
    progress.finish();
    if let Some(error) = stopped_by {
        return Err(error.into());
    }
    let (pictures, boxes) = writer.finish()?;
    let interrupted =
        cancel.load(Ordering::Relaxed) && pictures + (failed.len() - unreadable) < paths.len();
    let path = project.path().to_owned();
    project.close()?;
    status!(
        "{}{pictures} of {} pictures, {boxes} boxes, {} failed, {:.1} pictures/s -> {}",
        if interrupted { "interrupted: " } else { "" },
        paths.len(),
        failed.len(),
        progress.rate(),
        path.display()
    );
    for reason in &failed {
        status!("  {reason}");
    }
    Ok(match (interrupted, failed.is_empty()) {
        (true, _) => INTERRUPTED,
        (_, true) => 0,
        _ => FAILED,
    })
}

/// Takes what a file says of classes into the project, where it stays.
fn apply_naming(project: &mut Project, naming: &Naming) -> Result<(), StoreError> {
    let changes = naming.iter();
    let changes: Vec<(String, Option<MappedClass>)> = changes
        .map(|(class, target)| (class.to_string(), Some(target.clone())))
        .collect();
    project.commit_with("name classes", None, |document| {
        ops::map_classes(document, &changes, |_| true)
    })?;
    Ok(())
}

/// Writes proposals to the project, some pictures at a time.
struct ProposalWriter<'a> {
    project: &'a mut Project,
    /// The names of the model's classes.
    classes: Vec<String>,
    /// Whether these are a companion's.
    is_foreign: bool,
    origin: Arc<document::Provenance>,
    waiting: Vec<(PictureId, Vec<Proposal>)>,
    pictures: usize,
    boxes: usize,
}

impl<'a> ProposalWriter<'a> {
    fn new(project: &'a mut Project, model: &Model, settings: &ProposeSettings) -> Self {
        let threshold = settings.boxes.threshold;
        Self {
            project,
            classes: model.classes().to_vec(),
            is_foreign: model.head().is_none(),
            origin: Arc::new(document::Provenance {
                name: model.name.as_str().into(),
                version: model.version().into(),
                method: settings.method.name().into(),
                threshold: threshold.unwrap_or(settings.method.default_threshold()),
            }),
            waiting: Vec::new(),
            pictures: 0,
            boxes: 0,
        }
    }

    fn add(&mut self, picture: PictureId, proposals: Vec<Proposal>) -> Result<(), StoreError> {
        self.pictures += 1;
        self.boxes += proposals.len();
        self.waiting.push((picture, proposals));
        if self.waiting.len() >= BATCH {
            self.write()?;
        }
        Ok(())
    }

    /// Writes what waits; how many pictures and boxes there were.
    fn finish(mut self) -> Result<(usize, usize), StoreError> {
        self.write()?;
        Ok((self.pictures, self.boxes))
    }

    fn write(&mut self) -> Result<(), StoreError> {
        let waiting = std::mem::take(&mut self.waiting);
        let (origin, class_names, is_foreign) = (&self.origin, &self.classes, self.is_foreign);
        // A window may change what classes are called while this goes on.
        let found = |document: &Document| -> Vec<(PictureId, Vec<NamedCandidate>)> {
            let caller = ClassNamer::new(document, class_names, is_foreign);
            let boxes = |picture: PictureId, proposals| {
                let accepts = |name: &str| caller.accepts(picture, name);
                let named =
                    propose::name_proposals(proposals, class_names, document.naming(), accepts);
                let named = named.into_iter().map(|(proposal, name)| NamedCandidate {
                    rect: proposal.bbox,
                    class: name.map_or_else(|| caller.unnamed(picture), str::to_owned),
                    score: proposal.score,
                });
                named.collect()
            };
            waiting
                .iter()
                .map(|(picture, proposals)| (*picture, boxes(*picture, proposals)))
                .collect()
        };
        self.project.commit_with("propose", None, |document| {
            ops::replace_proposals_named(document, origin, &found(document))
        })?;
        Ok(())
    }
}
