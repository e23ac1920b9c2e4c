//! The state of the canvas, and what other parts of the window ask of it.

use egui::{Pos2, Rect};

use super::gesture::Gesture;
use super::point_state::PointState;
use super::stepping_state::ZoomedStepping;
use super::view::{Fit, ViewTransform};
use super::view_memory::ViewMemory;
use crate::app::session::{Session, Turn};
use crate::document::{AnnotationId, PictureId};

/// How much the commands zoom.
const ZOOM_STEP: f32 = 1.25;

/// A change of the view that a command asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CanvasCommand {
    /// Show the whole picture.
    Fit,
    /// Make the picture as wide as the canvas.
    FitWidth,
    /// Show each pixel of the picture as one pixel of the screen.
    ActualSize,
    /// Zoom in.
    ZoomIn,
    /// Zoom out.
    ZoomOut,
    /// Zoom to the selected box.
    ZoomToBox,
}

/// What clicks and drags do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tool {
    /// They select and move boxes.
    #[default]
    Select,
    /// The next drag, or the next two clicks, draw a box, whatever is under the pointer.
    Draw,
    /// A click takes the box of the object under the pointer; a drag draws a box.
    Point,
}

/// The state of the canvas.
#[derive(Default)]
pub struct Canvas {
    pub(super) view: ViewTransform,
    /// The views of pictures that were shown before.
    pub(super) memory: ViewMemory,
    /// The canvas on the screen, in points, once it has been drawn.
    pub(super) rect: Option<Rect>,
    /// The picture of the last frame.
    pub(super) picture: Option<PictureId>,
    pub(super) gesture: Option<Gesture>,
    pub(super) tool: Tool,
    pub(super) point: PointState,
    /// The first corner of a box that is drawn by two clicks, in pixels of the picture.
    pub(super) first_corner: Option<Pos2>,
    /// The point of the last click, in points: another click there selects the box beneath.
    pub(super) last_click: Option<Pos2>,
    /// Whether the space bar has done something since it was pressed: it has moved the picture, or it
    /// is held. `None` if it is up.
    pub(super) space: Option<bool>,
    /// Where the pointer was in the last frame, in points, if it was on the canvas.
    pub(super) pointer: Option<Pos2>,
    /// Whether the draw tool stays in use after a box.
    pub(super) keeps_drawing: bool,
    /// Stepping from box to box zoomed in, while it is on.
    pub(super) stepping: Option<ZoomedStepping>,
    /// Whether the preview of the picture is too coarse for this zoom.
    pub(super) needs_full_resolution: bool,
}

impl Canvas {
    /// What clicks and drags do.
    pub fn tool(&self) -> Tool {
        self.tool
    }

    /// Points per pixel of the picture.
    pub fn scale(&self) -> f32 {
        self.view.scale
    }

    /// Where the canvas is on the screen, in points, once it has been drawn.
    pub fn rect(&self) -> Option<Rect> {
        self.rect
    }

    /// Whether the preview of the picture is too coarse for this zoom.
    pub fn needs_full_resolution(&self) -> bool {
        self.needs_full_resolution
    }

    /// Whether something is being dragged or drawn.
    pub fn is_busy(&self) -> bool {
        self.gesture.is_some() || self.first_corner.is_some()
    }

    /// Whether a drag moves or resizes boxes: what is written meanwhile could replace them.
    pub fn holds_boxes(&self) -> bool {
        matches!(
            self.gesture,
            Some(Gesture::Move { .. } | Gesture::Resize { .. })
        )
    }

    /// Ends a gesture whose end the canvas has not seen, because it was not drawn or another window took
    /// the pointer. Nothing is changed.
    pub fn end_lost_gesture(&mut self) {
        self.gesture = None;
        self.first_corner = None;
    }

    /// Whether the current gesture moves or resizes this box.
    pub fn is_dragging(&self, id: AnnotationId) -> bool {
        match &self.gesture {
            Some(Gesture::Move { boxes, .. }) => boxes.iter().any(|(other, _)| *other == id),
            Some(Gesture::Resize { id: other, .. }) => *other == id,
            _ => false,
        }
    }

    /// Takes a tool.
    pub fn set_tool(&mut self, tool: Tool) {
        self.tool = tool;
        self.first_corner = None;
        self.point = PointState::default();
    }

    /// Cancels the gesture and puts the tool away; `false` if there was nothing to cancel.
    pub fn cancel(&mut self) -> bool {
        let was_busy = self.is_busy() || self.tool != Tool::Select;
        if self.gesture.is_some() {
            self.gesture = Some(Gesture::Cancelled);
        }
        self.set_tool(Tool::Select);
        was_busy
    }

    /// Changes the view.
    pub fn run(&mut self, command: CanvasCommand, session: &Session, pixels_per_point: f32) {
        let Some(rect) = self.rect else { return };
        match command {
            CanvasCommand::Fit => self.view.fit = Fit::Whole,
            CanvasCommand::FitWidth => self.view.fit = Fit::Width,
            CanvasCommand::ActualSize => {
                let factor = 1.0 / (pixels_per_point * self.view.scale);
                self.view.zoom(factor, rect.center());
            }
            CanvasCommand::ZoomIn => self.view.zoom(ZOOM_STEP, rect.center()),
            CanvasCommand::ZoomOut => self.view.zoom(ZOOM_STEP.recip(), rect.center()),
            CanvasCommand::ZoomToBox => {
                let selected = session.selection().last();
                let row = selected.and_then(|id| session.document().annotation(*id));
                if let Some((_, row)) = row {
                    self.view.zoom_to(&row.rect, rect);
                }
            }
        }
    }

    /// Turns the view of the picture, if it is not turned so yet. Another picture is shown as a whole
    /// then.
    pub(super) fn turn_view(&mut self, turn: Turn, canvas: Rect, is_other_picture: bool) {
        if self.view.turn != turn {
            self.view.turn_to(turn, canvas.center());
            if is_other_picture {
                self.view.fit = Fit::Whole;
            }
        }
    }

    /// The box that was selected last, on the screen in points; the canvas if there is none.
    pub fn selected_rect(&self, session: &Session) -> Rect {
        let canvas = self.rect.unwrap_or(Rect::ZERO);
        let row = session
            .selection()
            .last()
            .and_then(|id| session.document().annotation(*id));
        row.map_or(canvas, |(_, row)| {
            self.view.rect(&row.rect).intersect(canvas)
        })
    }

    /// A point of the screen in pixels of the picture; for tests.
    pub fn to_picture(&self, point: Pos2) -> Pos2 {
        self.view.to_picture(point)
    }

    /// A point of the picture, in pixels, on the screen; for tests.
    pub fn to_screen(&self, x: f32, y: f32) -> Pos2 {
        self.view.to_screen(x, y)
    }
}
