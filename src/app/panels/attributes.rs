//! The attributes of the selected boxes.

use egui::{ComboBox, DragValue, TextEdit, Ui};

use crate::app::action::Action;
use crate::app::command::Command;
use crate::app::form::{self, PANEL_LABEL_WIDTH};
use crate::app::i18n::tr;
use crate::app::session::{AttributeKind, Session, SharedValue};
use crate::document::AttributeValue;

/// Draws a field for each attribute, if boxes are selected and there are attributes.
pub fn ui(ui: &mut Ui, session: &Session, actions: &mut Vec<Action>) {
    let attributes = session.selected_attributes();
    if attributes.is_empty() {
        return;
    }
    ui.add_space(4.0);
    ui.horizontal(|ui| {
        ui.weak(tr!("attributes-of", count = session.selection().len()));
        let edit = ui
            .small_button("…")
            .on_hover_text(Command::Attributes.tooltip())
            .accessible_name(Command::Attributes.label());
        if edit.clicked() {
            actions.push(Action::Command(Command::Attributes));
        }
    });
    ui.add_enabled_ui(session.is_editable(), |ui| {
        ui.spacing_mut().item_spacing.y = 3.0;
        for (definition, value) in attributes {
            let name = definition.name;
            let changed = form::row(
                ui,
                PANEL_LABEL_WIDTH,
                [&name, &name],
                |ui| match &definition.kind {
                    AttributeKind::Text => text_ui(ui, &value),
                    AttributeKind::Number => number_ui(ui, &value),
                    AttributeKind::Choice(choices) => choice_ui(ui, &name, choices, &value),
                },
            );
            actions.extend(changed.map(|value| Action::SetAttribute(name, value)));
        }
    });
}

/// A change of a value: the new one, or none to remove it.
type Changed = Option<Option<AttributeValue>>;

/// What a field shows for boxes with different values.
fn hint(value: &SharedValue) -> &'static str {
    match value {
        SharedValue::Mixed => tr!("attributes-mixed"),
        SharedValue::Absent | SharedValue::Same(_) => "",
    }
}

fn text_of(value: &SharedValue) -> String {
    match value {
        SharedValue::Same(value) => value.to_text(),
        SharedValue::Absent | SharedValue::Mixed => String::new(),
    }
}

fn text_ui(ui: &mut Ui, value: &SharedValue) -> Changed {
    let mut text = text_of(value);
    let field = TextEdit::singleline(&mut text)
        .hint_text(hint(value))
        .desired_width(f32::INFINITY);
    let is_changed = ui.add(field).changed();
    is_changed.then(|| (!text.is_empty()).then_some(AttributeValue::Text(text)))
}

fn number_ui(ui: &mut Ui, value: &SharedValue) -> Changed {
    let number = match value {
        SharedValue::Same(value) => value.as_number(),
        SharedValue::Absent | SharedValue::Mixed => None,
    };
    let Some(mut number) = number else {
        let text = match value {
            SharedValue::Absent => tr!("attributes-set-number").to_owned(),
            SharedValue::Mixed => hint(value).to_owned(),
            SharedValue::Same(value) => value.to_text(),
        };
        let is_set = ui.button(text).clicked();
        return is_set.then_some(Some(AttributeValue::Number(0.0)));
    };
    let is_changed = ui
        .add(DragValue::new(&mut number).speed(1.0).max_decimals(6))
        .changed();
    let clear = ui
        .small_button("✖")
        .on_hover_text(tr!("attributes-remove-value"));
    if clear.clicked() {
        return Some(None);
    }
    is_changed.then_some(Some(AttributeValue::Number(number)))
}

fn choice_ui(ui: &mut Ui, name: &str, choices: &[String], value: &SharedValue) -> Changed {
    let mut changed = None;
    let current = text_of(value);
    let shown = match (value, current.as_str()) {
        (SharedValue::Mixed, _) => hint(value),
        (_, "") => "–",
        (_, text) => text,
    };
    ComboBox::from_id_salt(("attribute", name))
        .selected_text(shown)
        .width(ui.available_width() - form::COMBO_MARGIN)
        .show_ui(ui, |ui| {
            if ui.selectable_label(current.is_empty(), "–").clicked() {
                changed = Some(None);
            }
            for choice in choices {
                if ui.selectable_label(*choice == current, choice).clicked() {
                    changed = Some(Some(AttributeValue::Text(choice.clone())));
                }
            }
        });
    changed
}
