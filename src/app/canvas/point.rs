//! The point tool: the pointer and the keys choose among the boxes of the object under the pointer.
//!
//! Without a click the points follow the pointer. A click on an offered box takes it; a click elsewhere,
//! or on a part to leave out, pins the points until a box is taken or Esc is pressed.

use egui::{Event, Key, Modifiers, MouseWheelUnit, Pos2, Response, Ui};

use super::offers::Offers;
use super::paint;
use super::point_state::PointState;
use super::scene::Scene;
use super::state::{Canvas, Tool};
use crate::app::action::Action;
use crate::app::i18n::tr;
use crate::segment::PromptPoint;

/// The distance in points that the pointer moves before the boxes under it are asked for again.
const MIN_MOVE: f32 = 3.0;
/// How far a touchpad scrolls for one step, in points.
const SCROLL_STEP: f32 = 40.0;

impl Canvas {
    /// Asks for the boxes of the object under the pointer, unless points are pinned. While Shift or Ctrl
    /// is held, the points stay, so that the pointer can move to another part.
    pub(super) fn point_at_pointer(
        &mut self,
        response: &Response,
        at: Pos2,
        size: [u32; 2],
        modifiers: Modifiers,
        actions: &mut Vec<Action>,
    ) {
        let is_held = modifiers.shift || modifiers.command;
        if !self.point.pinned.is_empty() || is_held || self.is_busy() {
            return;
        }
        let is_inside = at.x >= 0.0
            && at.y >= 0.0
            && at.x < size[0] as f32
            && at.y < size[1] as f32
            && response.contains_pointer();
        let hovered = is_inside.then_some(at);
        let min_move = MIN_MOVE / self.view.scale;
        let has_moved = match (self.point.hovered, hovered) {
            (Some(former), Some(now)) => former.distance(now) >= min_move,
            (former, now) => former.is_some() != now.is_some(),
        };
        if has_moved {
            self.point.hovered = hovered;
            let points = hovered.map(inside).into_iter();
            actions.push(Action::PointAt(points.collect()));
        }
    }

    /// A click with the point tool, at a point in pixels of the picture.
    pub(super) fn on_point_click(
        &mut self,
        at: Pos2,
        modifiers: Modifiers,
        scene: &Scene<'_>,
        actions: &mut Vec<Action>,
    ) {
        if !scene.session.is_editable() {
            return;
        }
        if modifiers.shift || modifiers.command {
            // The points that the offered boxes are of, and this one.
            let mut points = std::mem::take(&mut self.point.pinned);
            if points.is_empty() {
                let offered = scene.offers.map(|offers| offers.points.clone());
                points = offered.unwrap_or_default();
            }
            if !points.is_empty() || modifiers.command {
                points.push(PromptPoint {
                    is_inside: !modifiers.shift,
                    ..inside(at)
                });
                self.pin(points, actions);
            }
            return;
        }
        let chosen = scene.offers.map(Offers::chosen_box);
        let is_on_offer = chosen.is_some_and(|bbox| {
            let x = bbox.x0..=bbox.x1;
            let y = bbox.y0..=bbox.y1;
            x.contains(&at.x) && y.contains(&at.y)
        });
        if is_on_offer {
            self.take_offer(actions);
        } else {
            self.pin(vec![inside(at)], actions);
        }
    }

    fn pin(&mut self, points: Vec<PromptPoint>, actions: &mut Vec<Action>) {
        self.point.pinned.clone_from(&points);
        actions.push(Action::PointAt(points));
    }

    fn take_offer(&mut self, actions: &mut Vec<Action>) {
        self.point.pinned.clear();
        actions.push(Action::TakeOffer);
    }

    /// A key while the point tool is in use; `false` if it has no meaning here.
    pub(super) fn on_point_key(
        &mut self,
        key: Key,
        modifiers: Modifiers,
        actions: &mut Vec<Action>,
    ) -> bool {
        match key {
            Key::Tab => actions.push(Action::StepOffer {
                by: if modifiers.shift { -1 } else { 1 },
                wraps: true,
            }),
            Key::Enter if modifiers.is_none() => self.take_offer(actions),
            Key::Escape => {
                if self.point.pinned.is_empty() {
                    self.set_tool(Tool::Select);
                }
                self.point = PointState::default();
                actions.push(Action::PointAt(Vec::new()));
            }
            _ => return false,
        }
        true
    }

    /// Steps through the offered boxes: upwards to larger ones.
    pub(super) fn step_by_wheel(&mut self, ui: &Ui, actions: &mut Vec<Action>) {
        let steps = ui.input(|input| {
            let wheel = input.events.iter().filter_map(|event| match event {
                Event::MouseWheel {
                    unit: MouseWheelUnit::Point,
                    delta,
                    ..
                } => Some(delta.y / SCROLL_STEP),
                Event::MouseWheel { delta, .. } if delta.y != 0.0 => Some(delta.y.signum()),
                _ => None,
            });
            wheel.sum::<f32>()
        });
        self.point.scrolled += steps;
        let whole = self.point.scrolled.trunc();
        self.point.scrolled -= whole;
        if whole != 0.0 {
            actions.push(Action::StepOffer {
                by: whole as isize,
                wraps: false,
            });
        }
    }

    /// Paints the boxes that are offered, and the points that were clicked.
    pub(super) fn paint_offers(&self, painter: &egui::Painter, scene: &Scene<'_>) {
        if self.tool != Tool::Point {
            return;
        }
        if let Some(offers) = scene.offers {
            let colour = scene.chosen_colour();
            let rects: Vec<_> = offers
                .boxes
                .iter()
                .map(|bbox| self.view.rect(bbox))
                .collect();
            let bbox = offers.chosen_box();
            let text = tr!(
                "canvas-offer",
                number = offers.chosen + 1,
                count = offers.boxes.len(),
                width = format!("{:.0}", bbox.width()),
                height = format!("{:.0}", bbox.height())
            );
            paint::offers(painter, &rects, offers.chosen, colour, &text);
        }
        for point in &self.point.pinned {
            let place = self.view.to_screen(point.x, point.y);
            paint::prompt_point(painter, place, point.is_inside);
        }
    }
}

/// A point in the object.
fn inside(at: Pos2) -> PromptPoint {
    PromptPoint {
        x: at.x,
        y: at.y,
        is_inside: true,
    }
}
