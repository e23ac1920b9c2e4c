//! How far the work is, and what the proposals were worth: counted over the document.

use egui::{Grid, RichText, ScrollArea, Ui};
use egui_plot::{Bar, BarChart, Legend, Line, Plot, PlotPoints, Points};

use crate::app::theme::{self, ThemePalette};
use crate::app::workspace::Activity;
use crate::app::workspace::Workspace;
use crate::document::{BoxState, Document, ReviewState};

/// The least width of a plot in points; two of them stand side by side where there is room.
const MIN_PLOT_WIDTH: f32 = 300.0;
/// The width of a tile and the margin around what it holds, in points.
const TILE_WIDTH: f32 = 310.0;
const TILE_MARGIN: f32 = 9.0;
/// Columns of the plots over 0..=1.
const BINS: usize = 10;

/// What the review so far says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Statistics {
    /// Pictures that are new, proposed, in review and done.
    pub pictures: [usize; 4],
    /// Of those that are done, the ones without an object.
    pub verified_empty: usize,
    /// Proposals by what became of them on pictures that are done: accepted, edited, rejected.
    pub judged: [usize; 3],
    /// Boxes that people drew on pictures that are done.
    pub drawn: usize,
    /// IoU of each judged proposal that was kept with what the person made of it, in tenths.
    pub iou: [usize; BINS],
    /// Their mean.
    pub mean_iou: Option<f32>,
    /// Judged proposals by score in tenths: kept, rejected.
    pub by_score: [[usize; 2]; BINS],
    /// For each class its name, colour, boxes that are ground truth, and proposals.
    pub classes: Vec<(String, [u8; 3], usize, usize)>,
}

impl Statistics {
    /// Counts a document.
    pub fn new(document: &Document) -> Self {
        let mut statistics = Self {
            classes: document
                .categories()
                .map(|row| (row.name.to_string(), row.colour, 0, 0))
                .collect(),
            ..Self::default()
        };
        let places: std::collections::HashMap<_, _> = document
            .categories()
            .enumerate()
            .map(|(at, row)| (row.id, at))
            .collect();
        let mut iou_sum = 0.0;
        let bin = |share: f32| ((share * BINS as f32) as usize).min(BINS - 1);
        for picture in document.pictures() {
            statistics.pictures[picture.review as usize] += 1;
            let is_done = picture.review == ReviewState::Done;
            statistics.verified_empty += usize::from(document.is_verified_empty(picture.id));
            for row in document.annotations(picture.id) {
                if let Some((.., truth, proposed)) = places
                    .get(&row.category)
                    .and_then(|at| statistics.classes.get_mut(*at))
                {
                    *truth += usize::from(row.is_ground_truth());
                    *proposed += usize::from(row.state == BoxState::Proposed);
                }
                if !is_done {
                    continue;
                }
                let kept_iou = match row.state {
                    BoxState::Accepted => Some(1.0),
                    BoxState::Edited => row.proposal.as_ref().map(|was| was.rect.iou(&row.rect)),
                    _ => None,
                };
                match row.state {
                    BoxState::Accepted => statistics.judged[0] += 1,
                    BoxState::Edited => statistics.judged[1] += 1,
                    BoxState::Rejected => statistics.judged[2] += 1,
                    BoxState::Drawn => statistics.drawn += 1,
                    BoxState::Proposed => {}
                }
                if let Some(iou) = kept_iou {
                    statistics.iou[bin(iou)] += 1;
                    iou_sum += iou;
                }
                if let (Some(score), true) = (
                    row.score,
                    matches!(
                        row.state,
                        BoxState::Accepted | BoxState::Edited | BoxState::Rejected
                    ),
                ) {
                    statistics.by_score[bin(score)]
                        [usize::from(row.state == BoxState::Rejected)] += 1;
                }
            }
        }
        let kept: usize = statistics.iou.iter().sum();
        statistics.mean_iou = (kept > 0).then(|| iou_sum / kept as f32);
        statistics
    }

    /// What became of proposals as shares: accepted, edited, rejected; nothing if none was judged.
    pub fn rates(&self) -> Option<[f32; 3]> {
        let total: usize = self.judged.iter().sum();
        (total > 0).then(|| self.judged.map(|number| number as f32 / total as f32))
    }

    /// The share of judged proposals that were kept, by score in tenths, where there are any.
    pub fn acceptance(&self) -> Vec<[f64; 2]> {
        let bins = self.by_score.iter().enumerate();
        let points = bins.filter(|(_, [kept, rejected])| kept + rejected > 0);
        let points = points.map(|(at, [kept, rejected])| {
            let score = (at as f64 + 0.5) / BINS as f64;
            [score, *kept as f64 / (kept + rejected) as f64]
        });
        points.collect()
    }
}

/// What the dashboard remembers from frame to frame.
#[derive(Default)]
pub struct Dashboard {
    counted: Option<(u64, u64, Statistics)>,
}

impl Dashboard {
    /// Draws the dashboard.
    pub fn ui(&mut self, ui: &mut Ui, workspace: &Workspace) {
        let state = (workspace.number, workspace.session.revision());
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
            egui::Frame::new().inner_margin(14).show(ui, |ui| {
                ui.heading("Dashboard");
                tiles(ui, statistics, &workspace.activity);
                ui.add_space(10.0);
                plots(ui, statistics);
            });
        });
    }
}

fn tiles(ui: &mut Ui, statistics: &Statistics, activity: &Activity) {
    let [new, proposed, in_review, done] = statistics.pictures;
    let judged: usize = statistics.judged.iter().sum();
    let percent = |share: f32| format!("{:.0} %", share * 100.0);
    let seconds = |mean: Option<f64>| mean.map_or("–".to_owned(), |mean| format!("{mean:.1} s"));
    let [kept, rates] = match statistics.rates() {
        Some([a, e, r]) => [
            percent(a + e),
            format!(
                "{} accepted, {} edited, {} rejected",
                percent(a),
                percent(e),
                percent(r)
            ),
        ],
        None => ["–".to_owned(), "none was judged yet".to_owned()],
    };
    let iou = statistics
        .mean_iou
        .map_or("–".to_owned(), |iou| format!("{iou:.2}"));
    let Activity {
        with_proposals,
        without,
    } = activity;
    let tiles = [
        (
            "Pictures",
            (new + proposed + in_review + done).to_string(),
            format!(
                "{done} done, {} of them verified empty",
                statistics.verified_empty
            ),
            format!("{in_review} in review, {proposed} proposed, {new} new"),
        ),
        (
            "Proposals that were kept",
            kept,
            rates,
            format!("of {judged} that were judged"),
        ),
        (
            "IoU of proposals with the result",
            iou,
            "mean over those that were kept".to_owned(),
            format!("{} boxes were drawn by hand", statistics.drawn),
        ),
        (
            "Time a picture, with proposals",
            seconds(with_proposals.mean()),
            format!("without: {}", seconds(without.mean())),
            format!(
                "over {} and {} pictures, pauses left out",
                with_proposals.pictures, without.pictures
            ),
        ),
    ];
    let spacing = ui.spacing().item_spacing.x;
    let in_a_row = (ui.available_width() / (TILE_WIDTH + 2.0 * TILE_MARGIN + spacing)) as usize;
    Grid::new("tiles").show(ui, |ui| {
        for (at, (title, number, first, second)) in tiles.iter().enumerate() {
            if at > 0 && at % in_a_row.max(1) == 0 {
                ui.end_row();
            }
            egui::Frame::group(ui.style())
                .inner_margin(TILE_MARGIN)
                .show(ui, |ui| {
                    ui.vertical(|ui| {
                        ui.set_width(TILE_WIDTH);
                        ui.label(RichText::new(*title).strong());
                        ui.label(RichText::new(number).size(26.0));
                        ui.label(RichText::new(first).weak());
                        ui.label(RichText::new(second).weak());
                    });
                });
        }
    });
}

fn plots(ui: &mut Ui, statistics: &Statistics) {
    let palette = ThemePalette::of(ui.visuals());
    let room = ui.available_width() - 30.0;
    let is_wide = room >= 2.0 * MIN_PLOT_WIDTH;
    let width = if is_wide { room / 2.0 } else { room }.clamp(MIN_PLOT_WIDTH, 620.0);
    let next = |ui: &mut Ui| {
        if !is_wide {
            ui.end_row();
        }
    };
    Grid::new("plots").spacing([18.0, 14.0]).show(ui, |ui| {
        framed(ui, width, "Pictures by state", |ui, plot| {
            let names = ["new", "proposed", "in review", "done"];
            let states = [
                ReviewState::New,
                ReviewState::Proposed,
                ReviewState::InReview,
                ReviewState::Done,
            ];
            let charts = states.map(|state| {
                let at = state as usize;
                let bar = Bar::new(at as f64, statistics.pictures[at] as f64).width(0.7);
                BarChart::new(names[at], vec![bar]).color(palette.review(state))
            });
            plot.legend(Legend::default())
                .x_axis_formatter(|_, _| String::new())
                .show(ui, |plot| {
                    charts.into_iter().for_each(|chart| plot.bar_chart(chart));
                });
        });
        next(ui);
        framed(ui, width, "Boxes by class", |ui, plot| {
            let classes = statistics.classes.iter().enumerate();
            let charts: Vec<BarChart> = classes
                .map(|(at, (name, colour, truth, proposed))| {
                    let name = format!("{name}: {truth} + {proposed} proposed");
                    let solid = Bar::new(at as f64, *truth as f64).width(0.7);
                    let open = Bar::new(at as f64, *proposed as f64).width(0.7);
                    let colour = theme::colour(*colour);
                    let open = open
                        .base_offset(*truth as f64)
                        .fill(colour.gamma_multiply(0.35));
                    BarChart::new(name, vec![solid, open]).color(colour)
                })
                .collect();
            plot.legend(Legend::default())
                .x_axis_formatter(|_, _| String::new())
                .show(ui, |plot| {
                    charts.into_iter().for_each(|chart| plot.bar_chart(chart));
                });
        });
        ui.end_row();
        framed(
            ui,
            width,
            "IoU of kept proposals with what was made of them",
            |ui, plot| {
                let bars = statistics.iou.iter().enumerate().map(|(at, number)| {
                    Bar::new((at as f64 + 0.5) / BINS as f64, *number as f64).width(0.09)
                });
                let chart = BarChart::new("kept proposals", bars.collect()).color(palette.accent);
                plot.include_x(0.0)
                    .include_x(1.0)
                    .show(ui, |plot| plot.bar_chart(chart));
            },
        );
        next(ui);
        framed(
            ui,
            width,
            "Share of proposals that were kept, by score",
            |ui, plot| {
                let points = statistics.acceptance();
                let line =
                    Line::new("kept", PlotPoints::from(points.clone())).color(palette.accent);
                let dots = Points::new("kept", PlotPoints::from(points))
                    .radius(4.0)
                    .color(palette.accent);
                let ideal = PlotPoints::from(vec![[0.0, 0.0], [1.0, 1.0]]);
                let ideal = Line::new("score = share", ideal).color(palette.quiet);
                plot.include_x(0.0)
                    .include_x(1.0)
                    .include_y(0.0)
                    .include_y(1.0)
                    .show(ui, |plot| {
                        plot.line(ideal);
                        plot.line(line);
                        plot.points(dots);
                    });
            },
        );
        ui.end_row();
    });
}

fn framed(ui: &mut Ui, width: f32, title: &str, add: impl FnOnce(&mut Ui, Plot<'_>)) {
    ui.vertical(|ui| {
        ui.set_width(width);
        ui.label(RichText::new(title).strong());
        let plot = Plot::new(title)
            .height(210.0)
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::document::ops::{self, Candidate};
    use crate::document::{AnnotationId, CategoryId, Model, Picture, PictureId};
    use crate::geometry::BBox;

    #[test]
    fn counts_what_became_of_proposals() {
        let mut document = Document::default();
        let pictures = ["a", "b"].map(|path| Picture::new(PictureId(1), path, 100, 100));
        document
            .apply(ops::add_pictures(&document, pictures.to_vec()))
            .unwrap();
        document.apply(ops::add_category(&document, "cat")).unwrap();
        let model = Arc::new(Model {
            name: "m".into(),
            version: "1".into(),
            method: "affinity".into(),
            threshold: 0.5,
        });
        let candidate = |x: f32, score| Candidate {
            rect: BBox::from_xywh(x, 0.0, 10.0, 10.0),
            category: CategoryId(1),
            score,
        };
        let found = vec![
            candidate(0.0, 0.95),
            candidate(20.0, 0.55),
            candidate(40.0, 0.25),
        ];
        let found = [
            (PictureId(1), found),
            (PictureId(2), vec![candidate(0.0, 0.9)]),
        ];
        document
            .apply(ops::propose(&document, &model, &found).unwrap())
            .unwrap();
        let to = BBox::from_xywh(20.0, 0.0, 10.0, 5.0);
        document
            .apply(ops::reshape(&document, &[(AnnotationId(2), to)]).unwrap())
            .unwrap();
        let done = ops::accept_and_finish(&document, PictureId(1), &[AnnotationId(1)]);
        document.apply(done.unwrap()).unwrap();

        let statistics = Statistics::new(&document);
        assert_eq!(statistics.pictures, [0, 1, 0, 1]);
        assert_eq!(statistics.judged, [1, 1, 1]);
        assert_eq!(statistics.mean_iou, Some(0.75));
        assert_eq!((statistics.iou[5], statistics.iou[9]), (1, 1));
        let (.., truth, proposed) = &statistics.classes[0];
        assert_eq!((*truth, *proposed), (2, 1));
        let points = statistics.acceptance();
        assert_eq!(points, [[0.25, 0.0], [0.55, 1.0], [0.95, 1.0]]);
    }
}
