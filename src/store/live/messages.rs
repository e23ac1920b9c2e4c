//! What the window's side of a project and the thread that writes it tell each other.

use std::path::PathBuf;

use super::change::{Digest, QueuedOperation};
use crate::document::{Document, Edit, History, NextIds};
use crate::store::access::OpenNotice;
use crate::store::error::StoreError;

/// What the thread is asked for, in order.
pub(super) enum Request {
    /// To write a change.
    Change {
        /// The number of catching-ups that the change knows of. With fewer than there were, it is dropped:
        /// it will come again.
        generation: u64,
        number: u64,
        operation: QueuedOperation,
    },
    /// To write or remove a setting.
    Setting {
        number: u64,
        key: String,
        value: Option<String>,
    },
    /// To make the file of a draft.
    Create,
    /// To look whether other processes have written, and to report [`Report::Polled`] then.
    Poll(u64),
    /// To read the whole file, because memory and file disagree.
    Resync,
    /// To try again at once what has failed.
    Retry,
    /// To save a copy with these changes, which are not written, and to report [`Report::Copied`].
    Copy {
        target: PathBuf,
        changes: Vec<QueuedOperation>,
    },
    /// To add these changes to the copy that was rescued when the file was replaced, or to the file itself
    /// once it is back.
    Append {
        path: PathBuf,
        changes: Vec<QueuedOperation>,
    },
    /// To free something, which may take long.
    Discard(Vec<(Document, History)>),
    /// To run something on the thread.
    #[cfg(test)]
    Run(Box<dyn FnOnce(&mut crate::store::project::Project) + Send>),
    /// To write what is left, close the project, and end.
    Close,
}

/// What the thread reports.
pub(super) enum Report {
    /// A change is in the file, or a setting.
    Written {
        number: u64,
        /// The number of this write; see [`Report::Synced`].
        write: u64,
        /// What a change has led to; none for a setting.
        digest: Option<Digest>,
    },
    /// Everything up to this write is on the disk.
    Synced { write: u64 },
    /// Other processes have written. What is not in the file has to be sent again with this generation.
    Followed {
        generation: u64,
        changes: Vec<TheirChange>,
        /// The next ids according to the file.
        next_ids: NextIds,
    },
    /// The answer to [`Request::Poll`].
    Polled(u64),
    /// Another process has locked the file, so that changes wait.
    Waits(StoreError),
    /// Something cannot be written. It is tried again.
    Failed(Part, StoreError),
    /// What had failed or waited is written.
    Resumed(Part),
    /// The file was deleted or replaced. The project can only be viewed from now on.
    Replaced {
        error: StoreError,
        /// The file that was rescued.
        rescued: Option<PathBuf>,
        /// The last change that it contains, if it was written only just then.
        number: Option<u64>,
    },
    /// A draft has got its file, which is here. A notice says so if it should have been elsewhere.
    Created(PathBuf, Vec<OpenNotice>),
    /// The path leads to the file again that was opened.
    IsBack,
    /// A copy was saved, or the changes were added to the one that was rescued or to the file itself.
    Copied(Result<PathBuf, StoreError>),
}

/// The part of the work that can fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Writing to the file.
    Writing,
    /// Waiting for the disk.
    Syncing,
}

/// A change of another process.
pub(super) enum TheirChange {
    /// An edit, which is a step of the history or not.
    Edit {
        label: String,
        edit: Edit,
        is_step: bool,
    },
    /// Anything may have changed: this is the content of the file.
    Everything {
        document: Box<Document>,
        history: Box<History>,
    },
}
