//! The charts of the dashboard: lists of bars, and plots with named axes.

use egui::{Align2, Color32, CornerRadius, FontId, Rect, RichText, Ui, pos2, vec2};
use egui_plot::{Bar, BarChart, Line, Plot, PlotPoints, Points};

use super::statistics::{BINS, MIN_SAMPLES, Statistics};
use crate::app::elide;
use crate::app::i18n::tr;
use crate::app::theme::{self, ThemePalette};
use crate::document::ReviewState;

/// Draws a chart into all that is available.
pub(super) type Chart = fn(&mut Ui, &Statistics);

/// The height of a bar with the space below it, of its text and of a title, in points.
const BAR_STEP: f32 = 21.0;
const FONT_SIZE: f32 = 12.5;
const TITLE_HEIGHT: f32 = 22.0;
/// The widths of the names and of the numbers beside bars in points, and the longest name.
const NAME_WIDTH: f32 = 112.0;
const NUMBER_WIDTH: f32 = 108.0;
const MAX_NAME_CHARS: usize = 17;

/// A bar of a list: its name, its colour, its solid and its open part, and its number in words.
struct Row {
    name: String,
    colour: Color32,
    parts: [usize; 2],
    number: String,
}

/// The height in points at which both lists of bars are whole.
pub(super) fn lists_height(statistics: &Statistics) -> f32 {
    let rows = statistics.classes.len().max(statistics.pictures.len());
    TITLE_HEIGHT + BAR_STEP * (rows + 1) as f32
}

/// How many pictures are in each review state.
pub(super) fn review_states_ui(ui: &mut Ui, statistics: &Statistics) {
    let palette = ThemePalette::of(ui.visuals());
    let states = [
        ReviewState::New,
        ReviewState::Proposed,
        ReviewState::InReview,
        ReviewState::Done,
    ];
    let rows = states.map(|state| {
        let count = statistics.pictures[state as usize];
        Row {
            name: theme::review_name(state, false).to_owned(),
            colour: palette.review(state),
            parts: [count, 0],
            number: tr!("pictures", count = count),
        }
    });
    ui.strong(tr!("plot-review-states"));
    bars_ui(ui, &rows);
}

/// How many boxes are of each class, the most frequent first.
pub(super) fn classes_ui(ui: &mut Ui, statistics: &Statistics) {
    ui.strong(tr!("plot-classes"));
    let mut classes: Vec<_> = statistics.classes.iter().collect();
    classes.sort_by_key(|(.., boxes, proposed)| std::cmp::Reverse(boxes + proposed));
    let room = ((ui.available_height()) / BAR_STEP) as usize;
    let shown = if classes.len() > room {
        room.saturating_sub(1)
    } else {
        classes.len()
    };
    let rows: Vec<Row> = classes[..shown]
        .iter()
        .map(|(name, colour, boxes, proposed)| Row {
            name: elide::middle(name, MAX_NAME_CHARS),
            colour: theme::colour(*colour),
            parts: [*boxes, *proposed],
            number: match proposed {
                0 => tr!("boxes", count = *boxes),
                proposed => tr!("plot-class", boxes = *boxes, proposed = *proposed),
            },
        })
        .collect();
    if rows.is_empty() {
        ui.weak(tr!("plot-no-classes"));
    }
    bars_ui(ui, &rows);
    if shown < classes.len() {
        ui.weak(tr!("plot-more-classes", count = classes.len() - shown));
    }
}

fn bars_ui(ui: &mut Ui, rows: &[Row]) {
    let longest = rows.iter().map(|row| row.parts[0] + row.parts[1]).max();
    let longest = longest.unwrap_or(0).max(1) as f32;
    let text = ui.visuals().text_color();
    let quiet = ThemePalette::of(ui.visuals()).quiet;
    let font = FontId::proportional(FONT_SIZE);
    for row in rows {
        let size = vec2(ui.available_width(), BAR_STEP - ui.spacing().item_spacing.y);
        let (rect, _) = ui.allocate_exact_size(size, egui::Sense::hover());
        let painter = ui.painter();
        let middle = rect.center().y;
        let name = pos2(rect.left() + NAME_WIDTH - 8.0, middle);
        painter.text(name, Align2::RIGHT_CENTER, &row.name, font.clone(), text);
        let room = rect.width() - NAME_WIDTH - NUMBER_WIDTH;
        let mut left = rect.left() + NAME_WIDTH;
        for (count, colour) in row
            .parts
            .iter()
            .zip([row.colour, row.colour.gamma_multiply(0.4)])
        {
            let width = room * *count as f32 / longest;
            let bar = Rect::from_min_max(
                pos2(left, rect.top() + 2.0),
                pos2(left + width, rect.bottom() - 2.0),
            );
            painter.rect_filled(bar, CornerRadius::same(2), colour);
            left += width;
        }
        let number = pos2(left + 7.0, middle);
        let number = number.min(pos2(rect.right() - NUMBER_WIDTH + 7.0, middle));
        painter.text(
            number,
            Align2::LEFT_CENTER,
            &row.number,
            font.clone(),
            quiet,
        );
    }
}

/// A plot with a title, or a line that says when there will be one.
fn plot_ui(
    ui: &mut Ui,
    title: &str,
    axes: [&str; 2],
    statistics: &Statistics,
    add: impl FnOnce(&mut Ui, Plot<'_>),
) {
    ui.strong(title);
    let count = statistics.reviewed_proposals();
    if count < MIN_SAMPLES {
        let text = tr!("dashboard-too-few", needed = MIN_SAMPLES, count = count);
        ui.label(RichText::new(text).weak());
        return;
    }
    let plot = Plot::new(title)
        .height((ui.available_height() - 4.0).max(TITLE_HEIGHT))
        .width(ui.available_width())
        .x_axis_label(RichText::new(axes[0]).size(11.5))
        .y_axis_label(RichText::new(axes[1]).size(11.5))
        .allow_drag(false)
        .allow_scroll(false)
        .allow_zoom(false)
        .allow_boxed_zoom(false)
        .show_crosshair(false)
        .show_grid([false, true]);
    add(ui, plot);
}

/// How well kept proposals fit.
pub(super) fn iou_ui(ui: &mut Ui, statistics: &Statistics) {
    let palette = ThemePalette::of(ui.visuals());
    let axes = [tr!("plot-axis-iou"), tr!("plot-axis-proposals")];
    plot_ui(ui, tr!("plot-iou"), axes, statistics, |ui, plot| {
        let bars = statistics.iou.iter().enumerate().map(|(index, count)| {
            Bar::new((index as f64 + 0.5) / BINS as f64, *count as f64).width(0.09)
        });
        let chart = BarChart::new(tr!("plot-axis-proposals"), bars.collect()).color(palette.accent);
        plot.include_x(0.0)
            .include_x(1.0)
            .show(ui, |plot| plot.bar_chart(chart));
    });
}

/// Whether the score says which proposals are kept.
pub(super) fn acceptance_ui(ui: &mut Ui, statistics: &Statistics) {
    let palette = ThemePalette::of(ui.visuals());
    let axes = [tr!("plot-axis-score"), tr!("plot-axis-kept")];
    let title = tr!("plot-kept-by-score");
    plot_ui(ui, title, axes, statistics, |ui, plot| {
        let points = statistics.acceptance();
        let kept = tr!("plot-kept");
        let line = Line::new(kept, PlotPoints::from(points.clone())).color(palette.accent);
        let dots = Points::new(kept, PlotPoints::from(points))
            .radius(4.0)
            .color(palette.accent);
        let ideal = PlotPoints::from(vec![[0.0, 0.0], [1.0, 1.0]]);
        let ideal = Line::new(tr!("plot-ideal"), ideal).color(palette.quiet);
        plot.include_x(0.0)
            .include_x(1.0)
            .include_y(0.0)
            .include_y(1.0)
            .show(ui, |plot| {
                plot.line(ideal);
                plot.line(line);
                plot.points(dots);
            });
    });
}
