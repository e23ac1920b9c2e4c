//! Opens and closes projects, and changes the model.

use std::path::PathBuf;

use super::drops::picture_at;
use super::pending::AfterPoll;
use super::state::Window;
use crate::app::i18n::tr;
use crate::app::panels::classes::ClassesPanel;
use crate::app::panels::picture_list::PictureListPanel;
use crate::app::time_text;
use crate::app::workers::class_head_trainer::ClassHeadTraining;
use crate::app::workers::opener;
use crate::app::workers::requests::ModelSettings;
use crate::app::workspace::Workspace;
use crate::formats;
use crate::learn::tags::TagSet;
use crate::nn::shipped::ShippedNetwork;
use crate::pictures;
use crate::store::LiveProject;

impl Window {
    /// Opens a folder of pictures, a picture with its folder, or a project file. A picture of the open
    /// project is shown.
    pub(super) fn open(&mut self, path: PathBuf) {
        let is_picture = pictures::format_of_name(&path).is_some();
        if let Some(workspace) = &mut self.workspace {
            if let Some(picture) = picture_at(workspace, &path) {
                self.dialog = None;
                return workspace.session.show(picture);
            }

            // Nothing of it is left behind: it would be lost with this project.
            if let Some(reason) = workspace.session.project().paused() {
                let text = tr!("not-saved-yet", reason = reason);
                return self.notifications.notify(text);
            }
            let project = workspace.session.project();
            if path == project.root() || path == project.path() {
                // A file that was replaced is noticed, and let go, before the one that is there now is opened.
                let number = workspace.session.request_poll();
                self.after_poll.push_back((number, AfterPoll::Open(path)));
                return;
            }
        }
        self.picture_to_show = is_picture.then(|| path.clone());
        self.begin_opening(path, false);
    }

    /// Opens something, after the sample pictures were written to it if there are any to write.
    pub(super) fn begin_opening(&mut self, path: PathBuf, is_sample: bool) {
        self.dialog = None;
        self.last_opening += 1;
        self.opening = Some((self.last_opening, path.clone()));
        // It may be the one that is being closed, which could only be viewed until then.
        self.closing.next = Some((self.last_opening, path, is_sample));
        self.open_next();
    }

    /// Opens what is to be opened once former projects are closed.
    pub(super) fn open_next(&mut self) {
        if !self.closing.under_way.is_empty() {
            return;
        }
        let is_wanted = self.opening.is_some();
        let next = self.closing.next.take().filter(|_| is_wanted);
        if let Some((number, path, is_sample)) = next {
            let events = self.event_sender.about(number);
            match is_sample {
                true => opener::open_sample(path, events),
                false => opener::open(path, events),
            }
        }
    }

    /// Shows a project that has been opened, replacing the previous one.
    pub(super) fn show_workspace(
        &mut self,
        project: LiveProject,
        number: u64,
        problems: Vec<String>,
    ) {
        self.opening = None;
        self.note_progress();
        if let Some(former) = self.workspace.take() {
            self.close_in_background(former);
        }
        self.forget_former();
        if !project.is_draft() {
            self.preferences
                .add_recent(project.path(), time_text::now());
            self.has_unsaved_preferences = true;
        }
        let mut workspace = Workspace::new(project, number, &self.dirs, &self.event_sender);
        workspace.is_scanning = workspace.session.is_editable();
        self.workspace = Some(workspace);
        self.list = PictureListPanel::default();
        self.classes = ClassesPanel::default();
        self.notifications.problems(problems);
        self.show_picture_to_show();
    }

    /// Shows the picture for which the project was opened, if the project has it by now.
    pub(super) fn show_picture_to_show(&mut self) {
        if let (Some(workspace), Some(path)) = (&mut self.workspace, &self.picture_to_show)
            && let Some(picture) = picture_at(workspace, path)
        {
            workspace.session.show(picture);
            self.picture_to_show = None;
        }
    }

    /// Forgets what is about pictures of the former project.
    pub(super) fn forget_former(&mut self) {
        self.notifications.forget_problems();
        self.warned_about = None;
        self.after_poll.clear();
    }

    /// Opens a project again whose folder was renamed or disconnected and is back, so that it can be
    /// edited.
    pub(super) fn reopen_if_back(&mut self) {
        let Some(workspace) = &self.workspace else {
            return;
        };
        let project = workspace.session.project();
        if self.opening.is_none() && project.is_back() {
            let path = project.path().to_owned();
            let file = path.display().to_string();
            self.notifications
                .notify(tr!("project-is-back", file = file));
            self.begin_opening(path, false);
        }
    }

    /// Opens the sample pictures, which are written to a folder of the user first.
    pub(super) fn open_sample(&mut self) {
        let Some(folder) = self.dirs.sample.clone() else {
            self.notifications.problem(tr!("no-data-folder"));
            return;
        };
        let workspace = self.workspace.as_ref();
        let is_open =
            workspace.is_some_and(|workspace| workspace.session.project().root() == folder);
        match is_open {
            true => self.open(folder),
            false => self.begin_opening(folder, true),
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
