//! The bar over two sets of boxes: how many agree, what differs, and how to go through that.

use egui::text::LayoutJob;
use egui::{
    Align, Button, Color32, FontSelection, Label, Layout, RichText, Style, TextFormat, TextStyle,
    TextWrapMode, Ui,
};

use crate::app::action::Action;
use crate::app::command::Command;
use crate::app::command_state::CommandState;
use crate::app::elide;
use crate::app::i18n::tr;
use crate::app::session::{Difference, PictureComparison, ShownComparison};
use crate::app::theme::ThemePalette;
use crate::app::workspace::Workspace;
use crate::document::AnnotationId;

/// The longest name of a file in the bar, in characters.
const MAX_NAME_CHARS: usize = 26;

/// Draws the bar.
pub fn ui(
    ui: &mut Ui,
    workspace: &Workspace,
    commands: &CommandState<'_>,
    actions: &mut Vec<Action>,
) {
    let Some(comparing) = &workspace.comparing else {
        return;
    };
    let name = elide::middle(comparing.name(), MAX_NAME_CHARS);
    let shown = comparing.shown(&workspace.session);
    ui.add_space(2.0);
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let end = ui.button("✖").on_hover_text(tr!("compare-end.tooltip"));
            if end.accessible_name(tr!("compare-end")).clicked() {
                actions.push(Action::Command(Command::CompareBoxes));
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| match &shown {
                _ if comparing.is_reading() => {
                    ui.spinner();
                    ui.label(tr!("compare-reading", name = name));
                }
                Some(shown) => {
                    let job = summary(ui.style(), &shown.found, &name);
                    ui.add(Label::new(job).wrap());
                }
                None if comparing.is_incomplete() => {
                    ui.label(tr!("compare-not-made"));
                }
                None => {
                    let text = tr!("compare-not-covered", name = name);
                    ui.add(Label::new(text).truncate());
                }
            });
        });
    });
    if !comparing.is_reading() {
        ui.horizontal(|ui| steps_ui(ui, workspace, shown.as_ref(), commands, actions));
    }
    ui.add_space(2.0);
}

/// How many boxes agree, and what differs in the colours that it has on the picture.
fn summary(style: &Style, found: &PictureComparison, name: &str) -> LayoutJob {
    let palette = ThemePalette::of(&style.visuals);
    let font = FontSelection::from(TextStyle::Body).resolve(style);
    let mut job = LayoutJob::default();
    let mut add = |text: &str, colour: Color32| {
        job.append(text, 0.0, TextFormat::simple(font.clone(), colour));
    };
    let text = style.visuals.text_color();
    let iou = format!("{}", PictureComparison::MIN_IOU);
    let (same, total) = (found.same.len(), found.total());
    let agree = tr!("compare-agree", same = same, total = total, iou = iou);
    add(&agree, text);
    let mine = |one: &Difference| matches!(one, Difference::OnlyMine(_));
    let other = |one: &Difference| matches!(one, Difference::OnlyOther(_));
    let class = |one: &Difference| matches!(one, Difference::OtherClass(..));
    let kinds: [(usize, Difference); 3] = [
        (found.count(mine), Difference::OnlyMine(AnnotationId(0))),
        (found.count(other), Difference::OnlyOther(0)),
        (
            found.count(class),
            Difference::OtherClass(AnnotationId(0), 0),
        ),
    ];
    let mut separator = "; ";
    for (count, kind) in kinds.into_iter().filter(|(count, _)| *count > 0) {
        let part = match kind {
            Difference::OnlyMine(_) => tr!("compare-only-mine", count = count),
            Difference::OnlyOther(_) => tr!("compare-only-other", count = count, name = name),
            Difference::OtherClass(..) => tr!("compare-other-class", count = count),
        };
        add(separator, text);
        add(&part, palette.difference(kind));
        separator = ", ";
    }
    job
}

/// The chosen difference, and the buttons that go on from it.
fn steps_ui(
    ui: &mut Ui,
    workspace: &Workspace,
    shown: Option<&ShownComparison<'_>>,
    commands: &CommandState<'_>,
    actions: &mut Vec<Action>,
) {
    let number = shown.map_or(0, |shown| shown.found.differences.len());
    for (command, text) in [
        (Command::PreviousDifference, "⏴"),
        (Command::NextDifference, "⏵"),
    ] {
        let is_enabled = number > 1 && commands.is_enabled(command);
        let response = ui.add_enabled(is_enabled, Button::new(text));
        if commands.named(response, command).clicked() {
            actions.push(Action::Command(command));
        }
    }
    let chosen = shown.and_then(ShownComparison::chosen_difference);
    let can_take =
        chosen.is_some_and(|one| one.other().is_some()) && workspace.session.is_editable();
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        for (command, text, is_possible) in [
            (
                Command::NextDifferentPicture,
                tr!("compare-next-picture"),
                true,
            ),
            (Command::TakeDifference, tr!("compare-take"), can_take),
        ] {
            let key = commands.keymap.text(command).unwrap_or_default();
            let button = Button::new(text).shortcut_text(RichText::new(key).weak());
            let is_enabled = is_possible && commands.is_enabled(command);
            let response = ui.add_enabled(is_enabled, button);
            if commands.named(response, command).clicked() {
                actions.push(Action::Command(command));
            }
        }
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            ui.style_mut().wrap_mode = Some(TextWrapMode::Truncate);
            if let (Some(shown), Some(chosen)) = (shown, chosen) {
                let what = chosen_text(workspace, shown, chosen);
                let at = shown.chosen.unwrap_or(0) + 1;
                let text = tr!("compare-chosen", number = at, count = number, what = what);
                ui.label(&text).on_hover_text(text);
            }
        });
    });
}

/// The chosen difference in words.
fn chosen_text(workspace: &Workspace, shown: &ShownComparison<'_>, chosen: Difference) -> String {
    let document = workspace.session.document();
    let mine = chosen.mine().and_then(|id| document.annotation(id));
    let mine = mine.map_or("", |(_, row)| document.class_name(row));
    let other = chosen.other().and_then(|at| shown.boxes.get(at));
    let other = other.map_or("", |one| &*one.class);
    match chosen {
        Difference::OnlyMine(_) => tr!("compare-chosen-mine", class = mine),
        Difference::OnlyOther(_) => {
            let name = elide::middle(shown.name, MAX_NAME_CHARS);
            tr!("compare-chosen-other", class = other, name = name)
        }
        Difference::OtherClass(..) => tr!("compare-chosen-class", here = mine, there = other),
    }
}
