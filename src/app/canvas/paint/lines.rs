//! Lines that are visible on any picture.

use egui::{Color32, Mesh, Rect, pos2};

/// The length of a dash in points.
const DASH: f32 = 7.0;
/// The gap after a dash in points.
const GAP: f32 = 5.0;

/// The colour of the darker line beneath each line.
pub(super) const SHADOW: Color32 = Color32::from_black_alpha(150);

/// The four sides of a rectangle, as lines centred on them.
pub(super) fn frame(mesh: &mut Mesh, rect: Rect, width: f32, colour: Color32) {
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

/// The visible parts of the four sides of a rectangle, dashed.
pub(super) fn dashes(mesh: &mut Mesh, rect: Rect, width: f32, colour: Color32, canvas: Rect) {
    let half = width / 2.0;
    let step = DASH + GAP;
    let visible = |low: f32, high: f32, from: f32, to: f32| {
        let first = ((from - low) / step).floor().max(0.0);
        let last = ((to.min(high) - low) / step).ceil().max(0.0);
        (first as u32, last as u32)
    };
    let (first, last) = visible(rect.left(), rect.right(), canvas.left(), canvas.right());
    for at in first..last {
        let x = rect.left() + at as f32 * step;
        let end = (x + DASH).min(rect.right());
        for y in [rect.top(), rect.bottom()] {
            let dash = Rect::from_min_max(pos2(x, y - half), pos2(end, y + half));
            mesh.add_colored_rect(dash, colour);
        }
    }
    let (first, last) = visible(rect.top(), rect.bottom(), canvas.top(), canvas.bottom());
    for at in first..last {
        let y = rect.top() + at as f32 * step;
        let end = (y + DASH).min(rect.bottom());
        for x in [rect.left(), rect.right()] {
            let dash = Rect::from_min_max(pos2(x - half, y), pos2(x + half, end));
            mesh.add_colored_rect(dash, colour);
        }
    }
}
