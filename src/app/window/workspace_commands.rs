//! Runs commands that concern the workspace only. Each returns a text to show, if there is one.

use egui::Context;

use super::counted::counted;
use crate::app::canvas::CanvasCommand;
use crate::app::command::{Command, Menu};
use crate::app::session::SelectionChange;
use crate::app::workspace::{ModelState, Workspace};
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
        Command::Undo => return Ok(session.undo()?.map(|label| format!("Undone: {label}"))),
        Command::Redo => return Ok(session.redo()?.map(|label| format!("Redone: {label}"))),
        Command::Copy => {
            let number = session.copy();
            // Systems report a paste only when there is something to paste.
            context.copy_text(format!("{number} boxes of Tsukami"));
            return Ok(Some(format!("Copied {}", counted(number, "box", "boxes"))));
        }
        Command::Paste => {
            session.paste()?;
        }
        Command::Duplicate => {
            session.duplicate()?;
        }
        Command::CopyFromPrevious => {
            let number = session.copy_from_previous()?;
            let text = "The picture before this one has no boxes that are not here already";
            return Ok((number == 0).then(|| text.to_owned()));
        }
        Command::SelectAll if workspace.are_boxes_hidden => return Ok(boxes_are_hidden()),
        Command::SelectAll => {
            let all = session.visible().map(|row| row.id).collect();
            session.select(all);
        }
        Command::Delete => {
            session.delete()?;
        }
        Command::ToggleLock => session.toggle_locked(),
        _ => {}
    }
    Ok(None)
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
            None => return Ok(Some("All pictures of this list are done".to_owned())),
        },
        Command::Reopen => session.set_done(false)?,
        Command::SelectAllPictures => session.change_list_selection(SelectionChange::All),
        _ => {}
    }
    Ok(None)
}

fn boxes(workspace: &mut Workspace, command: Command) -> Outcome {
    let session = &mut workspace.session;
    match command {
        Command::DrawBox => {
            let is_on = workspace.canvas.is_draw_mode();
            workspace.canvas.set_draw_mode(!is_on);
        }
        Command::NextBox | Command::PreviousBox if workspace.are_boxes_hidden => {
            return Ok(boxes_are_hidden());
        }
        Command::NextBox => session.select_next(1),
        Command::PreviousBox => session.select_next(-1),
        Command::Accept => {
            let is_left = session.accept()?;
            return Ok((!is_left).then(|| "No proposal is left to accept".to_owned()));
        }
        Command::Reject => {
            let number = session.reject()?;
            return Ok((number == 0).then(|| "No proposal is left to reject".to_owned()));
        }
        Command::Crowd => session.toggle_flag("crowd", |flags| &mut flags.crowd)?,
        Command::Difficult => session.toggle_flag("difficult", |flags| &mut flags.difficult)?,
        Command::Occluded => session.toggle_flag("occluded", |flags| &mut flags.occluded)?,
        Command::Truncated => session.toggle_flag("truncated", |flags| &mut flags.truncated)?,
        _ => {}
    }
    Ok(None)
}

fn proposals(workspace: &mut Workspace, command: Command) -> Outcome {
    match command {
        Command::ProposePicture => {
            if workspace.session.is_current_done() {
                let text = "This picture is done: reopen it for new proposals";
                return Ok(Some(text.to_owned()));
            }
            if let ModelState::Failed(reason) = &workspace.model {
                return Ok(Some(reason.clone()));
            }
            workspace.propose_current();
        }
        Command::ProposeAll => {
            if let ModelState::Failed(reason) = &workspace.model {
                return Ok(Some(reason.clone()));
            }
            if workspace.propose_all(false) == 0 {
                return Ok(Some("Every picture is done".to_owned()));
            }
        }
        Command::PauseProposing => workspace.toggle_pause(),
        Command::CancelProposing => {
            let left = workspace.cancel_proposing();
            return Ok(Some(format!(
                "Stopped; {} have no new proposals",
                counted(left, "picture", "pictures")
            )));
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
        let text = "Learned boxes are in use: they know no threshold";
        return Ok(Some(text.to_owned()));
    }
    let mut settings = workspace.session.proposal_settings().clone();
    let [min, max] = THRESHOLD_RANGE;
    let threshold = (settings.effective_threshold() + step).clamp(min, max);
    settings.threshold = Some((threshold * 100.0).round() / 100.0);
    workspace.change_proposal_settings(settings, true)?;
    Ok(Some(format!("Threshold {:.0} %", threshold * 100.0)))
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
            .canvas
            .run(canvas_command, &workspace.session, pixels_per_point);
    }
    match command {
        Command::HideBoxes => {
            workspace.are_boxes_hidden = !workspace.are_boxes_hidden;
            // Boxes that are not visible cannot be changed by accident.
            workspace.session.select(Vec::new());
        }
        Command::HeatMap => {
            workspace.shows_heat_map = !workspace.shows_heat_map;
            let picture = workspace.session.current();
            let has_maps = picture.is_some_and(|picture| workspace.maps_of(picture).is_some());
            if workspace.shows_heat_map && !has_maps {
                let text = "The model has not looked at this picture yet: let it propose first";
                return Some(text.to_owned());
            }
        }
        Command::Dashboard => workspace.shows_dashboard = !workspace.shows_dashboard,
        _ => {}
    }
    None
}

fn boxes_are_hidden() -> Option<String> {
    Some("Boxes are hidden".to_owned())
}
