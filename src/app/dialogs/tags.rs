//! Which classes the selected pictures show, for all of them at once.

use std::collections::BTreeMap;

use egui::{
    Align, Checkbox, Color32, Context, Id, Key, Label, Layout, Modifiers, Rect, RichText, Role,
    ScrollArea, Sense, TextEdit, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};

use super::palette::matches;
use crate::app::action::Action;
use crate::app::session::Session;
use crate::app::theme::{self, ThemePalette};
use crate::document::{Category, CategoryId};

const WIDTH: f32 = 380.0;
const LIST_HEIGHT: f32 = 300.0;
const ROW_HEIGHT: f32 = 26.0;

/// What was typed and is marked, and what was counted.
#[derive(Default)]
pub struct Tags {
    search: String,
    marked: usize,
    had_focus: bool,
    counted: TagCounts,
}

/// How many of the selected pictures have each tag.
#[derive(Default)]
struct TagCounts {
    /// The revision of the document and the version of the selection that were counted.
    of: Option<(u64, u64)>,
    /// The one picture, if it is one alone.
    name: Option<String>,
    pictures: usize,
    tags: BTreeMap<CategoryId, usize>,
}

impl TagCounts {
    fn update(&mut self, session: &Session) {
        let of = (session.revision(), session.list_selection().version());
        if self.of == Some(of) {
            return;
        }
        let pictures = session.selected_pictures();
        let document = session.document();
        let mut tags = BTreeMap::new();
        let mut name = None;
        for row in pictures.iter().filter_map(|id| document.picture(*id)) {
            for tag in &row.tags {
                *tags.entry(*tag).or_default() += 1;
            }
            name = (pictures.len() == 1).then(|| row.path.to_string());
        }
        *self = Self {
            of: Some(of),
            name,
            pictures: pictures.len(),
            tags,
        };
    }

    fn of(&self, category: CategoryId) -> usize {
        self.tags.get(&category).copied().unwrap_or(0)
    }

    /// How many pictures have a tag, in words.
    fn text_of(&self, category: CategoryId) -> String {
        match (self.of(category), self.pictures) {
            (0, _) => String::new(),
            (_, 1) => "tagged".to_owned(),
            (number, all) if number == all => format!("all {all}"),
            (number, all) => format!("{number} of {all}"),
        }
    }
}

impl Tags {
    /// Draws the dialog.
    pub fn ui(&mut self, context: &Context, session: &Session, actions: &mut Vec<Action>) {
        self.counted.update(session);
        super::modal(context, "Tags", WIDTH, actions, |ui, actions| {
            match &self.counted.name {
                Some(name) => ui.add(Label::new(name).truncate()),
                None => ui.strong(format!("{} selected pictures", self.counted.pictures)),
            };
            ui.weak("What a picture shows, whether boxes are drawn on it or not.");
            ui.add_space(4.0);
            let categories: Vec<&Category> = session.document().categories().collect();
            self.content(ui, &categories, actions);
            ui.add_space(6.0);
            ui.weak("Arrows mark a class    Enter sets or clears it    Esc closes");
        });
    }

    fn content(&mut self, ui: &mut Ui, categories: &[&Category], actions: &mut Vec<Action>) {
        let (step, is_entered) = self.search_field(ui);
        let names: Vec<String> = categories.iter().map(|row| row.name.to_string()).collect();
        let typed = self.search.trim().to_owned();
        let is_new = !typed.is_empty() && !names.contains(&typed);
        let found = matches(&self.search, &names);
        let rows = found.len() + usize::from(is_new);
        self.marked = self
            .marked
            .saturating_add_signed(step)
            .min(rows.saturating_sub(1));
        let mut chosen = is_entered.then_some(self.marked).filter(|at| *at < rows);
        ScrollArea::vertical()
            .max_height(LIST_HEIGHT)
            .min_scrolled_height(LIST_HEIGHT)
            .auto_shrink(false)
            .show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                if rows == 0 {
                    ui.weak("There is no class yet: type the name of one.");
                }
                for place in 0..rows {
                    let category = found.get(place).map(|at| categories[*at]);
                    let is_marked = place == self.marked;
                    let is_clicked = match category {
                        Some(category) => self.row(ui, category, is_marked, step != 0),
                        None => new_row(ui, &typed, is_marked),
                    };
                    if is_clicked {
                        self.marked = place;
                        chosen = Some(place);
                    }
                }
            });
        let Some(place) = chosen else { return };
        match found.get(place).map(|at| categories[*at].id) {
            Some(id) => {
                let is_everywhere = self.counted.of(id) == self.counted.pictures;
                actions.push(Action::SetTag(id, !is_everywhere));
            }
            None => actions.push(Action::TagByName(typed)),
        }
        if !self.search.is_empty() {
            // For the next one.
            self.search.clear();
            self.marked = 0;
        }
    }

    /// The field that has the focus; how far the mark is moved, and whether Enter was pressed.
    fn search_field(&mut self, ui: &mut Ui) -> (isize, bool) {
        let id = Id::unique("search of tags");
        let has_focus = ui.memory(|memory| memory.focused().is_none_or(|focused| focused == id));
        let (step, is_entered) = ui.input_mut(|input| {
            let mut pressed = |key| has_focus && input.consume_key(Modifiers::NONE, key);
            let step = isize::from(pressed(Key::ArrowDown)) - isize::from(pressed(Key::ArrowUp));
            (step, self.had_focus && pressed(Key::Enter))
        });
        let field = TextEdit::singleline(&mut self.search)
            .id(id)
            .hint_text("🔍 Type a class, or a new one")
            .desired_width(f32::INFINITY);
        let response = ui.add(field).accessible_name("Type a class");
        if !self.had_focus {
            response.request_focus();
            self.had_focus = true;
        }
        if response.changed() {
            self.marked = 0;
        }
        (step, is_entered)
    }

    /// A class; whether it was clicked.
    fn row(&self, ui: &mut Ui, category: &Category, is_marked: bool, is_moved: bool) -> bool {
        let count = self.counted.of(category.id);
        let text_of = self.counted.text_of(category.id);
        let (rect, response) =
            ui.allocate_exact_size(vec2(ui.available_width(), ROW_HEIGHT), Sense::CLICK);
        response.widget_info(|| {
            let state = if text_of.is_empty() {
                "not tagged"
            } else {
                &text_of
            };
            let text = format!("{}, {state}", category.name);
            WidgetInfo::selected(Role::ListBoxOption, true, is_marked, text)
        });
        if is_marked && is_moved {
            response.scroll_to_me(None);
        }
        background(ui, rect, is_marked, response.hovered());
        let mut is_everywhere = count > 0 && count == self.counted.pictures;
        let is_somewhere = count > 0 && !is_everywhere;
        let [text, quiet] = colours(ui, is_marked);
        let name = &*category.name;
        let is_checked = inside(ui, rect, |ui| {
            let check = Checkbox::without_text(&mut is_everywhere).indeterminate(is_somewhere);
            let check = ui.add(check).accessible_name(format!("Tag {name}"));
            let (chip, _) = ui.allocate_exact_size(vec2(10.0, 10.0), Sense::hover());
            ui.painter()
                .rect_filled(chip, 2, theme::colour(category.colour));
            ui.add(plain(RichText::new(name).color(text)));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                ui.add(plain(RichText::new(text_of).color(quiet)));
            });
            check.clicked()
        });
        response.clicked() || is_checked
    }
}

/// What makes a class of what was typed; whether it was clicked.
fn new_row(ui: &mut Ui, typed: &str, is_marked: bool) -> bool {
    let (rect, response) =
        ui.allocate_exact_size(vec2(ui.available_width(), ROW_HEIGHT), Sense::CLICK);
    let text = format!("New class “{typed}”");
    response
        .widget_info(|| WidgetInfo::selected(Role::ListBoxOption, true, is_marked, text.as_str()));
    background(ui, rect, is_marked, response.hovered());
    inside(ui, rect, |ui| {
        let [colour, _] = colours(ui, is_marked);
        ui.add(plain(RichText::new(text.as_str()).color(colour)));
    });
    response.clicked()
}

fn background(ui: &Ui, rect: Rect, is_marked: bool, is_hovered: bool) {
    let visuals = ui.visuals();
    let fill = match (is_marked, is_hovered) {
        (true, _) => visuals.selection.bg_fill,
        (false, true) => visuals.widgets.hovered.weak_bg_fill.gamma_multiply(0.5),
        (false, false) => return,
    };
    ui.painter().rect_filled(rect, 3, fill);
}

/// The colours of text and of what matters less: on the mark only its own colour can be read.
fn colours(ui: &Ui, is_marked: bool) -> [Color32; 2] {
    let visuals = ui.visuals();
    if is_marked {
        [visuals.selection.stroke.color; 2]
    } else {
        [visuals.text_color(), ThemePalette::of(visuals).quiet]
    }
}

fn inside<R>(ui: &mut Ui, rect: Rect, add: impl FnOnce(&mut Ui) -> R) -> R {
    let rect = Rect::from_min_max(
        pos2(rect.left() + 6.0, rect.top()),
        pos2(rect.right() - 8.0, rect.bottom()),
    );
    let layout = Layout::left_to_right(Align::Center);
    let builder = UiBuilder::new().max_rect(rect).layout(layout);
    ui.scope_builder(builder, add).inner
}

fn plain(text: RichText) -> Label {
    Label::new(text).truncate().selectable(false)
}
