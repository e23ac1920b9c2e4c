//! What the model's classes are called in this project, and what is labelled.

use crate::document::{Document, Labels};
use crate::naming::Naming;

/// The naming and labels that untouched proposals follow.
pub struct NamingState {
    /// The naming and labels that untouched proposals follow.
    applied: (Naming, Labels),
    /// The document revision in which the naming was last compared.
    revision: u64,
}

impl NamingState {
    /// The state when a project is opened: its proposals follow its naming.
    pub fn new(document: &Document, revision: u64) -> Self {
        Self {
            applied: (document.naming().clone(), document.labels().clone()),
            revision,
        }
    }

    /// Whether the document's naming or labels differ from those of the proposals. The new ones count as
    /// applied from now on.
    pub(super) fn take_change(&mut self, document: &Document, revision: u64) -> bool {
        if self.revision == revision {
            return false;
        }
        self.revision = revision;
        let (naming, labels) = &self.applied;
        let has_changed = document.naming() != naming || document.labels() != labels;
        if has_changed {
            self.applied = (document.naming().clone(), document.labels().clone());
        }
        has_changed
    }
}
