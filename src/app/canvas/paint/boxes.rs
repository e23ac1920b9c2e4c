//! How boxes look.
//!
//! Colour and name show the class. Line and badge show the state, so that nobody has to distinguish
//! colours: a proposal is dashed and has its score, an accepted box has a plain line, an
//! edited one has cut corners, a drawn one has a heavier line, a rejected one is thin and dashed. Every line is drawn over a darker one, so
//! that it is visible on any picture.

use egui::{Color32, CornerRadius, FontId, Mesh, Painter, Pos2, Rect, Shape, Vec2, pos2, vec2};

use super::lines::{SHADOW, dashes, frame};
use crate::app::canvas::shape::Handle;
use crate::app::theme;
use crate::document::BoxState;
use crate::geometry::BBox;

/// The side of a handle in points.
const HANDLE_SIDE: f32 = 8.0;

/// The distance in points between a box and its badge, so that the badge covers no handle.
const BADGE_GAP: f32 = HANDLE_SIDE / 2.0 + 2.0;

/// The size of the text on badges and notes, in points.
pub(super) const TEXT_SIZE: f32 = 12.0;

/// The width in points from which a box has a badge even if it is neither selected nor hovered.
const BADGE_MIN_BOX_WIDTH: f32 = 16.0;

/// How a box looks.
#[derive(Clone, Debug, PartialEq)]
pub struct BoxStyle {
    /// Its place on the screen, in points.
    pub rect: Rect,
    /// The colour of its class.
    pub colour: Color32,
    /// Its review state.
    pub state: BoxState,
    /// Whether it is selected.
    pub is_selected: bool,
    /// Whether the pointer is over it.
    pub is_hovered: bool,
    /// Whether it is locked.
    pub is_locked: bool,
    /// The text of its badge: class, and score if it is a proposal.
    pub label: String,
}

/// Paints boxes: lines first, then badges and handles, which stay visible.
pub fn boxes(painter: &Painter, styles: &[BoxStyle], has_badges: bool) {
    let canvas = painter.clip_rect();
    let mut lines = Mesh::default();
    let mut fills = Mesh::default();
    for style in styles {
        if style.is_selected {
            fills.add_colored_rect(style.rect, style.colour.gamma_multiply(0.07));
        } else if style.is_hovered {
            fills.add_colored_rect(style.rect, style.colour.gamma_multiply(0.04));
        }
        outline(&mut lines, style, canvas);
    }
    painter.add(Shape::mesh(fills));
    painter.add(Shape::mesh(lines));
    for style in styles {
        let is_emphasised = style.is_selected || style.is_hovered;
        let is_visible = style.rect.intersects(canvas);
        let is_ghost = style.state == BoxState::Rejected;
        let has_room = style.rect.width() >= BADGE_MIN_BOX_WIDTH;
        if is_visible && (is_emphasised || has_badges && has_room && !is_ghost) {
            badge(painter, style, canvas);
        }
    }
    for style in styles.iter().filter(|style| style.is_selected) {
        handles(painter, style);
    }
}

/// The lines of a box.
pub(super) fn outline(mesh: &mut Mesh, style: &BoxStyle, canvas: Rect) {
    let width = match style.state {
        BoxState::Drawn => 2.5,
        BoxState::Proposed | BoxState::Accepted | BoxState::Edited => 1.75,
        BoxState::Rejected => 1.0,
    };
    let width = if style.is_selected {
        width + 0.75
    } else {
        width
    };
    frame(mesh, style.rect, width + 2.0, SHADOW);
    match style.state {
        BoxState::Proposed | BoxState::Rejected => {
            dashes(mesh, style.rect, width, style.colour, canvas);
        }
        BoxState::Accepted | BoxState::Edited | BoxState::Drawn => {
            frame(mesh, style.rect, width, style.colour);
        }
    }
    if style.state == BoxState::Edited {
        for handle in &Handle::ALL[..4] {
            let side = 5.0_f32
                .min(style.rect.width() / 3.0)
                .min(style.rect.height() / 3.0);
            let corner = corner_of(style.rect, *handle);
            let inwards = vec2(-f32::from(handle.x), -f32::from(handle.y)) * side;
            corner_mark(mesh, corner, inwards, style.colour);
        }
    }
}

/// A corner of a box on the screen.
fn corner_of(rect: Rect, handle: Handle) -> Pos2 {
    pos2(
        if handle.x < 0 {
            rect.left()
        } else {
            rect.right()
        },
        if handle.y < 0 {
            rect.top()
        } else {
            rect.bottom()
        },
    )
}

/// A filled triangle in a corner.
fn corner_mark(mesh: &mut Mesh, corner: Pos2, inwards: Vec2, colour: Color32) {
    let first = mesh.vertices.len() as u32;
    for point in [
        corner,
        corner + vec2(inwards.x * 2.0, 0.0),
        corner + vec2(0.0, inwards.y * 2.0),
    ] {
        mesh.colored_vertex(point, colour);
    }
    mesh.add_triangle(first, first + 1, first + 2);
}

/// The badge of a box: state, class, score and lock.
fn badge(painter: &Painter, style: &BoxStyle, canvas: Rect) {
    let text_colour = theme::text_on(style.colour);
    let font = FontId::proportional(TEXT_SIZE);
    let sign = match style.state {
        BoxState::Proposed => "? ",
        BoxState::Accepted => "✔ ",
        BoxState::Edited => "✏ ",
        BoxState::Rejected => "✖ ",
        BoxState::Drawn => "",
    };
    let lock = if style.is_locked { " 🔒" } else { "" };
    let text = format!("{sign}{}{lock}", style.label);
    let galley = painter.layout_no_wrap(text, font, text_colour);
    let size = galley.size() + vec2(8.0, 2.0);
    let place = badge_position(style.rect, size, canvas);
    let place = Rect::from_min_size(place, size);
    painter.rect_filled(place, CornerRadius::same(3), style.colour);
    painter.galley(place.min + vec2(4.0, 1.0), galley, text_colour);
}

/// The corner of a badge of `size` points: above the box, else below it, else inside; never over a
/// handle or outside the canvas.
fn badge_position(rect: Rect, size: Vec2, canvas: Rect) -> Pos2 {
    let x = rect.left().min(canvas.right() - size.x).max(canvas.left());
    let above = rect.top() - BADGE_GAP - size.y;
    let below = rect.bottom() + BADGE_GAP;
    if above >= canvas.top() {
        pos2(x, above)
    } else if below + size.y <= canvas.bottom() {
        pos2(x, below)
    } else {
        pos2(
            x.max(rect.left() + BADGE_GAP),
            rect.top().max(canvas.top()) + BADGE_GAP,
        )
    }
}

/// The handles of a selected box.
fn handles(painter: &Painter, style: &BoxStyle) {
    if style.is_locked {
        return;
    }
    for handle in Handle::ALL {
        if !has_handle(style.rect, handle) {
            continue;
        }
        let place = Rect::from_center_size(
            handle_position(style.rect, handle),
            Vec2::splat(HANDLE_SIDE),
        );
        painter.rect_filled(place.expand(1.0), CornerRadius::same(2), Color32::BLACK);
        painter.rect_filled(place, CornerRadius::same(1), Color32::WHITE);
        painter.rect_filled(place.shrink(2.0), CornerRadius::ZERO, style.colour);
    }
}

/// Whether a handle is shown. A side that is too short has none in its middle.
fn has_handle(rect: Rect, handle: Handle) -> bool {
    let needed = 3.0 * HANDLE_SIDE;
    match (handle.x, handle.y) {
        (0, _) => rect.width() >= needed,
        (_, 0) => rect.height() >= needed,
        _ => true,
    }
}

/// The position of a handle on the screen.
fn handle_position(rect: Rect, handle: Handle) -> Pos2 {
    let bbox = BBox {
        x0: rect.left(),
        y0: rect.top(),
        x1: rect.right(),
        y1: rect.bottom(),
    };
    handle.position(&bbox)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn badges_cover_no_handle_and_stay_on_the_canvas() {
        let canvas = Rect::from_min_max(pos2(0.0, 0.0), pos2(800.0, 600.0));
        let size = vec2(90.0, 18.0);
        let rects = [
            Rect::from_min_max(pos2(100.0, 100.0), pos2(200.0, 300.0)),
            Rect::from_min_max(pos2(780.0, 100.0), pos2(799.0, 300.0)),
            Rect::from_min_max(pos2(100.0, 2.0), pos2(200.0, 300.0)),
            Rect::from_min_max(pos2(100.0, 2.0), pos2(200.0, 599.0)),
        ];
        for rect in rects {
            let badge = Rect::from_min_size(badge_position(rect, size, canvas), size);
            assert!(
                canvas.expand(0.1).contains_rect(badge),
                "{rect:?} {badge:?}"
            );
            for handle in &Handle::ALL[..4] {
                let zone = Rect::from_center_size(
                    handle_position(rect, *handle),
                    Vec2::splat(HANDLE_SIDE),
                );
                assert!(!badge.intersects(zone), "{rect:?} {badge:?} {handle:?}");
            }
        }
    }
}
