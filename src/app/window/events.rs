//! Handles what the workers report.

use std::time::{Duration, Instant};

use egui::Context;

use super::pending::AfterPoll;
use super::state::Window;
use crate::app::dialogs::Dialog;
use crate::app::dialogs::open_path::OpenPathDialog;
use crate::app::i18n::tr;
use crate::app::notifications::Notifications;
use crate::app::workers::class_list;
use crate::app::workers::events::{
    ExchangeEvent, ExchangeKind, FileChoice, FilePurpose, OpeningEvent, ProposerEvent,
    SegmenterEvent, TrainedHeadFile, WorkerEvent,
};
use crate::app::workspace::Workspace;
use crate::formats::{ExportReport, Messages};

/// Time budget for events per frame; the rest wait for the next frame.
const MAX_DRAIN_TIME: Duration = Duration::from_millis(6);

impl Window {
    /// Handles the events that have arrived, within the time budget of a frame.
    pub(super) fn on_events(&mut self, context: &Context) {
        let start = Instant::now();
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
                WorkerEvent::DropRead(number, items) => self.drop.on_read(number, items),
                WorkerEvent::Failed(text) => self.notifications.problem(text),
                // What has happened to a former project is of no interest any more.
                WorkerEvent::Crashed(report) if is_open || is_opening || number == 0 => {
                    self.notifications.problem(report.sentence());
                    self.crashes.push(report);
                }
                WorkerEvent::Opening(OpeningEvent::Opened { project, notices }) if is_opening => {
                    self.show_workspace(*project, number, notices);
                }
                WorkerEvent::Opening(OpeningEvent::Failed(reason)) if is_opening => {
                    self.opening = None;
                    self.picture_to_show = None;
                    self.notifications.problem(reason);
                }
                event if is_open => self.on_event(context, event),
                // It belongs to a project that is no longer open.
                _ => {}
            }
            if start.elapsed() > MAX_DRAIN_TIME {
                context.request_repaint();
                break;
            }
        }
    }

    /// Handles an event of the open project.
    fn on_event(&mut self, context: &Context, event: WorkerEvent) {
        match event {
            WorkerEvent::ClassList(Ok(names)) => self.classes.add_to_labels(&names),
            WorkerEvent::ClassList(Err(reason)) => self.notifications.problem(reason),
            WorkerEvent::Opening(opening) => self.on_opening(opening),
            WorkerEvent::Exchange(event) => self.on_exchanged(event),
            WorkerEvent::ExportPlanned(number, plan) => {
                if let Some(Dialog::Export(export)) = &mut self.dialog {
                    export.set_plan(number, plan.map(|plan| *plan));
                }
            }
            WorkerEvent::ClassHeadTraining(trained) => self.on_trained(trained),
            WorkerEvent::Comparison(number, event) => {
                let workspace = self.workspace.as_mut();
                match workspace.map(|workspace| workspace.on_comparison(number, event)) {
                    Some(Ok(sentences)) => self.notifications.problems(sentences),
                    Some(Err(reason)) => self.notifications.problem_again(reason),
                    None => {}
                }
            }
            event => {
                if let Some(workspace) = &mut self.workspace {
                    on_workspace_event(context, workspace, event, &mut self.notifications);
                }
            }
        }
    }

    /// The folder of the project has been read, or a part of it.
    fn on_opening(&mut self, opening: OpeningEvent) {
        match opening {
            OpeningEvent::Opened { .. } => {}
            OpeningEvent::FirstPictures => {
                if let Some(workspace) = &mut self.workspace {
                    workspace.session.request_poll();
                }
            }
            OpeningEvent::Scanned(report) => self.after_poll(AfterPoll::Scanned(report)),
            OpeningEvent::Failed(reason) => {
                if let Some(workspace) = &mut self.workspace {
                    workspace.is_scanning = false;
                }
                self.notifications.problem(reason);
            }
        }
    }

    /// The user has chosen a file or folder, or cancelled.
    pub(super) fn on_file_chosen(&mut self, purpose: FilePurpose, choice: FileChoice) {
        let path = match choice {
            FileChoice::Path(path) => path,
            FileChoice::Cancelled => return,
            FileChoice::NoDialog if purpose == FilePurpose::CrashReport => {
                return self.save_crash_reports(None);
            }
            FileChoice::NoDialog if self.dialog.is_some() => {
                return self.notifications.notify(tr!("no-file-dialog"));
            }
            FileChoice::NoDialog => {
                let dialog = OpenPathDialog::new(purpose);
                self.dialog = Some(Dialog::OpenPath(dialog));
                return;
            }
        };
        self.remember_folder(purpose, &path);
        match (purpose, &mut self.dialog) {
            (FilePurpose::OpenFolder | FilePurpose::OpenProject, _) => self.open(path),
            (FilePurpose::ProjectCopy, _) => self.save_copy(&path),
            (FilePurpose::Model, _) => self.use_model(Some(path)),
            (FilePurpose::CrashReport, _) => self.save_crash_reports(Some(path)),
            (FilePurpose::ClassList, _) => {
                if let Some(workspace) = &self.workspace {
                    class_list::read(path, self.event_sender.about(workspace.id));
                }
            }
            (FilePurpose::ExportFile | FilePurpose::ExportFolder, Some(Dialog::Export(export))) => {
                export.set_path(&path);
            }
            (FilePurpose::ImportFile | FilePurpose::ImportFolder, Some(Dialog::Import(import))) => {
                import.set_path(&path);
            }
            (
                FilePurpose::CompareFile | FilePurpose::CompareFolder,
                Some(Dialog::Compare(compare)),
            ) => compare.set_path(&path),
            // The dialog that requested it has been closed.
            _ => {}
        }
    }

    /// An import or export has finished.
    fn on_exchanged(&mut self, event: ExchangeEvent) {
        if let ExchangeEvent::Imported(report) = event {
            // The document does not have it yet.
            return self.after_poll(AfterPoll::Imported(report));
        }
        let Some(workspace) = &mut self.workspace else {
            return;
        };
        workspace.exchange.end(match &event {
            ExchangeEvent::Imported(_) => ExchangeKind::Import,
            ExchangeEvent::Exported(..) => ExchangeKind::Export,
            ExchangeEvent::Failed(kind, _) => *kind,
        });
        match event {
            ExchangeEvent::Imported(_) => {}
            ExchangeEvent::Exported(path, report) => {
                let ExportReport {
                    pictures,
                    excluded,
                    boxes,
                    changed,
                    left_out,
                    ..
                } = report;
                let mut left_out_sentences = Vec::new();
                if excluded > 0 {
                    left_out_sentences.push(tr!("exported-without", count = excluded));
                }
                let (others, boxes_left) = (left_out.other_pictures, left_out.boxes);
                if others > 0 {
                    left_out_sentences.push(tr!("exported-without-pictures", count = others));
                }
                if boxes_left > 0 {
                    left_out_sentences.push(tr!("exported-without-boxes", count = boxes_left));
                }
                let mut text = tr!(
                    "exported",
                    boxes = boxes,
                    pictures = pictures,
                    path = path.display().to_string()
                );
                if !left_out_sentences.is_empty() {
                    text = format!("{text}. {}", left_out_sentences.join(" "));
                }
                self.notifications.notify(text);
                self.notifications.problems(sentences(changed));
            }
            ExchangeEvent::Failed(_, reason) => self.notifications.problem(reason),
        }
    }

    /// The training of classes has finished.
    fn on_trained(&mut self, trained: Result<Option<TrainedHeadFile>, String>) {
        let Some(workspace) = &mut self.workspace else {
            return;
        };
        workspace.class_head_training = None;
        match trained {
            Err(reason) => self.notifications.problem(reason),
            Ok(None) => {}
            Ok(Some(trained)) if trained.is_better => {
                self.notifications.notify_about("classes", trained.text);
                self.use_model(Some(trained.path));
            }
            Ok(Some(trained)) => {
                let text = tr!("classes-not-better", text = trained.text);
                self.notifications.notify_about("classes", text);
            }
        }
    }
}

/// Handles an event that concerns the workspace only.
fn on_workspace_event(
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
        WorkerEvent::Thumbnail(picture, image) => workspace.on_thumbnail(context, picture, image),
        WorkerEvent::Maps(picture, key, maps) => workspace.on_maps(picture, &key, maps),
        WorkerEvent::Relocalized(boxes) => workspace.on_relocalized(boxes),
        WorkerEvent::Proposer(ProposerEvent::Model(settings, model)) => {
            workspace
                .on_model(&settings, model)
                .into_iter()
                .for_each(|reason| notifications.problem_again(reason));
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
            workspace.on_features_ready(picture);
        }
        WorkerEvent::Learning(model_generation, event) => {
            match workspace.on_learning_event(model_generation, event) {
                Ok(texts) => texts
                    .into_iter()
                    .for_each(|text| notifications.notify_about("learning", text)),
                Err(error) => notifications.problem(error.to_string()),
            }
        }
        WorkerEvent::Segmenter(SegmenterEvent::Failed(reason)) => notifications.problem(reason),
        WorkerEvent::Segmenter(event) => match workspace.on_segmenter_event(event) {
            Ok(text) => text
                .into_iter()
                .for_each(|text| notifications.notify_about("fit", text)),
            Err(error) => notifications.problem(error.to_string()),
        },
        WorkerEvent::Proposer(ProposerEvent::Failed(picture, failure)) => {
            workspace
                .on_inference_failed(picture, failure)
                .into_iter()
                .for_each(|reason| notifications.problem(reason));
        }
        WorkerEvent::Opening(_)
        | WorkerEvent::Exchange(_)
        | WorkerEvent::Comparison(..)
        | WorkerEvent::FileChosen(..)
        | WorkerEvent::ClassHeadTraining(_)
        | WorkerEvent::Crashed(_)
        | WorkerEvent::ExportPlanned(..)
        | WorkerEvent::ClassList(_)
        | WorkerEvent::DropRead(..)
        | WorkerEvent::Failed(_) => {}
    }
}

/// The sentences of a report, with the number of those that it left out.
pub(super) fn sentences(notes: Messages) -> Vec<String> {
    let mut sentences = notes.texts;
    if notes.omitted > 0 {
        sentences.push(tr!("and-more", count = notes.omitted));
    }
    sentences
}
