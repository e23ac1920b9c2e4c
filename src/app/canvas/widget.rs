//! The canvas as a widget: one frame of it.

use egui::{Response, Sense, Ui};

use super::id::id;
use super::point_state::PointState;
use super::scene::Scene;
use super::state::Canvas;
use super::view::Fit;
use crate::app::action::Action;
use crate::app::theme::ThemePalette;

impl Canvas {
    /// Draws the canvas and handles the pointer.
    pub fn ui(
        &mut self,
        ui: &mut Ui,
        scene: &mut Scene<'_>,
        actions: &mut Vec<Action>,
    ) -> Response {
        let rect = ui.available_rect_before_wrap();
        let response = ui.interact(rect, id(), Sense::click_and_drag());
        ui.advance_cursor_after_rect(rect);
        self.rect = Some(rect);
        self.pointer = response.hover_pos();
        self.keeps_drawing = scene.options.keep_drawing;
        let painter = ui.painter_at(rect);
        painter.rect_filled(rect, 0, ThemePalette::of(ui.visuals()).canvas);
        let Some(picture) = scene.session.current() else {
            return response;
        };
        let is_other = self.picture != Some(picture);
        if is_other {
            if let Some(former) = self.picture {
                self.memory.remember(former, &self.view, rect);
            }
            self.picture = Some(picture);
            self.gesture = None;
            self.first_corner = None;
            self.last_click = None;
            self.point = PointState::default();
            if !scene.options.keep_view {
                match self.memory.recall(picture, rect) {
                    Some(view) => self.view = view,
                    None => self.view.fit = Fit::Whole,
                }
            }
        }
        let Some(size) = scene.size_of(picture) else {
            return response;
        };
        self.turn_view(scene.session.turn(picture), rect, is_other);
        let former_scale = self.view.scale;
        self.follow_selection(scene.session, rect, size);
        self.move_view(ui, &response, scene, actions);
        self.view.update(rect, size);
        if self.view.scale != former_scale {
            // The zoom in the status line was drawn before.
            ui.request_repaint();
        }
        let is_pressed = ui.input(|input| input.pointer.any_down());
        if self.gesture.is_some() && !is_pressed && !response.drag_stopped() {
            self.gesture = None;
        }
        self.pan_at_edge(ui, rect, size);
        self.on_pointer(ui, &response, scene, size, actions);
        self.view.update(rect, size);
        self.paint(ui, &painter, &response, scene, size);
        self.describe(ui, &response, scene);
        response
    }
}
