//! Mapping the model's classes to classes of the project.

use super::core::Workspace;
use super::settings::localize_options_of;
use crate::document::ops;
use crate::naming::MappedClass;
use crate::store::StoreError;

impl Workspace {
    /// Maps classes of the model to classes of the project, and renames untouched proposals.
    ///
    /// # Errors
    /// If a name cannot be that of a class, or the project cannot be written.
    pub fn map_classes(
        &mut self,
        changes: &[(String, Option<MappedClass>)],
    ) -> Result<(), StoreError> {
        self.session.add_mapped_classes(changes)?;
        self.session.commit("name classes", |document| {
            ops::map_classes(document, changes)
        })?;
        self.follow_naming()
    }

    /// Renames untouched proposals if the naming of classes has changed: by the person, by undo, or
    /// by another process.
    ///
    /// # Errors
    /// If the project cannot be written.
    pub fn follow_naming(&mut self) -> Result<(), StoreError> {
        if self.model_info().is_none() {
            return Ok(());
        }
        let revision = self.session.revision();
        if !self.naming.take_change(self.session.document(), revision) {
            return Ok(());
        }
        self.view.preview = None;
        let shown = self.session.current();
        let shown = shown.filter(|_| !self.session.is_current_new());
        self.relocalize_again(shown, localize_options_of(self.session.proposal_settings()))
    }
}
