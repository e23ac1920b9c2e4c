//! The canvas: the picture, its boxes, and what the hand does to them.
//!
//! It reads the session and asks for [`Action`]s. While something is being dragged nothing changes
//! but what the canvas itself shows; one drag is one edit when the button is let go.

pub mod paint;
pub mod shape;
pub mod view;

use egui::{
    Align2, Color32, CursorIcon, FontId, Id, Key, Modifiers, PointerButton, Pos2, Rect, Response,
    Role, Sense, Ui, Vec2, WidgetInfo, pos2, vec2,
};

use self::paint::BoxStyle;
use self::shape::{Handle, PictureBounds};
use self::view::{Fit, View};
use super::action::Action;
use super::command::Command;
use super::preferences::CanvasOptions;
use super::session::Session;
use super::textures::{Adjustment, Textures};
use super::theme::{self, Palette};
use crate::document::{AnnotationId, BoxState, CategoryId, PictureId};
use crate::geometry::BBox;
use crate::propose::Proposal;

/// Points around a handle, and along an edge, that count as it.
const HANDLE_RADIUS: f32 = 9.0;
const EDGE_RADIUS: f32 = 5.0;
/// Points around a box that still count as it.
const BOX_HIT_MARGIN: f32 = 3.0;
/// Points within which an edge snaps to the picture's edge.
const SNAP_DISTANCE: f32 = 6.0;
/// Points between two clicks that are at the same place.
const SAME_CLICK_DISTANCE: f32 = 4.0;
/// The shorter side, in points, from which on a drag is a box and not a slip of the hand.
const MIN_DRAWN_SIDE: f32 = 4.0;
/// Points that an arrow key scrolls where nothing is selected.
const SCROLL_STEP: f32 = 60.0;

/// The name of the canvas among the toolkit's widgets.
pub fn id() -> Id {
    Id::unique("tsukami canvas")
}

/// What the canvas shows, and what is shown in place of something else.
pub struct Scene<'a> {
    /// The project.
    pub session: &'a Session,
    /// Pictures on the card.
    pub textures: &'a mut Textures,
    /// How the canvas looks.
    pub look: &'a CanvasOptions,
    /// How pictures look.
    pub adjustment: Adjustment,
    /// Whether boxes are hidden.
    pub are_boxes_hidden: bool,
    /// Boxes in the place of untouched proposals, while a threshold is being moved; each with the
    /// class that it would get.
    pub proposal_preview: Option<&'a [(Proposal, Option<CategoryId>)]>,
    /// The map over the picture.
    pub heat: Option<egui::TextureId>,
}

/// What was asked of the canvas from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CanvasCommand {
    /// The whole picture.
    Fit,
    /// As wide as the canvas.
    FitWidth,
    /// A pixel of the picture as a pixel of the screen.
    ActualSize,
    /// Larger.
    ZoomIn,
    /// Smaller.
    ZoomOut,
    /// The selected box, large.
    ZoomToBox,
}

/// What the hand is doing.
#[derive(Clone, Debug, PartialEq)]
enum Gesture {
    /// Moving the picture.
    Pan,
    /// Drawing a box from this corner.
    Draw(Pos2),
    /// Selecting what lies in a frame from this corner.
    RubberBand { from: Pos2, adds: bool },
    /// Moving boxes.
    Move {
        from: Pos2,
        boxes: Vec<(AnnotationId, BBox)>,
    },
    /// Resizing a box.
    Resize {
        id: AnnotationId,
        start: BBox,
        handle: Handle,
        grip: Vec2,
    },
    /// Given up, until the button is let go.
    Nothing,
}

/// What is under the pointer.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Hit {
    Handle(AnnotationId, Handle),
    Box(AnnotationId),
    Nothing,
}

/// The state of the canvas.
#[derive(Default)]
pub struct Canvas {
    view: View,
    rect: Option<Rect>,
    shown: Option<PictureId>,
    gesture: Option<Gesture>,
    /// The next drag or two clicks draw.
    draws: bool,
    /// The first corner of a box that is drawn by two clicks.
    first_corner: Option<Pos2>,
    /// Where was clicked last, for the next click there to reach beneath.
    last_click: Option<Pos2>,
    /// Whether the space bar is held, and whether the picture was moved with it.
    space: Option<bool>,
    /// Whether the picture is looked at so closely that its preview is not enough.
    needs_full_resolution: bool,
}

impl Canvas {
    /// Whether the next drag draws a box.
    pub fn draws(&self) -> bool {
        self.draws
    }

    /// Points a pixel of the picture.
    pub fn scale(&self) -> f32 {
        self.view.scale
    }

    /// Whether the picture is looked at so closely that its preview is not enough.
    pub fn needs_full_resolution(&self) -> bool {
        self.needs_full_resolution
    }

    /// Whether something is being dragged or drawn.
    pub fn is_busy(&self) -> bool {
        self.gesture.is_some() || self.first_corner.is_some()
    }

    /// The next drag draws a box, or no longer.
    pub fn set_draw_mode(&mut self, draws: bool) {
        self.draws = draws;
        self.first_corner = None;
    }

    /// Gives up what is under way; whether there was anything.
    pub fn cancel(&mut self) -> bool {
        let was_busy = self.is_busy() || self.draws;
        if self.gesture.is_some() {
            self.gesture = Some(Gesture::Nothing);
        }
        self.set_draw_mode(false);
        was_busy
    }

    /// Does what was asked for.
    pub fn wish(&mut self, wish: CanvasCommand, session: &Session, pixels_per_point: f32) {
        let Some(rect) = self.rect else { return };
        match wish {
            CanvasCommand::Fit => self.view.fit = Fit::Whole,
            CanvasCommand::FitWidth => self.view.fit = Fit::Width,
            CanvasCommand::ActualSize => {
                let factor = 1.0 / (pixels_per_point * self.view.scale);
                self.view.zoom(factor, rect.center());
            }
            CanvasCommand::ZoomIn => self.view.zoom(1.25, rect.center()),
            CanvasCommand::ZoomOut => self.view.zoom(0.8, rect.center()),
            CanvasCommand::ZoomToBox => {
                let selected = session.selection().last();
                let row = selected.and_then(|id| session.document().annotation(*id));
                if let Some((_, row)) = row {
                    self.view.show(&row.rect, rect);
                }
            }
        }
    }

    /// Where the box that was selected last is on the screen; the canvas if there is none.
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

    /// Where a point of the picture is on the screen; for tests.
    pub fn to_screen(&self, x: f32, y: f32) -> Pos2 {
        self.view.to_screen(x, y)
    }

    /// Draws the canvas and takes what the hand does.
    pub fn ui(&mut self, ui: &mut Ui, mut scene: Scene<'_>, actions: &mut Vec<Action>) -> Response {
        let rect = ui.available_rect_before_wrap();
        let response = ui.interact(rect, id(), Sense::click_and_drag());
        ui.advance_cursor_after_rect(rect);
        self.rect = Some(rect);
        let painter = ui.painter_at(rect);
        painter.rect_filled(rect, 0, Palette::of(ui.visuals()).canvas);
        let Some(picture) = scene.session.current() else {
            return response;
        };
        if self.shown != Some(picture) {
            self.shown = Some(picture);
            self.gesture = None;
            self.first_corner = None;
            self.last_click = None;
            if !scene.look.keep_view {
                self.view.fit = Fit::Whole;
            }
        }
        let Some(size) = size_of(&scene, picture) else {
            return response;
        };
        self.move_view(ui, &response);
        self.view.update(rect, size);
        self.on_pointer(ui, &response, &scene, size, actions);
        self.view.update(rect, size);
        self.paint(ui, &painter, &response, &mut scene, size);
        self.describe(ui, &response, &scene);
        response
    }

    /// Zooms and scrolls.
    fn move_view(&mut self, ui: &Ui, response: &Response) {
        let Some(pointer) = response.hover_pos().filter(|_| response.contains_pointer()) else {
            return;
        };
        let (zoom, scroll) = ui.input(|input| (input.zoom_delta(), input.smooth_scroll_delta()));
        if zoom != 1.0 {
            self.view.zoom(zoom, pointer);
        } else {
            self.view.pan(scroll);
        }
    }

    fn on_pointer(
        &mut self,
        ui: &Ui,
        response: &Response,
        scene: &Scene<'_>,
        size: [u32; 2],
        actions: &mut Vec<Action>,
    ) {
        let session = scene.session;
        let was_drawing = self.draws;
        let (pointer, origin, modifiers) = ui.input(|input| {
            (
                input.pointer.interact_pos(),
                input.pointer.press_origin(),
                input.modifiers,
            )
        });
        let Some(pointer) = pointer else { return };
        let frame = self.frame(size, modifiers);
        let at = self.view.to_picture(pointer);
        if response.drag_started() {
            response.request_focus();
            let origin = origin.unwrap_or(pointer);
            let is_primary = response.drag_started_by(PointerButton::Primary);
            self.gesture = Some(self.begin_gesture(origin, is_primary, modifiers, scene, actions));
        }
        if response.dragged() && self.gesture == Some(Gesture::Pan) {
            self.view.pan(response.drag_delta());
            self.space = self.space.map(|_| true);
        }
        if response.drag_stopped()
            && let Some(gesture) = self.gesture.take()
        {
            self.finish_gesture(&gesture, at, &frame, modifiers, session, actions);
        }
        if response.clicked() && !response.double_clicked() {
            response.request_focus();
            self.click(pointer, modifiers, scene, &frame, actions);
        }
        if response.double_clicked()
            && session.is_editable()
            && !session.selection().is_empty()
            && !was_drawing
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

    /// What boxes stay inside, and snap to unless Alt is held.
    fn frame(&self, size: [u32; 2], modifiers: Modifiers) -> PictureBounds {
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

    /// What a drag from here does.
    fn begin_gesture(
        &mut self,
        origin: Pos2,
        is_primary: bool,
        modifiers: Modifiers,
        scene: &Scene<'_>,
        actions: &mut Vec<Action>,
    ) -> Gesture {
        let session = scene.session;
        let from = self.view.to_picture(origin);
        if !is_primary || self.space.is_some() {
            return Gesture::Pan;
        }
        if self.draws && session.is_editable() {
            return Gesture::Draw(self.first_corner.unwrap_or(from));
        }
        let band = Gesture::RubberBand {
            from,
            adds: modifiers.command || modifiers.shift,
        };
        match self.hit(origin, scene) {
            Hit::Nothing => band,
            _ if !session.is_editable() => band,
            Hit::Handle(id, handle) => match session.document().annotation(id) {
                Some((_, row)) => Gesture::Resize {
                    id,
                    start: row.rect,
                    handle,
                    grip: handle.place(&row.rect) - from,
                },
                None => Gesture::Nothing,
            },
            Hit::Box(id) => {
                let ids = if session.selection().contains(&id) {
                    session.selection().to_vec()
                } else {
                    actions.push(Action::Select(vec![id]));
                    vec![id]
                };
                let rows = ids.iter().filter(|id| !session.is_locked(**id));
                let rows = rows.filter_map(|id| session.document().annotation(*id));
                let boxes: Vec<_> = rows.map(|(_, row)| (row.id, row.rect)).collect();
                if boxes.is_empty() {
                    Gesture::Nothing
                } else {
                    Gesture::Move { from, boxes }
                }
            }
        }
    }

    fn finish_gesture(
        &mut self,
        gesture: &Gesture,
        at: Pos2,
        frame: &PictureBounds,
        modifiers: Modifiers,
        session: &Session,
        actions: &mut Vec<Action>,
    ) {
        match gesture {
            Gesture::Draw(from) => self.draw(frame.drawn(*from, at), actions),
            Gesture::RubberBand { from, adds } => {
                let band = BBox::from_corners(from.x, from.y, at.x, at.y);
                let is_in = |rect: &BBox| rect.intersection(&band) == *rect;
                let ids = session
                    .visible()
                    .filter(|row| is_in(&row.rect))
                    .map(|row| row.id);
                let ids: Vec<_> = ids.collect();
                actions.push(if *adds {
                    Action::AddToSelection(ids)
                } else {
                    Action::Select(ids)
                });
            }
            Gesture::Move { .. } | Gesture::Resize { .. } => {
                let changed = dragged_boxes(gesture, at, frame, modifiers);
                actions.push(Action::Reshape(changed));
            }
            Gesture::Pan | Gesture::Nothing => {}
        }
    }

    fn draw(&mut self, bbox: BBox, actions: &mut Vec<Action>) {
        self.set_draw_mode(false);
        let least = (MIN_DRAWN_SIDE / self.view.scale).max(shape::MIN_SIDE);
        let is_meant = bbox.is_valid() && bbox.width().min(bbox.height()) >= least;
        if let Some(picture) = self.shown.filter(|_| is_meant) {
            actions.push(Action::Draw(picture, bbox));
        }
    }

    fn click(
        &mut self,
        pointer: Pos2,
        modifiers: Modifiers,
        scene: &Scene<'_>,
        frame: &PictureBounds,
        actions: &mut Vec<Action>,
    ) {
        if self.draws {
            let at = self.view.to_picture(pointer);
            match self.first_corner.take() {
                Some(from) => self.draw(frame.drawn(from, at), actions),
                None => self.first_corner = Some(frame.point(at)),
            }
            return;
        }
        let under = self.under(pointer, scene);
        if modifiers.command {
            actions.extend(under.first().map(|id| Action::ToggleInSelection(vec![*id])));
            return;
        }
        // Clicking again at the same place reaches the box beneath.
        let is_again = self
            .last_click
            .is_some_and(|last| last.distance(pointer) <= SAME_CLICK_DISTANCE);
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

    /// The boxes under a point of the screen, the smallest first.
    fn under(&self, point: Pos2, scene: &Scene<'_>) -> Vec<AnnotationId> {
        if scene.are_boxes_hidden {
            return Vec::new();
        }
        let rows = scene.session.visible().filter(|row| {
            let rect = self.view.rect(&row.rect);
            rect.expand(BOX_HIT_MARGIN).contains(point)
        });
        let mut rows: Vec<_> = rows.map(|row| (row.rect.area(), row.id)).collect();
        rows.sort_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
        rows.into_iter().map(|(_, id)| id).collect()
    }

    /// Handles of selected boxes come first, then the box that a repeated click has reached, then
    /// the smallest.
    fn hit(&self, point: Pos2, scene: &Scene<'_>) -> Hit {
        let session = scene.session;
        if scene.are_boxes_hidden {
            return Hit::Nothing;
        }
        for row in session
            .visible()
            .filter(|row| session.selection().contains(&row.id) && !session.is_locked(row.id))
        {
            if let Some(handle) = handle_at(self.view.rect(&row.rect), point) {
                return Hit::Handle(row.id, handle);
            }
        }
        let under = self.under(point, scene);
        let is_same_place = self
            .last_click
            .is_some_and(|last| last.distance(point) <= SAME_CLICK_DISTANCE);
        let reached = session
            .selection()
            .first()
            .filter(|id| is_same_place && under.contains(id));
        match reached.or(under.first()) {
            Some(id) => Hit::Box(*id),
            None => Hit::Nothing,
        }
    }

    /// Takes a key that means something only here; whether it does. For while the canvas has the
    /// focus.
    pub fn on_key(
        &mut self,
        key: Key,
        modifiers: Modifiers,
        is_held: bool,
        session: &Session,
        actions: &mut Vec<Action>,
    ) -> bool {
        if key == Key::Escape {
            if !self.cancel() {
                actions.push(Action::Select(Vec::new()));
            }
            return true;
        }
        if key == Key::Enter && self.draws && modifiers.is_none() {
            self.draw_in_the_middle(session, actions);
            return true;
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
            let by = direction.into();
            let moves_upper_left = modifiers.shift;
            actions.push(Action::MoveEdges {
                by,
                moves_upper_left,
                is_held,
            });
        } else {
            let step = direction * if modifiers.shift { 10.0 } else { 1.0 };
            actions.push(Action::Nudge(step.into(), is_held));
        }
        true
    }

    /// Draws a box in the middle of what is seen, for those who then move it with the arrow keys.
    fn draw_in_the_middle(&mut self, session: &Session, actions: &mut Vec<Action>) {
        self.set_draw_mode(false);
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
        let seen = BBox::from_corners(low.x, low.y, high.x, high.y);
        if let Some(seen) = seen.clipped(row.width, row.height) {
            let (width, height) = (seen.width() / 4.0, seen.height() / 4.0);
            let bbox = BBox {
                x0: seen.x0 + width,
                y0: seen.y0 + height,
                x1: seen.x1 - width,
                y1: seen.y1 - height,
            };
            actions.push(Action::Draw(picture, bbox));
        }
    }

    /// Takes the space bar: held, it moves the picture; whether it was tapped.
    pub fn on_space(&mut self, is_pressed: bool) -> bool {
        if is_pressed {
            self.space.get_or_insert(false);
            return false;
        }
        self.space.take() == Some(false)
    }

    /// Lets the space bar go, because it may be let go elsewhere.
    pub fn release_space(&mut self) {
        self.space = None;
    }

    fn paint(
        &mut self,
        ui: &Ui,
        painter: &egui::Painter,
        response: &Response,
        scene: &mut Scene<'_>,
        size: [u32; 2],
    ) {
        let whole = BBox::from_xywh(0.0, 0.0, size[0] as f32, size[1] as f32);
        let place = self.view.rect(&whole);
        let is_shown = self.paint_picture(ui, painter, scene, place);
        if let Some(heat) = scene.heat.filter(|_| is_shown) {
            let uv = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
            let tint = Color32::WHITE.gamma_multiply(scene.look.heat_opacity);
            painter.image(heat, place, uv, tint);
        }
        paint::pixel_grid(painter, &self.view, size, ui.pixels_per_point());
        let pointer = ui.input(|input| input.pointer.interact_pos());
        let hovered = pointer.filter(|_| response.contains_pointer());
        if !scene.are_boxes_hidden {
            let looks = self.looks(ui, scene, hovered, size);
            paint::boxes(painter, &looks, scene.look.labels);
        }
        if let Some(pointer) = pointer {
            self.paint_gesture(ui, painter, scene, pointer, size);
        }
        if scene.look.rulers {
            paint::rulers(painter, &self.view, size);
        }
        if let Some(pointer) = hovered {
            if scene.look.crosshair || self.draws {
                paint::crosshair(painter, pointer);
            }
            ui.set_cursor_icon(self.cursor(pointer, scene));
        }
    }

    fn paint_picture(
        &mut self,
        ui: &Ui,
        painter: &egui::Painter,
        scene: &mut Scene<'_>,
        place: Rect,
    ) -> bool {
        self.needs_full_resolution = false;
        let Some(picture) = scene.session.current() else {
            return false;
        };
        let colour = ui.visuals().text_color();
        let centre = painter.clip_rect().center();
        let say = |text: &str| {
            let font = FontId::proportional(14.0);
            painter.text(centre, Align2::CENTER_CENTER, text, font, colour);
        };
        if let Some(reason) = scene.session.unreadable(picture) {
            let galley = painter.layout(
                reason.to_owned(),
                FontId::proportional(14.0),
                colour,
                painter.clip_rect().width() * 0.8,
            );
            painter.galley(centre - galley.size() / 2.0, galley, colour);
            return false;
        }
        let canvas = painter.clip_rect();
        let visible = Rect::from_min_max(
            self.view.to_picture(canvas.min),
            self.view.to_picture(canvas.max),
        );
        let scale = self.view.scale * ui.pixels_per_point();
        let quads = scene
            .textures
            .quads(ui.ctx(), picture, scale, visible, scene.adjustment);
        if quads.quads.is_empty() {
            painter.rect_filled(place, 0, Color32::from_black_alpha(40));
            say("Opening the picture…");
            return false;
        }
        self.needs_full_resolution = quads.needs_full_resolution;
        if quads.is_incomplete {
            ui.request_repaint();
        }
        for piece in quads.quads {
            let rect = Rect::from_min_max(
                self.view.to_screen(piece.place.min.x, piece.place.min.y),
                self.view.to_screen(piece.place.max.x, piece.place.max.y),
            );
            painter.image(piece.texture, rect, piece.uv, Color32::WHITE);
        }
        true
    }

    /// How the boxes look, the selected ones last so that they lie on top.
    fn looks(
        &self,
        ui: &Ui,
        scene: &Scene<'_>,
        hovered: Option<Pos2>,
        size: [u32; 2],
    ) -> Vec<BoxStyle> {
        let session = scene.session;
        let under = hovered.map(|point| self.under(point, scene));
        let under = under
            .and_then(|under| under.first().copied())
            .filter(|_| !self.is_busy());
        let moved = self.moved(ui, size);
        let rect_of = |id: AnnotationId, rect: &BBox| {
            let now = moved.iter().find(|(other, _)| *other == id);
            self.view.rect(now.map_or(rect, |(_, rect)| rect))
        };
        let rows = session
            .visible()
            .filter(|row| scene.proposal_preview.is_none() || row.state != BoxState::Proposed);
        let mut looks: Vec<BoxStyle> = rows
            .map(|row| BoxStyle {
                rect: rect_of(row.id, &row.rect),
                colour: class_colour(session, row.category),
                state: row.state,
                is_selected: session.selection().contains(&row.id),
                is_hovered: under == Some(row.id),
                is_locked: session.is_locked(row.id),
                label: label(
                    session,
                    row.category,
                    row.score.filter(|_| row.state == BoxState::Proposed),
                ),
            })
            .collect();
        looks.extend(
            scene
                .proposal_preview
                .into_iter()
                .flatten()
                .map(|(proposal, category)| BoxStyle {
                    rect: self.view.rect(&proposal.bbox),
                    colour: category
                        .map_or(Color32::WHITE, |category| class_colour(session, category)),
                    state: BoxState::Proposed,
                    is_selected: false,
                    is_hovered: false,
                    is_locked: false,
                    label: format!("{:.0} %", proposal.score * 100.0),
                }),
        );
        looks.sort_by_key(|look| look.is_selected);
        looks
    }

    /// Boxes where the hand has brought them for now.
    fn moved(&self, ui: &Ui, size: [u32; 2]) -> Vec<(AnnotationId, BBox)> {
        let (pointer, modifiers) =
            ui.input(|input| (input.pointer.interact_pos(), input.modifiers));
        let (Some(gesture), Some(pointer)) = (&self.gesture, pointer) else {
            return Vec::new();
        };
        let frame = self.frame(size, modifiers);
        dragged_boxes(gesture, self.view.to_picture(pointer), &frame, modifiers)
    }

    fn paint_gesture(
        &self,
        ui: &Ui,
        painter: &egui::Painter,
        scene: &Scene<'_>,
        pointer: Pos2,
        size: [u32; 2],
    ) {
        let at = self.view.to_picture(pointer);
        let from = match (&self.gesture, self.first_corner) {
            (Some(Gesture::Draw(from)), _) => Some(*from),
            (None, Some(from)) => Some(from),
            _ => None,
        };
        if let Some(from) = from {
            let modifiers = ui.input(|input| input.modifiers);
            let frame = self.frame(size, modifiers);
            let bbox = frame.drawn(from, at);
            let class = scene.session.chosen_class();
            let colour = class.map_or(Color32::WHITE, |class| class_colour(scene.session, class));
            let sides = vec2(bbox.width(), bbox.height());
            paint::drawing(painter, self.view.rect(&bbox), colour, sides);
        }
        match &self.gesture {
            Some(Gesture::RubberBand { from, .. }) => {
                let corner = self.view.to_screen(from.x, from.y);
                paint::band(painter, Rect::from_two_pos(corner, pointer));
            }
            Some(Gesture::Resize { .. }) => {
                if let [(_, bbox)] = self.moved(ui, size)[..] {
                    let text = format!("{:.0} × {:.0}", bbox.width(), bbox.height());
                    paint::note(painter, pointer + vec2(14.0, 14.0), &text);
                }
            }
            _ => {}
        }
    }

    fn cursor(&self, pointer: Pos2, scene: &Scene<'_>) -> CursorIcon {
        match (&self.gesture, self.space) {
            (Some(Gesture::Pan), _) => CursorIcon::Grabbing,
            (_, Some(_)) => CursorIcon::Grab,
            (Some(Gesture::Resize { handle, .. }), _) => handle.cursor(),
            (Some(Gesture::Move { .. }), _) => CursorIcon::Move,
            _ if self.draws => CursorIcon::Crosshair,
            _ => match self.hit(pointer, scene) {
                Hit::Handle(_, handle) => handle.cursor(),
                Hit::Box(id) if scene.session.selection().contains(&id) => CursorIcon::Move,
                Hit::Box(_) => CursorIcon::PointingHand,
                Hit::Nothing => CursorIcon::Default,
            },
        }
    }

    /// Names the canvas and every box for those who do not see them.
    fn describe(&self, ui: &Ui, response: &Response, scene: &Scene<'_>) {
        let session = scene.session;
        response.widget_info(|| {
            let name = session
                .current()
                .and_then(|id| session.document().picture(id));
            let name = name.map_or("no picture", |picture| &*picture.path);
            let count = session.visible().count();
            WidgetInfo::labeled(Role::Canvas, true, format!("Canvas: {name}, {count} boxes"))
        });
        if scene.are_boxes_hidden {
            return;
        }
        let canvas = response.rect;
        for row in session.visible() {
            let rect = self.view.rect(&row.rect).intersect(canvas);
            if !rect.is_positive() {
                continue;
            }
            let id = id().with(row.id.0);
            let response = ui.interact(rect, id, Sense::empty());
            response.widget_info(|| {
                let class = session.document().category(row.category);
                let class = class.map_or("", |class| &*class.name);
                let score = match row.score {
                    Some(score) if row.state == BoxState::Proposed => {
                        format!(", {:.0} percent", score * 100.0)
                    }
                    _ => String::new(),
                };
                let text = format!(
                    "Box {}: {class}, {}{score}",
                    row.id,
                    theme::box_state_name(row.state)
                );
                let is_selected = session.selection().contains(&row.id);
                WidgetInfo::selected(Role::ListBoxOption, true, is_selected, text)
            });
        }
    }
}

/// Where boxes are that are being moved or resized.
fn dragged_boxes(
    gesture: &Gesture,
    at: Pos2,
    frame: &PictureBounds,
    modifiers: Modifiers,
) -> Vec<(AnnotationId, BBox)> {
    match gesture {
        Gesture::Move { from, boxes } => {
            let rects: Vec<BBox> = boxes.iter().map(|(_, rect)| *rect).collect();
            let by = frame.moved_by(&rects, at - *from);
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
                frame.resized(start, *handle, at + *grip, modifiers.shift),
            )]
        }
        Gesture::Pan | Gesture::Draw(_) | Gesture::RubberBand { .. } | Gesture::Nothing => {
            Vec::new()
        }
    }
}

/// The handle or edge at a point of the screen. On small boxes the zones shrink, so that the box
/// can still be moved.
fn handle_at(rect: Rect, point: Pos2) -> Option<Handle> {
    let inner = |zone: f32, side: f32| zone.min(side / 4.0);
    let near = |at: f32, edge: f32, outwards: f32, zone: f32, side: f32| {
        let beyond = (at - edge) * outwards;
        (-inner(zone, side)..=zone).contains(&beyond)
    };
    let (width, height) = (rect.width(), rect.height());
    let zone = |zone: f32| {
        let x = if near(point.x, rect.left(), -1.0, zone, width) {
            -1
        } else {
            i8::from(near(point.x, rect.right(), 1.0, zone, width))
        };
        let y = if near(point.y, rect.top(), -1.0, zone, height) {
            -1
        } else {
            i8::from(near(point.y, rect.bottom(), 1.0, zone, height))
        };
        Handle { x, y }
    };
    let corner = zone(HANDLE_RADIUS);
    if corner.x != 0 && corner.y != 0 {
        return Some(corner);
    }
    let edge = zone(EDGE_RADIUS);
    let is_near = rect.expand(EDGE_RADIUS).contains(point);
    ((edge.x != 0) != (edge.y != 0) && is_near).then_some(edge)
}

fn size_of(scene: &Scene<'_>, picture: PictureId) -> Option<[u32; 2]> {
    let known = scene.session.document().picture(picture)?;
    Some(
        scene
            .textures
            .size(picture)
            .unwrap_or([known.width, known.height]),
    )
}

fn class_colour(session: &Session, category: CategoryId) -> Color32 {
    let category = session.document().category(category);
    category.map_or(Color32::WHITE, |category| theme::colour(category.colour))
}

fn label(session: &Session, category: CategoryId, score: Option<f32>) -> String {
    let category = session.document().category(category);
    let name = category.map_or("", |category| &*category.name);
    match score {
        Some(score) => format!("{name} {:.0} %", score * 100.0),
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handles_have_generous_zones_that_leave_the_middle_free() {
        let rect = Rect::from_min_max(pos2(100.0, 100.0), pos2(300.0, 200.0));
        let at = |x, y| handle_at(rect, pos2(x, y));
        assert_eq!(at(93.0, 94.0), Some(Handle { x: -1, y: -1 }));
        assert_eq!(at(304.0, 150.0), Some(Handle { x: 1, y: 0 }));
        assert_eq!(at(200.0, 203.0), Some(Handle { x: 0, y: 1 }));
        assert_eq!(at(200.0, 150.0), None);
        assert_eq!(at(320.0, 150.0), None);
        assert_eq!(
            at(303.0, 250.0),
            None,
            "on the line of an edge, but beyond its end"
        );
        let tiny = Rect::from_min_max(pos2(100.0, 100.0), pos2(110.0, 110.0));
        assert_eq!(
            handle_at(tiny, pos2(105.0, 105.0)),
            None,
            "it can still be moved"
        );
        assert_eq!(
            handle_at(tiny, pos2(116.0, 116.0)),
            Some(Handle { x: 1, y: 1 })
        );
    }
}
