//! What the workers have done, what opens and closes, and what time brings.

use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use egui::{Context, ViewportCommand};

use super::{Window, counted};
use crate::app::dialogs::{self, Dialog};
use crate::app::notifications::Notifications;
use crate::app::panels::{classes, list};
use crate::app::preferences::WindowGeometry;
use crate::app::sample_pictures;
use crate::app::workers::events::{
    EventSender, ExchangeEvent, FileChoice, FilePurpose, OpeningEvent, ProposerEvent,
    TrainedHeadFile, WorkerEvent,
};
use crate::app::workers::opener;
use crate::app::workers::tag_trainer::TagTraining;
use crate::app::workers::terms::ModelSettings;
use crate::app::workspace::{ProposalJob, Workspace};
use crate::formats::exchange::{ExportReport, Import, Messages};
use crate::learn::tags::TagSet;
use crate::store::{FolderChanges, Project};
use crate::tscam::EMBEDDED_BACKBONE_NAME;

/// How often another process is looked for that has written to the project.
const POLL_INTERVAL: Duration = Duration::from_secs(1);
/// How often it is written where the work is.
const SAVE_INTERVAL: Duration = Duration::from_secs(5);
/// How long a frame takes in what the workers have sent.
const MAX_DRAIN_TIME: Duration = Duration::from_millis(6);

impl Window {
    /// Takes in what has come, but for no longer than a part of a frame.
    pub(super) fn drain(&mut self, context: &Context) {
        let begun = Instant::now();
        while let Ok((number, event)) = self.events.try_recv() {
            let is_opening = self
                .opening
                .as_ref()
                .is_some_and(|(opening, _)| *opening == number);
            let is_open = self
                .workspace
                .as_ref()
                .is_some_and(|workspace| workspace.id == number);
            match event {
                WorkerEvent::FileChosen(purpose, choice) => self.on_file_chosen(purpose, choice),
                WorkerEvent::Failed(text) => self.notifications.problem(text),
                WorkerEvent::Opening(OpeningEvent::Opened { project, notices }) if is_opening => {
                    self.show_workspace(*project, number, notices);
                }
                WorkerEvent::Opening(OpeningEvent::Failed(reason)) if is_opening => {
                    self.opening = None;
                    self.notifications.problem(reason);
                }
                event if is_open => self.take(context, event),
                // Dropped with what it holds: nobody wants it any more.
                _ => {}
            }
            if begun.elapsed() > MAX_DRAIN_TIME {
                context.request_repaint();
                break;
            }
        }
    }

    fn take(&mut self, context: &Context, event: WorkerEvent) {
        match event {
            WorkerEvent::Opening(opening) => self.on_opening(opening),
            WorkerEvent::Exchange(exchanged) => self.on_exchanged(exchanged),
            WorkerEvent::TagTraining(trained) => self.on_trained(trained),
            event => {
                if let Some(workspace) = &mut self.workspace {
                    on_work_done(context, workspace, event, &mut self.notifications);
                }
            }
        }
    }

    fn show_workspace(&mut self, project: Project, number: u64, notifications: Vec<String>) {
        self.opening = None;
        if let Some(former) = self.workspace.take() {
            close_in_background(former, &self.event_sender);
        }
        self.preferences.used(project.path());
        self.has_unsaved_preferences = true;
        let caches = self.places.caches.as_deref();
        let mut workspace = Workspace::new(project, number, caches, &self.event_sender);
        workspace.is_scanning = workspace.session.is_editable();
        self.workspace = Some(workspace);
        self.list = list::List::default();
        self.classes = classes::Classes::default();
        self.notifications.problems(notifications);
    }

    fn on_opening(&mut self, opening: OpeningEvent) {
        match opening {
            OpeningEvent::Opened { .. } => {}
            OpeningEvent::FirstPictures => self.poll(),
            OpeningEvent::Scanned(survey) => {
                self.poll();
                let Some(workspace) = &mut self.workspace else {
                    return;
                };
                workspace.is_scanning = false;
                let changes = &survey.changes;
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
                self.notifications.problems(survey.problems);
                if let Some(text) = rescan_summary(&survey.changes) {
                    self.notifications.notify(text);
                }
                if self.preferences.proposes_at_once && workspace.session.is_editable() {
                    workspace.propose_all(true);
                }
            }
            OpeningEvent::Failed(reason) => {
                if let Some(workspace) = &mut self.workspace {
                    workspace.is_scanning = false;
                }
                self.notifications.problem(reason);
            }
        }
    }

    fn on_file_chosen(&mut self, purpose: FilePurpose, choice: FileChoice) {
        let path = match choice {
            FileChoice::Path(path) => path,
            FileChoice::Cancelled => return,
            FileChoice::NoDialog if self.dialog.is_some() => {
                let text = "This system shows no file dialog to programs: type the path instead";
                return self.notifications.notify(text);
            }
            FileChoice::NoDialog => {
                let dialog = dialogs::open_path::OpenPath::new(purpose);
                self.dialog = Some(Dialog::OpenPath(dialog));
                return;
            }
        };
        match (purpose, &mut self.dialog) {
            (FilePurpose::OpenFolder | FilePurpose::OpenProject, _) => self.open(path),
            (FilePurpose::Model, _) => self.use_model(Some(path)),
            (FilePurpose::ExportFile | FilePurpose::ExportFolder, Some(Dialog::Export(export))) => {
                export.set_path(&path);
            }
            (FilePurpose::ImportFile | FilePurpose::ImportFolder, Some(Dialog::Import(import))) => {
                import.set_path(&path);
            }
            // The dialog that wanted it is closed.
            _ => {}
        }
    }

    fn on_exchanged(&mut self, exchanged: ExchangeEvent) {
        let Some(workspace) = &mut self.workspace else {
            return;
        };
        workspace.exchange = None;
        workspace.defers_writes = false;
        match exchanged {
            ExchangeEvent::Imported(path, import) => {
                let Import { edit, report } = *import;
                let label = format!("import {}", path.display());
                match workspace.session.commit_edit(&label, &edit) {
                    Ok(()) => {
                        self.notifications.notify(format!(
                            "Imported {} boxes and {} image tags; {} pictures",
                            report.boxes + report.proposals,
                            report.tags,
                            report.pictures
                        ));
                        self.notifications.problems(sentences(report.unread));
                    }
                    Err(error) => self.notifications.problem(format!(
                        "{} was not imported: {error}; import it again",
                        path.display()
                    )),
                }
            }
            ExchangeEvent::Exported(path, report) => {
                let ExportReport {
                    pictures,
                    boxes,
                    changed,
                    ..
                } = report;
                self.notifications.notify(format!(
                    "Exported {boxes} boxes on {pictures} pictures to {}",
                    path.display()
                ));
                self.notifications.problems(sentences(changed));
            }
            ExchangeEvent::Failed(reason) => self.notifications.problem(reason),
        }
    }

    pub(super) fn open(&mut self, path: PathBuf) {
        if let Some(workspace) = &self.workspace {
            let project = workspace.session.project();
            if path == project.root() || path == project.path() {
                return self.notifications.notify("This project is open already");
            }
        }
        self.dialog = None;
        self.last_number += 1;
        self.opening = Some((self.last_number, path.clone()));
        opener::open(path, self.event_sender.about(self.last_number));
    }

    pub(super) fn close_project(&mut self) {
        self.opening = None;
        self.dialog = None;
        if let Some(workspace) = self.workspace.take()
            && let Err(error) = workspace.close()
        {
            self.notifications.problem(error.to_string());
        }
    }

    fn poll(&mut self) {
        self.last_poll = Instant::now();
        if let Some(workspace) = &mut self.workspace
            && let Err(error) = workspace.session.poll()
        {
            self.notifications.problem(error.to_string());
        }
    }

    /// Trains a class head on the tags.
    pub(super) fn learn_classes(&mut self) {
        let Some(workspace) = &mut self.workspace else {
            return;
        };
        let is_embedded = workspace
            .model_info()
            .is_none_or(|model_info| model_info.name == EMBEDDED_BACKBONE_NAME);
        let project = workspace.session.project();
        let set = TagSet::new(TagSet::from_document(project.document(), project.root()));
        let text = match &self.places.heads {
            _ if !is_embedded => {
                "Here classes are learnt for the embedded model; for another one there is “tsukami \
                 train --model” on the command line"
            }
            _ if set.pictures.len() < 2 => {
                "Tag some pictures first, best 20 of each class: select them in the list, then \
                 choose “Tags…”"
            }
            None => "This system has no folder for what the program keeps",
            Some(folder) => {
                let event_sender = self.event_sender.about(workspace.id);
                let training = TagTraining::start(set, folder.clone(), project.id(), event_sender);
                workspace.tag_training = Some(training);
                return;
            }
        };
        self.notifications.notify_about("classes", text.to_owned());
    }

    fn on_trained(&mut self, trained: Result<Option<TrainedHeadFile>, String>) {
        let Some(workspace) = &mut self.workspace else {
            return;
        };
        workspace.tag_training = None;
        match trained {
            Err(reason) => self.notifications.problem(reason),
            Ok(None) => {}
            Ok(Some(trained)) if trained.is_better => {
                self.notifications.notify_about("classes", trained.text);
                self.use_model(Some(trained.path));
            }
            Ok(Some(trained)) => {
                let text = format!(
                    "{}: no better than always naming the commonest, so nothing changes",
                    trained.text
                );
                self.notifications.notify_about("classes", text);
            }
        }
    }

    pub(super) fn use_model(&mut self, model: Option<PathBuf>) {
        self.change_model_settings(|model_settings| model_settings.model = model);
    }

    pub(super) fn change_model_settings(&mut self, change: impl FnOnce(&mut ModelSettings)) {
        let Some(workspace) = &mut self.workspace else {
            return;
        };
        let mut model_settings = workspace.model_settings();
        change(&mut model_settings);
        if let Err(error) = workspace.set_model_settings(model_settings) {
            self.notifications.problem(error.to_string());
        }
    }

    pub(super) fn save_preferences(&mut self) {
        if !std::mem::take(&mut self.has_unsaved_preferences) {
            return;
        }
        let Some(path) = &self.places.settings else {
            return;
        };
        if let Err(error) = self.preferences.save(path) {
            let text = format!("Settings cannot be kept in {}: {error}", path.display());
            self.notifications.notify(text);
        }
    }

    pub(super) fn open_sample(&mut self) {
        let Some(folder) = self.places.sample.clone() else {
            self.notifications
                .problem("This system has no folder for a user's data");
            return;
        };
        match sample_pictures::unpack(&folder) {
            Ok(()) => self.open(folder),
            Err(error) => self.notifications.problem(format!(
                "The sample pictures cannot be written to {}: {error}",
                folder.display()
            )),
        }
    }

    /// Time goes on: others may have written, boxes wait to be written.
    pub(super) fn on_time(&mut self, context: &Context) {
        let (now, has_input) = context.input(|input| {
            (
                input.time,
                !input.events.is_empty() || input.pointer.is_moving(),
            )
        });
        let has_focus = context.input(|input| input.focused);
        if self.last_poll.elapsed() >= POLL_INTERVAL {
            self.poll();
        }
        let keeps = self.kept.elapsed() >= SAVE_INTERVAL;
        if keeps {
            self.kept = Instant::now();
            self.save_preferences();
        }
        let Some(workspace) = &mut self.workspace else {
            return;
        };
        workspace.tick(now, has_input && has_focus);
        workspace.session.count();
        workspace.update_learning();
        let followed = workspace.follow_naming();
        let outcome = followed
            .and_then(|()| workspace.write_due())
            .and_then(|ended| {
                if keeps {
                    workspace.save()?;
                }
                Ok(ended)
            });
        workspace.update_requests();
        if workspace.has_unwritten() {
            context.request_repaint_after(Duration::from_millis(100));
        }
        let is_busy = workspace.learning_step().is_some() || workspace.tag_training.is_some();
        if workspace.is_current_pending() || is_busy {
            context.request_repaint_after(Duration::from_millis(200));
        }
        context.request_repaint_after(POLL_INTERVAL);
        match outcome {
            Ok(Some(job)) => self.notifications.notify(proposing_summary(&job)),
            Ok(None) => {}
            Err(error) => self.notifications.problem(error.to_string()),
        }
    }

    pub(super) fn update_title(&mut self, context: &Context) {
        let title = match &self.workspace {
            Some(workspace) => {
                let name = workspace.session.project().root().file_name();
                format!("{} – Tsukami", name.unwrap_or_default().to_string_lossy())
            }
            None => "Tsukami".to_owned(),
        };
        if title != self.title {
            context.send_viewport_cmd(ViewportCommand::Title(title.clone()));
            self.title = title;
        }
    }

    pub(super) fn remember_geometry(&mut self, context: &Context) {
        let place = context.input(|input| {
            let viewport = input.viewport();
            // As the system counts, whatever the size of everything is.
            let zoom = self.preferences.scale;
            let size = viewport.inner_rect?.size() * zoom;
            let position = viewport.outer_rect.map(|rect| rect.min * zoom);
            Some(WindowGeometry {
                size: [size.x, size.y],
                position: position.map(|at| [at.x, at.y]),
                maximised: viewport.maximized.unwrap_or(false),
            })
        });
        let Some(mut place) = place else { return };
        if place.maximised
            && let Some(former) = self.preferences.window
        {
            // What it goes back to.
            (place.size, place.position) = (former.size, former.position);
        }
        if self.preferences.window != Some(place) {
            self.preferences.window = Some(place);
            self.has_unsaved_preferences = true;
        }
    }
}

/// Closes a project beside the frame, when another one takes its place.
fn close_in_background(workspace: Workspace, event_sender: &EventSender) {
    let event_sender = event_sender.clone();
    thread::spawn(move || {
        if let Err(error) = workspace.close() {
            event_sender.send(WorkerEvent::Failed(error.to_string()));
        }
    });
}

/// Takes what a worker of the open project has done.
fn on_work_done(
    context: &Context,
    workspace: &mut Workspace,
    event: WorkerEvent,
    notifications: &mut Notifications,
) {
    match event {
        WorkerEvent::Decoded(picture, decoded) => {
            match workspace.on_decoded(context, picture, decoded) {
                Ok(notes) => notes.into_iter().for_each(|note| notifications.note(note)),
                Err(reason) => notifications.problem(reason),
            }
        }
        WorkerEvent::Thumbnail(picture, image) => workspace
            .view
            .textures
            .insert_thumbnail(context, picture, image),
        WorkerEvent::Derived(derived) => workspace.on_derived(derived),
        WorkerEvent::Proposer(ProposerEvent::Model(model)) => {
            workspace
                .on_model(model)
                .into_iter()
                .for_each(|reason| notifications.problem(reason));
        }
        WorkerEvent::Proposer(ProposerEvent::Inference {
            picture,
            maps,
            model,
            learned,
        }) => {
            workspace.on_inference(picture, maps, learned, &model);
        }
        WorkerEvent::Proposer(ProposerEvent::FeaturesReady(picture)) => {
            workspace.on_features_ready(picture)
        }
        WorkerEvent::Learning(epoch, learnt) => match workspace.on_learning_event(epoch, learnt) {
            Ok(said) => said
                .into_iter()
                .for_each(|text| notifications.notify_about("learning", text)),
            Err(error) => notifications.problem(error.to_string()),
        },
        WorkerEvent::Proposer(ProposerEvent::Failed(picture, reason)) => {
            workspace.on_inference_failed(picture, &reason);
            notifications.problem(reason);
        }
        WorkerEvent::Opening(_)
        | WorkerEvent::Exchange(_)
        | WorkerEvent::FileChosen(..)
        | WorkerEvent::TagTraining(_)
        | WorkerEvent::Failed(_) => {}
    }
}

fn sentences(notes: Messages) -> Vec<String> {
    let mut sentences = notes.sentences;
    if notes.more > 0 {
        sentences.push(format!("… and {} more of this kind", notes.more));
    }
    sentences
}

/// What has become of the folder, if that is worth a word.
fn rescan_summary(changes: &FolderChanges) -> Option<String> {
    let parts = [
        (changes.added.len(), "new"),
        (changes.missing.len(), "missing"),
        (changes.found_again.len(), "found again"),
        (changes.renamed.len(), "renamed"),
        (changes.changed.len(), "changed"),
    ];
    let parts = parts.iter().filter(|(number, _)| *number > 0);
    let parts: Vec<String> = parts
        .map(|(number, what)| format!("{number} {what}"))
        .collect();
    (!parts.is_empty()).then(|| format!("Pictures: {}", parts.join(", ")))
}

fn proposing_summary(job: &ProposalJob) -> String {
    let seen = counted(job.done() - job.failed, "picture", "pictures");
    match job.failed {
        0 => format!("Proposed boxes on {seen}"),
        failed => {
            format!("Proposed boxes on {seen}; {failed} could not be read: see Help, Problems")
        }
    }
}
