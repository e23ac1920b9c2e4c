//! Opens and closes projects, and changes the model.

use std::path::PathBuf;
use std::time::Instant;

use super::state::Window;
use crate::app::i18n::tr;
use crate::app::panels::classes::ClassesPanel;
use crate::app::panels::picture_list::PictureListPanel;
use crate::app::sample_pictures;
use crate::app::workers::class_head_trainer::ClassHeadTraining;
use crate::app::workers::crash::Worker;
use crate::app::workers::events::{EventSender, WorkerEvent};
use crate::app::workers::opener;
use crate::app::workers::requests::ModelSettings;
use crate::app::workers::spawn::spawn_task;
use crate::app::workspace::Workspace;
use crate::formats;
use crate::learn::tags::TagSet;
use crate::nn::shipped::ShippedNetwork;
use crate::store::Project;

impl Window {
    /// Opens a folder of pictures, the folder of a picture, or a project file.
    pub(super) fn open(&mut self, path: PathBuf) {
        // A file that was replaced is noticed, and let go, before the one that is there now is opened.
        self.poll();
        if let Some(workspace) = &self.workspace {
            let project = workspace.session.project();
            let is_open = path == project.root() || path == project.path();
            if is_open && !project.is_replaced() {
                return self.notifications.notify(tr!("already-open"));
            }
        }
        self.begin_opening(path);
    }

    fn begin_opening(&mut self, path: PathBuf) {
        self.dialog = None;
        self.last_opening += 1;
        self.opening = Some((self.last_opening, path.clone()));
        opener::open(path, self.event_sender.about(self.last_opening));
    }

    /// Shows a project that has been opened, replacing the previous one.
    pub(super) fn show_workspace(&mut self, project: Project, number: u64, problems: Vec<String>) {
        self.opening = None;
        if let Some(former) = self.workspace.take() {
            close_in_background(former, &self.event_sender);
        }
        self.forget_former();
        self.preferences.add_recent(project.path());
        self.has_unsaved_preferences = true;
        let mut workspace = Workspace::new(project, number, &self.dirs, &self.event_sender);
        workspace.is_scanning = workspace.session.is_editable();
        self.workspace = Some(workspace);
        self.list = PictureListPanel::default();
        self.classes = ClassesPanel::default();
        self.notifications.problems(problems);
    }

    /// Closes the project.
    pub(super) fn close_project(&mut self) {
        self.opening = None;
        self.dialog = None;
        let closed = self.workspace.take().map(Workspace::close);
        self.forget_former();
        if let Some(Err(error)) = closed {
            self.notifications.problem(error.to_string());
        }
    }

    /// Forgets what is about pictures of the former project.
    fn forget_former(&mut self) {
        self.notifications.forget_problems();
        self.warned_about = None;
    }

    /// Applies what other processes have written to the project.
    pub(super) fn poll(&mut self) {
        self.last_poll = Instant::now();
        if let Some(workspace) = &mut self.workspace
            && let Err(error) = workspace.session.poll()
        {
            self.notifications.problem(error.to_string());
        }
        self.reopen_if_back();
    }

    /// Opens a project again whose folder was renamed or disconnected and is back, so that it can be
    /// edited.
    fn reopen_if_back(&mut self) {
        let Some(workspace) = &self.workspace else {
            return;
        };
        let project = workspace.session.project();
        if self.opening.is_none() && project.is_back() {
            let path = project.path().to_owned();
            let file = path.display().to_string();
            self.notifications
                .notify(tr!("project-is-back", file = file));
            self.begin_opening(path);
        }
    }

    /// Opens the sample pictures, which are written to a folder of the user first.
    pub(super) fn open_sample(&mut self) {
        let Some(folder) = self.dirs.sample.clone() else {
            self.notifications.problem(tr!("no-data-folder"));
            return;
        };
        match sample_pictures::unpack(&folder) {
            Ok(()) => self.open(folder),
            Err(error) => self.notifications.problem(tr!(
                "sample-not-written",
                path = folder.display().to_string(),
                error = error.to_string()
            )),
        }
    }

    /// Trains a class head on the tags.
    pub(super) fn learn_classes(&mut self) {
        let Some(workspace) = &mut self.workspace else {
            return;
        };
        let is_embedded = workspace
            .model_info()
            .is_none_or(|model_info| model_info.name == ShippedNetwork::Backbone.name());
        let project = workspace.session.project();
        let set = TagSet::new(formats::tags::from_document(
            project.document(),
            project.root(),
        ));
        let text = match &self.dirs.heads {
            _ if !is_embedded => tr!("classes-embedded-only"),
            _ if set.pictures.len() < 2 => tr!("tag-first"),
            None => tr!("no-data-folder"),
            Some(folder) => {
                let event_sender = self.event_sender.about(workspace.id);
                let models = self.dirs.models.clone();
                let training = ClassHeadTraining::start(
                    set,
                    models,
                    folder.clone(),
                    project.id(),
                    event_sender,
                );
                workspace.class_head_training = Some(training);
                return;
            }
        };
        self.notifications.notify_about("classes", text);
    }

    /// Uses another model; the embedded one if `None`.
    pub(super) fn use_model(&mut self, model: Option<PathBuf>) {
        self.change_model_settings(|settings| {
            // The judge knows the maps of the embedded model alone.
            settings.uses_detector = model.is_none();
            settings.model = model;
        });
    }

    /// Changes which model is used, or how.
    pub(super) fn change_model_settings(&mut self, change: impl FnOnce(&mut ModelSettings)) {
        let Some(workspace) = &mut self.workspace else {
            return;
        };
        let mut model_settings = workspace.model_settings();
        change(&mut model_settings);
        if let Err(error) = workspace.set_model_settings(model_settings) {
            self.notifications.problem(error.to_string());
        }
        let (proposed, reviewed) = (workspace.outdated(), workspace.reviewed());
        if proposed + reviewed > 0 {
            let text = tr!("model-changed", proposed = proposed, reviewed = reviewed);
            self.notifications.notify_about("model", text);
        }
    }
}

/// Closes a project in another thread, since it is no longer shown.
fn close_in_background(workspace: Workspace, event_sender: &EventSender) {
    let events = event_sender.clone();
    let work = move || {
        if let Err(error) = workspace.close() {
            events.send(WorkerEvent::Failed(error.to_string()));
        }
    };
    spawn_task(Worker::Closer, event_sender, work, |_, _| {});
}
