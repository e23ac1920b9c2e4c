//! The boxes with which those of the project are compared, in the background: read from a file of labels as
//! an import reads them, or made from cached maps without what was learned. Nothing is written.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::crash::Worker;
use super::events::{ComparisonEvent, EventSender, ReadBoxes, WorkerEvent};
use super::relocalizer::boxes_from_cache;
use super::requests::{LocalizeOptions, ModelInfo, PictureRequest};
use super::spawn::spawn_task;
use crate::app::cache::Cache;
use crate::app::i18n::tr;
use crate::app::session::OtherBoxes;
use crate::document::{Category, Change, Document, Edit, Picture, ReviewState};
use crate::formats::{self, Format, ImportOptions, SizeRule};
use crate::naming::Naming;

/// The number of pictures whose boxes are reported together.
const BATCH: usize = 64;

/// What a label file is read against: the pictures of the project and its classes, without boxes.
pub struct PicturesOfProject {
    pictures: Vec<Picture>,
    categories: Vec<Category>,
    naming: Naming,
    root: PathBuf,
}

impl PicturesOfProject {
    /// Those of a document whose pictures are below a folder.
    pub fn new(document: &Document, root: &Path) -> Self {
        Self {
            pictures: document.pictures().cloned().collect(),
            categories: document.categories().cloned().collect(),
            naming: document.naming().clone(),
            root: root.to_owned(),
        }
    }

    /// A document of them, in which nobody has worked on a picture.
    fn document(self) -> Result<(Document, PathBuf), String> {
        let mut edits = vec![Edit::Naming(self.naming)];
        let categories = self.categories.into_iter();
        edits.extend(categories.map(|row| Edit::Category(Change::Insert(row))));
        let pictures = self.pictures.into_iter().map(|row| Picture {
            review: ReviewState::New,
            tags: Vec::new(),
            ..row
        });
        edits.extend(pictures.map(|row| Edit::Picture(Change::Insert(row))));
        let mut document = Document::default();
        let made = document.apply(Edit::batch(edits));
        made.map_err(|error| error.to_string())?;
        Ok((document, self.root))
    }
}

/// Reads the labels of a file or folder for the comparison of this number.
pub fn read(number: u64, project: PicturesOfProject, path: PathBuf, events: EventSender) {
    let sender = events.clone();
    let work = move || {
        let read = read_boxes(project, &path).map(Box::new);
        send(&events, number, ComparisonEvent::Read(read));
    };
    spawn_task(Worker::Comparer, &sender, work, move |events, sentence| {
        send(events, number, ComparisonEvent::Read(Err(sentence)));
    });
}

/// Makes boxes of these pictures from cached maps for the comparison of this number, until `is_over`.
pub fn make(
    number: u64,
    (model, cut): (Arc<ModelInfo>, LocalizeOptions),
    pictures: Vec<PictureRequest>,
    cache: Arc<Cache>,
    is_over: Arc<AtomicBool>,
    events: EventSender,
) {
    let sender = events.clone();
    let work = move || {
        let mut left = pictures.len();
        for batch in pictures.chunks(BATCH) {
            left -= batch.len();
            let mut boxes = Vec::new();
            for request in batch {
                if is_over.load(Ordering::Relaxed) {
                    return;
                }
                let found = boxes_from_cache(&cache, request, &model, &cut);
                boxes.extend(found.map(|found| (request.version(), found)));
            }
            send(&events, number, ComparisonEvent::Made { boxes, left });
        }
    };
    spawn_task(Worker::Comparer, &sender, work, move |events, sentence| {
        send(events, number, ComparisonEvent::Read(Err(sentence)));
    });
}

fn send(events: &EventSender, number: u64, event: ComparisonEvent) {
    events.send(WorkerEvent::Comparison(number, event));
}

fn read_boxes(project: PicturesOfProject, path: &Path) -> Result<ReadBoxes, String> {
    let format = formats::detect_format(path).ok_or_else(|| {
        let readable = Format::ALL.map(Format::name).join(", ");
        let path = path.display().to_string();
        tr!("unknown-format", path = path, formats = readable)
    })?;
    let (mut document, root) = project.document()?;
    let options = ImportOptions {
        // Boxes that were drawn on a smaller copy are where they belong.
        sizes: SizeRule::Scale,
        ..ImportOptions::default()
    };
    let import = formats::import(&document, path, &root, format, options);
    let failed = |reason: String| tr!("compare-failed", reason = reason);
    let import = import.map_err(|error| failed(error.to_string()))?;
    let applied = document.apply(import.edit);
    applied.map_err(|error| failed(error.to_string()))?;
    let boxes = OtherBoxes::of_document(&document);
    if boxes.picture_count() == 0 {
        let path = path.display().to_string();
        return Err(tr!("compare-no-picture", path = path));
    }
    Ok(ReadBoxes {
        boxes,
        missing: import.report.missing,
        skipped: import.report.skipped,
    })
}
