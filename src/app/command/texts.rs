//! What commands and menus are called: their texts are in `commands.ftl`.

use super::spec::Menu;
use super::table::Command;
use crate::app::i18n::{self, tr};

impl Menu {
    /// The title of the menu.
    pub fn label(self) -> &'static str {
        match self {
            Self::File => tr!("menu-file"),
            Self::Edit => tr!("menu-edit"),
            Self::Pictures => tr!("menu-pictures"),
            Self::Boxes => tr!("menu-boxes"),
            Self::Proposals => tr!("menu-proposals"),
            Self::View => tr!("menu-view"),
            Self::Help => tr!("menu-help"),
        }
    }
}

impl Command {
    /// The label in menus. It ends with an ellipsis if the command asks for more before it acts.
    pub fn label(self) -> &'static str {
        i18n::text(&self.text_id())
    }

    /// What the command does, in a sentence without a full stop.
    pub fn tooltip(self) -> &'static str {
        i18n::text(&format!("{}.tooltip", self.text_id()))
    }

    /// The id of the label, from the name of the command: `command-open-folder`. The id of the
    /// tooltip is the same with `.tooltip`.
    pub fn text_id(self) -> String {
        let mut id = "command".to_owned();
        for letter in format!("{self:?}").chars() {
            if letter.is_uppercase() {
                id.push('-');
            }
            id.push(letter.to_ascii_lowercase());
        }
        id
    }
}
