//! Closing a project, and the window, without standing still: what is not saved yet is saved beside the
//! frames. What cannot be saved keeps the project open, and a person decides.

use std::path::Path;
use std::time::Duration;

use crossbeam_channel::{TryRecvError, bounded};
use egui::{
    Align, Button, CentralPanel, Context, Label, Layout, Panel, RichText, Ui, ViewportCommand, vec2,
};

use super::pending::AfterClosing;
use super::state::Window;
use crate::app::action::Action;
use crate::app::i18n::tr;
use crate::app::theme::ThemePalette;
use crate::app::workers::crash::Worker;
use crate::app::workers::events::FilePurpose;
use crate::app::workers::spawn::spawn_task;
use crate::app::workspace::Workspace;
use crate::store;

/// How often a frame is drawn while something is being saved.
const SAVING_INTERVAL: Duration = Duration::from_millis(50);
/// The widths of the text and of the buttons in points while a project cannot be closed.
const TEXT_WIDTH: f32 = 480.0;
const BUTTON_WIDTH: f32 = 260.0;

impl Window {
    /// Closes the project once everything is saved.
    pub(super) fn begin_closing(&mut self, then: AfterClosing) {
        self.opening = None;
        self.dialog = None;
        self.note_progress();
        if self.closing.then != Some(AfterClosing::Quit) {
            self.closing.then = Some(then);
        }
        if let Some(workspace) = &mut self.workspace
            && let Err(error) = workspace.finish_writing()
        {
            self.notifications.problem(error.to_string());
        }
        self.go_on_closing();
    }

    /// Keeps the window until everything is saved, if it is to disappear.
    pub(super) fn on_close_requested(&mut self, context: &Context) {
        let is_requested = context.input(|input| input.viewport().close_requested());
        let is_open = self.workspace.is_some() || !self.closing.under_way.is_empty();
        if is_requested && is_open && !self.closing.is_done {
            context.send_viewport_cmd(ViewportCommand::CancelClose);
            if self.closing.then != Some(AfterClosing::Quit) {
                self.begin_closing(AfterClosing::Quit);
            }
        }
        self.go_on_closing();
        if self.closing.is_done {
            context.send_viewport_cmd(ViewportCommand::Close);
        } else if self.closing.then.is_some() {
            context.request_repaint_after(SAVING_INTERVAL);
        }
    }

    /// Closes the project if everything is saved by now.
    fn go_on_closing(&mut self) {
        let errors = self.ended_closings();
        self.open_next();
        let Some(then) = self.closing.then else {
            return;
        };
        if let Some(error) = errors.into_iter().next() {
            // The window stays, so that the person can read it.
            self.notifications.problem(error);
            self.closing.then = None;
            return;
        }
        if let Some(workspace) = &self.workspace {
            if workspace.session.project().saving_since().is_some() {
                return;
            }
            if let Some(workspace) = self.workspace.take() {
                self.close_in_background(workspace);
            }
            self.forget_former();
        }
        match then {
            AfterClosing::Welcome => self.closing.then = None,
            AfterClosing::Quit => self.closing.is_done = self.closing.under_way.is_empty(),
        }
    }

    /// Forgets the closings that have ended. Returns what went wrong, which is reported as well unless the
    /// window is about to disappear.
    fn ended_closings(&mut self) -> Vec<String> {
        let mut errors = Vec::new();
        self.closing
            .under_way
            .retain(|closed| match closed.try_recv() {
                Ok(Err(error)) => {
                    errors.push(error);
                    false
                }
                Ok(Ok(())) | Err(TryRecvError::Disconnected) => false,
                Err(TryRecvError::Empty) => true,
            });
        if self.closing.then.is_none() {
            for error in errors.drain(..) {
                self.notifications.problem(error);
            }
        }
        errors
    }

    /// Closes a project in another thread, since it is no longer shown.
    pub(super) fn close_in_background(&mut self, workspace: Workspace) {
        let (sender, closed) = bounded(1);
        self.closing.under_way.push(closed);
        let events = self.event_sender.clone();
        let work = move || {
            let closed = workspace.close().map_err(|error| error.to_string());
            let _ = sender.send(closed);
            events.wake();
        };
        spawn_task(Worker::Closer, &self.event_sender, work, |_, _| {});
    }

    /// Closes the project although not everything is saved.
    pub(super) fn close_without_saving(&mut self) {
        if let Some(workspace) = self.workspace.take() {
            // What it reports is known.
            let work = move || drop(workspace.close());
            spawn_task(Worker::Closer, &self.event_sender, work, |_, _| {});
        }
        self.forget_former();
        self.go_on_closing();
    }

    /// Saves a copy of the project with what could not be saved.
    pub(super) fn save_copy(&self, path: &Path) {
        if let Some(workspace) = &self.workspace {
            let path = path.with_extension(store::EXTENSION);
            workspace.session.project().save_copy(&path);
        }
    }

    /// Closes everything and waits for it: the window is gone, or a test wants to go on.
    pub(super) fn close_now(&mut self) {
        self.opening = None;
        self.dialog = None;
        self.note_progress();
        let closed = self.workspace.take().map(Workspace::close);
        self.forget_former();
        if let Some(Err(error)) = closed {
            self.notifications.problem(error.to_string());
        }
        for closed in std::mem::take(&mut self.closing.under_way) {
            if let Ok(Err(error)) = closed.recv() {
                self.notifications.problem(error);
            }
        }
    }

    /// Draws what is shown while a project is being closed.
    pub(super) fn closing_ui(&self, ui: &mut Ui, actions: &mut Vec<Action>) {
        let workspace = self.workspace.as_ref();
        let paused = workspace.and_then(|workspace| workspace.session.project().paused());
        CentralPanel::default_margins().show(ui, |ui| {
            ui.vertical_centered(|ui| {
                ui.add_space(ui.available_height() * 0.35);
                let Some(reason) = paused else {
                    ui.spinner();
                    ui.label(tr!("saving"));
                    return;
                };
                let text = Label::new(tr!("not-saved-yet", reason = reason)).wrap();
                ui.add_sized(vec2(TEXT_WIDTH.min(ui.available_width()), 0.0), text);
                ui.add_space(12.0);
                for (text, action) in [
                    (tr!("saving-again"), Action::RetrySaving),
                    (
                        tr!("save-copy"),
                        Action::ChooseFile(FilePurpose::ProjectCopy),
                    ),
                    (tr!("closing-cancel"), Action::CancelClosing),
                    (tr!("close-without-saving"), Action::CloseWithoutSaving),
                ] {
                    let button = Button::new(text).min_size(vec2(BUTTON_WIDTH, 0.0));
                    if ui.add(button).clicked() {
                        actions.push(action);
                    }
                }
            });
        });
    }

    /// Draws why nothing can be changed, and what can be done about it, if changes cannot be saved.
    pub(super) fn paused_ui(&self, ui: &mut Ui, actions: &mut Vec<Action>) {
        let workspace = self.workspace.as_ref();
        let Some(reason) = workspace.and_then(|workspace| workspace.session.project().paused())
        else {
            return;
        };
        Panel::top("not saved").show(ui, |ui| {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                for (text, action) in [
                    (
                        tr!("save-copy"),
                        Action::ChooseFile(FilePurpose::ProjectCopy),
                    ),
                    (tr!("saving-again"), Action::RetrySaving),
                ] {
                    if ui.add(Button::new(text)).clicked() {
                        actions.push(action);
                    }
                }
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    let colour = ThemePalette::of(ui.visuals()).bad;
                    let text = format!("⚠ {}", tr!("not-saved-yet", reason = reason));
                    ui.add(Label::new(RichText::new(text).color(colour)).wrap());
                });
            });
        });
    }
}
