//! The classes of the project: choosing, counting, hiding and changing them.

use egui::color_picker::{Alpha, color_edit_button_srgba};
use egui::{
    Align, Button, Color32, Event, Key, Layout, RichText, ScrollArea, Sense, TextEdit, Ui, Vec2,
};

use crate::app::action::{Action, ClassAction};
use crate::app::i18n::tr;
use crate::app::session::{ClassCount, Session};
use crate::app::theme;
use crate::app::workspace::Workspace;
use crate::document::{Category, CategoryId};

/// The height of the list before it scrolls, and room for the “Add” button, in points.
const MAX_HEIGHT: f32 = 320.0;
const ADD_WIDTH: f32 = 52.0;

/// What the panel remembers from frame to frame.
#[derive(Default)]
pub struct ClassesPanel {
    /// The name of a class to add.
    new_name: String,
    renaming: Option<Renaming>,
    /// The class whose new shortcut is being recorded.
    recording: Option<CategoryId>,
}

/// A class that is being renamed.
struct Renaming {
    category: CategoryId,
    name: String,
    /// Whether the field has had the focus.
    had_focus: bool,
}

impl ClassesPanel {
    /// Whether the next key becomes the shortcut of a class.
    pub fn is_recording_key(&self) -> bool {
        self.recording.is_some()
    }

    /// Draws the panel.
    pub fn ui(&mut self, ui: &mut Ui, workspace: &Workspace, actions: &mut Vec<Action>) {
        let document = workspace.session.document();
        let categories: Vec<&Category> = document.categories().collect();
        ScrollArea::vertical()
            .id_salt("classes")
            .max_height(MAX_HEIGHT)
            .auto_shrink([false, true])
            .show(ui, |ui| {
                for index in 0..categories.len() {
                    self.row_ui(ui, workspace, &categories, index, actions);
                }
            });
        if categories.is_empty() {
            ui.weak(tr!("classes-empty"));
        }
        if workspace.session.is_editable() {
            self.new_class_ui(ui, actions);
        }
    }

    fn new_class_ui(&mut self, ui: &mut Ui, actions: &mut Vec<Action>) {
        ui.horizontal(|ui| {
            let width = ui.available_width() - ADD_WIDTH;
            let field = TextEdit::singleline(&mut self.new_name)
                .hint_text(tr!("classes-new"))
                .desired_width(width);
            let response = ui.add(field).accessible_name(tr!("classes-new"));
            let has_name = !self.new_name.trim().is_empty();
            let is_entered =
                response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            let is_clicked = ui
                .add_enabled(has_name, Button::new(tr!("classes-add")))
                .clicked();
            if has_name && (is_entered || is_clicked) {
                let name = std::mem::take(&mut self.new_name);
                actions.push(Action::Class(ClassAction::Add(name)));
                response.request_focus();
            }
        });
    }

    /// Records the key that a class is waiting for, and returns it; Escape cancels.
    pub fn record_key(
        &mut self,
        events: &mut Vec<Event>,
        actions: &mut Vec<Action>,
    ) -> Option<char> {
        let category = self.recording?;
        let mut recorded = None;
        for event in std::mem::take(events) {
            match event {
                Event::Text(text) => {
                    recorded = text.chars().next().filter(|key| key.is_alphanumeric());
                }
                Event::Key {
                    key: Key::Escape, ..
                } => self.recording = None,
                Event::Key { .. } => {}
                other => events.push(other),
            }
        }
        if let Some(key) = recorded {
            actions.push(Action::Class(ClassAction::Hotkey(category, Some(key))));
            self.recording = None;
        }
        recorded
    }

    fn row_ui(
        &mut self,
        ui: &mut Ui,
        workspace: &Workspace,
        categories: &[&Category],
        index: usize,
        actions: &mut Vec<Action>,
    ) {
        let category = categories[index];
        if self.rename_ui(ui, category.id, actions) {
            return;
        }
        let session = &workspace.session;
        ui.horizontal(|ui| {
            colour_button(ui, category, session.is_editable(), actions);
            self.key_button(ui, category, session.is_editable());
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                self.menu_button(ui, session, categories, index, actions);
                visibility_button(ui, session, category, actions);
                let count = session.counts().get(&category.id);
                ui.weak(count_text(count.copied().unwrap_or_default()))
                    .on_hover_text(tr!("classes-counts.tooltip"));
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    let is_chosen = session.chosen_class() == Some(category.id);
                    let button = Button::selectable(is_chosen, &*category.name).truncate();
                    let response = ui.add(button).on_hover_text(tr!("classes-choose"));
                    if response.clicked() {
                        actions.push(Action::ChooseClass(category.id));
                    }
                });
            });
        });
    }

    /// The field in which a class is renamed. Returns whether this class is being renamed.
    fn rename_ui(&mut self, ui: &mut Ui, id: CategoryId, actions: &mut Vec<Action>) -> bool {
        let Some(renaming) = self.renaming.as_mut().filter(|it| it.category == id) else {
            return false;
        };
        let field = TextEdit::singleline(&mut renaming.name).desired_width(f32::INFINITY);
        let response = ui.add(field).accessible_name(tr!("classes-rename"));
        if !renaming.had_focus {
            response.request_focus();
            renaming.had_focus = true;
        } else if response.lost_focus() {
            let is_entered = ui.input(|input| input.key_pressed(Key::Enter));
            if is_entered && !renaming.name.trim().is_empty() {
                let name = std::mem::take(&mut renaming.name);
                actions.push(Action::Class(ClassAction::Rename(id, name)));
            }
            self.renaming = None;
        }
        true
    }

    fn key_button(&mut self, ui: &mut Ui, category: &Category, is_editable: bool) {
        let key = match (self.recording == Some(category.id), category.hotkey) {
            (true, _) => tr!("classes-press-key").to_owned(),
            (false, Some(key)) => key.to_string(),
            (false, None) => "–".to_owned(),
        };
        let button =
            Button::new(RichText::new(key).monospace().small()).min_size(Vec2::new(20.0, 18.0));
        let hint = tr!("classes-key", class = &*category.name);
        let response = ui.add_enabled(is_editable, button).on_hover_text(&hint);
        if response.accessible_name(hint).clicked() {
            self.recording = Some(category.id);
        }
    }

    fn menu_button(
        &mut self,
        ui: &mut Ui,
        session: &Session,
        categories: &[&Category],
        index: usize,
        actions: &mut Vec<Action>,
    ) {
        let category = categories[index];
        let id = category.id;
        let response = ui.menu_button("☰", |ui| {
            ui.set_min_width(170.0);
            let mut perform = |ui: &mut Ui, action| {
                actions.push(action);
                ui.close();
            };
            if ui.button(tr!("classes-show-only")).clicked() {
                perform(ui, Action::Class(ClassAction::Solo(Some(id))));
            }
            if ui.button(tr!("classes-show-all")).clicked() {
                perform(ui, Action::Class(ClassAction::Solo(None)));
            }
            ui.separator();
            ui.add_enabled_ui(session.is_editable(), |ui| {
                if ui.button(tr!("classes-menu-rename")).clicked() {
                    self.renaming = Some(Renaming {
                        category: id,
                        name: category.name.to_string(),
                        had_focus: false,
                    });
                    ui.close();
                }
                let up = Button::new(tr!("classes-move-up"));
                if ui.add_enabled(index > 0, up).clicked() {
                    perform(ui, Action::Class(ClassAction::Move(id, -1)));
                }
                let down = Button::new(tr!("classes-move-down"));
                if ui.add_enabled(index + 1 < categories.len(), down).clicked() {
                    perform(ui, Action::Class(ClassAction::Move(id, 1)));
                }
                if category.hotkey.is_some() && ui.button(tr!("classes-remove-key")).clicked() {
                    perform(ui, Action::Class(ClassAction::Hotkey(id, None)));
                }
                ui.menu_button(tr!("classes-merge"), |ui| {
                    for other in categories.iter().filter(|other| other.id != id) {
                        let name = tr!("classes-merge-into", class = &*other.name);
                        if ui.button(&*other.name).accessible_name(name).clicked() {
                            let merge = ClassAction::Merge {
                                from: id,
                                into: other.id,
                            };
                            perform(ui, Action::Class(merge));
                        }
                    }
                });
                let delete = ui.button(tr!("classes-delete"));
                if delete
                    .on_hover_text(tr!("classes-delete.tooltip"))
                    .clicked()
                {
                    perform(ui, Action::AskToDeleteClass(id));
                }
            });
        });
        let name = tr!("classes-menu", class = &*category.name);
        response.response.accessible_name(name);
    }
}

/// The button that hides or shows the boxes of a class; with Shift it shows only these.
fn visibility_button(
    ui: &mut Ui,
    session: &Session,
    category: &Category,
    actions: &mut Vec<Action>,
) {
    let id = category.id;
    let is_hidden = session.is_hidden(id);
    let (colour, hint) = if is_hidden {
        let colour = ui.visuals().weak_text_color().gamma_multiply(0.5);
        (colour, tr!("classes-show", class = &*category.name))
    } else {
        let colour = ui.visuals().text_color();
        (colour, tr!("classes-hide", class = &*category.name))
    };
    let button = Button::new(RichText::new("👁").color(colour)).frame(false);
    let response = ui.add(button).on_hover_text(&hint);
    if response.accessible_name(hint).clicked() {
        let with_shift = ui.input(|input| input.modifiers.shift);
        let is_solo = session.soloed_class() == Some(id);
        actions.push(Action::Class(match (with_shift, is_solo) {
            (true, false) => ClassAction::Solo(Some(id)),
            (true, true) => ClassAction::Solo(None),
            (false, _) => ClassAction::ToggleHidden(id),
        }));
    }
}

fn colour_button(ui: &mut Ui, category: &Category, is_editable: bool, actions: &mut Vec<Action>) {
    let name = tr!("classes-colour", class = &*category.name);
    if !is_editable {
        let (rect, _) = ui.allocate_exact_size(Vec2::splat(16.0), Sense::hover());
        ui.painter()
            .rect_filled(rect, 3, theme::colour(category.colour));
        return;
    }
    let mut colour: Color32 = theme::colour(category.colour);
    ui.scope(|ui| {
        ui.spacing_mut().interact_size = Vec2::new(18.0, 16.0);
        let response = color_edit_button_srgba(ui, &mut colour, Alpha::Opaque);
        let changed = response.changed();
        response.on_hover_text(&name).accessible_name(name);
        if changed {
            let [r, g, b, _] = colour.to_array();
            actions.push(Action::Class(ClassAction::Recolour(category.id, [r, g, b])));
        }
    });
}

fn count_text(count: ClassCount) -> String {
    match count.proposed {
        0 => count.ground_truth.to_string(),
        proposed => tr!(
            "classes-counts",
            boxes = count.ground_truth,
            proposed = proposed
        ),
    }
}
