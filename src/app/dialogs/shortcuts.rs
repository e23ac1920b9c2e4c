//! The shortcuts of a command in words, as the help sheet and the settings show them.

use crate::app::command::Command;
use crate::app::i18n::tr;
use crate::app::input::{self, Keymap};

/// All shortcuts of a command, or nothing if it has none.
pub fn text(keymap: &Keymap, command: Command) -> Option<String> {
    let keys: Vec<String> = keymap
        .keys(command)
        .iter()
        .map(input::shortcut_text)
        .collect();
    let separator = format!(" {} ", tr!("keys-or"));
    (!keys.is_empty()).then(|| keys.join(&separator))
}
