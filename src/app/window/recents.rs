//! What is remembered from one start to the next: recent projects, and where files were chosen.

use std::path::Path;

use super::state::Window;
use crate::app::recent_list::RecentList;
use crate::app::recent_project::Progress;
use crate::app::workers::events::FilePurpose;
use crate::app::workers::file_dialog;

impl Window {
    /// The recent projects as they are shown.
    pub(super) fn recent_list(&self) -> RecentList<'_> {
        let workspace = self.workspace.as_ref();
        RecentList {
            projects: &self.preferences.recent,
            open: workspace.map(|workspace| workspace.session.project().path()),
            probe: &self.recent_probe,
        }
    }

    /// Notes how much of the open project is done.
    pub(super) fn note_progress(&mut self) {
        let Some(workspace) = &self.workspace else {
            return;
        };
        let summary = workspace.session.summary();
        let progress = Progress {
            done: summary.done(),
            pictures: summary.total(),
        };
        // Nothing has been counted yet, or there is nothing.
        if progress.pictures > 0 {
            let project = workspace.session.project().path();
            self.has_unsaved_preferences |= self.preferences.note_progress(project, progress);
        }
    }

    /// Shows the system's dialog for a file or folder.
    pub(super) fn choose_file(&self, purpose: FilePurpose) {
        let folder = self.dialog_folder(purpose);
        file_dialog::show(purpose, folder, self.event_sender.clone());
    }

    /// The folder in which a file dialog begins: where it was last used, or else the folder of the open
    /// project.
    pub fn dialog_folder(&self, purpose: FilePurpose) -> Option<&Path> {
        let last = self.preferences.folders.get(purpose.stored_name());
        last.map(|folder| &**folder).or_else(|| {
            let workspace = self.workspace.as_ref()?;
            Some(workspace.session.project().root())
        })
    }

    /// Remembers the folder that something was chosen in.
    pub(super) fn remember_folder(&mut self, purpose: FilePurpose, chosen: &Path) {
        if let Some(folder) = chosen.parent() {
            let name = purpose.stored_name().to_owned();
            let former = self.preferences.folders.insert(name, folder.to_owned());
            self.has_unsaved_preferences |= former.as_deref() != Some(folder);
        }
    }
}
