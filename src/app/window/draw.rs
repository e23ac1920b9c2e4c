//! Panels, dialogs and toasts, and which commands are offered.

use std::time::Duration;

use egui::{CentralPanel, Context, Id, Panel, Ui};

use super::Window;
use super::keys::keep_canvas_focused;
use crate::app::action::Action;
use crate::app::canvas::Scene;
use crate::app::command::{Command, Requirement};
use crate::app::dialogs::{self, Dialog};
use crate::app::offer::CommandState;
use crate::app::panels::{boxes, learn, proposals, status};
use crate::app::preferences::Theme;
use crate::app::theme::Palette;
use crate::app::workspace::Workspace;

/// The width of a toast in points: that of the panel that it lies over.
const TOAST_WIDTH: f32 = 236.0;

impl Window {
    pub(super) fn offer(&self) -> CommandState<'_> {
        let mut satisfied = vec![Requirement::Nothing];
        let mut on = Vec::new();
        let mut history = [None, None];
        match self.preferences.theme {
            Theme::Light => on.push(Command::LightTheme),
            Theme::Dark => on.push(Command::DarkTheme),
            Theme::System => on.push(Command::SystemTheme),
        }
        let look = &self.preferences.canvas;
        for (is_on, command) in [
            (look.labels, Command::Labels),
            (look.crosshair, Command::Crosshair),
            (look.rulers, Command::Rulers),
            (look.keep_view, Command::KeepView),
            (look.thumbnails, Command::Grid),
            (self.shows_adjustment, Command::PictureSettings),
        ] {
            on.extend(is_on.then_some(command));
        }
        if let Some(workspace) = &self.workspace {
            let session = &workspace.session;
            let has_picture = session.current().is_some();
            let can_edit = has_picture && session.is_editable();
            let has_selection = can_edit && !session.selection().is_empty();
            history = session
                .undo_redo_labels()
                .map(|label| label.map(str::to_owned));
            for (is_met, need) in [
                (true, Requirement::Project),
                (has_picture, Requirement::Picture),
                (can_edit, Requirement::Editable),
                (has_selection, Requirement::Selection),
                (can_edit && workspace.can_judge(), Requirement::VisibleBoxes),
                (can_edit && session.has_clipboard(), Requirement::Clipboard),
                (history[0].is_some(), Requirement::Undo),
                (history[1].is_some(), Requirement::Redo),
                (workspace.proposing.job.is_some(), Requirement::Job),
            ] {
                satisfied.extend(is_met.then_some(need));
            }
            for (is_on, command) in [
                (workspace.view.shows_heat_map, Command::HeatMap),
                (workspace.view.are_boxes_hidden, Command::HideBoxes),
                (workspace.view.shows_dashboard, Command::Dashboard),
                (workspace.view.canvas.draws(), Command::Draw),
                (
                    workspace
                        .proposing
                        .job
                        .as_ref()
                        .is_some_and(|job| job.paused.is_some()),
                    Command::PauseProposing,
                ),
            ] {
                on.extend(is_on.then_some(command));
            }
        }
        CommandState {
            keymap: &self.preferences.keymap,
            satisfied,
            on,
            history,
        }
    }

    pub(super) fn project_ui(&mut self, ui: &mut Ui, actions: &mut Vec<Action>) {
        let offer = CommandState {
            keymap: &self.preferences.keymap.clone(),
            ..self.offer()
        };
        let Some(workspace) = &mut self.workspace else {
            return;
        };
        let look = self.preferences.canvas;
        Panel::bottom("status").show(ui, |ui| {
            status::ui(ui, workspace, &self.notifications, actions)
        });
        Panel::left("pictures")
            .resizable(true)
            .default_size(240.0)
            .size_range(180.0..=480.0)
            .show(ui, |ui| {
                if workspace.proposing.job.is_some() {
                    Panel::bottom("job")
                        .show(ui, |ui| status::job_ui(ui, workspace, &offer, actions));
                }
                ui.add_space(4.0);
                self.list.ui(ui, workspace, look.thumbnails, actions);
            });
        Panel::right("panels")
            .resizable(true)
            .default_size(272.0)
            .size_range(230.0..=460.0)
            .show(ui, |ui| {
                egui::ScrollArea::vertical()
                    .auto_shrink(false)
                    .show(ui, |ui| {
                        ui.add_space(2.0);
                        section(ui, "Proposals", |ui| {
                            proposals::ui(ui, workspace, &look, &offer, actions);
                        });
                        section(ui, "Learning", |ui| {
                            learn::ui(ui, workspace, &offer, actions)
                        });
                        section(ui, "Boxes", |ui| boxes::ui(ui, workspace, actions));
                        section(ui, "Classes", |ui| self.classes.ui(ui, workspace, actions));
                    });
            });
        CentralPanel::no_frame().show(ui, |ui| {
            if workspace.view.shows_dashboard {
                self.dashboard.ui(ui, workspace);
                return;
            }
            let heat = workspace.heat_map();
            let response = workspace.view.canvas.ui(
                ui,
                Scene {
                    session: &workspace.session,
                    textures: &mut workspace.view.textures,
                    look: &look,
                    adjustment: workspace.view.adjustment,
                    are_boxes_hidden: workspace.view.are_boxes_hidden,
                    proposal_preview: workspace
                        .view
                        .preview
                        .as_ref()
                        .map(|proposal_preview| &proposal_preview.boxes[..]),
                    heat,
                },
                actions,
            );
            response.context_menu(|ui| context_menu(ui, &offer, actions));
            keep_canvas_focused(ui, self.dialog.is_some());
        });
        if self.shows_adjustment {
            adjustment(ui.ctx(), workspace, actions);
        }
    }

    pub(super) fn dialog_ui(&mut self, context: &Context, actions: &mut Vec<Action>) {
        let mut dialog = self.dialog.take();
        if let Some(dialog) = &mut dialog {
            match dialog {
                Dialog::Palette(palette) => palette.ui(context, &self.offer(), actions),
                Dialog::Help(help) => help.ui(context, &self.preferences.keymap, actions),
                Dialog::Settings(settings) => settings.ui(context, &self.preferences, actions),
                Dialog::Problems => {
                    dialogs::problems::ui(context, &mut self.notifications, actions)
                }
                Dialog::OpenPath(open_path) => open_path.ui(context, actions),
                Dialog::Import(import) => import.ui(context, actions),
                Dialog::ClassPicker(picker) => {
                    if let Some(workspace) = &self.workspace {
                        let place = workspace.view.canvas.selected_rect(&workspace.session);
                        picker.ui(context, &workspace.session, place, actions);
                    }
                }
                Dialog::Tags(tags) => {
                    if let Some(workspace) = &self.workspace {
                        tags.ui(context, &workspace.session, actions);
                    }
                }
                Dialog::ClassNames(names) => {
                    if let Some(workspace) = &self.workspace {
                        names.ui(context, workspace, actions);
                    }
                }
                Dialog::Export(export) => {
                    if let Some(workspace) = &self.workspace {
                        export.ui(context, &workspace.session, actions);
                    }
                }
            }
        }
        self.dialog = dialog;
    }

    pub(super) fn toasts_ui(&mut self, context: &Context) {
        let now = context.input(|input| input.time);
        let mut dismissed = None;
        let mut toasts: Vec<_> = self.notifications.toasts(now).cloned().collect();
        toasts.reverse();
        if toasts.is_empty() {
            return;
        }
        egui::Area::new(Id::unique("toasts"))
            .anchor(egui::Align2::RIGHT_BOTTOM, egui::vec2(-10.0, -36.0))
            .order(egui::Order::Foreground)
            .show(context, |ui| {
                for toast in &toasts {
                    let palette = Palette::of(ui.visuals());
                    let frame = egui::Frame::popup(ui.style()).inner_margin(9);
                    frame.show(ui, |ui| {
                        ui.set_max_width(TOAST_WIDTH);
                        ui.horizontal_wrapped(|ui| {
                            if toast.is_problem {
                                ui.colored_label(palette.bad, "⚠");
                            }
                            ui.label(&toast.text);
                            let close = ui.small_button("✖").on_hover_text("Dismiss");
                            if close.accessible_name("Dismiss").clicked() {
                                dismissed = Some(toast.text.clone());
                            }
                        });
                    });
                }
            });
        if let Some(text) = dismissed {
            self.notifications.dismiss(&text);
        }
        if let Some(seconds) = self.notifications.seconds_to_next_expiry(now) {
            context.request_repaint_after(Duration::from_secs_f64(seconds + 0.05));
        }
    }
}

/// A part of the right panel that can be folded.
fn section(ui: &mut Ui, title: &str, add: impl FnOnce(&mut Ui)) {
    egui::CollapsingHeader::new(egui::RichText::new(title).strong())
        .default_open(true)
        .show_unindented(ui, add);
    ui.add_space(4.0);
}

fn context_menu(ui: &mut Ui, offer: &CommandState<'_>, actions: &mut Vec<Action>) {
    use Command as C;
    ui.set_min_width(240.0);
    for (at, commands) in [
        &[C::Accept, C::Reject, C::ChangeClass][..],
        &[C::MoreLikeThis],
        &[C::Crowd, C::Difficult, C::Occluded, C::Truncated],
        &[C::Copy, C::Paste, C::Duplicate, C::Lock, C::Delete],
        &[C::ZoomToBox, C::Fit, C::ProposePicture],
    ]
    .iter()
    .enumerate()
    {
        if at > 0 {
            ui.separator();
        }
        for command in *commands {
            offer.menu_entry(ui, *command, actions);
        }
    }
}

/// Brightness, contrast and gamma of what is shown.
fn adjustment(context: &Context, workspace: &Workspace, actions: &mut Vec<Action>) {
    let mut adjustment = workspace.view.adjustment;
    egui::Window::new("Brightness and contrast")
        .collapsible(false)
        .resizable(false)
        .anchor(egui::Align2::RIGHT_TOP, egui::vec2(-300.0, 80.0))
        .show(context, |ui| {
            for (value, range, name) in [
                (&mut adjustment.brightness, -0.5..=0.5, "brightness"),
                (&mut adjustment.contrast, 0.5..=3.0, "contrast"),
                (&mut adjustment.gamma, 0.3..=3.0, "gamma"),
            ] {
                ui.add(egui::Slider::new(value, range).text(name));
            }
            ui.horizontal(|ui| {
                if ui.button("As it is").clicked() {
                    adjustment = Default::default();
                }
                if ui.button("Close").clicked() {
                    actions.push(Action::Command(Command::PictureSettings));
                }
            });
            ui.weak("For the eye alone: files are not changed.");
        });
    if adjustment != workspace.view.adjustment {
        actions.push(Action::Adjust(adjustment));
    }
}
