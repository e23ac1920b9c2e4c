//! What is labelled: the line above the canvas that asks for it, once, and the button that opens the line
//! again.

use egui::{
    Align, Button, Frame, Key, KeyboardShortcut, Layout, Margin, Modifiers, ScrollArea, TextEdit,
    Ui,
};

use crate::app::action::{Action, ClassAction};
use crate::app::i18n::tr;
use crate::app::session::Session;
use crate::app::theme::ThemePalette;
use crate::app::workers::events::FilePurpose;
use crate::document::Labels;
use crate::formats::class_list;

/// The height of the field for several names before it scrolls, in points.
const MAX_FIELD_HEIGHT: f32 = 92.0;
/// The widths of the field for one name, and of what is next to that for several names, in points.
const NAME_WIDTH: f32 = 180.0;
const BUTTONS_WIDTH: f32 = 270.0;

/// The line that asks what is labelled.
#[derive(Default)]
pub(super) struct LabelsLine {
    step: Step,
    /// One name, or several.
    text: String,
    /// Whether the field or the first button has had the focus.
    had_focus: bool,
}

/// What the line shows.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Step {
    /// Nothing, unless the question is due.
    #[default]
    Closed,
    /// The question, because a person has asked for it.
    Question,
    /// A field for the name of the only class.
    One,
    /// A field for the names of several classes.
    Several,
}

impl LabelsLine {
    /// Asks what is labelled.
    pub fn open(&mut self) {
        self.go(Step::Question, String::new());
    }

    /// Adds names to those of several classes.
    pub fn add(&mut self, names: &[String]) {
        if self.step == Step::Several {
            let mut all = class_list::parse(&self.text);
            all.extend(names.iter().filter(|name| !name.is_empty()).cloned());
            self.text = all.join("\n");
            self.had_focus = false;
        }
    }

    fn go(&mut self, step: Step, text: String) {
        *self = Self {
            step,
            text,
            had_focus: false,
        };
    }

    /// Draws the button that shows what is labelled, with a menu to change it.
    pub fn button_ui(&mut self, ui: &mut Ui, session: &Session, actions: &mut Vec<Action>) {
        let labels = session.document().labels();
        let text = match labels {
            Labels::Any => tr!("labels-any").to_owned(),
            Labels::One(name) => tr!("labels-one", class = &**name),
            Labels::Listed => tr!("labels-listed").to_owned(),
        };
        ui.horizontal(|ui| {
            ui.weak(tr!("labels"));
            let button = Button::new(format!("{text} ⏷")).truncate();
            let (response, _) =
                egui::containers::menu::MenuButton::from_button(button).ui(ui, |ui| {
                    ui.set_min_width(220.0);
                    let entries = [
                        (tr!("labels-menu-one"), Step::One, labels.only().is_some()),
                        (
                            tr!("labels-menu-listed"),
                            Step::Several,
                            *labels == Labels::Listed,
                        ),
                        (tr!("labels-menu-any"), Step::Closed, *labels == Labels::Any),
                    ];
                    for (name, step, is_chosen) in entries {
                        if ui.selectable_label(is_chosen, name).clicked() {
                            self.choose(step, session, actions);
                            ui.close();
                        }
                    }
                });
            response.accessible_name(tr!("labels-name", labels = text.as_str()));
        });
    }

    /// Goes on to a step, or labels any class.
    fn choose(&mut self, step: Step, session: &Session, actions: &mut Vec<Action>) {
        let text = match step {
            Step::One => {
                let mut categories = session.document().categories();
                let only = session.document().labels().only().map(str::to_owned);
                only.or_else(|| match (categories.next(), categories.next()) {
                    (Some(first), None) => Some(first.name.to_string()),
                    _ => None,
                })
            }
            Step::Closed => {
                let any = ClassAction::Label(Labels::Any, Vec::new());
                actions.push(Action::Class(any));
                None
            }
            Step::Question | Step::Several => None,
        };
        self.go(step, text.unwrap_or_default());
    }

    /// Draws the line, if it is open or the question is due.
    pub fn ui(&mut self, ui: &mut Ui, session: &Session, actions: &mut Vec<Action>) {
        let is_due = session.asks_labels();
        let step = match self.step {
            Step::Closed if is_due => Step::Question,
            Step::Closed => return,
            step if session.is_editable() => step,
            _ => return,
        };
        let palette = ThemePalette::of(ui.visuals());
        // The canvas follows without a gap, which nothing would paint.
        let gap = std::mem::take(&mut ui.spacing_mut().item_spacing.y);
        let is_closed = Frame::new()
            .fill(palette.panel)
            .inner_margin(Margin::symmetric(8, 4))
            .show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = gap;
                ui.horizontal_top(|ui| {
                    match step {
                        Step::One => self.one_ui(ui, actions),
                        Step::Several => self.several_ui(ui, actions),
                        Step::Question | Step::Closed => self.question_ui(ui, session, actions),
                    }
                    let close = |ui: &mut Ui| {
                        let button = Button::new("✖").frame(false);
                        let response = ui.add(button).on_hover_text(tr!("labels-close.tooltip"));
                        response.accessible_name(tr!("labels-close")).clicked()
                    };
                    ui.with_layout(Layout::right_to_left(Align::Min), close)
                        .inner
                })
                .inner
            })
            .inner;
        ui.spacing_mut().item_spacing.y = gap;
        let is_escaped =
            self.step != Step::Closed && ui.input(|input| input.key_pressed(Key::Escape));
        if is_closed || is_escaped {
            self.step = Step::Closed;
            actions.push(Action::Class(ClassAction::DismissLabels));
        }
    }

    fn question_ui(&mut self, ui: &mut Ui, session: &Session, actions: &mut Vec<Action>) {
        ui.horizontal(|ui| ui.label(tr!("labels-question")));
        let one = ui.button(tr!("labels-menu-one"));
        if self.step == Step::Question && !self.had_focus {
            one.request_focus();
            self.had_focus = true;
        }
        if one.clicked() {
            self.choose(Step::One, session, actions);
        }
        if ui.button(tr!("labels-menu-listed")).clicked() {
            self.choose(Step::Several, session, actions);
        }
        let any = ui.button(tr!("labels-menu-any"));
        if any.on_hover_text(tr!("labels-any.tooltip")).clicked() {
            self.choose(Step::Closed, session, actions);
        }
    }

    fn one_ui(&mut self, ui: &mut Ui, actions: &mut Vec<Action>) {
        ui.horizontal(|ui| ui.label(tr!("labels-one-label")));
        let field = TextEdit::singleline(&mut self.text)
            .hint_text(tr!("labels-one-name.hint"))
            .desired_width(NAME_WIDTH);
        let response = ui.add(field).accessible_name(tr!("labels-one-name"));
        if !self.had_focus {
            response.request_focus();
            self.had_focus = true;
        }
        let is_entered = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        let name = self.text.trim().to_owned();
        let button = ui.add_enabled(!name.is_empty(), Button::new(tr!("labels-set")));
        if !name.is_empty() && (is_entered || button.clicked()) {
            let one = Labels::One(name.as_str().into());
            actions.push(Action::Class(ClassAction::Label(one, Vec::new())));
            self.go(Step::Closed, String::new());
        }
        ui.horizontal(|ui| ui.weak(tr!("labels-one-effect")));
    }

    fn several_ui(&mut self, ui: &mut Ui, actions: &mut Vec<Action>) {
        ui.horizontal(|ui| ui.label(tr!("labels-several-label")));
        let width = (ui.available_width() - BUTTONS_WIDTH).max(NAME_WIDTH);
        let mut is_entered = false;
        ScrollArea::vertical()
            .id_salt("names of classes")
            .max_height(MAX_FIELD_HEIGHT)
            .min_scrolled_height(MAX_FIELD_HEIGHT)
            .max_width(width)
            .auto_shrink([true, true])
            .show(ui, |ui| {
                // Enter ends the list, as it does with one name; names from other programs come with lines.
                let field = TextEdit::multiline(&mut self.text)
                    .hint_text(tr!("labels-several-names.hint"))
                    .desired_rows(1)
                    .desired_width(width)
                    .return_key(KeyboardShortcut::new(Modifiers::SHIFT, Key::Enter));
                let response = ui.add(field).accessible_name(tr!("labels-several-names"));
                if !self.had_focus {
                    response.request_focus();
                    self.had_focus = true;
                }
                is_entered = response.has_focus()
                    && ui.input(|input| input.key_pressed(Key::Enter) && input.modifiers.is_none());
            });
        let import = ui.button(tr!("labels-import"));
        if import.on_hover_text(tr!("labels-import.tooltip")).clicked() {
            actions.push(Action::ChooseFile(FilePurpose::ClassList));
        }
        let names = class_list::parse(&self.text);
        let button = ui.add_enabled(!names.is_empty(), Button::new(tr!("labels-set")));
        if !names.is_empty() && (is_entered || button.clicked()) {
            actions.push(Action::Class(ClassAction::Label(Labels::Listed, names)));
            self.go(Step::Closed, String::new());
        }
    }
}
