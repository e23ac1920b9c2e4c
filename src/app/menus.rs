//! Commands on the screen: the menu bar, the toolbar, and entries and buttons of single commands.

use egui::{Button, Response, RichText, Ui};

use super::action::Action;
use super::command::{Command, Menu};
use super::command_state::CommandState;
use super::theme::ThemePalette;

/// The width in points from which the toolbar shows labels.
const TOOLBAR_TEXT_MIN_WIDTH: f32 = 1080.0;

impl CommandState<'_> {
    /// Draws a menu entry.
    pub fn menu_entry(&self, ui: &mut Ui, command: Command, actions: &mut Vec<Action>) {
        let keys = self.keymap.text(command).unwrap_or_default();
        let mark = if self.is_active(command) { "✔ " } else { "" };
        let button = Button::new(format!("{mark}{}", self.label(command)))
            .shortcut_text(RichText::new(keys).small());
        let response = ui.add_enabled(self.is_enabled(command), button);
        if response.on_hover_text(command.tooltip()).clicked() {
            actions.push(Action::Command(command));
            ui.close();
        }
    }

    /// Draws the menu bar.
    pub fn menu_bar(&self, ui: &mut Ui, actions: &mut Vec<Action>) {
        egui::MenuBar::new().ui(ui, |ui| {
            for menu in Menu::ALL {
                ui.menu_button(menu.label(), |ui| {
                    ui.set_min_width(240.0);
                    for command in Command::in_menu(menu) {
                        if command.spec().starts_section {
                            ui.separator();
                        }
                        self.menu_entry(ui, command, actions);
                    }
                });
            }
        });
    }

    /// Draws the toolbar: icons, and labels for the commands of the review itself.
    pub fn toolbar(&self, ui: &mut Ui, actions: &mut Vec<Action>) {
        let has_room = ui.available_width() >= TOOLBAR_TEXT_MIN_WIDTH;
        ui.horizontal(|ui| {
            for (at, group) in Command::toolbar().into_iter().enumerate() {
                if at > 0 {
                    ui.separator();
                }
                for command in group {
                    self.tool_button(ui, command, has_room, actions);
                }
            }
        });
    }

    fn tool_button(
        &self,
        ui: &mut Ui,
        command: Command,
        has_room: bool,
        actions: &mut Vec<Action>,
    ) {
        let spec = command.spec();
        let icon = spec.icon.unwrap_or_default();
        let text = if spec.has_toolbar_text && has_room {
            format!("{icon} {}", command.label().trim_end_matches('…'))
        } else {
            icon.to_owned()
        };
        let mut text = RichText::new(text);
        let is_enabled = self.is_enabled(command);
        let is_accented = command == Command::AcceptAll && is_enabled;
        let palette = ThemePalette::of(ui.visuals());
        if is_accented {
            text = text.color(palette.on_accent).strong();
        }
        let mut button = Button::selectable(self.is_active(command), text).frame(true);
        if is_accented {
            button = button.fill(palette.accent);
        }
        let response = ui.add_enabled(is_enabled, button);
        if self.named(response, command).clicked() {
            actions.push(Action::Command(command));
        }
    }

    /// Gives the button of a command its accessible name and its hint.
    pub fn named(&self, response: Response, command: Command) -> Response {
        let hint = self.hint(command);
        let response = response.on_hover_text(&hint).on_disabled_hover_text(&hint);
        response.accessible_name(command.label())
    }
}
