//! The heat map: whether it is shown, its opacity, and its class.

use egui::{
    Align, Color32, ComboBox, Layout, Mesh, Rect, RichText, Sense, Shape, Stroke, Ui, lerp, vec2,
};

use crate::app::action::Action;
use crate::app::command::Command;
use crate::app::command_state::CommandState;
use crate::app::form;
use crate::app::i18n::tr;
use crate::app::preferences::CanvasOptions;
use crate::app::theme::ThemePalette;
use crate::app::workspace::{Workspace, heat_map_colour};

/// Steps of colour in the legend, its height and the room to its right in points.
const LEGEND_STEPS: u32 = 48;
const LEGEND_HEIGHT: f32 = 14.0;
const LEGEND_MARGIN: f32 = 8.0;

/// Draws the controls of the heat map.
pub fn ui(
    ui: &mut Ui,
    workspace: &Workspace,
    options: &CanvasOptions,
    commands: &CommandState<'_>,
    actions: &mut Vec<Action>,
) {
    let mut is_shown = workspace.view.shows_heat_map;
    let text = match commands.keymap.text(Command::HeatMap) {
        Some(keys) => tr!("heat-map-keys", keys = keys),
        None => tr!("heat-map").to_owned(),
    };
    if ui.checkbox(&mut is_shown, text).changed() {
        actions.push(Action::Command(Command::HeatMap));
    }
    if !workspace.view.shows_heat_map {
        return;
    }
    let mut options = *options;
    let slider = form::percent_slider(&mut options.heat_opacity, 0.0..=1.0);
    let texts = [tr!("heat-map-opacity"), ""];
    if form::slider_row(ui, form::PANEL_LABEL_WIDTH, texts, slider).changed() {
        actions.push(Action::SetCanvasOptions(options));
    }
    class_ui(ui, workspace, actions);
    legend_ui(ui, workspace.heat_map_threshold());
}

fn class_ui(ui: &mut Ui, workspace: &Workspace, actions: &mut Vec<Action>) {
    let classes = workspace.classes_in_picture();
    if classes.is_empty() {
        return;
    }
    let chosen = workspace.view.heat_map_class;
    let name = classes.iter().find(|(class, _)| Some(*class) == chosen);
    let top = tr!("heat-map-top-class");
    let text = name.map_or(top, |(_, name)| name);
    let mut class = chosen;
    let texts = [tr!("heat-map-class-short"), tr!("heat-map-class")];
    form::row(ui, form::PANEL_LABEL_WIDTH, texts, |ui| {
        ComboBox::from_id_salt("heat class")
            .selected_text(text)
            .width(ui.available_width() - form::COMBO_MARGIN)
            .truncate()
            .show_ui(ui, |ui| {
                ui.selectable_value(&mut class, None, top);
                for (other, name) in classes {
                    ui.selectable_value(&mut class, Some(*other), name);
                }
            });
    });
    if class != chosen {
        actions.push(Action::SetHeatMapClass(class));
    }
}

/// The colours from low to high, with a mark at the threshold.
fn legend_ui(ui: &mut Ui, threshold: f32) {
    let palette = ThemePalette::of(ui.visuals());
    let size = vec2(ui.available_width() - LEGEND_MARGIN, LEGEND_HEIGHT);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    let mut mesh = Mesh::default();
    for step in 0..LEGEND_STEPS {
        let x = |step: u32| lerp(rect.x_range(), step as f32 / LEGEND_STEPS as f32);
        let part = Rect::from_x_y_ranges(x(step)..=x(step + 1), rect.y_range());
        let level = (step * 255 / (LEGEND_STEPS - 1)) as u8;
        mesh.add_colored_rect(part, heat_map_colour(level));
    }
    ui.painter().add(Shape::mesh(mesh));
    let x = lerp(rect.x_range(), threshold);
    for (width, colour) in [(4.0, Color32::BLACK), (2.0, Color32::WHITE)] {
        let stroke = Stroke::new(width, colour);
        ui.painter().vline(x, rect.y_range(), stroke);
    }
    response.on_hover_text(tr!("heat-map-legend"));
    ui.horizontal(|ui| {
        let small = |text: &str| RichText::new(text).small().color(palette.quiet);
        ui.label(small(tr!("heat-map-low")));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.label(small(tr!("heat-map-high")));
        });
    });
}
