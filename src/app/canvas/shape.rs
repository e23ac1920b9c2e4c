//! How dragging changes boxes: pure geometry, in pixels of the picture.

use egui::{Pos2, Vec2, vec2};

use crate::app::session::Turn;
use crate::geometry::BBox;

/// The minimum side of a box in pixels.
pub const MIN_SIDE: f32 = 1.0;

/// A handle of a box, by the edges that it moves: -1 for left or top, 1 for right or bottom, 0 for
/// neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handle {
    /// Left or right.
    pub x: i8,
    /// Top or bottom.
    pub y: i8,
}

impl Handle {
    /// All eight handles, corners first.
    pub const ALL: [Self; 8] = [
        Self { x: -1, y: -1 },
        Self { x: 1, y: -1 },
        Self { x: -1, y: 1 },
        Self { x: 1, y: 1 },
        Self { x: 0, y: -1 },
        Self { x: 0, y: 1 },
        Self { x: -1, y: 0 },
        Self { x: 1, y: 0 },
    ];

    /// Its position on a box, in pixels.
    pub fn position(self, bbox: &BBox) -> Pos2 {
        let along =
            |low: f32, high: f32, side: i8| low + (high - low) * (f32::from(side) + 1.0) / 2.0;
        Pos2::new(
            along(bbox.x0, bbox.x1, self.x),
            along(bbox.y0, bbox.y1, self.y),
        )
    }

    /// The handle as it is on the screen when the view is turned.
    pub fn turned(self, turn: Turn) -> Self {
        Self::towards(turn.applied(self.direction()))
    }

    /// The handle of the picture that is here on the screen when the view is turned.
    pub fn unturned(self, turn: Turn) -> Self {
        Self::towards(turn.undone(self.direction()))
    }

    fn direction(self) -> Vec2 {
        vec2(f32::from(self.x), f32::from(self.y))
    }

    fn towards(direction: Vec2) -> Self {
        Self {
            x: direction.x as i8,
            y: direction.y as i8,
        }
    }

    /// The shape of the pointer over it, for a handle as it is on the screen.
    pub fn cursor(self) -> egui::CursorIcon {
        match (self.x, self.y) {
            (0, _) => egui::CursorIcon::ResizeVertical,
            (_, 0) => egui::CursorIcon::ResizeHorizontal,
            (x, y) if x == y => egui::CursorIcon::ResizeNwSe,
            _ => egui::CursorIcon::ResizeNeSw,
        }
    }
}

/// The picture as bounds for boxes, which stay inside it and snap to its edges.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PictureBounds {
    /// Width in pixels.
    pub width: f32,
    /// Height in pixels.
    pub height: f32,
    /// The distance in pixels within which boxes snap to the edges; 0 to never snap.
    pub snap: f32,
}

impl PictureBounds {
    fn snapped(value: f32, length: f32, snap: f32) -> f32 {
        if value < snap {
            0.0
        } else if value > length - snap {
            length
        } else {
            value
        }
    }

    /// The point inside the picture that is nearest to a point; on an edge if it is close to one.
    pub fn point(&self, point: Pos2) -> Pos2 {
        Pos2::new(
            Self::snapped(point.x, self.width, self.snap).clamp(0.0, self.width),
            Self::snapped(point.y, self.height, self.snap).clamp(0.0, self.height),
        )
    }

    /// The box between two opposite corners.
    pub fn drawn(&self, from: Pos2, to: Pos2) -> BBox {
        let (from, to) = (self.point(from), self.point(to));
        BBox::from_corners(from.x, from.y, to.x, to.y)
    }

    /// How far boxes move together when they are dragged by `by`: only as far as all stay inside,
    /// and exactly to an edge of the picture if one comes close to it.
    pub fn moved_by(&self, boxes: &[BBox], by: Vec2) -> Vec2 {
        let hull = boxes.iter().copied().reduce(|a, b| BBox {
            x0: a.x0.min(b.x0),
            y0: a.y0.min(b.y0),
            x1: a.x1.max(b.x1),
            y1: a.y1.max(b.y1),
        });
        let Some(hull) = hull else { return Vec2::ZERO };
        let along = |low: f32, high: f32, by: f32, length: f32| {
            let snap = self.snap;
            if (low + by).abs() < snap {
                -low
            } else if (high + by - length).abs() < snap {
                length - high
            } else {
                by.clamp((-low).min(0.0), (length - high).max(0.0))
            }
        };
        vec2(
            along(hull.x0, hull.x1, by.x, self.width),
            along(hull.y0, hull.y1, by.y, self.height),
        )
    }

    /// A box whose handle is dragged to a point. It never turns inside out. With `keeps_shape`, a
    /// corner handle keeps the ratio of its sides.
    pub fn resized(&self, start: &BBox, handle: Handle, to: Pos2, keeps_shape: bool) -> BBox {
        let to = self.point(to);
        let mut bbox = *start;
        match handle.x {
            -1 => bbox.x0 = to.x.min(bbox.x1 - MIN_SIDE),
            1 => bbox.x1 = to.x.max(bbox.x0 + MIN_SIDE),
            _ => {}
        }
        match handle.y {
            -1 => bbox.y0 = to.y.min(bbox.y1 - MIN_SIDE),
            1 => bbox.y1 = to.y.max(bbox.y0 + MIN_SIDE),
            _ => {}
        }
        if keeps_shape && handle.x != 0 && handle.y != 0 {
            let room = vec2(
                if handle.x < 0 {
                    start.x1
                } else {
                    self.width - start.x0
                },
                if handle.y < 0 {
                    start.y1
                } else {
                    self.height - start.y0
                },
            );
            let scale = (bbox.width() / start.width()).max(bbox.height() / start.height());
            let scale = scale
                .min(room.x / start.width())
                .min(room.y / start.height());
            let (width, height) = (start.width() * scale, start.height() * scale);
            if handle.x < 0 {
                bbox.x0 = bbox.x1 - width;
            } else {
                bbox.x1 = bbox.x0 + width;
            }
            if handle.y < 0 {
                bbox.y0 = bbox.y1 - height;
            } else {
                bbox.y1 = bbox.y0 + height;
            }
        }
        bbox
    }
}

/// A box moved by some pixels.
pub fn moved(bbox: &BBox, by: Vec2) -> BBox {
    BBox {
        x0: bbox.x0 + by.x,
        y0: bbox.y0 + by.y,
        x1: bbox.x1 + by.x,
        y1: bbox.y1 + by.y,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::pos2;

    const BOUNDS: PictureBounds = PictureBounds {
        width: 100.0,
        height: 80.0,
        snap: 3.0,
    };

    fn bbox(x0: f32, y0: f32, x1: f32, y1: f32) -> BBox {
        BBox { x0, y0, x1, y1 }
    }

    #[test]
    fn boxes_stay_inside_and_snap() {
        assert_eq!(
            BOUNDS.drawn(pos2(-5.0, 40.0), pos2(98.0, 2.0)),
            bbox(0.0, 0.0, 100.0, 40.0)
        );
        let boxes = [bbox(10.0, 10.0, 20.0, 20.0), bbox(50.0, 50.0, 60.0, 70.0)];
        assert_eq!(
            BOUNDS.moved_by(&boxes, vec2(-50.0, 50.0)),
            vec2(-10.0, 10.0)
        );
        assert_eq!(BOUNDS.moved_by(&boxes, vec2(-8.0, 4.0)), vec2(-10.0, 4.0));
        assert_eq!(BOUNDS.moved_by(&[], vec2(1.0, 1.0)), Vec2::ZERO);
    }

    #[test]
    fn handles_move_their_own_edges_and_never_turn_a_box_inside_out() {
        let start = bbox(20.0, 20.0, 60.0, 40.0);
        let corner = Handle { x: 1, y: 1 };
        assert_eq!(
            BOUNDS.resized(&start, corner, pos2(70.0, 50.0), false),
            bbox(20.0, 20.0, 70.0, 50.0)
        );
        let left = Handle { x: -1, y: 0 };
        assert_eq!(
            BOUNDS.resized(&start, left, pos2(90.0, 70.0), false),
            bbox(59.0, 20.0, 60.0, 40.0)
        );
        let shaped = BOUNDS.resized(&start, corner, pos2(80.0, 21.0), true);
        assert_eq!(shaped, bbox(20.0, 20.0, 80.0, 50.0));
        let held = BOUNDS.resized(&start, Handle { x: 1, y: -1 }, pos2(100.0, 0.0), true);
        assert_eq!(held, bbox(20.0, 0.0, 100.0, 40.0));
    }

    #[test]
    fn handles_turn_with_the_view() {
        let quarter = Turn::from(1);
        let right = Handle { x: 1, y: 0 };
        assert_eq!(right.turned(quarter), Handle { x: 0, y: 1 });
        for handle in Handle::ALL {
            for turn in (0..4).map(Turn::from) {
                assert_eq!(handle.turned(turn).unturned(turn), handle);
            }
        }
    }

    #[test]
    fn handles_lie_on_their_edges() {
        let start = bbox(20.0, 20.0, 60.0, 40.0);
        assert_eq!(Handle { x: -1, y: 0 }.position(&start), pos2(20.0, 30.0));
        assert_eq!(Handle { x: 1, y: 1 }.position(&start), pos2(60.0, 40.0));
    }
}
