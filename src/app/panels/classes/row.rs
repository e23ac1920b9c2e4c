//! A class in the list: its colour, key, name, counts, and what can be done with it.

use egui::color_picker::{Alpha, color_edit_button_srgba};
use egui::{
    Align, Button, Color32, Layout, Modifiers, RichText, ScrollArea, Sense, Stroke, StrokeKind, Ui,
    Vec2,
};

use crate::app::action::{Action, ClassAction};
use crate::app::i18n::tr;
use crate::app::session::{ClassCount, Session};
use crate::app::theme::{self, ThemePalette};
use crate::document::{Category, CategoryId};

/// The height of a row, in points.
pub(super) const ROW_HEIGHT: f32 = 24.0;
/// The height of the list of classes to merge into before it scrolls, and its width, in points.
const MERGE_LIST_SIZE: [f32; 2] = [300.0, 200.0];

/// How a row looks.
pub(super) struct RowLook {
    /// Its place in the order of the classes.
    pub index: usize,
    /// Whether its class is selected together with others.
    pub is_selected: bool,
    /// Whether the keys of the list apply to it.
    pub is_at_cursor: bool,
    /// Whether the next key becomes that of its class.
    pub is_recording: bool,
}

/// What a person did with a row that concerns the panel only.
pub(super) enum RowEvent {
    /// Clicked its name.
    Click(Modifiers),
    /// Wants to give it another key.
    RecordKey,
    /// Wants to rename it.
    Rename,
}

/// Draws a row.
pub(super) fn row_ui(
    ui: &mut Ui,
    session: &Session,
    category: &Category,
    look: &RowLook,
    actions: &mut Vec<Action>,
) -> Option<RowEvent> {
    let mut event = None;
    let rect =
        egui::Rect::from_min_size(ui.cursor().min, Vec2::new(ui.available_width(), ROW_HEIGHT));
    if look.is_selected {
        let fill = ui.visuals().selection.bg_fill;
        ui.painter().rect_filled(rect, 4, fill);
    }
    if look.is_at_cursor {
        let stroke = Stroke::new(1.0, ThemePalette::of(ui.visuals()).accent);
        ui.painter()
            .rect_stroke(rect, 4, stroke, StrokeKind::Inside);
    }
    let builder = egui::UiBuilder::new()
        .max_rect(rect)
        .layout(Layout::left_to_right(Align::Center));
    ui.scope_builder(builder, |ui| {
        ui.set_min_size(rect.size());
        ui.spacing_mut().item_spacing.x = 4.0;
        ui.add_space(2.0);
        colour_button(ui, category, session.is_editable(), actions);
        if key_button(ui, category, session.is_editable(), look.is_recording) {
            event = Some(RowEvent::RecordKey);
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if menu_button(ui, session, category, look.index, actions) {
                event = Some(RowEvent::Rename);
            }
            visibility_button(ui, session, category, actions);
            let count = session.counts().get(&category.id);
            ui.weak(count_text(count.copied().unwrap_or_default()))
                .on_hover_text(tr!("classes-counts.tooltip"));
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let is_chosen = session.chosen_class() == Some(category.id);
                let is_sticky = session.sticky_class() == Some(category.id);
                let mark = if is_sticky { "📌 " } else { "" };
                let button = Button::selectable(is_chosen, format!("{mark}{}", category.name));
                let response = ui.add(button.truncate());
                let response = response.accessible_name(&*category.name);
                if response.on_hover_text(tr!("classes-choose")).clicked() {
                    event = Some(RowEvent::Click(ui.input(|input| input.modifiers)));
                }
            });
        });
    });
    event
}

/// The button with the key of a class. Returns whether a new key is to be recorded.
fn key_button(ui: &mut Ui, category: &Category, is_editable: bool, is_recording: bool) -> bool {
    let key = match (is_recording, category.hotkey) {
        (true, _) => tr!("classes-press-key").to_owned(),
        (false, Some(key)) => key.to_string(),
        (false, None) => "–".to_owned(),
    };
    let button =
        Button::new(RichText::new(key).monospace().small()).min_size(Vec2::new(20.0, 18.0));
    let hint = tr!("classes-key", class = &*category.name);
    let response = ui.add_enabled(is_editable, button).on_hover_text(&hint);
    response.accessible_name(hint).clicked()
}

/// The menu of a class. Returns whether it is to be renamed.
fn menu_button(
    ui: &mut Ui,
    session: &Session,
    category: &Category,
    index: usize,
    actions: &mut Vec<Action>,
) -> bool {
    let id = category.id;
    let mut renames = false;
    let response = ui.menu_button("☰", |ui| {
        ui.set_min_width(190.0);
        let mut perform = |ui: &mut Ui, action| {
            actions.push(action);
            ui.close();
        };
        if ui.button(tr!("classes-show-only")).clicked() {
            perform(ui, Action::Class(ClassAction::Solo(Some(id))));
        }
        if ui.button(tr!("classes-show-all")).clicked() {
            perform(ui, Action::Class(ClassAction::Solo(None)));
        }
        ui.separator();
        ui.add_enabled_ui(session.is_editable(), |ui| {
            let is_sticky = session.sticky_class() == Some(id);
            let text = if is_sticky {
                tr!("classes-unstick")
            } else {
                tr!("classes-stick")
            };
            let stick = ui.button(text);
            if stick.on_hover_text(tr!("classes-stick.tooltip")).clicked() {
                perform(
                    ui,
                    Action::Class(ClassAction::Stick((!is_sticky).then_some(id))),
                );
            }
            if ui.button(tr!("classes-menu-rename")).clicked() {
                renames = true;
                ui.close();
            }
            let count = session.document().categories().count();
            let up = Button::new(tr!("classes-move-up"));
            if ui.add_enabled(index > 0, up).clicked() {
                perform(ui, Action::Class(ClassAction::Move(id, -1)));
            }
            let down = Button::new(tr!("classes-move-down"));
            if ui.add_enabled(index + 1 < count, down).clicked() {
                perform(ui, Action::Class(ClassAction::Move(id, 1)));
            }
            if category.hotkey.is_some() && ui.button(tr!("classes-remove-key")).clicked() {
                perform(ui, Action::Class(ClassAction::Hotkey(id, None)));
            }
            ui.menu_button(tr!("classes-merge"), |ui| {
                if let Some(into) = merge_list(ui, session, id) {
                    let merge = ClassAction::Merge { from: id, into };
                    perform(ui, Action::Class(merge));
                }
            });
            let delete = ui.button(tr!("classes-delete"));
            if delete
                .on_hover_text(tr!("classes-delete.tooltip"))
                .clicked()
            {
                perform(ui, Action::AskToDeleteClasses(vec![id]));
            }
        });
    });
    let name = tr!("classes-menu", class = &*category.name);
    response.response.accessible_name(name);
    renames
}

/// The other classes, of which only those that can be seen are drawn. Returns the one that was clicked.
fn merge_list(ui: &mut Ui, session: &Session, id: CategoryId) -> Option<CategoryId> {
    let others: Vec<&Category> = session
        .document()
        .categories()
        .filter(|other| other.id != id)
        .collect();
    let [height, width] = MERGE_LIST_SIZE;
    ui.set_min_width(width);
    let row_height = ui.spacing().interact_size.y;
    let mut chosen = None;
    ScrollArea::vertical().max_height(height).show_rows(
        ui,
        row_height,
        others.len(),
        |ui, range| {
            for other in &others[range] {
                let name = tr!("classes-merge-into", class = &*other.name);
                let button = Button::new(&*other.name)
                    .truncate()
                    .min_size(Vec2::new(width, row_height));
                if ui.add(button).accessible_name(name).clicked() {
                    chosen = Some(other.id);
                }
            }
        },
    );
    chosen
}

/// The button that hides or shows the boxes of a class; with Shift it shows only these.
fn visibility_button(
    ui: &mut Ui,
    session: &Session,
    category: &Category,
    actions: &mut Vec<Action>,
) {
    let id = category.id;
    let is_hidden = session.is_hidden(id);
    let (colour, hint) = if is_hidden {
        let colour = ui.visuals().weak_text_color().gamma_multiply(0.5);
        (colour, tr!("classes-show", class = &*category.name))
    } else {
        let colour = ui.visuals().text_color();
        (colour, tr!("classes-hide", class = &*category.name))
    };
    let button = Button::new(RichText::new("👁").color(colour)).frame(false);
    let response = ui.add(button).on_hover_text(&hint);
    if response.accessible_name(hint).clicked() {
        let with_shift = ui.input(|input| input.modifiers.shift);
        let is_solo = session.soloed_class() == Some(id);
        actions.push(Action::Class(match (with_shift, is_solo) {
            (true, false) => ClassAction::Solo(Some(id)),
            (true, true) => ClassAction::Solo(None),
            (false, _) => ClassAction::ToggleHidden(id),
        }));
    }
}

fn colour_button(ui: &mut Ui, category: &Category, is_editable: bool, actions: &mut Vec<Action>) {
    let name = tr!("classes-colour", class = &*category.name);
    if !is_editable {
        let (rect, _) = ui.allocate_exact_size(Vec2::splat(16.0), Sense::hover());
        ui.painter()
            .rect_filled(rect, 3, theme::colour(category.colour));
        return;
    }
    let mut colour: Color32 = theme::colour(category.colour);
    ui.scope(|ui| {
        ui.spacing_mut().interact_size = Vec2::new(18.0, 16.0);
        let response = color_edit_button_srgba(ui, &mut colour, Alpha::Opaque);
        let changed = response.changed();
        response.on_hover_text(&name).accessible_name(name);
        if changed {
            let [r, g, b, _] = colour.to_array();
            actions.push(Action::Class(ClassAction::Recolour(category.id, [r, g, b])));
        }
    });
}

fn count_text(count: ClassCount) -> String {
    match count.proposed {
        0 => count.ground_truth.to_string(),
        proposed => tr!(
            "classes-counts",
            boxes = count.ground_truth,
            proposed = proposed
        ),
    }
}
