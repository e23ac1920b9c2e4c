//! How boxes look.
//!
//! Colour and name show the class. Line and badge show the state, so that nobody has to distinguish
//! colours: a proposal is dashed and has its score, an accepted box has a plain line, an
//! edited one has cut corners, a drawn one has a heavier line, a rejected one is thin and dashed.
//! Every line is drawn over a darker one, so that it is visible on any picture.

use egui::{Color32, CornerRadius, Mesh, Painter, Pos2, Rect, Shape, Vec2, pos2, vec2};

use super::badges::badges;
use super::lines::{SHADOW, dashes, frame};
use super::style::{BoxStyle, Emphasis, HANDLE_SIDE};
use crate::app::canvas::shape::Handle;
use crate::document::BoxState;
use crate::geometry::BBox;

/// How much wider the lines of drawn and of selected boxes are, in points.
const EMPHASIS: f32 = 0.75;

/// The largest width of the line of a box that another set has, too, in points.
const QUIET_WIDTH: f32 = 1.0;
/// How much the colour of a chosen difference fills its box, in 0..=1.
const CHOSEN_FILL: f32 = 0.22;

/// The largest width of the line of a rejected box, in points.
const REJECTED_WIDTH: f32 = 1.0;

/// The size of the text of notes, in points.
pub(super) const TEXT_SIZE: f32 = 12.0;

/// What is the same for all boxes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BoxLook {
    /// The width of the line of a proposal or an accepted box, in points.
    pub line_width: f32,
    /// The size of the text of badges, in points.
    pub label_size: f32,
    /// Whether all boxes have a badge, not only those that are selected or under the pointer.
    pub has_labels: bool,
}

/// Paints boxes: lines first, then badges and handles, which stay visible.
pub fn boxes(painter: &Painter, styles: &[BoxStyle], look: &BoxLook) {
    let canvas = painter.clip_rect();
    let mut lines = Mesh::default();
    let mut fills = Mesh::default();
    for style in styles {
        if style.is_selected {
            fills.add_colored_rect(style.rect, style.colour.gamma_multiply(0.07));
        } else if style.is_hovered {
            fills.add_colored_rect(style.rect, style.colour.gamma_multiply(0.04));
        }
        if matches!(style.emphasis, Emphasis::Chosen | Emphasis::ChosenGhost) {
            fills.add_colored_rect(style.rect, style.colour.gamma_multiply(CHOSEN_FILL));
        }
        outline(&mut lines, style, look.line_width, canvas);
    }
    painter.add(Shape::mesh(fills));
    painter.add(Shape::mesh(lines));
    badges(painter, styles, look.has_labels, look.label_size);
    for style in styles.iter().filter(|style| style.is_selected) {
        handles(painter, style);
    }
}

/// The lines of a box, of this width in points; those of a drawn or selected box are wider.
pub(super) fn outline(mesh: &mut Mesh, style: &BoxStyle, width: f32, canvas: Rect) {
    let mut width = match style.state {
        BoxState::Drawn => width + EMPHASIS,
        BoxState::Proposed | BoxState::Accepted | BoxState::Edited => width,
        BoxState::Rejected => width.min(REJECTED_WIDTH),
    };
    if style.is_selected {
        width += EMPHASIS;
    }
    match style.emphasis {
        Emphasis::Usual => {}
        Emphasis::Quiet => width = width.min(QUIET_WIDTH),
        Emphasis::Strong => width += EMPHASIS,
        Emphasis::Chosen | Emphasis::ChosenGhost => width += 2.0 * EMPHASIS,
    }
    frame(mesh, style.rect, width + 2.0, SHADOW);
    match style.state {
        BoxState::Proposed | BoxState::Rejected => {
            dashes(mesh, style.rect, width, style.colour, canvas);
        }
        BoxState::Accepted | BoxState::Edited | BoxState::Drawn => {
            frame(mesh, style.rect, width, style.colour);
        }
    }
    if style.state == BoxState::Edited && style.emphasis != Emphasis::Quiet {
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
