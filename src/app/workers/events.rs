//! Everything that the workers report to the window.
//!
//! An event carries the number of the opened project that it is about, so that the window can drop
//! what arrives late, for a project that is no longer open.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::Sender;
use egui::ColorImage;
use image::RgbImage;

use super::terms::{CutOptions, LearnedBoxes, ModelInfo};
use crate::document::PictureId;
use crate::formats::{ExportReport, PreparedImport};
use crate::learn::boxes::{LearnedBox, LearnedProposer};
use crate::localize::Maps;
use crate::propose::Proposal;
use crate::store::Project;
use crate::store::RescanReport;

/// Something that a worker has done.
pub enum WorkerEvent {
    /// A project was opened, or its folder read.
    Opening(OpeningEvent),
    /// A picture was decoded for the canvas.
    Decoded(PictureId, Result<Decoded, String>),
    /// A thumbnail was made; nothing if the picture cannot be read.
    Thumbnail(PictureId, Option<ColorImage>),
    /// The model has looked at a picture, or could not.
    Proposer(ProposerEvent),
    /// Boxes were derived from kept maps.
    Derived(DerivedBoxes),
    /// Something has come of learning from what one model has seen, by its number.
    Learning(u64, LearningEvent),
    /// A class head was trained, or why not; nothing if it was cancelled.
    TagTraining(Result<Option<TrainedHeadFile>, String>),
    /// An import or export has ended.
    Exchange(ExchangeEvent),
    /// Something went wrong with a project that is no longer on the workspace.
    Failed(String),
    /// What came of a dialog of the system.
    FileChosen(FilePurpose, FileChoice),
}

/// Events that may wait for the window. Beyond that workers wait, so that memory stays flat.
pub const MAX_QUEUED_EVENTS: usize = 512;

/// The worker's end of the channel. Sending wakes the window.
#[derive(Clone)]
pub struct EventSender {
    sender: Sender<(u64, WorkerEvent)>,
    wake: Arc<dyn Fn() + Send + Sync>,
    /// The opened project that events are about.
    session: u64,
}

impl EventSender {
    /// A post into `sender`; `wake` makes the window look.
    pub fn new(
        sender: Sender<(u64, WorkerEvent)>,
        wake: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        Self {
            sender,
            wake: Arc::new(wake),
            session: 0,
        }
    }

    /// The same post for events about another opened project.
    pub fn about(&self, session: u64) -> Self {
        Self {
            session,
            ..self.clone()
        }
    }

    /// Sends an event. If the window is gone, nobody wants it.
    pub fn send(&self, event: WorkerEvent) {
        let _ = self.sender.send((self.session, event));
        (self.wake)();
    }
}

/// How far an opening has come.
pub enum OpeningEvent {
    /// The project is open; its folder is not read yet.
    Opened {
        /// The project.
        project: Box<Project>,
        /// What a person should know, a sentence each.
        notices: Vec<String>,
    },
    /// An empty project has got its first pictures.
    FirstPictures,
    /// The folder was read, and the project is up to date with it.
    Scanned(RescanReport),
    /// It cannot be opened or read: a sentence that names the file and the remedy.
    Failed(String),
}

/// A picture for the canvas.
pub struct Decoded {
    /// Upright width and height in pixels.
    pub size: [u32; 2],
    /// The picture at most [`PREVIEW_SIDE_PX`](super::decoder::PREVIEW_SIDE_PX) long.
    pub preview: Arc<RgbImage>,
    /// The same for the card, as it is.
    pub colours: ColorImage,
    /// The whole picture, if the preview is smaller.
    pub full: Option<Arc<RgbImage>>,
    /// What a person should know about the file, a sentence each.
    pub warnings: Vec<String>,
}

/// What has come of a picture.
pub enum ProposerEvent {
    /// The model is ready, or cannot be used: a sentence that says why.
    Model(Result<Arc<ModelInfo>, String>),
    /// The model has looked at a picture, now or before.
    Inference {
        /// The picture.
        picture: PictureId,
        /// What it saw.
        maps: Arc<Maps>,
        /// The model; another one may be wanted meanwhile.
        model: Arc<ModelInfo>,
        /// Boxes by what was learnt, if something is in use, and the number of that use.
        learned: Option<(u64, Vec<LearnedBox>)>,
    },
    /// What learning needs of a picture is kept now, if it can be.
    FeaturesReady(PictureId),
    /// A picture could not be looked at: a sentence that names the file and the remedy.
    Failed(PictureId, String),
}

/// What boxes are derived for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DerivePurpose {
    /// They take the place of untouched proposals.
    Write,
    /// Their classes are counted.
    Count,
}

/// Boxes of some pictures.
pub struct DerivedBoxes {
    /// What they are for.
    pub purpose: DerivePurpose,
    /// The number of the request; only the last one counts.
    pub generation: u64,
    /// How they were made.
    pub cut: CutOptions,
    /// The model whose maps they are of.
    pub model: Arc<ModelInfo>,
    /// The boxes of each picture whose maps are kept.
    pub boxes: Vec<(PictureId, Vec<Proposal>)>,
    /// Pictures that are still to come.
    pub left: usize,
}

/// Something that has come of learning.
pub enum LearningEvent {
    /// A reviewed picture was taken in; or it was not, because what is to be learnt from it is not
    /// kept, and the model has to look at it again.
    Added(PictureId, bool),
    /// It was learnt, with the text that a setting keeps of it, or the pictures were too few;
    /// whether a person had asked for it, and how long it took.
    Finished(Option<(Arc<LearnedProposer>, String)>, bool, Duration),
    /// A person has stopped it.
    Cancelled,
    /// Boxes by what was learnt.
    Boxes {
        /// The number of the use.
        generation: u64,
        /// The boxes of each picture.
        boxes: LearnedBoxes,
        /// Pictures that the model has to look at again.
        unseen: Vec<PictureId>,
        /// Pictures that are still to come.
        left: usize,
    },
    /// Boxes that are like an example.
    SimilarBoxes {
        /// The number of the search.
        search: u64,
        /// The boxes of each picture.
        boxes: LearnedBoxes,
        /// Pictures that the model has to look at again, the example's own in front.
        unseen: Vec<PictureId>,
    },
}

/// A head that was trained.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainedHeadFile {
    /// Its file.
    pub path: PathBuf,
    /// What to tell of it.
    pub text: String,
    /// Whether it is right more often than always naming the commonest class.
    pub is_better: bool,
}

/// What has come of an import or export.
pub enum ExchangeEvent {
    /// What a file or folder holds, as an edit of the document as it was then.
    Imported(PathBuf, Box<PreparedImport>),
    /// What was written.
    Exported(PathBuf, ExportReport),
    /// Neither: a sentence that names the file and the remedy.
    Failed(String),
}

/// What a file or folder is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FilePurpose {
    /// A folder of pictures to open.
    OpenFolder,
    /// A project file to open.
    OpenProject,
    /// A model file.
    Model,
    /// Annotations in one file.
    ImportFile,
    /// Annotations in many files.
    ImportFolder,
    /// A file to export to.
    ExportFile,
    /// A folder to export to.
    ExportFolder,
}

impl FilePurpose {
    /// The title of its dialog.
    pub fn title(self) -> &'static str {
        match self {
            Self::OpenFolder => "Open a folder of pictures",
            Self::OpenProject => "Open a project",
            Self::Model => "Choose a model",
            Self::ImportFile => "Import from a file",
            Self::ImportFolder => "Import from a folder",
            Self::ExportFile => "Export to a file",
            Self::ExportFolder => "Export to a folder",
        }
    }
}

/// What came of a dialog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileChoice {
    /// This was chosen.
    Path(PathBuf),
    /// The person gave up.
    Cancelled,
    /// The system showed no dialog, as one without a desktop portal does.
    NoDialog,
}
