//! The window: one frame after the other.
//!
//! A frame goes like this: [`logic`](eframe::App::logic) drains the channel and lets time pass;
//! [`ui`](eframe::App::ui) takes the keys, draws everything from what is, collecting actions, and
//! performs those at the end.
//!
//! | file | what it does |
//! |---|---|
//! | `logic.rs` | takes in what the workers have sent, opens and closes, lets time pass |
//! | `keys.rs` | takes keys and what is dropped, and says where the keyboard is |
//! | `draw.rs` | draws panels, dialogs and toasts |
//! | `perform.rs` | does what was asked for |

mod draw;
mod keys;
mod logic;
mod perform;

use std::path::PathBuf;
use std::time::Instant;

use crossbeam_channel::{Receiver, bounded};
use egui::{CentralPanel, Context, Panel, Ui};

use super::action::Action;
use super::app_dirs::AppDirs;
use super::dialogs::{Dialog, welcome};
use super::notifications::Notifications;
use super::panels::{classes, dashboard, list};
use super::preferences::Preferences;
use super::theme;
use super::workers::events::{EventSender, MAX_QUEUED_EVENTS, WorkerEvent};
use super::workspace::Workspace;
use crate::document::PictureId;

/// The program's window.
pub struct Window {
    preferences: Preferences,
    places: AppDirs,
    event_sender: EventSender,
    events: Receiver<(u64, WorkerEvent)>,
    /// The number of the last opening: each has its own, and events of others are dropped.
    last_number: u64,
    workspace: Option<Workspace>,
    /// What is being opened, and the number of that opening. Until it is open, what was stays.
    opening: Option<(u64, PathBuf)>,
    notifications: Notifications,
    dialog: Option<Dialog>,
    list: list::List,
    classes: classes::Classes,
    dashboard: dashboard::Dashboard,
    shows_adjustment: bool,
    /// The picture that the model had not looked at when it was to be marked as done.
    warned_about: Option<PictureId>,
    /// Whether a menu or a list was open in the last frame: keys are for it.
    had_popup: bool,
    /// Whether preferences have changed since they were written.
    has_unsaved_preferences: bool,
    last_poll: Instant,
    kept: Instant,
    /// The title that the window has.
    title: String,
}

impl Window {
    /// A window that opens `path` if there is one.
    pub fn new(context: &Context, places: AppDirs, path: Option<PathBuf>) -> Self {
        let preferences = places.settings.as_deref().map(Preferences::load);
        let preferences = preferences.unwrap_or_default();
        let (sender, events) = bounded(MAX_QUEUED_EVENTS);
        let waker = context.clone();
        let event_sender = EventSender::new(sender, move || waker.request_repaint());
        theme::apply(context);
        context.set_theme(preferences.theme);
        context.set_zoom_factor(preferences.scale);
        let mut window = Self {
            preferences,
            places,
            event_sender,
            events,
            last_number: 0,
            workspace: None,
            opening: None,
            notifications: Notifications::default(),
            dialog: None,
            list: list::List::default(),
            classes: classes::Classes::default(),
            dashboard: dashboard::Dashboard::default(),
            shows_adjustment: false,
            warned_about: None,
            had_popup: false,
            has_unsaved_preferences: false,
            last_poll: Instant::now(),
            kept: Instant::now(),
            title: String::new(),
        };
        if let Some(path) = path {
            window.open(path);
        }
        window
    }

    /// The open project; for tests.
    pub fn workspace(&self) -> Option<&Workspace> {
        self.workspace.as_ref()
    }

    /// What a person is told; for tests.
    pub fn notifications(&self) -> &Notifications {
        &self.notifications
    }

    /// Does something, as if it was asked for in the window; for tests.
    pub fn act(&mut self, context: &Context, action: Action) {
        self.perform(context, action);
    }
}

impl eframe::App for Window {
    fn logic(&mut self, context: &Context, _frame: &mut eframe::Frame) {
        self.advance(context);
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        self.show(ui);
    }

    fn on_exit(&mut self, _gl: Option<&eframe::glow::Context>) {
        self.close();
    }
}

impl Window {
    /// Takes in what the workers have done and lets time pass, whether the window shows or not.
    pub fn advance(&mut self, context: &Context) {
        self.drain(context);
        self.on_time(context);
        self.update_title(context);
        self.remember_geometry(context);
    }

    /// Draws a frame and does what was asked for in it.
    pub fn show(&mut self, ui: &mut Ui) {
        let mut actions = Vec::new();
        self.on_dropped_files(ui.ctx(), &mut actions);
        self.on_keys(ui, &mut actions);
        Panel::top("menu").show(ui, |ui| {
            let offer = self.offer();
            offer.menu_bar(ui, &mut actions);
            if self.workspace.is_some() {
                ui.add_space(1.0);
                offer.toolbar(ui, &mut actions);
                ui.add_space(3.0);
            }
        });
        if self.workspace.is_some() {
            self.project_ui(ui, &mut actions);
        } else {
            CentralPanel::default_margins().show(ui, |ui| {
                let recent = &self.preferences.recent;
                let opening = self.opening.as_ref().map(|(_, path)| path.as_path());
                welcome::ui(ui, recent, opening, &self.offer(), &mut actions);
            });
        }
        let context = ui.ctx().clone();
        self.had_popup = egui::Popup::is_any_open(&context);
        self.dialog_ui(&context, &mut actions);
        self.toasts_ui(&context);
        for action in actions {
            self.perform(&context, action);
        }
    }

    /// Closes the project and keeps the preferences.
    pub fn close(&mut self) {
        self.close_project();
        self.save_preferences();
    }
}

/// A number of things in words.
fn counted(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
