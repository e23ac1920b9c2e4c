//! The transform between pixels of the picture and points of the screen.

use egui::{Pos2, Rect, Vec2, pos2, vec2};

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
    /// The top left corner of the picture on the screen, in points.
    pub origin: Pos2,
    /// How it follows the size of the canvas.
    pub fit: Fit,
}

impl Default for ViewTransform {
    fn default() -> Self {
        Self {
            scale: 1.0,
            origin: Pos2::ZERO,
            fit: Fit::Whole,
        }
    }
}

impl ViewTransform {
    /// Fits a picture of `size` pixels to the `canvas`; where the user has moved it, only keeps a
    /// part of it visible.
    pub fn update(&mut self, canvas: Rect, size: [u32; 2]) {
        let size = vec2(size[0].max(1) as f32, size[1].max(1) as f32);
        let inside = canvas.shrink(MARGIN);
        match self.fit {
            Fit::Whole => {
                let scale = (inside.width() / size.x).min(inside.height() / size.y);
                self.scale = scale.clamp(*SCALE_RANGE.start(), *SCALE_RANGE.end());
                self.origin = inside.center() - size * self.scale / 2.0;
            }
            Fit::Width => {
                let scale = inside.width() / size.x;
                self.scale = scale.clamp(*SCALE_RANGE.start(), *SCALE_RANGE.end());
                let height = size.y * self.scale;
                let top = inside.top().max(inside.center().y - height / 2.0);
                self.origin = pos2(inside.center().x - size.x * self.scale / 2.0, top);
                // From here it scrolls.
                self.fit = Fit::Free;
            }
            Fit::Free => {
                let scaled = size * self.scale;
                let (low, high) = (
                    canvas.min - scaled + Vec2::splat(MIN_VISIBLE),
                    canvas.max - Vec2::splat(MIN_VISIBLE),
                );
                self.origin = self.origin.clamp(low.min(high), high.max(low));
            }
        }
    }

    /// A point of the picture, in pixels, on the screen.
    pub fn to_screen(self, x: f32, y: f32) -> Pos2 {
        self.origin + vec2(x, y) * self.scale
    }

    /// A box in pixels of the picture, on the screen in points.
    pub fn rect(&self, bbox: &BBox) -> Rect {
        Rect::from_min_max(
            self.to_screen(bbox.x0, bbox.y0),
            self.to_screen(bbox.x1, bbox.y1),
        )
    }

    /// A point of the screen in pixels of the picture, which may lie outside it.
    pub fn to_picture(self, point: Pos2) -> Pos2 {
        ((point - self.origin) / self.scale).to_pos2()
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
        let (width, height) = (bbox.width().max(1.0), bbox.height().max(1.0));
        let scale = (canvas.width() / (width * 1.6)).min(canvas.height() / (height * 1.6));
        self.scale = scale.clamp(*SCALE_RANGE.start(), *SCALE_RANGE.end());
        let centre = vec2((bbox.x0 + bbox.x1) / 2.0, (bbox.y0 + bbox.y1) / 2.0);
        self.origin = canvas.center() - centre * self.scale;
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
}
