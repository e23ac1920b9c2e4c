//! The badges of boxes, placed so that none covers another.

use std::sync::Arc;

use egui::{CornerRadius, FontId, Galley, Painter, Pos2, Rect, Vec2, pos2, vec2};

use super::style::{BoxStyle, Emphasis, HANDLE_SIDE};
use crate::app::theme;
use crate::document::BoxState;

/// The distance in points between a box and its badge, so that the badge covers no handle.
const GAP: f32 = HANDLE_SIDE / 2.0 + 2.0;
/// Space between the text of a badge and its edge in points.
const PADDING: Vec2 = vec2(4.0, 1.0);
/// The width in points from which a box has a badge even if it is neither selected nor hovered.
const MIN_BOX_WIDTH: f32 = 16.0;
/// Boxes on the canvas from which only selected and hovered ones have badges: more would be a carpet.
const MAX_BADGES: usize = 400;

/// Paints the badges of those boxes that have one: state, class, score and lock. A badge that fits
/// nowhere beside the others is left out, unless its box is selected or under the pointer.
pub(super) fn badges(painter: &Painter, styles: &[BoxStyle], are_shown: bool, size: f32) {
    let canvas = painter.clip_rect();
    let visible = styles.iter().filter(|style| style.rect.intersects(canvas));
    let are_shown = are_shown && visible.clone().count() <= MAX_BADGES;
    let mut shown: Vec<&BoxStyle> = visible
        .filter(|style| {
            let is_ghost = style.state == BoxState::Rejected;
            let has_room = style.rect.width() >= MIN_BOX_WIDTH;
            let is_quiet = style.emphasis == Emphasis::Quiet;
            is_emphasised(style) || are_shown && has_room && !is_ghost && !is_quiet
        })
        .collect();
    // The badge of a small box says more, because nobody sees what is in it.
    shown.sort_by(|a, b| {
        let by_emphasis = is_emphasised(b).cmp(&is_emphasised(a));
        by_emphasis.then(a.rect.area().total_cmp(&b.rect.area()))
    });
    let mut taken: Vec<Rect> = Vec::with_capacity(shown.len());
    let mut placed: Vec<(&BoxStyle, Rect, Arc<Galley>)> = Vec::with_capacity(shown.len());
    for style in shown {
        let galley = text_of(painter, style, size);
        let needed = galley.size() + 2.0 * PADDING;
        let free = place(style.rect, needed, canvas, &taken);
        let rect = match free {
            Some(rect) => rect,
            None if is_emphasised(style) => {
                Rect::from_min_size(positions(style.rect, needed, canvas)[0], needed)
            }
            None => continue,
        };
        taken.push(rect);
        placed.push((style, rect, galley));
    }
    // Those of selected boxes are on top.
    for (style, rect, galley) in placed.into_iter().rev() {
        let colour = theme::text_on(style.colour);
        painter.rect_filled(rect, CornerRadius::same(3), style.colour);
        painter.galley(rect.min + PADDING, galley, colour);
    }
}

fn is_emphasised(style: &BoxStyle) -> bool {
    style.is_selected || style.is_hovered || style.emphasis == Emphasis::Chosen
}

fn text_of(painter: &Painter, style: &BoxStyle, size: f32) -> Arc<Galley> {
    let sign = match style.state {
        BoxState::Proposed => "? ",
        BoxState::Accepted => "✔ ",
        BoxState::Edited => "✏ ",
        BoxState::Rejected => "✖ ",
        BoxState::Drawn => "",
    };
    let lock = if style.is_locked { " 🔒" } else { "" };
    let text = format!("{sign}{}{lock}", style.label);
    let font = FontId::proportional(size);
    painter.layout_no_wrap(text, font, theme::text_on(style.colour))
}

/// The first place for a badge of `size` points that covers none of the others.
fn place(rect: Rect, size: Vec2, canvas: Rect, taken: &[Rect]) -> Option<Rect> {
    let places = positions(rect, size, canvas).into_iter();
    let mut places = places.map(|corner| Rect::from_min_size(corner, size));
    places.find(|place| {
        canvas.expand(0.5).contains_rect(*place)
            && !taken
                .iter()
                .any(|other| other.shrink(0.5).intersects(*place))
    })
}

/// The corners of a badge of `size` points, the best first: above the box, below it, inside it; at its
/// left side, then at its right one. The first is on the canvas if the canvas has room at all.
fn positions(rect: Rect, size: Vec2, canvas: Rect) -> Vec<Pos2> {
    let on_canvas = |x: f32| x.min(canvas.right() - size.x).max(canvas.left());
    let (left, right) = (on_canvas(rect.left()), on_canvas(rect.right() - size.x));
    let above = rect.top() - GAP - size.y;
    let below = rect.bottom() + GAP;
    let inside = rect.top().max(canvas.top()) + GAP;
    let inside_below = rect.bottom().min(canvas.bottom()) - GAP - size.y;
    let (inner_left, inner_right) = (
        on_canvas(left.max(rect.left() + GAP)),
        on_canvas(right.min(rect.right() - GAP - size.x)),
    );
    let mut found = Vec::with_capacity(8);
    let beside = |y: f32| y >= canvas.top() && y + size.y <= canvas.bottom();
    for y in [above, below] {
        if beside(y) {
            found.extend([pos2(left, y), pos2(right, y)]);
        }
    }
    let inner = [inside, inside_below];
    found.extend(inner.map(|y| pos2(inner_left, y)));
    found.extend(inner.map(|y| pos2(inner_right, y)));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::canvas::shape::Handle;
    use crate::geometry::BBox;

    const CANVAS: Rect = Rect {
        min: pos2(0.0, 0.0),
        max: pos2(800.0, 600.0),
    };

    #[test]
    fn badges_cover_no_handle_and_stay_on_the_canvas() {
        let size = vec2(90.0, 18.0);
        let rects = [
            Rect::from_min_max(pos2(100.0, 100.0), pos2(200.0, 300.0)),
            Rect::from_min_max(pos2(780.0, 100.0), pos2(799.0, 300.0)),
            Rect::from_min_max(pos2(100.0, 2.0), pos2(200.0, 300.0)),
            Rect::from_min_max(pos2(100.0, 2.0), pos2(200.0, 599.0)),
        ];
        for rect in rects {
            let badge = place(rect, size, CANVAS, &[]).unwrap();
            assert!(
                CANVAS.expand(0.1).contains_rect(badge),
                "{rect:?} {badge:?}"
            );
            for handle in &Handle::ALL[..4] {
                let bbox = BBox::from_corners(rect.left(), rect.top(), rect.right(), rect.bottom());
                let zone = Rect::from_center_size(handle.position(&bbox), Vec2::splat(HANDLE_SIDE));
                assert!(!badge.intersects(zone), "{rect:?} {badge:?} {handle:?}");
            }
        }
    }

    #[test]
    fn badges_of_boxes_that_lie_close_are_placed_apart() {
        let size = vec2(70.0, 16.0);
        let mut taken: Vec<Rect> = Vec::new();
        // Objects in a row, each narrower than its name.
        for at in 0..6 {
            let left = 200.0 + at as f32 * 40.0;
            let rect = Rect::from_min_size(pos2(left, 200.0), vec2(36.0, 120.0));
            if let Some(badge) = place(rect, size, CANVAS, &taken) {
                let covers = |other: &Rect| other.shrink(0.6).intersects(badge.shrink(0.6));
                assert!(!taken.iter().any(covers), "{badge:?} {taken:?}");
                taken.push(badge);
            }
        }
        assert!(taken.len() >= 5, "{taken:?}");
        // The same box again and again: the badges that fit nowhere are left out.
        let rect = Rect::from_min_size(pos2(400.0, 400.0), vec2(60.0, 60.0));
        let mut taken: Vec<Rect> = Vec::new();
        for _ in 0..20 {
            taken.extend(place(rect, size, CANVAS, &taken));
        }
        assert!((2..=8).contains(&taken.len()), "{taken:?}");
    }
}
