//! How proposals are made: method, threshold and size, which act at once, and the model.

use egui::{ComboBox, RichText, Slider, Ui};

use crate::app::action::Action;
use crate::app::command::Command;
use crate::app::command_state::CommandState;
use crate::app::preferences::CanvasOptions;
use crate::app::session::ProposalSettings;
use crate::app::theme::ThemePalette;
use crate::app::workspace::{ModelState, Workspace, heat_map_colour};
use crate::localize::{Method, Quality};

/// Draws the panel.
pub fn ui(
    ui: &mut Ui,
    workspace: &mut Workspace,
    look: &CanvasOptions,
    offer: &CommandState<'_>,
    actions: &mut Vec<Action>,
) {
    model_line(ui, workspace, actions);
    let former = workspace
        .proposal_preview
        .as_ref()
        .map(|proposal_preview| &proposal_preview.settings);
    let former = former
        .unwrap_or(workspace.session.proposal_settings())
        .clone();
    let mut proposing = former.clone();
    let mut is_final = false;
    let knows_classes = workspace
        .model_info()
        .is_some_and(|model_info| !model_info.classes.is_empty());
    if knows_classes {
        let button = egui::Button::new(Command::ClassNames.label());
        let button = ui.add_enabled(offer.is_enabled(Command::ClassNames), button);
        if offer.named(button, Command::ClassNames).clicked() {
            actions.push(Action::Command(Command::ClassNames));
        }
    }
    ui.add_enabled_ui(workspace.session.is_editable(), |ui| {
        quality(ui, proposing.quality(), actions);
        // They are about maps, of which learned boxes know nothing.
        let is_learned = workspace.learning.active_state().is_some();
        ui.add_enabled_ui(!is_learned, |ui| {
            method(ui, &mut proposing, knows_classes, &mut is_final);
            sliders(ui, &mut proposing, &mut is_final);
        });
        if is_learned {
            ui.weak("Learned boxes are in use: they need no threshold.");
        }
    });
    if proposing != former || is_final {
        actions.push(Action::SetProposalSettings(proposing, is_final));
    }
    if workspace.deriving > 0 {
        ui.weak(format!("{} other pictures follow…", workspace.deriving));
    }
    heat(ui, workspace, look, offer, actions);
}

fn model_line(ui: &mut Ui, workspace: &Workspace, actions: &mut Vec<Action>) {
    let palette = ThemePalette::of(ui.visuals());
    ui.horizontal(|ui| match &workspace.model {
        ModelState::Loading => {
            ui.spinner();
            ui.label("Loading the model…");
        }
        ModelState::Ready(model_info) => {
            let classes = match model_info.classes.len() {
                0 => "any object".to_owned(),
                number => format!("{number} classes"),
            };
            ui.weak(format!(
                "{}, {classes}, on {}",
                model_info.name, model_info.device
            ));
        }
        ModelState::Failed(reason) => {
            ui.vertical(|ui| {
                ui.colored_label(palette.bad, reason);
                if ui.button("Use the embedded model").clicked() {
                    actions.push(Action::UseModel(None));
                }
            });
        }
    });
}

fn quality(ui: &mut Ui, chosen: Quality, actions: &mut Vec<Action>) {
    ui.horizontal(|ui| {
        let label = ui.label("Quality");
        ui.label_inputs_by(label.id, |ui| {
            ComboBox::from_id_salt("quality")
                .selected_text(chosen.name())
                .width(ui.available_width() - 8.0)
                .show_ui(ui, |ui| {
                    for quality in Quality::ALL {
                        let button = egui::Button::selectable(chosen == quality, quality.name());
                        let response = ui.add(button).on_hover_text(quality_tooltip(quality));
                        if response.clicked() && chosen != quality {
                            actions.push(Action::UseQuality(quality));
                        }
                    }
                });
        });
    });
}

fn quality_tooltip(quality: Quality) -> &'static str {
    match quality {
        Quality::Fast => "Boxes without names",
        Quality::Balanced => "Boxes with names, better placed",
        Quality::Best => "A second look at small objects, for better edges",
    }
}

fn method(ui: &mut Ui, proposing: &mut ProposalSettings, knows_classes: bool, is_final: &mut bool) {
    ui.horizontal(|ui| {
        let label = ui.label("Method");
        ui.label_inputs_by(label.id, |ui| {
            ComboBox::from_id_salt("method")
                .selected_text(proposing.method().name())
                .width(ui.available_width() - 8.0)
                .show_ui(ui, |ui| {
                    for method in Method::ALL {
                        let is_possible = knows_classes || !method.needs_classes();
                        let is_chosen = proposing.method() == method;
                        let button = egui::Button::selectable(is_chosen, method.name());
                        let response = ui.add_enabled(is_possible, button);
                        let response = response.on_hover_text(method_tooltip(method));
                        if response
                            .on_disabled_hover_text("Needs a model with a class head")
                            .clicked()
                        {
                            proposing.method = method.name().to_owned();
                            proposing.threshold = None;
                            *is_final = true;
                        }
                    }
                });
        });
    });
}

fn method_tooltip(method: Method) -> &'static str {
    match method {
        Method::Affinity => "The map carried along the picture's own similarities: whole objects",
        Method::TsCam => "The paper to the letter: attention times class map",
        Method::Cam => "The class map alone, which the paper improves on",
        Method::Attention => "Where the model looks, without any class",
    }
}

/// Sliders try the picture that is shown while they are moved, and act when they are let go.
fn sliders(ui: &mut Ui, proposing: &mut ProposalSettings, is_final: &mut bool) {
    let mut threshold = proposing.effective_threshold();
    let mut area = proposing.min_area.unwrap_or(0.0);
    let mut score = proposing.min_score;
    ui.spacing_mut().slider_width = (ui.available_width() - 146.0).max(60.0);
    let percent =
        |value: f64, _: std::ops::RangeInclusive<usize>| format!("{:.0} %", value * 100.0);
    let parse = |text: &str| {
        text.trim_end_matches([' ', '%'])
            .parse::<f64>()
            .ok()
            .map(|value| value / 100.0)
    };
    let mut slide = |ui: &mut Ui,
                     value: &mut f32,
                     range: std::ops::RangeInclusive<f32>,
                     name: &str,
                     hint: &str| {
        let slider = Slider::new(value, range)
            .step_by(0.01)
            .custom_formatter(percent)
            .custom_parser(parse)
            .text(name);
        let response = ui.add(slider).on_hover_text(hint);
        // A drag ends when it is let go; keys and typed numbers count at once.
        *is_final |= response.drag_stopped() || response.changed() && !response.dragged();
        response.changed()
    };
    let hint = "Where the map is cut: higher makes boxes tighter";
    if slide(ui, &mut threshold, 0.05..=0.95, "threshold", hint) {
        proposing.threshold = Some(threshold);
    }
    let hint = "The smallest region, as a share of the picture";
    if slide(ui, &mut area, 0.0..=0.25, "smallest size", hint) {
        proposing.min_area = (area > 0.0).then_some(area);
    }
    let hint = "Boxes that the model is less sure of are left out";
    if slide(ui, &mut score, 0.0..=0.95, "lowest score", hint) {
        proposing.min_score = score;
    }
    let own = ProposalSettings {
        method: proposing.method.clone(),
        model: proposing.model.clone(),
        ..ProposalSettings::default()
    };
    if own != *proposing && ui.small_button("Reset").clicked() {
        *proposing = own;
        *is_final = true;
    }
}

fn heat(
    ui: &mut Ui,
    workspace: &mut Workspace,
    look: &CanvasOptions,
    offer: &CommandState<'_>,
    actions: &mut Vec<Action>,
) {
    let mut shows = workspace.shows_heat_map;
    let text = match offer.keymap.text(Command::HeatMap) {
        Some(keys) => format!("Heat map ({keys})"),
        None => "Heat map".to_owned(),
    };
    if ui.checkbox(&mut shows, text).changed() {
        actions.push(Action::Command(Command::HeatMap));
    }
    if !workspace.shows_heat_map {
        return;
    }
    let mut look = *look;
    let slider = Slider::new(&mut look.heat_opacity, 0.0..=1.0)
        .show_value(false)
        .text("opacity");
    if ui.add(slider).changed() {
        actions.push(Action::SetCanvasOptions(look));
    }
    let classes = workspace.classes_in_picture();
    if !classes.is_empty() {
        let chosen = workspace
            .heat_map_class
            .and_then(|class| classes.iter().find(|(at, _)| *at == class));
        let text = chosen.map_or("surest class", |(_, name)| name);
        ui.name_inputs("Class of the heat map", |ui| {
            ComboBox::from_id_salt("heat class")
                .selected_text(text)
                .show_ui(ui, |ui| {
                    ui.selectable_value(&mut workspace.heat_map_class, None, "surest class");
                    for (class, name) in &classes {
                        ui.selectable_value(&mut workspace.heat_map_class, Some(*class), name);
                    }
                });
        });
    }
    legend(ui, workspace.heat_map_threshold());
}

/// The colours from low to high, with a mark where the map is cut.
fn legend(ui: &mut Ui, cut: f32) {
    let palette = ThemePalette::of(ui.visuals());
    let (rect, response) = ui.allocate_exact_size(
        egui::vec2(ui.available_width() - 8.0, 14.0),
        egui::Sense::hover(),
    );
    let mut mesh = egui::Mesh::default();
    let steps = 48;
    for step in 0..steps {
        let left = egui::lerp(rect.x_range(), step as f32 / steps as f32);
        let right = egui::lerp(rect.x_range(), (step + 1) as f32 / steps as f32);
        let part = egui::Rect::from_x_y_ranges(left..=right, rect.y_range());
        mesh.add_colored_rect(part, heat_map_colour((step * 255 / (steps - 1)) as u8));
    }
    ui.painter().add(egui::Shape::mesh(mesh));
    let x = egui::lerp(rect.x_range(), cut);
    for (width, colour) in [(4.0, egui::Color32::BLACK), (2.0, egui::Color32::WHITE)] {
        ui.painter()
            .vline(x, rect.y_range(), egui::Stroke::new(width, colour));
    }
    response.on_hover_text("Boxes lie around what is right of the mark");
    ui.horizontal(|ui| {
        ui.label(RichText::new("low").small().color(palette.quiet));
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            ui.label(RichText::new("high").small().color(palette.quiet));
        });
    });
}
