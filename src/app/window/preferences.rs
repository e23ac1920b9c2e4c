//! Changes the preferences.

use egui::Context;

use super::state::Window;
use crate::app::action::Action;
use crate::app::input::Keymap;
use crate::app::preferences::CanvasOptions;

impl Window {
    /// Performs an action that changes a preference.
    pub(super) fn set_preference(&mut self, context: &Context, action: Action) {
        let preferences = &mut self.preferences;
        match action {
            Action::SetCanvasOptions(options) => preferences.canvas = options,
            Action::SetPanelOptions(options) => preferences.panels = options,
            Action::SetTheme(theme) => {
                preferences.theme = theme;
                context.set_theme(theme);
            }
            Action::SetScale(scale) => {
                preferences.scale = scale;
                context.set_zoom_factor(scale);
            }
            Action::SetShortcuts(command, keys) => preferences.keymap.set(command, keys),
            Action::ResetShortcuts => preferences.keymap = Keymap::default(),
            Action::SetAdvanceWhenDone(is_on) => preferences.advance_when_done = is_on,
            Action::SetProposeOnOpen(is_on) => preferences.propose_on_open = is_on,
            Action::SetProposeOnArrival(is_on) => preferences.propose_on_arrival = is_on,
            Action::SetPrepareFitting(is_on) => preferences.prepare_fitting = is_on,
            Action::SetAskClass(is_on) => preferences.ask_class = is_on,
            Action::ForgetRecent(path) => preferences.forget_recent(&path),
            Action::ClearRecent => preferences.recent.clear(),
            _ => {}
        }
        self.has_unsaved_preferences = true;
    }

    /// Changes what the canvas shows.
    pub(super) fn change_canvas_options(&mut self, change: impl FnOnce(&mut CanvasOptions)) {
        change(&mut self.preferences.canvas);
        self.has_unsaved_preferences = true;
    }
}
