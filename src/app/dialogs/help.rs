//! The help sheet: every shortcut and mouse gesture.

use egui::{Context, Grid, RichText, ScrollArea, TextEdit, Ui};

use super::modal::modal;
use super::shortcuts;
use crate::app::action::Action;
use crate::app::command::{Command, Menu};
use crate::app::i18n::{self, tr};
use crate::app::input::Keymap;

const WIDTH: f32 = 760.0;
/// The height of the sheet before it scrolls, as a share of the window.
const MAX_HEIGHT_SHARE: f32 = 0.7;
/// How many menus are in the first of the two columns.
const MENUS_IN_FIRST_COLUMN: usize = 4;

/// What the mouse does, and keys that are not shortcuts of commands: the ids of their texts, each
/// with the attribute `effect`.
const GESTURES: [&str; 24] = [
    "gesture-class-key",
    "gesture-arrows",
    "gesture-ctrl-arrows",
    "gesture-draw-by-key",
    "gesture-point-click",
    "gesture-point-wheel",
    "gesture-point-exclude",
    "gesture-point-add",
    "gesture-escape",
    "gesture-click",
    "gesture-ctrl-click",
    "gesture-drag-empty",
    "gesture-drag-select",
    "gesture-drag-box",
    "gesture-double-click",
    "gesture-right-click",
    "gesture-ctrl-wheel",
    "gesture-wheel",
    "gesture-pan",
    "gesture-list-click",
    "gesture-drop",
    "gesture-shift-resize",
    "gesture-space",
    "gesture-f6",
];

/// The help sheet with its search text.
#[derive(Default)]
pub struct HelpSheet {
    search: String,
}

impl HelpSheet {
    /// Draws the sheet.
    pub fn ui(&mut self, context: &Context, keymap: &Keymap, actions: &mut Vec<Action>) {
        modal(context, tr!("help-title"), WIDTH, actions, |ui, _| {
            let field = TextEdit::singleline(&mut self.search)
                .hint_text(tr!("help-search.hint"))
                .desired_width(f32::INFINITY);
            ui.add(field).accessible_name(tr!("help-search"));
            let height = context.content_rect().height() * MAX_HEIGHT_SHARE;
            ScrollArea::vertical()
                .max_height(height)
                .auto_shrink([false, true])
                .show(ui, |ui| {
                    ui.columns(2, |columns| {
                        let (first, second) = Menu::ALL.split_at(MENUS_IN_FIRST_COLUMN);
                        for (column, menus) in columns.iter_mut().zip([first, second]) {
                            for menu in menus {
                                self.menu_ui(column, *menu, keymap);
                            }
                        }
                        self.gestures_ui(&mut columns[1]);
                    });
                });
        });
    }

    fn matches_search(&self, texts: [&str; 2]) -> bool {
        let search = self.search.trim().to_lowercase();
        texts
            .iter()
            .any(|text| text.to_lowercase().contains(&search))
    }

    fn menu_ui(&self, ui: &mut Ui, menu: Menu, keymap: &Keymap) {
        let rows: Vec<(Command, String)> = Command::in_menu(menu)
            .filter_map(|command| Some((command, shortcuts::text(keymap, command)?)))
            .filter(|(command, keys)| self.matches_search([command.label(), keys]))
            .collect();
        if rows.is_empty() {
            return;
        }
        ui.add_space(6.0);
        ui.strong(menu.label());
        Grid::new(menu.label())
            .num_columns(2)
            .min_col_width(140.0)
            .show(ui, |ui| {
                for (command, keys) in rows {
                    ui.label(RichText::new(keys).monospace());
                    ui.label(command.label().trim_end_matches('…'))
                        .on_hover_text(command.tooltip());
                    ui.end_row();
                }
            });
    }

    fn gestures_ui(&self, ui: &mut Ui) {
        ui.add_space(6.0);
        ui.strong(tr!("help-gestures"));
        for id in GESTURES {
            let (gesture, effect) = (i18n::text(id), i18n::text(&format!("{id}.effect")));
            if !self.matches_search([gesture, effect]) {
                continue;
            }
            ui.horizontal_wrapped(|ui| {
                ui.label(RichText::new(gesture).monospace());
                ui.label(effect);
            });
        }
    }
}
