//! Keys: which commands they mean, and how they are written.
//!
//! A person's changed shortcuts are a part of the preferences (`app/preferences.rs` loads the file).
//! There a command has the name that its row in `command/table.rs` gives: the name of the variant,
//! or the one in `stored_as`.

mod keymap;
mod shortcut;

pub use self::keymap::Keymap;
pub use self::shortcut::{clipboard_keys, shortcut_text};
