//! The classes of the project: chosen, counted, hidden, and changed.

use egui::color_picker::{Alpha, color_edit_button_srgba};
use egui::{Button, Color32, RichText, ScrollArea, Sense, TextEdit, Ui, Vec2};

use crate::app::action::{Action, ClassAction};
use crate::app::session::ClassCount;
use crate::app::theme;
use crate::app::workspace::Workspace;
use crate::document::{Category, CategoryId};

/// What the panel remembers from frame to frame.
#[derive(Default)]
pub struct Classes {
    /// The name of a class to add.
    new_name: String,
    /// A class that is being renamed, its name so far, and whether the field has had the focus.
    renaming: Option<(CategoryId, String, bool)>,
    /// A class that waits for its key.
    is_recording_key: Option<CategoryId>,
}

impl Classes {
    /// Whether the next key is for a class.
    pub fn is_recording_key(&self) -> bool {
        self.is_recording_key.is_some()
    }

    /// Draws the panel.
    pub fn ui(&mut self, ui: &mut Ui, workspace: &Workspace, actions: &mut Vec<Action>) {
        let document = workspace.session.document();
        let categories: Vec<&Category> = document.categories().collect();
        ScrollArea::vertical()
            .id_salt("classes")
            .max_height(320.0)
            .auto_shrink([false, true])
            .show(ui, |ui| {
                for (at, category) in categories.iter().enumerate() {
                    let place = [at == 0, at + 1 == categories.len()];
                    self.entry(ui, workspace, category, place, &categories, actions);
                }
            });
        if categories.is_empty() {
            ui.weak("None yet. The first box makes the class “object”.");
        }
        if workspace.session.is_editable() {
            self.add(ui, actions);
        }
    }

    fn add(&mut self, ui: &mut Ui, actions: &mut Vec<Action>) {
        ui.horizontal(|ui| {
            let width = ui.available_width() - 52.0;
            let field = TextEdit::singleline(&mut self.new_name)
                .hint_text("New class")
                .desired_width(width);
            let response = ui.add(field).accessible_name("New class");
            let has_name = !self.new_name.trim().is_empty();
            let is_entered =
                response.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
            let is_clicked = ui.add_enabled(has_name, Button::new("Add")).clicked();
            if has_name && (is_entered || is_clicked) {
                let name = std::mem::take(&mut self.new_name);
                actions.push(Action::Class(ClassAction::Add(name)));
                response.request_focus();
            }
        });
    }

    /// Takes the key that a class waits for, and gives it back; Escape gives up.
    pub fn on_key(
        &mut self,
        events: &mut Vec<egui::Event>,
        actions: &mut Vec<Action>,
    ) -> Option<char> {
        let category = self.is_recording_key?;
        let mut taken = None;
        for event in std::mem::take(events) {
            match event {
                egui::Event::Text(text) => {
                    taken = text.chars().next().filter(|key| key.is_alphanumeric());
                }
                egui::Event::Key {
                    key: egui::Key::Escape,
                    ..
                } => self.is_recording_key = None,
                egui::Event::Key { .. } => {}
                other => events.push(other),
            }
        }
        if let Some(key) = taken {
            actions.push(Action::Class(ClassAction::Hotkey(category, Some(key))));
            self.is_recording_key = None;
        }
        taken
    }

    fn entry(
        &mut self,
        ui: &mut Ui,
        workspace: &Workspace,
        category: &Category,
        place: [bool; 2],
        all: &[&Category],
        actions: &mut Vec<Action>,
    ) {
        let id = category.id;
        if self.rename(ui, id, actions) {
            return;
        }
        let session = &workspace.session;
        let is_chosen = session.chosen_class() == Some(id);
        let is_hidden = session.is_hidden(id);
        let count = session.counts().get(&id).copied().unwrap_or_default();
        let editable = session.is_editable();
        ui.horizontal(|ui| {
            colour(ui, category, editable, actions);
            let key = match (self.is_recording_key == Some(id), category.hotkey) {
                (true, _) => "press a key…".to_owned(),
                (false, Some(key)) => key.to_string(),
                (false, None) => "–".to_owned(),
            };
            let button =
                Button::new(RichText::new(key).monospace().small()).min_size(Vec2::new(20.0, 18.0));
            let hint = format!("Key of {}: click, then press another", category.name);
            let response = ui.add_enabled(editable, button).on_hover_text(&hint);
            if response.accessible_name(hint).clicked() {
                self.is_recording_key = Some(id);
            }
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                self.more(ui, category, place, all, editable, actions);
                let eye = RichText::new("👁").color(if is_hidden {
                    ui.visuals().weak_text_color().gamma_multiply(0.5)
                } else {
                    ui.visuals().text_color()
                });
                let hint = match is_hidden {
                    true => format!("Show boxes of {}", category.name),
                    false => format!(
                        "Hide boxes of {}; with Shift: show them alone",
                        category.name
                    ),
                };
                let response = ui.add(Button::new(eye).frame(false)).on_hover_text(&hint);
                if response.accessible_name(hint).clicked() {
                    let alone = ui.input(|input| input.modifiers.shift);
                    let is_solo = session.soloed_class() == Some(id);
                    actions.push(Action::Class(match (alone, is_solo) {
                        (true, false) => ClassAction::Solo(Some(id)),
                        (true, true) => ClassAction::Solo(None),
                        (false, _) => ClassAction::ToggleHidden(id),
                    }));
                }
                ui.weak(counted(count))
                    .on_hover_text("Boxes that are right + proposals to judge");
                ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                    let button = Button::selectable(is_chosen, &*category.name).truncate();
                    let response = ui
                        .add(button)
                        .on_hover_text("The class of selected and new boxes");
                    if response.clicked() {
                        actions.push(Action::ChooseClass(id));
                    }
                });
            });
        });
    }

    /// The field in which a class is renamed, if it is this one.
    fn rename(&mut self, ui: &mut Ui, id: CategoryId, actions: &mut Vec<Action>) -> bool {
        let Some((_, name, had_focus)) = self.renaming.as_mut().filter(|(other, ..)| *other == id)
        else {
            return false;
        };
        let field = TextEdit::singleline(name).desired_width(f32::INFINITY);
        let response = ui.add(field).accessible_name("New name of the class");
        if !*had_focus {
            response.request_focus();
            *had_focus = true;
        } else if response.lost_focus() {
            if ui.input(|input| input.key_pressed(egui::Key::Enter)) && !name.trim().is_empty() {
                actions.push(Action::Class(ClassAction::Rename(id, std::mem::take(name))));
            }
            self.renaming = None;
        }
        true
    }

    fn more(
        &mut self,
        ui: &mut Ui,
        category: &Category,
        [is_first, is_last]: [bool; 2],
        all: &[&Category],
        editable: bool,
        actions: &mut Vec<Action>,
    ) {
        let id = category.id;
        let response = ui.menu_button("☰", |ui| {
            ui.set_min_width(170.0);
            let mut act = |ui: &mut Ui, action| {
                actions.push(Action::Class(action));
                ui.close();
            };
            if ui.button("Show alone").clicked() {
                act(ui, ClassAction::Solo(Some(id)));
            }
            if ui.button("Show all").clicked() {
                act(ui, ClassAction::Solo(None));
            }
            ui.separator();
            ui.add_enabled_ui(editable, |ui| {
                if ui.button("Rename").clicked() {
                    self.renaming = Some((id, category.name.to_string(), false));
                    ui.close();
                }
                if ui.add_enabled(!is_first, Button::new("Move up")).clicked() {
                    act(ui, ClassAction::Move(id, -1));
                }
                if ui.add_enabled(!is_last, Button::new("Move down")).clicked() {
                    act(ui, ClassAction::Move(id, 1));
                }
                if category.hotkey.is_some() && ui.button("Take its key away").clicked() {
                    act(ui, ClassAction::Hotkey(id, None));
                }
                ui.menu_button("Merge into", |ui| {
                    for other in all.iter().filter(|other| other.id != id) {
                        let name = format!("Merge into {}", other.name);
                        if ui.button(&*other.name).accessible_name(name).clicked() {
                            act(
                                ui,
                                ClassAction::Merge {
                                    from: id,
                                    into: other.id,
                                },
                            );
                        }
                    }
                });
                let delete = ui.button("Delete with its boxes");
                if delete.on_hover_text("Can be undone").clicked() {
                    act(ui, ClassAction::Delete(id));
                }
            });
        });
        response
            .response
            .accessible_name(format!("More about {}", category.name));
    }
}

fn colour(ui: &mut Ui, category: &Category, editable: bool, actions: &mut Vec<Action>) {
    let name = format!("Colour of {}", category.name);
    if !editable {
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

fn counted(count: ClassCount) -> String {
    match count.proposed {
        0 => count.ground_truth.to_string(),
        proposed => format!("{} + {proposed}", count.ground_truth),
    }
}
