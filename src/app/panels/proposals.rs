//! How proposals are made: the model, the method, thresholds, and the heat map.

use std::ops::RangeInclusive;

use egui::{Button, Checkbox, ComboBox, Ui};

use super::heat_map;
use crate::app::action::Action;
use crate::app::command::Command;
use crate::app::command_state::CommandState;
use crate::app::form;
use crate::app::i18n::tr;
use crate::app::preferences::CanvasOptions;
use crate::app::session::ProposalSettings;
use crate::app::theme::ThemePalette;
use crate::app::workspace::{ModelState, Workspace};
use crate::localize::{Method, Quality};

/// Draws the panel.
pub fn ui(
    ui: &mut Ui,
    workspace: &Workspace,
    options: &CanvasOptions,
    commands: &CommandState<'_>,
    actions: &mut Vec<Action>,
) {
    model_ui(ui, workspace, actions);
    let preview = workspace.view.preview.as_ref();
    let former = preview.map(|preview| &preview.settings);
    let former = former
        .unwrap_or(workspace.session.proposal_settings())
        .clone();
    let mut settings = former.clone();
    let mut is_final = false;
    let info = workspace.model_info();
    let knows_classes = info.is_some_and(|info| !info.classes.is_empty());
    if knows_classes {
        let is_enabled = commands.is_enabled(Command::ClassNames);
        let button = ui.add_enabled(is_enabled, Button::new(Command::ClassNames.label()));
        if commands.named(button, Command::ClassNames).clicked() {
            actions.push(Action::Command(Command::ClassNames));
        }
    }
    ui.add_enabled_ui(workspace.session.is_editable(), |ui| {
        quality_ui(ui, settings.quality(), actions);
        detector_ui(ui, &settings, actions);
        // These settings apply to maps, which learned boxes do not use.
        let is_learned = workspace.learning.active_state().is_some();
        ui.add_enabled_ui(!is_learned, |ui| {
            if !settings.is_judged() {
                method_ui(ui, &mut settings, knows_classes, &mut is_final);
            }
            sliders_ui(ui, &mut settings, &mut is_final);
        });
        if is_learned {
            ui.weak(tr!("proposals-learned"));
        }
    });
    if settings != former || is_final {
        actions.push(Action::SetProposalSettings(settings, is_final));
    }
    if workspace.relocalizing.remaining > 0 {
        ui.weak(tr!(
            "proposals-updating",
            count = workspace.relocalizing.remaining
        ));
    }
    outdated_ui(ui, workspace, actions);
    heat_map::ui(ui, workspace, options, commands, actions);
}

/// What a change of the model leaves to do, and the button that does it.
fn outdated_ui(ui: &mut Ui, workspace: &Workspace, actions: &mut Vec<Action>) {
    let count = workspace.outdated();
    if count == 0 || workspace.proposing.job.is_some() {
        return;
    }
    ui.label(tr!("proposals-outdated", count = count));
    if ui.button(tr!("proposals-propose-again")).clicked() {
        actions.push(Action::ProposeOutdated);
    }
}

fn model_ui(ui: &mut Ui, workspace: &Workspace, actions: &mut Vec<Action>) {
    ui.horizontal(|ui| match &workspace.proposing.model {
        ModelState::Loading => {
            ui.spinner();
            ui.label(tr!("model-loading"));
        }
        ModelState::Ready(info) => {
            ui.weak(tr!(
                "model-ready",
                name = info.name.as_str(),
                classes = info.classes.len(),
                device = info.device.as_str()
            ));
        }
        ModelState::Failed(reason) => {
            ui.vertical(|ui| {
                ui.colored_label(ThemePalette::of(ui.visuals()).bad, reason);
                if ui.button(tr!("try-again")).clicked() {
                    actions.push(Action::RetryModel);
                }
                if ui.button(tr!("model-use-embedded")).clicked() {
                    actions.push(Action::UseModel(None));
                }
            });
        }
    });
}

fn quality_ui(ui: &mut Ui, chosen: Quality, actions: &mut Vec<Action>) {
    form::row(ui, form::PANEL_LABEL_WIDTH, [tr!("quality"), ""], |ui| {
        let [name, _] = quality_texts(chosen);
        ComboBox::from_id_salt("quality")
            .selected_text(name)
            .width(ui.available_width() - form::COMBO_MARGIN)
            .show_ui(ui, |ui| {
                for quality in Quality::ALL {
                    let [name, tooltip] = quality_texts(quality);
                    let button = Button::selectable(chosen == quality, name);
                    let response = ui.add(button).on_hover_text(tooltip);
                    if response.clicked() && chosen != quality {
                        actions.push(Action::UseQuality(quality));
                    }
                }
            });
    });
}

/// TS-CAM only, or together with the detector.
fn detector_ui(ui: &mut Ui, settings: &ProposalSettings, actions: &mut Vec<Action>) {
    let mut is_alone = !settings.is_judged();
    // There is no detector at the lowest quality.
    let is_enabled = settings.quality() > Quality::Fast;
    let checkbox = Checkbox::new(&mut is_alone, tr!("ts-cam-only"));
    let response = ui
        .add_enabled(is_enabled, checkbox)
        .on_hover_text(tr!("ts-cam-only.tooltip"))
        .on_disabled_hover_text(tr!("ts-cam-only.disabled"));
    if response.clicked() {
        actions.push(Action::UseDetector(!is_alone));
    }
}

/// The name and the tooltip of a quality level.
fn quality_texts(quality: Quality) -> [&'static str; 2] {
    match quality {
        Quality::Fast => [tr!("quality-fast"), tr!("quality-fast.tooltip")],
        Quality::Balanced => [tr!("quality-balanced"), tr!("quality-balanced.tooltip")],
        Quality::Best => [tr!("quality-best"), tr!("quality-best.tooltip")],
    }
}

fn method_ui(
    ui: &mut Ui,
    settings: &mut ProposalSettings,
    knows_classes: bool,
    is_final: &mut bool,
) {
    form::row(ui, form::PANEL_LABEL_WIDTH, [tr!("method"), ""], |ui| {
        let [name, _] = method_texts(settings.method().of_maps());
        ComboBox::from_id_salt("method")
            .selected_text(name)
            .width(ui.available_width() - form::COMBO_MARGIN)
            .show_ui(ui, |ui| {
                let methods = Method::ALL.into_iter();
                for method in methods.filter(|method| *method != Method::Pool) {
                    let [name, tooltip] = method_texts(method);
                    let is_enabled = knows_classes || !method.needs_classes();
                    let is_chosen = settings.method().of_maps() == method;
                    let button = Button::selectable(is_chosen, name);
                    let response = ui
                        .add_enabled(is_enabled, button)
                        .on_hover_text(tooltip)
                        .on_disabled_hover_text(tr!("method.disabled"));
                    if response.clicked() {
                        settings.method = method.name().to_owned();
                        settings.threshold = None;
                        settings.min_score = None;
                        *is_final = true;
                    }
                }
            });
    });
}

/// The name and the tooltip of a method.
fn method_texts(method: Method) -> [&'static str; 2] {
    match method {
        // Without the detector, the pool consists of the regions of these maps.
        Method::Pool | Method::Affinity => [tr!("method-affinity"), tr!("method-affinity.tooltip")],
        Method::TsCam => [tr!("method-ts-cam"), tr!("method-ts-cam.tooltip")],
        Method::Cam => [tr!("method-cam"), tr!("method-cam.tooltip")],
        Method::Attention => [tr!("method-attention"), tr!("method-attention.tooltip")],
    }
}

/// Sliders preview the current picture while they are dragged, and apply when they are released.
fn sliders_ui(ui: &mut Ui, settings: &mut ProposalSettings, is_final: &mut bool) {
    let mut threshold = settings.effective_threshold();
    let mut area = settings.min_area.unwrap_or(0.0);
    let mut score = settings.effective_min_score();
    let mut slide = |ui: &mut Ui, value: &mut f32, range: RangeInclusive<f32>, texts: [&str; 2]| {
        let slider = form::percent_slider(value, range);
        let response = form::slider_row(ui, form::PANEL_LABEL_WIDTH, texts, slider);
        // A drag ends with its release; keys and typed numbers apply at once.
        *is_final |= response.drag_stopped() || response.changed() && !response.dragged();
        response.changed()
    };
    // Judged boxes are cut from no map.
    if !settings.is_judged() {
        let texts = [tr!("threshold"), tr!("threshold.tooltip")];
        if slide(ui, &mut threshold, 0.05..=0.95, texts) {
            settings.threshold = Some(threshold);
        }
        let texts = [tr!("min-size"), tr!("min-size.tooltip")];
        if slide(ui, &mut area, 0.0..=0.25, texts) {
            settings.min_area = (area > 0.0).then_some(area);
        }
    }
    let texts = [tr!("min-score"), tr!("min-score.tooltip")];
    if slide(ui, &mut score, 0.0..=0.95, texts) {
        settings.min_score = Some(score);
    }
    let default = settings.with_default_sliders();
    if default != *settings && ui.small_button(tr!("reset")).clicked() {
        *settings = default;
        *is_final = true;
    }
}
