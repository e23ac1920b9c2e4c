//! What is left to do on the picture, over the canvas: how many proposals are undecided, and which key
//! finishes the picture.

use egui::{CornerRadius, FontId, Id, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::app::command::Command;
use crate::app::command_state::CommandState;
use crate::app::i18n::tr;
use crate::app::theme::ThemePalette;
use crate::app::workspace::Workspace;

/// The size of the text and its distances to the frame and to the canvas's edge, in points.
const TEXT_SIZE: f32 = 13.0;
const PADDING: egui::Vec2 = vec2(12.0, 5.0);
const EDGE_DISTANCE: f32 = 10.0;

/// Draws a line at the lower edge of the canvas, in its middle.
pub fn ui(ui: &Ui, workspace: &Workspace, commands: &CommandState<'_>, canvas: Rect) {
    let Some((text, is_finished)) = remaining_text(workspace, commands) else {
        return;
    };
    let palette = ThemePalette::of(ui.visuals());
    let colour = if is_finished {
        palette.good
    } else {
        ui.visuals().text_color()
    };
    let painter = ui.painter_at(canvas);
    let font = FontId::proportional(TEXT_SIZE);
    let galley = painter.layout_no_wrap(text.clone(), font, colour);
    let size = galley.size() + 2.0 * PADDING;
    let corner = pos2(
        canvas.center().x - size.x / 2.0,
        canvas.bottom() - EDGE_DISTANCE - size.y,
    );
    let place = Rect::from_min_size(corner, size);
    let fill = palette.panel.gamma_multiply(0.92);
    painter.rect_filled(place, CornerRadius::same(12), fill);
    painter.galley(place.min + PADDING, galley, colour);
    let response = ui.interact(place, Id::unique("tsukami remaining"), Sense::empty());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &text));
}

/// What is left, and whether all boxes are judged.
fn remaining_text(workspace: &Workspace, commands: &CommandState<'_>) -> Option<(String, bool)> {
    let session = &workspace.session;
    if !session.is_editable()
        || session.is_paused()
        || session.current().is_none()
        || session.is_current_done()
    {
        return None;
    }
    let key = |command| commands.keymap.text(command).unwrap_or_default();
    match session.undecided() {
        0 if session.has_ground_truth() => {
            let [accept, done] = [Command::Accept, Command::MarkDone].map(key);
            Some((tr!("remaining-none", accept = accept, done = done), true))
        }
        0 if session.is_current_new() => None,
        0 => Some((tr!("remaining-empty", done = key(Command::MarkDone)), false)),
        count => Some((tr!("remaining-boxes", count = count), false)),
    }
}
