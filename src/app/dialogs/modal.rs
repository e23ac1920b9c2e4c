//! The frame of a dialog: a title, a button that closes it, and the content.

use egui::{
    Align, Area, Context, Frame, Id, Layout, Modal, Order, Rect, RichText, Sense, Ui, UiKind, Vec2,
    vec2,
};

use crate::app::action::Action;
use crate::app::i18n::tr;

/// Space between the dialog and the edges of the window, both sides together, in points.
const WINDOW_MARGIN: Vec2 = vec2(64.0, 104.0);
/// Space between the frame of a dialog and its content, in points.
const INNER_MARGIN: i8 = 14;
/// Space between a dialog and the edge of the screen, in points.
const SCREEN_MARGIN: f32 = 8.0;
/// Space between a dialog and what it is next to: on its right side and on its left, in points.
const ANCHOR_GAPS: [f32; 2] = [12.0, 36.0];

/// Draws a dialog in the middle of the window. Escape and a click outside close it.
pub fn modal(
    context: &Context,
    title: &str,
    width: f32,
    actions: &mut Vec<Action>,
    add: impl FnOnce(&mut Ui, &mut Vec<Action>),
) {
    let id = Id::unique(title);
    let available = context.content_rect().size() - WINDOW_MARGIN;
    let area = Modal::default_area(id).default_size(vec2(width, available.y));
    modal_in(context, area, title, width.min(available.x), actions, add);
}

/// Draws a dialog next to a rectangle on the screen.
pub fn modal_next_to(
    context: &Context,
    anchor: Rect,
    title: &str,
    size: Vec2,
    actions: &mut Vec<Action>,
    add: impl FnOnce(&mut Ui, &mut Vec<Action>),
) {
    let screen = context.content_rect().shrink(SCREEN_MARGIN);
    let right = anchor.right() + ANCHOR_GAPS[0];
    let left = anchor.left() - size.x - ANCHOR_GAPS[1];
    let x = if right + size.x <= screen.right() {
        right
    } else {
        left
    };
    let min = screen.min;
    let max = (screen.max - size).max(min);
    let corner = egui::pos2(x, anchor.top()).clamp(min, max);
    let area = Area::new(Id::unique(title))
        .kind(UiKind::Modal)
        .sense(Sense::hover())
        .order(Order::Foreground)
        .fixed_pos(corner)
        .default_size(size);
    modal_in(context, area, title, size.x, actions, add);
}

fn modal_in(
    context: &Context,
    area: Area,
    title: &str,
    width: f32,
    actions: &mut Vec<Action>,
    add: impl FnOnce(&mut Ui, &mut Vec<Action>),
) {
    let frame = Frame::popup(&context.global_style()).inner_margin(INNER_MARGIN);
    let modal = Modal::new(Id::unique(title)).area(area).frame(frame);
    let response = modal.show(context, |ui| {
        ui.set_width(width);
        ui.horizontal(|ui| {
            ui.label(RichText::new(title).heading().strong());
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let close = ui.button("✖").on_hover_text(tr!("dialog-close.tooltip"));
                if close.accessible_name(tr!("dialog-close")).clicked() {
                    actions.push(Action::CloseDialog);
                }
            });
        });
        ui.add_space(6.0);
        add(ui, actions);
    });
    if response.should_close() {
        actions.push(Action::CloseDialog);
    }
}
