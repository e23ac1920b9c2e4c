//! What the model's classes are called in this project.

use super::class_tally::ClassTally;
use crate::document::Document;
use crate::naming::Naming;

/// The class tally, and the naming that untouched proposals have.
pub struct NamingState {
    /// The number of boxes of each of the model's classes.
    pub(super) tally: ClassTally,
    /// The naming that untouched proposals have.
    applied: Naming,
    /// The document revision in which the naming was last compared.
    revision: u64,
}

impl NamingState {
    /// The state when a project is opened: its proposals have its naming.
    pub fn new(document: &Document, revision: u64) -> Self {
        Self {
            tally: ClassTally::default(),
            applied: document.naming().clone(),
            revision,
        }
    }

    /// Whether the document's naming differs from that of the proposals. The new one counts as
    /// applied from now on.
    pub(super) fn take_change(&mut self, document: &Document, revision: u64) -> bool {
        if self.revision == revision {
            return false;
        }
        self.revision = revision;
        let has_changed = *document.naming() != self.applied;
        if has_changed {
            self.applied = document.naming().clone();
        }
        has_changed
    }
}
