//! Keys that are not commands, while the canvas has the focus.

use egui::{Key, Modifiers, vec2};

use super::state::{Canvas, Tool};
use crate::app::action::Action;
use crate::app::session::Session;
use crate::geometry::BBox;

/// How far an arrow key scrolls when nothing is selected, in points.
const SCROLL_STEP: f32 = 60.0;

impl Canvas {
    /// Handles a key press while the canvas has the focus; `false` if the key has no meaning here.
    pub fn on_key(
        &mut self,
        key: Key,
        modifiers: Modifiers,
        is_held: bool,
        session: &Session,
        actions: &mut Vec<Action>,
    ) -> bool {
        if self.tool == Tool::Point
            && self.gesture.is_none()
            && self.on_point_key(key, modifiers, actions)
        {
            return true;
        }
        if key == Key::Escape {
            if !self.cancel() {
                actions.push(Action::Select(Vec::new()));
            }
            return true;
        }
        if key == Key::Enter && self.tool == Tool::Draw && modifiers.is_none() {
            match (self.pointer, session.current_size()) {
                (Some(pointer), Some(size)) => {
                    let bounds = self.bounds(size, modifiers);
                    self.place_corner(pointer, &bounds, actions);
                }
                _ => self.add_box_in_the_middle(session, actions),
            }
            return true;
        }
        if modifiers.alt {
            return false;
        }
        let direction = match key {
            Key::ArrowLeft => vec2(-1.0, 0.0),
            Key::ArrowRight => vec2(1.0, 0.0),
            Key::ArrowUp => vec2(0.0, -1.0),
            Key::ArrowDown => vec2(0.0, 1.0),
            _ => return false,
        };
        if session.selection().is_empty() {
            self.view.pan(-direction * SCROLL_STEP);
        } else if modifiers.command {
            let turn = self.view.turn;
            let by = turn.undone(direction).into();
            // The edge to the right or at the bottom of the screen may be another of the picture.
            let edge = turn.undone(direction.abs());
            let moves_upper_left = modifiers.shift != (edge.x + edge.y < 0.0);
            actions.push(Action::MoveEdges {
                by,
                moves_upper_left,
                is_held,
            });
        } else {
            let direction = self.view.turn.undone(direction);
            let step = direction * if modifiers.shift { 10.0 } else { 1.0 };
            actions.push(Action::Nudge(step.into(), is_held));
        }
        true
    }

    /// Adds a box in the middle of the visible part, to be moved with the arrow keys.
    fn add_box_in_the_middle(&mut self, session: &Session, actions: &mut Vec<Action>) {
        self.set_tool(Tool::Select);
        let (Some(canvas), Some(picture)) = (self.rect, session.current()) else {
            return;
        };
        let Some(row) = session.document().picture(picture) else {
            return;
        };
        let (low, high) = (
            self.view.to_picture(canvas.min),
            self.view.to_picture(canvas.max),
        );
        let visible = BBox::from_corners(low.x, low.y, high.x, high.y);
        if let Some(visible) = visible.clipped(row.width, row.height) {
            let (width, height) = (visible.width() / 4.0, visible.height() / 4.0);
            let bbox = BBox {
                x0: visible.x0 + width,
                y0: visible.y0 + height,
                x1: visible.x1 - width,
                y1: visible.y1 - height,
            };
            actions.push(Action::PlaceBox(picture, bbox));
        }
    }

    /// Handles the space bar, which moves the picture while it is held; `true` if it was only tapped.
    pub fn on_space(&mut self, is_pressed: bool, is_held: bool) -> bool {
        if is_pressed {
            let is_used = self.space.get_or_insert(false);
            *is_used |= is_held;
            return false;
        }
        self.space.take() == Some(false)
    }

    /// Forgets the space bar, which may be released while another widget has the focus.
    pub fn release_space(&mut self) {
        self.space = None;
    }
}
