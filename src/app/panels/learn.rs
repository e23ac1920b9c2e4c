//! What the program learns from the review: how far it is, whether it helps, and what to go back
//! to.

use std::time::{SystemTime, UNIX_EPOCH};

use egui::{Align, CollapsingHeader, Color32, Layout, ProgressBar, RichText, Ui, vec2};

use crate::app::action::Action;
use crate::app::command::Command;
use crate::app::command_state::CommandState;
use crate::app::theme::ThemePalette;
use crate::app::workers::learner::STEPS;
use crate::app::workspace::Workspace;
use crate::app::workspace::{HeldOutMetrics, LearnedState, ProposalSource};
use crate::app::workspace::{MIN_HELD_OUT, not_better_text};

/// The columns of the numbers, in points.
const NAME_WIDTH: f32 = 84.0;
const NUMBER_WIDTH: f32 = 58.0;

/// Draws the panel.
pub fn ui(ui: &mut Ui, workspace: &Workspace, offer: &CommandState<'_>, actions: &mut Vec<Action>) {
    let Some(kind) = workspace
        .model_info()
        .map(|model_info| model_info.features_kind())
    else {
        ui.weak("Waits for the model.");
        return;
    };
    let kept = &workspace.learning.kept;
    counts(ui, workspace);
    let latest = kept.latest(&kind);
    verdict(ui, workspace, latest);
    let shown = workspace.active_state().or(latest);
    if let Some(state) = shown.filter(|state| state.measured.objects > 0) {
        quality(ui, &state.measured);
    }
    progress(ui, workspace, actions);
    ui.horizontal(|ui| {
        let is_busy = workspace.learning_step().is_some() || workspace.learning.is_waiting();
        let is_allowed = offer.is_enabled(Command::LearnNow) && !is_busy;
        let button = ui.add_enabled(is_allowed, egui::Button::new("🎓 Learn now"));
        if offer.named(button, Command::LearnNow).clicked() {
            actions.push(Action::Command(Command::LearnNow));
        }
        let mut is_automatic = !kept.is_manual;
        let by_itself = ui.checkbox(&mut is_automatic, "after every picture");
        let by_itself =
            by_itself.on_hover_text("Learns in the background whenever a picture is done");
        if by_itself.changed() {
            actions.push(Action::SetAutomaticLearning(is_automatic));
        }
    });
    classes(ui, workspace, offer, actions);
    states(ui, workspace, &kind, actions);
}

/// What turns tags into classes of proposals.
fn classes(
    ui: &mut Ui,
    workspace: &Workspace,
    offer: &CommandState<'_>,
    actions: &mut Vec<Action>,
) {
    if let Some(training) = &workspace.training {
        let text = format!("Looking at {} tagged pictures…", training.pictures);
        return bar(ui, training.share(), &text, Action::CancelTraining, actions);
    }
    if workspace.session.tagged() == 0 {
        return;
    }
    let is_allowed = offer.is_enabled(Command::LearnClasses);
    let button = egui::Button::new("🏷 Learn classes from tags");
    let button = ui.add_enabled(is_allowed, button);
    if offer.named(button, Command::LearnClasses).clicked() {
        actions.push(Action::Command(Command::LearnClasses));
    }
}

/// How far something is, and what stops it.
fn bar(ui: &mut Ui, share: f32, text: &str, cancel: Action, actions: &mut Vec<Action>) {
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if ui.small_button("Cancel").clicked() {
                actions.push(cancel);
            }
            let bar = ProgressBar::new(share.min(1.0)).text(text);
            ui.add(bar).accessible_name(text);
        });
    });
}

fn counts(ui: &mut Ui, workspace: &Workspace) {
    let tagged = workspace.session.tagged();
    let reviewed = workspace.learning.reviewed();
    ui.horizontal(|ui| {
        let hint = match workspace.learning.left_out() {
            0 => "Pictures that are done: what boxes are learnt from".to_owned(),
            number => format!(
                "Pictures that are done: what boxes are learnt from. The model has not looked at \
                 {number} of them; “Learn now” looks at the next ones"
            ),
        };
        ui.label(format!("{reviewed} reviewed")).on_hover_text(hint);
        ui.weak("·");
        ui.label(format!("{tagged} tagged"))
            .on_hover_text("Pictures with a tag");
    });
}

/// What is in use, and why.
fn verdict(ui: &mut Ui, workspace: &Workspace, latest: Option<&LearnedState>) {
    let palette = ThemePalette::of(ui.visuals());
    let choice = workspace.learning.kept.choice;
    if let Some(state) = workspace.active_state() {
        let text = match choice {
            ProposalSource::State(_) => format!("Learned boxes of state {} are in use", state.id),
            ProposalSource::Best | ProposalSource::OldWay => "Learned boxes are in use".to_owned(),
        };
        ui.colored_label(palette.good, text);
        if workspace.learning.following > 0 {
            ui.weak(format!(
                "{} other pictures follow…",
                workspace.learning.following
            ));
        }
        return;
    }
    let text = match (choice, latest) {
        (ProposalSource::OldWay, _) => "The old way is in use, as you chose".to_owned(),
        (ProposalSource::State(_), _) => {
            "The state that you chose is of another model or quality: the old way is in use"
                .to_owned()
        }
        (ProposalSource::Best, None) => match &workspace.learning.trouble {
            Some(trouble) => trouble.clone(),
            None => {
                "Nothing is learnt yet: it takes about 8 pictures that are done, and twice as many \
                     to tell whether it helps"
                    .to_owned()
            }
        },
        (ProposalSource::Best, Some(state)) => not_better_text(state.measured.pictures).to_owned(),
    };
    ui.label(text);
}

/// Numbers before and after.
fn quality(ui: &mut Ui, measured: &HeldOutMetrics) {
    let palette = ThemePalette::of(ui.visuals());
    let quiet = ui.visuals().weak_text_color();
    ui.spacing_mut().item_spacing.y = 2.0;
    row(ui, "", "", [("old way", quiet), ("learned", quiet)]);
    let rows = [
        (
            "boxes right",
            "Objects that get a box which is right as it is (IoU 0.75)",
            measured.right,
            false,
        ),
        (
            "work left",
            "What is left to do by hand; 100 % is drawing everything",
            measured.effort,
            true,
        ),
    ];
    for (name, hint, numbers, is_less_better) in rows {
        let Some([before, after]) = numbers else {
            continue;
        };
        let percent = |share: f64| format!("{:.0} %", share * 100.0);
        let [was, is] = [before, after].map(percent);
        let is_better = was != is && (after < before) == is_less_better;
        let text = ui.visuals().text_color();
        let colour = if is_better { palette.good } else { text };
        row(ui, name, hint, [(&was, text), (&is, colour)]);
    }
    let (pictures, objects) = (measured.pictures, measured.objects);
    let text = match pictures {
        1 => format!("on 1 held-out picture, {objects} objects"),
        number => format!("on {number} held-out pictures, {objects} objects"),
    };
    ui.label(fine(ui, text)).on_hover_text(format!(
        "One reviewed picture in four teaches nothing and is only measured with; it takes \
         {MIN_HELD_OUT} of them to tell"
    ));
    ui.add_space(2.0);
}

/// A line of the numbers.
fn row(ui: &mut Ui, name: &str, hint: &str, numbers: [(&str, Color32); 2]) {
    let height = ui.text_style_height(&egui::TextStyle::Body) + 2.0;
    let cell = |ui: &mut Ui, width: f32, layout: Layout, text: RichText| {
        ui.allocate_ui_with_layout(vec2(width, height), layout, |ui| {
            ui.set_min_width(width);
            ui.label(text)
        })
        .inner
    };
    ui.horizontal(|ui| {
        let left = Layout::left_to_right(Align::Center);
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

/// What matters less.
fn fine(ui: &Ui, text: String) -> RichText {
    let quiet = ThemePalette::of(ui.visuals()).quiet;
    RichText::new(text).size(11.0).color(quiet)
}

fn progress(ui: &mut Ui, workspace: &Workspace, actions: &mut Vec<Action>) {
    let (share, text) = match workspace.learning_step() {
        Some(step) => (step as f32 / STEPS as f32, "Learning…".to_owned()),
        None if workspace.learning.is_waiting() => {
            let number = workspace.learning.unseen();
            (0.0, format!("Looking at {number} pictures first…"))
        }
        None => return,
    };
    bar(ui, share, &text, Action::CancelLearning, actions);
}

/// What was learnt so far, to be gone back to.
fn states(ui: &mut Ui, workspace: &Workspace, kind: &str, actions: &mut Vec<Action>) {
    let kept = &workspace.learning.kept;
    if kept.states.is_empty() {
        return;
    }
    let title = format!("Learned states ({})", kept.states.len());
    CollapsingHeader::new(title)
        .id_salt("learned states")
        .show(ui, |ui| {
            let is_editable = workspace.session.is_editable();
            let mut offer = |ui: &mut Ui, choice: ProposalSource, name: &str, is_possible: bool| {
                let is_chosen = kept.choice == choice;
                let button = ui.add_enabled(
                    is_editable && is_possible,
                    egui::Button::selectable(is_chosen, name),
                );
                if button.clicked() && !is_chosen {
                    actions.push(Action::UseLearned(choice));
                }
            };
            offer(
                ui,
                ProposalSource::Best,
                "The newest, where it is better",
                true,
            );
            offer(
                ui,
                ProposalSource::OldWay,
                "The old way, whatever is learnt",
                true,
            );
            for state in kept.states.iter().rev() {
                self::state(ui, workspace, state, kind, actions);
            }
        });
}

/// A learned state, with what it takes to go back to it.
fn state(
    ui: &mut Ui,
    workspace: &Workspace,
    state: &LearnedState,
    kind: &str,
    actions: &mut Vec<Action>,
) {
    let mut first = format!("{}:  {} pictures", state.id, state.reviewed);
    if let Some([_, right]) = state.measured.right {
        first += &format!(", {:.0} % right", right * 100.0);
    }
    ui.add_space(3.0);
    ui.label(first);
    ui.horizontal(|ui| {
        let second = format!("{}, {}", time_ago(state.at), state.model);
        let choice = ProposalSource::State(state.id);
        let is_used = workspace.learning.active_state() == Some(state.id);
        let is_chosen = workspace.learning.kept.choice == choice;
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if is_used {
                ui.colored_label(ThemePalette::of(ui.visuals()).good, "in use");
            }
            if !is_chosen {
                let is_possible = workspace.session.is_editable() && state.kind == kind;
                let button = egui::Button::new("Use this one").small();
                let button = ui.add_enabled(is_possible, button);
                let button = button.on_hover_text("Proposes by it, whatever is learnt later");
                let button = button.on_disabled_hover_text("Learnt with another model or quality");
                let name = format!("Use state {}", state.id);
                if button.accessible_name(name).clicked() {
                    actions.push(Action::UseLearned(choice));
                }
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.add(egui::Label::new(fine(ui, second)).truncate());
            });
        });
    });
}

/// How long ago something was.
fn time_ago(at: u64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let seconds = now.map_or(0, |since| since.as_secs().saturating_sub(at));
    match (seconds / 86_400, seconds / 3600, seconds / 60) {
        (0, 0, 0) => "just now".to_owned(),
        (0, 0, minutes) => format!("{minutes} min ago"),
        (0, hours, _) => format!("{hours} h ago"),
        (1, ..) => "yesterday".to_owned(),
        (days, ..) => format!("{days} days ago"),
    }
}
