//! Selection frame, box being drawn, notes, pixel grid, crosshair and rulers.

use egui::{
    Align2, Color32, CornerRadius, FontId, Mesh, Painter, Pos2, Rect, Shape, Stroke, Vec2, pos2,
    vec2,
};

use super::boxes::{TEXT_SIZE, outline};
use super::lines::{SHADOW, dashes, frame};
use super::style::{BoxStyle, Emphasis};
use crate::app::canvas::view::ViewTransform;
use crate::document::BoxState;
use crate::geometry::BBox;

/// The characters of a class at the pointer before it is cut.
const MAX_CLASS_CHARS: usize = 28;

/// The zoom, in physical pixels per pixel, from which the pixel grid is shown.
const MIN_GRID_SCALE: f32 = 12.0;

/// The frame of a selection.
pub fn rubber_band(painter: &Painter, rect: Rect) {
    let mut mesh = Mesh::default();
    mesh.add_colored_rect(rect, Color32::from_white_alpha(20));
    frame(&mut mesh, rect, 3.0, SHADOW);
    dashes(&mut mesh, rect, 1.0, Color32::WHITE, painter.clip_rect());
    painter.add(Shape::mesh(mesh));
}

/// A box that is being drawn, by a line of `width` points, with its size in pixels of the picture.
pub fn drawing(painter: &Painter, rect: Rect, colour: Color32, size: Vec2, width: f32) {
    let style = BoxStyle {
        rect,
        colour,
        state: BoxState::Drawn,
        emphasis: Emphasis::Usual,
        is_selected: true,
        is_hovered: false,
        is_locked: true,
        label: String::new(),
    };
    let mut mesh = Mesh::default();
    mesh.add_colored_rect(rect, colour.gamma_multiply(0.07));
    outline(&mut mesh, &style, width, painter.clip_rect());
    painter.add(Shape::mesh(mesh));
    let text = format!("{:.0} × {:.0}", size.x, size.y);
    note(painter, rect.right_bottom() + vec2(6.0, 6.0), &text);
}

/// A short text on the canvas.
pub fn note(painter: &Painter, place: Pos2, text: &str) {
    let font = FontId::proportional(TEXT_SIZE);
    let galley = painter.layout_no_wrap(text.to_owned(), font, Color32::WHITE);
    let back = Rect::from_min_size(place, galley.size()).expand2(vec2(5.0, 2.0));
    painter.rect_filled(back, CornerRadius::same(3), Color32::from_black_alpha(200));
    painter.galley(place, galley, Color32::WHITE);
}

/// The name of a class with its colour, below and to the right of the pointer, or where there is room.
pub fn class_note(painter: &Painter, pointer: Pos2, colour: Color32, name: &str) {
    const CHIP: f32 = 10.0;
    let mut name: String = name.chars().take(MAX_CLASS_CHARS + 1).collect();
    if name.chars().count() > MAX_CLASS_CHARS {
        name.pop();
        name.push('…');
    }
    let font = FontId::proportional(TEXT_SIZE);
    let galley = painter.layout_no_wrap(name, font, Color32::WHITE);
    let size = galley.size() + vec2(CHIP + 6.0 + 10.0, 4.0);
    let canvas = painter.clip_rect();
    let beside = |at: f32, length: f32, end: f32| {
        if at + 12.0 + length <= end {
            at + 12.0
        } else {
            at - 12.0 - length
        }
    };
    let corner = pos2(
        beside(pointer.x, size.x, canvas.right()),
        beside(pointer.y, size.y, canvas.bottom()),
    );
    let back = Rect::from_min_size(corner, size);
    painter.rect_filled(back, CornerRadius::same(3), Color32::from_black_alpha(200));
    let chip = Rect::from_center_size(
        pos2(back.left() + 5.0 + CHIP / 2.0, back.center().y),
        Vec2::splat(CHIP),
    );
    painter.rect_filled(chip, CornerRadius::same(2), colour);
    let text = pos2(chip.right() + 6.0, back.top() + 2.0);
    painter.galley(text, galley, Color32::WHITE);
}

/// Lines between the pixels of a picture of `size` pixels, at high zoom.
pub fn pixel_grid(painter: &Painter, view: &ViewTransform, size: [u32; 2], pixels_per_point: f32) {
    if view.scale * pixels_per_point < MIN_GRID_SCALE {
        return;
    }
    let canvas = painter.clip_rect();
    let part = view.part(canvas);
    let range = |low: f32, high: f32, length: u32| {
        let last = length as f32;
        (low.floor().clamp(0.0, last) as u32)..=(high.ceil().clamp(0.0, last) as u32)
    };
    let picture = view.rect(&BBox::from_xywh(0.0, 0.0, size[0] as f32, size[1] as f32));
    let visible = picture.intersect(canvas);
    let stroke = Stroke::new(1.0 / pixels_per_point, Color32::from_white_alpha(40));
    let line = |at: Pos2, is_vertical: bool| match is_vertical {
        true => painter.vline(at.x, visible.y_range(), stroke),
        false => painter.hline(visible.x_range(), at.y, stroke),
    };
    let swaps_sides = view.turn.swaps_sides();
    for x in range(part.min.x, part.max.x, size[0]) {
        line(view.to_screen(x as f32, 0.0), !swaps_sides);
    }
    for y in range(part.min.y, part.max.y, size[1]) {
        line(view.to_screen(0.0, y as f32), swaps_sides);
    }
}

/// Lines through the pointer in this colour.
pub fn crosshair(painter: &Painter, pointer: Pos2, colour: Color32) {
    let canvas = painter.clip_rect();
    for (width, colour) in [
        (3.0, Color32::from_black_alpha(90)),
        (1.0, colour.gamma_multiply(0.8)),
    ] {
        painter.vline(pointer.x, canvas.y_range(), Stroke::new(width, colour));
        painter.hline(canvas.x_range(), pointer.y, Stroke::new(width, colour));
    }
}

/// Pixel coordinates along the upper and the left edge.
pub fn rulers(painter: &Painter, view: &ViewTransform, size: [u32; 2]) {
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
    let swaps_sides = view.turn.swaps_sides();
    let along_top = |pixel: f32, at: Pos2| {
        if (top.left() + BREADTH..=top.right()).contains(&at.x) {
            painter.vline(at.x, (top.bottom() - 5.0)..=top.bottom(), stroke);
            let text = format!("{pixel:.0}");
            let place = pos2(at.x + 2.0, top.top());
            painter.text(place, Align2::LEFT_TOP, text, font.clone(), Color32::WHITE);
        }
    };
    let along_left = |pixel: f32, at: Pos2| {
        if (left.top() + BREADTH..=left.bottom()).contains(&at.y) {
            painter.hline((left.right() - 5.0)..=left.right(), at.y, stroke);
            let text = format!("{pixel:.0}");
            let place = pos2(left.left() + 1.0, at.y + 1.0);
            painter.text(place, Align2::LEFT_TOP, text, font.clone(), Color32::WHITE);
        }
    };
    for x in marks(size[0]) {
        let at = view.to_screen(x, 0.0);
        match swaps_sides {
            true => along_left(x, at),
            false => along_top(x, at),
        }
    }
    for y in marks(size[1]) {
        let at = view.to_screen(0.0, y);
        match swaps_sides {
            true => along_top(y, at),
            false => along_left(y, at),
        }
    }
}

/// Pixels between two marks: 1, 2 or 5 times a power of ten, at least 60 points.
fn ruler_step(scale: f32) -> f32 {
    let min_step = 60.0 / scale;
    let power = 10f32.powf(min_step.log10().floor()).max(1.0);
    [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|factor| factor * power)
        .find(|step| *step >= min_step)
        .unwrap_or(power)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ruler_marks_are_round_numbers() {
        let steps = [0.1, 0.5, 1.0, 3.0, 60.0, 64.0].map(ruler_step);
        assert_eq!(steps, [1000.0, 200.0, 100.0, 20.0, 1.0, 1.0]);
    }
}
