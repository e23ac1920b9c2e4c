//! Keys and keyboard focus.

use egui::{Context, Id, Key, Ui};

use super::state::Window;
use crate::app::action::{Action, ClassAction};
use crate::app::canvas::{self, Tool};
use crate::app::command::Command;
use crate::app::i18n::tr;
use crate::app::input;
use crate::app::panels::{boxes, classes, picture_list};
use crate::app::workspace::Workspace;

impl Window {
    /// Handles keys before any widget sees them, in the order in which they were pressed.
    pub(super) fn on_keys(&mut self, ui: &Ui, actions: &mut Vec<Action>) {
        let has_focus = ui.input(|input| input.focused);
        let has_canvas = ui.memory(|memory| memory.has_focus(canvas::id()));
        let has_list = ui.memory(|memory| memory.has_focus(picture_list::id()));
        let has_classes = ui.memory(|memory| memory.has_focus(classes::id()));
        if let Some(workspace) = &mut self.workspace
            && !(has_focus && has_canvas)
        {
            workspace.view.canvas.release_space();
        }
        if self.classes.is_recording_key() {
            let key = ui.input_mut(|input| self.classes.record_key(&mut input.events, actions));
            if let Some((key, command)) = key.and_then(|key| {
                let press = Key::from_name(&key.to_uppercase().to_string())?;
                let keymap = &self.preferences.keymap;
                Some((
                    key,
                    keymap.command_for_press(press, egui::Modifiers::NONE, false, true)?,
                ))
            }) {
                actions.retain(|action| !matches!(action, Action::Class(ClassAction::Hotkey(..))));
                let label = command.label().trim_end_matches('…');
                let text = tr!("key-is-taken", key = key.to_string(), command = label);
                self.notifications.notify(text);
            }
        }
        if self.dialog.is_some() || self.had_popup {
            return;
        }
        let is_typing = ui.ctx().text_edit_focused();
        let events = ui.input_mut(|input| std::mem::take(&mut input.events));
        let mut rest = Vec::with_capacity(events.len());
        // The text of a key follows it. If the key was a command, its text is not a key of a class.
        let mut was_handled = false;
        for event in events {
            let is_text = matches!(event, egui::Event::Text(_));
            let focus = [has_canvas, has_list, has_classes];
            let is_handled =
                (is_text && was_handled) || self.on_key(&event, is_typing, focus, actions);
            if matches!(event, egui::Event::Key { pressed: true, .. }) {
                was_handled = is_handled;
            }
            if !is_handled {
                rest.push(event);
            }
        }
        ui.input_mut(|input| input.events = rest);
    }

    /// Handles an event that is a command, or a key of the canvas or the list; `false` if it is
    /// none of these.
    fn on_key(
        &mut self,
        event: &egui::Event,
        is_typing: bool,
        [has_canvas, has_list, has_classes]: [bool; 3],
        actions: &mut Vec<Action>,
    ) -> bool {
        let keymap = &self.preferences.keymap;
        if let Some(keys) = input::clipboard_keys(event).filter(|_| has_canvas) {
            let command = keymap.command_for(keys);
            actions.extend(command.map(Action::Command));
            return command.is_some();
        }
        match event {
            egui::Event::Text(text) if has_canvas => {
                let (Some(workspace), Some(key)) = (&self.workspace, text.chars().next()) else {
                    return false;
                };
                let mut classes = workspace.session.document().categories();
                let class = classes.find(|row| row.hotkey == Some(key));
                let class = class.filter(|_| workspace.session.is_editable());
                actions.extend(class.map(|class| Action::ChooseClass(class.id)));
            }
            egui::Event::Key {
                key: Key::Space,
                pressed,
                repeat,
                modifiers,
                ..
            } if has_canvas && (modifiers.is_none() || !pressed) => {
                let tapped = self
                    .workspace
                    .as_mut()
                    .is_some_and(|workspace| workspace.view.canvas.on_space(*pressed, *repeat));
                let space = egui::KeyboardShortcut::new(egui::Modifiers::NONE, Key::Space);
                let command = keymap.command_for(space).filter(|_| tapped);
                actions.extend(command.map(Action::Command));
            }
            egui::Event::Key {
                key,
                pressed: true,
                repeat,
                modifiers,
                ..
            } => {
                let is_covered = |workspace: &Workspace| workspace.view.shows_dashboard;
                if *key == Key::Escape && self.workspace.as_ref().is_some_and(is_covered) {
                    actions.push(Action::Command(Command::Dashboard));
                    return true;
                }
                if *key == Key::Escape && !is_typing && self.ends_comparing_by_escape() {
                    actions.push(Action::Command(Command::CompareBoxes));
                    return true;
                }
                if let Some(workspace) = self
                    .workspace
                    .as_mut()
                    .filter(|workspace| !workspace.view.shows_dashboard)
                    && has_canvas
                    && workspace.view.canvas.on_key(
                        *key,
                        *modifiers,
                        *repeat,
                        &workspace.session,
                        actions,
                    )
                {
                    return true;
                }
                if let Some(workspace) = &self.workspace
                    && has_list
                    && let Some(change) = self.list.on_key(*key, *modifiers, workspace)
                {
                    actions.push(Action::SelectPictures(change));
                    return true;
                }
                if let Some(workspace) = &self.workspace
                    && has_classes
                    && self
                        .classes
                        .on_key(*key, *modifiers, &workspace.session, actions)
                {
                    return true;
                }
                let command = keymap.command_for_press(*key, *modifiers, is_typing, has_canvas);
                // A class may have had its key before a command got the same one.
                let command = command
                    .filter(|_| !(has_canvas && modifiers.is_none() && self.is_class_key(*key)));
                let Some(command) = command else { return false };
                if !repeat {
                    actions.push(Action::Command(command));
                } else if command.spec().repeats {
                    actions.push(Action::Repeat(command));
                }
            }
            _ => return false,
        }
        true
    }

    /// Whether Escape ends a comparison: there is one, and nothing is drawn or dragged, which it would end
    /// first.
    fn ends_comparing_by_escape(&self) -> bool {
        self.workspace.as_ref().is_some_and(|workspace| {
            let canvas = &workspace.view.canvas;
            workspace.comparing.is_some() && !canvas.is_busy() && canvas.tool() == Tool::Select
        })
    }

    /// Whether a key chooses a class of the open project.
    fn is_class_key(&self, key: Key) -> bool {
        let name = key.symbol_or_name().to_lowercase();
        self.workspace.as_ref().is_some_and(|workspace| {
            let mut classes = workspace.session.document().categories();
            classes.any(|row| row.hotkey.is_some_and(|key| name == key.to_string()))
        })
    }
}

/// Gives the canvas the focus if no widget has it, and reserves the keys with which the toolkit
/// would move the focus.
pub(super) fn keep_canvas_focused(ui: &Ui, has_dialog: bool) {
    let id = canvas::id();
    ui.memory_mut(|memory| {
        if memory.focused().is_none() && !has_dialog {
            memory.request_focus(id);
        }
        if memory.has_focus(id) {
            let filter = egui::EventFilter {
                tab: true,
                horizontal_arrows: true,
                vertical_arrows: true,
                escape: true,
            };
            memory.set_focus_lock_filter(id, filter);
        }
    });
}

/// Moves the focus from the canvas to the list of pictures, then to those of boxes and classes, to the tour if
/// it is shown, and back.
pub(super) fn focus_next_panel(context: &Context, tour: Option<Id>) {
    context.memory_mut(|memory| {
        let panels = [canvas::id(), picture_list::id(), boxes::id(), classes::id()];
        let stops: Vec<Id> = panels.into_iter().chain(tour).collect();
        let at = stops.iter().position(|stop| memory.has_focus(*stop));
        memory.request_focus(stops[at.map_or(0, |at| (at + 1) % stops.len())]);
    });
}
