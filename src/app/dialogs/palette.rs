//! The command palette: any command, found by a part of its name.

use egui::{Button, Context, Key, RichText, ScrollArea, TextEdit, Ui};
use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher};

use crate::app::action::Action;
use crate::app::command::Command;
use crate::app::command_state::CommandState;

/// What was typed, and which entry is marked.
#[derive(Default)]
pub struct CommandPalette {
    finder: Finder,
}

impl CommandPalette {
    /// Draws the palette.
    pub fn ui(&mut self, context: &Context, offer: &CommandState<'_>, actions: &mut Vec<Action>) {
        super::modal(context, "Command palette", 520.0, actions, |ui, actions| {
            let commands: Vec<Command> = Command::ALL
                .into_iter()
                .filter(|command| offer.is_enabled(*command) && *command != Command::CommandPalette)
                .collect();
            let names: Vec<String> = commands
                .iter()
                .map(|command| offer.label(*command))
                .collect();
            let keys = |at: usize| offer.keymap.text(commands[at]).unwrap_or_default();
            let chosen = self
                .finder
                .ui(ui, "Type a part of a command", &names, None, keys);
            if let Some(at) = chosen {
                actions.push(Action::CloseDialog);
                actions.push(Action::Command(commands[at]));
            }
        });
    }
}

/// A field and a list of names that it narrows; what palette and class picker share.
#[derive(Default)]
pub struct Finder {
    text: String,
    marked: usize,
    had_focus: bool,
}

impl Finder {
    /// What was typed.
    pub fn text(&self) -> &str {
        self.text.trim()
    }

    /// Draws it; which of the names was chosen by a click or with Enter. `last` comes after those
    /// that match, whatever was typed, and has the number after the last name. `note` is what
    /// stands at the right of a name.
    pub fn ui(
        &mut self,
        ui: &mut Ui,
        hint: &str,
        names: &[String],
        last: Option<&str>,
        note: impl Fn(usize) -> String,
    ) -> Option<usize> {
        let step = ui.input_mut(|input| {
            let mut pressed = |key| input.consume_key(egui::Modifiers::NONE, key);
            isize::from(pressed(Key::ArrowDown)) - isize::from(pressed(Key::ArrowUp))
        });
        let is_entered = ui.input(|input| input.key_pressed(Key::Enter));
        let field = TextEdit::singleline(&mut self.text)
            .hint_text(hint.to_owned())
            .desired_width(f32::INFINITY);
        let response = ui.add(field).accessible_name(hint);
        if !self.had_focus || is_entered {
            response.request_focus();
            self.had_focus = true;
        }
        if response.changed() {
            self.marked = 0;
        }
        let mut found = matches(&self.text, names);
        found.extend(last.is_some().then_some(names.len()));
        let lowest = found.len().saturating_sub(1);
        self.marked = self.marked.saturating_add_signed(step).min(lowest);
        let name_of = |at: usize| {
            names
                .get(at)
                .map(String::as_str)
                .or(last)
                .unwrap_or_default()
        };
        let mut chosen = None;
        ScrollArea::vertical()
            .max_height(320.0)
            .auto_shrink([false, true])
            .show(ui, |ui| {
                for (row, at) in found.iter().enumerate() {
                    let is_marked = row == self.marked;
                    let button = Button::selectable(is_marked, name_of(*at))
                        .right_text(RichText::new(note(*at)).weak())
                        .min_size(egui::vec2(ui.available_width(), 22.0));
                    let response = ui.add(button);
                    if is_marked && step != 0 {
                        response.scroll_to_me(None);
                    }
                    if response.clicked() {
                        chosen = Some(*at);
                    }
                }
            });
        if is_entered && chosen.is_none() {
            chosen = found.get(self.marked).copied();
        }
        chosen
    }
}

/// The names that a text may mean, best first; all of them, in order, if there is none.
pub fn matches(text: &str, names: &[String]) -> Vec<usize> {
    if text.trim().is_empty() {
        return (0..names.len()).collect();
    }
    let mut matcher = Matcher::new(Config::DEFAULT);
    let pattern = Pattern::parse(text, CaseMatching::Ignore, Normalization::Smart);
    let mut buffer = Vec::new();
    let mut found: Vec<(u32, usize)> = names
        .iter()
        .enumerate()
        .filter_map(|(at, name)| {
            let name = nucleo_matcher::Utf32Str::new(name, &mut buffer);
            Some((pattern.score(name, &mut matcher)?, at))
        })
        .collect();
    found.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    found.into_iter().map(|(_, at)| at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_letters_find_a_name() {
        let names = ["Open folder…", "Propose all pictures", "Accept all, go on"].map(String::from);
        assert_eq!(matches("", &names), [0, 1, 2]);
        assert_eq!(matches("propall", &names), [1]);
        assert_eq!(matches("ACC", &names)[0], 2);
        assert_eq!(matches("xyzzy", &names), [0; 0]);
    }
}
