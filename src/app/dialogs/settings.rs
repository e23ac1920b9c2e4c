//! The settings: theme, size and shortcuts.

use egui::{
    Align, Button, Context, Event, Grid, KeyboardShortcut, Layout, RichText, ScrollArea, Slider, Ui,
};

use super::modal::modal;
use super::shortcuts;
use crate::app::action::Action;
use crate::app::command::{Command, Menu};
use crate::app::i18n::{self, tr};
use crate::app::input;
use crate::app::preferences::{Preferences, Theme};

const WIDTH: f32 = 560.0;
/// The height of the list of shortcuts before it scrolls, as a share of the window.
const MAX_LIST_HEIGHT_SHARE: f32 = 0.45;

/// What the dialog remembers from frame to frame.
#[derive(Default)]
pub struct SettingsDialog {
    /// The command whose new shortcut is being recorded.
    recording: Option<Command>,
    /// The size while its slider is being dragged.
    scale: Option<f32>,
}

impl SettingsDialog {
    /// Whether the next keys become the shortcut of a command.
    pub fn is_recording_keys(&self) -> bool {
        self.recording.is_some()
    }

    /// Draws the settings.
    pub fn ui(&mut self, context: &Context, preferences: &Preferences, actions: &mut Vec<Action>) {
        // Before the dialog handles its keys: Escape cancels the recording, not the dialog.
        self.record_keys(context, actions);
        modal(
            context,
            tr!("settings-title"),
            WIDTH,
            actions,
            |ui, actions| {
                theme_ui(ui, preferences, actions);
                self.scale_ui(ui, preferences, actions);
                let mut advance = preferences.advance_when_done;
                if ui.checkbox(&mut advance, tr!("settings-advance")).changed() {
                    actions.push(Action::SetAdvanceWhenDone(advance));
                }
                let mut propose = preferences.propose_on_open;
                let response = ui.checkbox(&mut propose, tr!("settings-propose-on-open"));
                if response.changed() {
                    actions.push(Action::SetProposeOnOpen(propose));
                }
                let mut prepare = preferences.prepare_fitting;
                let response = ui
                    .checkbox(&mut prepare, tr!("settings-prepare-fitting"))
                    .on_hover_text(tr!("settings-prepare-fitting.tooltip"));
                if response.changed() {
                    actions.push(Action::SetPrepareFitting(prepare));
                }
                ui.separator();
                self.shortcuts_ui(ui, preferences, actions);
            },
        );
    }

    fn scale_ui(&mut self, ui: &mut Ui, preferences: &Preferences, actions: &mut Vec<Action>) {
        // Applied when the slider is released, so that it does not move under the pointer.
        let mut scale = self.scale.unwrap_or(preferences.scale);
        let slider = Slider::new(&mut scale, 0.5..=3.0)
            .step_by(0.05)
            .custom_formatter(|value, _| i18n::percent(value))
            .text(tr!("settings-size"));
        let response = ui.add(slider);
        if response.dragged() {
            self.scale = Some(scale);
        } else if response.changed() || response.drag_stopped() {
            self.scale = None;
            actions.push(Action::SetScale(scale));
        }
    }

    fn record_keys(&mut self, context: &Context, actions: &mut Vec<Action>) {
        let Some(command) = self.recording else {
            return;
        };
        let pressed = context.input_mut(|input| {
            if let Some(keys) = input.events.iter().find_map(input::clipboard_keys) {
                input
                    .events
                    .retain(|event| input::clipboard_keys(event).is_none());
                return Some(keys);
            }
            let at = input.events.iter().position(|event| match event {
                // A modifier alone only begins a shortcut.
                Event::Key { key, pressed, .. } => *pressed && !is_modifier(*key),
                _ => false,
            })?;
            let event = input.events.remove(at);
            input
                .events
                .retain(|event| !matches!(event, Event::Text(_)));
            match event {
                Event::Key { key, modifiers, .. } => Some(KeyboardShortcut::new(
                    egui::Modifiers {
                        alt: modifiers.alt,
                        shift: modifiers.shift,
                        command: modifiers.command || modifiers.ctrl,
                        ..egui::Modifiers::NONE
                    },
                    key,
                )),
                _ => None,
            }
        });
        let Some(keys) = pressed else { return };
        self.recording = None;
        if keys.logical_key != egui::Key::Escape {
            actions.push(Action::SetShortcuts(command, vec![keys]));
        }
    }

    fn shortcuts_ui(&mut self, ui: &mut Ui, preferences: &Preferences, actions: &mut Vec<Action>) {
        ui.horizontal(|ui| {
            ui.strong(tr!("settings-shortcuts"));
            ui.weak(tr!("settings-shortcuts.hint"));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if ui.button(tr!("settings-reset-all")).clicked() {
                    actions.push(Action::ResetShortcuts);
                }
            });
        });
        let height = ui.ctx().content_rect().height() * MAX_LIST_HEIGHT_SHARE;
        ScrollArea::vertical()
            .max_height(height)
            .auto_shrink([false, true])
            .show(ui, |ui| {
                for menu in Menu::ALL {
                    ui.add_space(4.0);
                    ui.label(RichText::new(menu.label()).strong());
                    let grid = Grid::new(("keys", menu.label()))
                        .num_columns(3)
                        .min_col_width(170.0);
                    grid.show(ui, |ui| {
                        for command in Command::in_menu(menu) {
                            self.shortcut_row(ui, command, preferences, actions);
                        }
                    });
                }
            });
    }

    fn shortcut_row(
        &mut self,
        ui: &mut Ui,
        command: Command,
        preferences: &Preferences,
        actions: &mut Vec<Action>,
    ) {
        let keymap = &preferences.keymap;
        let label = command.label().trim_end_matches('…');
        ui.label(label);
        let text = if self.recording == Some(command) {
            tr!("settings-press-keys").to_owned()
        } else {
            shortcuts::text(keymap, command).unwrap_or_else(|| "–".to_owned())
        };
        let button = Button::new(RichText::new(text).monospace());
        let name = tr!("settings-keys-of", command = label);
        if ui.add(button).accessible_name(name).clicked() {
            self.recording = Some(command);
        }
        let default = command.default_keys().to_vec();
        if keymap.keys(command) != default {
            let reset = ui.small_button(tr!("settings-reset"));
            let name = tr!("settings-reset.name", command = label);
            if reset.accessible_name(name).clicked() {
                actions.push(Action::SetShortcuts(command, default));
            }
        }
        ui.end_row();
    }
}

fn theme_ui(ui: &mut Ui, preferences: &Preferences, actions: &mut Vec<Action>) {
    ui.horizontal(|ui| {
        ui.label(tr!("settings-theme"));
        for (theme, name) in [
            (Theme::System, tr!("settings-theme-system")),
            (Theme::Light, tr!("settings-theme-light")),
            (Theme::Dark, tr!("settings-theme-dark")),
        ] {
            if ui.radio(preferences.theme == theme, name).clicked() {
                actions.push(Action::SetTheme(theme));
            }
        }
    });
}

fn is_modifier(key: egui::Key) -> bool {
    use egui::Key as K;
    matches!(
        key,
        K::ShiftLeft
            | K::ShiftRight
            | K::ControlLeft
            | K::ControlRight
            | K::AltLeft
            | K::AltRight
            | K::SuperLeft
            | K::SuperRight
    )
}
