//! Draws a step of the tour: a ring around what it points at, and a card beside that.

use egui::{
    Align, Area, Button, Context, CornerRadius, Frame, Id, Key, LayerId, Layout, Order, Pos2, Rect,
    RichText, Stroke, StrokeKind, Vec2, pos2, vec2,
};

use super::state::Tour;
use super::step::{Places, Step};
use crate::app::canvas;
use crate::app::command_state::CommandState;
use crate::app::form;
use crate::app::i18n::tr;
use crate::app::theme::ThemePalette;

/// The width of the card, the space around its content, and its size before it was drawn, in points.
const WIDTH: f32 = 300.0;
const INNER_MARGIN: i8 = 14;
const FIRST_SIZE: Vec2 = vec2(WIDTH + 2.0 * INNER_MARGIN as f32, 150.0);
/// Space between the card and what it points at, and between it and the edges of the window, in points.
const GAP: f32 = 12.0;
const SCREEN_MARGIN: f32 = 8.0;
/// The ring: its distance, the width of its line and its corners, in points.
const RING_MARGIN: f32 = 3.0;
const RING_WIDTH: f32 = 2.5;
const RING_RADIUS: u8 = 6;
/// Room for the line at the lower edge of the canvas that tells what is left, in points.
const LINE_HEIGHT: f32 = 44.0;
/// What is lower than this, in points, has the card below it.
const MAX_TOOL_HEIGHT: f32 = 60.0;

/// What a person does with the card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardEvent {
    /// Go on, or end after the last step.
    Next,
    /// End.
    Skip,
}

/// Draws the step that is shown.
pub fn ui(
    context: &Context,
    tour: &mut Tour,
    places: &Places,
    commands: &CommandState<'_>,
) -> Option<CardEvent> {
    let step = tour.step()?;
    let escapes = tour.had_focus && context.input(|input| input.key_pressed(Key::Escape));
    // Where keys are tried out they go to the canvas; elsewhere they stay where they were.
    let is_new = tour.take_new();
    if is_new && step == Step::Judge {
        tour.had_focus = false;
        context.memory_mut(|memory| memory.request_focus(canvas::id()));
    }
    let takes_focus = is_new && tour.had_focus;
    let palette = ThemePalette::of(&context.global_style().visuals);
    let target = step.place(places);
    if let Some(target) = target {
        let layer = LayerId::new(Order::Middle, Id::unique("tour ring"));
        let ring = target.expand(RING_MARGIN);
        let screen = context.content_rect().shrink(RING_WIDTH);
        context.layer_painter(layer).rect_stroke(
            ring.intersect(screen),
            CornerRadius::same(RING_RADIUS),
            Stroke::new(RING_WIDTH, palette.accent),
            StrokeKind::Outside,
        );
    }
    let size = tour.size.unwrap_or(FIRST_SIZE);
    let screen = context.content_rect().shrink(SCREEN_MARGIN);
    let area = places.canvas.unwrap_or(screen);
    // The selected box, if one is selected.
    let work = places.selected.filter(|rect| Some(*rect) != places.canvas);
    let work = work.unwrap_or(Rect::NOTHING);
    let at = target.map_or_else(
        || area.center() - size / 2.0,
        |target| place_beside(target, work, size, screen),
    );
    let mut event = escapes.then_some(CardEvent::Skip);
    let response = Area::new(Id::unique("tour"))
        .order(Order::Middle)
        .fixed_pos(at)
        .constrain_to(screen)
        .show(context, |ui| {
            let frame = Frame::popup(ui.style()).inner_margin(INNER_MARGIN);
            let frame = frame.stroke(Stroke::new(1.0, palette.accent));
            frame.show(ui, |ui| {
                ui.set_width(WIDTH);
                let [title, text] = step.texts(commands);
                ui.horizontal(|ui| {
                    ui.label(RichText::new(title).heading().strong());
                    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                        let number = step as usize + 1;
                        let count = tr!("tour-step", number = number, total = Step::ALL.len());
                        ui.label(RichText::new(count).color(palette.quiet));
                    });
                });
                ui.add_space(4.0);
                ui.label(text);
                ui.add_space(8.0);
                ui.horizontal(|ui| {
                    let is_last = step.next().is_none();
                    if !is_last {
                        let text = RichText::new(tr!("tour-skip")).color(palette.quiet);
                        if ui
                            .add(Button::new(text).frame_when_inactive(false))
                            .clicked()
                        {
                            event = Some(CardEvent::Skip);
                        }
                    }
                    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                        let text = if is_last {
                            tr!("tour-end")
                        } else {
                            tr!("tour-next")
                        };
                        let next = form::primary_button(ui, true, text);
                        if takes_focus {
                            next.request_focus();
                        }
                        tour.had_focus = next.has_focus();
                        tour.button = Some(next.id);
                        if next.clicked() {
                            event = Some(CardEvent::Next);
                        }
                    });
                });
            });
        });
    let drawn = response.response.rect.size();
    if tour.size != Some(drawn) {
        tour.size = Some(drawn);
        context.request_repaint();
    }
    event
}

/// The corner of a card of this size beside a rectangle, inside the screen: where it covers nothing of the
/// rectangle, if there is such a place, and nothing of `work` either, if there is one of these.
fn place_beside(target: Rect, work: Rect, size: Vec2, screen: Rect) -> Pos2 {
    let Rect { min, max } = target.expand(GAP);
    let right_edge = screen.right() - size.x;
    let places = match target.height() < MAX_TOOL_HEIGHT {
        true => [
            pos2(target.left(), max.y),
            pos2(target.right() - size.x, max.y),
            pos2(right_edge, max.y),
            pos2(target.left(), screen.bottom() - size.y),
            pos2(max.x, target.top()),
            pos2(min.x - size.x, target.top()),
        ],
        false => [
            pos2(max.x, target.top()),
            pos2(max.x, target.bottom() - size.y - LINE_HEIGHT),
            pos2(min.x - size.x, target.top()),
            pos2(min.x - size.x, target.bottom() - size.y - LINE_HEIGHT),
            pos2(target.left(), max.y),
            pos2(target.left(), min.y - size.y),
        ],
    };
    let inside = |at: Pos2| at.clamp(screen.min, (screen.max - size).max(screen.min));
    let places = places.map(inside);
    let is_free = |at: &Pos2, other: Rect| !Rect::from_min_size(*at, size).intersects(other);
    let best = places
        .iter()
        .find(|at| is_free(at, target) && is_free(at, work));
    let good = || places.iter().find(|at| is_free(at, target));
    let corner = inside(target.right_bottom() - size - Vec2::splat(GAP));
    best.or_else(good).copied().unwrap_or(corner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_card_is_inside_the_window_and_covers_nothing_that_it_points_at() {
        let screen = Rect::from_min_size(Pos2::ZERO, vec2(820.0, 520.0));
        let size = vec2(320.0, 160.0);
        for target in [
            Rect::from_min_size(pos2(0.0, 60.0), vec2(200.0, 400.0)),
            Rect::from_min_size(pos2(760.0, 30.0), vec2(40.0, 24.0)),
            Rect::from_min_size(pos2(500.0, 100.0), vec2(100.0, 100.0)),
            Rect::from_min_size(pos2(220.0, 300.0), vec2(500.0, 200.0)),
        ] {
            let card = Rect::from_min_size(place_beside(target, Rect::NOTHING, size, screen), size);
            assert!(screen.contains_rect(card), "{target:?} {card:?}");
            assert!(!card.intersects(target), "{target:?} {card:?}");
        }
        // The box that a person works on stays in sight.
        let tool = Rect::from_min_size(pos2(160.0, 30.0), vec2(140.0, 24.0));
        let work = Rect::from_min_size(pos2(230.0, 90.0), vec2(80.0, 60.0));
        let card = Rect::from_min_size(place_beside(tool, work, size, screen), size);
        assert!(!card.intersects(tool) && !card.intersects(work), "{card:?}");
        // Nothing is beside what fills the window.
        let card = Rect::from_min_size(place_beside(screen, Rect::NOTHING, size, screen), size);
        assert!(screen.contains_rect(card), "{card:?}");
    }
}
