//! What the window keeps from frame to frame.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::time::Instant;

use crossbeam_channel::{Receiver, bounded};
use egui::Context;

use super::pending::{AfterPoll, Closing, DroppedFiles};
use crate::app::app_dirs::AppDirs;
use crate::app::dialogs::Dialog;
use crate::app::notifications::Notifications;
use crate::app::panels::classes::ClassesPanel;
use crate::app::panels::dashboard::Dashboard;
use crate::app::panels::picture_list::PictureListPanel;
use crate::app::preferences::Preferences;
use crate::app::recent_project::RecentProject;
use crate::app::theme;
use crate::app::tour::{Places, Step, Tour};
use crate::app::workers::crash::{CrashReport, Worker};
use crate::app::workers::events::{
    EventSender, FileChoice, FilePurpose, MAX_QUEUED_EVENTS, WorkerEvent,
};
use crate::app::workers::path_probe::PathProbe;
use crate::app::workers::preferences_saver::PreferencesSaver;
use crate::app::workspace::Workspace;
use crate::document::PictureId;

/// The number of pictures that boxes are propagated to at first.
const DEFAULT_PROPAGATION: usize = 10;

/// The window of the program.
pub struct Window {
    pub(super) preferences: Preferences,
    pub(super) dirs: AppDirs,
    pub(super) event_sender: EventSender,
    /// Events of the workers, each with the number of the opening that it belongs to.
    pub(super) events: Receiver<(u64, WorkerEvent)>,
    /// The number of the last opening. Events of earlier ones are dropped.
    pub(super) last_opening: u64,
    pub(super) workspace: Option<Workspace>,
    /// What to do once the document has what a worker has written to the file.
    pub(super) after_poll: VecDeque<(u64, AfterPoll)>,
    /// The closing of a project that is under way, and those of former ones.
    pub(super) closing: Closing,
    /// What is being opened, and the number of that opening. The former project stays until then.
    pub(super) opening: Option<(u64, PathBuf)>,
    /// A picture to show once the project that is being opened knows it.
    pub(super) picture_to_show: Option<PathBuf>,
    /// The files that hover over the window, or were dropped on it.
    pub(super) drop: DroppedFiles,
    pub(super) notifications: Notifications,
    /// The panics of workers since the program was started.
    pub(super) crashes: Vec<CrashReport>,
    pub(super) dialog: Option<Dialog>,
    pub(super) list: PictureListPanel,
    pub(super) classes: ClassesPanel,
    pub(super) dashboard: Dashboard,
    pub(super) shows_adjustment: bool,
    /// Where the canvas or what replaces it was drawn in this frame, in points.
    pub(super) canvas: Option<egui::Rect>,
    /// Where the tour can point at.
    pub(super) places: Places,
    pub(super) tour: Tour,
    /// The picture for which the user was warned that the model has not processed it yet.
    pub(super) warned_about: Option<PictureId>,
    /// The number of pictures that boxes were last propagated to.
    pub(super) propagated: usize,
    /// Whether a menu or combo box was open in the last frame. Keys are then for it.
    pub(super) had_popup: bool,
    /// Whether the files of recent projects exist.
    pub(super) recent_probe: PathProbe,
    pub(super) has_unsaved_preferences: bool,
    pub(super) preferences_saver: PreferencesSaver,
    pub(super) last_save: Instant,
    /// The title of the window.
    pub(super) title: String,
}

impl Window {
    /// A window in which nothing is open.
    pub(super) fn empty(context: &Context, dirs: AppDirs) -> Self {
        let preferences = dirs.settings.as_deref().map(Preferences::load);
        let preferences = preferences.unwrap_or_default();
        let (sender, events) = bounded(MAX_QUEUED_EVENTS);
        let waker = context.clone();
        let event_sender = EventSender::new(sender, move || waker.request_repaint());
        theme::apply(context);
        context.set_theme(preferences.theme);
        context.set_zoom_factor(preferences.scale);
        let tour = Tour::new(preferences.tour_waits);
        Self {
            preferences_saver: PreferencesSaver::start(dirs.settings.clone(), &event_sender),
            preferences,
            dirs,
            event_sender,
            events,
            last_opening: 0,
            workspace: None,
            after_poll: VecDeque::new(),
            closing: Closing::default(),
            opening: None,
            picture_to_show: None,
            drop: DroppedFiles::default(),
            notifications: Notifications::default(),
            crashes: Vec::new(),
            dialog: None,
            list: PictureListPanel::default(),
            classes: ClassesPanel::default(),
            dashboard: Dashboard::default(),
            shows_adjustment: false,
            canvas: None,
            places: Places::default(),
            tour,
            warned_about: None,
            propagated: DEFAULT_PROPAGATION,
            had_popup: false,
            recent_probe: PathProbe::default(),
            has_unsaved_preferences: false,
            last_save: Instant::now(),
            title: String::new(),
        }
    }

    /// The open project; for tests.
    pub fn workspace(&self) -> Option<&Workspace> {
        self.workspace.as_ref()
    }

    /// Makes the next task of a worker panic; for tests.
    #[doc(hidden)]
    pub fn doom(&self, worker: Worker) {
        self.event_sender.doom(worker);
    }

    /// Saves the reports of panics; for tests, which cannot answer the system's dialog.
    #[doc(hidden)]
    pub fn save_report_for_test(&mut self, path: PathBuf) {
        self.save_crash_reports(Some(path));
    }

    /// The answer to a file dialog; for tests, which cannot give the system's.
    #[doc(hidden)]
    pub fn choose_for_test(&mut self, purpose: FilePurpose, path: PathBuf) {
        self.on_file_chosen(purpose, FileChoice::Path(path));
    }

    /// Makes it known that there are files, so that snapshots can show paths that are the same on every
    /// machine; for tests.
    #[doc(hidden)]
    pub fn assume_recent_exist(&self) {
        for project in &self.preferences.recent {
            self.recent_probe.assume(&project.path, true);
        }
    }

    /// The step of the tour that is shown; for tests.
    pub fn tour_step(&self) -> Option<Step> {
        self.tour.step()
    }

    /// Replaces the recent projects; for tests.
    #[doc(hidden)]
    pub fn set_recent_for_test(&mut self, recent: Vec<RecentProject>) {
        self.preferences.recent = recent;
    }

    /// As at the first start; for tests.
    #[doc(hidden)]
    pub fn set_tour_waits_for_test(&mut self) {
        self.preferences.tour_waits = true;
        self.tour.waits = true;
    }

    /// Whether a dialog is open; for tests.
    pub fn has_dialog(&self) -> bool {
        self.dialog.is_some()
    }

    /// The notifications; for tests.
    pub fn notifications(&self) -> &Notifications {
        &self.notifications
    }
}
