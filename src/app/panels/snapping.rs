//! Whether drawn boxes snap to objects, and why.

use egui::{Button, ComboBox, RichText, Ui};

use crate::app::action::Action;
use crate::app::form;
use crate::app::i18n::{self, tr};
use crate::app::theme::ThemePalette;
use crate::app::workspace::{FittingSettings, SnapChoice, Workspace};
use crate::learn::fit_gate::{FitVerdict, MIN_FIT_SAMPLES};

/// Draws the choice, and a sentence about it.
pub fn ui(ui: &mut Ui, workspace: &Workspace, actions: &mut Vec<Action>) {
    let settings = &workspace.fitting.settings;
    ui.add_space(4.0);
    ui.add_enabled_ui(workspace.session.is_editable(), |ui| {
        let texts = [tr!("snap"), tr!("snap.tooltip")];
        form::row(ui, form::PANEL_LABEL_WIDTH, texts, |ui| {
            choice_ui(ui, settings.snap, actions);
        });
    });
    let colour = if settings.is_snapping() {
        ThemePalette::of(ui.visuals()).good
    } else {
        ThemePalette::of(ui.visuals()).quiet
    };
    ui.label(RichText::new(sentence(settings)).size(11.0).color(colour));
}

fn choice_ui(ui: &mut Ui, chosen: SnapChoice, actions: &mut Vec<Action>) {
    ComboBox::from_id_salt("snap")
        .selected_text(name(chosen))
        .width(ui.available_width() - form::COMBO_MARGIN)
        .show_ui(ui, |ui| {
            for choice in [SnapChoice::Automatic, SnapChoice::On, SnapChoice::Off] {
                let button = Button::selectable(chosen == choice, name(choice));
                if ui.add(button).clicked() && chosen != choice {
                    actions.push(Action::SetSnap(choice));
                }
            }
        });
}

fn name(choice: SnapChoice) -> &'static str {
    match choice {
        SnapChoice::Automatic => tr!("snap-automatic"),
        SnapChoice::On => tr!("snap-on"),
        SnapChoice::Off => tr!("snap-off"),
    }
}

/// What the reviewed boxes of the project say about fitting.
fn sentence(settings: &FittingSettings) -> String {
    let comparison = settings.comparison();
    let verdict = comparison.verdict();
    let Some([before, after]) = comparison
        .shares()
        .filter(|_| verdict != FitVerdict::TooFew)
    else {
        let measured = comparison.boxes;
        return match settings.snap {
            SnapChoice::Automatic => {
                tr!("snap-too-few", count = measured, needed = MIN_FIT_SAMPLES)
            }
            SnapChoice::On => tr!("snap-on-unknown").to_owned(),
            SnapChoice::Off => tr!("snap-off-unknown").to_owned(),
        };
    };
    let state = match (settings.is_snapping(), verdict) {
        (true, FitVerdict::Helps) => tr!("snap-helps"),
        (true, _) => tr!("snap-on-although"),
        (false, FitVerdict::Helps) => tr!("snap-off-although"),
        (false, FitVerdict::Harms) => tr!("snap-harms"),
        (false, _) => tr!("snap-no-difference"),
    };
    tr!(
        "snap-measured",
        state = state,
        boxes = comparison.boxes,
        before = i18n::percent(before),
        after = i18n::percent(after)
    )
}
