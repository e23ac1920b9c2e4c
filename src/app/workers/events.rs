//! Everything that the workers report to the window.
//!
//! An event carries the number of the opened project that it is about, so that the window can drop
//! events that arrive late, for a project that is no longer open.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crossbeam_channel::Sender;
use egui::ColorImage;
use image::RgbImage;

use super::crash::{CrashReport, Worker};
use super::pyramid::Pyramid;
use super::requests::{LearnedBoxes, LocalizeOptions, ModelInfo, ModelSettings, PictureVersion};
use crate::app::drop::DropItem;
use crate::app::i18n::tr;
use crate::app::session::OtherBoxes;
use crate::document::PictureId;
use crate::formats::{ExportPlan, ExportReport, ImportReport, Messages};
use crate::geometry::BBox;
use crate::learn::boxes::{LearnedBox, LearnedProposer};
use crate::learn::fit_gate::FitSample;
use crate::localize::PictureMaps;
use crate::pictures::Reservation;
use crate::propose::Proposal;
use crate::segment::NestedBoxes;
use crate::store::{LiveProject, RescanReport};

/// Something that a worker has done.
pub enum WorkerEvent {
    /// A project was opened, or its folder scanned.
    Opening(OpeningEvent),
    /// A version of a picture was decoded for the canvas.
    Decoded(PictureVersion, Result<Decoded, String>),
    /// A thumbnail was made of a version of a picture; none if it cannot be read.
    Thumbnail(PictureVersion, Option<ColorImage>),
    /// The model is ready, or has processed a picture.
    Proposer(ProposerEvent),
    /// The maps of a picture were read from the cache under this key; none if they are not in it.
    Maps(PictureId, String, Option<Arc<PictureMaps>>),
    /// Boxes were made from cached maps.
    Relocalized(RelocalizedBoxes),
    /// An outcome of learning with the model that has this number.
    Learning(u64, LearningEvent),
    /// The network that fits boxes to objects has done something.
    Segmenter(SegmenterEvent),
    /// A class head was trained, or the reason why not; none if it was cancelled.
    ClassHeadTraining(Result<Option<TrainedHeadFile>, String>),
    /// An import or export has ended.
    Exchange(ExchangeEvent),
    /// What the export with this number would do, for its dialog, or why it is refused: a sentence.
    ExportPlanned(u64, Result<Box<ExportPlan>, String>),
    /// Boxes with which those of the project are compared, in the comparison of this number.
    Comparison(u64, ComparisonEvent),
    /// A worker has panicked. Whoever waited for it gets an answer of its own.
    Crashed(CrashReport),
    /// A list of class names was read, or the reason why not: a sentence that names the file.
    ClassList(Result<Vec<String>, String>),
    /// What the files of the drop with this number are.
    DropRead(u64, Vec<DropItem>),
    /// Something went wrong with a project that is closed: a sentence.
    Failed(String),
    /// What a person chose in a file dialog.
    FileChosen(FilePurpose, FileChoice),
}

/// The number of events that may wait for the window. Beyond it workers wait, which bounds memory.
pub const MAX_QUEUED_EVENTS: usize = 512;

/// The workers' end of the channel. Sending wakes the window.
#[derive(Clone)]
pub struct EventSender {
    sender: Sender<(u64, WorkerEvent)>,
    wake: Arc<dyn Fn() + Send + Sync>,
    /// The number of the opened project that events are about.
    session: u64,
    /// The workers whose next task panics, for tests.
    doomed: Arc<Mutex<Vec<Worker>>>,
}

impl EventSender {
    /// Sends into `sender` and calls `wake`, which makes the window draw a frame.
    pub fn new(
        sender: Sender<(u64, WorkerEvent)>,
        wake: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        Self {
            sender,
            wake: Arc::new(wake),
            session: 0,
            doomed: Arc::default(),
        }
    }

    /// The same channel for events about another opened project.
    pub fn about(&self, session: u64) -> Self {
        Self {
            session,
            ..self.clone()
        }
    }

    /// Makes the window draw a frame.
    pub fn wake(&self) {
        (self.wake)();
    }

    /// Makes the next task of a worker panic; for tests.
    #[doc(hidden)]
    pub fn doom(&self, worker: Worker) {
        let mut doomed = self.doomed.lock().unwrap_or_else(PoisonError::into_inner);
        doomed.push(worker);
    }

    /// Panics if a test has asked for it.
    pub(super) fn panic_if_asked(&self, worker: Worker) {
        let mut doomed = self.doomed.lock().unwrap_or_else(PoisonError::into_inner);
        let at = doomed.iter().position(|other| *other == worker);
        let is_doomed = at.map(|at| doomed.swap_remove(at)).is_some();
        drop(doomed);
        assert!(!is_doomed, "a test asked for this");
    }

    /// Sends an event. If the window is closed, it is dropped.
    pub fn send(&self, event: WorkerEvent) {
        let _ = self.sender.send((self.session, event));
        (self.wake)();
    }
}

/// The progress of opening a project.
pub enum OpeningEvent {
    /// The project is open; its folder is not scanned yet.
    Opened {
        /// The project.
        project: Box<LiveProject>,
        /// Notices for the person: sentences.
        notices: Vec<String>,
    },
    /// The first pictures of a new project were added.
    FirstPictures,
    /// The folder was scanned, and the project is up to date with it.
    Scanned(Box<RescanReport>),
    /// It cannot be opened or scanned: a sentence that names the file and the remedy.
    Failed(String),
}

/// A decoded picture for the canvas.
pub struct Decoded {
    /// Upright width and height in pixels.
    pub size: [u32; 2],
    /// The picture, its longer side at most [`PREVIEW_SIDE_PX`](super::decoder::PREVIEW_SIDE_PX) pixels long.
    pub preview: Arc<RgbImage>,
    /// The preview for the graphics card, without adjustment.
    pub colours: ColorImage,
    /// The picture up to its full resolution, if the preview is smaller.
    pub full: Option<Arc<Pyramid>>,
    /// Warnings about the file: sentences.
    pub warnings: Vec<String>,
    /// The memory of the picture while it waits for the window.
    pub reservation: Option<Reservation>,
}

/// What the model has done.
pub enum ProposerEvent {
    /// The model with these settings is ready, or cannot be used: a sentence that says why.
    Model(ModelSettings, Result<Arc<ModelInfo>, String>),
    /// The model has processed a picture, now or earlier.
    Inference {
        /// The picture.
        picture: PictureVersion,
        /// The maps.
        maps: Arc<PictureMaps>,
        /// The model; the person may have chosen another one since.
        model: Arc<ModelInfo>,
        /// The boxes of the active learned state, if there is one, and its generation.
        learned: Option<(u64, Vec<LearnedBox>)>,
    },
    /// The features of a picture are in the cache, or could not be made.
    FeaturesReady(PictureVersion),
    /// A picture could not be processed.
    Failed(PictureVersion, ProposerFailure),
}

/// Why the model has no result for a picture: a sentence that names the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProposerFailure {
    /// The file cannot be read. The canvas cannot show it either.
    Unreadable(String),
    /// The model has failed on it.
    Model(String),
}

/// Boxes of some pictures, made from cached maps.
pub struct RelocalizedBoxes {
    /// The number of the request; only the newest counts.
    pub generation: u64,
    /// How they were made.
    pub cut: LocalizeOptions,
    /// The model whose maps they are of.
    pub model: Arc<ModelInfo>,
    /// The boxes of each picture whose maps are cached.
    pub boxes: Vec<(PictureVersion, Vec<Proposal>)>,
    /// The number of pictures that are still to come.
    pub left: usize,
}

/// The outcome of learning.
pub enum LearningEvent {
    /// The learner has added a reviewed picture, or could not because its features are not cached.
    Added {
        /// The picture.
        picture: PictureId,
        /// Whether it was added; if not, the model has to process the picture again.
        has_features: bool,
    },
    /// Learning has finished.
    Finished {
        /// The learned state and the text that the project stores of it; none if there were too few
        /// pictures.
        learned: Option<(Arc<LearnedProposer>, String)>,
        /// Whether a person asked for it.
        is_requested: bool,
        /// How long it took.
        took: Duration,
    },
    /// A person has stopped learning.
    Cancelled,
    /// The learner has panicked and forgotten everything: a sentence.
    Crashed(String),
    /// Boxes by the active learned state.
    Boxes {
        /// The generation of the state.
        generation: u64,
        /// The boxes of each picture.
        boxes: LearnedBoxes,
        /// Pictures that the model has to process first.
        without_features: Vec<PictureId>,
        /// The number of pictures that are still to come.
        left: usize,
    },
    /// Boxes that are similar to one.
    SimilarBoxes {
        /// The number of the search.
        search: u64,
        /// The boxes of each picture.
        boxes: LearnedBoxes,
        /// Pictures that the model has to process first: only the picture of the box if its features
        /// are missing.
        without_features: Vec<PictureId>,
    },
}

/// What the network that fits boxes to objects has done.
pub enum SegmenterEvent {
    /// The network cannot be used: a sentence that says why.
    Failed(String),
    /// The picture is embedded: questions about it are answered at once.
    Embedded(PictureVersion),
    /// The answer to a question, or a sentence that says why there is none.
    Answer {
        /// The number of the question.
        number: u64,
        /// The answer.
        answer: Result<PromptAnswer, String>,
    },
    /// How well rough boxes were fitted to the true boxes of a picture; empty if it is not embedded.
    Measured {
        /// The picture.
        picture: PictureId,
        /// One for each box.
        samples: Vec<FitSample>,
    },
}

/// The answer to a question about a picture, in pixels of the picture.
#[derive(Clone, Debug, PartialEq)]
pub enum PromptAnswer {
    /// The box that fits the object, if there is one.
    Fitted(Option<BBox>),
    /// The boxes that points may mean.
    Nested(NestedBoxes),
}

/// A class head that was trained.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainedHeadFile {
    /// Its file.
    pub path: PathBuf,
    /// A sentence that describes it.
    pub text: String,
    /// Whether it is right more often than always naming the most common class.
    pub is_better: bool,
}

/// The outcome of an import or export.
pub enum ExchangeEvent {
    /// The content of a file or folder was imported into the project file.
    Imported(Box<ImportReport>),
    /// A file or folder was written.
    Exported(PathBuf, ExportReport),
    /// It did not succeed: a sentence that names the file and the remedy.
    Failed(ExchangeKind, String),
}

/// Boxes that are compared with those of the project.
pub enum ComparisonEvent {
    /// A file or folder was read, or a sentence that names it and says why not.
    Read(Result<Box<ReadBoxes>, String>),
    /// Boxes were made from cached maps.
    Made {
        /// The boxes of each picture whose maps are cached.
        boxes: Vec<(PictureVersion, Vec<Proposal>)>,
        /// The number of pictures that are still to come.
        left: usize,
    },
}

/// The boxes of a label file, and what could not be read of it.
pub struct ReadBoxes {
    /// Its boxes on pictures of the project.
    pub boxes: OtherBoxes,
    /// The number of pictures that it names and the project lacks.
    pub missing: usize,
    /// What could not be read: sentences.
    pub skipped: Messages,
}

/// What moves boxes between the project and the files of other tools.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExchangeKind {
    /// Labels are read into the project.
    Import,
    /// Boxes are written for other tools.
    Export,
}

/// The purpose of a file dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FilePurpose {
    /// A folder of pictures to open.
    OpenFolder,
    /// A project file to open.
    OpenProject,
    /// A copy of the open project.
    ProjectCopy,
    /// A model file.
    Model,
    /// A list of class names.
    ClassList,
    /// Annotations in one file.
    ImportFile,
    /// Annotations in many files.
    ImportFolder,
    /// Boxes in one file, to compare with.
    CompareFile,
    /// Boxes in many files, to compare with.
    CompareFolder,
    /// A file for the report of a crash.
    CrashReport,
    /// A file to export to.
    ExportFile,
    /// A folder to export to.
    ExportFolder,
}

impl FilePurpose {
    /// The name under which the settings file stores where its dialog was last used: purposes with the
    /// same name share the folder.
    pub fn stored_name(self) -> &'static str {
        match self {
            Self::OpenFolder | Self::OpenProject => "open",
            Self::ProjectCopy => "copy",
            Self::Model => "model",
            Self::ClassList
            | Self::ImportFile
            | Self::ImportFolder
            | Self::CompareFile
            | Self::CompareFolder => "import",
            Self::CrashReport => "report",
            Self::ExportFile | Self::ExportFolder => "export",
        }
    }

    /// The title of its dialog.
    pub fn title(self) -> &'static str {
        match self {
            Self::OpenFolder => tr!("purpose-open-folder"),
            Self::OpenProject => tr!("purpose-open-project"),
            Self::ProjectCopy => tr!("purpose-project-copy"),
            Self::Model => tr!("purpose-model"),
            Self::ClassList => tr!("purpose-class-list"),
            Self::ImportFile => tr!("purpose-import-file"),
            Self::ImportFolder => tr!("purpose-import-folder"),
            Self::CompareFile => tr!("purpose-compare-file"),
            Self::CompareFolder => tr!("purpose-compare-folder"),
            Self::CrashReport => tr!("purpose-crash-report"),
            Self::ExportFile => tr!("purpose-export-file"),
            Self::ExportFolder => tr!("purpose-export-folder"),
        }
    }
}

/// The outcome of a file dialog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileChoice {
    /// A file or folder was chosen.
    Path(PathBuf),
    /// The person cancelled it.
    Cancelled,
    /// The system cannot show one, for example without a desktop portal.
    NoDialog,
}
