//! What a drop would do, in one sentence over the window.

use egui::{
    Align2, Area, Color32, Context, CornerRadius, FontId, Frame, Id, Order, Rect, Role, Sense,
    Spinner, Stroke, StrokeKind, Vec2, WidgetInfo, pos2, vec2,
};

use super::plan::DropPlan;
use crate::app::icons::Icon;
use crate::app::theme::ThemePalette;

/// How much of the window the overlay hides, as an opacity.
const DIM: f32 = 0.72;
/// The space between the frame and the edges of the window, the width of its line and the radius of its
/// corners, in points.
const FRAME_MARGIN: f32 = 3.0;
const FRAME_WIDTH: f32 = 3.0;
const FRAME_RADIUS: u8 = 8;
/// The widest sentence, the size of its text, that of the icon before it, and the spaces between and around
/// them, in points.
const MAX_TEXT_WIDTH: f32 = 520.0;
const TEXT_SIZE: f32 = 18.0;
const ICON_SIDE: f32 = 22.0;
const ICON_GAP: f32 = 12.0;
const CARD_MARGIN: f32 = 20.0;

/// Draws the sentence over everything. Without a plan it is not known yet what is dropped.
pub fn ui(context: &Context, plan: Option<&DropPlan>, sentence: &str) {
    let palette = ThemePalette::of(&context.global_style().visuals);
    let colour = match plan {
        None => palette.quiet,
        Some(DropPlan::Refuse) => palette.bad,
        Some(_) => palette.accent,
    };
    let screen = context.content_rect();
    let area = Area::new(Id::unique("drop"))
        .order(Order::Tooltip)
        .interactable(false)
        .fixed_pos(screen.min);
    area.show(context, |ui| {
        ui.set_clip_rect(screen);
        let painter = ui.painter().clone();
        let dim = Color32::from_black_alpha((DIM * 255.0) as u8);
        painter.rect_filled(screen, CornerRadius::ZERO, dim);
        painter.rect_stroke(
            screen.shrink(FRAME_MARGIN),
            CornerRadius::same(FRAME_RADIUS),
            Stroke::new(FRAME_WIDTH, colour),
            StrokeKind::Inside,
        );
        // The card is laid out here, so that it is in the middle in its first frame.
        let font = FontId::proportional(TEXT_SIZE);
        let text_colour = ui.visuals().strong_text_color();
        let before = ICON_SIDE + ICON_GAP;
        let room = screen.width() - before - 4.0 * CARD_MARGIN;
        let room = room.min(MAX_TEXT_WIDTH);
        let galley = painter.layout(sentence.to_owned(), font, text_colour, room);
        let size = vec2(before + galley.size().x, galley.size().y.max(ICON_SIDE));
        let inner = Rect::from_center_size(screen.center(), size);
        let frame = Frame::popup(ui.style()).stroke(Stroke::new(1.0, colour));
        painter.add(frame.paint(inner.expand(CARD_MARGIN)));
        let middle = pos2(inner.left() + ICON_SIDE / 2.0, inner.center().y);
        let icon = Rect::from_center_size(middle, Vec2::splat(ICON_SIDE));
        match plan {
            None => Spinner::new().paint_at(ui, icon),
            Some(DropPlan::Refuse) => {
                let font = FontId::proportional(ICON_SIDE);
                painter.text(middle, Align2::CENTER_CENTER, "⚠", font, colour);
            }
            Some(_) => Icon::Drop.paint(&painter, icon, colour),
        }
        let text = Rect::from_min_max(inner.min + vec2(before, 0.0), inner.max);
        let response = ui.allocate_rect(text, Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, sentence));
        let at = pos2(text.left(), inner.center().y - galley.size().y / 2.0);
        painter.galley(at, galley, text_colour);
    });
}
