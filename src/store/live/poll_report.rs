//! What a poll has found.

use std::path::PathBuf;

use super::mirror::DroppedChange;
use crate::document::IdShift;
use crate::store::access::OpenNotice;
use crate::store::error::StoreError;
use crate::store::external::ExternalChange;

/// What [`LiveProject::poll`](crate::store::LiveProject::poll) has found.
#[derive(Debug, Default)]
pub struct PollReport {
    /// The changes of other processes.
    pub changes: Vec<ExternalChange>,
    /// How the ids of rows that were added here have changed, for each time that they have.
    pub shifts: Vec<IdShift>,
    /// Changes of ours that were taken back because of those of another process.
    pub dropped: Vec<DroppedChange>,
    /// What went wrong.
    pub errors: Vec<StoreError>,
    /// The file of a draft, if it was made now.
    pub created: Option<PathBuf>,
    /// Notices about it.
    pub notices: Vec<OpenNotice>,
    /// The copies that were saved.
    pub copies: Vec<PathBuf>,
}
