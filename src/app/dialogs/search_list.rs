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
    /// The scroll offset of the list and its visible height, in points.
    view: [f32; 2],
}

/// What was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// The name at this index.
    Name(usize),
    /// A new name.
    New(String),
}

/// The texts of a list.
pub struct ListTexts<'a> {
    /// The hint in the search field, which is its name as well.
    pub hint: &'a str,
    /// The name that the last entry adds for what was typed; none if no name can be added.
    pub new: &'a dyn Fn(&str) -> Option<String>,
    /// The text at the right edge of a name's row.
    pub note: &'a dyn Fn(usize) -> String,
}

impl SearchList {
    /// Draws the field and the list. Returns what was chosen by a click or with Enter: the first match, or
    /// a new name if nothing matches. Ctrl+Enter chooses the new name in any case.
    pub fn ui(&mut self, ui: &mut Ui, names: &[String], texts: &ListTexts<'_>) -> Option<Choice> {
        self.ui_found(ui, names, &|text| matches(text, names), texts)
    }

    /// As [`ui`](Self::ui), where `find` returns the indices of the names that match a text, best first.
    pub fn ui_found(
        &mut self,
        ui: &mut Ui,
        names: &[String],
        find: &dyn Fn(&str) -> Vec<usize>,
        texts: &ListTexts<'_>,
    ) -> Option<Choice> {
        let (step, adds) = ui.input_mut(|input| {
            let mut pressed = |key| input.consume_key(Modifiers::NONE, key);
            let step = isize::from(pressed(Key::ArrowDown)) - isize::from(pressed(Key::ArrowUp));
            let adds = self.had_focus && input.consume_key(Modifiers::COMMAND, Key::Enter);
            (step, adds)
        });
        let is_entered = ui.input(|input| input.key_pressed(Key::Enter));
        let field = TextEdit::singleline(&mut self.text)
            .hint_text(texts.hint.to_owned())
            .desired_width(f32::INFINITY);
        let response = ui.add(field).accessible_name(texts.hint);
        if !self.had_focus || is_entered {
            response.request_focus();
            self.had_focus = true;
        }
        if response.changed() {
            self.highlighted = 0;
        }
        // Only now does the text contain what was typed in this frame.
        let typed = self.text.trim().to_owned();
        let new = Some((texts.new)(&typed)).flatten();
        let new = new.filter(|_| !names.contains(&typed));
        let found = find(&typed);
        let rows = found.len() + usize::from(new.is_some());
        let last = rows.saturating_sub(1);
        self.highlighted = self.highlighted.saturating_add_signed(step).min(last);
        let is_moved = step != 0 || response.changed();
        let by_click = self.rows_ui(ui, names, &found, new.as_deref(), is_moved, texts);
        let chosen = match by_click {
            Some(row) => row,
            None if adds && new.is_some() => found.len(),
            None if is_entered && rows > 0 => self.highlighted,
            None => return None,
        };
        Some(match found.get(chosen) {
            Some(index) => Choice::Name(*index),
            None => Choice::New(typed),
        })
    }

    /// Draws the rows that can be seen. Returns the one that was clicked.
    fn rows_ui(
        &mut self,
        ui: &mut Ui,
        names: &[String],
        found: &[usize],
        new: Option<&str>,
        is_moved: bool,
        texts: &ListTexts<'_>,
    ) -> Option<usize> {
        let rows = found.len() + usize::from(new.is_some());
        let mut area = ScrollArea::vertical()
            .max_height(MAX_LIST_HEIGHT)
            .auto_shrink([false, true]);
        let [offset, height] = self.view;
        if is_moved && height > 0.0 {
            // Only visible rows are drawn, so the highlighted one cannot scroll to itself.
            let step = ROW_HEIGHT + ui.spacing().item_spacing.y;
            let top = self.highlighted as f32 * step;
            area = area.vertical_scroll_offset(offset.clamp((top + step - height).min(top), top));
        }
        let mut clicked = None;
        let output = area.show_rows(ui, ROW_HEIGHT, rows, |ui, range| {
            for row in range {
                let (name, note) = match found.get(row) {
                    Some(index) => (names[*index].as_str(), (texts.note)(*index)),
                    None => (new.unwrap_or_default(), String::new()),
                };
                let button = Button::selectable(row == self.highlighted, name)
                    .right_text(RichText::new(note).weak())
                    .truncate()
                    .min_size(vec2(ui.available_width(), ROW_HEIGHT));
                if ui.add(button).clicked() {
                    clicked = Some(row);
                }
            }
        });
        self.view = [output.state.clamped_offset().y, output.inner_rect.height()];
        clicked
    }
}

/// The indices of the names that match a text, best first; of all names, in order, if the text is
/// empty. The name itself comes before names that begin with the text, and those before the others.
pub fn matches(text: &str, names: &[String]) -> Vec<usize> {
    let text = text.trim();
    if text.is_empty() {
        return (0..names.len()).collect();
    }
    let mut matcher = Matcher::new(Config::DEFAULT);
    let pattern = Pattern::parse(text, CaseMatching::Ignore, Normalization::Smart);
    let lower = text.to_lowercase();
    let mut buffer = Vec::new();
    let mut found: Vec<(u8, u32, usize)> = names
        .iter()
        .enumerate()
        .filter_map(|(index, name)| {
            let lower_name = name.to_lowercase();
            let closeness = match lower_name.strip_prefix(&lower) {
                Some("") => 2,
                Some(_) => 1,
                None => 0,
            };
            let score = pattern.score(Utf32Str::new(name, &mut buffer), &mut matcher);
            // The name itself is found whatever its characters mean in a pattern.
            let score = score.or((closeness > 0).then_some(0))?;
            Some((closeness, score, index))
        })
        .collect();
    found.sort_by(|a, b| (b.0, b.1).cmp(&(a.0, a.1)).then(a.2.cmp(&b.2)));
    found.into_iter().map(|(_, _, index)| index).collect()
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

    #[test]
    fn the_name_itself_comes_first_and_then_what_begins_so() {
        let names = ["oscar", "carpet", "Car", "!"].map(String::from);
        assert_eq!(matches("car", &names), [2, 1, 0]);
        assert_eq!(matches("!", &names)[0], 3);
    }
}
