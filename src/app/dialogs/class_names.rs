//! What the model's classes are called here: each joined to one of the person's own, one by one,
//! all that a search finds at once, or as it is suggested.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use egui::{
    Align, Button, Context, Id, Key, Label, Layout, Modifiers, Rect, Response, RichText, Role,
    ScrollArea, Sense, TextEdit, TextStyle, Ui, UiBuilder, WidgetInfo, pos2,
};

use super::palette::Finder;
use crate::app::action::Action;
use crate::app::theme::{self, ThemePalette};
use crate::app::workspace::{ModelState, Workspace};
use crate::document::{Category, ops};
use crate::naming::{self, ANY_OBJECT, Correction, MappedClass, Suggestion, SuggestionInput};

const WIDTH: f32 = 760.0;
const ROW_HEIGHT: f32 = 28.0;
/// The height of the dialog, so that it stays where it is whatever it shows, and of what lies below
/// its list.
const HEIGHT: f32 = 500.0;
const FOOTER_HEIGHT: f32 = 52.0;
/// Where columns end, in shares of the width: class, number, name, suggestion, reason.
const COLUMN_ENDS: [f32; 5] = [0.30, 0.39, 0.59, 0.78, 1.0];
/// Rows that a page goes.
const PAGE_ROWS: isize = 10;

/// What is searched for and marked, and what was found out.
#[derive(Default)]
pub struct ClassNames {
    search: String,
    marked: usize,
    had_focus: bool,
    choosing: Option<NameChoice>,
    rows: Rows,
    /// How far the list is scrolled and how much of it shows, in points.
    view: [f32; 2],
}

/// Classes that a name is being chosen for.
struct NameChoice {
    classes: Vec<String>,
    finder: Finder,
}

/// The model's classes as they were last counted.
#[derive(Default)]
struct Rows {
    /// What they were counted over.
    of: Option<(u64, u64)>,
    /// All of them, those that were seen most often first, then in the model's order.
    all: Vec<Row>,
    /// Classes of the project that [`ops::remove_unused_model_categories`] would remove.
    renamed: usize,
}

struct Row {
    class: String,
    /// Its name in lower case, for the search.
    lower: String,
    boxes: usize,
    /// What it stands for, if anybody has said so.
    target: Option<MappedClass>,
    suggestion: Option<Suggestion>,
}

/// What a press on the list means.
#[derive(Clone, Copy, PartialEq)]
enum RowAction {
    /// Choose the name of the marked class.
    Choose,
    /// Choose one name for all that are shown.
    ChooseForAll,
    /// Take what is suggested for the marked class.
    Accept,
    /// Take all that is suggested for those that are shown.
    AcceptAll,
}

impl ClassNames {
    /// Draws the dialog.
    pub fn ui(&mut self, context: &Context, workspace: &Workspace, actions: &mut Vec<Action>) {
        let is_cancelled = self.choosing.is_some()
            && context.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape));
        if is_cancelled {
            self.choosing = None;
            self.had_focus = false;
        }
        super::modal(context, "Class names", WIDTH, actions, |ui, actions| {
            let height = HEIGHT.min(context.content_rect().height() - 120.0);
            let size = egui::vec2(ui.available_width(), height);
            ui.allocate_ui(size, |ui| {
                ui.set_min_height(height);
                self.content(ui, workspace, actions);
            });
        });
    }

    fn content(&mut self, ui: &mut Ui, workspace: &Workspace, actions: &mut Vec<Action>) {
        let model_info = match &workspace.model {
            ModelState::Ready(model_info) => model_info,
            ModelState::Loading => {
                ui.weak("The model is being loaded…");
                return;
            }
            ModelState::Failed(reason) => {
                ui.colored_label(ThemePalette::of(ui.visuals()).bad, reason);
                return;
            }
        };
        if model_info.classes.is_empty() {
            ui.weak(
                "This model finds objects without naming them. Choose one with class names in the \
                 Proposals menu.",
            );
            return;
        }
        self.rows.update(workspace, &model_info.classes);
        if self.choosing.is_some() {
            self.picker(ui, workspace, actions);
        } else {
            self.list(ui, workspace, actions);
        }
    }

    /// The rows that are shown, by their place among all: those that were seen or have a name, or
    /// those whose name has every word that is searched for. What may be joined at once must not be
    /// found by mere likeness.
    fn shown(&self) -> Vec<usize> {
        let search = self.search.to_lowercase();
        let words: Vec<&str> = search.split_whitespace().collect();
        let is_shown = |row: &Row| {
            if words.is_empty() {
                row.boxes > 0 || row.target.is_some()
            } else {
                words.iter().all(|word| row.lower.contains(word))
            }
        };
        let rows = self.rows.all.iter().enumerate();
        rows.filter(|(_, row)| is_shown(row))
            .map(|(at, _)| at)
            .collect()
    }

    fn list(&mut self, ui: &mut Ui, workspace: &Workspace, actions: &mut Vec<Action>) {
        ui.weak(
            "Join the names that the model gives to your own classes. Boxes that nobody has judged \
             follow at once; what you have judged stays as it is.",
        );
        ui.add_space(4.0);
        let search = self.search.clone();
        let (press, step) = self.search_field(ui);
        let is_moved = step != 0 || search != self.search;
        let shown = self.shown();
        let last = shown.len().saturating_sub(1);
        self.marked = self.marked.saturating_add_signed(step).min(last);
        let press = self.buttons(ui, &shown, press, actions);
        ui.add_space(2.0);
        if shown.is_empty() {
            ui.weak(match self.search.trim() {
                "" => {
                    "The model has named nothing in this project yet. Let it propose first, or \
                     search all of its names."
                }
                _ => "The model has no such name.",
            });
        }
        let clicked = self.rows_ui(ui, workspace, &shown, is_moved);
        ui.add_space(8.0);
        ui.weak(
            "Arrows mark a row    Enter chooses a name    Ctrl+Enter takes the suggestion    Esc closes",
        );
        if workspace.deriving > 0 {
            ui.weak(format!("{} other pictures follow…", workspace.deriving));
        }
        if let Some(press) = clicked.or(press) {
            self.act(press, &shown, actions);
        }
    }

    /// The field that has the focus, and what keys mean while it has.
    fn search_field(&mut self, ui: &mut Ui) -> (Option<RowAction>, isize) {
        let id = Id::unique("search of class names");
        let focused = ui.memory(egui::Memory::focused);
        let mut press = None;
        let mut step = 0;
        if focused.is_none_or(|focused| focused == id) && self.had_focus {
            ui.input_mut(|input| {
                let ctrl = Modifiers::COMMAND;
                let mut pressed = |modifiers, key| input.consume_key(modifiers, key);
                // Those with more modifiers first: they would pass for the others.
                for (modifiers, means) in [
                    (ctrl | Modifiers::SHIFT, RowAction::AcceptAll),
                    (ctrl, RowAction::Accept),
                    (Modifiers::SHIFT, RowAction::ChooseForAll),
                    (Modifiers::NONE, RowAction::Choose),
                ] {
                    if pressed(modifiers, Key::Enter) {
                        press = Some(means);
                    }
                }
                for (key, by) in [
                    (Key::ArrowDown, 1),
                    (Key::ArrowUp, -1),
                    (Key::PageDown, PAGE_ROWS),
                    (Key::PageUp, -PAGE_ROWS),
                ] {
                    step += if pressed(Modifiers::NONE, key) { by } else { 0 };
                }
            });
        }
        let field = TextEdit::singleline(&mut self.search)
            .id(id)
            .hint_text("🔍 Search all names of the model")
            .desired_width(f32::INFINITY);
        let response = ui.add(field).accessible_name("Search class names");
        if !self.had_focus {
            response.request_focus();
            self.had_focus = true;
        }
        if response.changed() {
            self.marked = 0;
        }
        (press, step)
    }

    fn buttons(
        &self,
        ui: &mut Ui,
        shown: &[usize],
        press: Option<RowAction>,
        actions: &mut Vec<Action>,
    ) -> Option<RowAction> {
        let suggested = shown
            .iter()
            .filter(|at| self.rows.all[**at].suggestion.is_some())
            .count();
        let mut press = press;
        ui.horizontal(|ui| {
            let text = match suggested {
                0 => "No suggestions".to_owned(),
                1 => "Accept the suggestion".to_owned(),
                number => format!("Accept all {number} suggestions"),
            };
            let button = ui.add_enabled(suggested > 0, Button::new(text));
            let hint = "Joins each class to the class that is suggested for it (Ctrl+Shift+Enter)";
            if button.on_hover_text(hint).clicked() {
                press = Some(RowAction::AcceptAll);
            }
            if !self.search.trim().is_empty() && shown.len() > 1 {
                let text = format!("One name for all {} shown…", shown.len());
                let hint = "Joins all classes that the search finds to one of yours (Shift+Enter)";
                if ui.button(text).on_hover_text(hint).clicked() {
                    press = Some(RowAction::ChooseForAll);
                }
            }
            if self.rows.renamed > 0 {
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    let text = match self.rows.renamed {
                        1 => "Remove 1 class without boxes".to_owned(),
                        number => format!("Remove {number} classes without boxes"),
                    };
                    let hint = "They stand for others now, and nothing is left of them";
                    if ui.button(text).on_hover_text(hint).clicked() {
                        actions.push(Action::RemoveEmptyRenamedClasses);
                    }
                });
            }
        });
        press
    }

    fn act(&mut self, press: RowAction, shown: &[usize], actions: &mut Vec<Action>) {
        let row = |at: &usize| &self.rows.all[*at];
        let marked = shown.get(self.marked).into_iter();
        let suggested = |at: &usize| {
            let suggestion = row(at).suggestion.as_ref()?;
            let target = MappedClass::named(&suggestion.category);
            Some((suggestion.class.clone(), Some(target)))
        };
        let classes: Vec<String> = match press {
            RowAction::Accept | RowAction::AcceptAll => {
                let changes: Vec<_> = if press == RowAction::Accept {
                    marked.filter_map(suggested).collect()
                } else {
                    shown.iter().filter_map(suggested).collect()
                };
                if !changes.is_empty() {
                    actions.push(Action::MapClassNames(changes));
                }
                return;
            }
            RowAction::Choose => marked.map(|at| row(at).class.clone()).collect(),
            RowAction::ChooseForAll if self.search.trim().is_empty() => Vec::new(),
            RowAction::ChooseForAll => shown.iter().map(|at| row(at).class.clone()).collect(),
        };
        if !classes.is_empty() {
            self.choosing = Some(NameChoice {
                classes,
                finder: Finder::default(),
            });
        }
    }

    fn rows_ui(
        &mut self,
        ui: &mut Ui,
        workspace: &Workspace,
        shown: &[usize],
        is_moved: bool,
    ) -> Option<RowAction> {
        let mut clicked = None;
        if !shown.is_empty() {
            header(ui);
        }
        let spacing = std::mem::take(&mut ui.spacing_mut().item_spacing.y);
        let mut area = ScrollArea::vertical()
            .id_salt("class names")
            .max_height(ui.available_height() - FOOTER_HEIGHT)
            .auto_shrink(false);
        if is_moved {
            // Only rows in sight are there, so the mark cannot scroll to itself.
            let [offset, height] = self.view;
            let top = self.marked as f32 * ROW_HEIGHT;
            area = area.vertical_scroll_offset(offset.clamp(top + ROW_HEIGHT - height, top));
        }
        let output = area.show_rows(ui, ROW_HEIGHT, shown.len(), |ui, range| {
            for place in range {
                let row = &self.rows.all[shown[place]];
                if let Some(press) = row.ui(ui, workspace, place == self.marked) {
                    clicked = Some((place, press));
                }
            }
        });
        ui.spacing_mut().item_spacing.y = spacing;
        self.view = [output.state.clamped_offset().y, output.inner_rect.height()];
        let (place, press) = clicked?;
        self.marked = place;
        press
    }

    fn picker(&mut self, ui: &mut Ui, workspace: &Workspace, actions: &mut Vec<Action>) {
        let Some(NameChoice { classes, finder }) = &mut self.choosing else {
            return;
        };
        let row = self.rows.all.iter().find(|row| row.class == classes[0]);
        let (question, own) = match &classes[..] {
            [class] => (
                format!("What is “{class}” called here?"),
                format!("Its own name, “{class}”"),
            ),
            classes => (
                format!("What are these {} classes called here?", classes.len()),
                "Their own names".to_owned(),
            ),
        };
        ui.strong(question);
        ui.add_space(2.0);
        let mut names: Vec<String> = Vec::new();
        let suggestion = row.and_then(|row| row.suggestion.as_ref());
        names.extend(suggestion.map(|suggestion| suggestion.category.clone()));
        let categories = workspace.session.document().categories();
        let categories = categories.map(|row| row.name.to_string());
        for name in categories.filter(|name| name != ANY_OBJECT && !classes.contains(name)) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let number = names.len();
        names.push("No class: the box is an “object”".to_owned());
        names.push(own);
        let typed = finder.text().to_owned();
        let is_new = !typed.is_empty() && !names.contains(&typed);
        let added = is_new.then(|| format!("New class “{typed}”"));
        let reason = |at: usize| match (at, suggestion) {
            (0, Some(suggestion)) => suggestion.reason.to_string(),
            _ => String::new(),
        };
        let hint = "Type one of your classes, or a new one";
        let Some(at) = finder.ui(ui, hint, &names, added.as_deref(), reason) else {
            return;
        };
        let target = match at.checked_sub(number) {
            None => Some(MappedClass::named(&names[at])),
            Some(0) => Some(MappedClass::Object),
            Some(1) => None,
            Some(_) => Some(MappedClass::named(&typed)),
        };
        let changes = classes.drain(..).map(|class| (class, target.clone()));
        let changes: Vec<_> = changes.collect();
        // To the next one, as a person works through the list.
        self.marked += usize::from(changes.len() == 1);
        actions.push(Action::MapClassNames(changes));
        self.choosing = None;
        self.had_focus = false;
    }
}

impl Rows {
    /// Counts anew if anything has changed.
    fn update(&mut self, workspace: &Workspace, class_names: &[String]) {
        let session = &workspace.session;
        let of = (session.revision(), workspace.census().version());
        if self.of == Some(of) {
            return;
        }
        self.of = Some(of);
        let document = session.document();
        let naming = document.naming();
        let counts = workspace.census().count(document, class_names);
        let places: HashMap<&str, usize> = {
            let mut places = HashMap::new();
            for (at, name) in class_names.iter().enumerate() {
                if let Entry::Vacant(slot) = places.entry(name.as_str()) {
                    slot.insert(at);
                }
            }
            places
        };
        // What is there merely because the model named it is none of the person's classes.
        let is_own = |row: &&Category| {
            let count = session.counts().get(&row.id).copied().unwrap_or_default();
            &*row.name != ANY_OBJECT
                && (!places.contains_key(&*row.name)
                    || count.ground_truth > 0
                    || naming.iter().any(|(_, target)| target.name() == &*row.name))
        };
        let own: Vec<&str> = document
            .categories()
            .filter(is_own)
            .map(|row| &*row.name)
            .collect();
        let name_of = |id| document.category(id).map(|row| &*row.name);
        let judgements = document.judgements();
        let corrections: Vec<Correction<'_>> = judgements
            .iter()
            .filter_map(|((was, is), times)| {
                Some(Correction {
                    class: name_of(*was).filter(|name| places.contains_key(name))?,
                    category: name_of(*is)?,
                    times: *times,
                })
            })
            .collect();
        let seen: Vec<usize> = counts.keys().copied().collect();
        let known = SuggestionInput {
            class_names,
            seen: &seen,
            categories: &own,
            corrections: &corrections,
        };
        let suggestions = naming::suggest(naming, &known).into_iter();
        let mut suggestions: HashMap<String, Suggestion> = suggestions
            .map(|suggestion| (suggestion.class.clone(), suggestion))
            .collect();
        let mut all: Vec<(usize, usize, &str)> = places
            .iter()
            .map(|(name, at)| (counts.get(at).copied().unwrap_or(0), *at, *name))
            .collect();
        all.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        let row = |(boxes, _, class): (usize, usize, &str)| Row {
            class: class.to_owned(),
            lower: class.to_lowercase(),
            boxes,
            target: naming.target(class).cloned(),
            suggestion: suggestions.remove(class),
        };
        self.all = all.into_iter().map(row).collect();
        self.renamed = ops::remove_unused_model_categories(document)
            .affected()
            .categories
            .len();
    }
}

impl Row {
    /// Draws the row; what was clicked on it, which may be nothing more than itself.
    fn ui(&self, ui: &mut Ui, workspace: &Workspace, is_marked: bool) -> Option<Option<RowAction>> {
        let size = egui::vec2(ui.available_width(), ROW_HEIGHT);
        let (rect, response) = ui.allocate_exact_size(size, Sense::CLICK);
        response.widget_info(|| {
            let called = self
                .target
                .as_ref()
                .map_or("its own name", MappedClass::name);
            let (class, boxes) = (&self.class, self.boxes);
            let text = format!("{class}, {boxes} boxes, called {called}");
            WidgetInfo::selected(Role::ListBoxOption, true, is_marked, text)
        });
        let fill = match (is_marked, response.hovered()) {
            (true, _) => Some(ui.visuals().selection.bg_fill),
            (false, true) => Some(
                ui.visuals()
                    .widgets
                    .hovered
                    .weak_bg_fill
                    .gamma_multiply(0.5),
            ),
            _ => None,
        };
        if let Some(fill) = fill {
            ui.painter().rect_filled(rect, 3, fill);
        }
        let cell = |at: usize| cell(rect, at);
        let [text, quiet] = if is_marked {
            [ui.visuals().selection.stroke.color; 2]
        } else {
            [
                ui.visuals().text_color(),
                ThemePalette::of(ui.visuals()).quiet,
            ]
        };
        in_cell(ui, cell(0), Align::Min, |ui| {
            ui.add(plain(RichText::new(&self.class).color(text)))
        });
        if self.boxes > 0 {
            in_cell(ui, cell(1), Align::Max, |ui| {
                ui.add(plain(RichText::new(self.boxes.to_string()).color(quiet)))
            });
        }
        let mut press = response.clicked().then_some(None);
        if response.double_clicked() {
            press = Some(Some(RowAction::Choose));
        }
        let name = in_cell(ui, cell(2), Align::Min, |ui| {
            self.name_button(ui, workspace)
        });
        let name = name.on_hover_text("What its boxes are called: click to choose");
        if name
            .accessible_name(format!("Name of {}", self.class))
            .clicked()
        {
            press = Some(Some(RowAction::Choose));
        }
        if let Some(suggestion) = &self.suggestion {
            let accept = in_cell(ui, cell(3), Align::Min, |ui| {
                ui.add(Button::new(format!("✔ {}", suggestion.category)).truncate())
            });
            let accept = accept.on_hover_text(format!("Suggested: {}", suggestion.reason));
            let spoken = format!("Accept {} for {}", suggestion.category, self.class);
            if accept.accessible_name(spoken).clicked() {
                press = Some(Some(RowAction::Accept));
            }
            in_cell(ui, cell(4), Align::Min, |ui| {
                let reason = suggestion.reason.to_string();
                ui.add(plain(RichText::new(reason).color(quiet)))
            });
        }
        press
    }

    fn name_button(&self, ui: &mut Ui, workspace: &Workspace) -> Response {
        let Some(target) = &self.target else {
            let quiet = RichText::new("its own name").weak();
            return ui.add(Button::new(quiet).truncate());
        };
        let name = target.name();
        let category = workspace.session.document().category_named(name);
        if let Some(category) = category {
            let (rect, _) = ui.allocate_exact_size(egui::Vec2::splat(10.0), Sense::hover());
            ui.painter()
                .rect_filled(rect, 2, theme::colour(category.colour));
        }
        ui.add(Button::new(name).truncate())
    }
}

/// What the columns are.
fn header(ui: &mut Ui) {
    let size = egui::vec2(
        ui.available_width(),
        ui.text_style_height(&TextStyle::Small) + 6.0,
    );
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    let titles = ["The model says", "boxes", "You say", "Suggested", "because"];
    for (at, title) in titles.into_iter().enumerate() {
        let align = if at == 1 { Align::Max } else { Align::Min };
        in_cell(ui, cell(rect, at), align, |ui| {
            ui.add(plain(RichText::new(title).small().weak()))
        });
    }
}

/// A cell of a row.
fn cell(row: Rect, at: usize) -> Rect {
    let left = if at == 0 { 0.0 } else { COLUMN_ENDS[at - 1] };
    let x = |share: f32| row.left() + share * row.width();
    Rect::from_min_max(
        pos2(x(left) + 6.0, row.top() + 2.0),
        pos2(x(COLUMN_ENDS[at]) - 2.0, row.bottom() - 2.0),
    )
}

fn plain(text: RichText) -> Label {
    Label::new(text).truncate().selectable(false)
}

fn in_cell<R>(ui: &mut Ui, rect: Rect, align: Align, add: impl FnOnce(&mut Ui) -> R) -> R {
    let layout = match align {
        Align::Max => Layout::right_to_left(Align::Center),
        _ => Layout::left_to_right(Align::Center),
    };
    let builder = UiBuilder::new().max_rect(rect).layout(layout);
    ui.scope_builder(builder, add).inner
}
