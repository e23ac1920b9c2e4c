//! The dialog that maps the model's classes to those of the project: one by one, all that a search
//! finds at once, or as suggested.

use egui::{Button, Context, Id, Key, Memory, Modifiers, ScrollArea, TextEdit, Ui, vec2};

use super::chooser::NameChooser;
use super::rows::{Row, Rows};
use super::table::{ROW_HEIGHT, RowClick, header_ui, row_ui};
use crate::app::action::Action;
use crate::app::dialogs::modal::modal;
use crate::app::i18n::tr;
use crate::app::theme::ThemePalette;
use crate::app::workspace::{ModelState, Workspace};
use crate::naming::MappedClass;

const WIDTH: f32 = 760.0;
/// The height of the dialog, which does not depend on its content, and of the lines below its
/// list, in points.
const HEIGHT: f32 = 500.0;
const FOOTER_HEIGHT: f32 = 52.0;
/// Space above and below the dialog, together, in points.
const VERTICAL_MARGIN: f32 = 120.0;
/// Rows that the page keys move by.
const PAGE_ROWS: isize = 10;

/// The search, the highlighted row, and the rows of the model's classes.
#[derive(Default)]
pub struct ClassNamesDialog {
    search: String,
    highlighted: usize,
    had_focus: bool,
    chooser: Option<NameChooser>,
    rows: Rows,
    /// The scroll offset of the list and its visible height, in points.
    view: [f32; 2],
}

/// An action on the highlighted row or on all rows that are shown.
#[derive(Clone, Copy, PartialEq)]
enum RowAction {
    /// Choose the name of the highlighted class.
    Choose,
    /// Choose one name for all classes that are shown.
    ChooseForAll,
    /// Accept the suggestion for the highlighted class.
    Accept,
    /// Accept all suggestions that are shown.
    AcceptAll,
}

impl ClassNamesDialog {
    /// Draws the dialog.
    pub fn ui(&mut self, context: &Context, workspace: &Workspace, actions: &mut Vec<Action>) {
        let is_cancelled = self.chooser.is_some()
            && context.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape));
        if is_cancelled {
            self.chooser = None;
            self.had_focus = false;
        }
        let title = tr!("class-names-title");
        modal(context, title, WIDTH, actions, |ui, actions| {
            let height = HEIGHT.min(context.content_rect().height() - VERTICAL_MARGIN);
            let size = vec2(ui.available_width(), height);
            ui.allocate_ui(size, |ui| {
                ui.set_min_height(height);
                self.content(ui, workspace, actions);
            });
        });
    }

    fn content(&mut self, ui: &mut Ui, workspace: &Workspace, actions: &mut Vec<Action>) {
        let model_info = match &workspace.proposing.model {
            ModelState::Ready(model_info) => model_info,
            ModelState::Loading => {
                ui.weak(tr!("model-loading"));
                return;
            }
            ModelState::Failed(reason) => {
                ui.colored_label(ThemePalette::of(ui.visuals()).bad, reason);
                return;
            }
        };
        if model_info.classes.is_empty() {
            ui.weak(tr!("class-names-no-classes"));
            return;
        }
        self.rows.update(workspace, &model_info.classes);
        if let Some(chooser) = &mut self.chooser {
            if let Some(mapping) = chooser.ui(ui, &workspace.session, &self.rows) {
                // The next row, for working through the list.
                self.highlighted += usize::from(mapping.len() == 1);
                actions.push(Action::MapClassNames(mapping));
                self.chooser = None;
                self.had_focus = false;
            }
        } else {
            self.list_ui(ui, workspace, actions);
        }
    }

    fn list_ui(&mut self, ui: &mut Ui, workspace: &Workspace, actions: &mut Vec<Action>) {
        ui.weak(tr!("class-names-explanation"));
        ui.add_space(4.0);
        let search = self.search.clone();
        let (by_key, step) = self.search_field(ui);
        let is_moved = step != 0 || search != self.search;
        let shown = self.rows.matching(&self.search);
        let last = shown.len().saturating_sub(1);
        self.highlighted = self.highlighted.saturating_add_signed(step).min(last);
        let by_button = self.buttons(ui, &shown);
        ui.add_space(2.0);
        if shown.is_empty() {
            ui.weak(match self.search.trim() {
                "" => tr!("class-names-nothing-seen"),
                _ => tr!("class-names-no-match"),
            });
        }
        let by_click = self.rows_ui(ui, workspace, &shown, is_moved);
        ui.add_space(8.0);
        ui.weak(tr!("class-names-keys"));
        if workspace.relocalizing.remaining > 0 {
            ui.weak(tr!(
                "proposals-updating",
                count = workspace.relocalizing.remaining
            ));
        }
        if let Some(action) = by_click.or(by_button).or(by_key) {
            self.act(action, &shown, actions);
        }
    }

    /// The search field, and what keys do while it has the focus: an action, and by how many rows
    /// the highlight moves.
    fn search_field(&mut self, ui: &mut Ui) -> (Option<RowAction>, isize) {
        let id = Id::unique("search of class names");
        let focused = ui.memory(Memory::focused);
        let mut action = None;
        let mut step = 0;
        if focused.is_none_or(|focused| focused == id) && self.had_focus {
            ui.input_mut(|input| {
                let ctrl = Modifiers::COMMAND;
                let mut pressed = |modifiers, key| input.consume_key(modifiers, key);
                // Most modifiers first: otherwise the shorter combinations match too.
                for (modifiers, meaning) in [
                    (ctrl | Modifiers::SHIFT, RowAction::AcceptAll),
                    (ctrl, RowAction::Accept),
                    (Modifiers::SHIFT, RowAction::ChooseForAll),
                    (Modifiers::NONE, RowAction::Choose),
                ] {
                    if pressed(modifiers, Key::Enter) {
                        action = Some(meaning);
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
            .hint_text(tr!("class-names-search.hint"))
            .desired_width(f32::INFINITY);
        let response = ui.add(field).accessible_name(tr!("class-names-search"));
        if !self.had_focus {
            response.request_focus();
            self.had_focus = true;
        }
        if response.changed() {
            self.highlighted = 0;
        }
        (action, step)
    }

    fn buttons(&self, ui: &mut Ui, shown: &[usize]) -> Option<RowAction> {
        let suggested = shown
            .iter()
            .filter(|index| self.rows.all[**index].suggestion.is_some())
            .count();
        let mut action = None;
        ui.horizontal(|ui| {
            let text = tr!("class-names-accept", count = suggested);
            let button = ui.add_enabled(suggested > 0, Button::new(text));
            let button = button.on_hover_text(tr!("class-names-accept.tooltip"));
            if button.clicked() {
                action = Some(RowAction::AcceptAll);
            }
            if !self.search.trim().is_empty() && shown.len() > 1 {
                let button = ui.button(tr!("class-names-choose-for-all", count = shown.len()));
                let button = button.on_hover_text(tr!("class-names-choose-for-all.tooltip"));
                if button.clicked() {
                    action = Some(RowAction::ChooseForAll);
                }
            }
        });
        action
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
            header_ui(ui);
        }
        let spacing = std::mem::take(&mut ui.spacing_mut().item_spacing.y);
        let mut area = ScrollArea::vertical()
            .id_salt("class names")
            .max_height(ui.available_height() - FOOTER_HEIGHT)
            .auto_shrink(false);
        if is_moved {
            // Only visible rows are drawn, so the highlighted one cannot scroll to itself.
            let [offset, height] = self.view;
            let top = self.highlighted as f32 * ROW_HEIGHT;
            area = area.vertical_scroll_offset(offset.clamp(top + ROW_HEIGHT - height, top));
        }
        let output = area.show_rows(ui, ROW_HEIGHT, shown.len(), |ui, range| {
            for place in range {
                let row = &self.rows.all[shown[place]];
                let is_highlighted = place == self.highlighted;
                if let Some(click) = row_ui(ui, workspace, row, is_highlighted) {
                    clicked = Some((place, click));
                }
            }
        });
        ui.spacing_mut().item_spacing.y = spacing;
        self.view = [output.state.clamped_offset().y, output.inner_rect.height()];
        let (place, click) = clicked?;
        self.highlighted = place;
        match click {
            RowClick::Row => None,
            RowClick::Choose => Some(RowAction::Choose),
            RowClick::Accept => Some(RowAction::Accept),
        }
    }

    fn act(&mut self, action: RowAction, shown: &[usize], actions: &mut Vec<Action>) {
        let rows = || shown.iter().map(|index| &self.rows.all[*index]);
        let highlighted = || rows().skip(self.highlighted).take(1);
        let suggested = |row: &Row| {
            let suggestion = row.suggestion.as_ref()?;
            let target = MappedClass::named(&suggestion.category);
            Some((suggestion.class.clone(), Some(target)))
        };
        let name_of = |row: &Row| row.class.clone();
        let mapping: Vec<_> = match action {
            RowAction::Accept => highlighted().filter_map(suggested).collect(),
            RowAction::AcceptAll => rows().filter_map(suggested).collect(),
            RowAction::Choose | RowAction::ChooseForAll => Vec::new(),
        };
        let classes: Vec<String> = match action {
            RowAction::Choose => highlighted().map(name_of).collect(),
            RowAction::ChooseForAll if !self.search.trim().is_empty() => {
                rows().map(name_of).collect()
            }
            _ => Vec::new(),
        };
        if !mapping.is_empty() {
            actions.push(Action::MapClassNames(mapping));
        }
        if !classes.is_empty() {
            self.chooser = Some(NameChooser::new(classes));
        }
    }
}
