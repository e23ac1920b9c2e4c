//! Theme, size and keys.

use egui::{Button, Context, Event, Grid, KeyboardShortcut, RichText, ScrollArea, Slider, Ui};

use crate::app::action::Action;
use crate::app::command::{Command, Menu};
use crate::app::input;
use crate::app::preferences::{Preferences, Theme};

/// Which command waits for its keys, and the size while its slider is moved.
#[derive(Default)]
pub struct Settings {
    recording: Option<Command>,
    scale: Option<f32>,
}

impl Settings {
    /// Whether the next keys are for a command.
    pub fn is_recording_keys(&self) -> bool {
        self.recording.is_some()
    }

    /// Draws the settings.
    pub fn ui(&mut self, context: &Context, preferences: &Preferences, actions: &mut Vec<Action>) {
        // Before the frame sees it: Escape gives up the keys, not the settings.
        self.take_keys(context, actions);
        super::modal(context, "Settings", 560.0, actions, |ui, actions| {
            ui.horizontal(|ui| {
                ui.label("Theme");
                for (theme, name) in [
                    (Theme::System, "System"),
                    (Theme::Light, "Light"),
                    (Theme::Dark, "Dark"),
                ] {
                    if ui.radio(preferences.theme == theme, name).clicked() {
                        actions.push(Action::SetTheme(theme));
                    }
                }
            });
            self.size(ui, preferences, actions);
            let mut goes_on = preferences.advance_when_done;
            if ui
                .checkbox(&mut goes_on, "Go on to the next picture when one is done")
                .changed()
            {
                actions.push(Action::SetAdvanceWhenDone(goes_on));
            }
            let mut at_once = preferences.propose_on_open;
            if ui
                .checkbox(&mut at_once, "Propose boxes for new pictures by itself")
                .changed()
            {
                actions.push(Action::SetProposeOnOpen(at_once));
            }
            ui.separator();
            self.keys(ui, preferences, actions);
        });
    }

    fn size(&mut self, ui: &mut Ui, preferences: &Preferences, actions: &mut Vec<Action>) {
        // Taken over when the slider is let go: what is under the hand must not move.
        let mut scale = self.scale.unwrap_or(preferences.scale);
        let slider = Slider::new(&mut scale, 0.5..=3.0)
            .step_by(0.05)
            .custom_formatter(|value, _| format!("{:.0} %", value * 100.0))
            .text("size");
        let response = ui.add(slider);
        if response.dragged() {
            self.scale = Some(scale);
        } else if response.changed() || response.drag_stopped() {
            self.scale = None;
            actions.push(Action::SetScale(scale));
        }
    }

    fn take_keys(&mut self, context: &Context, actions: &mut Vec<Action>) {
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
                // A modifier alone is the beginning of a chord.
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

    fn keys(&mut self, ui: &mut Ui, preferences: &Preferences, actions: &mut Vec<Action>) {
        let keymap = &preferences.keymap;
        ui.horizontal(|ui| {
            ui.strong("Keys");
            ui.weak("click, then press others; the command that had them loses them");
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                if ui.button("Reset all").clicked() {
                    actions.push(Action::ResetShortcuts);
                }
            });
        });
        let height = ui.ctx().content_rect().height() * 0.45;
        ScrollArea::vertical()
            .max_height(height)
            .auto_shrink([false, true])
            .show(ui, |ui| {
                for group in Menu::ALL {
                    ui.add_space(4.0);
                    ui.label(RichText::new(group.label()).strong());
                    Grid::new(("keys", group.label()))
                        .num_columns(3)
                        .min_col_width(170.0)
                        .show(ui, |ui| {
                            for command in Command::in_menu(group) {
                                let label = command.label().trim_end_matches('…');
                                ui.label(label);
                                let keys: Vec<String> = keymap
                                    .keys(command)
                                    .iter()
                                    .map(input::shortcut_text)
                                    .collect();
                                let text = match (self.recording == Some(command), keys.is_empty())
                                {
                                    (true, _) => "press keys… (Esc gives up)".to_owned(),
                                    (false, true) => "–".to_owned(),
                                    (false, false) => keys.join(" or "),
                                };
                                let button = Button::new(RichText::new(text).monospace());
                                let name = format!("Keys of {label}");
                                if ui.add(button).accessible_name(name).clicked() {
                                    self.recording = Some(command);
                                }
                                let own = command.default_keys().to_vec();
                                if keymap.keys(command) != own {
                                    let reset = ui.small_button("reset");
                                    if reset
                                        .accessible_name(format!("Reset keys of {label}"))
                                        .clicked()
                                    {
                                        actions.push(Action::SetShortcuts(command, own));
                                    }
                                }
                                ui.end_row();
                            }
                        });
                }
            });
    }
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
