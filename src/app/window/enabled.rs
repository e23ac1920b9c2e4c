//! Which commands are enabled and active.

use super::state::Window;
use crate::app::canvas::Tool;
use crate::app::command::{Command, Requirement};
use crate::app::command_state::CommandState;
use crate::app::i18n;
use crate::app::preferences::Theme;

impl Window {
    /// The state of the commands in this frame.
    pub(super) fn command_state(&self) -> CommandState<'_> {
        let labels = self.workspace.as_ref().map(|workspace| {
            let labels = workspace.session.undo_redo_labels();
            labels.map(|label| label.map(i18n::step))
        });
        CommandState {
            keymap: &self.preferences.keymap,
            satisfied: self.satisfied(),
            active: self.active(),
            history: labels.unwrap_or_default(),
        }
    }

    /// The requirements that are met.
    fn satisfied(&self) -> Vec<Requirement> {
        let mut satisfied = vec![Requirement::Nothing];
        let Some(workspace) = &self.workspace else {
            return satisfied;
        };
        let session = &workspace.session;
        // Nobody changes what the dashboard covers.
        let is_covered = workspace.view.shows_dashboard;
        let has_picture = session.current().is_some() && !is_covered;
        let can_edit = has_picture && session.is_editable();
        let is_excluded = session.are_selected_excluded();
        let [undo, redo] = session.undo_redo_labels();
        for (requirement, is_met) in [
            (Requirement::Project, true),
            (Requirement::EditableProject, session.is_editable()),
            (Requirement::Picture, has_picture),
            (Requirement::Editable, can_edit),
            (Requirement::IncludedPicture, can_edit && !is_excluded),
            (Requirement::ExcludedPicture, can_edit && is_excluded),
            (
                Requirement::Selection,
                can_edit && !session.selection().is_empty() && !workspace.view.are_boxes_hidden,
            ),
            (
                Requirement::VisibleBoxes,
                can_edit && workspace.can_judge() && !session.is_current_excluded(),
            ),
            (Requirement::Clipboard, can_edit && session.has_clipboard()),
            (
                Requirement::Undo,
                session.is_editable() && undo.is_some() && !is_covered,
            ),
            (
                Requirement::Redo,
                session.is_editable() && redo.is_some() && !is_covered,
            ),
            (
                Requirement::Comparison,
                has_picture
                    && workspace
                        .comparing
                        .as_ref()
                        .is_some_and(|comparing| !comparing.is_reading()),
            ),
            (Requirement::Job, workspace.proposing.job.is_some()),
        ] {
            satisfied.extend(is_met.then_some(requirement));
        }
        satisfied
    }

    /// The commands that are switched on.
    fn active(&self) -> Vec<Command> {
        let theme = match self.preferences.theme {
            Theme::Light => Command::LightTheme,
            Theme::Dark => Command::DarkTheme,
            Theme::System => Command::SystemTheme,
        };
        let options = &self.preferences.canvas;
        let mut switches = vec![
            (theme, true),
            (Command::Labels, options.labels),
            (Command::Crosshair, options.crosshair),
            (Command::Rulers, options.rulers),
            (Command::KeepView, options.keep_view),
            (Command::Thumbnails, options.thumbnails),
            (Command::KeepDrawing, options.keep_drawing),
            (Command::HidePanels, self.preferences.panels.are_hidden),
            (Command::BrightnessAndContrast, self.shows_adjustment),
        ];
        if let Some(workspace) = &self.workspace {
            let job = workspace.proposing.job.as_ref();
            switches.extend([
                (Command::HeatMap, workspace.view.shows_heat_map),
                (Command::RejectedBoxes, workspace.session.shows_rejected()),
                (Command::HideBoxes, workspace.view.are_boxes_hidden),
                (Command::StepZoomed, workspace.view.canvas.steps_zoomed()),
                (Command::CompareBoxes, workspace.comparing.is_some()),
                (Command::Dashboard, workspace.view.shows_dashboard),
                (
                    Command::StickyClass,
                    workspace.session.sticky_class().is_some(),
                ),
                (Command::DrawBox, workspace.view.canvas.tool() == Tool::Draw),
                (
                    Command::PointTool,
                    workspace.view.canvas.tool() == Tool::Point,
                ),
                (
                    Command::PauseProposing,
                    job.is_some_and(|job| job.paused.is_some()),
                ),
            ]);
        }
        let switches = switches.into_iter();
        switches
            .filter_map(|(command, is_on)| is_on.then_some(command))
            .collect()
    }
}
