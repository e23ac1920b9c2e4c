//! What is under the pointer: handles, boxes, or nothing.

use egui::{Pos2, Rect};

use super::scene::Scene;
use super::shape::Handle;
use super::state::Canvas;
use crate::document::AnnotationId;

/// The distance in points within which the pointer hits a corner handle.
const HANDLE_RADIUS: f32 = 9.0;
/// The distance in points within which the pointer hits an edge.
const EDGE_RADIUS: f32 = 5.0;
/// The distance in points from a box within which the pointer still hits it.
const BOX_HIT_MARGIN: f32 = 3.0;
/// The distance in points within which two clicks are at the same place.
const SAME_CLICK_DISTANCE: f32 = 4.0;

/// What is under the pointer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Hit {
    /// A handle or an edge of a selected box.
    Handle(AnnotationId, Handle),
    /// A box.
    Box(AnnotationId),
    /// Neither.
    Nothing,
}

impl Canvas {
    /// The boxes under a point of the screen, the smallest first.
    pub(super) fn boxes_under(&self, point: Pos2, scene: &Scene<'_>) -> Vec<AnnotationId> {
        if scene.are_boxes_hidden {
            return Vec::new();
        }
        let rows = scene.session.on_canvas().filter(|row| {
            let rect = self.view.rect(&row.rect);
            rect.expand(BOX_HIT_MARGIN).contains(point)
        });
        let mut rows: Vec<_> = rows.map(|row| (row.rect.area(), row.id)).collect();
        rows.sort_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
        rows.into_iter().map(|(_, id)| id).collect()
    }

    /// Whether a point is where the last click was, so that a click reaches the box beneath.
    pub(super) fn is_at_last_click(&self, point: Pos2) -> bool {
        let last = self.last_click;
        last.is_some_and(|last| last.distance(point) <= SAME_CLICK_DISTANCE)
    }

    /// What is under a point of the screen. Handles of selected boxes come first, then the box that
    /// repeated clicks have reached, then the smallest box.
    pub(super) fn hit(&self, point: Pos2, scene: &Scene<'_>) -> Hit {
        let session = scene.session;
        if scene.are_boxes_hidden {
            return Hit::Nothing;
        }
        for row in session
            .on_canvas()
            .filter(|row| session.selection().contains(&row.id) && !session.is_locked(row.id))
        {
            if let Some(handle) = handle_at(self.view.rect(&row.rect), point) {
                return Hit::Handle(row.id, handle.unturned(self.view.turn));
            }
        }
        let under = self.boxes_under(point, scene);
        let is_same_place = self.is_at_last_click(point);
        let reached = session
            .selection()
            .first()
            .filter(|id| is_same_place && under.contains(id));
        match reached.or(under.first()) {
            Some(id) => Hit::Box(*id),
            None => Hit::Nothing,
        }
    }
}

/// The handle or edge at a point of the screen. The zones are smaller on small boxes, which can
/// then still be moved.
fn handle_at(rect: Rect, point: Pos2) -> Option<Handle> {
    let inner = |zone: f32, side: f32| zone.min(side / 4.0);
    let near = |at: f32, edge: f32, outwards: f32, zone: f32, side: f32| {
        let beyond = (at - edge) * outwards;
        (-inner(zone, side)..=zone).contains(&beyond)
    };
    let (width, height) = (rect.width(), rect.height());
    let zone = |zone: f32| {
        let x = if near(point.x, rect.left(), -1.0, zone, width) {
            -1
        } else {
            i8::from(near(point.x, rect.right(), 1.0, zone, width))
        };
        let y = if near(point.y, rect.top(), -1.0, zone, height) {
            -1
        } else {
            i8::from(near(point.y, rect.bottom(), 1.0, zone, height))
        };
        Handle { x, y }
    };
    let corner = zone(HANDLE_RADIUS);
    if corner.x != 0 && corner.y != 0 {
        return Some(corner);
    }
    let edge = zone(EDGE_RADIUS);
    let is_near = rect.expand(EDGE_RADIUS).contains(point);
    ((edge.x != 0) != (edge.y != 0) && is_near).then_some(edge)
}

#[cfg(test)]
mod tests {
    use egui::pos2;

    use super::*;

    #[test]
    fn handles_are_easy_to_hit_and_leave_the_middle_of_the_box_free() {
        let rect = Rect::from_min_max(pos2(100.0, 100.0), pos2(300.0, 200.0));
        let at = |x, y| handle_at(rect, pos2(x, y));
        assert_eq!(at(93.0, 94.0), Some(Handle { x: -1, y: -1 }));
        assert_eq!(at(304.0, 150.0), Some(Handle { x: 1, y: 0 }));
        assert_eq!(at(200.0, 203.0), Some(Handle { x: 0, y: 1 }));
        assert_eq!(at(200.0, 150.0), None);
        assert_eq!(at(320.0, 150.0), None);
        assert_eq!(
            at(303.0, 250.0),
            None,
            "in line with an edge, but beyond its end"
        );
        let tiny = Rect::from_min_max(pos2(100.0, 100.0), pos2(110.0, 110.0));
        assert_eq!(
            handle_at(tiny, pos2(105.0, 105.0)),
            None,
            "the box can still be moved"
        );
        assert_eq!(
            handle_at(tiny, pos2(116.0, 116.0)),
            Some(Handle { x: 1, y: 1 })
        );
    }
}
