//! What the pointer does: drags, clicks and double clicks.

use egui::{Modifiers, PointerButton, Pos2, Response, Ui, vec2};

use super::gesture::{Gesture, dragged_boxes};
use super::hit::Hit;
use super::scene::Scene;
use super::shape::{self, PictureBounds};
use super::state::{Canvas, Tool};
use crate::app::action::Action;
use crate::app::command::Command;
use crate::app::preferences::WheelUse;
use crate::app::session::Session;
use crate::geometry::BBox;

/// The distance in points within which boxes snap to the edge of the picture.
const SNAP_DISTANCE: f32 = 6.0;
/// How far the wheel turns, in points of scrolling, to zoom by the factor e.
const WHEEL_ZOOM: f32 = 200.0;
/// The minimum side in points of a drawn box. Anything smaller is accidental.
const MIN_DRAWN_SIDE: f32 = 4.0;

impl Canvas {
    /// Zooms and scrolls. Over boxes that are offered, the wheel steps through them.
    pub(super) fn move_view(
        &mut self,
        ui: &Ui,
        response: &Response,
        scene: &Scene<'_>,
        actions: &mut Vec<Action>,
    ) {
        let Some(pointer) = response.hover_pos().filter(|_| response.contains_pointer()) else {
            return;
        };
        let zoom = ui.input(egui::InputState::zoom_delta);
        if zoom == 1.0 && self.tool == Tool::Point && scene.offers.is_some() {
            self.step_by_wheel(ui, actions);
        } else {
            self.move_view_at(ui, pointer, scene.options.wheel);
        }
    }

    /// Zooms and scrolls around a point of the screen.
    pub(super) fn move_view_at(&mut self, ui: &Ui, pointer: Pos2, wheel: WheelUse) {
        let (zoom, scroll) = ui.input(|input| (input.zoom_delta(), input.smooth_scroll_delta()));
        if zoom != 1.0 {
            self.view.zoom(zoom, pointer);
            return;
        }
        match wheel {
            WheelUse::Pan => self.view.pan(scroll),
            WheelUse::Zoom => {
                // Shift turns the wheel sideways.
                self.view.pan(vec2(scroll.x, 0.0));
                if scroll.y != 0.0 {
                    self.view.zoom((scroll.y / WHEEL_ZOOM).exp(), pointer);
                }
            }
        }
    }

    /// Handles drags and clicks.
    pub(super) fn on_pointer(
        &mut self,
        ui: &Ui,
        response: &Response,
        scene: &Scene<'_>,
        size: [u32; 2],
        actions: &mut Vec<Action>,
    ) {
        let session = scene.session;
        let tool = self.tool;
        let (pointer, origin, modifiers) = ui.input(|input| {
            (
                input.pointer.interact_pos(),
                input.pointer.press_origin(),
                input.modifiers,
            )
        });
        let Some(pointer) = pointer else { return };
        let bounds = self.bounds(size, modifiers);
        let at = self.view.to_picture(pointer);
        if response.drag_started() || response.drag_stopped() || response.clicked() {
            self.select_by_pointer();
        }
        if response.drag_started() {
            response.request_focus();
            let origin = origin.unwrap_or(pointer);
            let is_primary = response.drag_started_by(PointerButton::Primary);
            self.gesture = Some(self.begin_gesture(origin, is_primary, modifiers, scene));
        }
        if response.dragged() && self.gesture == Some(Gesture::Pan) {
            self.view.pan(response.drag_delta());
            self.space = self.space.map(|_| true);
        }
        if response.drag_stopped()
            && let Some(gesture) = self.gesture.take()
        {
            self.finish_gesture(&gesture, at, &bounds, modifiers, session, actions);
        }
        if tool == Tool::Point && session.is_editable() {
            self.point_at_pointer(response, at, size, modifiers, actions);
        }
        if response.clicked() && (!response.double_clicked() || tool == Tool::Point) {
            response.request_focus();
            self.on_click(pointer, modifiers, scene, &bounds, actions);
        }
        if response.double_clicked()
            && session.is_editable()
            && !session.selection().is_empty()
            && tool == Tool::Select
        {
            actions.push(Action::Command(Command::ChangeClass));
        }
        if response.secondary_clicked() {
            response.request_focus();
            if let Hit::Box(id) | Hit::Handle(id, _) = self.hit(pointer, scene)
                && !session.selection().contains(&id)
            {
                actions.push(Action::Select(vec![id]));
            }
        }
    }

    /// The bounds that boxes stay inside and snap to, unless Alt is held.
    pub(super) fn bounds(&self, size: [u32; 2], modifiers: Modifiers) -> PictureBounds {
        PictureBounds {
            width: size[0] as f32,
            height: size[1] as f32,
            snap: if modifiers.alt {
                0.0
            } else {
                SNAP_DISTANCE / self.view.scale
            },
        }
    }

    /// The gesture that a drag from a point of the screen starts. It moves or resizes a box only if the
    /// box is selected, so that a drag never moves a box that nobody has looked at.
    fn begin_gesture(
        &self,
        origin: Pos2,
        is_primary: bool,
        modifiers: Modifiers,
        scene: &Scene<'_>,
    ) -> Gesture {
        let session = scene.session;
        let from = self.view.to_picture(origin);
        if !is_primary || self.space.is_some() {
            return Gesture::Pan;
        }
        if self.tool != Tool::Select && session.is_editable() {
            return Gesture::Draw(self.first_corner.unwrap_or(from));
        }
        let adds = modifiers.command || modifiers.shift;
        if let Hit::Handle(id, handle) = self.hit(origin, scene)
            && session.is_editable()
        {
            return match session.document().annotation(id) {
                Some((_, row)) => Gesture::Resize {
                    id,
                    start: row.rect,
                    handle,
                    grip: handle.position(&row.rect) - from,
                },
                None => Gesture::Cancelled,
            };
        }
        let mut under = self.boxes_under(origin, scene).into_iter();
        let is_on_selected = under.any(|id| session.selection().contains(&id));
        match (is_on_selected && !adds, session.is_editable()) {
            (true, true) => {
                let rows = session.selection().iter();
                let rows = rows.filter(|id| !session.is_locked(**id));
                let rows = rows.filter_map(|id| session.document().annotation(*id));
                let boxes: Vec<_> = rows.map(|(_, row)| (row.id, row.rect)).collect();
                match boxes.is_empty() {
                    true => Gesture::Cancelled,
                    false => Gesture::Move { from, boxes },
                }
            }
            (false, true) if scene.options.drag_draws && !adds => Gesture::Draw(from),
            _ => Gesture::RubberBand { from, adds },
        }
    }

    /// Applies a gesture when the button is released.
    fn finish_gesture(
        &mut self,
        gesture: &Gesture,
        at: Pos2,
        bounds: &PictureBounds,
        modifiers: Modifiers,
        session: &Session,
        actions: &mut Vec<Action>,
    ) {
        match gesture {
            Gesture::Draw(from) => self.add_box(bounds.drawn(*from, at), actions),
            Gesture::RubberBand { from, adds } => {
                let band = BBox::from_corners(from.x, from.y, at.x, at.y);
                let is_inside = |rect: &BBox| rect.intersection(&band) == *rect;
                let ids = session
                    .visible()
                    .filter(|row| is_inside(&row.rect))
                    .map(|row| row.id);
                let ids: Vec<_> = ids.collect();
                actions.push(if *adds {
                    Action::AddToSelection(ids)
                } else {
                    Action::Select(ids)
                });
            }
            Gesture::Move { .. } | Gesture::Resize { .. } => {
                let changed = dragged_boxes(gesture, at, bounds, modifiers);
                actions.push(Action::Reshape(changed));
            }
            Gesture::Pan | Gesture::Cancelled => {}
        }
    }

    /// Adds a box that was drawn, unless it is too small to be intended.
    fn add_box(&mut self, bbox: BBox, actions: &mut Vec<Action>) {
        if self.tool == Tool::Draw && !self.keeps_drawing {
            self.set_tool(Tool::Select);
        }
        let min_side = (MIN_DRAWN_SIDE / self.view.scale).max(shape::MIN_SIDE);
        let is_meant = bbox.is_valid() && bbox.width().min(bbox.height()) >= min_side;
        if let Some(picture) = self.picture.filter(|_| is_meant) {
            actions.push(Action::AddBox(picture, bbox));
        }
    }

    /// Places a corner of a box at a point of the screen: the first one, or the one that completes it.
    pub(super) fn place_corner(
        &mut self,
        point: Pos2,
        bounds: &PictureBounds,
        actions: &mut Vec<Action>,
    ) {
        let at = self.view.to_picture(point);
        match self.first_corner.take() {
            Some(from) => self.add_box(bounds.drawn(from, at), actions),
            None => self.first_corner = Some(bounds.point(at)),
        }
    }

    fn on_click(
        &mut self,
        pointer: Pos2,
        modifiers: Modifiers,
        scene: &Scene<'_>,
        bounds: &PictureBounds,
        actions: &mut Vec<Action>,
    ) {
        let at = self.view.to_picture(pointer);
        match self.tool {
            Tool::Draw => return self.place_corner(pointer, bounds, actions),
            Tool::Point => return self.on_point_click(at, modifiers, scene, actions),
            Tool::Select => {}
        }
        let under = self.boxes_under(pointer, scene);
        if modifiers.command {
            actions.extend(under.first().map(|id| Action::ToggleInSelection(vec![*id])));
            return;
        }
        // Another click at the same place selects the box beneath.
        let is_again = self.is_at_last_click(pointer);
        let selected = match scene.session.selection() {
            [only] if is_again => under.iter().position(|id| id == only),
            _ => None,
        };
        let next = selected.map_or(0, |at| (at + 1) % under.len().max(1));
        self.last_click = Some(pointer);
        actions.push(Action::Select(
            under.get(next).copied().into_iter().collect(),
        ));
    }
}
