//! Zoom and position of the pictures that were shown before, for going back and forth.

use std::num::NonZeroUsize;

use egui::{Pos2, Rect};
use lru::LruCache;

use super::view::{Fit, ViewTransform};
use crate::app::session::Turn;
use crate::document::PictureId;

/// How many pictures are remembered.
const CAPACITY: NonZeroUsize = NonZeroUsize::new(500).expect("it is not zero");

/// What was seen of a picture: points per pixel, and the pixel in the middle of the canvas.
#[derive(Clone, Copy, Debug, PartialEq)]
struct SeenPart {
    scale: f32,
    middle: Pos2,
    turn: Turn,
}

/// The views of pictures that the user has moved; the others are fitted to the canvas.
pub(super) struct ViewMemory(LruCache<PictureId, SeenPart>);

impl Default for ViewMemory {
    fn default() -> Self {
        Self(LruCache::new(CAPACITY))
    }
}

impl ViewMemory {
    /// Remembers how a picture was shown on the canvas, or that it was fitted to it.
    pub fn remember(&mut self, picture: PictureId, view: &ViewTransform, canvas: Rect) {
        if view.fit == Fit::Free {
            let seen = SeenPart {
                scale: view.scale,
                middle: view.to_picture(canvas.center()),
                turn: view.turn,
            };
            self.0.put(picture, seen);
        } else {
            self.0.pop(&picture);
        }
    }

    /// The view with which a picture was shown last, on a canvas that may have another size now.
    pub fn recall(&mut self, picture: PictureId, canvas: Rect) -> Option<ViewTransform> {
        let SeenPart {
            scale,
            middle,
            turn,
        } = *self.0.get(&picture)?;
        Some(ViewTransform {
            scale,
            origin: canvas.center() - turn.applied(middle.to_vec2()) * scale,
            turn,
            fit: Fit::Free,
        })
    }
}

#[cfg(test)]
mod tests {
    use egui::{pos2, vec2};

    use super::*;

    #[test]
    fn the_same_pixel_is_in_the_middle_again() {
        let canvas = Rect::from_min_size(pos2(100.0, 50.0), vec2(800.0, 600.0));
        let mut view = ViewTransform::default();
        view.update(canvas, [4000, 3000]);
        let mut memory = ViewMemory::default();
        memory.remember(PictureId(1), &view, canvas);
        assert_eq!(memory.recall(PictureId(1), canvas), None, "it was fitted");
        view.zoom(5.0, pos2(300.0, 200.0));
        let middle = view.to_picture(canvas.center());
        memory.remember(PictureId(1), &view, canvas);
        let wider = Rect::from_min_size(pos2(10.0, 50.0), vec2(1200.0, 700.0));
        let found = memory.recall(PictureId(1), wider).unwrap();
        assert_eq!(found.scale, view.scale);
        assert!((found.to_picture(wider.center()) - middle).length() < 1e-2);
        assert_eq!(memory.recall(PictureId(2), wider), None);
    }
}
