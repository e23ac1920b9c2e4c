//! Runs commands that concern the workspace only. Each returns a text to show, if there is one.

use egui::Context;

use crate::app::canvas::{CanvasCommand, Tool};
use crate::app::command::{Command, Menu};
use crate::app::i18n::{self, tr};
use crate::app::panels;
use crate::app::session::{BoxOrder, SelectionChange, Session};
use crate::app::workspace::Workspace;
use crate::document::{BoxState, Flag};
use crate::store::StoreError;

/// How much a key press moves the threshold.
const THRESHOLD_STEP: f32 = 0.02;
/// The range of the threshold.
const THRESHOLD_RANGE: [f32; 2] = [0.05, 0.95];

type Outcome = Result<Option<String>, StoreError>;

/// Runs a command.
///
/// # Errors
/// If the project cannot be written.
pub(super) fn run(workspace: &mut Workspace, command: Command, context: &Context) -> Outcome {
    match command.spec().menu {
        Menu::Edit => edit(workspace, command, context),
        Menu::Pictures => pictures(workspace, command),
        Menu::Boxes => boxes(workspace, command),
        Menu::Proposals => proposals(workspace, command),
        Menu::View if command == Command::TakeDifference => workspace.take_difference(None),
        Menu::View => Ok(view(workspace, command, context)),
        Menu::File | Menu::Help => Ok(None),
    }
}

fn edit(workspace: &mut Workspace, command: Command, context: &Context) -> Outcome {
    if matches!(command, Command::Undo | Command::Redo) {
        workspace.end_search();
    }
    let session = &mut workspace.session;
    match command {
        Command::Undo => {
            let label = session.undo()?;
            return Ok(label.map(|label| tr!("undone", step = i18n::step(&label))));
        }
        Command::Redo => {
            let label = session.redo()?;
            return Ok(label.map(|label| tr!("redone", step = i18n::step(&label))));
        }
        Command::Copy => {
            let number = session.copy();
            // Systems report a paste only when there is something to paste.
            context.copy_text(tr!("clipboard", count = number));
            return Ok(Some(tr!("copied", count = number)));
        }
        Command::Paste => {
            session.paste()?;
        }
        Command::Duplicate => {
            session.duplicate()?;
        }
        Command::CopyFromPrevious | Command::CopyFromLast => {
            let number = match command {
                Command::CopyFromPrevious => session.copy_from_previous()?,
                _ => session.copy_from_last_worked_on()?,
            };
            let text = tr!("nothing-to-copy-from-there");
            return Ok((number == 0).then(|| text.to_owned()));
        }
        Command::SelectAll if workspace.view.are_boxes_hidden => return Ok(boxes_are_hidden()),
        Command::SelectAll => {
            let all = session.visible().map(|row| row.id).collect();
            session.select(all);
        }
        Command::Delete => {
            session.delete()?;
        }
        Command::ToggleLock => session.toggle_locked(),
        Command::StickyClass => return Ok(Some(toggle_sticky_class(session))),
        _ => {}
    }
    Ok(None)
}

/// Makes a class sticky, or none, and says so.
fn toggle_sticky_class(session: &mut Session) -> String {
    session.toggle_sticky_class();
    let class = session.sticky_class();
    match class.and_then(|id| session.document().category(id)) {
        Some(class) => tr!("sticky-class", class = &*class.name),
        None => tr!("no-sticky-class").to_owned(),
    }
}

fn pictures(workspace: &mut Workspace, command: Command) -> Outcome {
    let session = &mut workspace.session;
    match command {
        Command::NextPicture
        | Command::PreviousPicture
        | Command::FirstPicture
        | Command::LastPicture => {
            let step = match command {
                Command::NextPicture => 1,
                Command::PreviousPicture => -1,
                Command::FirstPicture => isize::MIN,
                _ => isize::MAX,
            };
            if let Some(picture) = session.neighbour(step) {
                session.show(picture);
            }
        }
        Command::NextToReview => match session.next_to_review() {
            Some(picture) => session.show(picture),
            None => return Ok(Some(tr!("all-done").to_owned())),
        },
        Command::GoBack | Command::GoForward => {
            let is_shown = session.revisit(command == Command::GoForward);
            return Ok((!is_shown).then(|| tr!("no-picture-visited").to_owned()));
        }
        Command::Reopen => session.set_done(false)?,
        Command::TakeOutPictures => {
            let count = session.exclude_selected(true)?;
            return Ok((count > 0).then(|| tr!("taken-out", count = count)));
        }
        Command::BringBackPictures => {
            let count = session.exclude_selected(false)?;
            return Ok((count > 0).then(|| tr!("brought-back", count = count)));
        }
        Command::TakeOutUnreadable => {
            let count = session.exclude_unreadable()?;
            return Ok(Some(match count {
                0 => tr!("nothing-unreadable").to_owned(),
                _ => tr!("taken-out", count = count),
            }));
        }
        Command::SelectAllPictures => session.change_list_selection(SelectionChange::All),
        _ => {}
    }
    Ok(None)
}

fn boxes(workspace: &mut Workspace, command: Command) -> Outcome {
    let session = &mut workspace.session;
    if let Some(steps) = growth(command) {
        session.grow(steps, false)?;
        return Ok(None);
    }
    match command {
        Command::DrawBox => {
            toggle_tool(workspace, Tool::Draw);
        }
        Command::PointTool if workspace.view.are_boxes_hidden => return Ok(boxes_are_hidden()),
        Command::PointTool => toggle_tool(workspace, Tool::Point),
        Command::FitToObject => workspace.fit_selected()?,
        Command::NextBox | Command::PreviousBox if workspace.view.are_boxes_hidden => {
            return Ok(boxes_are_hidden());
        }
        Command::NextBox => session.select_next(1),
        Command::PreviousBox => session.select_next(-1),
        Command::Reject => {
            let number = session.reject()?;
            return Ok((number == 0).then(|| tr!("nothing-to-reject").to_owned()));
        }
        Command::NextBoxOrder => {
            let orders = BoxOrder::ALL;
            let at = orders
                .iter()
                .position(|order| *order == session.box_order());
            let next = orders[(at.unwrap_or(0) + 1) % orders.len()];
            session.set_box_order(next);
            let order = panels::boxes::order_name(next);
            return Ok(Some(tr!("box-order-chosen", order = order)));
        }
        Command::Crowd => session.toggle_flag(Flag::Crowd)?,
        Command::Difficult => session.toggle_flag(Flag::Difficult)?,
        Command::Occluded => session.toggle_flag(Flag::Occluded)?,
        Command::Truncated => session.toggle_flag(Flag::Truncated)?,
        _ => {}
    }
    Ok(None)
}

/// The steps by which a command moves the edges of boxes outwards; none if it does not.
pub(super) fn growth(command: Command) -> Option<f32> {
    match command {
        Command::GrowBoxes => Some(1.0),
        Command::ShrinkBoxes => Some(-1.0),
        _ => None,
    }
}

/// Takes a tool, or puts it away.
fn toggle_tool(workspace: &mut Workspace, tool: Tool) {
    workspace.point_at(Vec::new());
    let canvas = &mut workspace.view.canvas;
    let is_in_use = canvas.tool() == tool;
    canvas.set_tool(if is_in_use { Tool::Select } else { tool });
}

fn proposals(workspace: &mut Workspace, command: Command) -> Outcome {
    match command {
        Command::ProposePicture => {
            if workspace.session.is_current_excluded() {
                return Ok(Some(tr!("bring-back-first").to_owned()));
            }
            if workspace.session.is_current_done() {
                return Ok(Some(tr!("reopen-first").to_owned()));
            }
            workspace.retry_model();
            workspace.propose_current();
        }
        Command::ProposeAll => {
            workspace.retry_model();
            if workspace.propose_all(false) == 0 {
                return Ok(Some(tr!("every-picture-done").to_owned()));
            }
        }
        Command::PauseProposing => workspace.toggle_pause(),
        Command::CancelProposing => {
            let left = workspace.cancel_proposing();
            return Ok(Some(tr!("proposing-stopped", count = left)));
        }
        Command::LearnNow => return Ok(workspace.learn_now()),
        Command::MoreLikeThis => return Ok(workspace.more_like_selected()),
        Command::RaiseThreshold => return move_threshold(workspace, THRESHOLD_STEP),
        Command::LowerThreshold => return move_threshold(workspace, -THRESHOLD_STEP),
        _ => {}
    }
    Ok(None)
}

fn move_threshold(workspace: &mut Workspace, step: f32) -> Outcome {
    if workspace.learning.active_state().is_some() {
        return Ok(Some(tr!("threshold-not-used").to_owned()));
    }
    let mut settings = workspace.session.proposal_settings().clone();
    let [min, max] = THRESHOLD_RANGE;
    // Judged boxes are cut from no map: their minimum score moves instead.
    if settings.is_judged() {
        let score = (settings.effective_min_score() + step).clamp(min, max);
        settings.min_score = Some((score * 100.0).round() / 100.0);
        workspace.change_proposal_settings(settings, true)?;
        return Ok(Some(tr!(
            "min-score-changed",
            percent = i18n::percent(score)
        )));
    }
    let threshold = (settings.effective_threshold() + step).clamp(min, max);
    settings.threshold = Some((threshold * 100.0).round() / 100.0);
    workspace.change_proposal_settings(settings, true)?;
    Ok(Some(tr!(
        "threshold-changed",
        percent = i18n::percent(threshold)
    )))
}

fn view(workspace: &mut Workspace, command: Command, context: &Context) -> Option<String> {
    let canvas_command = match command {
        Command::FitPicture => Some(CanvasCommand::Fit),
        Command::FitWidth => Some(CanvasCommand::FitWidth),
        Command::ActualSize => Some(CanvasCommand::ActualSize),
        Command::ZoomIn => Some(CanvasCommand::ZoomIn),
        Command::ZoomOut => Some(CanvasCommand::ZoomOut),
        Command::ZoomToBox => Some(CanvasCommand::ZoomToBox),
        _ => None,
    };
    if let Some(canvas_command) = canvas_command {
        let pixels_per_point = context.pixels_per_point();
        workspace
            .view
            .canvas
            .run(canvas_command, &workspace.session, pixels_per_point);
    }
    match command {
        Command::HideBoxes => {
            workspace.view.are_boxes_hidden = !workspace.view.are_boxes_hidden;
            workspace.session.select(Vec::new());
        }
        Command::RejectedBoxes => {
            workspace.session.toggle_rejected();
            if workspace.session.shows_rejected() {
                let rows = workspace.session.boxes().iter();
                let rejected = rows.filter(|row| row.state == BoxState::Rejected);
                return Some(tr!("rejected-shown", count = rejected.count()));
            }
        }
        Command::HeatMap => {
            workspace.view.shows_heat_map = !workspace.view.shows_heat_map;
            let picture = workspace.session.current();
            let is_without = picture.is_some_and(|picture| workspace.is_without_maps(picture));
            if workspace.view.shows_heat_map && is_without {
                return Some(tr!("not-processed-no-heat-map").to_owned());
            }
        }
        Command::ZoomToBox => workspace.zoom_to_difference(),
        Command::NextDifference => return workspace.step_difference(1),
        Command::PreviousDifference => return workspace.step_difference(-1),
        Command::NextDifferentPicture => return workspace.show_next_difference(),
        Command::TurnRight => workspace.session.turn_view(true),
        Command::TurnLeft => workspace.session.turn_view(false),
        Command::StepZoomed => workspace.view.canvas.toggle_zoomed_stepping(),
        Command::Dashboard => workspace.view.shows_dashboard = !workspace.view.shows_dashboard,
        _ => {}
    }
    None
}

fn boxes_are_hidden() -> Option<String> {
    Some(tr!("boxes-hidden").to_owned())
}
