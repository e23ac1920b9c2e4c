//! Tags: which classes the selected pictures show.

use std::collections::BTreeMap;

use egui::{
    Align, Checkbox, Color32, Context, Id, Key, Label, Layout, Modifiers, Rect, RichText, Role,
    ScrollArea, Sense, TextEdit, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};

use super::modal::modal;
use super::search_list::matches;
use crate::app::action::Action;
use crate::app::i18n::tr;
use crate::app::session::Session;
use crate::app::theme::{self, ThemePalette};
use crate::app::visible_rows::visible_rows;
use crate::document::{Category, CategoryId};

const WIDTH: f32 = 380.0;
const LIST_HEIGHT: f32 = 300.0;
const ROW_HEIGHT: f32 = 26.0;

/// The search text, the highlighted row and the counts.
#[derive(Default)]
pub struct TagsDialog {
    search: String,
    highlighted: usize,
    had_focus: bool,
    counts: TagCounts,
}

/// How many of the selected pictures have each tag.
#[derive(Default)]
struct TagCounts {
    /// The revision of the document and the version of the selection that were counted.
    versions: Option<(u64, u64)>,
    /// The path of the picture, if only one is selected.
    name: Option<String>,
    pictures: usize,
    tags: BTreeMap<CategoryId, usize>,
}

impl TagCounts {
    fn update(&mut self, session: &Session) {
        let versions = (session.revision(), session.list_selection().version());
        if self.versions == Some(versions) {
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
            versions: Some(versions),
            name,
            pictures: pictures.len(),
            tags,
        };
    }

    fn of(&self, category: CategoryId) -> usize {
        self.tags.get(&category).copied().unwrap_or(0)
    }

    /// How many pictures have a tag, in words; empty if none has.
    fn text_of(&self, category: CategoryId) -> String {
        match (self.of(category), self.pictures) {
            (0, _) => String::new(),
            (_, 1) => tr!("tags-one").to_owned(),
            (count, total) if count == total => tr!("tags-all", count = total),
            (count, total) => tr!("tags-some", count = count, total = total),
        }
    }
}

impl TagsDialog {
    /// Draws the dialog.
    pub fn ui(&mut self, context: &Context, session: &Session, actions: &mut Vec<Action>) {
        self.counts.update(session);
        modal(context, tr!("tags-title"), WIDTH, actions, |ui, actions| {
            match &self.counts.name {
                Some(name) => ui.add(Label::new(name).truncate()),
                None => ui.strong(tr!("tags-selected", count = self.counts.pictures)),
            };
            ui.weak(tr!("tags-explanation"));
            ui.add_space(4.0);
            let categories: Vec<&Category> = session.document().categories().collect();
            self.content(ui, &categories, actions);
            ui.add_space(6.0);
            ui.weak(tr!("tags-keys"));
        });
    }

    fn content(&mut self, ui: &mut Ui, categories: &[&Category], actions: &mut Vec<Action>) {
        let (step, is_entered) = self.search_field(ui);
        let names: Vec<String> = categories.iter().map(|row| row.name.to_string()).collect();
        let typed = self.search.trim().to_owned();
        let is_new = !typed.is_empty() && !names.contains(&typed);
        let found = matches(&self.search, &names);
        let rows = found.len() + usize::from(is_new);
        self.highlighted = self
            .highlighted
            .saturating_add_signed(step)
            .min(rows.saturating_sub(1));
        let mut clicked = None;
        let entered = is_entered
            .then_some(self.highlighted)
            .filter(|at| *at < rows);
        ScrollArea::vertical()
            .max_height(LIST_HEIGHT)
            .min_scrolled_height(LIST_HEIGHT)
            .auto_shrink(false)
            .show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                if rows == 0 {
                    ui.weak(tr!("tags-empty"));
                }
                let target = (step != 0).then_some(self.highlighted);
                visible_rows(ui, ROW_HEIGHT, rows, target, |ui, place| {
                    let category = found.get(place).map(|at| categories[*at]);
                    let is_highlighted = place == self.highlighted;
                    let is_clicked = match category {
                        Some(category) => self.row(ui, category, is_highlighted),
                        None => new_row(ui, &typed, is_highlighted),
                    };
                    if is_clicked {
                        clicked = Some(place);
                    }
                });
            });
        self.highlighted = clicked.unwrap_or(self.highlighted);
        let Some(place) = clicked.or(entered) else {
            return;
        };
        match found.get(place).map(|at| categories[*at].id) {
            Some(id) => {
                let is_everywhere = self.counts.of(id) == self.counts.pictures;
                actions.push(Action::SetTag(id, !is_everywhere));
            }
            None => actions.push(Action::TagByName(typed)),
        }
        if !self.search.is_empty() {
            // Ready for the next class.
            self.search.clear();
            self.highlighted = 0;
        }
    }

    /// The search field. Returns by how many rows the highlight moves, and whether Enter was pressed.
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
            .hint_text(tr!("tags-search.hint"))
            .desired_width(f32::INFINITY);
        let response = ui.add(field).accessible_name(tr!("tags-search"));
        if !self.had_focus {
            response.request_focus();
            self.had_focus = true;
        }
        if response.changed() {
            self.highlighted = 0;
        }
        (step, is_entered)
    }

    /// The row of a class. Returns whether it was clicked.
    fn row(&self, ui: &mut Ui, category: &Category, is_highlighted: bool) -> bool {
        let count = self.counts.of(category.id);
        let tagged = self.counts.text_of(category.id);
        let (rect, response) =
            ui.allocate_exact_size(vec2(ui.available_width(), ROW_HEIGHT), Sense::CLICK);
        response.widget_info(|| {
            let state = if tagged.is_empty() {
                tr!("tags-none")
            } else {
                &tagged
            };
            let text = tr!("tags-row", class = &*category.name, state = state);
            WidgetInfo::selected(Role::ListBoxOption, true, is_highlighted, text)
        });
        background(ui, rect, is_highlighted, response.hovered());
        let mut is_everywhere = count > 0 && count == self.counts.pictures;
        let is_somewhere = count > 0 && !is_everywhere;
        let [text, quiet] = colours(ui, is_highlighted);
        let name = &*category.name;
        let is_checked = inside(ui, rect, |ui| {
            let check = Checkbox::without_text(&mut is_everywhere).indeterminate(is_somewhere);
            let check = ui
                .add(check)
                .accessible_name(tr!("tags-checkbox", class = name));
            let (chip, _) = ui.allocate_exact_size(vec2(10.0, 10.0), Sense::hover());
            ui.painter()
                .rect_filled(chip, 2, theme::colour(category.colour));
            ui.add(plain(RichText::new(name).color(text)));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                ui.add(plain(RichText::new(tagged).color(quiet)));
            });
            check.clicked()
        });
        response.clicked() || is_checked
    }
}

/// The row that creates a class from the search text. Returns whether it was clicked.
fn new_row(ui: &mut Ui, typed: &str, is_highlighted: bool) -> bool {
    let (rect, response) =
        ui.allocate_exact_size(vec2(ui.available_width(), ROW_HEIGHT), Sense::CLICK);
    let text = tr!("new-class-entry", name = typed);
    response.widget_info(|| {
        WidgetInfo::selected(Role::ListBoxOption, true, is_highlighted, text.as_str())
    });
    background(ui, rect, is_highlighted, response.hovered());
    inside(ui, rect, |ui| {
        let [colour, _] = colours(ui, is_highlighted);
        ui.add(plain(RichText::new(text.as_str()).color(colour)));
    });
    response.clicked()
}

fn background(ui: &Ui, rect: Rect, is_highlighted: bool, is_hovered: bool) {
    let visuals = ui.visuals();
    let fill = match (is_highlighted, is_hovered) {
        (true, _) => visuals.selection.bg_fill,
        (false, true) => visuals.widgets.hovered.weak_bg_fill.gamma_multiply(0.5),
        (false, false) => return,
    };
    ui.painter().rect_filled(rect, 3, fill);
}

/// The colours of normal and of secondary text; a highlighted row has one colour for both.
fn colours(ui: &Ui, is_highlighted: bool) -> [Color32; 2] {
    let visuals = ui.visuals();
    if is_highlighted {
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
