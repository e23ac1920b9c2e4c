//! How the boxes and the points of the point tool look.

use egui::{Color32, Mesh, Painter, Pos2, Rect, Shape, Stroke, vec2};

use super::aids::note;
use super::lines::{SHADOW, dashes, frame};

/// The width of the line around the chosen box, in points.
const CHOSEN_WIDTH: f32 = 3.0;
/// The radius of a point in points.
const POINT_RADIUS: f32 = 6.0;

/// Boxes that are offered, at these places on the screen. The chosen one has a solid line in the colour
/// of the class that it would get, and a text below it.
pub fn offers(painter: &Painter, rects: &[Rect], chosen: usize, colour: Color32, text: &str) {
    let canvas = painter.clip_rect();
    let mut mesh = Mesh::default();
    for (at, rect) in rects.iter().enumerate() {
        if at != chosen {
            frame(&mut mesh, *rect, 3.0, SHADOW);
            dashes(&mut mesh, *rect, 1.25, Color32::WHITE, canvas);
        }
    }
    let rect = rects[chosen];
    mesh.add_colored_rect(rect, colour.gamma_multiply(0.12));
    frame(&mut mesh, rect, CHOSEN_WIDTH + 2.0, SHADOW);
    frame(&mut mesh, rect, CHOSEN_WIDTH, colour);
    painter.add(Shape::mesh(mesh));
    // Below the box; inside it where the canvas ends.
    let below = rect.left_bottom() + vec2(5.0, 8.0);
    let place = below.min(canvas.max - vec2(180.0, 26.0)).max(canvas.min);
    note(painter, place, text);
}

/// A point in the object, or one that is not in it.
pub fn prompt_point(painter: &Painter, place: Pos2, is_inside: bool) {
    let fill = if is_inside {
        Color32::from_rgb(0x2e, 0xa0, 0x5a)
    } else {
        Color32::from_rgb(0xd0, 0x3a, 0x32)
    };
    painter.circle(place, POINT_RADIUS, fill, Stroke::new(1.5, Color32::WHITE));
    let stroke = Stroke::new(1.75, Color32::WHITE);
    let (across, down) = (vec2(3.0, 0.0), vec2(0.0, 3.0));
    painter.line_segment([place - across, place + across], stroke);
    if is_inside {
        painter.line_segment([place - down, place + down], stroke);
    }
}
