//! How boxes and aids look on the canvas.
//!
//! Class is told by colour and by name; what a person has said about a box by the line and by a
//! sign, so that nobody needs to tell colours apart: a proposal is dashed and has its score, an
//! accepted box is a plain line, an edited one has cut corners, a drawn one a heavier line. Every
//! line lies on a darker one, so that it shows on any picture.

use egui::{
    Align2, Color32, CornerRadius, FontId, Mesh, Painter, Pos2, Rect, Shape, Stroke, Vec2, pos2,
    vec2,
};

use super::shape::Handle;
use super::view::View;
use crate::app::theme;
use crate::document::BoxState;
use crate::geometry::BBox;

/// Points of a dash and of the gap after it.
const DASH: f32 = 7.0;
const GAP: f32 = 5.0;
/// Side of a handle in points.
const HANDLE: f32 = 8.0;
/// Points between a box and its badge, so that the badge covers no handle.
const BADGE_GAP: f32 = HANDLE / 2.0 + 2.0;
/// The size of a badge's text in points.
const BADGE_TEXT: f32 = 12.0;
/// From this many physical pixels a pixel on, the grid of pixels shows.
const GRID_SCALE: f32 = 12.0;
/// Boxes narrower than this many points have no badge unless they are selected or pointed at.
const BADGE_MIN_BOX_WIDTH: f32 = 16.0;
const SHADOW: Color32 = Color32::from_black_alpha(150);

/// How one box looks.
#[derive(Clone, Debug, PartialEq)]
pub struct BoxStyle {
    /// Where it is on the screen.
    pub rect: Rect,
    /// The colour of its class.
    pub colour: Color32,
    /// What a person has said about it.
    pub state: BoxState,
    /// Whether it is selected.
    pub is_selected: bool,
    /// Whether the pointer is on it.
    pub is_hovered: bool,
    /// Whether it cannot be moved.
    pub is_locked: bool,
    /// Class, and score if it is a proposal.
    pub label: String,
}

/// Paints boxes: lines first, then badges and handles, which must stay visible.
pub fn boxes(painter: &Painter, looks: &[BoxStyle], has_badges: bool) {
    let canvas = painter.clip_rect();
    let mut lines = Mesh::default();
    let mut fills = Mesh::default();
    for look in looks {
        if look.is_selected {
            fills.add_colored_rect(look.rect, look.colour.gamma_multiply(0.07));
        } else if look.is_hovered {
            fills.add_colored_rect(look.rect, look.colour.gamma_multiply(0.04));
        }
        outline(&mut lines, look, canvas);
    }
    painter.add(Shape::mesh(fills));
    painter.add(Shape::mesh(lines));
    for look in looks {
        let is_emphasised = look.is_selected || look.is_hovered;
        let is_seen = look.rect.intersects(canvas);
        if is_seen && (is_emphasised || has_badges && look.rect.width() >= BADGE_MIN_BOX_WIDTH) {
            badge(painter, look, canvas);
        }
    }
    for look in looks.iter().filter(|look| look.is_selected) {
        handles(painter, look);
    }
}

fn outline(mesh: &mut Mesh, look: &BoxStyle, canvas: Rect) {
    let width = match look.state {
        BoxState::Drawn => 2.5,
        BoxState::Proposed | BoxState::Accepted | BoxState::Edited | BoxState::Rejected => 1.75,
    };
    let width = if look.is_selected {
        width + 0.75
    } else {
        width
    };
    frame(mesh, look.rect, width + 2.0, SHADOW);
    match look.state {
        BoxState::Proposed | BoxState::Rejected => {
            dashes(mesh, look.rect, width, look.colour, canvas);
        }
        BoxState::Accepted | BoxState::Edited | BoxState::Drawn => {
            frame(mesh, look.rect, width, look.colour);
        }
    }
    if look.state == BoxState::Edited {
        for handle in &Handle::ALL[..4] {
            let side = 5.0_f32
                .min(look.rect.width() / 3.0)
                .min(look.rect.height() / 3.0);
            let corner = corner_of(look.rect, *handle);
            let inwards = vec2(-f32::from(handle.x), -f32::from(handle.y)) * side;
            cut(mesh, corner, inwards, look.colour);
        }
    }
}

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
fn cut(mesh: &mut Mesh, corner: Pos2, inwards: Vec2, colour: Color32) {
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

/// The four sides of a rectangle as lines centred on them.
fn frame(mesh: &mut Mesh, rect: Rect, width: f32, colour: Color32) {
    let half = width / 2.0;
    let outer = rect.expand(half);
    let inner = rect.shrink(half.min(rect.width() / 2.0).min(rect.height() / 2.0));
    for side in [
        Rect::from_min_max(outer.min, pos2(outer.max.x, inner.min.y)),
        Rect::from_min_max(pos2(outer.min.x, inner.max.y), outer.max),
        Rect::from_min_max(
            pos2(outer.min.x, inner.min.y),
            pos2(inner.min.x, inner.max.y),
        ),
        Rect::from_min_max(
            pos2(inner.max.x, inner.min.y),
            pos2(outer.max.x, inner.max.y),
        ),
    ] {
        mesh.add_colored_rect(side, colour);
    }
}

/// The sides of a rectangle in dashes, those of them that can be seen.
fn dashes(mesh: &mut Mesh, rect: Rect, width: f32, colour: Color32, canvas: Rect) {
    let half = width / 2.0;
    let step = DASH + GAP;
    let seen = |low: f32, high: f32, from: f32, to: f32| {
        let first = ((from - low) / step).floor().max(0.0);
        let last = ((to.min(high) - low) / step).ceil().max(0.0);
        (first as u32, last as u32)
    };
    let (first, last) = seen(rect.left(), rect.right(), canvas.left(), canvas.right());
    for at in first..last {
        let x = rect.left() + at as f32 * step;
        let end = (x + DASH).min(rect.right());
        for y in [rect.top(), rect.bottom()] {
            let dash = Rect::from_min_max(pos2(x, y - half), pos2(end, y + half));
            mesh.add_colored_rect(dash, colour);
        }
    }
    let (first, last) = seen(rect.top(), rect.bottom(), canvas.top(), canvas.bottom());
    for at in first..last {
        let y = rect.top() + at as f32 * step;
        let end = (y + DASH).min(rect.bottom());
        for x in [rect.left(), rect.right()] {
            let dash = Rect::from_min_max(pos2(x - half, y), pos2(x + half, end));
            mesh.add_colored_rect(dash, colour);
        }
    }
}

fn badge(painter: &Painter, look: &BoxStyle, canvas: Rect) {
    let text_colour = theme::text_on(look.colour);
    let font = FontId::proportional(BADGE_TEXT);
    let sign = match look.state {
        BoxState::Proposed => "? ",
        BoxState::Accepted => "✔ ",
        BoxState::Edited => "✏ ",
        BoxState::Drawn | BoxState::Rejected => "",
    };
    let lock = if look.is_locked { " 🔒" } else { "" };
    let text = format!("{sign}{}{lock}", look.label);
    let galley = painter.layout_no_wrap(text, font, text_colour);
    let size = galley.size() + vec2(8.0, 2.0);
    let place = badge_place(look.rect, size, canvas);
    let place = Rect::from_min_size(place, size);
    painter.rect_filled(place, CornerRadius::same(3), look.colour);
    painter.galley(place.min + vec2(4.0, 1.0), galley, text_colour);
}

/// Above the box, else below it, else inside, always beside the handles and on the canvas.
fn badge_place(rect: Rect, size: Vec2, canvas: Rect) -> Pos2 {
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

fn handles(painter: &Painter, look: &BoxStyle) {
    if look.is_locked {
        return;
    }
    for handle in Handle::ALL {
        if !has_handle(look.rect, handle) {
            continue;
        }
        let place = Rect::from_center_size(handle_place(look.rect, handle), Vec2::splat(HANDLE));
        painter.rect_filled(place.expand(1.0), CornerRadius::same(2), Color32::BLACK);
        painter.rect_filled(place, CornerRadius::same(1), Color32::WHITE);
        painter.rect_filled(place.shrink(2.0), CornerRadius::ZERO, look.colour);
    }
}

/// Whether a handle is there: on a side that is too short, the one in its middle is not.
fn has_handle(rect: Rect, handle: Handle) -> bool {
    let needed = 3.0 * HANDLE;
    match (handle.x, handle.y) {
        (0, _) => rect.width() >= needed,
        (_, 0) => rect.height() >= needed,
        _ => true,
    }
}

/// Where a handle is on the screen.
fn handle_place(rect: Rect, handle: Handle) -> Pos2 {
    let bbox = BBox {
        x0: rect.left(),
        y0: rect.top(),
        x1: rect.right(),
        y1: rect.bottom(),
    };
    handle.place(&bbox)
}

/// A frame in which boxes are selected.
pub fn band(painter: &Painter, rect: Rect) {
    let mut mesh = Mesh::default();
    mesh.add_colored_rect(rect, Color32::from_white_alpha(20));
    frame(&mut mesh, rect, 3.0, SHADOW);
    dashes(&mut mesh, rect, 1.0, Color32::WHITE, painter.clip_rect());
    painter.add(Shape::mesh(mesh));
}

/// A box that is being drawn, with its size in pixels.
pub fn drawing(painter: &Painter, rect: Rect, colour: Color32, size: Vec2) {
    let look = BoxStyle {
        rect,
        colour,
        state: BoxState::Drawn,
        is_selected: true,
        is_hovered: false,
        is_locked: true,
        label: String::new(),
    };
    let mut mesh = Mesh::default();
    mesh.add_colored_rect(rect, colour.gamma_multiply(0.07));
    outline(&mut mesh, &look, painter.clip_rect());
    painter.add(Shape::mesh(mesh));
    let text = format!("{:.0} × {:.0}", size.x, size.y);
    note(painter, rect.right_bottom() + vec2(6.0, 6.0), &text);
}

/// A few words on the canvas.
pub fn note(painter: &Painter, place: Pos2, text: &str) {
    let font = FontId::proportional(BADGE_TEXT);
    let galley = painter.layout_no_wrap(text.to_owned(), font, Color32::WHITE);
    let back = Rect::from_min_size(place, galley.size()).expand2(vec2(5.0, 2.0));
    painter.rect_filled(back, CornerRadius::same(3), Color32::from_black_alpha(200));
    painter.galley(place, galley, Color32::WHITE);
}

/// Lines between pixels, where pixels are large enough for it.
pub fn pixel_grid(painter: &Painter, view: &View, size: [u32; 2], points_to_pixels: f32) {
    if view.scale * points_to_pixels < GRID_SCALE {
        return;
    }
    let canvas = painter.clip_rect();
    let (low, high) = (view.to_picture(canvas.min), view.to_picture(canvas.max));
    let range = |low: f32, high: f32, length: u32| {
        let last = length as f32;
        (low.floor().clamp(0.0, last) as u32)..=(high.ceil().clamp(0.0, last) as u32)
    };
    let picture = view.rect(&BBox::from_xywh(0.0, 0.0, size[0] as f32, size[1] as f32));
    let seen = picture.intersect(canvas);
    let stroke = Stroke::new(1.0 / points_to_pixels, Color32::from_white_alpha(40));
    for x in range(low.x, high.x, size[0]) {
        painter.vline(view.to_screen(x as f32, 0.0).x, seen.y_range(), stroke);
    }
    for y in range(low.y, high.y, size[1]) {
        painter.hline(seen.x_range(), view.to_screen(0.0, y as f32).y, stroke);
    }
}

/// Lines through the pointer.
pub fn crosshair(painter: &Painter, pointer: Pos2) {
    let canvas = painter.clip_rect();
    for (width, colour) in [
        (3.0, Color32::from_black_alpha(90)),
        (1.0, Color32::from_white_alpha(200)),
    ] {
        painter.vline(pointer.x, canvas.y_range(), Stroke::new(width, colour));
        painter.hline(canvas.x_range(), pointer.y, Stroke::new(width, colour));
    }
}

/// Pixel numbers along the upper and the left edge.
pub fn rulers(painter: &Painter, view: &View, size: [u32; 2]) {
    const BREADTH: f32 = 18.0;
    let canvas = painter.clip_rect();
    let step = ruler_step(view.scale);
    let back = Color32::from_black_alpha(190);
    let top = Rect::from_min_size(canvas.min, vec2(canvas.width(), BREADTH));
    let left = Rect::from_min_size(canvas.min, vec2(BREADTH, canvas.height()));
    painter.rect_filled(top, CornerRadius::ZERO, back);
    painter.rect_filled(left, CornerRadius::ZERO, back);
    let stroke = Stroke::new(1.0, Color32::from_white_alpha(160));
    let font = FontId::proportional(10.0);
    let marks = |length: u32| (0..=(length as f32 / step) as u32).map(move |at| at as f32 * step);
    for x in marks(size[0]) {
        let at = view.to_screen(x, 0.0).x;
        if (top.left() + BREADTH..=top.right()).contains(&at) {
            painter.vline(at, (top.bottom() - 5.0)..=top.bottom(), stroke);
            let place = pos2(at + 2.0, top.top());
            painter.text(
                place,
                Align2::LEFT_TOP,
                format!("{x:.0}"),
                font.clone(),
                Color32::WHITE,
            );
        }
    }
    for y in marks(size[1]) {
        let at = view.to_screen(0.0, y).y;
        if (left.top() + BREADTH..=left.bottom()).contains(&at) {
            painter.hline((left.right() - 5.0)..=left.right(), at, stroke);
            let place = pos2(left.left() + 1.0, at + 1.0);
            painter.text(
                place,
                Align2::LEFT_TOP,
                format!("{y:.0}"),
                font.clone(),
                Color32::WHITE,
            );
        }
    }
}

/// Pixels between two marks, so that they are about 60 points apart: 1, 2 or 5 times a power of 10.
fn ruler_step(scale: f32) -> f32 {
    let wanted = 60.0 / scale;
    let power = 10f32.powf(wanted.log10().floor()).max(1.0);
    [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|factor| factor * power)
        .find(|step| *step >= wanted)
        .unwrap_or(power)
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
            let badge = Rect::from_min_size(badge_place(rect, size, canvas), size);
            assert!(
                canvas.expand(0.1).contains_rect(badge),
                "{rect:?} {badge:?}"
            );
            for handle in &Handle::ALL[..4] {
                let zone = Rect::from_center_size(handle_place(rect, *handle), Vec2::splat(HANDLE));
                assert!(!badge.intersects(zone), "{rect:?} {badge:?} {handle:?}");
            }
        }
    }

    #[test]
    fn ruler_marks_are_round_numbers() {
        let steps = [0.1, 0.5, 1.0, 3.0, 60.0, 64.0].map(ruler_step);
        assert_eq!(steps, [1000.0, 200.0, 100.0, 20.0, 1.0, 1.0]);
    }
}
