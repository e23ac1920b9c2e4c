//! A drag that reaches the edge of the canvas moves the picture, so that a box can be larger than what
//! is visible.

use egui::{Pos2, Rect, Ui, Vec2, vec2};

use super::gesture::Gesture;
use super::state::Canvas;

/// The distance from the edge of the canvas in points within which a drag moves the picture.
const EDGE: f32 = 24.0;
/// Points per second at the edge itself; beyond it up to twice as many.
const SPEED: f32 = 600.0;
/// Space in points that is left beside the picture when its end is reached.
const MARGIN: f32 = 8.0;
/// The longest step in seconds, for a frame that took long.
const MAX_STEP_SECS: f32 = 0.05;

impl Canvas {
    /// Moves a picture of `size` pixels while a drag is at the edge of the canvas.
    pub(super) fn pan_at_edge(&mut self, ui: &Ui, canvas: Rect, size: [u32; 2]) {
        let is_drawing = self.first_corner.is_some();
        let is_dragging = match &self.gesture {
            Some(
                Gesture::Draw(_)
                | Gesture::Move { .. }
                | Gesture::Resize { .. }
                | Gesture::RubberBand { .. },
            ) => true,
            Some(Gesture::Pan | Gesture::Cancelled) | None => false,
        };
        let pointer = ui.input(|input| input.pointer.latest_pos());
        // Without a button the pointer may be on its way to a panel.
        let pointer = pointer.filter(|at| is_dragging || is_drawing && canvas.contains(*at));
        let Some(pointer) = pointer else { return };
        let picture = Rect::from_min_size(
            self.view.origin,
            vec2(size[0] as f32, size[1] as f32) * self.view.scale,
        );
        let seconds = ui.input(|input| input.stable_dt).min(MAX_STEP_SECS);
        let by = pan_step(pointer, canvas, picture, seconds);
        if by != Vec2::ZERO {
            self.view.pan(by);
            ui.request_repaint();
        }
    }
}

/// How far the picture moves in this time: towards what is hidden beyond the edge at which the pointer
/// is, and not beyond the end of the picture.
fn pan_step(pointer: Pos2, canvas: Rect, picture: Rect, seconds: f32) -> Vec2 {
    let along = |at: f32, [low, high]: [f32; 2], [start, end]: [f32; 2]| {
        let speed = |depth: f32| SPEED * (depth / EDGE).clamp(0.0, 2.0) * seconds;
        let hidden_before = (low + MARGIN - start).max(0.0);
        let hidden_after = (end - (high - MARGIN)).max(0.0);
        speed(low + EDGE - at).min(hidden_before) - speed(at - (high - EDGE)).min(hidden_after)
    };
    vec2(
        along(
            pointer.x,
            [canvas.left(), canvas.right()],
            [picture.left(), picture.right()],
        ),
        along(
            pointer.y,
            [canvas.top(), canvas.bottom()],
            [picture.top(), picture.bottom()],
        ),
    )
}

#[cfg(test)]
mod tests {
    use egui::pos2;

    use super::*;

    const CANVAS: Rect = Rect {
        min: pos2(100.0, 50.0),
        max: pos2(900.0, 650.0),
    };

    #[test]
    fn the_picture_moves_towards_what_is_hidden_and_not_beyond_its_end() {
        let large = Rect::from_min_max(pos2(-500.0, -500.0), pos2(2000.0, 2000.0));
        let step = |x, y, picture| pan_step(pos2(x, y), CANVAS, picture, 0.01);
        assert_eq!(step(500.0, 300.0, large), Vec2::ZERO, "in the middle");
        assert!(step(899.0, 300.0, large).x < 0.0);
        assert!(step(101.0, 300.0, large).x > 0.0);
        assert!(step(500.0, 640.0, large).y < 0.0);
        let beyond = step(990.0, 300.0, large).x;
        assert!(beyond < step(899.0, 300.0, large).x, "faster outside");
        let fitted = CANVAS.shrink(MARGIN);
        assert_eq!(step(899.0, 649.0, fitted), Vec2::ZERO, "nothing is hidden");
        let almost = Rect::from_min_max(fitted.min, fitted.max + vec2(2.0, 0.0));
        assert!((step(990.0, 300.0, almost).x + 2.0).abs() < 1e-3);
    }
}
