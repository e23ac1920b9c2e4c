//! Periodic work: polling, saving, title and geometry of the window.

use std::time::{Duration, Instant};

use egui::{Context, ViewportCommand};

use super::state::Window;
use crate::app::i18n::tr;
use crate::app::panels::status;
use crate::app::preferences::WindowGeometry;
use crate::app::workspace::ProposalJob;

/// How often the state of the session and the preferences are saved.
const SAVE_INTERVAL: Duration = Duration::from_secs(5);

impl Window {
    /// Performs periodic work: saves, writes boxes that wait, and updates the workers.
    pub(super) fn on_time(&mut self, context: &Context) {
        let (now, has_input) = context.input(|input| {
            (
                input.time,
                !input.events.is_empty() || input.pointer.is_moving(),
            )
        });
        let has_focus = context.input(|input| input.focused);
        for action in self.poll() {
            self.perform(context, action);
        }
        self.on_close_requested(context);
        let saves = self.last_save.elapsed() >= SAVE_INTERVAL;
        if saves {
            self.last_save = Instant::now();
            self.note_progress();
            self.save_preferences();
        }
        let Some(workspace) = &mut self.workspace else {
            return;
        };
        workspace.tick(now, has_input && has_focus);
        workspace.session.count();
        workspace.update_learning();
        let named = workspace.follow_naming();
        let outcome = named
            .and_then(|()| workspace.write_due())
            .and_then(|finished_job| {
                if saves || workspace.session.has_moved() {
                    workspace.save()?;
                }
                Ok(finished_job)
            });
        workspace.update_requests();
        if self.preferences.propose_on_arrival && !workspace.is_scanning {
            workspace.propose_on_arrival();
        }
        if workspace.looks_for_difference() {
            if let Some(text) = workspace.look_for_difference() {
                self.notifications.notify_about("comparison", text);
            }
            context.request_repaint();
        }
        workspace.update_fitting(self.preferences.prepare_fitting);
        if workspace.session.project().saving_since().is_some() {
            // The status line says so if it takes long.
            context.request_repaint_after(status::SAVING_SHOWN_AFTER);
        }
        if let Some(wake) = workspace.next_wake(self.preferences.prepare_fitting) {
            context.request_repaint_after(wake);
        }
        // Nothing else asks for frames: workers wake the window when they have something to say.
        if self.has_unsaved_preferences || workspace.session.has_unsaved_state() {
            context.request_repaint_after(SAVE_INTERVAL);
        }
        match outcome {
            Ok(Some(job)) => self.notifications.notify(proposing_summary(&job)),
            Ok(None) => {}
            Err(error) => self.notifications.problem(error.to_string()),
        }
    }

    /// Saves the preferences, if they have changed.
    pub(super) fn save_preferences(&mut self) {
        if std::mem::take(&mut self.has_unsaved_preferences) {
            self.preferences_saver.save(self.preferences.clone());
        }
    }

    /// Shows the name of the project in the title of the window.
    pub(super) fn update_title(&mut self, context: &Context) {
        let title = match &self.workspace {
            Some(workspace) => {
                let name = workspace.session.project().root().file_name();
                let name = name.unwrap_or_default().to_string_lossy();
                tr!("window-title", folder = name)
            }
            None => tr!("welcome-title").to_owned(),
        };
        if title != self.title {
            context.send_viewport_cmd(ViewportCommand::Title(title.clone()));
            self.title = title;
        }
    }

    /// Records size and position of the window in the preferences.
    pub(super) fn remember_geometry(&mut self, context: &Context) {
        let geometry = context.input(|input| {
            let viewport = input.viewport();
            // In points of the system, regardless of the scale of the window.
            let zoom = self.preferences.scale;
            let size = viewport.inner_rect?.size() * zoom;
            let position = viewport.outer_rect.map(|rect| rect.min * zoom);
            Some(WindowGeometry {
                size: [size.x, size.y],
                position: position.map(|at| [at.x, at.y]),
                maximised: viewport.maximized.unwrap_or(false),
            })
        });
        let Some(mut geometry) = geometry else { return };
        if geometry.maximised
            && let Some(former) = self.preferences.window
        {
            // The size that it returns to.
            (geometry.size, geometry.position) = (former.size, former.position);
        }
        if self.preferences.window != Some(geometry) {
            self.preferences.window = Some(geometry);
            self.has_unsaved_preferences = true;
        }
    }
}

/// What a run of the model over many pictures has done.
fn proposing_summary(job: &ProposalJob) -> String {
    let pictures = job.done() - job.failed;
    match job.failed {
        0 => tr!("proposing-finished", pictures = pictures),
        failed => tr!(
            "proposing-finished-with-failures",
            pictures = pictures,
            failed = failed
        ),
    }
}
