//! Draws an open project: panels around the canvas, or the dashboard.

use egui::{CentralPanel, Panel, Ui};

use super::adjustment::adjustment_ui;
use super::keys::keep_canvas_focused;
use super::state::Window;
use crate::app::action::Action;
use crate::app::canvas::Scene;
use crate::app::command::Command;
use crate::app::command_state::CommandState;
use crate::app::i18n::tr;
use crate::app::panels::{boxes, job, learning, proposals, snapping, status};

/// The groups of the context menu of the canvas.
const CONTEXT_MENU: [&[Command]; 5] = [
    &[Command::Accept, Command::Reject, Command::ChangeClass],
    &[Command::FitToObject, Command::MoreLikeThis],
    &[
        Command::Crowd,
        Command::Difficult,
        Command::Occluded,
        Command::Truncated,
    ],
    &[
        Command::Copy,
        Command::Paste,
        Command::Duplicate,
        Command::ToggleLock,
        Command::Delete,
    ],
    &[
        Command::ZoomToBox,
        Command::FitPicture,
        Command::ProposePicture,
    ],
];

impl Window {
    /// Draws the open project.
    pub(super) fn project_ui(&mut self, ui: &mut Ui, actions: &mut Vec<Action>) {
        let commands = CommandState {
            keymap: &self.preferences.keymap.clone(),
            ..self.command_state()
        };
        let Some(workspace) = &mut self.workspace else {
            return;
        };
        workspace.prepare_view(ui.ctx());
        let options = self.preferences.canvas;
        Panel::bottom("status").show(ui, |ui| {
            status::ui(ui, workspace, &self.notifications, actions);
        });
        Panel::left("pictures")
            .resizable(true)
            .default_size(240.0)
            .size_range(180.0..=480.0)
            .show(ui, |ui| {
                if workspace.proposing.job.is_some() {
                    Panel::bottom("job").show(ui, |ui| {
                        job::ui(ui, workspace, &commands, actions);
                    });
                }
                ui.add_space(4.0);
                self.list.ui(ui, workspace, options.thumbnails, actions);
            });
        Panel::right("panels")
            .resizable(true)
            .default_size(272.0)
            .size_range(230.0..=460.0)
            .show(ui, |ui| {
                let area = egui::ScrollArea::vertical().auto_shrink(false);
                area.show(ui, |ui| {
                    ui.add_space(2.0);
                    section(ui, tr!("panel-proposals"), |ui| {
                        proposals::ui(ui, workspace, &options, &commands, actions);
                    });
                    section(ui, tr!("panel-learning"), |ui| {
                        learning::ui(ui, workspace, &commands, actions);
                        snapping::ui(ui, workspace, actions);
                    });
                    section(ui, tr!("panel-boxes"), |ui| {
                        boxes::ui(ui, workspace, actions);
                    });
                    section(ui, tr!("panel-classes"), |ui| {
                        self.classes.ui(ui, workspace, actions);
                    });
                });
            });
        CentralPanel::no_frame().show(ui, |ui| {
            if workspace.view.shows_dashboard {
                workspace.view.canvas.end_lost_gesture();
                self.dashboard.ui(ui, workspace);
                return;
            }
            let heat_map = workspace.heat_map();
            let scene = Scene {
                session: &workspace.session,
                textures: &mut workspace.view.textures,
                options: &options,
                adjustment: workspace.view.adjustment,
                are_boxes_hidden: workspace.view.are_boxes_hidden,
                preview: workspace
                    .view
                    .preview
                    .as_ref()
                    .map(|preview| &preview.boxes[..]),
                offers: workspace.fitting.point.offers(),
                heat_map,
            };
            let response = workspace.view.canvas.ui(ui, scene, actions);
            response.context_menu(|ui| context_menu(ui, &commands, actions));
            keep_canvas_focused(ui, self.dialog.is_some());
        });
        if self.shows_adjustment {
            adjustment_ui(ui.ctx(), workspace.view.adjustment, actions);
        }
    }
}

/// A section of the right panel, which can be collapsed.
fn section(ui: &mut Ui, title: &str, add: impl FnOnce(&mut Ui)) {
    egui::CollapsingHeader::new(egui::RichText::new(title).strong())
        .default_open(true)
        .show_unindented(ui, add);
    ui.add_space(4.0);
}

fn context_menu(ui: &mut Ui, commands: &CommandState<'_>, actions: &mut Vec<Action>) {
    ui.set_min_width(240.0);
    for (at, group) in CONTEXT_MENU.iter().enumerate() {
        if at > 0 {
            ui.separator();
        }
        for command in *group {
            commands.menu_entry(ui, *command, actions);
        }
    }
}
