//! The boxes of the current picture as a list, for work without the mouse and for boxes that others
//! cover.

use egui::{
    Align2, ComboBox, CornerRadius, FontId, Id, Key, Rect, Role, ScrollArea, Sense, Ui, Vec2,
    WidgetInfo, pos2, vec2,
};

use crate::app::action::Action;
use crate::app::canvas;
use crate::app::class_text::class_text;
use crate::app::command::Command;
use crate::app::form;
use crate::app::i18n::{self, tr};
use crate::app::session::BoxOrder;
use crate::app::theme::{self, ThemePalette};
use crate::app::workspace::Workspace;
use crate::document::{Annotation, BoxState};

const ROW_HEIGHT: f32 = 22.0;
/// Boxes from which it matters in which order they are.
const MIN_ORDERED: usize = 3;
/// Rows before the list scrolls.
const MAX_VISIBLE_ROWS: f32 = 9.0;

/// The id of the list among egui's widgets.
pub fn id() -> Id {
    Id::unique("tsukami boxes")
}

/// The list takes the focus as a whole: its arrow keys go from box to box, Enter goes to the canvas.
fn focus(ui: &Ui, count: usize, actions: &mut Vec<Action>) {
    let rect = Rect::from_min_size(ui.cursor().min, vec2(ui.available_width(), 1.0));
    let response = ui.interact(rect, id(), Sense::focusable_noninteractive());
    response
        .widget_info(|| WidgetInfo::labeled(Role::ListBox, true, tr!("boxes-name", count = count)));
    if !response.has_focus() {
        return;
    }
    let filter = egui::EventFilter {
        vertical_arrows: true,
        ..egui::EventFilter::default()
    };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(id(), filter));
    let pressed = |key| ui.input(|input| input.key_pressed(key));
    if pressed(Key::ArrowDown) {
        actions.push(Action::Command(Command::NextBox));
    } else if pressed(Key::ArrowUp) {
        actions.push(Action::Command(Command::PreviousBox));
    } else if pressed(Key::Enter) {
        ui.memory_mut(|memory| memory.request_focus(canvas::id()));
    }
    let accent = ThemePalette::of(ui.visuals()).accent;
    let stroke = egui::Stroke::new(1.5, accent);
    ui.painter().hline(rect.x_range(), rect.top(), stroke);
}

/// Draws the list.
pub fn ui(ui: &mut Ui, workspace: &Workspace, actions: &mut Vec<Action>) {
    let session = &workspace.session;
    let order = session.review_order();
    focus(ui, order.len(), actions);
    if order.is_empty() {
        ui.weak(match session.is_editable() {
            true => tr!("boxes-empty"),
            false => tr!("boxes-empty-read-only"),
        });
        return;
    }
    if order.len() >= MIN_ORDERED {
        order_ui(ui, session.box_order(), actions);
    }
    ui.spacing_mut().item_spacing.y = 1.0;
    ScrollArea::vertical()
        .id_salt("boxes")
        .max_height(MAX_VISIBLE_ROWS * (ROW_HEIGHT + 1.0))
        .auto_shrink([false, true])
        .show_rows(ui, ROW_HEIGHT, order.len(), |ui, rows| {
            for id in &order[rows] {
                if let Some((_, row)) = session.document().annotation(*id) {
                    row_ui(ui, workspace, row, actions);
                }
            }
        });
}

/// The order of the list, to be chosen.
fn order_ui(ui: &mut Ui, order: BoxOrder, actions: &mut Vec<Action>) {
    // In a line of its own height: the panel scrolls, so that there is no end to what is below.
    ui.horizontal(|ui| {
        let response = ComboBox::from_id_salt("box order")
            .selected_text(order_name(order))
            .width(ui.available_width() - form::COMBO_MARGIN)
            .show_ui(ui, |ui| {
                for other in BoxOrder::ALL {
                    if ui
                        .selectable_label(other == order, order_name(other))
                        .clicked()
                    {
                        actions.push(Action::SetBoxOrder(other));
                    }
                }
            })
            .response;
        response
            .on_hover_text(tr!("box-order.tooltip"))
            .accessible_name(tr!("box-order"));
    });
}

/// What an order of boxes is called.
pub fn order_name(order: BoxOrder) -> &'static str {
    match order {
        BoxOrder::Review => tr!("box-order-review"),
        BoxOrder::Reading => tr!("box-order-reading"),
        BoxOrder::Size => tr!("box-order-size"),
        BoxOrder::Score => tr!("box-order-score"),
    }
}

fn row_ui(ui: &mut Ui, workspace: &Workspace, row: &Annotation, actions: &mut Vec<Action>) {
    let session = &workspace.session;
    let size = vec2(ui.available_width(), ROW_HEIGHT);
    let (rect, response) = ui.allocate_exact_size(size, Sense::CLICK);
    let is_selected = session.selection().contains(&row.id);
    let category = session.class_on_accept(row);
    let name = class_text(session, row);
    let state = theme::box_state_name(row.state);
    response.widget_info(|| {
        let text = tr!(
            "boxes-row",
            class = name.as_str(),
            state = state,
            id = row.id.to_string()
        );
        WidgetInfo::selected(Role::ListBoxOption, true, is_selected, text)
    });
    let palette = ThemePalette::of(ui.visuals());
    let painter = ui.painter_at(rect);
    if is_selected {
        painter.rect_filled(rect, CornerRadius::same(3), ui.visuals().selection.bg_fill);
    } else if response.hovered() {
        painter.rect_filled(
            rect,
            CornerRadius::same(3),
            ui.visuals().widgets.hovered.weak_bg_fill,
        );
    }
    let middle = rect.center().y;
    let chip = Rect::from_center_size(pos2(rect.left() + 11.0, middle), Vec2::splat(10.0));
    let colour = category.map_or(palette.quiet, |category| theme::colour(category.colour));
    if row.state == BoxState::Proposed {
        painter.rect_stroke(
            chip,
            2,
            egui::Stroke::new(2.0, colour),
            egui::StrokeKind::Inside,
        );
    } else {
        painter.rect_filled(chip, CornerRadius::same(2), colour);
    }
    let font = FontId::proportional(13.0);
    let [text, quiet] = if is_selected {
        [ui.visuals().selection.stroke.color; 2]
    } else {
        [ui.visuals().text_color(), palette.quiet]
    };
    let position = pos2(chip.right() + 7.0, middle);
    painter.text(position, Align2::LEFT_CENTER, name, font.clone(), text);
    let mut right = match row.score {
        Some(score) if row.state == BoxState::Proposed => i18n::percent(score),
        _ => state.to_owned(),
    };
    if session.is_locked(row.id) {
        right.push_str(" 🔒");
    }
    let position = pos2(rect.right() - 6.0, middle);
    painter.text(position, Align2::RIGHT_CENTER, right, font, quiet);
    if response.clicked() {
        let adds = ui.input(|input| input.modifiers.command);
        let ids = vec![row.id];
        actions.push(if adds {
            Action::ToggleInSelection(ids)
        } else {
            Action::Select(ids)
        });
    }
}
