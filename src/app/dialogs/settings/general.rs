//! Theme, size, and what the program does by itself.

use egui::{Slider, Ui};

use crate::app::action::Action;
use crate::app::form;
use crate::app::i18n::{self, tr};
use crate::app::preferences::{Preferences, Theme};

/// The width of the column of labels in points.
pub const LABEL_WIDTH: f32 = 130.0;

/// Draws the tab. `scale` is the size while its slider is being dragged.
pub fn ui(
    ui: &mut Ui,
    preferences: &Preferences,
    scale: &mut Option<f32>,
    actions: &mut Vec<Action>,
) {
    form::row(ui, LABEL_WIDTH, [tr!("settings-theme"), ""], |ui| {
        for (theme, name) in [
            (Theme::System, tr!("settings-theme-system")),
            (Theme::Light, tr!("settings-theme-light")),
            (Theme::Dark, tr!("settings-theme-dark")),
        ] {
            if ui.radio(preferences.theme == theme, name).clicked() {
                actions.push(Action::SetTheme(theme));
            }
        }
    });
    scale_ui(ui, preferences, scale, actions);
    propose_ui(ui, preferences, actions);
    ui.add_space(8.0);
    let mut advance = preferences.advance_when_done;
    if ui.checkbox(&mut advance, tr!("settings-advance")).changed() {
        actions.push(Action::SetAdvanceWhenDone(advance));
    }
    let mut prepare = preferences.prepare_fitting;
    let response = ui
        .checkbox(&mut prepare, tr!("settings-prepare-fitting"))
        .on_hover_text(tr!("settings-prepare-fitting.tooltip"));
    if response.changed() {
        actions.push(Action::SetPrepareFitting(prepare));
    }
    let mut asks = preferences.ask_class;
    let response = ui
        .checkbox(&mut asks, tr!("settings-ask-class"))
        .on_hover_text(tr!("settings-ask-class.tooltip"));
    if response.changed() {
        actions.push(Action::SetAskClass(asks));
    }
}

/// When boxes are proposed without being asked for.
fn propose_ui(ui: &mut Ui, preferences: &Preferences, actions: &mut Vec<Action>) {
    let current = [preferences.propose_on_open, preferences.propose_on_arrival];
    form::row(ui, LABEL_WIDTH, [tr!("settings-propose"), ""], |ui| {
        for (on_open, on_arrival, name) in [
            (true, false, tr!("settings-propose-on-open")),
            (false, true, tr!("settings-propose-on-arrival")),
            (false, false, tr!("settings-propose-never")),
        ] {
            // As soon as the project is open comes before any arrival.
            let is_chosen = match on_open {
                true => current[0],
                false => current == [on_open, on_arrival],
            };
            if ui.radio(is_chosen, name).clicked() {
                actions.push(Action::SetProposeOnOpen(on_open));
                actions.push(Action::SetProposeOnArrival(on_arrival));
            }
        }
    });
}

fn scale_ui(
    ui: &mut Ui,
    preferences: &Preferences,
    dragged: &mut Option<f32>,
    actions: &mut Vec<Action>,
) {
    // Applied when the slider is released, so that it does not move under the pointer.
    let mut scale = dragged.unwrap_or(preferences.scale);
    let slider = Slider::new(&mut scale, 0.5..=3.0)
        .step_by(0.05)
        .custom_formatter(|value, _| i18n::percent(value));
    let response = form::slider_row(ui, LABEL_WIDTH, [tr!("settings-size"), ""], slider);
    if response.dragged() {
        *dragged = Some(scale);
    } else if response.changed() || response.drag_stopped() {
        *dragged = None;
        actions.push(Action::SetScale(scale));
    }
}
