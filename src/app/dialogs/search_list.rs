//! A search field over a list of names: what the command palette and the class pickers share.

use egui::{Button, Key, Modifiers, RichText, ScrollArea, TextEdit, Ui, vec2};
use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

/// The height of the list before it scrolls, and of a row, in points.
const MAX_LIST_HEIGHT: f32 = 320.0;
const ROW_HEIGHT: f32 = 22.0;

/// The text in the search field and the highlighted row.
#[derive(Default)]
pub struct SearchList {
    text: String,
    highlighted: usize,
    had_focus: bool,
}

impl SearchList {
    /// The text in the search field.
    pub fn text(&self) -> &str {
        self.text.trim()
    }

    /// Draws the field and the list. Returns the index of the name that was chosen by a click or
    /// with Enter.
    ///
    /// `last` is an entry after all matches, regardless of the text; its index is `names.len()`.
    /// `note` is the text at the right edge of a name's row.
    pub fn ui(
        &mut self,
        ui: &mut Ui,
        hint: &str,
        names: &[String],
        last: Option<&str>,
        note: impl Fn(usize) -> String,
    ) -> Option<usize> {
        let step = ui.input_mut(|input| {
            let mut pressed = |key| input.consume_key(Modifiers::NONE, key);
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
            self.highlighted = 0;
        }
        let mut found = matches(&self.text, names);
        found.extend(last.is_some().then_some(names.len()));
        let max = found.len().saturating_sub(1);
        self.highlighted = self.highlighted.saturating_add_signed(step).min(max);
        let name_of = |index: usize| {
            names
                .get(index)
                .map(String::as_str)
                .or(last)
                .unwrap_or_default()
        };
        let mut chosen = None;
        ScrollArea::vertical()
            .max_height(MAX_LIST_HEIGHT)
            .auto_shrink([false, true])
            .show(ui, |ui| {
                for (row, index) in found.iter().enumerate() {
                    let is_highlighted = row == self.highlighted;
                    let button = Button::selectable(is_highlighted, name_of(*index))
                        .right_text(RichText::new(note(*index)).weak())
                        .min_size(vec2(ui.available_width(), ROW_HEIGHT));
                    let response = ui.add(button);
                    if is_highlighted && step != 0 {
                        response.scroll_to_me(None);
                    }
                    if response.clicked() {
                        chosen = Some(*index);
                    }
                }
            });
        if is_entered && chosen.is_none() {
            chosen = found.get(self.highlighted).copied();
        }
        chosen
    }
}

/// The indices of the names that match a text, best first; of all names, in order, if the text is
/// empty.
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
        .filter_map(|(index, name)| {
            let name = Utf32Str::new(name, &mut buffer);
            Some((pattern.score(name, &mut matcher)?, index))
        })
        .collect();
    found.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    found.into_iter().map(|(_, index)| index).collect()
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
