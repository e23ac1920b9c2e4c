//! Every key, and what the mouse does: the help sheet.

use egui::{Context, Grid, RichText, ScrollArea, TextEdit, Ui};

use crate::app::action::Action;
use crate::app::command::{Command, GESTURES, Menu};
use crate::app::input::{self, Keymap};

/// What is searched for.
#[derive(Default)]
pub struct Help {
    search: String,
}

impl Help {
    /// Draws the sheet.
    pub fn ui(&mut self, context: &Context, keymap: &Keymap, actions: &mut Vec<Action>) {
        super::modal(context, "Keys and mouse", 760.0, actions, |ui, _| {
            let field = TextEdit::singleline(&mut self.search)
                .hint_text("🔍 Search")
                .desired_width(f32::INFINITY);
            ui.add(field).accessible_name("Search");
            let height = context.content_rect().height() * 0.7;
            ScrollArea::vertical()
                .max_height(height)
                .auto_shrink([false, true])
                .show(ui, |ui| {
                    ui.columns(2, |columns| {
                        for (at, groups) in [&Menu::ALL[..4], &Menu::ALL[4..]].iter().enumerate() {
                            for group in *groups {
                                self.group(&mut columns[at], *group, keymap);
                            }
                        }
                        self.gestures(&mut columns[1]);
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

    fn group(&self, ui: &mut Ui, group: Menu, keymap: &Keymap) {
        let rows: Vec<(Command, String)> = Command::in_menu(group)
            .filter_map(|command| {
                let keys: Vec<String> = keymap
                    .keys(command)
                    .iter()
                    .map(input::shortcut_text)
                    .collect();
                (!keys.is_empty()).then(|| (command, keys.join(" or ")))
            })
            .filter(|(command, keys)| self.matches_search([command.label(), keys]))
            .collect();
        if rows.is_empty() {
            return;
        }
        ui.add_space(6.0);
        ui.strong(group.label());
        Grid::new(group.label())
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

    fn gestures(&self, ui: &mut Ui) {
        ui.add_space(6.0);
        ui.strong("Mouse, and keys on the canvas");
        for (what, does) in GESTURES
            .iter()
            .filter(|(what, does)| self.matches_search([what, does]))
        {
            ui.horizontal_wrapped(|ui| {
                ui.label(RichText::new(*what).monospace());
                ui.label(*does);
            });
        }
    }
}
