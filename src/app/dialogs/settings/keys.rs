//! The shortcuts of all commands: one line each, found by name, menu or key.

use egui::{
    Align, Button, Context, Event, KeyboardShortcut, Label, Layout, RichText, ScrollArea, TextEdit,
    Ui, vec2,
};

use crate::app::action::Action;
use crate::app::command::{Command, Menu};
use crate::app::dialogs::shortcuts;
use crate::app::i18n::tr;
use crate::app::input;
use crate::app::preferences::Preferences;

/// Widths of the columns: the name of a command, and its keys, in points.
const NAME_WIDTH: f32 = 270.0;
const KEYS_WIDTH: f32 = 190.0;
/// Room for the button next to the search field, and for the lines above the list, in points.
const RESET_ALL_WIDTH: f32 = 84.0;
const HEADER_HEIGHT: f32 = 56.0;

/// What the tab remembers from frame to frame.
#[derive(Default)]
pub struct KeysTab {
    search: String,
    /// The command whose new shortcut is being recorded.
    recording: Option<Command>,
}

impl KeysTab {
    /// Whether the next keys become the shortcut of a command.
    pub fn is_recording(&self) -> bool {
        self.recording.is_some()
    }

    /// Takes the keys that the dialog is waiting for; Escape cancels.
    pub fn record(&mut self, context: &Context, actions: &mut Vec<Action>) {
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

    /// Draws the tab, this many points high.
    pub fn ui(
        &mut self,
        ui: &mut Ui,
        preferences: &Preferences,
        height: f32,
        actions: &mut Vec<Action>,
    ) {
        ui.horizontal(|ui| {
            let field = TextEdit::singleline(&mut self.search)
                .hint_text(tr!("settings-search.hint"))
                .desired_width(ui.available_width() - RESET_ALL_WIDTH);
            ui.add(field).accessible_name(tr!("settings-search"));
            if ui.button(tr!("settings-reset-all")).clicked() {
                actions.push(Action::ResetShortcuts);
            }
        });
        ui.weak(tr!("settings-shortcuts"));
        let height = height - HEADER_HEIGHT;
        ScrollArea::vertical()
            .id_salt("keys")
            .max_height(height)
            .min_scrolled_height(height)
            .auto_shrink(false)
            .show(ui, |ui| {
                let mut is_any_found = false;
                for menu in Menu::ALL {
                    let commands = Command::in_menu(menu);
                    let found: Vec<Command> = commands
                        .filter(|command| self.is_found(*command, preferences))
                        .collect();
                    if found.is_empty() {
                        continue;
                    }
                    is_any_found = true;
                    ui.add_space(6.0);
                    ui.strong(menu.label());
                    for command in found {
                        self.row_ui(ui, command, preferences, actions);
                    }
                }
                if !is_any_found {
                    ui.weak(tr!("settings-no-key"));
                }
            });
    }

    /// Whether the search text is in the name of a command, of its menu, or in its keys.
    fn is_found(&self, command: Command, preferences: &Preferences) -> bool {
        let search = self.search.trim().to_lowercase();
        let keys = shortcuts::text(&preferences.keymap, command).unwrap_or_default();
        [command.label(), command.spec().menu.label(), &keys]
            .iter()
            .any(|text| text.to_lowercase().contains(&search))
    }

    fn row_ui(
        &mut self,
        ui: &mut Ui,
        command: Command,
        preferences: &Preferences,
        actions: &mut Vec<Action>,
    ) {
        let keymap = &preferences.keymap;
        let label = command.label().trim_end_matches('…');
        ui.horizontal(|ui| {
            let height = ui.spacing().interact_size.y;
            let layout = Layout::left_to_right(Align::Center);
            ui.allocate_ui_with_layout(vec2(NAME_WIDTH, height), layout, |ui| {
                ui.set_min_width(NAME_WIDTH);
                ui.add(Label::new(label).truncate())
                    .on_hover_text(command.tooltip());
            });
            let text = if self.recording == Some(command) {
                tr!("settings-press-keys").to_owned()
            } else {
                shortcuts::text(keymap, command).unwrap_or_else(|| "–".to_owned())
            };
            let button = Button::new(RichText::new(text).monospace())
                .min_size(vec2(KEYS_WIDTH, 0.0))
                .truncate();
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
