//! Learning from the review: progress, whether it helps, and earlier states to return to.

use egui::{
    Align, Button, CollapsingHeader, Color32, Label, Layout, ProgressBar, RichText, TextStyle, Ui,
    vec2,
};

use crate::app::action::Action;
use crate::app::command::Command;
use crate::app::command_state::CommandState;
use crate::app::i18n::{self, tr};
use crate::app::icons::Icon;
use crate::app::theme::ThemePalette;
use crate::app::time_text::time_ago;
use crate::app::workers::learner::STEPS;
use crate::app::workspace::{
    HeldOutMetrics, LearnedState, MIN_SHOWN_OBJECTS, ProposalSource, Workspace,
};
use crate::learn::boxes::MIN_HELD_OUT;

/// The widths of the columns of the metrics in points.
const NAME_WIDTH: f32 = 92.0;
const NUMBER_WIDTH: f32 = 58.0;

/// Draws the panel.
pub fn ui(
    ui: &mut Ui,
    workspace: &Workspace,
    commands: &CommandState<'_>,
    actions: &mut Vec<Action>,
) {
    counts_ui(ui, workspace);
    source_ui(ui, workspace);
    let Some(kind) = workspace.model_info().map(|info| info.model_key()) else {
        return;
    };
    let latest = workspace.learning.saved.latest(&kind);
    if let Some(state) = workspace.active_state().or(latest) {
        match state.metrics.is_telling() {
            true => metrics_ui(ui, &state.metrics),
            false => too_few_ui(ui, &state.metrics),
        }
    }
    progress_ui(ui, workspace, actions);
    learn_now_ui(ui, workspace, commands, actions);
    learn_classes_ui(ui, workspace, commands, actions);
    states_ui(ui, workspace, &kind, actions);
}

fn learn_now_ui(
    ui: &mut Ui,
    workspace: &Workspace,
    commands: &CommandState<'_>,
    actions: &mut Vec<Action>,
) {
    ui.horizontal_wrapped(|ui| {
        let is_busy = workspace.learning_step().is_some() || workspace.learning.is_waiting();
        let is_enabled = commands.is_enabled(Command::LearnNow) && !is_busy;
        let button = ui.add_enabled(
            is_enabled,
            Button::new((Icon::Learn.atom(None), tr!("learning-now"))),
        );
        if commands.named(button, Command::LearnNow).clicked() {
            actions.push(Action::Command(Command::LearnNow));
        }
        let mut is_automatic = !workspace.learning.saved.is_manual;
        let response = ui
            .checkbox(&mut is_automatic, tr!("learning-automatic"))
            .on_hover_text(tr!("learning-automatic.tooltip"));
        if response.changed() {
            actions.push(Action::SetAutomaticLearning(is_automatic));
        }
    });
}

/// The button that trains a class head on the tags, or its progress.
fn learn_classes_ui(
    ui: &mut Ui,
    workspace: &Workspace,
    commands: &CommandState<'_>,
    actions: &mut Vec<Action>,
) {
    if let Some(training) = &workspace.class_head_training {
        let text = tr!("learning-training", pictures = training.pictures);
        progress_bar(ui, training.share(), &text, Action::CancelTraining, actions);
        return;
    }
    if workspace.session.tagged() == 0 {
        return;
    }
    let is_enabled = commands.is_enabled(Command::LearnClasses);
    let button = ui.add_enabled(
        is_enabled,
        Button::new((Icon::Tag.atom(None), tr!("learning-classes"))),
    );
    if commands.named(button, Command::LearnClasses).clicked() {
        actions.push(Action::Command(Command::LearnClasses));
    }
}

/// A progress bar with a button that cancels.
fn progress_bar(ui: &mut Ui, share: f32, text: &str, cancel: Action, actions: &mut Vec<Action>) {
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if ui.small_button(tr!("learning-cancel")).clicked() {
                actions.push(cancel);
            }
            let bar = ProgressBar::new(share.min(1.0)).text(text);
            ui.add(bar).accessible_name(text);
        });
    });
}

fn counts_ui(ui: &mut Ui, workspace: &Workspace) {
    ui.horizontal(|ui| {
        let hint = match workspace.learning.left_out() {
            0 => tr!("learning-reviewed.tooltip").to_owned(),
            count => tr!("learning-reviewed.tooltip-unprocessed", count = count),
        };
        let reviewed = workspace.reviewed();
        ui.label(tr!("learning-reviewed", count = reviewed))
            .on_hover_text(hint);
        ui.weak("·");
        let tagged = workspace.session.tagged();
        ui.label(tr!("learning-tagged", count = tagged))
            .on_hover_text(tr!("learning-tagged.tooltip"));
    });
}

/// Where proposals come from at present, and why.
fn source_ui(ui: &mut Ui, workspace: &Workspace) {
    let text = RichText::new(workspace.source_text());
    ui.label(match workspace.active_state() {
        Some(_) => text.color(ThemePalette::of(ui.visuals()).good),
        None => text,
    });
    let following = workspace.learning.remaining;
    if following > 0 {
        ui.weak(tr!("proposals-updating", count = following));
    }
}

/// Why there are no figures yet.
fn too_few_ui(ui: &mut Ui, measured: &HeldOutMetrics) {
    let (objects, needed) = (measured.objects, MIN_SHOWN_OBJECTS);
    let text = tr!("learning-figures-from", objects = objects, needed = needed);
    ui.label(secondary(ui, text));
}

/// Metrics without and with learning.
fn metrics_ui(ui: &mut Ui, measured: &HeldOutMetrics) {
    let weak = ui.visuals().weak_text_color();
    ui.spacing_mut().item_spacing.y = 2.0;
    let titles = [tr!("learning-before"), tr!("learning-after")];
    metric_row(ui, None, titles.map(|title| (title, weak)));
    metric_ui(
        ui,
        [tr!("learning-right"), tr!("learning-right.tooltip")],
        measured.recall,
        |before, after| after > before,
    );
    metric_ui(
        ui,
        [tr!("learning-effort"), tr!("learning-effort.tooltip")],
        // What drawing by hand would have cost is the most that can be lost.
        measured
            .effort
            .map(|pair| pair.map(|left| (1.0 - left).max(0.0))),
        |before, after| after > before,
    );
    let (pictures, objects) = (measured.pictures, measured.objects);
    let text = tr!("learning-measured", pictures = pictures, objects = objects);
    let tooltip = tr!("learning-measured.tooltip", needed = MIN_HELD_OUT);
    ui.label(secondary(ui, text)).on_hover_text(tooltip);
    ui.add_space(2.0);
}

/// A metric before and after, if it was measured; the second number is green if it is better.
fn metric_ui(
    ui: &mut Ui,
    name_and_hint: [&str; 2],
    metric: Option<[f64; 2]>,
    is_better: impl Fn(f64, f64) -> bool,
) {
    let Some([before, after]) = metric else {
        return;
    };
    let [before_text, after_text] = [before, after].map(i18n::percent);
    let text = ui.visuals().text_color();
    let colour = if before_text != after_text && is_better(before, after) {
        ThemePalette::of(ui.visuals()).good
    } else {
        text
    };
    let numbers = [(&*before_text, text), (&*after_text, colour)];
    metric_row(ui, Some(name_and_hint), numbers);
}

fn metric_row(ui: &mut Ui, name_and_hint: Option<[&str; 2]>, numbers: [(&str, Color32); 2]) {
    let height = ui.text_style_height(&TextStyle::Body) + 2.0;
    let cell = |ui: &mut Ui, width: f32, layout: Layout, text: RichText| {
        ui.allocate_ui_with_layout(vec2(width, height), layout, |ui| {
            ui.set_min_width(width);
            ui.label(text)
        })
        .inner
    };
    ui.horizontal(|ui| {
        let left = Layout::left_to_right(Align::Center);
        let [name, hint] = name_and_hint.unwrap_or_default();
        let name = cell(ui, NAME_WIDTH, left, RichText::new(name));
        if !hint.is_empty() {
            name.on_hover_text(hint);
        }
        let right = Layout::right_to_left(Align::Center);
        for (number, colour) in numbers {
            cell(ui, NUMBER_WIDTH, right, RichText::new(number).color(colour));
        }
    });
}

/// Secondary text.
fn secondary(ui: &Ui, text: String) -> RichText {
    let quiet = ThemePalette::of(ui.visuals()).quiet;
    RichText::new(text).size(11.0).color(quiet)
}

fn progress_ui(ui: &mut Ui, workspace: &Workspace, actions: &mut Vec<Action>) {
    let (share, text) = match workspace.learning_step() {
        Some(step) => (
            step as f32 / STEPS as f32,
            tr!("learning-running").to_owned(),
        ),
        None if workspace.learning.is_waiting() => {
            let count = workspace.learning.waiting_for_features();
            (0.0, tr!("learning-processing", count = count))
        }
        None => return,
    };
    progress_bar(ui, share, &text, Action::CancelLearning, actions);
}

/// The learned states that proposals can come from.
fn states_ui(ui: &mut Ui, workspace: &Workspace, kind: &str, actions: &mut Vec<Action>) {
    let kept = &workspace.learning.saved;
    if kept.states.is_empty() {
        return;
    }
    let title = tr!("learning-states", count = kept.states.len());
    CollapsingHeader::new(title)
        .id_salt("learned states")
        .show(ui, |ui| {
            let is_editable = workspace.session.is_editable();
            for (source, name, tooltip) in [
                (
                    ProposalSource::Automatic,
                    tr!("learning-choose-best"),
                    tr!("learning-choose-best.tooltip"),
                ),
                (
                    ProposalSource::WithoutLearning,
                    tr!("learning-choose-none"),
                    tr!("learning-choose-none.tooltip"),
                ),
            ] {
                let is_chosen = kept.source == source;
                let button = Button::selectable(is_chosen, name);
                let response = ui.add_enabled(is_editable, button).on_hover_text(tooltip);
                if response.clicked() && !is_chosen {
                    actions.push(Action::UseLearned(source));
                }
            }
            for state in kept.states.iter().rev() {
                state_ui(ui, workspace, state, kind, actions);
            }
        });
}

/// A learned state with the button that uses it.
fn state_ui(
    ui: &mut Ui,
    workspace: &Workspace,
    state: &LearnedState,
    kind: &str,
    actions: &mut Vec<Action>,
) {
    let (id, pictures) = (state.id, state.reviewed);
    ui.add_space(3.0);
    ui.label(
        match state.metrics.recall.filter(|_| state.metrics.is_telling()) {
            Some([_, right]) => tr!(
                "learning-state-right",
                id = id,
                pictures = pictures,
                right = i18n::percent(right)
            ),
            None => tr!("learning-state", id = id, pictures = pictures),
        },
    );
    ui.horizontal(|ui| {
        let source = ProposalSource::State(id);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if workspace.learning.active_state() == Some(id) {
                let colour = ThemePalette::of(ui.visuals()).good;
                ui.colored_label(colour, tr!("learning-state-used"));
            }
            if workspace.learning.saved.source != source {
                let is_enabled = workspace.session.is_editable() && state.kind == kind;
                let button = Button::new(tr!("learning-state-use")).small();
                let button = ui
                    .add_enabled(is_enabled, button)
                    .on_hover_text(tr!("learning-state-use.tooltip"))
                    .on_disabled_hover_text(tr!("learning-state-use.disabled"))
                    .accessible_name(tr!("learning-state-use.name", id = id));
                if button.clicked() {
                    actions.push(Action::UseLearned(source));
                }
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let origin = tr!(
                    "learning-state-origin",
                    time = time_ago(state.learned_at),
                    model = state.model.as_str()
                );
                ui.add(Label::new(secondary(ui, origin)).truncate());
            });
        });
    });
}
