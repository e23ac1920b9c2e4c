//! The table of the model's classes: how its header and rows are drawn.

use egui::{
    Align, Button, Label, Layout, Rect, Response, RichText, Role, Sense, TextStyle, Ui, UiBuilder,
    Vec2, WidgetInfo, pos2, vec2,
};

use super::rows::{Row, reason_text};
use crate::app::i18n::tr;
use crate::app::theme::{self, ThemePalette};
use crate::app::workspace::Workspace;
use crate::naming::MappedClass;

/// The height of a row in points.
pub const ROW_HEIGHT: f32 = 28.0;
/// Where columns end, as shares of the width: class, boxes, name, suggestion, reason.
const COLUMN_ENDS: [f32; 5] = [0.30, 0.39, 0.59, 0.78, 1.0];
const MODEL: usize = 0;
const BOXES: usize = 1;
const OWN: usize = 2;
const SUGGESTED: usize = 3;
const REASON: usize = 4;

/// What was clicked in a row.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum RowClick {
    /// The row itself, which highlights it.
    Row,
    /// The button that chooses the name of the class.
    Choose,
    /// The button that accepts the suggestion.
    Accept,
}

/// Draws the titles of the columns.
pub fn header_ui(ui: &mut Ui) {
    let height = ui.text_style_height(&TextStyle::Small) + 6.0;
    let size = vec2(ui.available_width(), height);
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    let titles = [
        tr!("class-names-column-model"),
        tr!("class-names-column-boxes"),
        tr!("class-names-column-own"),
        tr!("class-names-column-suggested"),
        tr!("class-names-column-reason"),
    ];
    for (column, title) in titles.into_iter().enumerate() {
        let align = if column == BOXES {
            Align::Max
        } else {
            Align::Min
        };
        in_cell(ui, cell(rect, column), align, |ui| {
            ui.add(plain(RichText::new(title).small().weak()))
        });
    }
}

/// Draws a row. Returns what was clicked.
pub fn row_ui(
    ui: &mut Ui,
    workspace: &Workspace,
    row: &Row,
    is_highlighted: bool,
) -> Option<RowClick> {
    let size = vec2(ui.available_width(), ROW_HEIGHT);
    let (rect, response) = ui.allocate_exact_size(size, Sense::CLICK);
    response.widget_info(|| {
        let unmapped = tr!("class-names-unmapped");
        let name = row.target.as_ref().map_or(unmapped, MappedClass::name);
        let text = tr!(
            "class-names-row",
            class = row.class.as_str(),
            boxes = row.boxes,
            name = name
        );
        WidgetInfo::selected(Role::ListBoxOption, true, is_highlighted, text)
    });
    background(ui, rect, is_highlighted, response.hovered());
    let [text, quiet] = if is_highlighted {
        [ui.visuals().selection.stroke.color; 2]
    } else {
        [
            ui.visuals().text_color(),
            ThemePalette::of(ui.visuals()).quiet,
        ]
    };
    in_cell(ui, cell(rect, MODEL), Align::Min, |ui| {
        ui.add(plain(RichText::new(&row.class).color(text)))
    });
    if row.boxes > 0 {
        in_cell(ui, cell(rect, BOXES), Align::Max, |ui| {
            ui.add(plain(RichText::new(row.boxes.to_string()).color(quiet)))
        });
    }
    let mut click = response.clicked().then_some(RowClick::Row);
    if response.double_clicked() {
        click = Some(RowClick::Choose);
    }
    let name = in_cell(ui, cell(rect, OWN), Align::Min, |ui| {
        name_button(ui, workspace, row)
    });
    let name = name
        .on_hover_text(tr!("class-names-choose.tooltip"))
        .accessible_name(tr!("class-names-choose", class = row.class.as_str()));
    if name.clicked() {
        click = Some(RowClick::Choose);
    }
    if let Some(suggestion) = &row.suggestion {
        let reason = reason_text(&suggestion.reason);
        let accept = in_cell(ui, cell(rect, SUGGESTED), Align::Min, |ui| {
            ui.add(Button::new(format!("✔ {}", suggestion.category)).truncate())
        });
        let accept = accept
            .on_hover_text(tr!("class-names-suggested", reason = reason.as_str()))
            .accessible_name(tr!(
                "class-names-accept-one",
                category = suggestion.category.as_str(),
                class = row.class.as_str()
            ));
        if accept.clicked() {
            click = Some(RowClick::Accept);
        }
        in_cell(ui, cell(rect, REASON), Align::Min, |ui| {
            ui.add(plain(RichText::new(reason).color(quiet)))
        });
    }
    click
}

fn background(ui: &Ui, rect: Rect, is_highlighted: bool, is_hovered: bool) {
    let visuals = ui.visuals();
    let fill = match (is_highlighted, is_hovered) {
        (true, _) => visuals.selection.bg_fill,
        (false, true) => visuals.widgets.hovered.weak_bg_fill.gamma_multiply(0.5),
        (false, false) => return,
    };
    ui.painter().rect_filled(rect, 3, fill);
}

fn name_button(ui: &mut Ui, workspace: &Workspace, row: &Row) -> Response {
    let Some(target) = &row.target else {
        let unmapped = RichText::new(tr!("class-names-unmapped")).weak();
        return ui.add(Button::new(unmapped).truncate());
    };
    let name = target.name();
    let category = workspace.session.document().category_named(name);
    if let Some(category) = category {
        let (rect, _) = ui.allocate_exact_size(Vec2::splat(10.0), Sense::hover());
        ui.painter()
            .rect_filled(rect, 2, theme::colour(category.colour));
    }
    ui.add(Button::new(name).truncate())
}

/// The cell of a row in a column.
fn cell(row: Rect, column: usize) -> Rect {
    let start = column
        .checked_sub(1)
        .map_or(0.0, |former| COLUMN_ENDS[former]);
    let x = |share: f32| row.left() + share * row.width();
    Rect::from_min_max(
        pos2(x(start) + 6.0, row.top() + 2.0),
        pos2(x(COLUMN_ENDS[column]) - 2.0, row.bottom() - 2.0),
    )
}

fn plain(text: RichText) -> Label {
    Label::new(text).truncate().selectable(false)
}

fn in_cell<R>(ui: &mut Ui, rect: Rect, align: Align, add: impl FnOnce(&mut Ui) -> R) -> R {
    let layout = match align {
        Align::Max => Layout::right_to_left(Align::Center),
        _ => Layout::left_to_right(Align::Center),
    };
    let builder = UiBuilder::new().max_rect(rect).layout(layout);
    ui.scope_builder(builder, add).inner
}
