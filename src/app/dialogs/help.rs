//! The help sheet: every shortcut and mouse gesture.

use egui::{Align, Context, Label, Layout, RichText, ScrollArea, TextEdit, Ui, vec2};

use super::modal::modal;
use super::shortcuts;
use crate::app::action::Action;
use crate::app::command::{Command, Menu};
use crate::app::i18n::{self, tr};
use crate::app::input::Keymap;

const WIDTH: f32 = 820.0;
/// The height of the sheet before it scrolls, as a share of the window.
const MAX_HEIGHT_SHARE: f32 = 0.68;
/// The share of a column that the keys take, and their largest width in points.
const KEYS_SHARE: f32 = 0.42;
const MAX_KEYS_WIDTH: f32 = 170.0;
/// How many menus are in the first of the two columns.
const MENUS_IN_FIRST_COLUMN: usize = 4;

/// What the mouse does, and keys that are not shortcuts of commands: the ids of their texts, each
/// with the attribute `effect`.
const GESTURES: [&str; 25] = [
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
    "gesture-compare-click",
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
        for (command, keys) in rows {
            let label = command.label().trim_end_matches('…');
            line_ui(ui, &keys, label, command.tooltip());
        }
    }

    fn gestures_ui(&self, ui: &mut Ui) {
        ui.add_space(6.0);
        ui.strong(tr!("help-gestures"));
        for id in GESTURES {
            let (gesture, effect) = (i18n::text(id), i18n::text(&format!("{id}.effect")));
            if !self.matches_search([gesture, effect]) {
                continue;
            }
            line_ui(ui, gesture, effect, "");
        }
    }
}

/// One line in two columns: what is pressed, and what it does.
fn line_ui(ui: &mut Ui, keys: &str, effect: &str, tooltip: &str) {
    let width = ui.available_width();
    let keys_width = (width * KEYS_SHARE).min(MAX_KEYS_WIDTH);
    let gap = ui.spacing().item_spacing.x;
    ui.horizontal_top(|ui| {
        for (text, width) in [
            (RichText::new(keys).monospace().size(12.0), keys_width),
            (RichText::new(effect), width - keys_width - gap),
        ] {
            ui.allocate_ui_with_layout(vec2(width, 0.0), Layout::top_down(Align::Min), |ui| {
                ui.set_min_width(width);
                let label = ui.add(Label::new(text).wrap());
                if !tooltip.is_empty() {
                    label.on_hover_text(tooltip);
                }
            });
        }
    });
}
