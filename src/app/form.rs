//! Rows of a form: labels in a column of one width, controls in the rest of the line.

use std::ops::RangeInclusive;

use egui::{Align, Atom, Button, Id, Label, Layout, Response, RichText, Slider, Ui, vec2};

use super::i18n;
use super::theme::ThemePalette;

/// Room for the number beside a slider, and the smallest and largest width of its rail, in points.
const NUMBER_WIDTH: f32 = 56.0;
const RAIL_WIDTHS: RangeInclusive<f32> = 48.0..=220.0;
/// The smallest width of the button that does what a dialog is for, in points.
const PRIMARY_WIDTH: f32 = 104.0;
/// How much wider than requested a combo box can be, in points. Without this margin its panel would
/// grow in every frame.
pub const COMBO_MARGIN: f32 = 10.0;
/// The width of the column of labels in the side panels, in points.
pub const PANEL_LABEL_WIDTH: f32 = 78.0;

/// Draws a row: a label in a column of `width` points, and a control that is named after it.
pub fn row<R>(ui: &mut Ui, width: f32, texts: [&str; 2], control: impl FnOnce(&mut Ui) -> R) -> R {
    labelled(ui, width, texts, |ui, label| {
        ui.label_inputs_by(label, control)
    })
}

/// Draws a row with a slider that takes the rest of the line.
pub fn slider_row(ui: &mut Ui, width: f32, texts: [&str; 2], slider: Slider<'_>) -> Response {
    labelled(ui, width, texts, |ui, label| {
        let rail = ui.available_width() - NUMBER_WIDTH - ui.spacing().item_spacing.x;
        ui.spacing_mut().slider_width = rail.clamp(*RAIL_WIDTHS.start(), *RAIL_WIDTHS.end());
        let mut response = ui.add(slider);
        if !texts[1].is_empty() {
            response = response.on_hover_text(texts[1]);
        }
        response.labelled_by(label)
    })
}

fn labelled<R>(
    ui: &mut Ui,
    width: f32,
    [name, tooltip]: [&str; 2],
    control: impl FnOnce(&mut Ui, Id) -> R,
) -> R {
    ui.horizontal(|ui| {
        let height = ui.spacing().interact_size.y;
        let layout = Layout::left_to_right(Align::Center);
        let label = ui.allocate_ui_with_layout(vec2(width, height), layout, |ui| {
            ui.set_min_width(width);
            ui.add(Label::new(name).truncate().selectable(false))
        });
        let mut label = label.inner;
        if !tooltip.is_empty() {
            label = label.on_hover_text(tooltip);
        }
        control(ui, label.id)
    })
    .inner
}

/// The button that does what a dialog is for, in the colour of what matters most.
pub fn primary_button(ui: &mut Ui, is_enabled: bool, text: &str) -> Response {
    let palette = ThemePalette::of(ui.visuals());
    let mut label = RichText::new(text);
    if is_enabled {
        label = label.color(palette.on_accent).strong();
    }
    // In the middle of the button, which is wider than most texts.
    let mut button =
        Button::new((Atom::grow(), label, Atom::grow())).min_size(vec2(PRIMARY_WIDTH, 28.0));
    if is_enabled {
        button = button.fill(palette.accent);
    }
    ui.add_enabled(is_enabled, button).accessible_name(text)
}

/// A slider of a share in 0..=1, shown and typed as a whole percentage.
pub fn percent_slider(value: &mut f32, range: RangeInclusive<f32>) -> Slider<'_> {
    let parse = |text: &str| {
        let number = text.trim_end_matches([' ', '%']).parse::<f64>().ok();
        number.map(|value| value / 100.0)
    };
    Slider::new(value, range)
        .step_by(0.01)
        .custom_formatter(|value, _| i18n::percent(value))
        .custom_parser(parse)
}
