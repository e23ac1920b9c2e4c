//! Which commands can be given now, and how they are shown: what menus, toolbar and palette share.

use egui::{Button, Response, RichText, Ui};

use super::action::Action;
use super::command::{Command, Menu, Requirement};
use super::keymap::Keymap;
use super::theme::Palette;

/// From this many points on the toolbar has room for words.
const TOOLBAR_TEXT_MIN_WIDTH: f32 = 1080.0;

/// The commands as they are now.
pub struct CommandState<'a> {
    /// Their keys.
    pub keymap: &'a Keymap,
    /// What is there.
    pub satisfied: Vec<Requirement>,
    /// Those that are switched on.
    pub on: Vec<Command>,
    /// What undo and redo would do, in words.
    pub history: [Option<String>; 2],
}

impl CommandState<'_> {
    /// Whether a command makes sense now.
    pub fn is_enabled(&self, command: Command) -> bool {
        self.satisfied.contains(&command.spec().needs)
    }

    /// What a command is called now.
    pub fn label(&self, command: Command) -> String {
        let label = command.spec().label;
        let step = match command {
            Command::Undo => &self.history[0],
            Command::Redo => &self.history[1],
            _ => &None,
        };
        step.as_ref()
            .map_or_else(|| label.to_owned(), |step| format!("{label}: {step}"))
    }

    /// What it does, and its keys.
    pub fn hint(&self, command: Command) -> String {
        let spec = command.spec();
        match self.keymap.text(command) {
            Some(keys) => format!("{}\n{} ({keys})", spec.label, spec.tooltip),
            None => format!("{}\n{}", spec.label, spec.tooltip),
        }
    }

    /// An entry of a menu.
    pub fn menu_entry(&self, ui: &mut Ui, command: Command, actions: &mut Vec<Action>) {
        let keys = self.keymap.text(command).unwrap_or_default();
        let sign = if self.on.contains(&command) {
            "✔ "
        } else {
            ""
        };
        let button = Button::new(format!("{sign}{}", self.label(command)))
            .shortcut_text(RichText::new(keys).small());
        let response = ui.add_enabled(self.is_enabled(command), button);
        if response.on_hover_text(command.spec().tooltip).clicked() {
            actions.push(Action::Command(command));
            ui.close();
        }
    }

    /// The menu bar.
    pub fn menu_bar(&self, ui: &mut Ui, actions: &mut Vec<Action>) {
        egui::MenuBar::new().ui(ui, |ui| {
            for group in Menu::ALL {
                ui.menu_button(group.label(), |ui| {
                    ui.set_min_width(240.0);
                    let commands = Command::ALL.into_iter();
                    for command in commands.filter(|command| command.spec().group == group) {
                        if command.starts_section() {
                            ui.separator();
                        }
                        self.menu_entry(ui, command, actions);
                    }
                });
            }
        });
    }

    /// The toolbar: signs for what everybody knows, words for what the work consists of.
    pub fn toolbar(&self, ui: &mut Ui, actions: &mut Vec<Action>) {
        let has_room = ui.available_width() >= TOOLBAR_TEXT_MIN_WIDTH;
        ui.horizontal(|ui| {
            for (at, commands) in Command::TOOLBAR.iter().enumerate() {
                if at > 0 {
                    ui.separator();
                }
                for command in *commands {
                    self.tool_button(ui, *command, has_room, actions);
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
        let shows_text = has_room && Command::TOOLBAR_WITH_TEXT.contains(&command);
        let text = if shows_text || spec.icon.is_none() {
            format!("{icon} {}", spec.label.trim_end_matches('…'))
        } else {
            icon.to_owned()
        };
        let mut text = RichText::new(text);
        let allowed = self.is_enabled(command);
        if command == Command::AcceptAll && allowed {
            text = text.color(Palette::of(ui.visuals()).on_accent).strong();
        }
        let mut button = Button::selectable(self.on.contains(&command), text).frame(true);
        if command == Command::AcceptAll && allowed {
            button = button.fill(Palette::of(ui.visuals()).accent);
        }
        let response = ui.add_enabled(allowed, button);
        if self.named(response, command).clicked() {
            actions.push(Action::Command(command));
        }
    }

    /// Gives a button of a command its name and its hint.
    pub fn named(&self, response: Response, command: Command) -> Response {
        let hint = self.hint(command);
        let response = response.on_hover_text(&hint).on_disabled_hover_text(&hint);
        response.accessible_name(command.spec().label)
    }
}
