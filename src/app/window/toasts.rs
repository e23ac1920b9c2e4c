//! Notifications over the window, which disappear after some seconds.

use std::time::Duration;

use egui::{
    Align2, Button, Context, CornerRadius, Id, Rect, RichText, Role, Sense, TextStyle, Ui,
    WidgetInfo, pos2, vec2,
};

use super::state::Window;
use crate::app::action::Action;
use crate::app::elide;
use crate::app::i18n::tr;
use crate::app::notifications::Toast;
use crate::app::theme::ThemePalette;

/// The widest toast in points.
const MAX_TOAST_WIDTH: f32 = 320.0;
/// Space between a toast and the right edge of the canvas, and room below it for the line that tells
/// what is left on the picture, in points.
const MARGIN: f32 = 12.0;
const BELOW: f32 = 44.0;
/// Space around the text of a toast, and room for its count and its button, in points.
const INNER_MARGIN: i8 = 9;
const COUNT_WIDTH: f32 = 26.0;
const CLOSE_WIDTH: f32 = 24.0;
/// Seconds between the end of a toast and the frame without it.
const EXPIRY_MARGIN_SECS: f64 = 0.05;

impl Window {
    /// Draws the toasts, the latest lowest, in the corner of the canvas: they cover no list.
    pub(super) fn toasts_ui(&mut self, context: &Context, actions: &mut Vec<Action>) {
        let now = context.input(|input| input.time);
        let toasts: Vec<_> = self.notifications.toasts(now).cloned().collect();
        if toasts.is_empty() {
            return;
        }
        let canvas = self.canvas.unwrap_or_else(|| context.content_rect());
        let width = (canvas.width() - 2.0 * MARGIN).min(MAX_TOAST_WIDTH);
        egui::Area::new(Id::unique("toasts"))
            .fixed_pos(canvas.right_bottom() - vec2(MARGIN, BELOW))
            .pivot(Align2::RIGHT_BOTTOM)
            .constrain_to(canvas)
            .default_width(width)
            .order(egui::Order::Foreground)
            .show(context, |ui| {
                for toast in &toasts {
                    toast_ui(ui, toast, width, actions);
                }
            });
        if let Some(seconds) = self.notifications.seconds_to_next_expiry(now) {
            let margin = seconds + EXPIRY_MARGIN_SECS;
            context.request_repaint_after(Duration::from_secs_f64(margin));
        }
    }
}

fn toast_ui(ui: &mut Ui, toast: &Toast, width: f32, actions: &mut Vec<Action>) {
    let palette = ThemePalette::of(ui.visuals());
    let colour = if toast.is_problem {
        palette.bad
    } else {
        palette.accent
    };
    let frame = egui::Frame::popup(ui.style()).inner_margin(INNER_MARGIN);
    let response = frame.show(ui, |ui| {
        ui.set_min_width(width - 2.0 * f32::from(INNER_MARGIN));
        ui.horizontal(|ui| {
            if toast.is_problem {
                ui.colored_label(colour, "⚠");
            }
            let left = ui.cursor().left() - ui.max_rect().left();
            let count = (toast.count > 1).then(|| tr!("toast-count", count = toast.count));
            let right = if count.is_some() { COUNT_WIDTH } else { 0.0 } + CLOSE_WIDTH;
            let room = width - 2.0 * f32::from(INNER_MARGIN) - left - right;
            text_ui(ui, &toast.text, room);
            if let Some(count) = count {
                ui.colored_label(palette.quiet, count);
            }
            let close = Button::new(RichText::new("✖").color(palette.quiet)).frame(false);
            let close = ui.add(close).on_hover_text(tr!("dismiss"));
            if close.accessible_name(tr!("dismiss")).clicked() {
                actions.push(Action::DismissToast(toast.text.clone()));
            }
        });
    });
    // A bar on the left tells a problem from news before either is read.
    let rect = response.response.rect;
    let bar = Rect::from_min_size(rect.min, vec2(3.0, rect.height()));
    ui.painter().rect_filled(bar, CornerRadius::same(2), colour);
}

/// Draws the text of a toast, as wide as `room` points.
fn text_ui(ui: &mut Ui, text: &str, room: f32) {
    let short = elide::paths_in(text);
    let font = TextStyle::Body.resolve(ui.style());
    let colour = ui.visuals().text_color();
    let galley = ui.painter().layout(short, font, colour, room);
    let size = vec2(room, galley.size().y.max(ui.spacing().interact_size.y));
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    let corner = pos2(rect.left(), rect.center().y - galley.size().y / 2.0);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, text));
    if galley.text() != text {
        response.on_hover_text(text);
    }
    ui.painter().galley(corner, galley, colour);
}
