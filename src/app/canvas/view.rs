//! The transform between pixels of the picture and points of the screen.

use egui::{Pos2, Rect, Vec2, pos2, vec2};

use crate::app::session::Turn;
use crate::geometry::BBox;

/// The range of zoom, in points per pixel of the picture.
const SCALE_RANGE: std::ops::RangeInclusive<f32> = 0.01..=64.0;
/// The margin in points around a picture that is fitted to the canvas.
const MARGIN: f32 = 8.0;
/// The part of the picture that always stays on the canvas, in points.
const MIN_VISIBLE: f32 = 48.0;

/// How the picture follows the size of the canvas.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fit {
    /// The whole picture.
    #[default]
    Whole,
    /// As wide as the canvas, from the top.
    Width,
    /// Where the user has moved it.
    Free,
}

/// Zoom and position of the picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ViewTransform {
    /// Points per pixel of the picture.
    pub scale: f32,
    /// Where the first pixel's corner is on the screen, in points: the top left one, unless turned.
    pub origin: Pos2,
    /// How far the picture is turned.
    pub turn: Turn,
    /// How it follows the size of the canvas.
    pub fit: Fit,
}

impl Default for ViewTransform {
    fn default() -> Self {
        Self {
            scale: 1.0,
            origin: Pos2::ZERO,
            turn: Turn::default(),
            fit: Fit::Whole,
        }
    }
}

impl ViewTransform {
    /// Fits a picture of `size` pixels to the `canvas`; where the user has moved it, only keeps a
    /// part of it visible.
    pub fn update(&mut self, canvas: Rect, size: [u32; 2]) {
        let far = self
            .turn
            .applied(vec2(size[0].max(1) as f32, size[1].max(1) as f32));
        let size = far.abs();
        // From the upper left corner of the turned picture to the origin, in pixels.
        let corner = -far.min(Vec2::ZERO);
        let inside = canvas.shrink(MARGIN);
        match self.fit {
            Fit::Whole => {
                let scale = (inside.width() / size.x).min(inside.height() / size.y);
                self.scale = scale.clamp(*SCALE_RANGE.start(), *SCALE_RANGE.end());
                self.origin = inside.center() + (corner - size / 2.0) * self.scale;
            }
            Fit::Width => {
                let scale = inside.width() / size.x;
                self.scale = scale.clamp(*SCALE_RANGE.start(), *SCALE_RANGE.end());
                let height = size.y * self.scale;
                let top = inside.top().max(inside.center().y - height / 2.0);
                let min = pos2(inside.center().x - size.x * self.scale / 2.0, top);
                self.origin = min + corner * self.scale;
                // From here it scrolls.
                self.fit = Fit::Free;
            }
            Fit::Free => {
                let (scaled, corner) = (size * self.scale, corner * self.scale);
                let (low, high) = (
                    canvas.min - scaled + Vec2::splat(MIN_VISIBLE),
                    canvas.max - Vec2::splat(MIN_VISIBLE),
                );
                let min = (self.origin - corner).clamp(low.min(high), high.max(low));
                self.origin = min + corner;
            }
        }
    }

    /// Turns the picture around a point of the screen.
    pub fn turn_to(&mut self, turn: Turn, around: Pos2) {
        let by = self.turn.undone(self.origin - around);
        self.turn = turn;
        self.origin = around + turn.applied(by);
    }

    /// A point of the picture, in pixels, on the screen.
    pub fn to_screen(self, x: f32, y: f32) -> Pos2 {
        self.origin + self.turn.applied(vec2(x, y)) * self.scale
    }

    /// A box in pixels of the picture, on the screen in points.
    pub fn rect(&self, bbox: &BBox) -> Rect {
        Rect::from_two_pos(
            self.to_screen(bbox.x0, bbox.y0),
            self.to_screen(bbox.x1, bbox.y1),
        )
    }

    /// A point of the screen in pixels of the picture, which may lie outside it.
    pub fn to_picture(self, point: Pos2) -> Pos2 {
        (self.turn.undone(point - self.origin) / self.scale).to_pos2()
    }

    /// A part of the screen in pixels of the picture.
    pub fn part(&self, screen: Rect) -> Rect {
        Rect::from_two_pos(self.to_picture(screen.min), self.to_picture(screen.max))
    }

    /// Zooms by `factor` around a point of the screen.
    pub fn zoom(&mut self, factor: f32, point: Pos2) {
        let scale = (self.scale * factor).clamp(*SCALE_RANGE.start(), *SCALE_RANGE.end());
        self.origin = point + (self.origin - point) * (scale / self.scale);
        self.scale = scale;
        self.fit = Fit::Free;
    }

    /// Moves the picture by some points.
    pub fn pan(&mut self, by: Vec2) {
        if by != Vec2::ZERO {
            self.origin += by;
            self.fit = Fit::Free;
        }
    }

    /// Shows a box in the middle of the canvas, with a margin around it.
    pub fn zoom_to(&mut self, bbox: &BBox, canvas: Rect) {
        let sides = vec2(bbox.width().max(1.0), bbox.height().max(1.0));
        let sides = self.turn.applied(sides).abs() * 1.6;
        let scale = (canvas.width() / sides.x).min(canvas.height() / sides.y);
        self.scale = scale.clamp(*SCALE_RANGE.start(), *SCALE_RANGE.end());
        let centre = vec2((bbox.x0 + bbox.x1) / 2.0, (bbox.y0 + bbox.y1) / 2.0);
        self.origin = canvas.center() - self.turn.applied(centre) * self.scale;
        self.fit = Fit::Free;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CANVAS: Rect = Rect {
        min: pos2(100.0, 50.0),
        max: pos2(916.0, 666.0),
    };

    #[test]
    fn fitting_shows_the_whole_picture_in_the_middle() {
        let mut view = ViewTransform::default();
        view.update(CANVAS, [4000, 2000]);
        assert!((view.scale - 0.2).abs() < 1e-6);
        assert_eq!(
            view.rect(&BBox::from_xywh(0.0, 0.0, 4000.0, 2000.0))
                .center(),
            CANVAS.center()
        );
    }

    #[test]
    fn the_two_transforms_are_inverse() {
        let mut view = ViewTransform::default();
        view.update(CANVAS, [300, 400]);
        view.zoom(3.7, pos2(400.0, 300.0));
        view.pan(vec2(-20.0, 11.0));
        let there = view.to_screen(123.25, 77.5);
        assert!((view.to_picture(there) - pos2(123.25, 77.5)).length() < 1e-3);
    }

    #[test]
    fn zooming_keeps_the_point_under_the_pointer() {
        let mut view = ViewTransform::default();
        view.update(CANVAS, [300, 400]);
        let pointer = pos2(333.0, 222.0);
        let under = view.to_picture(pointer);
        for factor in [1.3, 0.2, 50.0, 1e9, 1e-9] {
            view.zoom(factor, pointer);
            assert!(
                (view.to_screen(under.x, under.y) - pointer).length() < 0.01,
                "{factor}"
            );
        }
    }

    #[test]
    fn a_part_of_the_picture_stays_on_the_canvas_however_far_it_is_moved() {
        let mut view = ViewTransform::default();
        view.update(CANVAS, [300, 400]);
        for by in [vec2(1e6, 1e6), vec2(-1e6, -1e6)] {
            view.pan(by);
            view.update(CANVAS, [300, 400]);
            let picture = view.rect(&BBox::from_xywh(0.0, 0.0, 300.0, 400.0));
            assert!(picture.intersect(CANVAS).width() >= MIN_VISIBLE - 0.1);
            assert!(picture.intersect(CANVAS).height() >= MIN_VISIBLE - 0.1);
        }
    }

    #[test]
    fn a_turned_picture_fits_and_both_transforms_are_inverse() {
        let size = [400, 200];
        let whole = BBox::from_xywh(0.0, 0.0, 400.0, 200.0);
        for quarters in 0..4 {
            let mut view = ViewTransform {
                turn: Turn::from(quarters),
                ..ViewTransform::default()
            };
            view.update(CANVAS, size);
            let rect = view.rect(&whole);
            assert!((rect.center() - CANVAS.center()).length() < 0.01);
            assert!(CANVAS.contains_rect(rect), "{quarters}");
            let is_tall = rect.height() > rect.width();
            assert_eq!(is_tall, quarters % 2 == 1);
            view.zoom(3.7, pos2(400.0, 300.0));
            view.pan(vec2(-20.0, 11.0));
            let there = view.to_screen(123.25, 77.5);
            assert!((view.to_picture(there) - pos2(123.25, 77.5)).length() < 1e-3);
            let bbox = BBox::from_xywh(30.0, 40.0, 60.0, 20.0);
            view.zoom_to(&bbox, CANVAS);
            assert!((view.rect(&bbox).center() - CANVAS.center()).length() < 0.01);
            assert!(CANVAS.contains_rect(view.rect(&bbox)));
            view.pan(vec2(1e6, 1e6));
            view.update(CANVAS, size);
            assert!(view.rect(&whole).intersect(CANVAS).width() >= MIN_VISIBLE - 0.1);
        }
    }

    #[test]
    fn turning_keeps_the_point_around_which_it_turns() {
        let mut view = ViewTransform::default();
        view.update(CANVAS, [300, 400]);
        view.zoom(2.0, pos2(333.0, 222.0));
        let around = pos2(420.0, 250.0);
        let under = view.to_picture(around);
        for quarters in [1, 3, 2, 0] {
            view.turn_to(Turn::from(quarters), around);
            assert!((view.to_picture(around) - under).length() < 0.01);
        }
    }
}
