//! How boxes and aids look on the canvas, and what the wheel does there.

use egui::color_picker::{Alpha, color_edit_button_srgba};
use egui::{Slider, Ui};

use super::general::LABEL_WIDTH;
use crate::app::action::Action;
use crate::app::form;
use crate::app::i18n::tr;
use crate::app::preferences::{CanvasOptions, ColourBy, LABEL_SIZES, LINE_WIDTHS, WheelUse};
use crate::app::theme;

/// Draws the tab.
pub fn ui(ui: &mut Ui, current: &CanvasOptions, actions: &mut Vec<Action>) {
    let mut options = *current;
    let slider = Slider::new(&mut options.line_width, LINE_WIDTHS)
        .step_by(0.25)
        .max_decimals(2);
    form::slider_row(ui, LABEL_WIDTH, [tr!("settings-line-width"), ""], slider);
    let slider = Slider::new(&mut options.label_size, LABEL_SIZES)
        .step_by(1.0)
        .max_decimals(0);
    form::slider_row(ui, LABEL_WIDTH, [tr!("settings-label-size"), ""], slider);
    form::row(ui, LABEL_WIDTH, [tr!("settings-colour-by"), ""], |ui| {
        for (by, name) in [
            (ColourBy::Class, tr!("settings-colour-by-class")),
            (ColourBy::State, tr!("settings-colour-by-state")),
        ] {
            ui.radio_value(&mut options.colour_by, by, name);
        }
    });
    form::row(ui, LABEL_WIDTH, [tr!("settings-wheel"), ""], |ui| {
        for (wheel, name) in [
            (WheelUse::Pan, tr!("settings-wheel-pan")),
            (WheelUse::Zoom, tr!("settings-wheel-zoom")),
        ] {
            ui.radio_value(&mut options.wheel, wheel, name);
        }
    });
    let name = tr!("settings-crosshair-colour");
    form::row(ui, LABEL_WIDTH, [name, ""], |ui| {
        let mut colour = theme::colour(options.crosshair_colour);
        let response = color_edit_button_srgba(ui, &mut colour, Alpha::Opaque);
        response.accessible_name(name);
        let [r, g, b, _] = colour.to_array();
        options.crosshair_colour = [r, g, b];
    });
    ui.add_space(8.0);
    for (value, name) in [
        (
            &mut options.crosshair_while_drawing,
            tr!("settings-crosshair-drawing"),
        ),
        (&mut options.crosshair, tr!("settings-crosshair-always")),
        (&mut options.labels, tr!("settings-labels")),
        (&mut options.rulers, tr!("settings-rulers")),
        (&mut options.keep_view, tr!("settings-keep-view")),
    ] {
        ui.checkbox(value, name);
    }
    let default = CanvasOptions {
        heat_opacity: options.heat_opacity,
        thumbnails: options.thumbnails,
        ..CanvasOptions::default()
    };
    ui.add_space(8.0);
    if options != default && ui.button(tr!("reset")).clicked() {
        options = default;
    }
    if options != *current {
        actions.push(Action::SetCanvasOptions(options));
    }
}
