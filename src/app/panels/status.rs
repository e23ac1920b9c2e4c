//! The status line: the current picture and work in the background.

use std::time::Duration;

use egui::{Align, Button, Label, Layout, RichText, Ui};

use crate::app::action::Action;
use crate::app::canvas::Tool;
use crate::app::command::Command;
use crate::app::i18n::{self, tr};
use crate::app::notifications::Notifications;
use crate::app::panels::{classes, picture_list};
use crate::app::theme::{self, ThemePalette};
use crate::app::workspace::Workspace;
use crate::document::Picture;

/// Characters of a picture's tags before they are cut.
const MAX_TAG_CHARS: usize = 32;

/// How long saving takes before the status line says that it is going on.
pub const SAVING_SHOWN_AFTER: Duration = Duration::from_millis(300);

/// Draws the status line.
pub fn ui(
    ui: &mut Ui,
    workspace: &Workspace,
    notifications: &Notifications,
    actions: &mut Vec<Action>,
) {
    let session = &workspace.session;
    let picture = session
        .current()
        .and_then(|id| session.document().picture(id));
    ui.horizontal(|ui| {
        if let Some(picture) = picture {
            review_ui(ui, workspace, picture);
            classes::new_boxes_ui(ui, session, actions);
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            problems_ui(ui, notifications, actions);
            if let Some(picture) = picture {
                let scale = workspace.view.canvas.scale() * ui.pixels_per_point();
                ui.weak(i18n::percent(scale));
                ui.separator();
                let (width, height) = (picture.width, picture.height);
                ui.weak(tr!("status-size", width = width, height = height));
                ui.separator();
            }
            activity_ui(ui, workspace);
            // The name takes the remaining space.
            if let Some(picture) = picture {
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    let name = picture.path.replace(char::is_control, " ");
                    ui.add(Label::new(name).truncate())
                        .on_hover_text(&*picture.path);
                });
            }
        });
    });
}

/// The review state of the picture, its position in the list, and its tags.
fn review_ui(ui: &mut Ui, workspace: &Workspace, picture: &Picture) {
    let session = &workspace.session;
    let colour = ThemePalette::of(ui.visuals()).review(picture.review);
    let is_empty = session.document().is_verified_empty(picture.id);
    let state = theme::review_name(picture.review, is_empty);
    let symbol = theme::review_symbol(picture.review, is_empty);
    if picture.is_excluded {
        let (symbol, state) = (theme::TAKEN_OUT_SYMBOL, tr!("picture-taken-out"));
        ui.weak(format!("{symbol} {state}"))
            .on_hover_text(tr!("picture-taken-out.tooltip"));
    } else {
        ui.colored_label(colour, format!("{symbol} {state}"));
    }
    ui.separator();
    if let Some(index) = session.row(picture.id) {
        let total = session.rows().len();
        ui.label(tr!("status-position", position = index + 1, total = total));
        ui.separator();
    }
    if !picture.tags.is_empty() {
        let tags = picture_list::tag_names(workspace, picture);
        let mut text: String = tags.chars().take(MAX_TAG_CHARS).collect();
        if text.len() < tags.len() {
            text.push('…');
        }
        ui.weak(tr!("status-tags", tags = text))
            .on_hover_text(tr!("picture-tagged", tags = tags));
        ui.separator();
    }
}

fn problems_ui(ui: &mut Ui, notifications: &Notifications, actions: &mut Vec<Action>) {
    let count = notifications.unread();
    if count == 0 {
        return;
    }
    let colour = ThemePalette::of(ui.visuals()).bad;
    let text = RichText::new(tr!("status-problems", count = count)).color(colour);
    let response = ui.add(Button::new(text).frame(false));
    let response = response.on_hover_text(tr!("status-problems.tooltip"));
    if response.clicked() {
        actions.push(Action::Command(Command::Problems));
    }
    ui.separator();
}

/// Work in the background, and what the next click does.
fn activity_ui(ui: &mut Ui, workspace: &Workspace) {
    let palette = ThemePalette::of(ui.visuals());
    if !workspace.session.is_editable() {
        ui.colored_label(palette.waiting, tr!("status-read-only"));
        ui.separator();
    }
    let project = workspace.session.project();
    let saving = project.saving_since();
    if project.paused().is_none()
        && saving.is_some_and(|since| since.elapsed() >= SAVING_SHOWN_AFTER)
    {
        ui.spinner();
        let label = ui.label(tr!("saving"));
        if let Some(reason) = project.waits() {
            label.on_hover_text(reason);
        }
    }
    if let Some(exchange) = workspace.exchange.text() {
        ui.spinner();
        ui.label(exchange);
    } else if workspace.is_scanning {
        ui.spinner();
        ui.label(tr!("status-scanning"));
    }
    if workspace.is_current_pending() {
        ui.spinner();
        ui.label(tr!("status-processing"));
    }
    if workspace.fitting.is_waiting() {
        ui.spinner();
        ui.label(tr!("status-preparing-fit"));
    }
    match workspace.view.canvas.tool() {
        Tool::Draw => {
            ui.colored_label(palette.accent, tr!("status-drawing"));
        }
        Tool::Point => {
            ui.colored_label(palette.accent, tr!("status-pointing"));
        }
        Tool::Select => {}
    }
}
