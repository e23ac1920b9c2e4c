//! Taking in what other processes and the window's own workers have written, and what has become of the
//! edits that were made.

use super::events::sentences;
use super::pending::AfterPoll;
use super::problem_text::problem_text;
use super::state::Window;
use crate::app::action::Action;
use crate::app::i18n::tr;
use crate::app::panels::classes::ClassesPanel;
use crate::app::time_text;
use crate::app::workers::events::ExchangeKind;
use crate::app::workspace::ModelState;
use crate::document::IdShift;
use crate::formats::ImportReport;
use crate::store::{FolderChanges, RescanReport, StoreError};

impl Window {
    /// Takes in what has happened to the project since the last frame. Waits for nothing. Returns what can
    /// be done now.
    pub(super) fn poll(&mut self) -> Vec<Action> {
        let Some(workspace) = &mut self.workspace else {
            return Vec::new();
        };
        let found = workspace.poll();
        let project = workspace.session.project();
        let polled = project.polled();
        let exports = match project.has_unwritten() {
            true => Vec::new(),
            false => std::mem::take(&mut workspace.waiting_exports),
        };
        for error in &found.errors {
            self.notifications.problem(problem_text(error));
        }
        for dropped in found.dropped.into_iter().filter(|one| !one.is_untracked) {
            let label = dropped.label;
            let error = StoreError::Conflict { label };
            self.notifications.problem(error.to_string());
        }
        if let Some(file) = found.created {
            self.preferences.add_recent(&file, time_text::now());
            self.has_unsaved_preferences = true;
        }
        for notice in found.notices {
            self.notifications.problem(notice.to_string());
        }
        for copy in found.copies {
            let path = copy.display().to_string();
            self.notifications.notify(tr!("copy-saved", path = path));
        }
        if found.shifts.iter().any(IdShift::moves_categories) {
            // What is being typed could be about another class.
            self.classes = ClassesPanel::default();
            self.dialog = None;
        }
        let mut now = Vec::new();
        while let Some((_, next)) = self
            .after_poll
            .pop_front_if(|(number, _)| *number <= polled)
        {
            match next {
                AfterPoll::Scanned(report) => self.on_scanned(*report),
                AfterPoll::Imported(report) => self.on_imported(*report),
                AfterPoll::Import(paths, options) => {
                    now.push(Action::Import(paths, options));
                }
                AfterPoll::Open(path) => {
                    let workspace = self.workspace.as_ref();
                    let is_replaced = workspace
                        .is_some_and(|workspace| workspace.session.project().is_replaced());
                    match is_replaced {
                        true => self.begin_opening(path, false),
                        false => self.notifications.notify(tr!("already-open")),
                    }
                }
            }
        }
        self.reopen_if_back();
        let exports = exports.into_iter();
        now.extend(exports.map(|(options, path)| Action::Export(options, path)));
        now
    }

    /// Does something once the document has what is in the file now.
    pub(super) fn after_poll(&mut self, next: AfterPoll) {
        if let Some(workspace) = &mut self.workspace {
            let number = workspace.session.request_poll();
            self.after_poll.push_back((number, next));
        }
    }

    /// The folder was scanned, and the document has what was found.
    fn on_scanned(&mut self, report: RescanReport) {
        let Some(workspace) = &mut self.workspace else {
            return;
        };
        workspace.is_scanning = false;
        let changes = &report.changes;
        for name in changes.changed.iter().chain(&changes.found_again) {
            let picture = workspace
                .session
                .document()
                .picture_at(name)
                .map(|row| row.id);
            if let Some(picture) = picture {
                workspace.reload(picture);
            }
        }
        self.notifications.problems(report.problems);
        if let Some(text) = rescan_summary(&report.changes) {
            self.notifications.notify(text);
        }
        self.show_picture_to_show();
        self.picture_to_show = None;
        let Some(workspace) = &mut self.workspace else {
            return;
        };
        let has_failed = matches!(workspace.proposing.model, ModelState::Failed(_));
        let proposes = self.preferences.propose_on_open && !has_failed;
        if proposes && workspace.session.is_editable() {
            workspace.propose_all(true);
        }
    }

    /// Something was imported, and the document has it.
    fn on_imported(&mut self, report: ImportReport) {
        if let Some(workspace) = &mut self.workspace {
            workspace.exchange.end(ExchangeKind::Import);
        }
        let mut text = tr!(
            "imported",
            boxes = report.boxes + report.proposals,
            tags = report.tags,
            pictures = report.pictures
        );
        if report.excluded > 0 {
            let excluded = tr!("imported-taken-out", count = report.excluded);
            text = format!("{text}. {excluded}");
        }
        self.notifications.notify(text);
        self.notifications.problems(sentences(report.skipped));
    }
}

/// What has changed in the folder, if anything.
fn rescan_summary(changes: &FolderChanges) -> Option<String> {
    let counts = [
        changes.added.len(),
        changes.missing.len(),
        changes.found_again.len(),
        changes.renamed.len(),
        changes.changed.len(),
    ];
    let [added, missing, found_again, renamed, changed] = counts;
    let texts = [
        tr!("rescan-new", count = added),
        tr!("rescan-missing", count = missing),
        tr!("rescan-found-again", count = found_again),
        tr!("rescan-renamed", count = renamed),
        tr!("rescan-changed", count = changed),
    ];
    let parts = counts.into_iter().zip(texts);
    let parts = parts.filter(|(count, _)| *count > 0);
    let parts: Vec<String> = parts.map(|(_, text)| text).collect();
    (!parts.is_empty()).then(|| tr!("rescan-summary", changes = parts.join(", ")))
}
