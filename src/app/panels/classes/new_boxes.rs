//! The class of new boxes, which is always in sight in the status line.

use egui::{Button, RichText, Sense, Ui, Vec2};

use crate::app::action::Action;
use crate::app::command::Command;
use crate::app::i18n::tr;
use crate::app::session::Session;
use crate::app::theme;

/// The characters of a name before it is cut.
const MAX_CHARS: usize = 20;
const CHIP: f32 = 10.0;

/// Draws the colour and the name of the class of new boxes. A click keeps it, whatever class is given to
/// other boxes, or no longer does.
pub fn ui(ui: &mut Ui, session: &Session, actions: &mut Vec<Action>) {
    let class = session.chosen_class();
    let class = class.and_then(|id| session.document().category(id));
    let (Some(class), true) = (class, session.is_editable()) else {
        return;
    };
    let (chip, _) = ui.allocate_exact_size(Vec2::splat(CHIP), Sense::hover());
    ui.painter()
        .rect_filled(chip, 2, theme::colour(class.colour));
    let mut name: String = class.name.chars().take(MAX_CHARS + 1).collect();
    if name.chars().count() > MAX_CHARS {
        name.pop();
        name.push('…');
    }
    let is_sticky = session.sticky_class() == Some(class.id);
    let text = if is_sticky {
        format!("{name} 📌")
    } else {
        name
    };
    let button = Button::new(RichText::new(text)).frame(false);
    let description = tr!("new-boxes", class = &*class.name);
    let hint = if is_sticky {
        tr!("new-boxes.sticky", class = &*class.name)
    } else {
        tr!("new-boxes.tooltip", class = &*class.name)
    };
    let response = ui.add(button).on_hover_text(hint);
    if response.accessible_name(description).clicked() {
        actions.push(Action::Command(Command::StickyClass));
    }
    ui.separator();
}
