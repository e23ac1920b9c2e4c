//! Paints the picture, the heat map, the boxes and the gesture.

use egui::{Align2, Color32, CursorIcon, FontId, Pos2, Rect, Response, Ui, pos2, vec2};

use super::gesture::{Gesture, dragged_boxes};
use super::hit::Hit;
use super::paint::{self, BoxStyle, Emphasis};
use super::scene::{Scene, class_colour};
use super::side_by_side::{ghosts_of_others, look, restyle_mine};
use super::state::{Canvas, Tool};
use super::view::ViewTransform;
use crate::app::i18n::tr;
use crate::app::preferences::ColourBy;
use crate::app::theme::{self, ThemePalette};
use crate::document::{AnnotationId, BoxState};
use crate::geometry::BBox;
use crate::naming::ANY_OBJECT;

/// The size in points of a text shown instead of the picture.
const TEXT_SIZE: f32 = 14.0;

impl Canvas {
    /// Paints the canvas of a picture of `size` pixels.
    pub(super) fn paint(
        &mut self,
        ui: &Ui,
        painter: &egui::Painter,
        response: &Response,
        scene: &mut Scene<'_>,
        size: [u32; 2],
    ) {
        let view = self.view;
        let is_shown = self.paint_picture(ui, painter, scene, &view, size);
        if let Some(heat_map) = scene.heat_map.filter(|_| is_shown) {
            let place = Rect::from_min_max(Pos2::ZERO, pos2(size[0] as f32, size[1] as f32));
            let uv = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
            let tint = Color32::WHITE.gamma_multiply(scene.options.heat_opacity);
            paint::image(painter, &self.view, heat_map, place, uv, tint);
        }
        paint::pixel_grid(painter, &self.view, size, ui.pixels_per_point());
        let pointer = ui.input(|input| input.pointer.interact_pos());
        let hovered = pointer.filter(|_| response.contains_pointer());
        if !scene.are_boxes_hidden {
            let styles = self.box_styles(ui, scene, hovered, size);
            paint::boxes(painter, &styles, &look(scene));
        }
        self.paint_offers(painter, scene);
        if let Some(pointer) = pointer {
            self.paint_gesture(ui, painter, scene, pointer, size);
        }
        if scene.options.rulers {
            paint::rulers(painter, &self.view, size);
        }
        if let Some(pointer) = hovered {
            let is_drawing = self.tool == Tool::Draw && scene.options.crosshair_while_drawing;
            if scene.options.crosshair || is_drawing {
                let colour = theme::colour(scene.options.crosshair_colour);
                paint::crosshair(painter, pointer, colour);
            }
            self.paint_class_of_new_box(painter, scene, pointer);
            ui.set_cursor_icon(self.cursor(pointer, scene));
        }
    }

    /// Paints the picture or a placeholder; `false` if the picture is not visible.
    pub(super) fn paint_picture(
        &mut self,
        ui: &Ui,
        painter: &egui::Painter,
        scene: &mut Scene<'_>,
        view: &ViewTransform,
        size: [u32; 2],
    ) -> bool {
        self.needs_full_resolution = false;
        let Some(picture) = scene.session.current() else {
            return false;
        };
        let colour = ui.visuals().text_color();
        let centre = painter.clip_rect().center();
        if let Some(reason) = scene.session.unreadable(picture) {
            let galley = painter.layout(
                reason.to_owned(),
                FontId::proportional(TEXT_SIZE),
                colour,
                painter.clip_rect().width() * 0.8,
            );
            painter.galley(centre - galley.size() / 2.0, galley, colour);
            return false;
        }
        let visible = view.part(painter.clip_rect());
        let scale = view.scale * ui.pixels_per_point();
        let quads = scene
            .textures
            .quads(ui.ctx(), picture, scale, visible, scene.adjustment);
        if quads.quads.is_empty() {
            let whole = BBox::from_xywh(0.0, 0.0, size[0] as f32, size[1] as f32);
            painter.rect_filled(view.rect(&whole), 0, Color32::from_black_alpha(40));
            painter.text(
                centre,
                Align2::CENTER_CENTER,
                tr!("canvas-opening"),
                FontId::proportional(TEXT_SIZE),
                colour,
            );
            return false;
        }
        self.needs_full_resolution = quads.needs_full_resolution;
        if quads.is_incomplete {
            ui.request_repaint();
        }
        for quad in quads.quads {
            let (place, uv) = (quad.place, quad.uv);
            paint::image(painter, view, quad.texture, place, uv, Color32::WHITE);
        }
        true
    }

    /// How the boxes look. Selected boxes are last, so that they are on top.
    fn box_styles(
        &self,
        ui: &Ui,
        scene: &Scene<'_>,
        hovered: Option<Pos2>,
        size: [u32; 2],
    ) -> Vec<BoxStyle> {
        let session = scene.session;
        let under = hovered.map(|point| self.boxes_under(point, scene));
        let hovered = under
            .and_then(|under| under.first().copied())
            .filter(|_| !self.is_busy() && self.tool != Tool::Point);
        let dragged = self.dragged(ui, size);
        // The colours on a picture are the same in both themes.
        let palette = ThemePalette::on_pictures();
        let rect_of = |id: AnnotationId, rect: &BBox| {
            let now = dragged.iter().find(|(other, _)| *other == id);
            self.view.rect(now.map_or(rect, |(_, rect)| rect))
        };
        let rows = session
            .on_canvas()
            .filter(|row| scene.preview.is_none() || row.state != BoxState::Proposed);
        let mut styles: Vec<BoxStyle> = rows
            .map(|row| {
                let mut style = BoxStyle {
                    rect: rect_of(row.id, &row.rect),
                    colour: match scene.options.colour_by {
                        ColourBy::Class => class_colour(session.class_on_accept(row)),
                        ColourBy::State => palette.box_state(row.state),
                    },
                    state: row.state,
                    emphasis: Emphasis::Usual,
                    is_selected: session.selection().contains(&row.id),
                    is_hovered: hovered == Some(row.id),
                    is_locked: session.is_locked(row.id),
                    label: scene.badge_text(row),
                };
                if let Some(comparison) = scene.comparison {
                    restyle_mine(&mut style, row.id, comparison);
                }
                style
            })
            .collect();
        if let Some(comparison) = scene.comparison {
            styles.extend(ghosts_of_others(&self.view, comparison));
        }
        styles.extend(
            scene
                .preview
                .into_iter()
                .flatten()
                .map(|(proposal, category)| BoxStyle {
                    rect: self.view.rect(&proposal.bbox),
                    colour: match scene.options.colour_by {
                        ColourBy::Class => {
                            class_colour(category.and_then(|id| session.document().category(id)))
                        }
                        ColourBy::State => palette.box_state(BoxState::Proposed),
                    },
                    state: BoxState::Proposed,
                    emphasis: Emphasis::Usual,
                    is_selected: false,
                    is_hovered: false,
                    is_locked: false,
                    label: format!("{:.0} %", proposal.score * 100.0),
                }),
        );
        styles.sort_by_key(|style| style.is_selected);
        styles
    }

    /// The boxes that the current gesture moves or resizes, where they are now, in pixels.
    fn dragged(&self, ui: &Ui, size: [u32; 2]) -> Vec<(AnnotationId, BBox)> {
        let (pointer, modifiers) =
            ui.input(|input| (input.pointer.interact_pos(), input.modifiers));
        let (Some(gesture), Some(pointer)) = (&self.gesture, pointer) else {
            return Vec::new();
        };
        let bounds = self.bounds(size, modifiers);
        dragged_boxes(gesture, self.view.to_picture(pointer), &bounds, modifiers)
    }

    /// Paints the frame of a selection, the box being drawn, or the size of the box being resized.
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
            let bounds = self.bounds(size, modifiers);
            let bbox = bounds.drawn(from, at);
            let colour = scene.chosen_colour();
            let sides = vec2(bbox.width(), bbox.height());
            let width = scene.options.line_width;
            paint::drawing(painter, self.view.rect(&bbox), colour, sides, width);
        }
        match &self.gesture {
            Some(Gesture::RubberBand { from, .. }) => {
                let corner = self.view.to_screen(from.x, from.y);
                paint::rubber_band(painter, Rect::from_two_pos(corner, pointer));
            }
            Some(Gesture::Resize { .. }) => {
                if let [(_, bbox)] = self.dragged(ui, size)[..] {
                    let text = format!("{:.0} × {:.0}", bbox.width(), bbox.height());
                    paint::note(painter, pointer + vec2(14.0, 14.0), &text);
                }
            }
            _ => {}
        }
    }

    /// Names the class of the next box at the pointer while a box can be drawn.
    fn paint_class_of_new_box(&self, painter: &egui::Painter, scene: &Scene<'_>, pointer: Pos2) {
        let is_idle = self.gesture.is_none() && self.first_corner.is_none();
        if self.tool != Tool::Draw || !is_idle {
            return;
        }
        let class = scene.session.chosen_class();
        let class = class.and_then(|id| scene.session.document().category(id));
        let name = class.map_or(ANY_OBJECT, |class| &*class.name);
        paint::class_note(painter, pointer, class_colour(class), name);
    }

    /// The shape of the pointer, which shows what a click or drag does.
    fn cursor(&self, pointer: Pos2, scene: &Scene<'_>) -> CursorIcon {
        match (&self.gesture, self.space) {
            (Some(Gesture::Pan), _) => CursorIcon::Grabbing,
            (_, Some(_)) => CursorIcon::Grab,
            (Some(Gesture::Resize { handle, .. }), _) => handle.turned(self.view.turn).cursor(),
            (Some(Gesture::Move { .. }), _) => CursorIcon::Move,
            _ if self.tool != Tool::Select => CursorIcon::Crosshair,
            _ => match self.hit(pointer, scene) {
                Hit::Handle(_, handle) => handle.turned(self.view.turn).cursor(),
                Hit::Box(id) if scene.session.selection().contains(&id) => CursorIcon::Move,
                Hit::Box(_) => CursorIcon::PointingHand,
                Hit::Nothing if scene.options.drag_draws && scene.session.is_editable() => {
                    CursorIcon::Crosshair
                }
                Hit::Nothing => CursorIcon::Default,
            },
        }
    }
}
