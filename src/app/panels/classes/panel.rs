//! The panel: what is labelled, a field that finds and adds classes, and the list of classes.

use egui::{
    Button, Event, EventFilter, Id, Key, Modifiers, Rect, Role, ScrollArea, Sense, TextEdit, Ui,
    WidgetInfo, vec2,
};

use super::labels::LabelsLine;
use super::renaming::Renaming;
use super::row::{ROW_HEIGHT, RowEvent, RowLook, row_ui};
use super::selected::SelectedClasses;
use crate::app::action::{Action, ClassAction};
use crate::app::canvas;
use crate::app::i18n::tr;
use crate::app::session::Session;
use crate::app::workspace::Workspace;
use crate::document::{Category, CategoryId};

/// The height of the list before it scrolls, room for the “Add” button, and space between rows, in points.
const MAX_HEIGHT: f32 = 320.0;
const ADD_WIDTH: f32 = 52.0;
const ROW_GAP: f32 = 2.0;
/// Rows that the page keys move by.
const PAGE_ROWS: isize = 10;

/// The id of the list among egui's widgets.
pub fn id() -> Id {
    Id::unique("tsukami classes")
}

/// What the panel remembers from frame to frame.
#[derive(Default)]
pub struct ClassesPanel {
    /// The line above the canvas that asks what is labelled.
    pub(super) labels: LabelsLine,
    /// The name of a class to find or to add.
    text: String,
    renaming: Option<Renaming>,
    /// The class whose new shortcut is being recorded.
    recording: Option<CategoryId>,
    selected: SelectedClasses,
    /// The class that the keys of the list apply to.
    cursor: Option<CategoryId>,
    /// The class that is to be scrolled into view.
    scrolls_to: Option<CategoryId>,
    /// Whether a class was chosen with Enter, after which the canvas gets the focus.
    leaves_list: bool,
    /// The class of new boxes when the list was last drawn.
    chosen: Option<CategoryId>,
    /// The scroll offset of the list and its visible height, in points.
    view: [f32; 2],
}

impl ClassesPanel {
    /// Whether the next key becomes the shortcut of a class.
    pub fn is_recording_key(&self) -> bool {
        self.recording.is_some()
    }

    /// Draws the line above the canvas that asks what is labelled, if it is open.
    pub fn labels_line_ui(
        &mut self,
        ui: &mut Ui,
        workspace: &Workspace,
        actions: &mut Vec<Action>,
    ) {
        self.labels.ui(ui, &workspace.session, actions);
    }

    /// Opens the line that asks what is labelled.
    pub fn ask_labels(&mut self) {
        self.labels.open();
    }

    /// The names of a list of classes that was read.
    pub fn add_to_labels(&mut self, names: &[String]) {
        self.labels.add(names);
    }

    /// Draws the panel.
    pub fn ui(&mut self, ui: &mut Ui, workspace: &Workspace, actions: &mut Vec<Action>) {
        let session = &workspace.session;
        if session.is_editable() {
            self.labels.button_ui(ui, session, actions);
            self.field_ui(ui, session, actions);
        }
        let listed: Vec<(usize, &Category)> = self.listed(session);
        self.list_ui(ui, session, &listed, actions);
        if session.document().categories().next().is_none() {
            ui.weak(tr!("classes-empty"));
        } else if listed.is_empty() {
            ui.weak(tr!("classes-no-match"));
        }
        self.selection_ui(ui, session, actions);
        if let Some(renaming) = &mut self.renaming
            && renaming.merge_ui(ui, session, actions)
        {
            self.renaming = None;
        }
    }

    /// The classes whose name contains the text, with their places in the order of all.
    fn listed<'s>(&self, session: &'s Session) -> Vec<(usize, &'s Category)> {
        let text = self.text.trim().to_lowercase();
        let all = session.document().categories().enumerate();
        all.filter(|(_, row)| text.is_empty() || row.name.to_lowercase().contains(&text))
            .collect()
    }

    /// The field that finds classes and adds one. Enter adds a new name, and chooses a class that exists.
    fn field_ui(&mut self, ui: &mut Ui, session: &Session, actions: &mut Vec<Action>) {
        ui.horizontal(|ui| {
            let width = ui.available_width() - ADD_WIDTH;
            let field = TextEdit::singleline(&mut self.text)
                .hint_text(tr!("classes-new.hint"))
                .desired_width(width);
            let response = ui.add(field).accessible_name(tr!("classes-new"));
            let name = self.text.trim();
            let known = session.document().category_named(name);
            let is_new = !name.is_empty() && known.is_none();
            let is_entered =
                response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            let button = Button::new(tr!("classes-add"));
            let is_clicked = ui.add_enabled(is_new, button).clicked();
            if is_new && (is_entered || is_clicked) {
                let name = std::mem::take(&mut self.text);
                actions.push(Action::Class(ClassAction::Add(name)));
                response.request_focus();
            } else if let Some(known) = known.filter(|_| is_entered) {
                actions.push(Action::ChooseClass(known.id));
                self.scrolls_to = Some(known.id);
                self.text.clear();
                ui.memory_mut(|memory| memory.request_focus(canvas::id()));
            }
        });
    }

    /// The list. It takes the focus as a whole.
    fn list_ui(
        &mut self,
        ui: &mut Ui,
        session: &Session,
        listed: &[(usize, &Category)],
        actions: &mut Vec<Action>,
    ) {
        let rect = Rect::from_min_size(ui.cursor().min, vec2(ui.available_width(), 1.0));
        let response = ui.interact(rect, id(), Sense::focusable_noninteractive());
        let count = listed.len();
        response.widget_info(|| {
            WidgetInfo::labeled(Role::ListBox, true, tr!("classes-name", count = count))
        });
        let has_focus = response.has_focus();
        if std::mem::take(&mut self.leaves_list) {
            ui.memory_mut(|memory| memory.request_focus(canvas::id()));
        } else if has_focus {
            let filter = EventFilter {
                vertical_arrows: true,
                ..EventFilter::default()
            };
            ui.memory_mut(|memory| memory.set_focus_lock_filter(id(), filter));
            let is_listed = |id: &CategoryId| listed.iter().any(|(_, row)| row.id == *id);
            self.cursor = self.cursor.filter(is_listed).or_else(|| {
                let chosen = session.chosen_class().filter(is_listed);
                chosen.or(listed.first().map(|(_, row)| row.id))
            });
        }
        let chosen = session.chosen_class();
        if self.chosen != chosen {
            self.chosen = chosen;
            self.scrolls_to = chosen;
        }
        let step = ROW_HEIGHT + ROW_GAP;
        let mut area = ScrollArea::vertical()
            .id_salt("classes")
            .max_height(MAX_HEIGHT)
            .auto_shrink([false, true]);
        let target = self.scrolls_to.take();
        let target = target.and_then(|id| listed.iter().position(|(_, row)| row.id == id));
        if let Some(place) = target {
            // Only visible rows are drawn, so a row cannot scroll to itself.
            let [offset, height] = self.view;
            let top = place as f32 * step;
            area = area.vertical_scroll_offset(offset.clamp((top + step - height).min(top), top));
        }
        let ids: Vec<CategoryId> = listed.iter().map(|(_, row)| row.id).collect();
        ui.scope(|ui| {
            ui.spacing_mut().item_spacing.y = ROW_GAP;
            let output = area.show_rows(ui, ROW_HEIGHT, listed.len(), |ui, range| {
                for (index, category) in &listed[range] {
                    self.class_ui(ui, session, category, *index, has_focus, &ids, actions);
                }
            });
            let offset = output.state.clamped_offset().y;
            self.view = [offset, output.inner_rect.height()];
        });
    }

    #[allow(clippy::too_many_arguments, reason = "one row of one list")]
    fn class_ui(
        &mut self,
        ui: &mut Ui,
        session: &Session,
        category: &Category,
        index: usize,
        has_focus: bool,
        listed: &[CategoryId],
        actions: &mut Vec<Action>,
    ) {
        let id = category.id;
        if let Some(renaming) = self.renaming.as_mut().filter(|it| it.category == id) {
            if renaming.field_ui(ui, session, actions) {
                self.renaming = None;
            }
            return;
        }
        let look = RowLook {
            index,
            is_selected: self.selected.has(id),
            is_at_cursor: has_focus && self.cursor == Some(id),
            is_recording: self.recording == Some(id),
        };
        match row_ui(ui, session, category, &look, actions) {
            Some(RowEvent::Click(modifiers)) => {
                self.cursor = Some(id);
                if !self.selected.click(id, modifiers, listed) {
                    actions.push(Action::ChooseClass(id));
                }
            }
            Some(RowEvent::RecordKey) => self.recording = Some(id),
            Some(RowEvent::Rename) => self.renaming = Some(Renaming::new(category)),
            None => {}
        }
    }

    /// What can be done with the selected classes, if there are any.
    fn selection_ui(&mut self, ui: &mut Ui, session: &Session, actions: &mut Vec<Action>) {
        if !self.selected.is_any(session) {
            return;
        }
        ui.horizontal(|ui| {
            let ids = self.selected.ids(session);
            ui.label(tr!("classes-selected", count = ids.len()));
            let delete = Button::new(tr!("classes-delete-selected"));
            if ui.add_enabled(session.is_editable(), delete).clicked() {
                actions.push(Action::AskToDeleteClasses(ids));
            }
            let clear = ui.button("✖").on_hover_text(tr!("classes-deselect"));
            if clear.accessible_name(tr!("classes-deselect")).clicked() {
                self.selected.clear(None);
            }
        });
    }

    /// Handles a key while the list has the focus; `false` if it has no meaning here.
    pub fn on_key(
        &mut self,
        key: Key,
        modifiers: Modifiers,
        session: &Session,
        actions: &mut Vec<Action>,
    ) -> bool {
        let listed = self.listed(session);
        let place = |id| listed.iter().position(|(_, row)| row.id == id);
        let at = self.cursor.and_then(place);
        let last = listed.len().saturating_sub(1);
        let step = match key {
            Key::ArrowDown => 1,
            Key::ArrowUp => -1,
            Key::PageDown => PAGE_ROWS,
            Key::PageUp => -PAGE_ROWS,
            Key::Home => isize::MIN,
            Key::End => isize::MAX,
            _ => 0,
        };
        if step != 0 && (modifiers.is_none() || modifiers.shift_only()) {
            let to = at.map_or(0, |at| at.saturating_add_signed(step).min(last));
            let ids: Vec<CategoryId> = listed.iter().map(|(_, row)| row.id).collect();
            let target = ids.get(to).copied();
            if let (Some(target), true) = (target, modifiers.shift) {
                if !self.selected.is_any(session) {
                    self.selected.clear(self.cursor);
                }
                self.selected.click(target, modifiers, &ids);
            }
            (self.cursor, self.scrolls_to) = (target, target);
            return true;
        }
        let Some((_, category)) = at.map(|at| listed[at]).filter(|_| modifiers.is_none()) else {
            return false;
        };
        let is_editable = session.is_editable();
        match key {
            Key::Enter => {
                actions.push(Action::ChooseClass(category.id));
                self.leaves_list = true;
            }
            Key::Space => self.selected.toggle(category.id),
            Key::F2 if is_editable => self.renaming = Some(Renaming::new(category)),
            Key::Delete | Key::Backspace if is_editable => {
                let ids = match self.selected.ids(session) {
                    none if none.is_empty() => vec![category.id],
                    ids => ids,
                };
                actions.push(Action::AskToDeleteClasses(ids));
            }
            Key::Escape if self.selected.is_any(session) => self.selected.clear(self.cursor),
            _ => return false,
        }
        true
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
}
