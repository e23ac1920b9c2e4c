//! Asking the system for files and folders, without holding up the window.

use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use rfd::AsyncFileDialog;

use super::work::{EventSender, WorkerEvent};

/// A person cannot give up a dialog faster than this: it was not shown.
const FASTEST: Duration = Duration::from_millis(400);

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
    Nothing,
    /// The system showed no dialog, as one without a desktop portal does.
    NoDialog,
}

/// Shows the system's dialog; what is chosen comes as [`WorkerEvent::Chosen`]. To be called on the thread
/// of the window.
pub fn ask(purpose: FilePurpose, post: EventSender) {
    let dialog = AsyncFileDialog::new().set_title(purpose.title());
    let begun = Instant::now();
    let project = [crate::store::EXTENSION];
    let pick = async move {
        match purpose {
            FilePurpose::OpenFolder | FilePurpose::ImportFolder | FilePurpose::ExportFolder => {
                dialog.pick_folder().await
            }
            FilePurpose::OpenProject => {
                dialog
                    .add_filter("Tsukami projects", &project)
                    .pick_file()
                    .await
            }
            FilePurpose::Model => {
                dialog
                    .add_filter("Models", &["safetensors", "pth"])
                    .pick_file()
                    .await
            }
            FilePurpose::ImportFile => dialog.pick_file().await,
            FilePurpose::ExportFile => dialog.save_file().await,
        }
    };
    thread::spawn(move || {
        let chosen = pollster::block_on(pick);
        let choice = match chosen {
            Some(file) => FileChoice::Path(file.path().to_owned()),
            None if begun.elapsed() < FASTEST => FileChoice::NoDialog,
            None => FileChoice::Nothing,
        };
        post.send(WorkerEvent::Chosen(purpose, choice));
    });
}
