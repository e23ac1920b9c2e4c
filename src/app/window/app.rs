//! One frame, in order.

use std::path::PathBuf;

use egui::{CentralPanel, Context, Panel, Ui};

use super::state::Window;
use crate::app::action::Action;
use crate::app::app_dirs::AppDirs;
use crate::app::dialogs::welcome;
use crate::app::tour::Places;

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
    /// A window that opens `path`, if there is one.
    pub fn new(context: &Context, dirs: AppDirs, path: Option<PathBuf>) -> Self {
        let mut window = Self::empty(context, dirs);
        if let Some(path) = path {
            window.open(path);
        }
        window
    }

    /// Handles events and performs periodic work, whether the window is visible or not.
    pub fn advance(&mut self, context: &Context) {
        self.on_events(context);
        self.on_time(context);
        self.update_title(context);
        self.remember_geometry(context);
    }

    /// Draws a frame and performs the actions that were collected in it.
    pub fn show(&mut self, ui: &mut Ui) {
        let mut actions = Vec::new();
        if self.closing.then.is_some() {
            self.closing_ui(ui, &mut actions);
            self.perform_all(ui.ctx(), actions);
            return;
        }
        self.on_drop(ui.ctx(), &mut actions);
        self.on_keys(ui, &mut actions);
        let mut tools = Vec::new();
        Panel::top("menu").show(ui, |ui| {
            let commands = self.command_state();
            commands.menu_bar(ui, &self.recent_list(), &mut actions);
            if self.workspace.is_some() {
                ui.add_space(1.0);
                tools = commands.toolbar(ui, &mut actions);
                ui.add_space(3.0);
            }
        });
        self.places = Places {
            tools,
            ..Places::default()
        };
        self.paused_ui(ui, &mut actions);
        if self.workspace.is_some() {
            self.project_ui(ui, &mut actions);
        } else {
            self.canvas = None;
            CentralPanel::default_margins().show(ui, |ui| {
                let opening = self.opening.as_ref().map(|(_, path)| path.as_path());
                welcome::ui(
                    ui,
                    &self.recent_list(),
                    opening,
                    &self.command_state(),
                    &mut actions,
                );
            });
        }
        let context = ui.ctx().clone();
        self.had_popup = egui::Popup::is_any_open(&context);
        self.tour_ui(&context, &mut actions);
        self.dialog_ui(&context, &mut actions);
        self.toasts_ui(&context, &mut actions);
        self.drop_ui(&context);
        self.perform_all(&context, actions);
    }

    fn perform_all(&mut self, context: &Context, actions: Vec<Action>) {
        for action in actions {
            self.perform(context, action);
        }
    }

    /// Closes the project and saves the preferences.
    pub fn close(&mut self) {
        self.close_now();
        self.save_preferences();
        self.preferences_saver.finish();
    }

    /// Performs an action as if it came from the window; for tests.
    pub fn perform_for_test(&mut self, context: &Context, action: Action) {
        self.perform(context, action);
    }
}
