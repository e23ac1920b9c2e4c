//! What a drag does, and where it has moved boxes so far.

use egui::{Modifiers, Pos2, Vec2};

use super::shape::{self, Handle, PictureBounds};
use crate::document::AnnotationId;
use crate::geometry::BBox;

/// What the current drag does. Points are in pixels of the picture.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Gesture {
    /// Move the picture.
    Pan,
    /// Draw a box from this corner.
    Draw(Pos2),
    /// Select the boxes inside a frame from this corner.
    RubberBand {
        from: Pos2,
        /// Whether they are added to the selection.
        adds: bool,
    },
    /// Move boxes from where they were at the start.
    Move {
        from: Pos2,
        boxes: Vec<(AnnotationId, BBox)>,
    },
    /// Resize a box.
    Resize {
        id: AnnotationId,
        start: BBox,
        handle: Handle,
        /// From the point where the drag started to the handle.
        grip: Vec2,
    },
    /// Nothing: it was cancelled, and the button is still down.
    Cancelled,
}

/// The boxes that a gesture moves or resizes, at their current positions, in pixels of the picture.
pub(super) fn dragged_boxes(
    gesture: &Gesture,
    at: Pos2,
    bounds: &PictureBounds,
    modifiers: Modifiers,
) -> Vec<(AnnotationId, BBox)> {
    match gesture {
        Gesture::Move { from, boxes } => {
            let rects: Vec<BBox> = boxes.iter().map(|(_, rect)| *rect).collect();
            let by = bounds.moved_by(&rects, at - *from);
            let moved = boxes.iter().map(|(id, rect)| (*id, shape::moved(rect, by)));
            moved.collect()
        }
        Gesture::Resize {
            id,
            start,
            handle,
            grip,
        } => {
            vec![(
                *id,
                bounds.resized(start, *handle, at + *grip, modifiers.shift),
            )]
        }
        Gesture::Pan | Gesture::Draw(_) | Gesture::RubberBand { .. } | Gesture::Cancelled => {
            Vec::new()
        }
    }
}
