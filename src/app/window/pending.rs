//! What the window waits for without standing still.

use std::path::PathBuf;

use crossbeam_channel::Receiver;

use crate::app::drop::DropItem;
use crate::formats::{ImportOptions, ImportReport};
use crate::store::RescanReport;

/// What to do once the document has what a worker has written to the file.
pub(super) enum AfterPoll {
    /// Tell what has changed in the folder.
    Scanned(Box<RescanReport>),
    /// Tell what was imported.
    Imported(Box<ImportReport>),
    /// Import annotations into a project that had no file.
    Import(Vec<PathBuf>, ImportOptions),
    /// Open the project that is open already, if its file was replaced.
    Open(PathBuf),
}

/// What follows the closing of a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AfterClosing {
    /// The welcome screen.
    Welcome,
    /// The end of the program.
    Quit,
}

/// The end of a project's closing in a thread: the reason if something could not be written.
pub(super) type Closed = Receiver<Result<(), String>>;

/// The closing of projects.
#[derive(Default)]
pub(super) struct Closing {
    /// What follows, while the open project is being closed.
    pub then: Option<AfterClosing>,
    /// Projects that are being closed by threads.
    pub under_way: Vec<Closed>,
    /// What is opened once they are closed: the number of the opening, the path, and whether it is that of the
    /// sample pictures.
    pub next: Option<(u64, PathBuf, bool)>,
    /// Whether everything is closed, so that the window may disappear.
    pub is_done: bool,
}

/// What hovers over the window or was dropped on it.
#[derive(Default)]
pub(super) struct DroppedFiles {
    /// The number of the last request to look at files.
    pub number: u64,
    /// The files.
    pub paths: Vec<PathBuf>,
    /// What they are, once that is known.
    pub items: Option<Vec<DropItem>>,
    /// Whether they were dropped. What is to be done is done as soon as it is known what they are.
    pub is_dropped: bool,
}

impl DroppedFiles {
    /// Forgets the files.
    pub fn clear(&mut self) {
        *self = Self {
            number: self.number,
            ..Self::default()
        };
    }

    /// What the files are has been found out.
    pub fn on_read(&mut self, number: u64, items: Vec<DropItem>) {
        if number == self.number && !self.paths.is_empty() {
            self.items = Some(items);
        }
    }
}
