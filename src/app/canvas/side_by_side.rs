//! Two sets of boxes beside each other: the same picture twice, with one zoom and one position. On the
//! left are the project's own boxes, which can be changed as always; on the right are the others.

use egui::{
    Align2, Color32, CursorIcon, FontId, Pos2, Rect, Response, Role, Sense, Stroke, Ui, UiBuilder,
    Vec2, WidgetInfo, vec2,
};

use super::id::id;
use super::paint::{self, BoxLook, BoxStyle, Emphasis};
use super::scene::Scene;
use super::state::Canvas;
use super::view::{Fit, ViewTransform};
use crate::app::action::Action;
use crate::app::elide;
use crate::app::i18n::tr;
use crate::app::session::{Difference, ShownComparison};
use crate::app::theme::ThemePalette;
use crate::document::{AnnotationId, BoxState, PictureId};
use crate::geometry::BBox;

/// The space between the two sides, and the height of the headings, in points.
const GAP: f32 = 4.0;
const HEADING_HEIGHT: f32 = 24.0;
const HEADING_TEXT_SIZE: f32 = 13.0;
/// How much larger a picture has to be with one side below the other, so that they are not beside each other.
const MIN_GAIN_BELOW: f32 = 1.25;
/// The width of a character of a heading, in points, roughly: for cutting long names.
const CHAR_WIDTH: f32 = 7.0;
/// The margin that a box keeps from the edges when it is brought into view, in points.
const VIEW_MARGIN: f32 = 24.0;
/// The radius of the mark of the pointer on the other side, in points.
const POINTER_RADIUS: f32 = 5.0;

impl Canvas {
    /// Draws both sides, and handles the pointer.
    pub fn side_by_side_ui(
        &mut self,
        ui: &mut Ui,
        scene: &mut Scene<'_>,
        actions: &mut Vec<Action>,
    ) -> Response {
        let whole = ui.available_rect_before_wrap();
        let panel = ThemePalette::of(ui.visuals()).panel;
        ui.painter_at(whole).rect_filled(whole, 0, panel);
        let current = scene.session.current();
        let size = current.and_then(|picture| scene.size_of(picture));
        let size = size.map_or(Vec2::splat(1.0), |size| {
            self.view
                .turn
                .applied(size.map(|side| side as f32).into())
                .abs()
        });
        let [left, right] = sides(whole, size);
        let ui_left = UiBuilder::new().max_rect(left);
        let response = ui.scope_builder(ui_left, |ui| self.ui(ui, scene, actions));
        if let Some(comparison) = scene.comparison {
            let names = [tr!("compare-yours"), comparison.name];
            for ((side, name), count) in [left, right]
                .into_iter()
                .zip(names)
                .zip(comparison.found.counts)
            {
                let place =
                    Rect::from_min_max(side.min - vec2(0.0, HEADING_HEIGHT), side.right_top());
                heading(ui, place, name, count);
            }
            self.other_ui(ui, left, right, scene, comparison, actions);
        }
        ui.advance_cursor_after_rect(whole);
        response.inner
    }

    /// Draws the side of the other set.
    fn other_ui(
        &mut self,
        ui: &Ui,
        left: Rect,
        right: Rect,
        scene: &mut Scene<'_>,
        comparison: &ShownComparison<'_>,
        actions: &mut Vec<Action>,
    ) {
        let shift = right.min - left.min;
        let response = ui.interact(right, id().with("other"), Sense::click_and_drag());
        let pointer = response.hover_pos().filter(|_| response.contains_pointer());
        if let Some(pointer) = pointer {
            self.move_view_at(ui, pointer - shift, scene.options.wheel);
        }
        if response.dragged() {
            self.view.pan(response.drag_delta());
        }
        let painter = ui.painter_at(right);
        painter.rect_filled(right, 0, ThemePalette::of(ui.visuals()).canvas);
        let current = scene.session.current();
        let Some(size) = current.and_then(|picture| scene.size_of(picture)) else {
            return;
        };
        let view = ViewTransform {
            origin: self.view.origin + shift,
            ..self.view
        };
        self.paint_picture(ui, &painter, scene, &view, size);
        paint::pixel_grid(&painter, &view, size, ui.pixels_per_point());
        if !scene.are_boxes_hidden {
            let hovered = pointer.and_then(|pointer| box_at(&view, pointer, comparison));
            let styles = other_styles(&view, scene, comparison, hovered);
            paint::boxes(&painter, &styles, &look(scene));
            describe(ui, right, &view, comparison);
            click_other(ui, &response, hovered, comparison, actions);
        }
        let mark = |from: Rect, to: Rect, by: Vec2| {
            let pointer = ui.input(|input| input.pointer.latest_pos());
            let pointer = pointer.filter(|pointer| from.contains(*pointer));
            if let Some(pointer) = pointer {
                pointer_mark(&ui.painter_at(to), pointer + by);
            }
        };
        mark(left, right, shift);
        mark(right, left, -shift);
    }

    /// Zooms to a box of the picture, in its pixels.
    pub fn zoom_to(&mut self, bbox: &BBox) {
        if let Some(canvas) = self.rect {
            self.view.zoom_to(bbox, canvas);
        }
    }

    /// Moves the picture so that a box of it can be seen as a whole, unless it can already.
    pub fn bring_into_view(&mut self, picture: PictureId, bbox: &BBox) {
        let Some(canvas) = self.rect.filter(|_| self.picture == Some(picture)) else {
            return;
        };
        let inside = canvas.shrink(VIEW_MARGIN);
        if self.view.fit == Fit::Whole || inside.contains_rect(self.view.rect(bbox)) {
            return;
        }
        let rect = self.view.rect(bbox);
        let factor = (inside.width() / rect.width()).min(inside.height() / rect.height());
        if factor < 1.0 {
            self.view.zoom(factor, rect.center());
        }
        let by = inside.center() - self.view.rect(bbox).center();
        self.view.pan(by);
    }
}

/// The two sides of the canvas, below their headings: beside each other, unless a picture of this `size`
/// is much larger with one below the other.
fn sides(whole: Rect, size: Vec2) -> [Rect; 2] {
    // Whole points, so that both sides show the same pixels.
    let half = |length: f32| ((length - GAP) / 2.0).floor().max(1.0);
    let beside = vec2(half(whole.width()), whole.height());
    let below = vec2(whole.width(), half(whole.height()));
    let room = |part: Vec2| part - vec2(0.0, HEADING_HEIGHT);
    let scale = |part: Vec2| (room(part) / size.max(Vec2::splat(1.0))).min_elem();
    let (part, step) = if scale(below) > MIN_GAIN_BELOW * scale(beside) {
        (below, vec2(0.0, below.y + GAP))
    } else {
        (beside, vec2(beside.x + GAP, 0.0))
    };
    [Vec2::ZERO, step].map(|by| {
        let side = Rect::from_min_size(whole.min + by, part);
        side.with_min_y((side.top() + HEADING_HEIGHT).min(side.bottom()))
    })
}

fn heading(ui: &Ui, place: Rect, name: &str, count: usize) {
    let room = (place.width() / CHAR_WIDTH) as usize;
    let boxes = tr!("boxes", count = count);
    let name = elide::middle(name, room.saturating_sub(boxes.len() + 4).max(6));
    let text = format!("{name} · {boxes}");
    let painter = ui.painter_at(place);
    let font = FontId::proportional(HEADING_TEXT_SIZE);
    let colour = ui.visuals().strong_text_color();
    painter.text(place.center(), Align2::CENTER_CENTER, &text, font, colour);
    let response = ui.interact(
        place,
        id().with(("heading", place.left() as i32)),
        Sense::empty(),
    );
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &text));
}

pub(super) fn look(scene: &Scene<'_>) -> BoxLook {
    BoxLook {
        line_width: scene.options.line_width,
        label_size: scene.options.label_size,
        has_labels: scene.options.labels,
    }
}

/// How a difference looks.
fn emphasis(comparison: &ShownComparison<'_>, place: usize) -> Emphasis {
    if comparison.chosen == Some(place) {
        Emphasis::Chosen
    } else {
        Emphasis::Strong
    }
}

/// Makes the style of one of the project's own boxes say whether the other set has it.
pub(super) fn restyle_mine(
    style: &mut BoxStyle,
    id: AnnotationId,
    comparison: &ShownComparison<'_>,
) {
    let mut all = comparison.found.differences.iter();
    match all.position(|one| one.mine() == Some(id)) {
        Some(place) => {
            let difference = comparison.found.differences[place];
            style.emphasis = emphasis(comparison, place);
            style.colour = ThemePalette::on_pictures().difference(difference);
            style.label = match difference {
                Difference::OtherClass(_, at) => {
                    let other = &*comparison.boxes[at].class;
                    tr!(
                        "compare-badge-class",
                        here = style.label.as_str(),
                        there = other
                    )
                }
                _ => tr!("compare-badge-only", name = style.label.as_str()),
            };
        }
        None if style.state == BoxState::Rejected => {}
        None => make_quiet(style),
    }
}

fn make_quiet(style: &mut BoxStyle) {
    style.emphasis = Emphasis::Quiet;
    style.colour = Color32::from_gray(210);
}

/// The places of boxes that only the other side has, which are missing on this one.
pub(super) fn ghosts_of_others(
    view: &ViewTransform,
    comparison: &ShownComparison<'_>,
) -> Vec<BoxStyle> {
    let all = comparison.found.differences.iter().enumerate();
    all.filter_map(|(place, difference)| match difference {
        Difference::OnlyOther(at) => {
            let rect = &comparison.boxes[*at].row.rect;
            Some(ghost(
                view,
                rect,
                *difference,
                comparison.chosen == Some(place),
            ))
        }
        _ => None,
    })
    .collect()
}

fn ghost(view: &ViewTransform, rect: &BBox, difference: Difference, is_chosen: bool) -> BoxStyle {
    BoxStyle {
        rect: view.rect(rect),
        colour: ThemePalette::on_pictures().difference(difference),
        state: BoxState::Rejected,
        emphasis: if is_chosen {
            Emphasis::ChosenGhost
        } else {
            Emphasis::Usual
        },
        is_selected: false,
        is_hovered: false,
        is_locked: false,
        label: String::new(),
    }
}

/// How the boxes of the other set look, and the places of those that it lacks.
fn other_styles(
    view: &ViewTransform,
    scene: &Scene<'_>,
    comparison: &ShownComparison<'_>,
    hovered: Option<usize>,
) -> Vec<BoxStyle> {
    let document = scene.session.document();
    let mut styles = Vec::new();
    let mut add = |at: usize| {
        let one = &comparison.boxes[at];
        styles.push(BoxStyle {
            rect: view.rect(&one.row.rect),
            colour: Color32::WHITE,
            state: one.row.state,
            emphasis: Emphasis::Usual,
            is_selected: false,
            is_hovered: hovered == Some(at),
            is_locked: false,
            label: match one
                .row
                .score
                .filter(|_| one.row.state == BoxState::Proposed)
            {
                Some(score) => format!("{} {:.0} %", one.class, score * 100.0),
                None => one.class.to_string(),
            },
        });
        styles.len() - 1
    };
    let same: Vec<usize> = comparison
        .found
        .same
        .iter()
        .map(|(_, at)| add(*at))
        .collect();
    let all = comparison.found.differences.iter().enumerate();
    let others: Vec<(usize, usize)> = all
        .filter_map(|(place, one)| Some((place, add(one.other()?))))
        .collect();
    for at in same {
        make_quiet(&mut styles[at]);
    }
    for (place, at) in others {
        let difference = comparison.found.differences[place];
        let style = &mut styles[at];
        style.emphasis = emphasis(comparison, place);
        style.colour = ThemePalette::on_pictures().difference(difference);
        let mine = difference.mine().and_then(|id| document.annotation(id));
        style.label = match mine {
            Some((_, row)) => {
                let mine = document.class_name(row);
                tr!(
                    "compare-badge-class",
                    here = style.label.as_str(),
                    there = mine
                )
            }
            None => tr!("compare-badge-only", name = style.label.as_str()),
        };
    }
    let all = comparison.found.differences.iter().enumerate();
    styles.extend(all.filter_map(|(place, difference)| match difference {
        Difference::OnlyMine(id) => {
            let (_, row) = document.annotation(*id)?;
            let is_chosen = comparison.chosen == Some(place);
            Some(ghost(view, &row.rect, *difference, is_chosen))
        }
        _ => None,
    }));
    styles
}

/// The box of the other set under a point of the screen: what differs first, then the smallest.
fn box_at(view: &ViewTransform, point: Pos2, comparison: &ShownComparison<'_>) -> Option<usize> {
    let same = comparison.found.same.iter().map(|(_, at)| (*at, false));
    let differences = comparison.found.differences.iter();
    let others = differences.filter_map(|one| Some((one.other()?, true)));
    let under = others.chain(same).filter(|(at, _)| {
        let rect = view.rect(&comparison.boxes[*at].row.rect);
        rect.expand(3.0).contains(point)
    });
    let area = |at: usize| comparison.boxes[at].row.rect.area();
    let first = under.min_by(|(a, a_differs), (b, b_differs)| {
        let by_kind = b_differs.cmp(a_differs);
        by_kind.then(area(*a).total_cmp(&area(*b)))
    });
    first.map(|(at, _)| at)
}

/// A click on a box takes it over if the project lacks it, and selects the project's own otherwise.
fn click_other(
    ui: &Ui,
    response: &Response,
    hovered: Option<usize>,
    comparison: &ShownComparison<'_>,
    actions: &mut Vec<Action>,
) {
    let difference = hovered.and_then(|at| comparison.difference_of(at));
    if response.clicked() {
        // Keys are for the canvas whichever side was clicked.
        ui.memory_mut(|memory| memory.request_focus(id()));
        match (hovered, difference) {
            (_, Some(place)) => actions.push(Action::TakeDifference(place)),
            (Some(at), None) => {
                let mut same = comparison.found.same.iter();
                let mine = same.find(|(_, other)| *other == at).map(|(mine, _)| *mine);
                actions.push(Action::Select(mine.into_iter().collect()));
            }
            (None, None) => {}
        }
    }
    if difference.is_some() {
        ui.set_cursor_icon(CursorIcon::PointingHand);
        response.clone().on_hover_text(tr!("compare-click"));
    }
}

/// Names the boxes of the other set for screen readers.
fn describe(ui: &Ui, side: Rect, view: &ViewTransform, comparison: &ShownComparison<'_>) {
    for (at, one) in comparison.boxes.iter().enumerate() {
        let rect = view.rect(&one.row.rect).intersect(side);
        if !rect.is_positive() {
            continue;
        }
        let response = ui.interact(rect, id().with(("other", at)), Sense::empty());
        response.widget_info(|| {
            let place = comparison.difference_of(at);
            let class = &*one.class;
            let text = match place.map(|place| comparison.found.differences[place]) {
                Some(Difference::OtherClass(..)) => tr!("compare-box-class", class = class),
                Some(_) => tr!("compare-box-only", class = class),
                None => tr!("compare-box-same", class = class),
            };
            let is_chosen = place.is_some() && place == comparison.chosen;
            WidgetInfo::selected(Role::ListBoxOption, true, is_chosen, text)
        });
    }
}

/// Shows where the pointer is on the other side.
fn pointer_mark(painter: &egui::Painter, at: Pos2) {
    painter.circle_stroke(
        at,
        POINTER_RADIUS,
        Stroke::new(3.0, Color32::from_black_alpha(120)),
    );
    painter.circle_stroke(at, POINTER_RADIUS, Stroke::new(1.5, Color32::WHITE));
}

#[cfg(test)]
mod tests {
    use egui::pos2;

    use super::*;

    #[test]
    fn both_sides_are_of_one_size_and_a_wide_picture_has_them_one_below_the_other() {
        let whole = Rect::from_min_size(pos2(200.0, 100.0), vec2(601.0, 501.0));
        for (size, is_beside) in [
            (vec2(400.0, 300.0), true),
            (vec2(300.0, 900.0), true),
            (vec2(1600.0, 500.0), false),
        ] {
            let [first, second] = sides(whole, size);
            assert_eq!(first.size(), second.size());
            assert!(whole.contains_rect(first) && whole.contains_rect(second));
            assert!(!first.intersects(second));
            assert_eq!(first.top() == second.top(), is_beside, "{size:?}");
            let by = second.min - first.min;
            assert_eq!(by, by.round(), "whole points");
        }
    }
}
