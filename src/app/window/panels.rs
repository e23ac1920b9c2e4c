//! Draws an open project: panels around the canvas, or the dashboard.

use egui::{CentralPanel, Panel, Response, Ui};

use super::adjustment::adjustment_ui;
use super::keys::keep_canvas_focused;
use super::state::Window;
use crate::app::action::Action;
use crate::app::canvas::Scene;
use crate::app::command::Command;
use crate::app::command_state::CommandState;
use crate::app::i18n::tr;
use crate::app::panels::{
    attributes, boxes, comparison, job, learning, picture_errors, proposals, remaining, snapping,
    status,
};

/// The width of a window in points from which its side panels have room for long names. They have
/// other widths below it, so that the canvas keeps more than half of a narrow window.
const WIDE_WINDOW: f32 = 1200.0;
/// Widths of the list of pictures and of the right panel: see [`side_panel`].
const LIST_WIDTHS: [f32; 4] = [160.0, 196.0, 224.0, 480.0];
const PANEL_WIDTHS: [f32; 4] = [200.0, 228.0, 264.0, 460.0];

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
        let panels = self.preferences.panels;
        let is_list_shown = !panels.are_hidden && !workspace.view.shows_dashboard;
        Panel::bottom("status").show(ui, |ui| {
            status::ui(ui, workspace, &self.notifications, actions);
        });
        if workspace.proposing.job.is_some() && !is_list_shown {
            Panel::bottom("job").show(ui, |ui| job::ui(ui, workspace, &commands, actions));
        }
        if is_list_shown {
            let is_wide = ui.available_width() >= WIDE_WINDOW;
            let mut next = panels;
            let panel = Panel::left(("pictures", is_wide));
            let panel = side_panel(panel, LIST_WIDTHS, is_wide, panels.list_width);
            let list = panel.show(ui, |ui| {
                if workspace.proposing.job.is_some() {
                    Panel::bottom("job").show(ui, |ui| {
                        job::ui(ui, workspace, &commands, actions);
                    });
                }
                ui.add_space(4.0);
                self.list
                    .ui(ui, workspace, options.thumbnails, &commands, actions);
            });
            self.places.list = Some(list.response.rect);
            let panel = Panel::right(("panels", is_wide));
            let panel = side_panel(panel, PANEL_WIDTHS, is_wide, panels.right_width);
            let right = panel.show(ui, |ui| {
                let area = egui::ScrollArea::vertical().auto_shrink(false);
                area.show(ui, |ui| {
                    ui.add_space(2.0);
                    section(ui, tr!("panel-boxes"), &mut next.boxes, |ui| {
                        boxes::ui(ui, workspace, actions);
                        attributes::ui(ui, &workspace.session, actions);
                    });
                    section(ui, tr!("panel-classes"), &mut next.classes, |ui| {
                        self.classes.ui(ui, workspace, actions);
                    });
                    section(ui, tr!("panel-proposals"), &mut next.proposals, |ui| {
                        proposals::ui(ui, workspace, &options, &commands, actions);
                    });
                    section(ui, tr!("panel-learning"), &mut next.learning, |ui| {
                        learning::ui(ui, workspace, &commands, actions);
                        snapping::ui(ui, workspace, actions);
                    });
                });
            });
            if is_wide && ui.input(|input| input.pointer.any_released()) {
                keep_width(&mut next.list_width, LIST_WIDTHS, &list.response);
                keep_width(&mut next.right_width, PANEL_WIDTHS, &right.response);
            }
            if next != panels {
                actions.push(Action::SetPanelOptions(next));
            }
        }
        if picture_errors::is_needed(workspace) && !workspace.view.shows_dashboard {
            Panel::bottom("picture errors").show(ui, |ui| {
                picture_errors::ui(ui, workspace, actions);
            });
        }
        if workspace.comparing.is_some() && !workspace.view.shows_dashboard {
            Panel::top("comparison").show(ui, |ui| {
                comparison::ui(ui, workspace, &commands, actions);
            });
        }
        CentralPanel::no_frame().show(ui, |ui| {
            self.canvas = Some(ui.max_rect());
            if workspace.view.shows_dashboard {
                workspace.view.canvas.end_lost_gesture();
                self.dashboard.ui(ui, workspace, actions);
                return;
            }
            self.classes.labels_line_ui(ui, workspace, actions);
            let heat_map = workspace.heat_map();
            let comparing = workspace.comparing.as_ref();
            let comparison = comparing.and_then(|one| one.shown(&workspace.session));
            let mut scene = Scene {
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
                comparison: comparison.as_ref(),
                heat_map,
            };
            let canvas = &mut workspace.view.canvas;
            let response = if comparison.is_some() {
                canvas.side_by_side_ui(ui, &mut scene, actions)
            } else {
                canvas.ui(ui, &mut scene, actions)
            };
            let selected = workspace.view.canvas.selected_rect(&workspace.session);
            self.places.selected = Some(selected);
            self.places.canvas = Some(response.rect);
            if comparison.is_none() {
                remaining::ui(ui, workspace, &commands, response.rect);
            }
            response.context_menu(|ui| context_menu(ui, &commands, actions));
            keep_canvas_focused(ui, self.dialog.is_some());
        });
        if self.shows_adjustment {
            adjustment_ui(ui.ctx(), workspace.view.adjustment, actions);
        }
    }
}

/// A panel at the side of the canvas, as wide as the window allows: its smallest width, its width in a
/// narrow and in a wide window, and its largest width. A wide window has the `chosen` one instead.
fn side_panel(panel: Panel, widths: [f32; 4], is_wide: bool, chosen: Option<f32>) -> Panel {
    let [smallest, narrow, wide, largest] = widths;
    panel
        .resizable(true)
        .default_size(if is_wide {
            chosen.unwrap_or(wide)
        } else {
            narrow
        })
        .size_range(smallest..=largest)
}

/// Remembers the width of a panel, once a person has changed it.
fn keep_width(chosen: &mut Option<f32>, [_, _, wide, _]: [f32; 4], shown: &Response) {
    let width = shown.rect.width().round();
    if width != chosen.unwrap_or(wide) {
        *chosen = Some(width);
    }
}

/// A section of the right panel, which can be folded.
fn section(ui: &mut Ui, title: &str, is_open: &mut bool, add: impl FnOnce(&mut Ui)) {
    let response = egui::CollapsingHeader::new(egui::RichText::new(title).strong())
        .open(Some(*is_open))
        .show_unindented(ui, add);
    if response.header_response.clicked() {
        *is_open = !*is_open;
    }
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
