//! Which attributes boxes of the project can have.

use egui::{ComboBox, Context, ScrollArea, TextEdit, Ui};

use super::modal::modal;
use crate::app::action::Action;
use crate::app::form;
use crate::app::i18n::tr;
use crate::app::session::{AttributeDefinition, AttributeKind, Session, is_attribute_name};

const WIDTH: f32 = 560.0;
const MAX_LIST_HEIGHT: f32 = 260.0;
/// The widths of the fields of a row in points.
const NAME_WIDTH: f32 = 150.0;
const KIND_WIDTH: f32 = 90.0;
/// Room for the button that removes a row.
const REMOVE_WIDTH: f32 = 36.0;

/// The definitions that are being changed.
pub struct AttributesDialog {
    rows: Vec<Row>,
    /// Names that boxes have and that are not defined.
    undefined: Vec<String>,
    /// The row whose name takes the focus.
    focus: Option<usize>,
}

/// A definition as it is being typed.
struct Row {
    name: String,
    kind: Kind,
    /// The choices, separated by commas.
    choices: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Number,
    Choice,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Text => tr!("attributes-text"),
            Self::Number => tr!("attributes-number"),
            Self::Choice => tr!("attributes-choice"),
        }
    }
}

impl Row {
    fn named(name: String) -> Self {
        Self {
            name,
            kind: Kind::Text,
            choices: String::new(),
        }
    }

    fn of(definition: &AttributeDefinition) -> Self {
        let (kind, choices) = match &definition.kind {
            AttributeKind::Text => (Kind::Text, String::new()),
            AttributeKind::Number => (Kind::Number, String::new()),
            AttributeKind::Choice(choices) => (Kind::Choice, choices.join(", ")),
        };
        Self {
            name: definition.name.clone(),
            kind,
            choices,
        }
    }

    fn definition(&self) -> AttributeDefinition {
        let choices = self.choices.split(',').map(str::trim);
        let choices = choices.filter(|choice| !choice.is_empty());
        AttributeDefinition {
            name: self.name.trim().to_owned(),
            kind: match self.kind {
                Kind::Text => AttributeKind::Text,
                Kind::Number => AttributeKind::Number,
                Kind::Choice => AttributeKind::Choice(choices.map(str::to_owned).collect()),
            },
        }
    }
}

impl AttributesDialog {
    /// The definitions of the project.
    pub fn new(session: &Session) -> Self {
        let mut rows: Vec<Row> = session.attributes().iter().map(Row::of).collect();
        let focus = rows.is_empty().then_some(0);
        if rows.is_empty() {
            rows.push(Row::named(String::new()));
        }
        Self {
            rows,
            undefined: session.undefined_attributes(),
            focus,
        }
    }

    /// Draws the dialog.
    pub fn ui(&mut self, context: &Context, actions: &mut Vec<Action>) {
        let title = tr!("attributes-title");
        modal(context, title, WIDTH, actions, |ui, actions| {
            ui.label(tr!("attributes-explanation"));
            ui.add_space(6.0);
            ScrollArea::vertical()
                .max_height(MAX_LIST_HEIGHT)
                .auto_shrink([false, true])
                .show(ui, |ui| self.rows_ui(ui));
            ui.horizontal_wrapped(|ui| {
                if ui.button(tr!("attributes-add")).clicked() {
                    self.focus = Some(self.rows.len());
                    self.rows.push(Row::named(String::new()));
                }
                self.undefined_ui(ui);
            });
            ui.add_space(8.0);
            let names: Vec<&str> = self.rows.iter().map(|row| row.name.trim()).collect();
            let bad = names
                .iter()
                .find(|name| !name.is_empty() && !is_attribute_name(name));
            if let Some(name) = bad {
                ui.label(tr!("attributes-bad-name", name = *name));
            }
            ui.horizontal(|ui| {
                if form::primary_button(ui, bad.is_none(), tr!("attributes-save")).clicked() {
                    let rows = self.rows.iter().map(Row::definition);
                    actions.push(Action::CloseDialog);
                    actions.push(Action::DefineAttributes(rows.collect()));
                }
                if ui.button(tr!("dialog-cancel")).clicked() {
                    actions.push(Action::CloseDialog);
                }
            });
        });
    }

    fn rows_ui(&mut self, ui: &mut Ui) {
        let mut removed = None;
        for (at, row) in self.rows.iter_mut().enumerate() {
            ui.horizontal(|ui| {
                let field = TextEdit::singleline(&mut row.name)
                    .hint_text(tr!("attributes-name"))
                    .desired_width(NAME_WIDTH);
                let response = ui.add(field).accessible_name(tr!("attributes-name"));
                if self.focus == Some(at) {
                    response.request_focus();
                    self.focus = None;
                }
                ComboBox::from_id_salt(("kind", at))
                    .selected_text(row.kind.name())
                    .width(KIND_WIDTH)
                    .show_ui(ui, |ui| {
                        for kind in [Kind::Text, Kind::Number, Kind::Choice] {
                            ui.selectable_value(&mut row.kind, kind, kind.name());
                        }
                    })
                    .response
                    .accessible_name(tr!("attributes-kind"));
                let width = ui.available_width() - REMOVE_WIDTH;
                let field = TextEdit::singleline(&mut row.choices)
                    .hint_text(tr!("attributes-choices.hint"))
                    .desired_width(width);
                let has_choices = row.kind == Kind::Choice;
                ui.add_visible(has_choices, field)
                    .accessible_name(tr!("attributes-choices"));
                let remove = ui.small_button("✖").on_hover_text(tr!("attributes-remove"));
                if remove.clicked() {
                    removed = Some(at);
                }
            });
        }
        if let Some(at) = removed {
            self.rows.remove(at);
        }
    }

    /// Names that boxes have, to be defined by a click.
    fn undefined_ui(&mut self, ui: &mut Ui) {
        let mut added = None;
        for (at, name) in self.undefined.iter().enumerate() {
            if ui
                .button(tr!("attributes-define", name = name.as_str()))
                .clicked()
            {
                added = Some(at);
            }
        }
        if let Some(at) = added {
            let name = self.undefined.remove(at);
            self.rows.retain(|row| !row.name.is_empty());
            self.rows.push(Row::named(name));
        }
    }
}
