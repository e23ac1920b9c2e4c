//! The list takes the keyboard focus as a whole, not row by row.

use egui::{EventFilter, Id, Key, Rect, Response, Role, Sense, Ui, WidgetInfo, vec2};

use crate::app::action::Action;
use crate::app::canvas;
use crate::app::i18n::tr;
use crate::app::session::Session;

/// The id of the list among egui's widgets.
pub fn id() -> Id {
    Id::unique("tsukami list")
}

/// Lets the list take the focus. While it has it, arrow keys show other pictures and Enter goes to
/// the canvas. A row of the list has this many columns.
pub fn focus(ui: &Ui, session: &Session, columns: isize, actions: &mut Vec<Action>) -> Response {
    let rect = Rect::from_min_size(ui.cursor().min, vec2(ui.available_width(), 1.0));
    let response = ui.interact(rect, id(), Sense::focusable_noninteractive());
    let has_selection = !session.list_selection().is_empty();
    response.widget_info(|| {
        let text = tr!(
            "list-name",
            count = session.rows().len(),
            selected = session.list_selection().len()
        );
        WidgetInfo::labeled(Role::ListBox, true, text)
    });
    if response.has_focus() {
        let filter = EventFilter {
            vertical_arrows: true,
            horizontal_arrows: true,
            // The first Escape clears the selection.
            escape: has_selection,
            ..EventFilter::default()
        };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(id(), filter));
        if ui.input(|input| input.key_pressed(Key::Enter)) {
            ui.memory_mut(|memory| memory.request_focus(canvas::id()));
        }
        for (key, step) in [
            (Key::ArrowDown, columns),
            (Key::ArrowUp, -columns),
            (Key::ArrowRight, 1),
            (Key::ArrowLeft, -1),
        ] {
            if ui.input(|input| input.key_pressed(key) && !input.modifiers.shift)
                && let Some(picture) = session.neighbour(step)
            {
                actions.push(Action::Show(picture));
            }
        }
    }
    response
}
