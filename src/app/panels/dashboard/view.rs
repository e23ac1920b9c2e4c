//! The dashboard: four numbers and four charts, which fit the window at any size that it can have.

use egui::{Button, Frame, Label, Rect, RichText, Ui, UiBuilder, pos2, vec2};

use super::charts;
use super::statistics::{MIN_SAMPLES, Statistics};
use crate::app::action::Action;
use crate::app::command::Command;
use crate::app::i18n::{self, tr};
use crate::app::theme::ThemePalette;
use crate::app::workspace::Activity;
use crate::app::workspace::Workspace;

/// Space around the dashboard and between its parts in points.
const MARGIN: f32 = 14.0;
const GAP: f32 = 10.0;
/// The heights of the title and of the numbers in points.
const TITLE_HEIGHT: f32 = 30.0;
const TILE_HEIGHT: f32 = 98.0;
/// The smallest height of a chart in points: below it, the dashboard would be cut.
const MIN_CHART_HEIGHT: f32 = 110.0;

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
    /// Draws the dashboard into all that is available.
    pub fn ui(&mut self, ui: &mut Ui, workspace: &Workspace, actions: &mut Vec<Action>) {
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
        let area = ui.max_rect().shrink(MARGIN);
        title_ui(ui, row(area, 0.0, TITLE_HEIGHT), actions);
        let tiles = tiles(statistics, &workspace.timing.activity);
        let line = row(area, TITLE_HEIGHT + GAP, TILE_HEIGHT);
        for (at, tile) in tiles.iter().enumerate() {
            tile_ui(ui, cell(line, at, tiles.len()), tile);
        }
        let top = TITLE_HEIGHT + TILE_HEIGHT + 2.0 * GAP;
        // Lists of bars take what they need; the plots below them take the rest.
        let room = area.height() - top - GAP;
        let height = charts::lists_height(statistics).min(room / 2.0);
        let height = height.max(MIN_CHART_HEIGHT);
        let upper = row(area, top, height);
        let lower = row(
            area,
            top + height + GAP,
            (room - height).max(MIN_CHART_HEIGHT),
        );
        for (place, chart) in [
            (cell(upper, 0, 2), charts::review_states_ui as charts::Chart),
            (cell(upper, 1, 2), charts::classes_ui),
            (cell(lower, 0, 2), charts::iou_ui),
            (cell(lower, 1, 2), charts::acceptance_ui),
        ] {
            inside(ui, place, |ui| chart(ui, statistics));
        }
    }
}

/// A part of the dashboard as wide as it.
fn row(area: Rect, top: f32, height: f32) -> Rect {
    let corner = pos2(area.left(), area.top() + top);
    Rect::from_min_size(corner, vec2(area.width(), height))
}

/// One of `count` parts of a row beside each other.
fn cell(row: Rect, at: usize, count: usize) -> Rect {
    let width = (row.width() - GAP * (count as f32 - 1.0)) / count as f32;
    let left = row.left() + at as f32 * (width + GAP);
    Rect::from_min_size(pos2(left, row.top()), vec2(width, row.height()))
}

fn inside(ui: &mut Ui, place: Rect, add: impl FnOnce(&mut Ui)) {
    ui.scope_builder(UiBuilder::new().max_rect(place), |ui| {
        ui.set_clip_rect(place.intersect(ui.clip_rect()));
        add(ui);
    });
}

fn title_ui(ui: &mut Ui, place: Rect, actions: &mut Vec<Action>) {
    inside(ui, place, |ui| {
        ui.horizontal(|ui| {
            ui.heading(tr!("dashboard"));
            let layout = egui::Layout::right_to_left(egui::Align::Center);
            ui.with_layout(layout, |ui| {
                let close = ui.add(Button::new("✖"));
                let close = close.on_hover_text(tr!("dashboard-close.tooltip"));
                if close.accessible_name(tr!("dashboard-close")).clicked() {
                    actions.push(Action::Command(Command::Dashboard));
                }
            });
        });
    });
}

fn tile_ui(ui: &mut Ui, place: Rect, tile: &Tile) {
    let frame = Frame::group(ui.style()).inner_margin(9);
    inside(ui, place, |ui| {
        frame.show(ui, |ui| {
            ui.set_min_size(ui.available_size());
            ui.spacing_mut().item_spacing.y = 2.0;
            ui.add(Label::new(RichText::new(tile.title).strong()).truncate());
            ui.label(RichText::new(&tile.value).size(23.0));
            for detail in &tile.details {
                let text = RichText::new(detail).size(11.5).weak();
                ui.add(Label::new(text).truncate());
            }
        });
    });
}

fn tiles(statistics: &Statistics, activity: &Activity) -> [Tile; 4] {
    let unknown = || "–".to_owned();
    let [new, proposed, in_review, done] = statistics.pictures;
    let pictures = Tile {
        title: tr!("dashboard-pictures"),
        value: tr!(
            "dashboard-done",
            done = done,
            total = new + proposed + in_review + done
        ),
        details: [
            tr!("dashboard-empty", count = statistics.verified_empty),
            tr!(
                "dashboard-not-done",
                in_review = in_review,
                proposed = proposed,
                new = new
            ),
        ],
    };
    let reviewed = statistics.reviewed_proposals();
    let too_few = || tr!("dashboard-too-few", needed = MIN_SAMPLES, count = reviewed);
    let rates = statistics.rates();
    let kept = Tile {
        title: tr!("dashboard-kept"),
        value: rates.map_or_else(unknown, |[accepted, edited, _]| {
            i18n::percent(accepted + edited)
        }),
        details: match rates.map(|rates| rates.map(i18n::percent)) {
            Some([accepted, edited, rejected]) => [
                tr!(
                    "dashboard-rates",
                    accepted = accepted,
                    edited = edited,
                    rejected = rejected
                ),
                tr!("dashboard-reviewed", count = reviewed),
            ],
            None => [too_few(), String::new()],
        },
    };
    let iou = statistics.mean_iou;
    let iou = Tile {
        title: tr!("dashboard-iou"),
        value: iou.map_or_else(unknown, |iou| format!("{iou:.2}")),
        details: [
            match iou {
                Some(_) => tr!("dashboard-iou-mean").to_owned(),
                None => too_few(),
            },
            tr!("dashboard-drawn", count = statistics.drawn),
        ],
    };
    let Activity {
        with_proposals,
        without_proposals: without,
    } = activity;
    let seconds = |mean: Option<f64>, pictures: u32| {
        let mean = mean.filter(|_| pictures as usize >= MIN_SAMPLES);
        mean.map_or_else(unknown, |mean| {
            tr!("dashboard-seconds", seconds = format!("{mean:.1}"))
        })
    };
    let time = Tile {
        title: tr!("dashboard-time"),
        value: seconds(with_proposals.mean(), with_proposals.pictures),
        details: [
            tr!(
                "dashboard-time-without",
                time = seconds(without.mean(), without.pictures)
            ),
            tr!(
                "dashboard-time-pictures",
                with = with_proposals.pictures,
                without = without.pictures
            ),
        ],
    };
    [pictures, kept, iou, time]
}
