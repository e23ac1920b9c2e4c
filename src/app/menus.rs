//! Commands on the screen: the menu bar, the toolbar, and entries and buttons of single commands.

use egui::{Align, Atoms, Button, Layout, Rect, Response, RichText, Ui};

use super::action::Action;
use super::command::{Command, Menu};
use super::command_state::CommandState;
use super::i18n;
use super::recent_list::RecentList;
use super::theme::ThemePalette;

/// The width in points from which the toolbar shows labels.
const TOOLBAR_TEXT_MIN_WIDTH: f32 = 980.0;
/// The width in points from which the groups at the right end have labels, too.
const RIGHT_TEXT_MIN_WIDTH: f32 = 1100.0;
/// The groups of the toolbar from this one on are at its right end.
const FIRST_GROUP_AT_RIGHT: u8 = 6;

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
    pub fn menu_bar(&self, ui: &mut Ui, recents: &RecentList<'_>, actions: &mut Vec<Action>) {
        egui::MenuBar::new().ui(ui, |ui| {
            for menu in Menu::ALL {
                ui.menu_button(menu.label(), |ui| {
                    ui.set_min_width(240.0);
                    for command in Command::in_menu(menu) {
                        if command.spec().starts_section {
                            ui.separator();
                        }
                        self.menu_entry(ui, command, actions);
                        if command == Command::OpenProject {
                            recents.menu_ui(ui, actions);
                        }
                    }
                });
            }
        });
    }

    /// Draws the toolbar: icons, and short labels for the commands of the review itself. What is
    /// needed less often is at its right end. Returns where the buttons are.
    pub fn toolbar(&self, ui: &mut Ui, actions: &mut Vec<Action>) -> Vec<(Command, Rect)> {
        let mut places = Vec::new();
        let width = ui.available_width();
        let has_room = width >= TOOLBAR_TEXT_MIN_WIDTH;
        let is_right = |group: &[Command]| {
            let slot = group.first().and_then(|command| command.spec().toolbar);
            slot.is_some_and(|slot| slot.group >= FIRST_GROUP_AT_RIGHT)
        };
        let groups = Command::toolbar().into_iter();
        let (right, left): (Vec<_>, Vec<_>) = groups.partition(|group| is_right(group));
        ui.horizontal(|ui| {
            for (at, group) in left.into_iter().enumerate() {
                if at > 0 {
                    ui.separator();
                }
                for command in group {
                    places.push((command, self.tool_button(ui, command, has_room, actions)));
                }
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let has_room = width >= RIGHT_TEXT_MIN_WIDTH;
                for command in right.into_iter().flatten().rev() {
                    places.push((command, self.tool_button(ui, command, has_room, actions)));
                }
            });
        });
        places
    }

    fn tool_button(
        &self,
        ui: &mut Ui,
        command: Command,
        has_room: bool,
        actions: &mut Vec<Action>,
    ) -> Rect {
        let spec = command.spec();
        let is_enabled = self.is_enabled(command);
        let is_accented = command == Command::AcceptAll && is_enabled;
        let palette = ThemePalette::of(ui.visuals());
        let colour = is_accented.then_some(palette.on_accent);
        let mut atoms = Atoms::default();
        if let Some(icon) = spec.icon {
            atoms.push_right(icon.atom(colour));
        }
        let text = spec
            .toolbar_text
            .filter(|_| has_room || spec.is_always_labelled);
        if let Some(id) = text {
            let text = RichText::new(i18n::text(id));
            atoms.push_right(match colour {
                Some(colour) => text.color(colour).strong(),
                None => text,
            });
        }
        let mut button = Button::selectable(self.is_active(command), atoms).frame(true);
        if is_accented {
            button = button.fill(palette.accent);
        }
        let response = ui.add_enabled(is_enabled, button);
        let place = response.rect;
        if self.named(response, command).clicked() {
            actions.push(Action::Command(command));
        }
        place
    }

    /// Gives the button of a command its accessible name and its hint.
    pub fn named(&self, response: Response, command: Command) -> Response {
        let hint = self.hint(command);
        let response = response.on_hover_text(&hint).on_disabled_hover_text(&hint);
        response.accessible_name(command.label())
    }
}
