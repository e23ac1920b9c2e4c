//! The dashboard: tiles and plots of the statistics.

use egui::{Frame, Grid, RichText, ScrollArea, Ui};
use egui_plot::{Bar, BarChart, Legend, Line, Plot, PlotPoints, Points};

use super::statistics::{BINS, Statistics};
use crate::app::i18n::{self, tr};
use crate::app::theme::{self, ThemePalette};
use crate::app::workspace::Activity;
use crate::app::workspace::Workspace;
use crate::document::ReviewState;

/// The smallest and largest width of a plot in points; two of them are side by side if there is
/// room.
const MIN_PLOT_WIDTH: f32 = 300.0;
const MAX_PLOT_WIDTH: f32 = 620.0;
const PLOT_HEIGHT: f32 = 210.0;
/// The width of a tile and the margin around its content, in points.
const TILE_WIDTH: f32 = 310.0;
const TILE_MARGIN: f32 = 9.0;

/// What the dashboard remembers from frame to frame.
#[derive(Default)]
pub struct Dashboard {
    /// The workspace and the revision of its document, with their statistics.
    counted: Option<(u64, u64, Statistics)>,
}

/// A number with its title and two lines of detail.
struct Tile {
    title: &'static str,
    value: String,
    details: [String; 2],
}

impl Dashboard {
    /// Draws the dashboard.
    pub fn ui(&mut self, ui: &mut Ui, workspace: &Workspace) {
        let state = (workspace.id, workspace.session.revision());
        let is_current = self
            .counted
            .as_ref()
            .is_some_and(|(a, b, _)| (*a, *b) == state);
        if !is_current {
            let statistics = Statistics::new(workspace.session.document());
            self.counted = Some((state.0, state.1, statistics));
        }
        let Some((.., statistics)) = &self.counted else {
            return;
        };
        let fill = ThemePalette::of(ui.visuals()).panel;
        ui.painter().rect_filled(ui.max_rect(), 0, fill);
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            Frame::new().inner_margin(14).show(ui, |ui| {
                ui.heading(tr!("dashboard"));
                tiles_ui(ui, &tiles(statistics, &workspace.timing.activity));
                ui.add_space(10.0);
                plots_ui(ui, statistics);
            });
        });
    }
}

fn tiles(statistics: &Statistics, activity: &Activity) -> [Tile; 4] {
    let unknown = || "–".to_owned();
    let [new, proposed, in_review, done] = statistics.pictures;
    let pictures = Tile {
        title: tr!("dashboard-pictures"),
        value: (new + proposed + in_review + done).to_string(),
        details: [
            tr!(
                "dashboard-done",
                done = done,
                empty = statistics.verified_empty
            ),
            tr!(
                "dashboard-not-done",
                in_review = in_review,
                proposed = proposed,
                new = new
            ),
        ],
    };
    let rates = statistics.rates();
    let kept = Tile {
        title: tr!("dashboard-kept"),
        value: rates.map_or_else(unknown, |[accepted, edited, _]| {
            i18n::percent(accepted + edited)
        }),
        details: [
            match rates.map(|rates| rates.map(i18n::percent)) {
                Some([accepted, edited, rejected]) => tr!(
                    "dashboard-rates",
                    accepted = accepted,
                    edited = edited,
                    rejected = rejected
                ),
                None => tr!("dashboard-nothing-reviewed").to_owned(),
            },
            tr!(
                "dashboard-reviewed",
                count = statistics.reviewed.iter().sum::<usize>()
            ),
        ],
    };
    let iou = statistics.mean_iou;
    let iou = Tile {
        title: tr!("dashboard-iou"),
        value: iou.map_or_else(unknown, |iou| format!("{iou:.2}")),
        details: [
            tr!("dashboard-iou-mean").to_owned(),
            tr!("dashboard-drawn", count = statistics.drawn),
        ],
    };
    let Activity {
        with_proposals,
        without_proposals: without,
    } = activity;
    let seconds = |mean: Option<f64>| {
        mean.map_or_else(unknown, |mean| {
            tr!("dashboard-seconds", seconds = format!("{mean:.1}"))
        })
    };
    let time = Tile {
        title: tr!("dashboard-time"),
        value: seconds(with_proposals.mean()),
        details: [
            tr!("dashboard-time-without", time = seconds(without.mean())),
            tr!(
                "dashboard-time-pictures",
                with = with_proposals.pictures,
                without = without.pictures
            ),
        ],
    };
    [pictures, kept, iou, time]
}

fn tiles_ui(ui: &mut Ui, tiles: &[Tile]) {
    let spacing = ui.spacing().item_spacing.x;
    let columns = (ui.available_width() / (TILE_WIDTH + 2.0 * TILE_MARGIN + spacing)) as usize;
    Grid::new("tiles").show(ui, |ui| {
        for (index, tile) in tiles.iter().enumerate() {
            if index > 0 && index % columns.max(1) == 0 {
                ui.end_row();
            }
            let frame = Frame::group(ui.style()).inner_margin(TILE_MARGIN);
            frame.show(ui, |ui| {
                ui.vertical(|ui| {
                    ui.set_width(TILE_WIDTH);
                    ui.label(RichText::new(tile.title).strong());
                    ui.label(RichText::new(&tile.value).size(26.0));
                    for detail in &tile.details {
                        ui.label(RichText::new(detail).weak());
                    }
                });
            });
        }
    });
}

fn plots_ui(ui: &mut Ui, statistics: &Statistics) {
    let available = ui.available_width() - 30.0;
    let is_wide = available >= 2.0 * MIN_PLOT_WIDTH;
    let width = if is_wide { available / 2.0 } else { available };
    let width = width.clamp(MIN_PLOT_WIDTH, MAX_PLOT_WIDTH);
    let end_column = |ui: &mut Ui| {
        if !is_wide {
            ui.end_row();
        }
    };
    Grid::new("plots").spacing([18.0, 14.0]).show(ui, |ui| {
        let palette = ThemePalette::of(ui.visuals());
        framed(ui, width, tr!("plot-review-states"), |ui, plot| {
            review_states_ui(ui, plot, palette, statistics);
        });
        end_column(ui);
        framed(ui, width, tr!("plot-classes"), |ui, plot| {
            classes_ui(ui, plot, statistics);
        });
        ui.end_row();
        framed(ui, width, tr!("plot-iou"), |ui, plot| {
            iou_ui(ui, plot, palette, statistics);
        });
        end_column(ui);
        framed(ui, width, tr!("plot-kept-by-score"), |ui, plot| {
            acceptance_ui(ui, plot, palette, statistics);
        });
        ui.end_row();
    });
}

fn framed(ui: &mut Ui, width: f32, title: &str, add: impl FnOnce(&mut Ui, Plot<'_>)) {
    ui.vertical(|ui| {
        ui.set_width(width);
        ui.label(RichText::new(title).strong());
        let plot = Plot::new(title)
            .height(PLOT_HEIGHT)
            .width(width)
            .allow_drag(false)
            .allow_scroll(false)
            .allow_zoom(false)
            .allow_boxed_zoom(false)
            .show_crosshair(false)
            .show_grid([false, true]);
        add(ui, plot);
    });
}

fn review_states_ui(ui: &mut Ui, plot: Plot<'_>, palette: ThemePalette, statistics: &Statistics) {
    let states = [
        ReviewState::New,
        ReviewState::Proposed,
        ReviewState::InReview,
        ReviewState::Done,
    ];
    let charts = states.map(|state| {
        let index = state as usize;
        let bar = Bar::new(index as f64, statistics.pictures[index] as f64).width(0.7);
        BarChart::new(theme::review_name(state, false), vec![bar]).color(palette.review(state))
    });
    plot.legend(Legend::default())
        .x_axis_formatter(|_, _| String::new())
        .show(ui, |plot| {
            charts.into_iter().for_each(|chart| plot.bar_chart(chart));
        });
}

fn classes_ui(ui: &mut Ui, plot: Plot<'_>, statistics: &Statistics) {
    let classes = statistics.classes.iter().enumerate();
    let charts: Vec<BarChart> = classes
        .map(|(index, (name, colour, boxes, proposed))| {
            let name = tr!(
                "plot-class",
                class = name.as_str(),
                boxes = *boxes,
                proposed = *proposed
            );
            let colour = theme::colour(*colour);
            let solid = Bar::new(index as f64, *boxes as f64).width(0.7);
            let open = Bar::new(index as f64, *proposed as f64).width(0.7);
            let open = open
                .base_offset(*boxes as f64)
                .fill(colour.gamma_multiply(0.35));
            BarChart::new(name, vec![solid, open]).color(colour)
        })
        .collect();
    plot.legend(Legend::default())
        .x_axis_formatter(|_, _| String::new())
        .show(ui, |plot| {
            charts.into_iter().for_each(|chart| plot.bar_chart(chart));
        });
}

fn iou_ui(ui: &mut Ui, plot: Plot<'_>, palette: ThemePalette, statistics: &Statistics) {
    let bars = statistics.iou.iter().enumerate().map(|(index, count)| {
        Bar::new((index as f64 + 0.5) / BINS as f64, *count as f64).width(0.09)
    });
    let chart = BarChart::new(tr!("plot-kept-proposals"), bars.collect()).color(palette.accent);
    plot.include_x(0.0)
        .include_x(1.0)
        .show(ui, |plot| plot.bar_chart(chart));
}

fn acceptance_ui(ui: &mut Ui, plot: Plot<'_>, palette: ThemePalette, statistics: &Statistics) {
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
}
