//! What is above the list: how many pictures are done and selected; and what an empty list shows.

use egui::{
    Align, Align2, Button, FontId, Layout, Rect, Role, Sense, Stroke, Ui, Vec2, WidgetInfo, vec2,
};

use crate::app::action::Action;
use crate::app::command::Command;
use crate::app::i18n::tr;
use crate::app::icons::Icon;
use crate::app::session::{PictureQuery, ReviewFilter, SelectionChange};
use crate::app::theme::ThemePalette;
use crate::app::workspace::Workspace;

/// The size of the ring that shows progress in points, and the lines that a full one is made of.
const RING_SIZE: f32 = 34.0;
const RING_STEPS: f32 = 64.0;

/// Draws progress and selection.
pub fn ui(ui: &mut Ui, workspace: &Workspace, actions: &mut Vec<Action>) {
    let session = &workspace.session;
    let summary = session.summary();
    let (total, done) = (summary.total(), summary.done());
    let selected = session.list_selection().len();
    ui.horizontal(|ui| {
        let palette = ThemePalette::of(ui.visuals());
        let (rect, response) = ui.allocate_exact_size(Vec2::splat(RING_SIZE), Sense::hover());
        ring(ui, rect, done as f32 / total.max(1) as f32, palette);
        let mut text = tr!("list-progress", done = done, total = total);
        if summary.excluded > 0 {
            text.push_str(&tr!("list-taken-out", count = summary.excluded));
        }
        response.widget_info(|| WidgetInfo::labeled(Role::ProgressIndicator, true, &text));
        response.on_hover_text(&text);
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            ui.strong(tr!("list-done", done = done, total = total));
            let listed = session.rows().len();
            if selected > 0 {
                let text = tr!("list-selected", count = selected);
                ui.colored_label(palette.accent, text);
            } else if session.query().state == Some(ReviewFilter::TakenOut) {
                ui.weak(tr!("list-listed-taken-out", count = listed));
            } else if listed == total {
                ui.weak(tr!("list-to-review", count = total - done));
            } else {
                ui.weak(tr!("list-listed", count = listed));
            }
        });
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let tags = ui
                .add_enabled(session.is_editable(), Button::new(Icon::Tag.atom(None)))
                .on_hover_text(Command::TagPictures.tooltip())
                .accessible_name(Command::TagPictures.label());
            if tags.clicked() {
                actions.push(Action::Command(Command::TagPictures));
            }
            if selected > 0 {
                let clear = ui
                    .button("✖")
                    .on_hover_text(tr!("list-clear-selection.tooltip"))
                    .accessible_name(tr!("list-clear-selection"));
                if clear.clicked() {
                    actions.push(Action::SelectPictures(SelectionChange::Clear));
                }
            }
        });
    });
}

/// A ring that fills clockwise from the top.
fn ring(ui: &Ui, rect: Rect, share: f32, palette: ThemePalette) {
    let painter = ui.painter();
    let (centre, radius) = (rect.center(), rect.width() / 2.0 - 3.0);
    let empty = Stroke::new(4.0, palette.quiet.gamma_multiply(0.35));
    painter.circle_stroke(centre, radius, empty);
    let steps = (share * RING_STEPS).ceil() as usize;
    let points = (0..=steps).map(|step| {
        let turn = (step as f32 / RING_STEPS).min(share) * std::f32::consts::TAU;
        centre + radius * vec2(turn.sin(), -turn.cos())
    });
    painter.line(points.collect(), Stroke::new(4.0, palette.good));
    painter.text(
        centre,
        Align2::CENTER_CENTER,
        format!("{:.0}", share * 100.0),
        FontId::proportional(11.0),
        ui.visuals().text_color(),
    );
}

/// What the list shows when it is empty.
pub fn empty_ui(ui: &mut Ui, workspace: &Workspace, actions: &mut Vec<Action>) {
    ui.add_space(12.0);
    let summary = workspace.session.summary();
    if summary.total() == 0 && summary.excluded > 0 && !workspace.session.query().is_filtered() {
        ui.label(tr!("list-all-taken-out"));
        if ui.button(tr!("list-show-taken-out")).clicked() {
            actions.push(Action::SetQuery(PictureQuery {
                state: Some(ReviewFilter::TakenOut),
                ..workspace.session.query().clone()
            }));
        }
    } else if workspace.session.document().pictures().len() > 0 {
        ui.weak(tr!("list-no-matches"));
    } else if workspace.is_scanning {
        ui.horizontal(|ui| {
            ui.spinner();
            ui.label(tr!("list-scanning"));
        });
    } else {
        ui.label(tr!("list-empty-folder"));
        if ui.button(tr!("list-open-another")).clicked() {
            actions.push(Action::Command(Command::OpenFolder));
        }
    }
}
